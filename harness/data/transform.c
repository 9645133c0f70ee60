/* Missing values, fitting of the preparation, and its application. */
#include "harness/data/transform.h"

#include "harness/data/range.h"

#include <math.h>
#include <string.h>

enum {
	TILE = 32 /* rows at a time, so that both layouts stay in cache */
};

static bool any_missing(const struct rows *rows)
{
	for (size_t i = 0; i < rows->n * rows->d; i++)
		if (isnan(rows->x[i]))
			return true;
	return false;
}

enum status transform_fill(struct rows parts[SPLIT_ROLES], struct arena *scratch, size_t *filled,
			   struct err *err)
{
	const size_t d = parts[SPLIT_TRAIN].d;
	double *mean = ARENA_ARRAY(scratch, double, d); /* of what is known; NaN: nothing is */
	size_t *known = ARENA_ARRAY(scratch, size_t, d);
	bool missing = false;

	*filled = 0;
	for (int role = 0; role < SPLIT_ROLES; role++)
		missing = missing || any_missing(&parts[role]);
	if (!missing)
		return STATUS_OK;
	for (size_t i = 0; i < parts[SPLIT_TRAIN].n; i++)
		for (size_t j = 0; j < d; j++) {
			double x = parts[SPLIT_TRAIN].x[i * d + j];

			if (isnan(x))
				continue;
			known[j]++;
			mean[j] += x;
		}
	for (size_t j = 0; j < d; j++)
		mean[j] /= (double)known[j];
	for (int role = 0; role < SPLIT_ROLES; role++) {
		double *x = parts[role].x;

		for (size_t i = 0; i < parts[role].n * d; i++) {
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

/* The stages from `first` on, without a bias, applied to each row in place: rows get shorter, never
 * longer, so a row is read before it is overwritten. */
static void apply(const struct stages *stages, size_t first, struct rows *rows, double *spare)
{
	size_t width = stages_width(stages), d_in = rows->d;
	double *row = spare, *other = spare + width;

	for (size_t i = 0; i < rows->n; i++) {
		memcpy(row, rows->x + i * d_in, d_in * sizeof *row);
		stages_apply(stages, first, row, other);
		memcpy(rows->x + i * stages->d, row, stages->d * sizeof *row);
	}
	rows->d = stages->d;
}

static double *spare_rows(const struct stages *stages, struct arena *scratch)
{
	return ARENA_ARRAY(scratch, double, 2 * stages_width(stages));
}

enum status transform_prepare(const struct choices *steps, struct rows parts[SPLIT_ROLES],
			      struct arena *arena, struct stages *out, struct err *err)
{
	struct rows *train = &parts[SPLIT_TRAIN];
	enum status status = STATUS_OK;
	struct arena scratch = {0};
	struct stages features;

	*out = stages_none(train->d);
	for (size_t i = 0; i < steps->count && status == STATUS_OK; i++) {
		const struct prepare *step = (const struct prepare *)steps->at[i].item;
		size_t first = out->count;

		if (stages_bias(out))
			status = err_set(err, STATUS_SPEC,
					 "prepare: bias must be the last step, got %s behind it",
					 step->base.name);
		else
			status = step->fit(steps->at[i].options, train, arena, out, err);
		if (status == STATUS_OK && !stages_bias(out))
			apply(out, first, train, spare_rows(out, &scratch));
	}
	features = *out;
	if (stages_bias(out)) {
		features.count--;
		features.d--;
	}
	for (int role = SPLIT_TRAIN + 1; role < SPLIT_ROLES && status == STATUS_OK; role++)
		if (out->count > 0)
			apply(&features, 0, &parts[role], spare_rows(out, &scratch));
	arena_release(&scratch);
	return status;
}

enum status transform_target(struct rows parts[SPLIT_ROLES], double *shift, double *scale,
			     struct err *err)
{
	const struct rows *train = &parts[SPLIT_TRAIN];
	struct range_moments c = range_moments(train->y, train->n, 1);

	*shift = c.mean;
	*scale = c.deviation > 0 ? 1 / c.deviation : 1;
	if (!isnormal(*scale))
		return err_set(err, STATUS_ENV,
			       "target: standardize: the targets deviate by %g, which has no "
			       "reciprocal in double precision: change their unit",
			       c.deviation);
	for (int role = 0; role < SPLIT_ROLES; role++)
		for (size_t i = 0; i < parts[role].n; i++)
			parts[role].y[i] = (parts[role].y[i] - *shift) * *scale;
	return STATUS_OK;
}

/* Name the first prepared value or target that `real` cannot hold; rows and columns count from 0.
 */
static enum status not_finite(const struct rows *rows, struct err *err)
{
	for (size_t i = 0; i < rows->n; i++) {
		for (size_t j = 0; j < rows->d; j++)
			if (!isfinite((real)rows->x[i * rows->d + j]))
				return err_set(
					err, STATUS_ENV,
					"row %zu, column %zu: expected a prepared value that "
					"is finite in %s precision, got %g",
					i, j, REAL_NAME, rows->x[i * rows->d + j]);
		if (!isfinite((real)rows->y[i]))
			return err_set(err, STATUS_ENV,
				       "row %zu: expected a target that is finite in %s precision, "
				       "got %g",
				       i, REAL_NAME, rows->y[i]);
	}
	return STATUS_OK;
}

/* An error for a column that is not zero, but zero in `real`. */
static enum status vanished(const struct rows *rows, struct mat X, struct err *err)
{
	for (size_t j = 0; j < rows->d; j++) {
		double raw = 0, kept = 0;

		for (size_t i = 0; i < rows->n; i++) {
			raw = fmax(raw, fabs(rows->x[i * rows->d + j]));
			kept = fmax(kept, fabs((double)mat_get(X, (ptrdiff_t)i, (ptrdiff_t)j)));
		}
		if (raw > 0 && !(kept > 0))
			return err_set(err, STATUS_ENV,
				       "column %zu: its values, up to %g, are 0 in %s precision; "
				       "prepare: [standardize] brings columns to size 1",
				       j, raw, REAL_NAME);
	}
	return STATUS_OK;
}

enum status transform_write(const struct rows *rows, bool bias, struct arena *arena,
			    struct part *out, struct err *err)
{
	const size_t n = rows->n, d = rows->d;
	bool finite = true;

	out->X = mat_new(arena, (ptrdiff_t)n, (ptrdiff_t)(d + bias));
	out->y = ARENA_ARRAY(arena, real, n);
	for (size_t tile = 0; tile < n; tile += TILE)
		for (size_t j = 0; j < d; j++) {
			real *to = mat_col(out->X, (ptrdiff_t)j);

			for (size_t i = tile; i < tile + TILE && i < n; i++) {
				to[i] = (real)rows->x[i * d + j];
				finite = finite && isfinite(to[i]);
			}
		}
	for (size_t i = 0; i < n; i++) {
		out->y[i] = (real)rows->y[i];
		finite = finite && isfinite(out->y[i]);
		if (bias)
			mat_set(out->X, (ptrdiff_t)i, (ptrdiff_t)d, 1);
	}
	return finite ? vanished(rows, out->X, err) : not_finite(rows, err);
}
