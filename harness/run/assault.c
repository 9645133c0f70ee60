/* Attacks on the final network.
 *
 * Units: a ball may be meant in prepared features, or in raw ones (before `prepare`). If the steps
 * act column by column, prepared features are (raw - shift) * scale, so the raw ball is attacked
 * with X / scale and U scaled by diag(scale): the same outputs, and the attack itself knows of one
 * kind of ball only. */
#include "harness/run/assault.h"

#include "harness/run/clock.h"
#include "harness/run/evaluate.h"
#include "harness/store/csv.h"
#include "harness/store/wilson.h"
#include "solvers/core/attack.h"

#include <math.h>

static const char *const header[] = {"attack",
				     "norm",
				     "eps",
				     "units",
				     "accuracy",
				     "robust_accuracy",
				     "robust_accuracy_lo",
				     "robust_accuracy_hi",
				     "n",
				     "steps",
				     "restarts",
				     "seconds",
				     NULL};

/* Relative slack of the box: rounding of the data in single precision. */
static const double box_slack = 1e-4;

struct outputs {
	struct csv csv;
	struct evidence *evidence;
};

static bool is_raw(const struct aim *aim)
{
	return aim->units == 1; /* spec_units */
}

/* scale_j, or 1 for the bias column and in prepared units, where no column counts as raw */
static real unit_scale(const struct target *t, ptrdiff_t j)
{
	return (size_t)j < t->raw.count && t->raw.scale[j] > 0 ? (real)t->raw.scale[j] : 1;
}

static void rescale(const struct part *part, const struct net *net, struct target *t)
{
	for (ptrdiff_t j = 0; j < t->X.cols; j++) {
		real scale = unit_scale(t, j);

		for (ptrdiff_t k = 0; k < t->X.rows; k++)
			mat_set(t->X, k, j, mat_get(part->X, k, j) / scale);
		for (ptrdiff_t i = 0; i < net->U.cols; i++)
			mat_set(t->net.U, j, i, mat_get(net->U, j, i) * scale);
	}
}

/* Box and frozen coordinates; an error if the box excludes the data. */
static enum status set_threat(const struct dataset *data, const struct aim *aim,
			      struct arena *arena, struct target *t, struct err *err)
{
	ptrdiff_t d = t->X.cols;
	real *lower = ARENA_ARRAY(arena, real, d), *upper = ARENA_ARRAY(arena, real, d);
	bool *frozen = ARENA_ARRAY(arena, bool, d);

	t->threat = (struct threat){.norm = (enum norm)aim->norm, .frozen = frozen};
	for (ptrdiff_t j = 0; j < d; j++)
		frozen[j] = j == data->bias;
	if (aim->clip->count == 0)
		return STATUS_OK;
	t->threat.lower = lower;
	t->threat.upper = upper;
	for (ptrdiff_t j = 0; j < d; j++) {
		double shift = (size_t)j < t->raw.count ? t->raw.shift[j] : 0;
		double low = aim->clip->at[0] - shift, high = aim->clip->at[1] - shift,
		       slack = box_slack * (high - low);

		lower[j] = frozen[j] ? (real)-HUGE_VAL : (real)low;
		upper[j] = frozen[j] ? (real)HUGE_VAL : (real)high;
		for (ptrdiff_t k = 0; k < t->X.rows && !frozen[j]; k++) {
			double x = (double)mat_get(t->X, k, j);

			if (x < low - slack || x > high + slack)
				return err_set(err, STATUS_SPEC,
					       "%s %s: clip [%g, %g] excludes %s sample %td, "
					       "feature %td: %g",
					       aim->what, aim->name, aim->clip->at[0],
					       aim->clip->at[1], aim->part_name, k, j, x + shift);
		}
	}
	return STATUS_OK;
}

enum status assault_target(const struct aim *aim, const struct dataset *data, const struct net *net,
			   struct arena *arena, struct target *t, struct err *err)
{
	*t = (struct target){
		.net = {.U = mat_new(arena, net->U.rows, net->U.cols), .alpha = net->alpha},
		.X = mat_new(arena, aim->part->X.rows, aim->part->X.cols)};
	if (is_raw(aim)) /* assault_check_units has seen to it that this works */
		stages_columns(&data->stages, arena, &t->raw);
	rescale(aim->part, net, t);
	return set_threat(data, aim, arena, t, err);
}

static struct aim aim_of(const struct attack_options *o, const struct dataset *data)
{
	return (struct aim){"attack", o->attack.item->name, &data->test, "test", o->norm, o->units,
			    &o->clip};
}

static void write_row(struct csv *csv, const struct attack_options *o, double eps,
		      const struct attack_job *job, double clean, double seconds)
{
	const struct attack *attack = (const struct attack *)(const void *)o->attack.item;
	double n = (double)job->X.rows, robust = 0, low, high;
	long steps, restarts;

	for (ptrdiff_t k = 0; k < job->X.rows; k++)
		robust += job->margin[k] > 0;
	wilson_interval(robust, n, &low, &high);
	attack->effort(o->attack.options, &steps, &restarts);
	csv_text(csv, o->attack.item->name);
	csv_text(csv, norm_names[o->norm]);
	csv_number(csv, eps);
	csv_text(csv, spec_units[o->units]);
	csv_number(csv, clean);
	csv_number(csv, robust / n);
	csv_number(csv, low);
	csv_number(csv, high);
	csv_number(csv, n);
	csv_number(csv, (double)steps);
	csv_number(csv, (double)restarts);
	csv_number(csv, seconds);
	csv_end_row(csv);
}

/* Margins y f of the clean points, and their share above zero. */
static double clean_margins(const struct target *t, const real *y, real *margin,
			    struct arena *arena)
{
	struct net_work work = net_work_new(arena, t->net.U.cols);
	double correct = 0;

	net_forward(&t->net, t->X, margin, &work);
	for (ptrdiff_t k = 0; k < t->X.rows; k++) {
		margin[k] *= y[k];
		correct += margin[k] > 0;
	}
	return correct / (double)t->X.rows;
}

static enum status run_entry(const struct cell *cell, const struct attack_options *o,
			     const struct dataset *data, const struct net *net, struct outputs *out,
			     struct err *err)
{
	const struct attack *attack = (const struct attack *)(const void *)o->attack.item;
	const struct aim aim = aim_of(o, data);
	struct arena arena = {0};
	struct target t;
	struct attack_job job = {.y = data->test.y,
				 .seed = (uint64_t)cell->seed * 1000003u +
					 (uint64_t)cell->repetition};
	enum status status = assault_target(&aim, data, net, &arena, &t, err);
	double clean;

	job.net = &t.net;
	job.X = t.X;
	job.worst = mat_new(&arena, t.X.rows, t.X.cols);
	job.margin = ARENA_ARRAY(&arena, real, t.X.rows);
	mat_copy(job.worst, t.X);
	clean = clean_margins(&t, data->test.y, job.margin, &arena);
	for (size_t e = 0; e < o->eps.count && status == STATUS_OK; e++) {
		struct arena scratch = {0};
		double start = clock_seconds();

		job.threat = t.threat;
		job.threat.eps = o->eps.at[e];
		attack->run(o->attack.options, &job, &scratch);
		write_row(&out->csv, o, o->eps.at[e], &job, clean, clock_seconds() - start);
		evidence_attack(out->evidence, &aim, o->eps.at[e], job.margin, job.X.rows);
		arena_release(&scratch);
	}
	arena_release(&arena);
	return status;
}

enum status assault_check_units(const struct aim *aim, const struct dataset *data, struct err *err)
{
	struct arena arena = {0};
	struct stage_columns columns;
	const struct stage *mixing = stages_columns(&data->stages, &arena, &columns);
	enum status status = STATUS_OK;

	if (is_raw(aim) && mixing)
		status = err_set(err, STATUS_SPEC,
				 "%s %s: units: raw needs steps of prepare that act column "
				 "by column, but the stage \"%s\" mixes columns",
				 aim->what, aim->name, stage_names[mixing->kind]);
	arena_release(&arena);
	return status;
}

enum status assault_check(const struct cell *cell, const struct dataset *data, struct err *err)
{
	const struct attack_options *entries = cell->attack.at;

	for (size_t i = 0; i < cell->attack.count; i++) {
		const struct aim aim = aim_of(&entries[i], data);

		TRY(assault_check_units(&aim, data, err));
	}
	return STATUS_OK;
}

enum status assault_run(const struct cell *cell, const struct dataset *data, const struct net *net,
			const char *path, struct evidence *evidence, struct err *err)
{
	const struct attack_options *entries = cell->attack.at;
	enum status status = STATUS_OK;
	struct outputs out = {.evidence = evidence};

	TRY(csv_open(&out.csv, path, header, err));
	for (size_t i = 0; i < cell->attack.count && status == STATUS_OK; i++)
		if (data->test.X.rows > 0)
			status = run_entry(cell, &entries[i], data, net, &out, err);
	if (status != STATUS_OK) {
		csv_close(&out.csv, &(struct err){0});
		return status;
	}
	return csv_close(&out.csv, err);
}
