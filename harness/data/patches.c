/* One image is a matrix of its patches (rows) by their pixels, its product with the weights one of
 * patches by filters. */
#include "harness/data/patches.h"
#include "solvers/core/blas.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* What a thread holds. */
struct bench {
	struct mat Q, Z;      /* patches of an image by pixels, and by filters */
	double *mean, *scale; /* of each patch: of its pixels; one over its size */
};

enum { BLOCK = 64 }; /* images whose features are made before they take the place of rows */

static size_t pixels_of(const struct patches *p)
{
	return p->patch * p->patch * p->channels;
}

static size_t width_of(const struct patches *p)
{
	return 2 * p->pool * p->pool * p->filters;
}

static struct bench bench_new(const struct patches *p, struct arena *arena)
{
	const size_t across = patches_across(p), count = across * across;
	struct bench b = {.Q = mat_new(arena, (ptrdiff_t)count, (ptrdiff_t)pixels_of(p)),
			  .Z = mat_new(arena, (ptrdiff_t)count, (ptrdiff_t)p->filters)};

	b.mean = ARENA_ARRAY(arena, double, count);
	b.scale = ARENA_ARRAY(arena, double, count);
	return b;
}

double patches_gather(const struct patches *p, const double *image, size_t at, double *q)
{
	const size_t square = p->patch * p->patch, count = pixels_of(p), across = patches_across(p);
	const size_t row = at / across * p->step, column = at % across * p->step;
	double mean = 0, variance = 0;

	for (size_t i = 0; i < count; i++) {
		q[i] = image[patches_pixel(p, i / square, row + i % square / p->patch,
					   column + i % p->patch)];
		mean += q[i] / (double)count;
	}
	for (size_t i = 0; i < count; i++) {
		q[i] -= mean;
		variance += q[i] * q[i] / (double)count;
	}
	for (size_t i = 0; i < count; i++)
		q[i] /= sqrt(variance + p->contrast);
	return variance;
}

/* Pixel i of all patches: the first one of each row of patches, and how far the next one is. */
struct sight {
	const double *from;
	size_t next;
};

static struct sight sight_of(const struct patches *p, const double *image, size_t i, size_t row)
{
	const size_t square = p->patch * p->patch;
	size_t first =
		patches_pixel(p, i / square, row * p->step + i % square / p->patch, i % p->patch);

	return (struct sight){image + first, p->step * (p->interleaved ? p->channels : 1)};
}

static void normalise(const struct patches *p, const double *image, struct bench *b)
{
	const size_t across = patches_across(p), count = pixels_of(p);

	memset(b->mean, 0, across * across * sizeof *b->mean);
	memset(b->scale, 0, across * across * sizeof *b->scale);
	for (size_t i = 0; i < count * across; i++) {
		struct sight s = sight_of(p, image, i / across, i % across);
		double *mean = b->mean + i % across * across;

		for (size_t c = 0; c < across; c++)
			mean[c] += s.from[c * s.next];
	}
	for (size_t k = 0; k < across * across; k++)
		b->mean[k] /= (double)count;
	for (size_t i = 0; i < count * across; i++) {
		struct sight s = sight_of(p, image, i / across, i % across);
		const double *mean = b->mean + i % across * across;
		double *squares = b->scale + i % across * across;

		for (size_t c = 0; c < across; c++) {
			double q = s.from[c * s.next] - mean[c];

			squares[c] += q * q;
		}
	}
	for (size_t k = 0; k < across * across; k++)
		b->scale[k] = 1 / sqrt(b->scale[k] / (double)count + p->contrast);
	for (size_t i = 0; i < count * across; i++) {
		struct sight s = sight_of(p, image, i / across, i % across);
		const size_t line = i % across * across;
		real *q = mat_col(b->Q, (ptrdiff_t)(i / across)) + line;

		for (size_t c = 0; c < across; c++)
			q[c] = (real)((s.from[c * s.next] - b->mean[line + c]) *
				      b->scale[line + c]);
	}
}

/* Means of both sides of filter k over a region. */
static void pool(const struct patches *p, const struct bench *b, size_t k, size_t region,
		 double *out)
{
	const size_t across = patches_across(p), down = region / p->pool, right = region % p->pool;
	const size_t top = patches_first(p, down), bottom = patches_first(p, down + 1);
	const size_t left = patches_first(p, right), end = patches_first(p, right + 1);
	const double area = (double)((bottom - top) * (end - left));
	double above = 0, below = 0;

	for (size_t r = top; r < bottom; r++) {
		const real *z = mat_col(b->Z, (ptrdiff_t)k) + r * across;

		for (size_t c = left; c < end; c++) {
			double f = (double)z[c] - p->shift[k];

			above += f > p->threshold ? f - p->threshold : 0;
			below += -f > p->threshold ? -f - p->threshold : 0;
		}
	}
	out[2 * p->filters * region + k] = above / area;
	out[2 * p->filters * region + p->filters + k] = below / area;
}

/* What the threads share, and hold. */
struct work {
	const struct patches *p;
	struct mat W;
	struct bench *bench; /* one for each thread */
	double *out;         /* BLOCK x width: features of the images */
};

static struct work work_new(const struct patches *p, int threads, struct arena *arena)
{
	struct work w = {p, mat_new(arena, (ptrdiff_t)pixels_of(p), (ptrdiff_t)p->filters),
			 ARENA_ARRAY(arena, struct bench, threads),
			 ARENA_ARRAY(arena, double, BLOCK *width_of(p))};

	for (int t = 0; t < threads; t++)
		w.bench[t] = bench_new(p, arena);
	for (ptrdiff_t i = 0; i < w.W.rows && !arena_counts(arena); i++)
		for (ptrdiff_t k = 0; k < w.W.cols; k++)
			mat_set(w.W, i, k, (real)p->weight[i * w.W.cols + k]);
	return w;
}

static void apply(const struct work *w, const double *image, struct bench *b, double *out)
{
	const size_t regions = w->p->pool * w->p->pool;

	normalise(w->p, image, b);
	blas_gemm(1, b->Q, PLAIN, w->W, PLAIN, 0, b->Z);
	for (size_t i = 0; i < w->p->filters * regions; i++)
		pool(w->p, b, i / regions, i % regions, out);
}

void patches_rows(const struct stage *stage, struct rows *rows, struct arena *arena)
{
	const size_t width = stage->d_out, d = stage->d_in;
	const int threads = omp_get_max_threads();
	struct arena scratch = {0};
	double *to = rows->x;
	struct patches p;
	struct work w;

	if (!patches_read(stage->at, stage_size(stage), &p))
		return;
	w = work_new(&p, threads, &scratch);
	if (width > d)
		to = arena_alloc(arena, rows->n, width * sizeof *to);
	for (size_t first = 0; first < rows->n; first += BLOCK) {
		size_t end = first + BLOCK < rows->n ? first + BLOCK : rows->n;

		/* BLAS takes one thread inside: the numbers are those of one thread */
#pragma omp parallel for schedule(static) num_threads(threads)
		for (size_t i = first; i < end; i++)
			apply(&w, rows->x + i * d, &w.bench[omp_get_thread_num()],
			      w.out + (i - first) * width);
		memcpy(to + first * width, w.out, (end - first) * width * sizeof *to);
	}
	rows->x = to;
	rows->d = width;
	arena_release(&scratch);
}

void patches_expect(const struct patches *p, struct arena *arena)
{
	struct arena scratch = arena_beside(arena);

	work_new(p, omp_get_max_threads(), &scratch);
	arena_settle(arena);
	arena_release(&scratch);
}
