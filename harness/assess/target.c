/* Units: a ball may be meant in prepared features, or in raw ones (before `prepare`). If the steps
 * act column by column, prepared features are (raw - shift) * scale, so the raw ball is attacked
 * with X / scale and U scaled by diag(scale): the same outputs, and the attack itself knows of one
 * kind of ball only. */
#include "harness/assess/target.h"

const struct part *target_part(const struct dataset *data, long part)
{
	const struct part *const parts[] = {[SPEC_TEST] = &data->test,
					    [SPEC_TRAIN] = &data->train,
					    [SPEC_VALIDATION] = &data->validation};

	return parts[part];
}

/* Names, raw units and the bias of the columns, for the problem whose X is of the data set. */
static void set_columns(const struct dataset *data, struct arena *arena, struct problem *problem)
{
	ptrdiff_t d = problem->X.cols;
	bool *frozen = ARENA_ARRAY(arena, bool, d);
	double *scale = ARENA_ARRAY(arena, double, d), *shift = ARENA_ARRAY(arena, double, d);
	struct arena scratch = arena_beside(arena);
	struct stage_columns raw;
	const struct stage *mixing;

	problem->columns = data->columns;
	problem->frozen = frozen;
	problem->raw = (struct raw_columns){0};
	if (arena_counts(arena))
		return;
	if (data->bias >= 0)
		frozen[data->bias] = true;
	mixing = stages_columns(&data->stages, &scratch, &raw);
	for (ptrdiff_t j = 0; j < d && !mixing; j++) {
		scale[j] = (size_t)j < raw.count ? raw.scale[j] : 1;
		shift[j] = (size_t)j < raw.count ? raw.shift[j] : 0;
	}
	problem->raw.mixing = mixing ? stage_names[mixing->kind] : NULL;
	problem->raw.scale = mixing ? NULL : scale;
	problem->raw.shift = shift;
	arena_release(&scratch);
}

struct targets target_outputs(const struct part *part, ptrdiff_t k)
{
	return (struct targets){.n = part->X.rows,
				.k = k,
				.at = part->y,
				.label = part->label,
				.weight = part->weight};
}

void target_problem(const struct dataset *data, struct arena *arena, struct problem *problem)
{
	problem->X = data->train.X;
	problem->mapped = data->mapped;
	problem->y = target_outputs(&data->train, data->k);
	problem->X_validation = data->validation.X;
	problem->y_validation = target_outputs(&data->validation, data->k);
	set_columns(data, arena, problem);
}

bool target_same(const struct aim *a, const struct aim *b)
{
	return a->part == b->part && threat_same(a->threat, b->threat);
}

/* "attack pgd" */
static const char *title(const struct aim *aim, struct arena *arena)
{
	return arena_format(arena, "%s %s", aim->what, aim->name);
}

static enum status resolve(const struct aim *aim, const struct dataset *data, struct arena *arena,
			   struct problem *problem, struct threat *out, struct err *err)
{
	*problem = (struct problem){.X = aim->part->X};
	set_columns(data, arena, problem);
	return threat_resolve(problem, aim->threat, title(aim, arena), arena, out, err);
}

enum status target_check(const struct aim *aim, const struct dataset *data, struct err *err)
{
	struct arena arena = {0};
	struct problem problem;
	struct threat threat;
	enum status status = resolve(aim, data, &arena, &problem, &threat, err);

	arena_release(&arena);
	return status;
}

/* Margins and zero gradients at the clean points. */
static void look(struct target *t, struct arena *arena)
{
	struct model_work work = model_work_new(arena, t->model->kind, model_size(t->model));
	struct arena scratch = arena_beside(arena);
	struct mat slope = mat_new(&scratch, t->X.rows, t->X.cols);
	const struct model_margin margins = {
		.y = {.n = t->X.rows, .k = model_outputs(t->model), .at = t->y, .label = t->label},
		.margin = t->margin};
	double correct = 0;

	if (arena_counts(arena)) {
		arena_release(&scratch);
		return;
	}
	model_margin_gradient(t->model, t->X, &margins, slope, &work);
	for (ptrdiff_t k = 0; k < t->X.rows; k++) {
		correct += t->margin[k] > 0;
		t->still[k] = true;
	}
	for (ptrdiff_t j = 0; j < t->X.cols; j++)
		for (ptrdiff_t k = 0; k < t->X.rows && !threat_frozen(&t->threat, j); k++)
			t->still[k] = t->still[k] && mat_get(slope, k, j) == 0;
	t->accuracy = correct / (double)t->X.rows;
	arena_release(&scratch);
}

void target_box(const struct aim *aim, double *low, double *high)
{
	const struct reals *clip = &aim->threat->clip;

	*low = clip->count ? clip->at[0] : -HUGE_VAL;
	*high = clip->count ? clip->at[1] : HUGE_VAL;
}

enum status target_scale(const struct aim *aim, const struct dataset *data, struct arena *arena,
			 const real **scale, struct err *err)
{
	struct problem problem;
	struct threat threat;

	TRY(resolve(aim, data, arena, &problem, &threat, err));
	*scale = threat.scale;
	return STATUS_OK;
}

enum status target_new(const struct aim *aim, const struct dataset *data, const struct model *model,
		       struct arena *arena, struct target *out, struct err *err)
{
	ptrdiff_t n = aim->part->X.rows, d = aim->part->X.cols;
	struct problem problem;
	real *scale;

	*out = (struct target){.model = model_new(model->kind, arena, model_size(model)),
			       .X = mat_new(arena, n, d),
			       .y = aim->part->y,
			       .label = aim->part->label,
			       .margin = ARENA_ARRAY(arena, real, n),
			       .still = ARENA_ARRAY(arena, bool, n)};
	TRY(resolve(aim, data, arena, &problem, &out->threat, err));
	if (!arena_counts(arena)) {
		TRY(threat_check_box(&out->threat, &problem, aim->threat, aim->part_name,
				     arena_format(arena, "%s: clip", title(aim, arena)), err));
		/* points and model in the units of the threat, which then has none */
		scale = ARENA_ARRAY(arena, real, d);
		for (ptrdiff_t j = 0; j < d; j++) {
			scale[j] = threat_scale(&out->threat, j);
			for (ptrdiff_t k = 0; k < n; k++)
				mat_set(out->X, k, j, mat_get(aim->part->X, k, j) / scale[j]);
		}
		model_rescale(scale, model, out->model);
		out->threat.scale = NULL;
		out->threat.eps = 0;
	}
	look(out, arena);
	return STATUS_OK;
}
