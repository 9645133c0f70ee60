/* The one training loop: it owns the clock, the stopping rules, the trace and the progress line. */
#ifndef RUN_LOOP_H
#define RUN_LOOP_H

#include "harness/run/evaluate.h"
#include "harness/spec/spec.h"
#include "solvers/core/status.h"

struct loop {
	const struct stop_options *stop;
	const char *trace_path; /* trace.csv */
	int progress_fd;        /* -1 = none */
	double setup_s;         /* already spent; part of the trace's seconds */
};

struct loop_result {
	enum outcome outcome;
	long iterations;
	double solve_s, eval_s;
	double first_objective; /* network objective at the first evaluation; NaN: may rise */
	double best_objective;  /* the least one of all evaluations */
	struct evaluation last;
};

/* Run the trainer to its end. Evaluation happens at geometrically thinned iterations and is not
 * charged to the trainer. The evaluator's net holds the final network on return. */
enum status loop_run(const struct loop *loop, struct evaluator *evaluator, struct loop_result *out,
		     struct err *err);

#endif
