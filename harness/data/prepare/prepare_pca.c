/* Step `pca`: the leading principal components of the training part.
 *
 * z = V' (x - mean), V the eigenvectors of the covariance (1/n) sum (x - mean)(x - mean)' with the
 * largest eigenvalues, in descending order. An eigenvector is determined up to its sign: here its
 * largest entry is positive. */
#include "harness/data/data.h"
#include "harness/data/range.h"
#include "solvers/core/blas.h"

#include <math.h>

struct pca_options {
	long components;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct pca_options, components), .range = RANGE_FROM(1),
	 .doc = "columns that remain, at most the features and the training rows"},
	{0},
};

/* Entries this close to the largest one count as equal to it: the first of them decides the sign,
 * whatever the rounding, also in single precision. */
static const double nearly = 1 - 1e-3;

/* d x d, lower triangle, of the samples as columns, up to a factor */
static struct mat covariance(const struct rows *train, const double *mean, struct arena *scratch)
{
	struct mat X = mat_new(scratch, (ptrdiff_t)train->d, (ptrdiff_t)train->n);
	struct mat C = mat_new(scratch, X.rows, X.rows);
	double largest = 0, unit;

	blas_expect_eigen(scratch, X.rows);
	if (arena_counts(scratch))
		return C;
	for (size_t i = 0; i < train->n; i++)
		for (size_t j = 0; j < train->d; j++)
			largest = fmax(largest, fabs(train->x[i * train->d + j] - mean[j]));
	unit = range_unit(largest);
	for (size_t i = 0; i < train->n; i++)
		for (size_t j = 0; j < train->d; j++)
			mat_set(X, (ptrdiff_t)j, (ptrdiff_t)i,
				(real)((train->x[i * train->d + j] - mean[j]) / unit));
	blas_syrk(1 / (double)train->n, X, PLAIN, 0, C);
	return C;
}

/* The last k columns of V, backwards, row-major. */
static double *leading(struct mat V, size_t k, struct arena *arena)
{
	size_t d = (size_t)V.rows;
	double *map = ARENA_ARRAY(arena, double, d *k);

	for (size_t c = 0; c < k && !arena_counts(arena); c++) {
		const real *v = mat_col(V, V.cols - 1 - (ptrdiff_t)c);
		double largest = 0, sign;
		size_t j = 0;

		for (size_t i = 0; i < d; i++)
			largest = fmax(largest, fabs((double)v[i]));
		while (fabs((double)v[j]) < nearly * largest)
			j++;
		sign = v[j] < 0 ? -1 : 1;
		for (size_t i = 0; i < d; i++)
			map[i * k + c] = sign * (double)v[i];
	}
	return map;
}

static enum status width(const void *options, size_t n, size_t *d, struct err *err)
{
	const struct pca_options *o = options;
	size_t k = (size_t)o->components;

	if (k > *d || k > n)
		return err_set(err, STATUS_SPEC,
			       "prepare: pca: %zu components asked for, but there are %zu features "
			       "and %zu training rows",
			       k, *d, n);
	*d = k;
	return STATUS_OK;
}

static enum status fit(const void *options, const struct rows *train, struct arena *arena,
		       struct stages *stages, struct err *err)
{
	const struct pca_options *o = options;
	size_t k = (size_t)o->components, d = train->d, columns = d;
	struct arena scratch = arena_beside(arena);
	double *mean;
	real *value;
	struct mat C;
	bool found;

	TRY(width(options, train->n, &columns, err));
	mean = ARENA_ARRAY(arena, double, d);
	for (size_t i = 0; i < train->n && !arena_counts(arena); i++)
		for (size_t j = 0; j < d; j++)
			mean[j] += train->x[i * d + j];
	for (size_t j = 0; j < d && !arena_counts(arena); j++)
		mean[j] /= (double)train->n;
	C = covariance(train, mean, &scratch);
	value = ARENA_ARRAY(&scratch, real, d);
	found = arena_counts(arena) || blas_eigen(C, value);
	if (found) {
		stages_add(stages, STAGE_SHIFT, d, mean, arena);
		stages_add(stages, STAGE_MAP, k, leading(C, k, arena), arena);
	}
	arena_release(&scratch);
	return found ? STATUS_OK
		     : err_set(err, STATUS_ENV, "prepare: pca: the features are not finite");
}

const struct prepare prepare_pca = {
	.base = {.name = "pca",
		 .doc = "the leading principal components of the training part",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct pca_options)},
	.counts = true,
	.fit = fit,
	.width = width,
	.mixes = true,
};
