/* The one training loop: it owns the clock, the stopping rules, the trace and the progress line. */
#ifndef RUN_LOOP_H
#define RUN_LOOP_H

#include "harness/run/evaluate.h"
#include "harness/spec/spec.h"
#include "solvers/core/status.h"

struct loop_result {
	enum outcome outcome;
	bool interrupted; /* by a request to end early; then the outcome is OUTCOME_TIME_LIMIT */
	long iterations, evaluations;
	double solve_s, eval_s, solve_cpu_s, eval_cpu_s;
	double sums_s;          /* of solve_s, in sums over ranks */
	double first_objective; /* network objective at the first evaluation; NaN: may rise */
	double best_objective;  /* the least one of all evaluations */
	const char *failure;    /* of the trainer, after which no record is written; NULL: none */
	struct evaluation last;
};

struct loop {
	const struct stop_options *stop;
	struct forecast forecast; /* of the trainer */
	const char *trace_path;   /* trace.csv */
	int progress_fd;          /* -1 = none */
	double setup_s;           /* already spent; part of the trace's seconds */
	/* Put the best network so far on disk, in case this process is ended before it is done:
	 * called after evaluations, once a second at most, and when the loop is interrupted. NULL:
	 * never. */
	void (*keep)(void *context, const struct loop_result *now);
	/* A penalty of a path is done with, `seconds` of setup and solve after the begin. NULL:
	 * nobody wants to know. */
	void (*point)(void *context, const struct penalty_done *done, double seconds);
	/* What is said of the end behind training, on nobody's clock, in a row of its own; false:
	 * nothing. NULL: never. */
	bool (*after)(void *context, struct loop_result *end);
	void *context;
};

/* Whether the evaluation after `iterations` iterations is due, `done` evaluations having been made:
 * they are 15 % of the iterations apart, and all of them cost, by operation counts, at most 15 % of
 * setup and iterations; or twice as many iterations apart and at most 2e9 operations (0.1 to 0.5 s)
 * in all. Between two evaluations with certificates there are some without (evaluate_glance), for
 * 5 %. */
bool loop_is_due(const struct forecast *forecast, double evaluation_flops, long iterations,
		 long done, long last);

/* Seconds between two states of the best network on disk, 1 unless set (tests that count writes).
 */
void loop_keep_every(double seconds);

/* Run the trainer to its end. The iterations that are evaluated depend on operation counts alone,
 * so that they are the same in every run; the last one always is. Evaluation is not charged to the
 * trainer, and each leaves a row of the trace on disk. The evaluator holds what is delivered. */
enum status loop_run(const struct loop *loop, struct evaluator *evaluator, struct loop_result *out,
		     struct err *err);

#endif
