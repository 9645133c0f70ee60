/* The independent verifier: figures of result.json. */
#include "harness/verify/verify.h"

#include "harness/stats/scenario.h"
#include "harness/verify/plain.h"
#include "harness/verify/verify_path.h"
#include "solvers/loss/loss.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct verify verify_new(const struct reload *stored, struct arena *arena)
{
	const char *precision = stored->result.precision;
	bool single = precision && strcmp(precision, "single") == 0;

	return (struct verify){.arena = arena, .tolerance = single ? 1e-4 : 1e-9, .single = single};
}

/* --- parts --------------------------------------------------------------------------------------
 */

static const struct part *part_of(const struct reload *all, int part)
{
	const struct part *const parts[OUTPUTS_PARTS] = {[OUTPUTS_TRAIN] = &all->data.train,
							 [OUTPUTS_VALIDATION] =
								 &all->data.validation,
							 [OUTPUTS_TEST] = &all->data.test};

	return parts[part];
}

/* Sum of the squared distances of the targets to the mean of their output. */
static double spread_of(const struct part *part, ptrdiff_t outputs)
{
	ptrdiff_t n = part->X.rows;
	double spread = 0;

	for (ptrdiff_t c = 0; c < outputs; c++) {
		const real *y = part->y + c * n;
		double mean = 0;

		for (ptrdiff_t k = 0; k < n; k++)
			mean += (double)y[k] / (double)n;
		for (ptrdiff_t k = 0; k < n; k++)
			spread += ((double)y[k] - mean) * ((double)y[k] - mean);
	}
	return spread;
}

/* Outputs of sample k of part i; returns the rounding of its margin, over epsilon. */
static double outputs_of(const struct reload *all, int i, ptrdiff_t k, double *f)
{
	const struct part *part = part_of(all, i);
	const real *given = all->outputs.at[i];

	if (given) {
		*f = (double)given[k];
		return 0;
	}
	return (part->label ? 2 : 1) * plain_outputs(all->file.model, part->X, k, f);
}

/* Whether a neuron ends at sample k of part i, so that rounding decides. */
static bool on_kink(const struct reload *all, int i, ptrdiff_t k, double epsilon)
{
	return all->file.model && plain_on_kink(all->file.model, part_of(all, i)->X, k, epsilon);
}

/* Accuracy, or RMSE and R2 over all outputs. A sample with y f > 0 is right, or of several outputs
 * with the largest one: an output of 0, or two largest ones, are wrong for every class. A margin
 * that is 0 to rounding may have counted either way, but on 0 only where a neuron ends. */
static void check_parts(const struct reload *all, struct verify *out)
{
	const struct result *r = &all->result;
	const struct model *model = all->file.model;
	bool regression = all->data.regression;
	ptrdiff_t outputs = model ? model_outputs(model) : 1;
	double *f = ARENA_ARRAY(out->arena, double, outputs), spread;
	const double epsilon = out->single ? FLT_EPSILON : DBL_EPSILON;
	const struct {
		const struct part *part;
		const char *name[3]; /* of the fields; NULL: not stored by an earlier version */
		double accuracy, rmse, r2;
	} parts[] = {{&all->data.train,
		      {"train_accuracy", "train_rmse", "train_r2"},
		      r->train_accuracy,
		      r->train_rmse,
		      r->train_r2},
		     {&all->data.validation,
		      {"validation_accuracy", isnan(r->validation_rmse) ? NULL : "validation_rmse",
		       isnan(r->validation_r2) ? NULL : "validation_r2"},
		      r->validation_accuracy,
		      r->validation_rmse,
		      r->validation_r2},
		     {&all->data.test,
		      {"test_accuracy", "test_rmse", "test_r2"},
		      r->test_accuracy,
		      r->test_rmse,
		      r->test_r2}},
	  *stored = parts;

	for (int i = 0; i < OUTPUTS_PARTS; i++, stored++) {
		const struct part *part = stored->part;
		double n = (double)part->X.rows, correct = 0, unsure = 0, square = 0;

		for (ptrdiff_t k = 0; k < part->X.rows; k++) {
			double noise = outputs_of(all, i, k, f) * epsilon;
			double margin = plain_margin(part, k, f, outputs);

			correct += margin > 0;
			unsure += fabs(margin) <= noise &&
				  (fabs(margin) > 0 || on_kink(all, i, k, epsilon));
			for (ptrdiff_t c = 0; c < outputs; c++) {
				double error = f[c] - (double)part->y[k + c * part->X.rows];

				square += error * error;
			}
		}
		spread = spread_of(part, outputs);
		verify_add(out, stored->name[0], stored->accuracy, regression ? NAN : correct / n,
			   unsure / n);
		verify_add(out, stored->name[1], stored->rmse,
			   regression ? sqrt(square / (n * (double)outputs)) : NAN, 0);
		verify_add(out, stored->name[2], stored->r2,
			   regression && spread > 0 ? 1 - square / spread : NAN, 0);
	}
}

/* --- decisions by class -------------------------------------------------------------------------
 *
 * Counted again: a class is decided for where its output is above all others, and of one output by
 * its sign. Each score is taken from its definition. A sample whose largest two outputs, or whose
 * output, rounding can have put in another order may have been decided either way. */

/* A part: of n samples their class, decision (k: none) and, of two classes, what is above 0 for
 * the second: the output, or the second less the first. */
struct decided {
	size_t n, k;
	size_t *class, *decision;
	double *f, *noise;
	double unsure; /* samples */
};

/* Of the outputs, and whether rounding may have changed it: then *unsure, which says if a neuron
 * ends there. */
static size_t decision_of(const double *f, size_t k, double noise, bool *unsure)
{
	double first = -HUGE_VAL, second = -HUGE_VAL;
	size_t at = k;

	for (size_t c = 0; c < k; c++) {
		second = fmax(second, fmin(first, f[c]));
		at = f[c] > first ? c : at;
		first = fmax(first, f[c]);
	}
	/* outputs of 0 are those of no neuron that acts, whatever the rounding, but at an end */
	*unsure = first - second <= noise && (*unsure || first > second || first > 0 || first < 0);
	return first > second ? at : k;
}

static struct decided decide(const struct reload *all, int p, struct verify *out)
{
	const struct part *part = part_of(all, p);
	size_t n = (size_t)part->X.rows, k = all->data.class_count;
	struct decided d = {.n = n, .k = k};
	const double epsilon = out->single ? FLT_EPSILON : DBL_EPSILON;
	double *f = ARENA_ARRAY(out->arena, double, k);

	d.class = ARENA_ARRAY(out->arena, size_t, n);
	d.decision = ARENA_ARRAY(out->arena, size_t, n);
	d.f = ARENA_ARRAY(out->arena, double, n);
	d.noise = ARENA_ARRAY(out->arena, double, n);
	for (size_t i = 0; i < n; i++) {
		bool unsure = on_kink(all, p, (ptrdiff_t)i, epsilon);

		f[1] = 0; /* of one output f it is between 0 and f */
		d.noise[i] = outputs_of(all, p, (ptrdiff_t)i, f) * epsilon;
		d.f[i] = part->label ? f[1] - f[0] : f[0];
		d.class[i] = part->label ? (size_t)part->label[i] : part->y[i] > 0;
		d.decision[i] = decision_of(f, k, d.noise[i], &unsure);
		if (!part->label && d.decision[i] < k)
			d.decision[i] = 1 - d.decision[i]; /* the first class is the negative one */
		d.unsure += unsure;
	}
	return d;
}

static double count(const struct decided *d, size_t class, size_t decision)
{
	double sum = 0;

	for (size_t i = 0; i < d->n; i++)
		sum += d->class[i] == class && d->decision[i] == decision;
	return sum;
}

/* Pairs of samples of both classes in order, equal outputs half; *slack: those that may not be.
 * Outputs of 0 are those of no neuron that acts, whatever the rounding. */
static double area(const struct decided *d, double *slack)
{
	double above = 0, pairs = 0, close = 0;

	for (size_t i = 0; i < d->n; i++)
		for (size_t j = 0; j < d->n && d->class[i] == 1; j++) {
			double gap = d->f[i] - d->f[j], noise = d->noise[i] + d->noise[j];

			if (d->class[j] == 1)
				continue;
			above += gap > 0 ? 1 : gap < 0 ? 0 : 0.5;
			close += fabs(gap) <= noise && (d->f[i] != 0 || d->f[j] != 0);
			pairs++;
		}
	*slack = close / pairs;
	return d->k == 2 && pairs > 0 ? above / pairs : NAN;
}

/* As many samples in the file as there are of each class and decision. */
static void check_counts(const struct decided *d, const struct dataset *data, const char *part,
			 const struct field_rows *stored, struct verify *out)
{
	const struct confusion_row *row = stored->at;
	double total = 0, same = 0;

	for (size_t r = 0; r < stored->count; r++) {
		size_t class = 0, decision = 0;

		if (strcmp(row[r].part, part) != 0)
			continue;
		while (class < d->k && strcmp(data->classes[class], row[r].class) != 0)
			class ++;
		while (decision < d->k && strcmp(data->classes[decision], row[r].decided) != 0)
			decision++;
		total += row[r].count;
		same += fmin(row[r].count, count(d, class, decision));
	}
	verify_add(out, arena_format(out->arena, "%s_decisions", part), total, (double)d->n, 0);
	verify_add(out, arena_format(out->arena, "%s_confusion", part), total, same, d->unsure);
}

static void check_scores(const struct decided *d, const char *part, const struct result *r,
			 struct verify *out)
{
	double recalls = 0, worst = 1, f1 = 0, most = 0, fewest = HUGE_VAL, k = (double)d->k;
	double close, auc = area(d, &close);
	const char *majority = arena_format(out->arena, "%s_majority", part);

	for (size_t c = 0; c < d->k; c++) {
		double right = count(d, c, c), samples = 0, decided = 0;

		for (size_t i = 0; i < d->n; i++) {
			samples += d->class[i] == c;
			decided += d->decision[i] == c;
		}
		recalls += right / samples; /* 0 / 0 where the part lacks the class */
		f1 += samples > 0 ? 2 * right / (samples + decided) : NAN;
		worst = right / samples >= worst ? worst : right / samples;
		most = fmax(most, samples);
		fewest = fmin(fewest, samples);
	}
	worst = isnan(recalls) ? NAN : worst;
	const struct {
		const char *name;
		double computed, slack;
	} scores[] = {{"balanced_accuracy", recalls / k, d->unsure / fewest},
		      {"worst_recall", worst, d->unsure / fewest},
		      {"macro_f1", f1 / k, 4 * d->unsure / fewest},
		      {"auc", auc, close}};

	for (size_t s = 0; s < sizeof scores / sizeof *scores; s++) {
		const char *name = arena_format(out->arena, "%s_%s", part, scores[s].name);

		verify_add(out, name, result_number(r, name), scores[s].computed, scores[s].slack);
	}
	if (field_find(&rows_result, majority))
		verify_add(out, majority, result_number(r, majority), most / (double)d->n, 0);
}

/* Samples of which each output is on its target's side of the threshold; *unsure: those that
 * rounding may have moved. */
static double subset_of(const struct reload *all, int p, double threshold, struct verify *out,
			double *unsure)
{
	const struct part *part = part_of(all, p);
	size_t k = (size_t)all->data.k;
	double *f = ARENA_ARRAY(out->arena, double, k), right = 0;
	const double epsilon = out->single ? FLT_EPSILON : DBL_EPSILON;

	*unsure = 0;
	for (ptrdiff_t i = 0; i < part->X.rows; i++) {
		double noise = epsilon * outputs_of(all, p, i, f), nearest = HUGE_VAL;
		bool wrong = false;

		for (size_t c = 0; c < k; c++) {
			wrong |= (f[c] > threshold) != ((size_t)part->label[i] == c);
			nearest = fmin(nearest, fabs(f[c] - threshold));
		}
		right += !wrong;
		*unsure += nearest <= noise;
	}
	return right;
}

/* Of one part the most samples with any threshold, and the unsure ones of the least sure. */
static double subset_most(const struct reload *all, int p, struct verify *out, double *unsure)
{
	double most = 0, close;

	*unsure = 0;
	for (int t = 0; t < 100; t++) {
		most = fmax(most, subset_of(all, p, t / 100.0, out, &close));
		*unsure = fmax(*unsure, close);
	}
	return most;
}

/* The threshold is best on the validation part, and accuracies are those of theirs. */
static void check_subset(const struct reload *all, struct verify *out)
{
	const struct result *r = &all->result;
	double n = (double)all->data.test.X.rows, close, closest, most, same;

	if (!isnan(r->subset_threshold)) {
		most = subset_most(all, OUTPUTS_VALIDATION, out, &closest);
		same = subset_of(all, OUTPUTS_VALIDATION, r->subset_threshold, out, &close);
		verify_add(out, "subset_threshold: samples right", same, most, closest + close);
		same = subset_of(all, OUTPUTS_TEST, r->subset_threshold, out, &close);
		verify_add(out, "test_subset_accuracy", r->test_subset_accuracy, same / n,
			   close / n);
	}
	if (!isnan(r->test_subset_accuracy_optimistic)) {
		most = subset_most(all, OUTPUTS_TEST, out, &close);
		verify_add(out, "test_subset_accuracy_optimistic",
			   r->test_subset_accuracy_optimistic, most / n, close / n);
	}
}

/* A record of an earlier version has neither the file nor these scores. */
static enum status check_classes(const char *record, const struct reload *stored,
				 struct verify *out, struct err *err)
{
	static const char *const names[OUTPUTS_PARTS] = {[OUTPUTS_TRAIN] = "train",
							 [OUTPUTS_VALIDATION] = "validation",
							 [OUTPUTS_TEST] = "test"};
	const char *path = arena_format(out->arena, "%s/confusion.csv", record);
	struct field_rows rows;

	if (access(path, F_OK) != 0)
		return STATUS_OK;
	TRY(field_read(path, &rows_confusion, out->arena, &rows, err));
	for (int p = 0; p < OUTPUTS_PARTS; p++) {
		struct decided d;

		if (part_of(stored, p)->X.rows == 0)
			continue;
		d = decide(stored, p, out);
		check_counts(&d, &stored->data, names[p], &rows, out);
		check_scores(&d, names[p], &stored->result, out);
	}
	return STATUS_OK;
}

/* --- objectives ---------------------------------------------------------------------------------
 */

/* sum_k w_k l(f_k, y_k) + beta (decay); `zero`: of no neurons. */
static double objective(const struct reload *all, bool zero)
{
	const struct train_options *train = &all->cell.train;
	const struct part *part = &all->data.train;
	const struct loss *loss = (const struct loss *)(const void *)train->loss.item;
	const struct trainer *trainer = (const struct trainer *)(const void *)train->solver.item;
	ptrdiff_t k = (ptrdiff_t)all->data.k, n = part->X.rows;
	double *f = calloc((size_t)k, 2 * sizeof *f), *y = f + k, sum = 0;

	for (ptrdiff_t i = 0; i < n && f; i++) {
		for (ptrdiff_t c = 0; c < k; c++)
			y[c] = (double)part->y[c * n + i];
		if (!zero)
			plain_outputs(all->file.model, part->X, i, f);
		if (trainer->one_against_all && part->label) {
			for (ptrdiff_t c = 0; c < k; c++)
				sum += loss->sample(train->loss.options, f[c],
						    part->label[i] == c ? 1 : -1);
			continue;
		}
		sum += (part->weight ? (double)part->weight[i] : 1) *
		       (k > 1 ? loss->outputs->sample(train->loss.options, k, f, y)
			      : loss->sample(train->loss.options, *f, *y));
	}
	sum = f ? sum : NAN; /* no memory: it is not verified */
	free(f);
	if (train->average)
		sum /= (double)part->X.rows;
	return zero ? sum : sum + train->beta * all->file.model->kind->decay(all->file.model);
}

/* Mean loss of outputs without a model. */
static void check_losses(const struct reload *all, struct verify *out)
{
	static const char *const names[] = {"train_loss", "validation_loss", "test_loss"};
	const struct part *const parts[] = {&all->data.train, &all->data.validation,
					    &all->data.test};
	const struct choice *choice = &all->cell.train.loss;
	const struct loss *loss = (const struct loss *)(const void *)choice->item;

	for (int p = 0; p < OUTPUTS_PARTS; p++) {
		ptrdiff_t n = all->outputs.count[p];
		double sum = 0;

		for (ptrdiff_t k = 0; k < n; k++)
			sum += loss->sample(choice->options, (double)all->outputs.at[p][k],
					    (double)parts[p]->y[k]);
		verify_add(out, names[p], result_number(&all->result, names[p]),
			   n > 0 ? sum / (double)n : NAN, 0);
	}
}

static void cannot(struct verify *out, const char *name, double stored, const char *why)
{
	if (!isnan(stored))
		verify_judge(out, (struct verify_figure){.name = name,
							 .stored = stored,
							 .computed = NAN,
							 .state = VERIFY_UNKNOWN,
							 .how = why});
}

/* The dual point is not stored: the bound must not be above what was delivered, and the gaps must
 * be those of the two. */
static void check_gaps(const struct reload *all, struct verify *out)
{
	const struct result *r = &all->result;
	double excess = r->objective - r->lower_bound, above = fmax(0, excess);
	double rounding = out->single ? 1e-3 : 1e-7;
	struct verify_figure bound = {"lower_bound", r->lower_bound,
				      fmin(r->lower_bound, r->objective), VERIFY_AGREES,
				      "not above the objective; its dual point is not stored"};

	if (!isnan(r->lower_bound)) {
		if (!(excess >= -rounding * fabs(r->objective)))
			bound.state = VERIFY_DIFFERS;
		verify_judge(out, bound);
	}
	if (!(fabs(excess) > 0)) /* also 0 / 0 */
		excess = above = excess * 0;
	verify_add(out, "gap", r->gap, above > 0 ? above / fabs(r->objective) : above, 0);
	verify_add(out, "gap_raw", r->gap_raw,
		   fabs(excess) > 0 ? excess / fabs(r->objective) : excess, 0);
	verify_add(out, "gap_zero", r->gap_zero,
		   r->objective_zero > 0 ? above / r->objective_zero : NAN, 0);
}

/* Share of the class with the most samples. */
static double majority(const struct dataset *data, const struct part *part)
{
	double n = (double)part->X.rows, most = 0;

	for (ptrdiff_t i = 0; i < part->X.rows && !data->regression; i++) {
		double same = 0;

		for (ptrdiff_t j = 0; j < part->X.rows; j++)
			same += part->label ? part->label[j] == part->label[i]
					    : (part->y[j] > 0) == (part->y[i] > 0);
		most = fmax(most, same);
	}
	return data->regression ? NAN : most / n;
}

void verify_fields(const struct reload *stored, struct verify *out)
{
	const struct result *r = &stored->result;
	const struct dataset *data = &stored->data;
	const struct part *part = data->test.X.rows > 0 ? &data->test : &data->train;
	const struct model *model = stored->file.model;
	double computed, low = NAN, high = NAN;

	verify_add(out, "repetition", r->repetition, (double)stored->cell.repetition, 0);
	verify_add(out, "fold", r->fold, spec_fold(&stored->cell), 0);
	verify_add(out, "inner_fold", r->inner_fold, spec_inner_fold(&stored->cell), 0);
	verify_add(out, "seed", r->seed, (double)stored->cell.seed, 0);
	verify_add(out, "n_train", r->n_train, (double)data->train.X.rows, 0);
	verify_add(out, "n_validation", r->n_validation, (double)data->validation.X.rows, 0);
	verify_add(out, "n_test", r->n_test, (double)data->test.X.rows, 0);
	verify_add(out, "d", r->d, (double)data->train.X.cols, 0);
	verify_add(out, "majority", r->majority, majority(data, part), 0);
	verify_add(out, "neurons", r->neurons, model ? (double)model_width(model) : NAN, 0);
	if (stored->outputs.at[OUTPUTS_TRAIN]) {
		verify_add(out, "objective_zero", r->objective_zero, objective(stored, true), 0);
		check_losses(stored, out);
		check_parts(stored, out);
		return;
	}
	if (!model) {
		cannot(out, "lower_bound", r->lower_bound,
		       "its dual point is not stored, and there is no network beside it");
		return;
	}
	computed = objective(stored, false);
	verify_add(out, "objective_network", r->objective_network, computed, 0);
	verify_add(out, "objective_zero", r->objective_zero, objective(stored, true), 0);
	if (!r->objective_of || strcmp(r->objective_of, "worst case") != 0)
		verify_add(out, "objective", r->objective, computed, 0);
	check_gaps(stored, out);
	check_parts(stored, out);
	if (!isnan(r->violation))
		scenario_interval(r->violation * r->fresh, r->fresh, &low, &high);
	verify_add(out, "violation_lo", r->violation_lo, low, 1e-9);
	verify_add(out, "violation_hi", r->violation_hi, high, 1e-9);
}

/* The last row of the trace is of the same end. */
static void check_trace(const char *record, const struct result *r, struct verify *out)
{
	const char *path = arena_format(out->arena, "%s/trace.csv", record);
	const struct trace_row *last;
	struct field_rows trace;

	if (field_read(path, &rows_trace, out->arena, &trace, &(struct err){0}) != STATUS_OK) {
		cannot(out, "iterations", r->iterations, "trace.csv cannot be read");
		return;
	}
	if (trace.count == 0)
		return;
	last = (const struct trace_row *)trace.at + trace.count - 1;
	verify_add(out, "iterations", r->iterations, last->iteration, 0);
	verify_add(out, "evaluations", r->evaluations, (double)trace.count, 0);
	verify_add(out, "trace: objective", r->objective, last->objective, 0);
	verify_add(out, "trace: objective_network", r->objective_network, last->objective_network,
		   0);
	verify_add(out, "trace: lower_bound", r->lower_bound, last->lower_bound, 0);
	verify_add(out, "trace: gap", r->gap, last->gap, 0);
	verify_add(out, "trace: gap_zero", r->gap_zero, last->gap_zero, 0);
}

enum status verify_record(const char *record, const char *data, struct arena *arena,
			  struct verify *out, struct err *err)
{
	struct reload *stored = ARENA_NEW(arena, struct reload);

	TRY(reload_record(record, data, arena, stored, err));
	*out = verify_new(stored, arena);
	verify_fields(stored, out);
	TRY(check_classes(record, stored, out, err));
	check_subset(stored, out);
	verify_worst(stored, out);
	check_trace(record, &stored->result, out);
	TRY(verify_path(record, stored, out, err));
	return verify_probes(record, stored, out, err);
}
