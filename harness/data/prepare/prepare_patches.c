/* Step `patches`: features of square images by one layer of filters on their patches, pooled.
 *
 * The filters are patches of the training images themselves, drawn at random, less their mean and
 * over their size, whitened (ZCA) with the covariance of SAMPLES such patches, and of length 1; a
 * patch q of an image becomes max(0, z - threshold) and max(0, -z - threshold) of its products z
 * with all of them, of which pool x pool regions have the means (Coates, Ng, Lee 2011; with
 * random patches and soft thresholds Coates, Ng 2011). Nothing of it looks at labels or at other
 * parts of the data. What is added to a variance or an eigenvalue is a share of the mean one, so
 * that the features do not depend on the scale of the pixels. */
#include "harness/data/data.h"
#include "harness/data/patches.h"
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"

#include <math.h>

struct patches_options {
	long filters, patch, step, pool;
	double threshold, whitening, contrast;
	long side, channels, layout, draw; /* side, channels: 0 = by the number of columns */
};

enum layout { LAYOUT_PLANAR, LAYOUT_INTERLEAVED };

enum { SAMPLES = 10000 }; /* patches that mean contrast, covariance and filters come from */

static const double rounding = 1e-13; /* contrast of constant patches, as a share of the pixels */

static const char *const layout_names[] = {"planar", "interleaved", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct patches_options, filters), .initial = "64",
	 .range = RANGE_WITHIN(1, SAMPLES), .doc = "filters; there are 2 pool^2 features of each"},
	{OPTION_FIELD(struct patches_options, patch), .initial = "6", .range = RANGE_FROM(2),
	 .doc = "pixels of a side of a patch"},
	{OPTION_FIELD(struct patches_options, step), .initial = "1", .range = RANGE_FROM(1),
	 .doc = "pixels from one patch to the next"},
	{OPTION_FIELD(struct patches_options, pool), .initial = "2", .range = RANGE_FROM(1),
	 .doc = "regions along a side of the image whose means are the features"},
	{OPTION_FIELD(struct patches_options, threshold), .initial = "0.25", .range = RANGE_FROM(0),
	 .doc = "products of smaller size with a filter are 0"},
	{OPTION_FIELD(struct patches_options, whitening), .initial = "0.1", .range = RANGE_ABOVE(0),
	 .doc = "added to the eigenvalues of the covariance, as a share of their mean"},
	{OPTION_FIELD(struct patches_options, contrast), .initial = "0.01", .range = RANGE_ABOVE(0),
	 .doc = "added to the variance of the pixels of a patch, as a share of the mean one; a "
		"patch with less is no filter"},
	{OPTION_FIELD(struct patches_options, side), .initial = "null", .range = RANGE_FROM(2),
	 .doc = "pixels per row and per column of an image; null: by the number of columns, as of "
		"one channel or of three"},
	{OPTION_FIELD(struct patches_options, channels), .initial = "null", .range = RANGE_FROM(1),
	 .doc = "values per pixel, 3 for colour; null: likewise"},
	{OPTION_FIELD(struct patches_options, layout), .initial = "planar", .names = layout_names,
	 .doc = "planar: one plane per channel; interleaved: the channels of a pixel side by side"},
	{OPTION_FIELD(struct patches_options, draw), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "which draw of the patches"},
	{0},
};

/* Side of the square that so many pixels are; 0: none. */
static size_t square_side(double pixels)
{
	double side = floor(sqrt(pixels) + 0.5);

	return side >= 1 && !(fabs(side * side - pixels) > 0) ? (size_t)side : 0;
}

/* Side and channels of images of d columns. */
static enum status shape_of(const struct patches_options *o, size_t d, struct patches *p,
			    struct err *err)
{
	static const size_t usual[] = {1, 3};

	p->side = o->side > 0 ? (size_t)o->side : 0;
	p->channels = o->channels > 0 ? (size_t)o->channels : 0;
	for (size_t i = 0; !p->channels && i < 2; i++)
		if (p->side ? p->side * p->side * usual[i] == d
			    : square_side((double)d / (double)usual[i]) > 0)
			p->channels = usual[i];
	if (!p->side && p->channels)
		p->side = square_side((double)d / (double)p->channels);
	if (!p->side || !p->channels)
		return err_set(err, STATUS_SPEC,
			       "prepare: patches: %zu features are no square image of one channel "
			       "or of three: give its side and channels",
			       d);
	if (p->side * p->side * p->channels == d)
		return STATUS_OK;
	return err_set(err, STATUS_SPEC,
		       "prepare: patches: images of %zu x %zu pixels and %zu channel%s have %g "
		       "features, got %zu",
		       p->side, p->side, p->channels, p->channels == 1 ? "" : "s",
		       (double)p->side * (double)p->side * (double)p->channels, d);
}

static enum status layer_of(const struct patches_options *o, size_t d, struct patches *p,
			    struct err *err)
{
	*p = (struct patches){.patch = (size_t)o->patch,
			      .step = (size_t)o->step,
			      .pool = (size_t)o->pool,
			      .filters = (size_t)o->filters,
			      .interleaved = o->layout == LAYOUT_INTERLEAVED,
			      .threshold = o->threshold};
	TRY(shape_of(o, d, p, err));
	if (p->patch > p->side)
		return err_set(err, STATUS_SPEC,
			       "prepare: patches: a patch of %zu x %zu pixels does not fit into "
			       "images of %zu x %zu",
			       p->patch, p->patch, p->side, p->side);
	if (p->pool > patches_across(p))
		return err_set(err, STATUS_SPEC,
			       "prepare: patches: pool: %zu regions along a side, which has %zu "
			       "patches",
			       p->pool, patches_across(p));
	return STATUS_OK;
}

static enum status width(const void *options, size_t n, size_t *d, struct err *err)
{
	struct patches p;

	(void)n;
	TRY(layer_of(options, *d, &p, err));
	*d = 2 * p.pool * p.pool * p.filters;
	return STATUS_OK;
}

/* Patches that were drawn, as columns. */
struct sample {
	struct mat X; /* pixels x SAMPLES, normalised with the contrast */
	double *mean; /* of each pixel of a patch over them */
	double *variance;
};

/* SAMPLES patches of the training images; the contrast of the layer is set. */
static enum status draw(const struct patches_options *o, const struct rows *train,
			struct patches *p, struct sample *out, struct err *err)
{
	const size_t across = patches_across(p), count = (size_t)out->X.rows;
	struct rng rng = rng_stream((uint64_t)o->draw, "patches", 0);
	struct arena scratch = {0};
	double *q = ARENA_ARRAY(&scratch, double, count), total = 0, largest = 0;
	size_t *at = ARENA_ARRAY(&scratch, size_t, 2 * SAMPLES);

	for (size_t i = 0; i < train->n * train->d; i++)
		largest = fmax(largest, fabs(train->x[i]));
	p->contrast = 1; /* any: variances do not depend on it */
	for (size_t i = 0; i < SAMPLES; i++) {
		at[2 * i] = rng_below(&rng, train->n);
		at[2 * i + 1] = rng_below(&rng, across * across);
		out->variance[i] =
			patches_gather(p, train->x + at[2 * i] * train->d, at[2 * i + 1], q);
		total += out->variance[i] / SAMPLES;
	}
	p->contrast = o->contrast * total;
	for (size_t i = 0; i < SAMPLES; i++) {
		patches_gather(p, train->x + at[2 * i] * train->d, at[2 * i + 1], q);
		for (size_t j = 0; j < count; j++) {
			mat_set(out->X, (ptrdiff_t)j, (ptrdiff_t)i, (real)q[j]);
			out->mean[j] += q[j] / SAMPLES;
		}
	}
	arena_release(&scratch);
	return sqrt(total) > rounding * largest && isfinite(total)
		       ? STATUS_OK
		       : err_set(err, STATUS_ENV,
				 "prepare: patches: the patches of the training images have no "
				 "contrast that is above rounding and finite");
}

/* Columns of `out`: the patches that become filters, less the mean. */
static enum status choose(const struct patches *p, const struct sample *sample, struct mat out,
			  struct err *err)
{
	ptrdiff_t found = 0;

	for (ptrdiff_t i = 0; i < SAMPLES && found < out.cols; i++) {
		if (!(sample->variance[i] >= p->contrast))
			continue;
		for (ptrdiff_t j = 0; j < out.rows; j++)
			mat_set(out, j, found,
				(real)((double)mat_get(sample->X, j, i) - sample->mean[j]));
		found++;
	}
	if (found == out.cols)
		return STATUS_OK;
	return err_set(err, STATUS_ENV,
		       "prepare: patches: %td filters asked for, but of %d patches drawn from the "
		       "training images only %td have contrast",
		       out.cols, SAMPLES, found);
}

/* Row j of A times scale[j]^power. */
static void scale_rows(struct mat A, const double *scale, double power)
{
	for (ptrdiff_t k = 0; k < A.cols; k++)
		for (ptrdiff_t j = 0; j < A.rows; j++)
			mat_set(A, j, k, (real)((double)mat_get(A, j, k) * pow(scale[j], power)));
}

/* With C = V diag(l) V' the covariance, S = (C + e I)^-1/2 and F the chosen patches: the filters
 * are D = S F with columns of length 1, and the weights S D, for S q is the whitened patch. D_k is
 * as long as diag(s) V' F_k, s_j = (l_j + e)^-1/2. */
static enum status whiten(const struct patches_options *o, struct mat C, struct mat F,
			  struct arena *scratch, struct mat weight, struct err *err)
{
	struct mat B = mat_new(scratch, F.rows, F.cols);
	double *inverse = ARENA_ARRAY(scratch, double, C.rows), mean = 0;
	real *value = ARENA_ARRAY(scratch, real, C.rows);

	if (!blas_eigen(C, value))
		return err_set(err, STATUS_ENV, "prepare: patches: the pixels are not finite");
	for (ptrdiff_t j = 0; j < C.rows; j++)
		mean += fmax(0, (double)value[j]) / (double)C.rows;
	for (ptrdiff_t j = 0; j < C.rows; j++)
		inverse[j] = 1 / (fmax(0, (double)value[j]) + o->whitening * mean);
	blas_gemm(1, C, TRANSPOSED, F, PLAIN, 0, B);
	scale_rows(B, inverse, 0.5);
	for (ptrdiff_t k = 0; k < B.cols; k++)
		blas_scale((size_t)B.rows, 1 / blas_norm((size_t)B.rows, mat_col(B, k)),
			   mat_col(B, k));
	scale_rows(B, inverse, 0.5);
	blas_gemm(1, C, PLAIN, B, PLAIN, 0, weight);
	return STATUS_OK;
}

/* The array of the stage. */
static double *layer(const struct patches *p, struct mat weight, const double *mean,
		     struct arena *arena)
{
	const double head[PATCHES_HEAD] = {(double)p->side, (double)p->channels, (double)p->patch,
					   (double)p->step, (double)p->pool,     (double)p->filters,
					   p->interleaved,  p->threshold,        p->contrast};
	const size_t K = (size_t)weight.cols, pixels = (size_t)weight.rows;
	double *at = ARENA_ARRAY(arena, double, PATCHES_HEAD + K + pixels * K);
	double *shift = at + PATCHES_HEAD;

	if (arena_counts(arena))
		return at;
	for (size_t i = 0; i < PATCHES_HEAD; i++)
		at[i] = head[i];
	for (size_t j = 0; j < pixels; j++)
		for (size_t k = 0; k < K; k++) {
			double w = (double)mat_get(weight, (ptrdiff_t)j, (ptrdiff_t)k);

			shift[k] += mean[j] * w;
			shift[K + j * K + k] = w;
		}
	return at;
}

static enum status learn(const struct patches_options *o, const struct rows *train,
			 struct patches *p, struct arena *memory[2], double **out, struct err *err)
{
	struct arena *scratch = memory[1];
	const ptrdiff_t pixels = (ptrdiff_t)(p->patch * p->patch * p->channels);
	struct mat F = mat_new(scratch, pixels, (ptrdiff_t)p->filters);
	struct mat C = mat_new(scratch, pixels, pixels);
	struct mat weight = mat_new(scratch, F.rows, F.cols);
	struct sample sample = {mat_new(scratch, pixels, SAMPLES),
				ARENA_ARRAY(scratch, double, pixels),
				ARENA_ARRAY(scratch, double, SAMPLES)};

	blas_expect_eigen(scratch, pixels);
	if (arena_counts(scratch)) {
		*out = layer(p, weight, sample.mean, memory[0]);
		return STATUS_OK;
	}
	TRY(draw(o, train, p, &sample, err));
	TRY(choose(p, &sample, F, err));
	for (ptrdiff_t i = 0; i < SAMPLES; i++)
		for (ptrdiff_t j = 0; j < pixels; j++)
			mat_set(sample.X, j, i,
				(real)((double)mat_get(sample.X, j, i) - sample.mean[j]));
	blas_syrk(1.0 / SAMPLES, sample.X, PLAIN, 0, C);
	TRY(whiten(o, C, F, scratch, weight, err));
	*out = layer(p, weight, sample.mean, memory[0]);
	return STATUS_OK;
}

static enum status fit(const void *options, const struct rows *train, struct arena *arena,
		       struct stages *stages, struct err *err)
{
	struct arena scratch = arena_beside(arena);
	struct arena *memory[2] = {arena, &scratch};
	const int threads = blas_threads();
	double *at = NULL;
	enum status status;
	struct patches p;

	TRY(layer_of(options, train->d, &p, err));
	blas_set_threads(1); /* the same filters on any number of threads */
	status = learn(options, train, &p, memory, &at, err);
	blas_set_threads(threads);
	arena_release(&scratch);
	if (arena_counts(arena))
		patches_expect(&p, arena);
	if (status == STATUS_OK)
		stages_add(stages, STAGE_PATCHES, 2 * p.pool * p.pool * p.filters, at, arena);
	return status;
}

const struct prepare prepare_patches = {
	.base = {.name = "patches",
		 .doc = "features of images: random patches as filters, thresholds, pooling",
		 .cite = "https://proceedings.mlr.press/v15/coates11a.html",
		 .options = rows,
		 .size = sizeof(struct patches_options)},
	.counts = true,
	.fit = fit,
	.width = width,
	.mixes = true,
	.maps = true,
};
