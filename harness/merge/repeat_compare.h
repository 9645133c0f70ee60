/* Two records of the same cell, number by number. */
#ifndef MERGE_REPEAT_COMPARE_H
#define MERGE_REPEAT_COMPARE_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stddef.h>

enum repeat_verdict {
	REPEAT_IDENTICAL, /* every number has the same bits */
	REPEAT_CLOSE,     /* no number differs by more than repeat_tolerance, relatively */
	REPEAT_DIFFERENT
};

extern const char *const repeat_verdicts[]; /* "identical", "within the tolerance", "different" */
extern const double repeat_tolerance;

enum { REPEAT_NOTES = 5 };

struct repeat {
	enum repeat_verdict verdict;
	double worst;      /* largest relative difference */
	const char *where; /* the number that has it: "result.json: objective 1.5 instead of 1", or
			      NULL */
	const char *iteration; /* the first one whose row of trace.csv differs too much, or NULL */
	size_t note_count; /* what differs around the cell: threads, kernels, program, machine */
	const char *notes[REPEAT_NOTES];
};

/* Compare two records: folders with result.json, trace.csv, attack.csv, certify.csv. */
enum status repeat_compare(const char *stored, const char *fresh, struct arena *arena,
			   struct repeat *out, struct err *err);

#endif
