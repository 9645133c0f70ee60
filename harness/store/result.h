/* The result of one cell: what result.json holds and what a row of summary.csv shows.
 *
 * One table of fields serves the writer, the reader and the columns. A value that is not known is
 * NaN or NULL in the struct, null in JSON and empty in CSV. */
#ifndef STORE_RESULT_H
#define STORE_RESULT_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"
#include "solvers/model/facts.h"

#include <stdbool.h>
#include <stddef.h>

enum cell_status {
	CELL_OK,
	CELL_FAILED,
	CELL_TIMEOUT,
	CELL_OOM,
	CELL_CRASHED,
	CELL_SKIPPED,
	CELL_INTERRUPTED,
	CELL_DAMAGED /* never in a record: for readers of one whose files are not as they were */
};

extern const char *const cell_status_names[]; /* "ok", "failed", ... , NULL */

struct result {
	const struct fact *facts; /* further ones, that no column has */
	int format; /* of the record, if it has a manifest (manifest.h), else 0; no column */
	const char *cell, *data, *method, *solver, *loss, *precision, *status, *outcome, *message;
	double repetition, seed;
	double n_train, n_validation, n_test, d;
	double iterations;
	double objective;         /* what gap is about: of the delivered network, its worst case for
				     robust methods */
	double objective_network; /* of the delivered network on clean data */
	double lower_bound, gap, gap_zero, gap_raw; /* as in struct gaps (harness/run/evaluate.h) */
	double objective_zero;                      /* of the network without neurons */
	double feasibility;                         /* of the last iterate */
	const char *bound_scope, *objective_of, *delivered;
	double validation_robust_accuracy; /* where a selection asks for it; its cost: select_s */
	double train_accuracy, validation_accuracy, test_accuracy,
		majority; /* majority: share of the larger class
			     in the test part */
	double train_rmse, test_rmse, train_r2, test_r2;
	/* Wall-clock seconds of each phase; eval_s is all that measuring the method cost,
	 * certificate_s the part of it spent in certificates. */
	double load_s, setup_s, solve_s, eval_s, certificate_s, violation_s, attack_s, select_s,
		certify_s;
	/* Processor seconds of the same, of all threads. */
	double load_cpu_s, setup_cpu_s, solve_cpu_s, eval_cpu_s, certificate_cpu_s, violation_cpu_s,
		attack_cpu_s, select_cpu_s, certify_cpu_s;
	double evaluations; /* rows of the trace */
	const char *date;   /* when the cell was started, ISO 8601 with the zone */
	const char *timing; /* why its times are not to be trusted, "disturbed: ..."; or NULL */
	/* Of training and its evaluations: switches, and the share of the time in which threads
	 * could run that they had a core. Of the machine: the load average at the start. */
	double switches_voluntary, switches_involuntary, core_share, load_average;
	double peak_mem_bytes, threads;
	const char *threads_reason; /* where the cell chose them, or NULL */
	const char *blas_core;      /* the kernels that BLAS chose in the worker */
	const char *program;        /* version and commit that computed it (env_program) */
	const char *host, *cpu;     /* name of the machine, model of its processor */
	double patterns, neurons;
	/* Of `fresh` patterns or neurons drawn anew, the share that would lower the optimum, with
	 * its Clopper-Pearson 95 % interval; known where the gap is below 1e-3. */
	double fresh, violation, violation_lo, violation_hi;
	const char *note; /* what the method chose by itself and why, patterns not found; or NULL */
	const char *suspect; /* why the result is degenerate, or NULL */
};

struct result_field {
	const char *name;
	size_t offset;
	bool text;
};

extern const struct result_field
	result_fields[]; /* ends with name NULL; the columns of summary.csv */

/* All numbers NaN, all texts NULL. */
struct result result_empty(void);

/* The field of the fact's name, or a further one; texts are copied. */
void result_set(struct result *result, const struct fact *fact, struct arena *arena);

enum status result_write(const struct result *result, const char *path, struct err *err);
enum status result_read(const char *path, struct arena *arena, struct result *out, struct err *err);

#endif
