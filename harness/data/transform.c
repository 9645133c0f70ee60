/* Missing values, fitting of the preparation, and its application. See transform.h. */
#include "harness/data/transform.h"

#include "harness/data/patches.h"
#include "harness/data/range.h"

#include <math.h>
#include <string.h>

enum {
	TILE = 32 /* rows at a time, so that both layouts stay in cache */
};

/* Missing values (NaN) of all parts become the mean of their column over the training part. */
static enum status fill(struct rows parts[SPLIT_ROLES], struct arena *scratch, size_t *filled,
			struct err *err)
{
	const struct rows *train = &parts[SPLIT_TRAIN];
	const size_t d = train->d;
	double *mean = ARENA_ARRAY(scratch, double, d); /* of what is known; NaN: nothing is */
	size_t *known = ARENA_ARRAY(scratch, size_t, d);

	for (size_t i = 0; i < train->n && !train->view.at; i++)
		for (size_t j = 0; j < d; j++) {
			double x = train->x[i * d + j];

			if (isnan(x))
				continue;
			known[j]++;
			mean[j] += x;
		}
	for (size_t j = 0; j < d; j++)
		mean[j] /= (double)known[j];
	for (int role = 0; role < SPLIT_ROLES; role++) {
		double *x = parts[role].x;

		for (size_t i = 0; !parts[role].view.at && i < parts[role].n * d; i++) {
			if (!isnan(x[i]))
				continue;
			x[i] = mean[i % d];
			if (isnan(x[i]))
				return err_set(
					err, STATUS_ENV,
					"feature %zu has no value in the training part, so no "
					"mean to fill in",
					i % d);
			++*filled;
		}
	}
	return STATUS_OK;
}

/* The stages from `first` up to `end`, which act row by row, in place: rows get shorter, never
 * longer, so a row is read before it is overwritten. */
static void apply_lines(const struct stages *stages, size_t first, size_t end, struct rows *rows,
			struct arena *scratch)
{
	size_t width = stages_width(stages), d_in = rows->d, d = stages->at[end - 1].d_out;
	double *row = ARENA_ARRAY(scratch, double, 2 * width), *other = row + width;
	struct stages some = *stages;

	some.count = end;
	for (size_t i = 0; i < rows->n; i++) {
		memcpy(row, rows->x + i * d_in, d_in * sizeof *row);
		stages_apply(&some, first, row, other);
		memcpy(rows->x + i * d, row, d * sizeof *row);
	}
	rows->d = d;
}

/* The stages from `first` on, without a bias, applied to each row. */
static void apply(const struct stages *stages, size_t first, struct rows *rows,
		  struct arena *scratch)
{
	for (size_t end; first < stages->count; first = end) {
		for (end = first; end < stages->count; end++)
			if (stages->at[end].kind == STAGE_PATCHES)
				break;
		if (end > first)
			apply_lines(stages, first, end, rows, scratch);
		else
			patches_rows(&stages->at[end++], rows, scratch);
	}
}

/* Fit the steps in order to the training part and apply them to all parts, in place; a bias column
 * is left to be written. */
static enum status fit(const struct choices *steps, struct rows parts[SPLIT_ROLES],
		       struct arena *memory[2], struct stages *out, struct err *err)
{
	struct rows *train = &parts[SPLIT_TRAIN];
	struct stages features;

	*out = stages_none(train->d);
	for (size_t i = 0; i < steps->count; i++) {
		const struct prepare *step = (const struct prepare *)steps->at[i].item;
		size_t first = out->count;

		if (stages_bias(out))
			return err_set(err, STATUS_SPEC,
				       "prepare: bias must be the last step, got %s behind it",
				       step->base.name);
		TRY(step->fit(steps->at[i].options, train, memory[0], out, err));
		if (!stages_bias(out))
			apply(out, first, train, memory[1]);
	}
	features = *out;
	if (stages_bias(out)) {
		features.count--;
		features.d--;
	}
	for (int role = SPLIT_TRAIN + 1; role < SPLIT_ROLES && out->count > 0; role++)
		apply(&features, 0, &parts[role], memory[1]);
	return STATUS_OK;
}

/* The place of the first of these rows among those of all ranks. */
static size_t first_of(const struct rows *rows)
{
	const struct rows_shared *s = rows->shared;

	return s ? (size_t)ranks_rows(s->ranks, (ptrdiff_t)s->all.n).first : 0;
}

/* Name the first prepared value or target that `real` cannot hold; rows and columns count from 0.
 */
static enum status not_finite(const struct rows *rows, struct err *err)
{
	const size_t first = first_of(rows);

	for (size_t i = 0; i < rows->n; i++) {
		for (size_t j = 0; j < rows->d; j++)
			if (!isfinite((real)rows->x[i * rows->d + j]))
				return err_set(
					err, STATUS_ENV,
					"row %zu, column %zu: expected a prepared value that "
					"is finite in %s precision, got %g",
					first + i, j, REAL_NAME, rows->x[i * rows->d + j]);
		for (size_t j = 0; rows->y && j < rows->k; j++)
			if (!isfinite((real)rows->y[i * rows->k + j]))
				return err_set(err, STATUS_ENV,
					       "row %zu: expected a target that is finite in %s "
					       "precision, got %g",
					       first + i, REAL_NAME, rows->y[i * rows->k + j]);
	}
	return STATUS_OK;
}

/* Targets, -1 and +1, or one-hot and class numbers. */
static bool write_targets(const struct rows *rows, size_t k, struct arena *arena, struct part *out)
{
	const size_t n = rows->n;
	bool finite = true;

	out->y = ARENA_ARRAY(arena, real, n * k);
	if (rows->label && k > 1)
		out->label = ARENA_ARRAY(arena, int, n);
	for (size_t i = 0; i < n; i++) {
		if (out->label)
			out->y[(size_t)(out->label[i] = rows->label[i]) * n + i] = 1;
		else if (rows->label)
			out->y[i] = rows->label[i] ? 1 : -1;
		for (size_t j = 0; rows->y && j < k; j++) {
			out->y[j * n + i] = (real)rows->y[i * k + j];
			finite = finite && isfinite(out->y[j * n + i]);
		}
	}
	return finite;
}

/* Rows as a matrix of `real`, with a last column of ones if `bias`; whether all are finite. */
static bool write_features(const struct rows *rows, bool bias, struct arena *arena, struct mat *out)
{
	const size_t n = rows->n, d = rows->d;
	bool finite = true;

	*out = mat_new(arena, (ptrdiff_t)n, (ptrdiff_t)(d + bias));
	for (size_t tile = 0; tile < n; tile += TILE)
		for (size_t j = 0; j < d; j++) {
			real *to = mat_col(*out, (ptrdiff_t)j);

			for (size_t i = tile; i < tile + TILE && i < n; i++) {
				to[i] = (real)rows->x[i * d + j];
				finite = finite && isfinite(to[i]);
			}
		}
	for (size_t i = 0; i < n && bias; i++)
		mat_set(*out, (ptrdiff_t)i, (ptrdiff_t)d, 1);
	return finite;
}

/* A column that is not zero may be zero in `real`. */
static enum status check_columns(const struct rows *rows, struct mat X, struct err *err)
{
	struct ranks *ranks = rows->shared ? rows->shared->ranks : NULL;
	const size_t n = rows->n, d = rows->d;
	struct arena scratch = {0};
	double *largest = ARENA_ARRAY(&scratch, double, 2 * d), *kept = largest + d;
	double *room = ARENA_ARRAY(&scratch, double, 2 * d * (size_t)ranks_count(ranks));
	enum status status = STATUS_OK;

	for (size_t j = 0; j < d && !rows->view.at; j++)
		for (size_t i = 0; i < n; i++) {
			double x = (double)mat_get(X, (ptrdiff_t)i, (ptrdiff_t)j);

			largest[j] = fmax(largest[j], fabs(rows->x[i * d + j]));
			kept[j] = fmax(kept[j], fabs(x));
		}
	ranks_largest_all(ranks, largest, 2 * d, room);
	for (size_t j = 0; j < d && status == STATUS_OK; j++)
		if (largest[j] > 0 && !(kept[j] > 0))
			status = err_set(err, STATUS_ENV,
					 "column %zu: its values, up to %g, are 0 in %s precision; "
					 "prepare: [standardize] brings columns to size 1",
					 j, largest[j], REAL_NAME);
	arena_release(&scratch);
	return status;
}

/* Rows as matrices of `real` and their k outputs. Of rows on ranks the first one has the outputs of
 * all, by which it scores. */
static enum status write_part(const struct rows *rows, size_t k, struct arena *arena,
			      struct dataset *of, struct part *out, struct err *err)
{
	const struct rows_shared *shared = rows->shared;
	const struct rows *told = shared && ranks_at(shared->ranks) == 0 ? &shared->all : rows;
	size_t *row = ARENA_ARRAY(arena, size_t, told->n);
	struct mat X = rows->view;
	bool finite = X.at || write_features(rows, of->bias >= 0, arena, &X);
	struct err zeros = {0};
	enum status status = check_columns(rows, X, &zeros);

	out->X = X;
	if (shared) {
		of->slice = X;
		out->X = (struct mat){(ptrdiff_t)told->n, X.cols, (ptrdiff_t)told->n, NULL};
	}
	out->row = memcpy(row, told->row, told->n * sizeof *row);
	finite = write_targets(told, k, arena, out) && finite;
	if (!finite)
		return not_finite(rows, err);
	if (status != STATUS_OK)
		*err = zeros;
	return status;
}

/* Each target with mean 0 and variance 1 over the training part, if asked for. */
static enum status scale_targets(bool asked, struct rows parts[SPLIT_ROLES], struct arena *arena,
				 struct dataset *out, struct err *err)
{
	const size_t k = (size_t)out->k;
	double *shift = ARENA_ARRAY(arena, double, k), *scale = ARENA_ARRAY(arena, double, k);
	const struct rows *train = &parts[SPLIT_TRAIN],
			  *all = train->shared ? &train->shared->all : train;
	const struct rows targets = {.n = all->n, .d = k, .x = all->y};
	const struct range_moments *target = asked ? range_moments(&targets, arena) : NULL;

	out->target_shift = shift;
	out->target_scale = scale;
	for (size_t j = 0; j < k; j++) {
		scale[j] = 1;
		if (!asked)
			continue;
		shift[j] = target[j].mean;
		scale[j] = target[j].deviation > 0 ? 1 / target[j].deviation : 1;
		if (!isnormal(scale[j]))
			return err_set(err, STATUS_ENV,
				       "target: standardize: the targets deviate by %g, which has "
				       "no reciprocal in double precision: change their unit",
				       target[j].deviation);
	}
	for (int role = 0; role < SPLIT_ROLES; role++) {
		const struct rows *rows = role == SPLIT_TRAIN ? all : &parts[role];

		for (size_t i = 0; rows->y && i < rows->n * k; i++)
			rows->y[i] = (rows->y[i] - shift[i % k]) * scale[i % k];
	}
	return STATUS_OK;
}

enum status transform_data(const struct data_options *o, struct rows parts[SPLIT_ROLES],
			   const char **names, struct arena *memory[2], struct dataset *out,
			   struct err *err)
{
	struct part *to[SPLIT_ROLES] = {[SPLIT_TRAIN] = &out->train,
					[SPLIT_VALIDATION] = &out->validation,
					[SPLIT_TEST] = &out->test};
	TRY(fill(parts, memory[1], &out->filled, err));
	out->raw_d = parts[SPLIT_TRAIN].d;
	out->mapped = parts[SPLIT_TRAIN].view.at != NULL;
	for (int role = 0; role < SPLIT_ROLES && out->raw_d == 2; role++) { /* for plots */
		const struct rows *rows = &parts[role];
		const struct rows_shared *shared = rows->shared;
		size_t n = shared ? shared->all.n : rows->n;
		double *copy = ARENA_ARRAY(memory[0], double, n * 2);

		if (shared)
			ranks_collect(shared->ranks, (ptrdiff_t)rows->n, 2 * sizeof *copy, rows->x,
				      copy);
		else
			memcpy(copy, rows->x, n * 2 * sizeof *copy);
		to[role]->raw = copy;
	}
	TRY(fit(&o->prepare, parts, memory, &out->stages, err));
	out->columns = stages_names(&out->stages, names, memory[0]);
	out->bias = stages_bias(&out->stages) ? (ptrdiff_t)out->stages.d - 1 : -1;
	TRY(scale_targets(o->target == DATA_TARGET_STANDARDIZE, parts, memory[0], out, err));
	for (int role = 0; role < SPLIT_ROLES; role++)
		TRY(write_part(&parts[role], (size_t)out->k, memory[0], out, to[role], err));
	return STATUS_OK;
}
