/* Randomised block coordinate descent on the augmented Lagrangian; see rbcd.h for the notation, and
 * Bai, Gautam, Sojoudi 2023, section 3.2. The step rule and the stopping rule are those of the code
 * of the published experiments. */
#include "solvers/admm/rbcd.h"

#include "solvers/core/blas.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
	ROWS = 512,  /* of a row block; the sums over blocks do not depend on the threads */
	SPAN = 1024, /* of one in products: RBCD_WIDTH sums of it stay in the L1 cache, and a
			column's piece is whole pages of memory */
	WINDOW = 8   /* times sqrt(P/b): steps whose mean decrease is compared with the threshold */
};

/* The step rule as published. */
static const double shrink = 2.5;         /* of a refused trial step */
static const double base_shrink = 1.5;    /* of the base step at every refusal */
static const double base_growth = 1.05;   /* of the base step after every inner step */
static const double smallest_step = 1e-8; /* is taken whatever it gives */
static const double smallest_base_step = 1e-10;
static const double unfilled = 1e8; /* decrease that stands for steps not made yet */

/* --- products of a tall matrix with a few columns ------------------------------------------ */

ptrdiff_t rbcd_padded(ptrdiff_t columns)
{
	return (columns + RBCD_WIDTH - 1) / RBCD_WIDTH * RBCD_WIDTH;
}

/* c_j = [a, a2]' b_j, j < 4: eight chains of sums hide the latency of the adder */
static void dots(ptrdiff_t n, const real *restrict a, const real *restrict a2, struct mat B,
		 real *restrict sums)
{
	const real *restrict b0 = mat_col(B, 0), *restrict b1 = mat_col(B, 1);
	const real *restrict b2 = mat_col(B, 2), *restrict b3 = mat_col(B, 3);
	real s0 = 0, s1 = 0, s2 = 0, s3 = 0, t0 = 0, t1 = 0, t2 = 0, t3 = 0;

#pragma omp simd reduction(+ : s0, s1, s2, s3, t0, t1, t2, t3)
	for (ptrdiff_t k = 0; k < n; k++) {
		s0 += a[k] * b0[k];
		s1 += a[k] * b1[k];
		s2 += a[k] * b2[k];
		s3 += a[k] * b3[k];
		t0 += a2[k] * b0[k];
		t1 += a2[k] * b1[k];
		t2 += a2[k] * b2[k];
		t3 += a2[k] * b3[k];
	}
	memcpy(sums, (real[]){s0, s1, s2, s3, t0, t1, t2, t3}, 8 * sizeof *sums);
}

void rbcd_transposed_product(struct mat A, struct mat B, struct mat C)
{
	ptrdiff_t d = A.cols;

	assert(B.cols % RBCD_WIDTH == 0 && B.rows == A.rows && C.rows == d && C.cols == B.cols);
#pragma omp parallel for schedule(static)
	for (ptrdiff_t pair = 0; pair < (d + 1) / 2; pair++) {
		ptrdiff_t j = 2 * pair, next = j + 1 < d ? j + 1 : j;
		real sums[2 * RBCD_WIDTH];

		for (ptrdiff_t c = 0; c < B.cols; c += RBCD_WIDTH) {
			dots(A.rows, mat_col(A, j), mat_col(A, next), mat_cols(B, c, RBCD_WIDTH),
			     sums);
			for (ptrdiff_t w = 0; w < RBCD_WIDTH; w++) {
				mat_set(C, j, c + w, sums[w]);
				mat_set(C, next, c + w, sums[next > j ? RBCD_WIDTH + w : w]);
			}
		}
	}
}

/* Z += A B, A: rows x 4, B: 4 x 4 given by its rows' first element and stride */
static void add_columns(ptrdiff_t rows, struct mat A, struct mat B, real (*restrict z)[SPAN])
{
	const real *restrict a0 = mat_col(A, 0), *restrict a1 = mat_col(A, 1);
	const real *restrict a2 = mat_col(A, 2), *restrict a3 = mat_col(A, 3);
	real b[RBCD_WIDTH][4];

	for (ptrdiff_t w = 0; w < RBCD_WIDTH; w++)
		memcpy(b[w], mat_col(B, w), sizeof b[w]);
#pragma omp simd
	for (ptrdiff_t k = 0; k < rows; k++) {
		real x0 = a0[k], x1 = a1[k], x2 = a2[k], x3 = a3[k];

		z[0][k] += x0 * b[0][0] + x1 * b[0][1] + x2 * b[0][2] + x3 * b[0][3];
		z[1][k] += x0 * b[1][0] + x1 * b[1][1] + x2 * b[1][2] + x3 * b[1][3];
		z[2][k] += x0 * b[2][0] + x1 * b[2][1] + x2 * b[2][2] + x3 * b[2][3];
		z[3][k] += x0 * b[3][0] + x1 * b[3][1] + x2 * b[3][2] + x3 * b[3][3];
	}
}

/* z_w = A b_w, the last columns of A one at a time */
static void block_product(struct mat A, struct mat B, real (*restrict z)[SPAN])
{
	ptrdiff_t j = 0;

	memset(z, 0, RBCD_WIDTH * sizeof *z);
	for (; j + 4 <= A.cols; j += 4)
		add_columns(A.rows, mat_cols(A, j, 4), mat_rows(B, j, 4), z);
	for (; j < A.cols; j++)
		for (ptrdiff_t w = 0; w < RBCD_WIDTH; w++)
			for (ptrdiff_t k = 0; k < A.rows; k++)
				z[w][k] += mat_get(A, k, j) * mat_get(B, j, w);
}

void rbcd_masked_product(struct mat A, struct mat B, struct gates D, const size_t *at,
			 ptrdiff_t count, real *sum)
{
	ptrdiff_t n = A.rows;

	assert(B.cols % RBCD_WIDTH == 0 && B.cols >= count && B.rows == A.cols && D.rows == n);
#pragma omp parallel for schedule(static)
	for (ptrdiff_t first = 0; first < n; first += SPAN) {
		ptrdiff_t rows = first + SPAN < n ? SPAN : n - first;
		_Alignas(64) real z[RBCD_WIDTH][SPAN];

		memset(sum + first, 0, (size_t)rows * sizeof *sum);
		for (ptrdiff_t c = 0; c < count; c++) {
			if (c % RBCD_WIDTH == 0)
				block_product(mat_rows(A, first, rows), mat_cols(B, c, RBCD_WIDTH),
					      z);
			gates_add(gates_from(D, (ptrdiff_t)at[c], first), rows, z[c % RBCD_WIDTH],
				  sum + first);
		}
	}
}

/* --- the descent -------------------------------------------------------------------------- */

static ptrdiff_t row_blocks(ptrdiff_t n)
{
	return (n + ROWS - 1) / ROWS;
}

double rbcd_step_flops(double n, double d, double block)
{
	return 4 * n * d * block + 4 * d * d * block;
}

void rbcd_new(struct rbcd *r, struct arena *arena)
{
	ptrdiff_t n = r->X.rows, d = r->X.cols, P = r->D.cols;

	r->M = mat_new(arena, d, d);
	r->q = mat_new(arena, d, 2 * P);
	r->G = mat_new(arena, d, rbcd_padded(2 * r->block));
	r->H = mat_new(arena, d, rbcd_padded(2 * r->block));
	r->Q = mat_new(arena, n, rbcd_padded(r->block));
	r->C = mat_new(arena, d, rbcd_padded(r->block));
	r->A = mat_new(arena, d, rbcd_padded(r->block));
	r->df = ARENA_ARRAY(arena, real, n);
	r->trial = ARENA_ARRAY(arena, real, n);
	r->sums = ARENA_ARRAY(arena, double, row_blocks(n));
	r->window = (size_t)ceil(WINDOW * sqrt((double)P / (double)r->block));
	r->decreases = ARENA_ARRAY(arena, double, r->window);
	r->drawn = ARENA_ARRAY(arena, size_t, P);
	if (arena_counts(arena))
		return;
	for (ptrdiff_t i = 0; i < P; i++)
		r->drawn[i] = (size_t)i;
	blas_syrk(1, r->X, TRANSPOSED, 0, r->M);
	blas_symmetrize(r->M);
	for (ptrdiff_t j = 0; j < d; j++)
		mat_set(r->M, j, j, mat_get(r->M, j, j) + 1);
}

/* L at trial = f - t df */
static double trial_value(struct rbcd *r, double t)
{
	ptrdiff_t n = r->X.rows;
	double sum = 0;

#pragma omp parallel for schedule(static)
	for (ptrdiff_t b = 0; b < row_blocks(n); b++) {
		ptrdiff_t first = b * ROWS, last = first + ROWS < n ? first + ROWS : n;

		for (ptrdiff_t k = first; k < last; k++)
			r->trial[k] = r->f[k] - (real)t * r->df[k];
		r->sums[b] =
			loss_value(r->loss, (size_t)(last - first), r->trial + first, r->y + first);
	}
	for (ptrdiff_t b = 0; b < row_blocks(n); b++)
		sum += r->sums[b];
	return sum;
}

void rbcd_start(struct rbcd *r)
{
	memset(r->df, 0, (size_t)r->X.rows * sizeof *r->df);
	r->value = trial_value(r, 0);
	mat_copy(r->q, r->R);
	blas_gemm(1, r->M, PLAIN, r->U, PLAIN, -1, r->q);
}

/* G, its differences A = G_u - G_z, |G| and rho <G, q> from C = X'Q. */
static void combine(struct rbcd *r)
{
	ptrdiff_t d = r->X.cols, P = r->D.cols;
	double square = 0, slope = 0, rho = r->rho;

	for (ptrdiff_t j = 0; j < r->block; j++) {
		ptrdiff_t i = (ptrdiff_t)r->drawn[j];
		const real *c = mat_col(r->C, j), *qu = mat_col(r->q, i),
			   *qz = mat_col(r->q, P + i);
		real *gu = mat_col(r->G, j), *gz = mat_col(r->G, r->block + j),
		     *a = mat_col(r->A, j);

		for (ptrdiff_t k = 0; k < d; k++) {
			double pu = rho * (double)qu[k], pz = rho * (double)qz[k];
			double u = (double)c[k] + pu, z = pz - (double)c[k];

			gu[k] = (real)u;
			gz[k] = (real)z;
			a[k] = (real)(u - z);
			square += u * u + z * z;
			slope += u * pu + z * pz;
		}
	}
	r->length = sqrt(square);
	r->slope = slope;
}

/* rho |z - T|^2 on the block */
static double slip_of(const struct rbcd *r)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < r->block; j++) {
		const real *z = mat_col(r->U, r->D.cols + (ptrdiff_t)r->drawn[j]);
		const real *t = mat_col(r->T, (ptrdiff_t)r->drawn[j]);

		for (ptrdiff_t k = 0; k < r->X.cols; k++)
			sum += (double)(z[k] - t[k]) * (double)(z[k] - t[k]);
	}
	return r->rho * sum;
}

void rbcd_direction(struct rbcd *r)
{
	size_t size = (size_t)(r->X.cols * 2 * r->block);
	ptrdiff_t n = r->X.rows;

	/* Q_j = d_ij o grad L(f) */
#pragma omp parallel for schedule(static)
	for (ptrdiff_t b = 0; b < row_blocks(n); b++) {
		ptrdiff_t first = b * ROWS, count = first + ROWS < n ? ROWS : n - first;
		real g[ROWS];

		loss_gradient(r->loss, (size_t)count, r->f + first, r->y + first, g);
		for (ptrdiff_t j = 0; j < r->block; j++)
			gates_mask(gates_from(r->D, (ptrdiff_t)r->drawn[j], first), count, g,
				   mat_col(r->Q, j) + first);
	}
	rbcd_transposed_product(r->X, r->Q, r->C);
	combine(r);
	rbcd_transposed_product(r->M, r->G, r->H); /* M is symmetric */
	rbcd_masked_product(r->X, r->A, r->D, r->drawn, r->block, r->df);
	r->curved = r->rho * blas_dot(size, r->G.at, r->H.at);
	r->slip_term = r->slip ? slip_of(r) : 0;
}

double rbcd_change(struct rbcd *r, double t)
{
	r->trial_value = trial_value(r, t);
	return r->trial_value - r->value - t * r->slope + t * t / 2 * r->curved + r->slip_term;
}

void rbcd_take(struct rbcd *r, double t)
{
	ptrdiff_t P = r->D.cols;
	size_t d = (size_t)r->X.cols;
	real *f = r->f;

	for (ptrdiff_t j = 0; j < 2 * r->block; j++) {
		ptrdiff_t half = j / r->block, i = half * P + (ptrdiff_t)r->drawn[j % r->block];

		blas_axpy(d, -t, mat_col(r->G, j), mat_col(r->U, i));
		blas_axpy(d, -t, mat_col(r->H, j), mat_col(r->q, i));
	}
	r->f = r->trial;
	r->trial = f;
	r->value = r->trial_value;
}

/* One inner step; returns the decrease. */
static double descend(struct rbcd *r)
{
	double t = r->base_step, change;

	rbcd_direction(r);
	change = rbcd_change(r, t);
	while (!(t <= smallest_step || change <= -r->decrease * t * r->length)) {
		t /= shrink;
		r->base_step = fmax(smallest_base_step, r->base_step / base_shrink);
		r->refused++;
		change = rbcd_change(r, t);
	}
	rbcd_take(r, t);
	r->base_step *= base_growth;
	r->steps++;
	return -change;
}

void rbcd_minimise(struct rbcd *r, double threshold, struct rng *rng)
{
	for (size_t i = 0; i < r->window; i++)
		r->decreases[i] = unfilled;
	for (size_t made = 0; made < r->most_steps; made++) {
		double sum = 0;

		for (size_t i = 0; i < r->window; i++)
			sum += r->decreases[i];
		if (!(sum / (double)r->window > fmax(threshold, REAL_EPSILON * fabs(r->value))))
			break;
		/* A random block without replacement: the first b of a permutation, shuffled
		 * that far. */
		for (size_t j = 0; j < (size_t)r->block; j++) {
			size_t k = j + rng_below(rng, (size_t)r->D.cols - j), i = r->drawn[j];

			r->drawn[j] = r->drawn[k];
			r->drawn[k] = i;
		}
		r->decreases[made % r->window] = descend(r);
	}
}
