/* Bounds and primal-dual steps, see the header for the problem. */
#include "solvers/certify/relax.h"

#include "solvers/core/blas.h"
#include "solvers/model/certify.h"

#include <math.h>
#include <string.h>

enum { POWER_STEPS = 30 };

/* Distance of bound and ceiling, relative to max(1, |bound|), that is not worth more steps. */
static const double settled = 1e-6;

void relax_new(struct relax *relax, ptrdiff_t d, ptrdiff_t m, ptrdiff_t room, struct arena *arena)
{
	struct mat *wide[] = {&relax->delta, &relax->best, &relax->next, &relax->G};
	struct mat *flat[] = {&relax->low, &relax->high, &relax->W, &relax->Z, &relax->next_Z};
	double **rows[] = {&relax->constant, &relax->reach, &relax->bound, &relax->value,
			   &relax->ceiling,  &relax->tau,   &relax->sigma};

	*relax = (struct relax){.room = room, .region = ARENA_ARRAY(arena, struct region, room)};
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		*wide[i] = mat_new(arena, d, room);
	for (size_t i = 0; i < sizeof flat / sizeof *flat; i++)
		*flat[i] = mat_new(arena, m, room);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		*rows[i] = ARENA_ARRAY(arena, double, room);
}

double relax_spectral(struct mat U, real *work)
{
	real *w = work, *v = work + U.cols;
	double norm = 0;

	for (ptrdiff_t j = 0; j < U.cols; j++)
		w[j] = (real)(1 + 0.1 * (double)(j % 7)); /* no symmetry to be orthogonal to */
	for (int s = 0; s < POWER_STEPS; s++) {
		double length = blas_norm((size_t)U.cols, w);

		if (!(length > 0))
			return 0;
		blas_scale((size_t)U.cols, 1 / length, w);
		blas_gemv(1, U, PLAIN, w, 0, v);
		norm = blas_norm((size_t)U.rows, v);
		blas_gemv(1, U, TRANSPOSED, v, 0, w);
	}
	return norm;
}

/* Rounding of D(w): multipliers make slopes larger than c. */
static double noise(const struct relax *relax, ptrdiff_t k)
{
	const real *w = mat_col(relax->W, k), *c = mat_col(relax->C, k);
	double gain = relax->gain;

	for (ptrdiff_t j = 0; j < relax->U.cols; j++)
		gain += fmax(0, fabs((double)w[j]) - fabs((double)c[j])) * (double)relax->length[j];
	return certify_noise(relax->terms, 0, gain, relax->reach[k]);
}

/* D(w) = constant + w'z + min over delta of g'delta, twice the rounding below, of the columns
 * first .. first + count - 1 */
static void bound(struct relax *relax, ptrdiff_t first, ptrdiff_t count)
{
	struct mat W = mat_cols(relax->W, first, count), G = mat_cols(relax->G, first, count);

	blas_gemm(1, relax->U, PLAIN, W, PLAIN, 0, G); /* d x count: U w */
	for (ptrdiff_t k = first; k < first + count; k++) {
		const real *w = mat_col(relax->W, k), *z = mat_col(relax->clean, k);
		double sum = relax->constant[k] +
			     region_minimum(&relax->region[k], mat_col(relax->G, k));

		for (ptrdiff_t j = 0; j < W.rows; j++)
			sum += (double)w[j] * (double)z[j];
		sum -= 2 * noise(relax, k);
		relax->bound[k] = sum > relax->bound[k] ? sum : relax->bound[k];
	}
}

void relax_bound(struct relax *relax)
{
	bound(relax, 0, relax->count);
}

/* Z = U'(x + delta), of the same columns */
static void outputs(const struct relax *relax, struct mat delta, struct mat Z, ptrdiff_t first,
		    ptrdiff_t count)
{
	for (ptrdiff_t k = first; k < first + count; k++)
		memcpy(mat_col(Z, k), mat_col(relax->clean, k), (size_t)Z.rows * sizeof(real));
	blas_gemm(1, relax->U, TRANSPOSED, mat_cols(delta, first, count), PLAIN, 1,
		  mat_cols(Z, first, count));
}

/* Step lengths for the columns of U whose slope has a choice: tau sigma |U|^2 = 1, and their ratio
 * that of the distances to go in delta and w. Without a choice delta minimises a linear function,
 * which one long step does. */
static void choose_steps(struct relax *relax, ptrdiff_t k)
{
	const double far = 1e6;
	const real *low = mat_col(relax->low, k), *high = mat_col(relax->high, k);
	const real *c = mat_col(relax->C, k);
	double squares = 0, size = 0, norm, ratio;

	for (ptrdiff_t j = 0; j < relax->U.cols; j++) {
		if (!(low[j] < high[j]))
			continue;
		squares += (double)relax->length[j] * (double)relax->length[j];
		size += (double)c[j] * (double)c[j];
	}
	norm = fmin(relax->spectral, sqrt(squares));
	ratio = relax->radius / sqrt(size);
	relax->tau[k] = ratio / norm;
	relax->sigma[k] = 1 / (ratio * norm);
	if (norm > 0 && ratio > 0 && isfinite(relax->tau[k]) && isfinite(relax->sigma[k]))
		return;
	norm = blas_norm((size_t)relax->U.rows, mat_col(relax->G, k));
	relax->tau[k] = norm > 0 ? far * relax->radius / norm : 0;
	relax->sigma[k] = 0;
}

void relax_start(struct relax *relax)
{
	for (ptrdiff_t k = 0; k < relax->count; k++)
		choose_steps(relax, k);
	outputs(relax, relax->delta, relax->Z, 0, relax->count);
}

/* value = min(value, sum_j c_j max(floor_j, z_j)), and the same of the relaxation, constant + sum_j
 * of the larger of low_j z_j and high_j z_j */
static void observe(struct relax *relax, ptrdiff_t k)
{
	const real *z = mat_col(relax->next_Z, k), *c = mat_col(relax->C, k), *floor = relax->floor;
	const real *low = mat_col(relax->low, k), *high = mat_col(relax->high, k);
	double value = 0, ceiling = relax->constant[k];

	for (ptrdiff_t j = 0; j < relax->U.cols; j++) {
		value += (double)c[j] * (double)(z[j] > floor[j] ? z[j] : floor[j]);
		ceiling += (double)(z[j] > 0 ? high[j] : low[j]) * (double)z[j];
	}
	relax->ceiling[k] = fmin(relax->ceiling[k], ceiling);
	if (!(value < relax->value[k]))
		return;
	relax->value[k] = value;
	memcpy(mat_col(relax->best, k), mat_col(relax->next, k),
	       (size_t)relax->U.rows * sizeof(real));
}

static void swap(struct mat *a, struct mat *b)
{
	struct mat kept = *a;

	*a = *b;
	*b = kept;
}

void relax_step(struct relax *relax)
{
	/* next = project(delta - tau g) */
	for (ptrdiff_t k = 0; k < relax->count; k++) {
		const real *restrict delta = mat_col(relax->delta, k), *restrict g =
									       mat_col(relax->G, k);
		real *restrict next = mat_col(relax->next, k), tau = (real)relax->tau[k];

#pragma omp simd
		for (ptrdiff_t i = 0; i < relax->U.rows; i++)
			next[i] = delta[i] - tau * g[i];
		region_project(&relax->region[k], next);
	}
	outputs(relax, relax->next, relax->next_Z, 0, relax->count);
	for (ptrdiff_t k = 0; k < relax->count; k++) {
		observe(relax, k);

		/* w = clip(w + sigma (2 z(next) - z(delta))), the slopes that may be used */
		const real *restrict z = mat_col(relax->Z, k), *restrict ahead =
								       mat_col(relax->next_Z, k);
		const real *restrict low = mat_col(relax->low, k), *restrict high =
									   mat_col(relax->high, k);
		real *restrict w = mat_col(relax->W, k), sigma = (real)relax->sigma[k];

#pragma omp simd
		for (ptrdiff_t j = 0; j < relax->U.cols; j++) {
			real v = w[j] + sigma * (2 * ahead[j] - z[j]);

			v = v > low[j] ? v : low[j];
			w[j] = v < high[j] ? v : high[j];
		}
	}
	swap(&relax->delta, &relax->next);
	swap(&relax->Z, &relax->next_Z);
}

void relax_visit(struct relax *relax, ptrdiff_t column)
{
	real *next = mat_col(relax->next, column);

	memcpy(next, mat_col(relax->delta, column), (size_t)relax->U.rows * sizeof(real));
	region_project(&relax->region[column], next);
	outputs(relax, relax->next, relax->next_Z, column, 1);
	observe(relax, column);
}

void relax_finish(struct relax *relax, ptrdiff_t column)
{
	real *w = mat_col(relax->W, column);
	const real *low = mat_col(relax->low, column), *high = mat_col(relax->high, column);

	for (ptrdiff_t j = 0; j < relax->U.cols; j++)
		w[j] = w[j] < low[j] ? low[j] : w[j] > high[j] ? high[j] : w[j];
	bound(relax, column, 1);
	relax_visit(relax, column);
}

bool relax_decided(const struct relax *relax, ptrdiff_t column)
{
	return relax->bound[column] > 0 || relax->value[column] <= 0;
}

bool relax_exhausted(const struct relax *relax, ptrdiff_t column, bool decide)
{
	double ceiling = relax->ceiling[column];

	return (decide && ceiling <= 0) ||
	       ceiling - relax->bound[column] <= settled * fmax(1, fabs(relax->bound[column]));
}

void relax_move(struct relax *relax, ptrdiff_t to, ptrdiff_t from)
{
	const struct mat all[] = {relax->C,     relax->clean, relax->low, relax->high, relax->W,
				  relax->delta, relax->best,  relax->G,   relax->Z};
	double *rows[] = {relax->constant, relax->reach, relax->bound, relax->value,
			  relax->ceiling,  relax->tau,   relax->sigma};

	if (to == from)
		return;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct mat A = all[i];

		memmove(mat_col(A, to), mat_col(A, from), (size_t)A.rows * sizeof(real));
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		rows[i][to] = rows[i][from];
	relax->region[to] = relax->region[from];
}
