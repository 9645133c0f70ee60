/* One cell from its canonical text to its record. */
#include "harness/run/run.h"

#include "harness/assess/certified.h"
#include "harness/assess/decisions.h"
#include "harness/assess/subset.h"
#include "harness/assess/target.h"
#include "harness/data/points.h"
#include "harness/data/range.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/machine/clock.h"
#include "harness/run/amount.h"
#include "harness/run/bound.h"
#include "harness/run/deal.h"
#include "harness/run/describe.h"
#include "harness/run/facts.h"
#include "harness/run/files.h"
#include "harness/run/probes.h"
#include "harness/stats/scenario.h"
#include "harness/store/manifest.h"
#include "harness/store/modelfile.h"
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"

#include <math.h>
#include <string.h>

/* Below this gap a dual point is near enough to the optimal one to say what a fresh pattern does.
 */
static const double solved = 1e-3;

static const char *path_in(struct run *run, const char *name)
{
	return arena_format(&run->arena, "%s/%s", run->folder, name);
}

/* "rows on 4 ranks: 80 sums over them, 3 MB of each, took 12 % of the time"; as numbers, the share
 * that of iterations alone; the memory of all. */
static void describe_ranks(struct run *run, const struct loop_result *end)
{
	const struct ranks now = run->ranks ? *run->ranks : (struct ranks){0};
	struct result *r = &run->result;
	const struct fact facts[] = {{.name = "ranks", .number = now.count},
				     {.name = "ranks_sums", .number = now.calls},
				     {.name = "ranks_bytes", .number = now.bytes},
				     {.name = "ranks_s", .number = now.seconds},
				     {.name = "ranks_share", .number = end->sums_s / end->solve_s}};

	if (!run->ranks)
		return;
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		result_set(r, &facts[i], &run->arena);
	r->peak_mem_bytes = ranks_sum(run->ranks, r->peak_mem_bytes);
	describe_add(run,
		     arena_format(&run->arena,
				  "rows on %d ranks, %s%s: %.0f sums over them, %.3g MB of each, "
				  "took %.1f %% of the time",
				  now.count,
				  run->dealt ? "dealt out by the first one, as "
					     : "each of which has read its own",
				  run->dealt ? run->dealt : "", now.calls, now.bytes * 1e-6,
				  100 * now.seconds / (r->setup_s + r->solve_s + r->eval_s)));
}

/* What the problem has from the data. */
static enum status pose_data(struct run *run, struct err *err)
{
	const struct train_options *train = &run->cell.train;
	struct problem *p = &run->problem;

	target_problem(&run->data, &run->arena, p);
	if (trainer_outputs_only(run->trainer, train->solver.options))
		p->X_test = run->data.test.X;
	p->loss.weight = train->average ? 1 / (double)p->X.rows : 1;
	p->one_against_all = run->trainer->one_against_all && p->y.label && p->y.k > 1;
	p->loss.sample = p->y.weight;
	for (ptrdiff_t i = 0; i < p->y.n && p->y.weight; i++)
		p->loss.most = fmax(p->loss.most, (double)p->y.weight[i]);
	if (run->data.regression && !p->loss.loss->regression)
		return err_set(err, STATUS_SPEC,
			       "loss %s is for classification, data set %s is a regression task",
			       p->loss.loss->base.name, run->cell.data.name);
	if (ranks_count(run->ranks) > p->X.rows)
		return err_set(err, STATUS_SPEC, "%d ranks for %td training samples",
			       run->ranks->count, p->X.rows);
	return STATUS_OK;
}

/* `seconds`: that the cell may take; 0: any number. */
static enum status pose_problem(struct run *run, double seconds, struct err *err)
{
	const struct cell *cell = &run->cell;
	const struct train_options *train = &cell->train;
	long repetition = train->draw < 0 ? cell->repetition : train->draw;
	struct rng rng = rng_stream((uint64_t)cell->seed, "repetition", (uint64_t)repetition);
	struct problem *p = &run->problem;

	p->loss.loss = (const struct loss *)(const void *)train->loss.item;
	p->loss.options = train->loss.options;
	p->beta = train->beta;
	p->penalties = (struct penalties){train->penalties, train->first_penalty};
	p->seed = rng_bits(&rng);
	p->seconds = fmin(cell->stop.seconds, seconds > 0 ? seconds : NAN);
	p->seconds = p->seconds > 0 ? p->seconds : 0; /* fmin ignores a NaN argument */
	if (ranks_at(run->ranks) == 0 || !run->dealt)
		TRY(pose_data(run, err));
	deal_problem(run->ranks, &run->data, p, &run->arena);
	return files_read(cell, p, &run->arena, err);
}

/* Decisions of what is delivered, as a file and in the record. */
static enum status write_decisions(struct run *run, struct err *err)
{
	const struct evaluator *e = &run->evaluator;
	const real *f[OUTPUTS_PARTS];
	struct decisions decisions;
	struct arena scratch = {0};
	enum status status;

	if (!e->delivered && !e->outputs)
		return STATUS_OK;
	for (int p = 0; p < OUTPUTS_PARTS; p++)
		f[p] = e->delivers.at[p];
	decisions_of(&run->data, f, &scratch, &decisions);
	decisions_fill(&decisions, &run->result);
	if (run->problem.loss.loss->regression && !run->problem.one_against_all)
		subset_fill(&run->data, f, &run->result);
	status = decisions_write(&decisions, &run->data, path_in(run, "confusion.csv"), err);
	arena_release(&scratch);
	return status;
}

/* Network and record as they are now, should this process be ended before it is done. The parent
 * knows why and completes them. */
static enum status write_provisional(struct run *run, const struct loop_result *now,
				     struct err *err)
{
	const struct modelfile file = {.model = (struct model *)run->evaluator.delivered,
				       .stages = run->data.stages,
				       .targets = (size_t)run->data.k,
				       .target_shift = run->data.target_shift,
				       .target_scale = run->data.target_scale};
	const char *path = path_in(run, "model.npz"), *tmp = path_in(run, "model.npz.tmp");

	describe_training(run, now);
	if (ranks_at(run->ranks) > 0) /* the first one records */
		return STATUS_OK;
	run->result.status = cell_status_names[CELL_INTERRUPTED];
	if (file.model)
		TRY(modelfile_save(tmp, &file, err));
	if (run->evaluator.outputs) {
		path = path_in(run, "outputs.npz");
		TRY(modelfile_save_outputs(tmp, &run->evaluator.delivers, err));
	}
	if ((file.model || run->evaluator.outputs) && !io_rename(tmp, path))
		return io_error(err, path, "write");
	TRY(path_keep(&run->path, &file, err));
	TRY(points_write(&run->data, path_in(run, "points.csv"), err));
	TRY(write_decisions(run, err));
	return result_write(&run->result, path_in(run, "result.json"), err);
}

static void keep(void *context, const struct loop_result *now)
{
	struct err ignored = {0}; /* the record at the end will fail as well, and say so */

	write_provisional(context, now, &ignored);
}

static void point(void *context, const struct penalty_done *done, double seconds)
{
	struct run *run = context;

	path_add(&run->path, &run->evaluator, done, seconds);
}

static bool after(void *context, struct loop_result *end)
{
	struct run *run = context;

	run->bound =
		bound_find(&run->cell.train, &run->evaluator, &run->path, &run->arena, &end->last);
	return !isnan(end->last.lower_bound);
}

static void forecast(const struct run *run, const struct mat X, struct forecast *out)
{
	*out = (struct forecast){0};
	run->trainer->forecast(
		run->cell.train.solver.options,
		(struct trainer_shape){X.rows, X.cols, run->data.k,
				       (const struct loss *)run->cell.train.loss.item},
		out);
}

/* A run that `stop` ended at the last penalty, of which it has a bound, has that point too. */
static void end_path(struct run *run, const struct loop_result *end, double seconds)
{
	const struct certificate *c = &end->last.certificate;
	double beta = run->problem.beta;

	if (!path_is_whole(&run->path, beta) && !isnan(c->lower_bound))
		point(run, &(struct penalty_done){beta, c->upper, c->lower_bound, NAN, NAN},
		      seconds);
}

/* Setup and loop; the evaluator holds what is delivered. */
static enum status train(struct run *run, int progress_fd, struct loop_result *end, struct err *err)
{
	const void *options = run->cell.train.solver.options;
	struct result *r = &run->result;
	struct clock_mark start;
	enum status status;
	struct loop loop = {.stop = &run->cell.stop,
			    .progress_fd = progress_fd,
			    .trace_path = path_in(run, "trace.csv"),
			    .keep = keep,
			    .context = run};

	run->began = timing_read("");
	start = clock_now();
	TRY(trainer_check(run->trainer, &run->problem, options, err));
	run->posed = coordinates_choose(&run->problem, run->trainer, options, &run->arena);
	TRY(run->trainer->setup(&run->posed.problem, options, &run->arena, &run->state, err));
	clock_since(start, &r->setup_s, &r->setup_cpu_s);
	loop.setup_s = r->setup_s;
	forecast(run, run->posed.problem.X, &loop.forecast);
	run->evaluator = evaluate_new(
		&run->problem, &run->data,
		(struct training){run->trainer, options, run->state, run->posed.rowspace},
		&run->arena);
	loop.after = run->cell.train.bound.item ? after : NULL;
	if (run->problem.penalties.count > 1) {
		loop.point = point;
		run->path = (struct path_file){
			run->folder, (size_t)run->problem.penalties.count, &run->arena, 0, 0, NULL,
			NULL};
	}
	status = loop_run(&loop, &run->evaluator, end, err);
	if (loop.point && status == STATUS_OK)
		end_path(run, end, r->setup_s + end->solve_s);
	if (run->trainer->release)
		run->trainer->release(run->state);
	return status == STATUS_OK ? write_provisional(run, end, err) : status;
}

/* Off the solve clock. */
static void estimate_violation(struct run *run, const struct evaluation *last)
{
	struct result *r = &run->result;
	struct violation found;
	long draws = run->cell.train.fresh;
	struct clock_mark start = clock_now();
	/* of the last certificate alone, whose dual point is tested; NaN without a bound */
	double gap = evaluate_gaps(last->certificate.upper, last->certificate.lower_bound,
				   run->evaluator.objective_zero)
			     .gap;

	if (draws < 1 || !run->trainer->violation)
		return;
	if (!(gap < solved)) {
		describe_add(run, arena_format(&run->arena,
					       "fresh: no share, as the gap of the last "
					       "certificate is %.2g, not below %g",
					       gap, solved));
		return;
	}
	run->trainer->violation(run->state, draws, &found);
	if (found.draws < 1)
		return;
	clock_since(start, &r->violation_s, &r->violation_cpu_s);
	r->fresh = (double)found.draws;
	r->violation = (double)found.violated / r->fresh;
	scenario_interval((double)found.violated, r->fresh, &r->violation_lo, &r->violation_hi);
}

/* Files of what is asked of the network. */
static enum status probe(struct run *run, const struct model *model, const char *record,
			 bool trained, struct err *err)
{
	struct probes probes = {.cell = &run->cell,
				.data = &run->data,
				.model = model,
				.team = &run->team,
				.folder = run->folder,
				.record = record,
				.trained = trained,
				.here = run->here,
				.result = &run->result,
				.arena = &run->arena};

	return probes_run(&probes, err);
}

/* Of the rows that are here; the first rank has the targets of all. */
static enum status check_range(const struct run *run, struct ranks *ranks, struct err *err)
{
	struct mat X = ranks ? run->data.slice : run->data.train.X;

	return range_check(&run->data.train, X, ranks_before(ranks, X.rows), run->data.k, err);
}

static enum status load(struct run *run, struct err *err)
{
	const struct cell *cell = &run->cell;
	struct result *r = &run->result;
	struct clock_mark start = clock_now();
	struct ranks *ranks = run->dealt ? NULL : run->ranks;
	const struct data_draw draw = {(uint64_t)cell->seed, cell->repetition, ranks};
	enum status status = data_load_slice(&cell->data, &draw, &run->arena, &run->data, err);

	clock_since(start, &r->load_s, &r->load_cpu_s);
	TRY(status);
	TRY(ranks_agree(ranks, check_range(run, ranks, err), err));
	if (ranks_at(run->ranks) > 0)
		return STATUS_OK;
	describe_data(run);
	return probes_check(cell, &run->data, err);
}

/* As many threads for an attack that comes later as for one that comes at once, and on all ranks.
 */
static void choose_threads(struct run *run)
{
	int threads = blas_threads();
	struct mat X = run->data.train.X;
	struct forecast expected;

	X.rows = ranks_rows(run->ranks, X.rows).rows;
	forecast(run, X, &expected);
	if (threads > 1)
		threads = amount_threads(&expected, threads, &run->arena,
					 &run->result.threads_reason);
	ranks_share(run->ranks, 0, &threads, sizeof threads);
	blas_set_threads(threads);
}

/* Cell, data, threads. Of several ranks the first one reads the data, or each its rows. */
static enum status prepare(struct run *run, bool any_threads, struct err *err)
{
	const char *path = path_in(run, "cell.json"), *text;
	struct result *r = &run->result;

	TRY(store_read_text(path, &run->arena, &text, err));
	TRY(spec_read_cell(text, path, &run->arena, &run->cell, err));
	run->trainer = (const struct trainer *)(const void *)run->cell.train.solver.item;
	describe_cell(run);
	if (!run->dealt)
		run->dealt = deal_agree(run->ranks, &run->cell, &run->arena);
	if (ranks_at(run->ranks) == 0 || !run->dealt)
		TRY(load(run, err));
	if (any_threads)
		choose_threads(run);
	r->threads = blas_threads();
	run->here = run->result;
	return STATUS_OK;
}

/* Whether there is what the trainer is for: a network with an objective, outputs, or a bound. */
static bool is_good(const struct run *run, const struct evaluation *last)
{
	if (run->evaluator.outputs)
		return isfinite(last->train.loss);
	return isfinite(run->trainer->makes ? last->objective_network : last->lower_bound);
}

static enum cell_status status_of(const struct run *run, const struct loop_result *end)
{
	if (!is_good(run, &end->last))
		return CELL_FAILED;
	return end->interrupted && end->outcome == OUTCOME_TIME_LIMIT ? CELL_TIMEOUT : CELL_OK;
}

/* Everything after training. */
static enum status examine(struct run *run, const struct loop_result *end, struct err *err)
{
	bool trained = status_of(run, end) == CELL_OK;
	struct arena scratch = {0};
	struct facts facts;
	enum status status;

	if (end->outcome != OUTCOME_DIVERGED)
		estimate_violation(run, &end->last);
	facts = facts_of(run->trainer, run->state, &scratch);
	status = facts_write(&facts, run->folder, err);
	arena_release(&scratch);
	TRY(status);
	if (!is_good(run, &end->last)) /* nothing to attack */
		return STATUS_OK;
	TRY(result_write(&run->result, path_in(run, "result.json"), err));
	TRY(probes_note(&run->cell, run->folder, true, trained, err));
	if (ranks_count(run->ranks) > 1 && certified_findings(&run->cell) > 0)
		describe_add(run, arena_format(&run->arena,
					       "blocks of samples of attacks and certificates on "
					       "%d ranks",
					       run->ranks->count));
	return probe(run, run->evaluator.delivered, NULL, trained, err);
}

static enum status compute(struct run *run, struct run_order *order, struct err *err)
{
	struct loop_result end;
	enum cell_status status;

	TRY(prepare(run, order->choose_threads, err));
	TRY(pose_problem(run, order->seconds, err));
	TRY(probes_note(&run->cell, run->folder, true, false, err));
	TRY(train(run, order->progress_fd, &end, err));
	describe_ranks(run, &end);
	if (ranks_at(run->ranks) > 0) { /* the first one asks from here on */
		team_serve(&run->team);
		return STATUS_OK;
	}
	TRY(examine(run, &end, err));
	team_end(&run->team);
	status = status_of(run, &end);
	run->result.status = cell_status_names[status];
	if (status == CELL_FAILED)
		run->result.message = run->trainer->makes
					      ? "diverged: the network objective is not finite"
					      : "no bound was found";
	order->stopped = status == CELL_TIMEOUT;
	return result_write(&run->result, path_in(run, "result.json"), err);
}

/* What an earlier record lacks, on its network. Everything that training gave stays as it was. */
static enum status complete(struct run *run, const struct run_order *order, struct err *err)
{
	const char *record = order->record;
	struct modelfile file = {.model = NULL};

	run->dealt = "nothing is trained"; /* the first rank has the samples */
	TRY(prepare(run, order->choose_threads, err));
	if (ranks_at(run->ranks) > 0) {
		team_serve(&run->team);
		return STATUS_OK;
	}
	TRY(result_read(arena_format(&run->arena, "%s/result.json", record), &run->arena,
			&run->result, err));
	run->result.cell = run->here.cell;
	run->result.format = run->here.format;
	run->result.data = run->cell.data.name;
	run->result.method = run->cell.train.name;
	if (trainer_makes(run->trainer, run->cell.train.solver.options, 1))
		TRY(modelfile_of(record, run->data.train.X.cols, &run->arena, &file, err));
	TRY(probe(run, file.model, record, true, err));
	team_end(&run->team);
	run->result.status = cell_status_names[CELL_OK];
	run->result.message = NULL;
	return result_write(&run->result, path_in(run, "result.json"), err);
}

enum status run_cell(const char *folder, struct run_order *order, struct err *err)
{
	struct run run = {.folder = folder,
			  .ranks = order->ranks,
			  .team = {order->ranks, &run.cell},
			  .result = result_empty()};
	enum status status;

	run.result.cell = order->cell;
	run.result.format = order->cell ? MANIFEST_FORMAT : 0;
	status = order->record ? complete(&run, order, err) : compute(&run, order, err);
	arena_release(&run.arena);
	return status;
}
