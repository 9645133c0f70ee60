/* A tiny experiment in a folder of its own, and attempts at parts of it that fail at the k-th
 * allocation or write, for every k until none fails.
 *
 * Each attempt is a process of its own, as it is in use. The test itself calls nothing that starts
 * threads, so fork is safe. gnuplot is never run. */
#ifndef TESTS_FAULT_FIXTURE_H
#define TESTS_FAULT_FIXTURE_H

#include "harness/spec/spec.h"
#include "solvers/core/arena.h"

#include <stddef.h>
#include <stdint.h>

struct fault_room {
	char root[64];
	const char *spec;    /* root/tiny.yaml, three cells */
	const char *results; /* root/results/tiny, not made yet */
	const char *cell;    /* root/cell, for fault_run_cell */
	struct arena arena;
	struct experiment experiment;
};

/* setup and teardown of cmocka; *state is a struct fault_room. */
int fault_set_up(void **state);
int fault_tear_down(void **state);

/* Runs in a child process. Returns STATUS_OK, or how it failed. */
typedef int fault_attempt(struct fault_room *room);

fault_attempt fault_load_spec;
fault_attempt fault_run_cell;     /* the one in room->cell */
fault_attempt fault_run_all;      /* every cell into room->results, as a run does it */
fault_attempt fault_build_report; /* of room->results */

/* room->cell has no result, or one of training on its way (status "interrupted"), which is no
 * record.
 */
void fault_expect_no_result(struct fault_room *room);

/* STATUS_OK, or STATUS_ENV for an error that says which file below the root had no space; any other
 * error is printed and becomes a status that no attempt may have. */
int fault_verdict(const struct fault_room *room, const struct err *err);

struct fault_trial {
	void (*fail_after)(size_t k); /* arena_fail_after or io_fail_after */
	fault_attempt *attempt;
	int failure;                              /* exit status of an attempt that fails */
	size_t dense;                             /* faults beyond these are sampled; 0: none is */
	void (*before)(struct fault_room *room);  /* each attempt; may be NULL */
	void (*failed)(struct fault_room *room);  /* after one that failed; may be NULL */
	void (*success)(struct fault_room *room); /* after the last one; may be NULL */
};

/* Attempts with k = 1, 2, ... until one succeeds; beyond `dense` each k is 2 % larger than the one
 * before it. Returns the largest k that failed. */
size_t fault_at_every(const struct fault_trial *trial, struct fault_room *room);

/* Without any fault. */
void fault_expect_success(fault_attempt *attempt, struct fault_room *room);

/* An empty room->cell but for the cell.json of the index-th cell. */
void fault_prepare_cell(struct fault_room *room, size_t index);

/* "<folder>/<name>", kept until the room is torn down. */
const char *fault_path(struct fault_room *room, const char *folder, const char *name);

/* Of the names and contents of all files at and below `path`; 0 if there is nothing. */
uint64_t fault_digest(const char *path);

#endif
