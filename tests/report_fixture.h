/* Records in memory for tests of harness/report, and what plots make of them. */
#ifndef TESTS_REPORT_FIXTURE_H
#define TESTS_REPORT_FIXTURE_H

#include "harness/report/records/records.h"

#include <stdbool.h>
#include <stddef.h>

struct fixture_cell {
	const char *data, *method;
	const char *path, *value;   /* one swept option, or NULL */
	const char *path2, *value2; /* another one */
	const char *status;         /* NULL: ok */
	int repetition, fold;       /* fold: 0 = none */
	double test, validation, objective, seconds, patterns;
	const char *select_by;  /* or NULL */
	const char *select_per; /* or NULL */
	const char *beta;       /* of the objective, or NULL */
	const char *threat;     /* of a robust method: `objective` is its clean objective then */
	double worst;           /* its worst-case objective */
	const char *outcome;    /* or NULL */
	bool resampled;         /* repetitions split one data set */
	int rung, inner;        /* of halving, of nested folds: 0 = none */
};

/* The records of these cells, grouped. `folder`: where plots go, or NULL. */
struct records fixture_records(const struct fixture_cell *cells, size_t count, const char *folder,
			       struct arena *arena);

/* Give record `at` this trace: the text of a trace.csv. False: it cannot be written or read. */
bool fixture_trace(struct records *records, size_t at, const char *text);

/* Write the plot `name` of these records. The script must be one that gnuplot, if there is one,
 * runs without a word. False: it is not, or the plot cannot be written. */
bool fixture_plot(const char *name, const void *options, const struct records *records,
		  bool *written);

/* Text of plots/<name><end>, with ".dat" or ".gp"; NULL if it cannot be read. */
const char *fixture_text(const struct records *records, const char *name, const char *end);

/* Numbers of line `row` behind the first line that starts with `title`. False: there are fewer. */
bool fixture_numbers(const char *text, const char *title, size_t row, size_t count, double *out);

#endif
