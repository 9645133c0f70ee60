/* Fields of the record. */
#include "harness/run/describe.h"

#include "harness/machine/env.h"
#include "harness/run/facts.h"
#include "harness/run/verdict.h"
#include "solvers/core/blas.h"
#include "solvers/model/certify.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>

void describe_cell(struct run *run)
{
	const struct cell *cell = &run->cell;
	struct result *r = &run->result;

	r->data = cell->data.name;
	r->method = cell->train.name;
	r->solver = cell->train.solver.item->name;
	r->loss = cell->train.loss.item->name;
	r->precision = REAL_NAME;
	r->repetition = (double)cell->repetition;
	r->fold = spec_fold(cell);
	r->inner_fold = spec_inner_fold(cell);
	r->seed = (double)cell->seed;
	r->threads = blas_threads();
	r->blas_core = env_blas_core();
	r->program = env_program(&run->arena);
	r->host = env_host(&run->arena);
	r->cpu = env_cpu(&run->arena);
	r->date = timing_date(&run->arena);
	r->load_average = timing_load("");
}

void describe_data(struct run *run)
{
	struct result *r = &run->result;

	r->n_train = (double)run->data.train.X.rows;
	r->n_validation = (double)run->data.validation.X.rows;
	r->n_test = (double)run->data.test.X.rows;
	r->d = (double)run->data.train.X.cols;
	r->space = run->data.feature_space ? "features" : NULL;
	r->majority = verdict_majority(&run->data);
}

/* Two notes in one; NULL: nothing. */
static const char *join(struct run *run, const char *a, const char *b)
{
	return a && b ? arena_format(&run->arena, "%s; %s", a, b) : a ? a : b;
}

/* Whether certificates were asked for, of which none bounds this kind of model. */
static bool lacks_certificates(const struct run *run, const struct model_kind *kind)
{
	const struct certify_options *o = run->cell.certify.at;
	bool lacks = run->cell.certify.count > 0;

	for (size_t i = 0; i < run->cell.certify.count; i++)
		lacks = lacks &&
			!certify_applies(
				(const struct certifier *)(const void *)o[i].certificate.item,
				kind);
	return lacks;
}

/* "losses weighted by class: rose 3, tulip 0.75"; NULL: they are not. */
static const char *weights_note(struct run *run)
{
	enum { MOST = 8 };
	const struct dataset *data = &run->data;
	const struct part *part = &data->train;
	const char *text = "losses weighted by class:";
	size_t said = 0;

	if (!part->weight)
		return NULL;
	for (size_t c = 0; c < data->class_count && said < MOST; c++) {
		ptrdiff_t i = 0;

		while (i < part->X.rows &&
		       (part->label ? part->label[i] != (int)c : (part->y[i] > 0) != (c > 0)))
			i++;
		if (i < part->X.rows)
			text = arena_format(&run->arena, "%s%s %s %.4g", text, said++ ? "," : "",
					    data->classes[c], (double)part->weight[i]);
	}
	return data->class_count > MOST ? arena_format(&run->arena, "%s, ...", text) : text;
}

/* How the data were read, what the method tells, its coordinates, and what of it is not there. */
static const char *notes(struct run *run, const struct fact *told)
{
	const struct evaluator *e = &run->evaluator;
	const struct model *model = e->delivered;
	const char *note = join(run, run->data.note, weights_note(run));

	if (!isnan(e->outside)) /* a network that was passed over */
		note = join(run, note,
			    arena_format(&run->arena,
					 "an iterate outside the sampled program had the network "
					 "objective %.6g, below the bound",
					 e->outside));
	note = join(run, note, told ? arena_text(&run->arena, told->text) : NULL);
	if (run->problem.penalties.count > 1 && !path_is_whole(&run->path, run->problem.beta))
		note = join(run, note,
			    arena_format(&run->arena, "the path has %zu of its %ld penalties",
					 run->path.count, run->problem.penalties.count));
	if (e->outputs)
		note = join(run, note,
			    "outputs alone: its objective, attacks, certificates and what else "
			    "needs a network are empty");
	else if (!model)
		note = join(run, note, "a bound only: there is no network");
	else if (lacks_certificates(run, model->kind))
		note = join(run, note, "no certificate applies to its kind of model");
	return join(run, note, coordinates_note(&run->posed, &run->problem, &run->arena));
}

/* A sign of trouble; NULL: none is seen. */
static const char *suspicion(struct run *run, const struct loop_result *end,
			     const struct fact *told)
{
	const struct result *r = &run->result;
	const char *text = told ? arena_text(&run->arena, told->text) : NULL;
	const struct verdict_facts facts = {.neurons = r->neurons,
					    .majority = r->majority,
					    .samples = r->n_test > 0 ? r->n_test : r->n_train,
					    .objective_zero = r->objective_zero,
					    .told = text,
					    .stops_early =
						    verdict_stops_early(&run->cell.train.solver)};
	struct loop_result judged = *end;

	/* a clean objective that rose is no bad sign of a robust method, nor that of one whose best
	 * point is held: an iterate outside its program was better then */
	if (run->evaluator.robust || run->trainer->certify)
		judged.first_objective = judged.best_objective = NAN;
	return run->evaluator.delivered || run->evaluator.outputs ? verdict_suspect(&judged, &facts)
								  : text;
}

/* Of outputs, whose objective is not known: further fields of the record. */
static void describe_losses(struct run *run, const struct evaluation *e)
{
	const struct fact losses[] = {{.name = "train_loss", .number = e->train.loss},
				      {.name = "validation_loss", .number = e->validation.loss},
				      {.name = "test_loss", .number = e->test.loss}};

	for (size_t i = 0; run->evaluator.outputs && i < sizeof losses / sizeof *losses; i++)
		result_set(&run->result, &losses[i], &run->arena);
}

/* What the objective is; NULL: there is no model. */
static const char *quantity(const struct evaluator *e)
{
	const struct model *model = e->delivered;

	if (!model)
		return NULL;
	if (e->robust)
		return "worst case";
	return model->kind->objective ? model->kind->objective(model) : "network";
}

void describe_training(struct run *run, const struct loop_result *end)
{
	const struct evaluator *evaluator = &run->evaluator;
	const struct evaluation *e = &end->last;
	struct timing now = timing_read(""), spent = timing_between(&now, &run->began);
	struct result *r = &run->result;
	struct arena scratch = {0};
	struct facts facts = facts_of(run->trainer, run->state, &scratch);
	struct rusage usage;

	r->iterations = (double)end->iterations;
	r->evaluations = (double)end->evaluations;
	r->outcome = end->outcome == OUTCOME_RUNNING ? NULL : outcome_name(end->outcome);
	r->solve_s = end->solve_s;
	r->solve_cpu_s = end->solve_cpu_s;
	r->eval_s = end->eval_s;
	r->eval_cpu_s = end->eval_cpu_s;
	r->certificate_s = evaluator->certificate_s;
	r->certificate_cpu_s = evaluator->certificate_cpu_s;
	if (getrusage(RUSAGE_SELF, &usage) == 0) /* of training; attacks come after */
		r->peak_mem_bytes = (double)usage.ru_maxrss * 1024;
	r->switches_voluntary = spent.voluntary;
	r->switches_involuntary = spent.involuntary;
	r->core_share = timing_core_share(&spent);
	r->timing = timing_verdict(&spent, r->load_average, &run->arena);

	r->objective = e->objective;
	r->objective_of = quantity(evaluator);
	r->objective_network = e->objective_network;
	r->objective_zero = evaluator->objective_zero;
	r->lower_bound = e->lower_bound;
	r->bound_scope = e->certificate.scope;
	r->gap = e->gaps.gap;
	r->gap_zero = e->gaps.zero;
	r->gap_raw = e->gaps.raw;
	r->delivered = evaluator->delivered && run->trainer->certify ? delivered_names[e->delivered]
								     : NULL;
	r->feasibility = e->certificate.feasibility;
	r->train_accuracy = e->train.accuracy;
	r->validation_accuracy = e->validation.accuracy;
	r->test_accuracy = e->test.accuracy;
	r->train_rmse = e->train.rmse;
	r->validation_rmse = e->validation.rmse;
	r->test_rmse = e->test.rmse;
	r->train_r2 = e->train.r2;
	r->validation_r2 = e->validation.r2;
	r->test_r2 = e->test.r2;
	for (const struct fact *fact = facts.first; fact; fact = fact->next)
		if (strcmp(fact->name, "note") != 0 && strcmp(fact->name, "suspect") != 0)
			result_set(r, fact, &run->arena); /* no part of another text */
	describe_losses(run, e);
	r->neurons = evaluator->delivered ? (double)model_width(evaluator->delivered) : NAN;
	r->note = notes(run, facts_find(&facts, "note"));
	r->suspect = suspicion(run, end, facts_find(&facts, "suspect"));
	arena_release(&scratch);
}

void describe_add(struct run *run, const char *note)
{
	run->result.note = join(run, run->result.note, note);
}
