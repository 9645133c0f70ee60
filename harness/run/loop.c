/* The training loop: step on the clock, evaluate off the clock. */
#include "harness/run/loop.h"

#include "harness/machine/clock.h"
#include "harness/run/interrupt.h"
#include "harness/store/rows.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

/* Evaluations at 1, 2, 3, ... and then 15 % apart: about 16 per factor of ten. */
static const double thinning = 1.15;

/* What they may cost: a share of setup and iterations; or, at twice the iteration of the one
 * before, so many operations, so that small problems are seen from their beginning on. A fifth in
 * all, with what is looked at in between without a certificate. */
static const double evaluation_share = 0.15, evaluation_allowance = 2e9;
static const double glance_share = 0.05, glance_allowance = 2e8;
static const double sparse = 2;

/* s between two states of the best network on disk */
static double keep_every_s = 1;

void loop_keep_every(double seconds)
{
	keep_every_s = seconds;
}

/* Least change of the objective or the bound, relative to the former, that counts as progress for
 * `patience`. */
static const double stall_decrease = 1e-6;

struct watch { /* for `patience` */
	double objective, bound;
	long since;
};

/* Whether `patience` evaluations have passed without a lower objective or a higher bound. */
static bool stalled(struct watch *watch, long patience, const struct evaluation *e)
{
	double value = isnan(e->objective) ? e->objective_network : e->objective;
	double objective = isnan(value) ? e->train.loss : value; /* of outputs alone */
	double least = stall_decrease * fabs(isnan(objective) ? watch->bound : objective);

	watch->since++;
	if (!isnan(objective) && !(objective > watch->objective - least)) {
		watch->objective = objective;
		watch->since = 0;
	}
	if (e->lower_bound > watch->bound + least) {
		watch->bound = e->lower_bound;
		watch->since = 0;
	}
	return patience > 0 && watch->since >= patience;
}

/* Both relative residuals are small; one that is not reported is NaN and never small. */
static bool settled(double residual, const struct progress *p)
{
	return islessequal(p->primal_residual, residual) && islessequal(p->dual_residual, residual);
}

/* How the run ends by what needs no evaluation. */
static enum outcome limits(const struct loop *loop, const struct loop_result *r,
			   const struct progress *p)
{
	if (settled(loop->stop->residual, p))
		return OUTCOME_CONVERGED;
	if (p->end != OUTCOME_RUNNING)
		return p->end;
	if (r->iterations >= loop->stop->iterations)
		return OUTCOME_ITERATION_LIMIT;
	if (r->interrupted || loop->setup_s + r->solve_s >= loop->stop->seconds)
		return OUTCOME_TIME_LIMIT;
	return OUTCOME_RUNNING;
}

/* How the run ends at this iterate, or by `limit`; OUTCOME_RUNNING if it goes on. NaN comparisons
 * never end it well. A trainer that calls itself solved has stalled if it certifies less than was
 * asked for. */
static enum outcome judge(const struct stop_options *stop, const struct evaluation *e,
			  const struct progress *p, enum outcome limit, struct watch *watch)
{
	double gap = stop->gap_scale == GAP_SCALE_ZERO ? e->feasible.zero : e->feasible.gap;

	if (!e->finite)
		return OUTCOME_DIVERGED;
	if (islessequal(gap, stop->gap) || settled(stop->residual, p))
		return OUTCOME_CONVERGED;
	if (stalled(watch, stop->patience, e))
		return OUTCOME_STALLED;
	if (limit == OUTCOME_CONVERGED && isgreater(gap, stop->gap))
		return OUTCOME_STALLED;
	return limit;
}

static bool is_apart(long iterations, long last, double factor)
{
	return (double)iterations >= fmax((double)last + 1, ceil((double)last * factor));
}

/* Operations of setup and iterations. */
static double solve_flops(const struct forecast *forecast, long iterations)
{
	return forecast->setup_flops + (double)iterations * forecast->iteration_flops;
}

bool loop_is_due(const struct forecast *forecast, double evaluation_flops, long iterations,
		 long done, long last)
{
	double spent = (double)(done + 1) * evaluation_flops;

	if (spent <= evaluation_share * solve_flops(forecast, iterations))
		return is_apart(iterations, last, thinning);
	return spent <= evaluation_allowance && is_apart(iterations, last, sparse);
}

/* A loop at work. */
struct turn {
	const struct loop *loop;
	struct evaluator *evaluator;
	struct loop_result *out;
	struct csv *csv;
	struct watch watch;
	double evaluation_flops, glance_flops;
	long evaluated, glances; /* how many */
	long last, seen;         /* iterations that were evaluated; or seen at a glance */
	double asked;            /* a trainer's own gap that is worth a look */
	double kept_at;          /* clock_seconds() of the last state on disk */
};

/* A trainer that takes its own gap for small enough is looked at, and then at each half of it. */
static bool is_promising(struct turn *turn, const struct progress *p)
{
	if (!(p->gap > 0 && p->gap <= turn->asked))
		return false;
	turn->asked = p->gap / 2;
	return true;
}

enum look { LOOK_NONE, LOOK_GLANCE, LOOK_FULL };

/* A glance is worth while only where a certificate costs more. */
static enum look due(const struct turn *turn)
{
	const struct forecast *forecast = &turn->loop->forecast;
	const struct evaluator *e = turn->evaluator;
	long k = turn->out->iterations;

	if (loop_is_due(forecast, turn->evaluation_flops, k, turn->evaluated, turn->last))
		return LOOK_FULL;
	if (!e->training.trainer->certify || e->robust || !is_apart(k, turn->seen, thinning))
		return LOOK_NONE;
	return (double)(turn->glances + 1) * turn->glance_flops <=
			       fmax(glance_allowance, glance_share * solve_flops(forecast, k))
		       ? LOOK_GLANCE
		       : LOOK_NONE;
}

/* The figures of this iterate; how the run ends. Only a full look may end it. */
static enum outcome look_at(struct turn *turn, enum look look, const struct progress *p,
			    enum outcome limit)
{
	struct evaluation *last = &turn->out->last;
	const struct stop_options *stop = turn->loop->stop;
	enum outcome outcome;

	turn->seen = turn->out->iterations;
	if (look == LOOK_GLANCE) {
		turn->glances++;
		evaluate_glance(turn->evaluator, last);
		outcome = judge(stop, last, p, limit, &turn->watch);
		if (outcome == OUTCOME_RUNNING)
			return outcome;
	}
	turn->last = turn->seen;
	turn->evaluated++;
	evaluate_iterate(turn->evaluator, last);
	return judge(stop, last, p, limit, &turn->watch);
}

/* Before an evaluation that may come too late, and after one if it is time. */
static void keep(struct turn *turn)
{
	if (!turn->loop->keep || turn->out->evaluations == 0)
		return;
	turn->loop->keep(turn->loop->context, turn->out);
	turn->kept_at = clock_seconds();
}

static struct trace_row trace_row(const struct turn *turn, const struct progress *p)
{
	const struct loop_result *out = turn->out;
	const struct evaluation *e = &out->last;

	return (struct trace_row){.iteration = (double)out->iterations,
				  .seconds = turn->loop->setup_s + out->solve_s,
				  .certificate_s = turn->evaluator->certificate_s,
				  .objective = e->objective,
				  .objective_network = e->objective_network,
				  .lower_bound = e->lower_bound,
				  .gap = e->gaps.gap,
				  .gap_zero = e->gaps.zero,
				  .gap_feasible = e->feasible.gap,
				  .objective_iterate = isnan(e->certificate.objective)
							       ? p->objective
							       : e->certificate.objective,
				  .primal_residual = p->primal_residual,
				  .dual_residual = p->dual_residual,
				  .train_accuracy = e->train.accuracy,
				  .validation_accuracy = e->validation.accuracy,
				  .test_accuracy = e->test.accuracy};
}

/* A row of the trace, and a line for who listens. */
static void tell(struct turn *turn, const struct progress *p)
{
	struct trace_row row = trace_row(turn, p);
	char line[96];
	int length;

	field_put_row(turn->csv, &rows_trace, &row);
	csv_flush(turn->csv);
	length = snprintf(line, sizeof line, "%.0f %.6g %.3f\n", row.iteration, row.gap,
			  row.seconds);
	if (turn->loop->progress_fd >= 0 &&
	    write(turn->loop->progress_fd, line, (size_t)length) < 0)
		line[0] = '\0'; /* nobody listens: the run does not depend on it */
}

static void evaluate(struct turn *turn, enum look look, const struct progress *p,
		     enum outcome limit)
{
	struct loop_result *out = turn->out;

	if (out->interrupted)
		keep(turn);
	out->outcome = look_at(turn, look, p, limit);
	out->evaluations++;
	if (isnan(out->first_objective))
		out->first_objective = out->last.objective_network;
	out->best_objective = fmin(out->best_objective, out->last.objective_network);
	tell(turn, p);
	if (out->outcome == OUTCOME_RUNNING && clock_seconds() - turn->kept_at >= keep_every_s)
		keep(turn);
}

/* What clocks and signals of the first rank say goes for all. */
static void agree(const struct turn *turn, enum outcome *limit, enum look *look)
{
	struct ranks *ranks = turn->evaluator->problem->ranks;
	int said[] = {(int)*limit, (int)*look, turn->out->interrupted};

	if (!ranks)
		return;
	ranks_share(ranks, 0, said, sizeof said);
	*limit = (enum outcome)said[0];
	*look = (enum look)said[1];
	turn->out->interrupted = said[2];
}

/* In sums over ranks so far. */
static double seconds_of(const struct ranks *ranks)
{
	return ranks ? ranks->seconds : 0;
}

/* The wall clock is read around every step; that of the processors, which is a call of the system,
 * around the steps between two evaluations. */
static void iterate(struct turn *turn)
{
	const struct training *training = &turn->evaluator->training;
	struct loop_result *out = turn->out;
	struct clock_mark mark = clock_now();
	double ignored = 0; /* the wall clock of steps and what is between them */

	turn->kept_at = mark.wall;
	while (out->outcome == OUTCOME_RUNNING) {
		struct progress p = {NAN, NAN, NAN, .end = OUTCOME_RUNNING};
		double start = clock_seconds();
		double summed = seconds_of(turn->evaluator->problem->ranks);
		enum outcome limit;
		enum look look;

		training->trainer->step(training->state, &p);
		out->solve_s += clock_seconds() - start;
		out->sums_s += seconds_of(turn->evaluator->problem->ranks) - summed;
		if (p.failure) {
			out->failure = p.failure;
			return;
		}
		out->iterations++;
		if (turn->loop->point && p.done.beta > 0) {
			mark = clock_add(mark, &ignored, &out->solve_cpu_s);
			turn->loop->point(turn->loop->context, &p.done,
					  turn->loop->setup_s + out->solve_s);
			mark = clock_add(mark, &out->eval_s, &out->eval_cpu_s);
		}
		out->interrupted = interrupt_requested();
		limit = limits(turn->loop, out, &p);
		look = limit == OUTCOME_RUNNING && !is_promising(turn, &p) ? due(turn) : LOOK_FULL;
		agree(turn, &limit, &look);
		if (look == LOOK_NONE)
			continue;
		mark = clock_add(mark, &ignored, &out->solve_cpu_s);
		evaluate(turn, look, &p, limit);
		mark = clock_add(mark, &out->eval_s, &out->eval_cpu_s);
	}
}

/* The end of training, once more. */
static void go_after(struct turn *turn)
{
	const struct progress p = {NAN, NAN, NAN, .end = OUTCOME_RUNNING};
	struct loop_result *out = turn->out;
	struct clock_mark start = clock_now();
	bool more = turn->loop->after && !out->failure && out->outcome != OUTCOME_DIVERGED &&
		    turn->loop->after(turn->loop->context, out);

	clock_add(start, &out->eval_s, &out->eval_cpu_s);
	out->evaluations += more;
	if (more)
		tell(turn, &p);
}

enum status loop_run(const struct loop *loop, struct evaluator *evaluator, struct loop_result *out,
		     struct err *err)
{
	struct csv csv;
	struct turn turn = {
		.loop = loop,
		.evaluator = evaluator,
		.out = out,
		.csv = &csv,
		.watch = {HUGE_VAL, -HUGE_VAL, 0},
		.evaluation_flops = evaluate_flops(evaluator, &loop->forecast),
		.glance_flops = evaluate_glance_flops(evaluator),
		.asked = loop->stop->gap,
	};

	*out = (struct loop_result){.first_objective = NAN, .best_objective = NAN};
	TRY(field_open(&csv, loop->trace_path, &rows_trace, err));
	csv_flush(&csv);
	iterate(&turn);
	go_after(&turn);
	TRY(csv_close(&csv, err));
	return out->failure ? err_set(err, STATUS_FAILED, "%s", out->failure) : STATUS_OK;
}
