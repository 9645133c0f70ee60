/* One cell from its canonical text to its record. */
#include "harness/run/run.h"

#include "harness/data/range.h"
#include "harness/run/assault.h"
#include "harness/run/certified.h"
#include "harness/run/clock.h"
#include "harness/run/coordinates.h"
#include "harness/run/evaluate.h"
#include "harness/run/facts.h"
#include "harness/run/loop.h"
#include "harness/run/points.h"
#include "harness/run/selection.h"
#include "harness/run/verdict.h"
#include "harness/spec/spec.h"
#include "harness/store/env.h"
#include "harness/store/folder.h"
#include "harness/store/npz.h"
#include "harness/store/result.h"
#include "harness/store/scenario.h"
#include "solvers/core/blas.h"
#include "solvers/core/pattern.h"
#include "solvers/core/rng.h"
#include "solvers/core/trainer.h"

#include <math.h>
#include <sys/resource.h>

struct run {
	const char *folder;
	struct arena arena; /* lives as long as the run */
	struct cell cell;
	struct dataset data;
	struct problem problem;
	struct coordinates posed; /* the problem as the trainer gets it */
	const struct trainer *trainer;
	void *state;
	struct mat given_patterns;
	struct model start;
	struct result result;
};

static const char *path_in(struct run *run, const char *name)
{
	return arena_format(&run->arena, "%s/%s", run->folder, name);
}

static enum status read_cell(struct run *run, struct err *err)
{
	const char *path = path_in(run, "cell.json"), *text;

	TRY(store_read_text(path, &run->arena, &text, err));
	TRY(spec_read_cell(text, path, &run->arena, &run->cell, err));
	run->trainer = (const struct trainer *)(const void *)run->cell.train.solver.item;
	return STATUS_OK;
}

static enum status load_data(struct run *run, struct err *err)
{
	const struct cell *cell = &run->cell;
	double start = clock_seconds();
	enum status status = data_load(&cell->data, (uint64_t)cell->seed, cell->repetition,
				       &run->arena, &run->data, err);

	run->result.load_s = clock_seconds() - start;
	if (status == STATUS_OK)
		status = range_check(&run->data.train, err);
	return status;
}

static const struct pattern_options *pattern_options(const struct run *run)
{
	return run->trainer->patterns ? run->trainer->patterns(run->cell.train.solver.options)
				      : NULL;
}

/* Patterns given by a file, as an n x P matrix of the problem. */
static enum status read_patterns(struct run *run, struct err *err)
{
	const struct pattern_options *patterns = pattern_options(run);
	struct npy file;

	if (!patterns || !patterns->file)
		return STATUS_OK;
	TRY(npz_read_npy(patterns->file, &run->arena, &file, err));
	run->given_patterns = mat_new(&run->arena, (ptrdiff_t)file.rows, (ptrdiff_t)file.cols);
	for (size_t k = 0; k < file.rows; k++)
		for (size_t j = 0; j < file.cols; j++)
			mat_set(run->given_patterns, (ptrdiff_t)k, (ptrdiff_t)j,
				(real)file.at[k * file.cols + j]);
	run->problem.patterns = &run->given_patterns;
	return STATUS_OK;
}

/* The network that training starts from, if a file gives one. */
static enum status read_start(struct run *run, struct err *err)
{
	const char *path = trainer_start_file(run->trainer, run->cell.train.solver.options);

	if (!path)
		return STATUS_OK;
	TRY(npz_load_model(path, &run->arena, &run->start, err));
	if (run->start.net.U.rows != run->data.train.X.cols)
		return err_at(err, STATUS_SPEC, (struct err_place){path, 0, 0},
			      "expected a network on %td prepared features, got %td",
			      run->data.train.X.cols, run->start.net.U.rows);
	run->problem.start = &run->start.net;
	return STATUS_OK;
}

/* Columns that no attack touches: the bias that `prepare` added. */
static const bool *frozen_columns(struct run *run)
{
	bool *frozen = ARENA_ARRAY(&run->arena, bool, run->data.train.X.cols);

	if (run->data.bias >= 0)
		frozen[run->data.bias] = true;
	return frozen;
}

static enum status pose_problem(struct run *run, struct err *err)
{
	const struct cell *cell = &run->cell;
	const struct train_options *train = &cell->train;
	struct rng rng = rng_stream((uint64_t)cell->seed, "repetition", (uint64_t)cell->repetition);
	struct problem *p = &run->problem;

	p->X = run->data.train.X;
	p->y = run->data.train.y;
	p->X_validation = run->data.validation.X;
	p->y_validation = run->data.validation.y;
	p->loss.loss = (const struct loss *)(const void *)train->loss.item;
	p->loss.options = train->loss.options;
	p->loss.weight = train->average ? 1 / (double)p->X.rows : 1;
	p->beta = train->beta;
	p->frozen = frozen_columns(run);
	p->columns = run->data.columns;
	p->seed = rng_bits(&rng);
	if (run->data.regression && !p->loss.loss->regression)
		return err_set(err, STATUS_SPEC,
			       "loss %s is for classification, data set %s is a regression task",
			       p->loss.loss->base.name, cell->data.name);
	TRY(read_patterns(run, err));
	return read_start(run, err);
}

/* Setup and loop; the evaluator's net holds the final network. */
static enum status train(struct run *run, int progress_fd, struct evaluator *evaluator,
			 struct loop_result *end, struct err *err)
{
	struct result *r = &run->result;
	double start = clock_seconds();
	struct loop loop = {.stop = &run->cell.stop, .progress_fd = progress_fd};

	run->posed = coordinates_choose(&run->problem, run->trainer, run->cell.train.solver.options,
					&run->arena);
	TRY(run->trainer->setup(&run->posed.problem, run->cell.train.solver.options, &run->arena,
				&run->state, err));
	r->setup_s = loop.setup_s = clock_seconds() - start;
	loop.trace_path = path_in(run, "trace.csv");
	*evaluator = evaluate_new(&run->problem, &run->data,
				  (struct training){run->trainer, run->cell.train.solver.options,
						    run->state, run->posed.rowspace},
				  &run->arena);
	TRY(loop_run(&loop, evaluator, end, err));
	if (evaluator->robust)
		end->first_objective = NAN; /* a clean objective that rose is no bad sign then */
	r->solve_s = end->solve_s;
	r->eval_s = end->eval_s;
	r->certificate_s = evaluator->certificate_s;
	r->iterations = (double)end->iterations;
	r->outcome = outcome_name(end->outcome);
	return STATUS_OK;
}

static void describe_cell(struct run *run)
{
	const struct cell *cell = &run->cell;
	struct result *r = &run->result;

	r->data = cell->data.name;
	r->method = cell->train.name;
	r->solver = cell->train.solver.item->name;
	r->loss = cell->train.loss.item->name;
	r->precision = REAL_NAME;
	r->repetition = (double)cell->repetition;
	r->seed = (double)cell->seed;
	r->threads = blas_threads();
	r->blas_core = env_blas_core();
}

static void describe_data(struct run *run)
{
	struct result *r = &run->result;

	r->n_train = (double)run->data.train.X.rows;
	r->n_validation = (double)run->data.validation.X.rows;
	r->n_test = (double)run->data.test.X.rows;
	r->d = (double)run->data.train.X.cols;
	r->majority = verdict_majority(&run->data);
}

/* Two notes in one; NULL: nothing. */
static const char *join(struct run *run, const char *a, const char *b)
{
	return a && b ? arena_format(&run->arena, "%s; %s", a, b) : a ? a : b;
}

/* A network that was passed over. */
static const char *outside(struct run *run, const struct evaluator *e)
{
	if (isnan(e->outside))
		return NULL;
	return arena_format(
		&run->arena,
		"an iterate outside the sampled program had the network objective %.6g, "
		"below the bound",
		e->outside);
}

/* Patterns that were asked for in vain, what the method chose, its coordinates; NULL: nothing. */
static const char *notes(struct run *run, const struct evaluator *evaluator)
{
	const struct pattern_options *patterns = pattern_options(run);
	const char *missing = outside(run, evaluator);

	if (patterns && run->trainer->patterns_used)
		missing = join(run, missing,
			       pattern_note(patterns, run->trainer->patterns_used(run->state),
					    &run->arena));
	return join(run,
		    join(run, missing, run->trainer->note ? run->trainer->note(run->state) : NULL),
		    coordinates_note(&run->posed, &run->problem, &run->arena));
}

static void describe_end(struct run *run, const struct evaluator *evaluator,
			 const struct loop_result *end)
{
	struct result *r = &run->result;
	const struct evaluation *e = &end->last;

	r->objective = e->objective;
	r->objective_of = evaluator->robust ? "worst case" : "network";
	r->objective_network = e->objective_network;
	r->objective_zero = evaluator->objective_zero;
	r->lower_bound = e->lower_bound;
	r->bound_scope = e->certificate.scope;
	r->gap = e->gaps.gap;
	r->gap_zero = e->gaps.zero;
	r->gap_raw = e->gaps.raw;
	r->delivered = run->trainer->certify ? delivered_names[e->delivered] : NULL;
	r->feasibility = e->certificate.feasibility;
	r->train_accuracy = e->train.accuracy;
	r->validation_accuracy = e->validation.accuracy;
	r->test_accuracy = e->test.accuracy;
	r->train_rmse = e->train.rmse;
	r->test_rmse = e->test.rmse;
	r->train_r2 = e->train.r2;
	r->test_r2 = e->test.r2;
	r->patterns =
		run->trainer->patterns_used ? (double)run->trainer->patterns_used(run->state) : NAN;
	r->note = notes(run, evaluator);
	r->neurons = (double)evaluator->delivered->U.cols;
	r->suspect = verdict_suspect(
		end,
		&(struct verdict_facts){.neurons = r->neurons,
					.majority = r->majority,
					.only_zero = facts_exclude_all(run->trainer, run->state)});
}

static enum status save_model(struct run *run, const struct net *net, struct err *err)
{
	const struct model model = {.net = *net,
				    .stages = run->data.stages,
				    .target_shift = run->data.target_shift,
				    .target_scale = run->data.target_scale};

	TRY(npz_save_model(path_in(run, "model.npz"), &model, err));
	return points_write(&run->data, path_in(run, "points.csv"), err);
}

/* Off the solve clock. */
static void estimate_violation(struct run *run)
{
	struct result *r = &run->result;
	struct violation found;
	long draws = run->cell.train.fresh;
	double start = clock_seconds();

	if (draws < 1 || !run->trainer->violation)
		return;
	run->trainer->violation(run->state, draws, &found);
	if (found.draws < 1)
		return;
	r->violation_s = clock_seconds() - start;
	r->fresh = (double)found.draws;
	r->violation = (double)found.violated / r->fresh;
	scenario_interval((double)found.violated, r->fresh, &r->violation_lo, &r->violation_hi);
}

static void measure_memory(struct result *r)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) == 0)
		r->peak_mem_bytes = (double)usage.ru_maxrss * 1024;
}

/* Attacks and certificates, which must agree. Off the solve clock. */
static enum status probe(struct run *run, const struct net *net, struct err *err)
{
	const struct cell *cell = &run->cell;
	struct evidence evidence = evidence_new(&run->arena, certified_findings(cell));
	double start = clock_seconds();

	if (cell->attack.count > 0) {
		TRY(assault_run(cell, &run->data, net, path_in(run, "attack.csv"), &evidence, err));
		run->result.attack_s = clock_seconds() - start;
	}
	start = clock_seconds();
	if (cell->certify.count > 0) {
		TRY(certified_run(cell, &run->data, net, path_in(run, "certify.csv"), &evidence,
				  err));
		run->result.certify_s = clock_seconds() - start;
	}
	return evidence_check(&evidence, err);
}

static enum status compute(struct run *run, int progress_fd, struct err *err)
{
	struct evaluator evaluator;
	struct loop_result end;
	struct selection selection;

	TRY(read_cell(run, err));
	describe_cell(run);
	TRY(load_data(run, err));
	describe_data(run);
	TRY(assault_check(&run->cell, &run->data, err));
	TRY(certified_check(&run->cell, &run->data, err));
	TRY(pose_problem(run, err));
	TRY(train(run, progress_fd, &evaluator, &end, err));
	measure_memory(&run->result); /* of training; attacks come after */
	describe_end(run, &evaluator, &end);
	if (end.outcome != OUTCOME_DIVERGED)
		estimate_violation(run);
	TRY(save_model(run, evaluator.delivered, err));
	TRY(facts_write(run->trainer, run->state, path_in(run, "patterns.csv"), err));
	TRY(selection_run(&run->cell, &run->data, evaluator.delivered,
			  path_in(run, "attack_validation.csv"), &selection, err));
	run->result.validation_robust_accuracy = selection.accuracy;
	run->result.select_s = selection.seconds;
	TRY(probe(run, evaluator.delivered, err));
	run->result.status =
		cell_status_names[isfinite(end.last.objective_network) ? CELL_OK : CELL_FAILED];
	if (!isfinite(end.last.objective_network))
		run->result.message = "diverged: the network objective is not finite";
	return result_write(&run->result, path_in(run, "result.json"), err);
}

enum status run_cell(const char *folder, int progress_fd, struct err *err)
{
	struct run run = {.folder = folder, .result = result_empty()};
	enum status status = compute(&run, progress_fd, err);

	arena_release(&run.arena);
	return status;
}
