/* Group lasso on a Gram matrix. See scp_group.h. */
#include "solvers/scp/scp_group.h"

#include "solvers/core/blas.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
	PASSES = 2,      /* between Newton steps */
	MOST_INNER = 30, /* conjugate gradients of a Newton step */
	LENGTHS = 24,    /* of it that are tried */
	STOPPING = 4,    /* of these, with any number of rows that stop at zero */
	STOPS = 10       /* Newton steps in turn that end where a row stops */
};

/* Share of the slope that conjugate gradients leave. */
static const double solved = 2e-2;

/* Ridge of the preconditioner as a share of the largest diagonal entry of G. */
static const double ridge = 16 * REAL_EPSILON;

struct scp_group scp_group_new(ptrdiff_t N, ptrdiff_t k, struct arena *arena)
{
	struct scp_group s = {.N = N, .k = k};
	double **arrays[] = {&s.B, &s.A, &s.C, &s.D, &s.GD, &s.R, &s.P};

	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
		*arrays[i] = ARENA_ARRAY(arena, double, N *k);
	s.row = ARENA_ARRAY(arena, double, k);
	s.used = ARENA_ARRAY(arena, ptrdiff_t, N);
	s.G = mat_new(arena, N, N);
	s.factor = mat_lower(arena, N);
	s.thin[0] = mat_new(arena, N, k);
	s.thin[1] = mat_new(arena, N, k);
	return s;
}

void scp_group_resize(struct scp_group *s, ptrdiff_t N)
{
	s->N = s->G.rows = s->G.cols = N;
	for (int i = 0; i < 2; i++)
		s->thin[i].rows = s->thin[i].stride = N;
	memset(s->A, 0, (size_t)(N * s->k) * sizeof *s->A);
}

/* y += x * column */
static void add_column(ptrdiff_t N, double x, const real *restrict column, double *restrict y)
{
#pragma omp simd
	for (ptrdiff_t i = 0; i < N; i++)
		y[i] += x * (double)column[i];
}

/* GX = G X in double, by the rows of X that are not zero */
static void product(const struct scp_group *s, const double *X, double *GX)
{
	memset(GX, 0, (size_t)(s->N * s->k) * sizeof *GX);
#pragma omp parallel for schedule(static) if (s->N * s->k > 4096)
	for (ptrdiff_t c = 0; c < s->k; c++)
		for (ptrdiff_t j = 0; j < s->N; j++)
			if (fabs(X[j + c * s->N]) > 0)
				add_column(s->N, X[j + c * s->N], mat_col(s->G, j), GX + c * s->N);
}

static double dot(const struct scp_group *s, const double *x, const double *y)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < s->N * s->k; i++)
		sum += x[i] * y[i];
	return sum;
}

/* Length of row j of X + t D; D may be NULL. */
static double length_of(const struct scp_group *s, const double *X, double t, const double *D,
			ptrdiff_t j)
{
	double square = 0;

	for (ptrdiff_t i = j; i < s->N * s->k; i += s->N) {
		double x = X[i] + (D ? t * D[i] : 0);

		square += x * x;
	}
	return sqrt(square);
}

void scp_group_linearise(struct scp_group *s, struct mat S)
{
	product(s, s->A, s->B);
	for (ptrdiff_t i = 0; i < s->N * s->k; i++) {
		s->C[i] = -(double)S.at[i];
		s->B[i] += s->C[i];
	}
}

void scp_group_refresh(struct scp_group *s)
{
	product(s, s->A, s->C);
	for (ptrdiff_t i = 0; i < s->N * s->k; i++)
		s->C[i] = s->B[i] - s->C[i];
}

/* Row j takes its best value: the group soft threshold of A_j + C_j / G_jj at beta / G_jj. */
static void update(struct scp_group *s, ptrdiff_t j)
{
	double h = (double)mat_get(s->G, j, j), square = 0, keep;

	if (!(h > 0))
		return; /* a neuron that is active nowhere stays at zero */
	for (ptrdiff_t c = 0; c < s->k; c++) {
		s->row[c] = s->C[j + c * s->N] + h * s->A[j + c * s->N];
		square += s->row[c] * s->row[c];
	}
	keep = square > s->beta * s->beta ? (1 - s->beta / sqrt(square)) / h : 0;
	for (ptrdiff_t c = 0; c < s->k; c++) {
		double *a = &s->A[j + c * s->N], change = keep * s->row[c] - *a;

		if (fabs(change) > 0)
			add_column(s->N, -change, mat_col(s->G, j), s->C + c * s->N);
		*a += change;
	}
}

/* The rows that are not zero; their slope goes to R, P becomes G + diag(beta / |A_j|) over them,
 * factored. 0 if that fails. */
static ptrdiff_t factor(struct scp_group *s)
{
	double largest = 0;
	ptrdiff_t count = 0;
	struct mat L;

	for (ptrdiff_t j = 0; j < s->N; j++)
		if (length_of(s, s->A, 0, NULL, j) > 0) {
			s->used[count++] = j;
			largest = fmax(largest, (double)mat_get(s->G, j, j));
		}
	L = mat_rows(mat_cols(s->factor, 0, count), 0, count);
	for (ptrdiff_t j = 0; j < count; j++) {
		const real *g = mat_col(s->G, s->used[j]);
		real *l = mat_col(L, j);

		for (ptrdiff_t i = j; i < count; i++)
			l[i] = g[s->used[i]];
		l[j] += (real)(s->beta / length_of(s, s->A, 0, NULL, s->used[j]) + ridge * largest);
	}
	return blas_cholesky(L) ? count : 0;
}

/* to (N x k) = (the factor)^-1 R, over the `count` used rows; zero elsewhere */
static void precondition(struct scp_group *s, ptrdiff_t count, double *to)
{
	struct mat L = mat_rows(mat_cols(s->factor, 0, count), 0, count);
	struct mat x = mat_rows(s->thin[0], 0, count);

	for (ptrdiff_t c = 0; c < s->k; c++)
		for (ptrdiff_t i = 0; i < count; i++)
			mat_set(x, i, c, (real)s->R[s->used[i] + c * s->N]);
	blas_cholesky_solve(L, x);
	memset(to, 0, (size_t)(s->N * s->k) * sizeof *to);
	for (ptrdiff_t c = 0; c < s->k; c++)
		for (ptrdiff_t i = 0; i < count; i++)
			to[s->used[i] + c * s->N] = (double)mat_get(x, i, c);
}

/* GD = (curvature + D) P over the used rows */
static void apply(struct scp_group *s, ptrdiff_t count, struct scp_group_curvature curvature)
{
	for (ptrdiff_t i = 0; i < s->N * s->k; i++)
		s->thin[0].at[i] = (real)s->P[i];
	if (curvature.product)
		curvature.product(curvature.of, s->thin[0], s->thin[1]);
	else
		blas_gemm(1, s->G, PLAIN, s->thin[0], PLAIN, 0, s->thin[1]);
	memset(s->GD, 0, (size_t)(s->N * s->k) * sizeof *s->GD);
	for (ptrdiff_t u = 0; u < count; u++) {
		ptrdiff_t j = s->used[u];
		double length = length_of(s, s->A, 0, NULL, j), along = 0;

		for (ptrdiff_t i = j; i < s->N * s->k; i += s->N)
			along += s->A[i] * s->P[i] / length;
		for (ptrdiff_t i = j; i < s->N * s->k; i += s->N)
			s->GD[i] = (double)s->thin[1].at[i] +
				   s->beta / length * (s->P[i] - along * s->A[i] / length);
	}
}

bool scp_group_direction(struct scp_group *s, struct scp_group_curvature curvature)
{
	ptrdiff_t count = factor(s);
	double now, start;

	if (count == 0)
		return false;

	memset(s->R, 0, (size_t)(s->N * s->k) * sizeof *s->R);
	memset(s->D, 0, (size_t)(s->N * s->k) * sizeof *s->D);
	for (ptrdiff_t u = 0; u < count; u++) {
		ptrdiff_t j = s->used[u];
		double length = length_of(s, s->A, 0, NULL, j);

		for (ptrdiff_t i = j; i < s->N * s->k; i += s->N)
			s->R[i] = s->C[i] - s->beta * s->A[i] / length;
	}
	precondition(s, count, s->P);
	now = start = dot(s, s->R, s->P);
	for (int step = 0; step < MOST_INNER && now > solved * solved * start; step++) {
		double before = now, curve, length;

		apply(s, count, curvature);
		curve = dot(s, s->P, s->GD);
		if (!(curve > 0))
			break;
		length = now / curve;
		for (ptrdiff_t i = 0; i < s->N * s->k; i++) {
			s->D[i] += length * s->P[i];
			s->R[i] -= length * s->GD[i];
		}
		precondition(s, count, s->GD);
		now = dot(s, s->R, s->GD);
		for (ptrdiff_t i = 0; i < s->N * s->k; i++)
			s->P[i] = s->GD[i] + now / before * s->P[i];
	}
	return true;
}

struct scp_group_move scp_group_displace(struct scp_group *s, double t)
{
	struct scp_group_move move = {0};
	ptrdiff_t size = s->N * s->k;

	for (ptrdiff_t j = 0; j < s->N; j++) {
		double square = 0, ahead = 0, own, moved, along = 0;

		for (ptrdiff_t i = j; i < size; i += s->N) {
			square += s->A[i] * s->A[i];
			ahead += s->A[i] * (s->A[i] + t * s->D[i]);
		}
		own = sqrt(square);
		for (ptrdiff_t i = j; i < size; i += s->N) {
			s->R[i] = own > 0 && ahead <= 0 ? -s->A[i] : t * s->D[i];
			along += own > 0 ? s->A[i] * s->R[i] / own : 0;
			move.rate -= s->C[i] * s->R[i];
		}
		moved = length_of(s, s->R, 0, NULL, j);
		move.rate += s->beta * (own > 0 ? along : moved);
		move.norm += length_of(s, s->A, 1, s->R, j);
		move.before += own;
	}
	return move;
}

double scp_group_length(const struct scp_group *s, int number, double before)
{
	double length = number > 0 ? before / 2 : 1;

	for (ptrdiff_t j = 0; j < s->N && number == STOPPING; j++) {
		double square = 0, ahead = 0;

		for (ptrdiff_t i = j; i < s->N * s->k; i += s->N) {
			square += s->A[i] * s->A[i];
			ahead += s->A[i] * s->D[i];
		}
		if (square > 0 && -ahead * length > square)
			length = square / -ahead * (1 + 4 * DBL_EPSILON);
	}
	return length;
}

/* A moves along D by the first length that lowers the objective enough. Whether that is one at
 * which the first row stops, or shorter. */
static bool descend(struct scp_group *s)
{
	double t = 0;

	for (int number = 0; number < LENGTHS; number++) {
		struct scp_group_move move;
		double change;

		t = scp_group_length(s, number, t);
		move = scp_group_displace(s, t);
		product(s, s->R, s->GD);
		change = dot(s, s->R, s->GD) / 2 - dot(s, s->C, s->R) +
			 s->beta * (move.norm - move.before);
		if (!(change <= scp_group_enough * move.rate && move.rate < 0))
			continue;
		for (ptrdiff_t i = 0; i < s->N * s->k; i++) {
			s->A[i] += s->R[i];
			s->C[i] -= s->GD[i];
		}
		return number >= STOPPING;
	}
	return false;
}

void scp_group_step(struct scp_group *s)
{
	for (int pass = 0; pass < PASSES; pass++)
		for (ptrdiff_t j = 0; j < s->N; j++)
			update(s, j);
	/* a pass would bring back at once the row that stopped it */
	for (int stops = 0; stops < STOPS; stops++)
		if (!scp_group_direction(s, (struct scp_group_curvature){0}) || !descend(s))
			break;
}

double scp_group_gap(struct scp_group *s)
{
	double product_ba = dot(s, s->B, s->A), largest = 0, norm = 0, quadratic, left, cross,
	       scale;

	quadratic = product_ba - dot(s, s->C, s->A); /* <A, G A> */
	for (ptrdiff_t j = 0; j < s->N; j++) {
		largest = fmax(largest, length_of(s, s->C, 0, NULL, j));
		norm += length_of(s, s->A, 0, NULL, j);
	}
	left = s->square - 2 * product_ba + quadratic; /* |T - Phi A|^2 */
	cross = s->square - product_ba;                /* <T, T - Phi A> */
	/* the best scale if it is feasible, else the largest that is */
	scale = left > 0 ? cross / left : 1;
	scale = largest * scale > s->beta ? s->beta / largest : scale;
	s->objective = left / 2 + s->beta * norm;
	s->bound = scale * cross - scale * scale / 2 * left;
	return s->objective - s->bound;
}
