/* Units: a ball may be meant in prepared features, or in raw ones (before `prepare`). If the steps
 * act column by column, prepared features are (raw - shift) * scale, so the raw ball is attacked
 * with X / scale and U scaled by diag(scale): the same outputs, and the attack itself knows of one
 * kind of ball only. */
#include "harness/assess/target.h"

#include <math.h>

/* Relative slack of the box: rounding of the data in single precision. */
static const double box_slack = 1e-4;

static bool is_raw(const struct aim *aim)
{
	return aim->units == 1; /* spec_units */
}

static bool same_numbers(const struct reals *a, const struct reals *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = !(a->at[i] < b->at[i]) && !(a->at[i] > b->at[i]);
	return same;
}

bool target_same(const struct aim *a, const struct aim *b)
{
	return a->part == b->part && a->norm == b->norm && a->units == b->units &&
	       same_numbers(a->clip, b->clip);
}

enum status target_check(const struct aim *aim, const struct dataset *data, struct err *err)
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
	for (size_t j = 0; is_raw(aim) && !mixing && j < columns.count; j++)
		if (!isfinite(columns.scale[j]))
			status = err_set(err, STATUS_SPEC,
					 "%s %s: units: raw needs columns that prepare scales by a "
					 "finite factor, unlike column %zu",
					 aim->what, aim->name, columns.column[j]);
	arena_release(&arena);
	return status;
}

/* scale_j, or 1 for the bias column and in prepared units, where no column counts as raw */
static real unit_scale(const struct target *t, ptrdiff_t j)
{
	return (size_t)j < t->raw.count && t->raw.scale[j] > 0 ? (real)t->raw.scale[j] : 1;
}

static void rescale(const struct part *part, const struct model *model, struct target *t,
		    struct arena *arena)
{
	real *scale = ARENA_ARRAY(arena, real, t->X.cols);

	for (ptrdiff_t j = 0; j < t->X.cols; j++) {
		scale[j] = unit_scale(t, j);
		for (ptrdiff_t k = 0; k < t->X.rows; k++)
			mat_set(t->X, k, j, mat_get(part->X, k, j) / scale[j]);
	}
	model_rescale(scale, model, t->model);
}

/* Box and frozen coordinates; an error if the box excludes the data. */
static enum status set_threat(const struct dataset *data, const struct aim *aim,
			      struct arena *arena, struct target *t, struct err *err)
{
	ptrdiff_t d = t->X.cols;
	real *lower = ARENA_ARRAY(arena, real, d), *upper = ARENA_ARRAY(arena, real, d);
	bool *frozen = ARENA_ARRAY(arena, bool, d);

	t->threat = (struct threat){.norm = (enum norm)aim->norm, .frozen = frozen};
	for (ptrdiff_t j = 0; j < d && !arena_counts(arena); j++)
		frozen[j] = j == data->bias;
	if (aim->clip->count == 0)
		return STATUS_OK;
	t->threat.lower = lower;
	t->threat.upper = upper;
	for (ptrdiff_t j = 0; j < d && !arena_counts(arena); j++) {
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

/* Margins and zero gradients at the clean points. */
static void look(struct target *t, struct arena *arena)
{
	struct model_work work = model_work_new(arena, t->model->kind, model_width(t->model));
	struct arena scratch = arena_beside(arena);
	struct mat slope = mat_new(&scratch, t->X.rows, t->X.cols);
	double correct = 0;

	if (arena_counts(arena)) {
		arena_release(&scratch);
		return;
	}
	model_gradient(t->model, t->X, t->margin, slope, &work);
	for (ptrdiff_t k = 0; k < t->X.rows; k++) {
		t->margin[k] *= t->y[k];
		correct += t->margin[k] > 0;
		t->still[k] = true;
	}
	for (ptrdiff_t j = 0; j < t->X.cols; j++)
		for (ptrdiff_t k = 0; k < t->X.rows && !t->threat.frozen[j]; k++)
			t->still[k] = t->still[k] && mat_get(slope, k, j) == 0;
	t->accuracy = correct / (double)t->X.rows;
	arena_release(&scratch);
}

enum status target_new(const struct aim *aim, const struct dataset *data, const struct model *model,
		       struct arena *arena, struct target *out, struct err *err)
{
	ptrdiff_t n = aim->part->X.rows, d = aim->part->X.cols;

	*out = (struct target){.model = model_new(model->kind, arena, d, model_width(model)),
			       .X = mat_new(arena, n, d),
			       .y = aim->part->y,
			       .margin = ARENA_ARRAY(arena, real, n),
			       .still = ARENA_ARRAY(arena, bool, n)};
	if (is_raw(aim) && !arena_counts(arena))
		stages_columns(&data->stages, arena, &out->raw);
	if (!arena_counts(arena))
		rescale(aim->part, model, out, arena);
	TRY(set_threat(data, aim, arena, out, err));
	look(out, arena);
	return STATUS_OK;
}
