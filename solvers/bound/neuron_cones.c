/* Second-order cones of the moments of neurons. See neuron_cones.h. */
#include "solvers/bound/neuron_cones.h"

#include "solvers/core/blas.h"

#include <math.h>

enum { HALVINGS = 60 };

/* Their penalty as a share of that of the products: more makes steps shorter. */
static const double weight = 0.05;

static const double half_root = 0.7071067811865476;

struct neuron_cones neuron_cones_new(ptrdiff_t n, ptrdiff_t k, struct arena *arena)
{
	struct neuron_cones s;

	for (int v = 0; v < 2; v++) {
		s.R[v] = mat_new(arena, n, k);
		s.Z[v] = mat_new(arena, n, k);
		s.a[v] = ARENA_ARRAY(arena, real, n);
		s.y[v] = ARENA_ARRAY(arena, real, n);
	}
	s.last = mat_new(arena, 1 + k + n, 1 + k + n);
	s.Q = mat_new(arena, n, k);
	s.square = mat_new(arena, k, k);
	s.q = ARENA_ARRAY(arena, real, n);
	s.r = ARENA_ARRAY(arena, real, k);
	return s;
}

void neuron_cones_narrow(struct neuron_cones *s, ptrdiff_t k)
{
	for (int v = 0; v < 2; v++)
		s->R[v].cols = s->Z[v].cols = k;
	s->Q.cols = s->square.rows = s->square.cols = k;
	s->last.rows = s->last.cols = 1 + k + s->Q.rows;
}

double neuron_cones_share(void)
{
	return 1 + weight;
}

/* (x + weight (w y + (1 - w) last)) / (1 + weight): entries that the cones see once count for half
 * of their two places. */
static real joined(real x, real y, real last, double w)
{
	double mean = w * (double)y + (1 - w) * (double)last;

	return (real)(((double)x + weight * mean) / (1 + weight));
}

/* E alpha c and E alpha s from E alpha v, column 0. */
static void join_alpha(struct neuron_cones *s, struct mat P, struct mat B)
{
	ptrdiff_t n = P.rows, k = P.cols;
	real h = (real)half_root, *b = mat_col(B, 0), *last = mat_col(s->last, 0);

	for (ptrdiff_t i = 0; i < n; i++) {
		real z = s->a[0][i] - s->y[0][i], w = s->a[1][i] - s->y[1][i];

		s->q[i] = h * (z - w);
		b[1 + k + i] = joined(b[1 + k + i], h * (z + w), last[1 + k + i], 0.5);
	}
	blas_gemv(1, P, TRANSPOSED, s->q, 0, s->r);
	for (ptrdiff_t j = 0; j < k; j++)
		b[1 + j] = joined(b[1 + j], s->r[j], last[1 + j], 0.5);
}

void neuron_cones_join(struct neuron_cones *s, struct mat P, struct mat B)
{
	ptrdiff_t n = P.rows, k = P.cols;
	real h = (real)half_root;

	for (ptrdiff_t l = 0; l < k; l++)
		for (ptrdiff_t i = 0; i < n; i++) {
			real z = mat_get(s->R[0], i, l) - mat_get(s->Z[0], i, l);
			real w = mat_get(s->R[1], i, l) - mat_get(s->Z[1], i, l);

			mat_set(s->Q, i, l, h * (z - w));
			mat_set(B, 1 + k + i, 1 + l,
				joined(mat_get(B, 1 + k + i, 1 + l), h * (z + w),
				       mat_get(s->last, 1 + k + i, 1 + l), 0.5));
		}
	blas_gemm(1, P, TRANSPOSED, s->Q, PLAIN, 0, s->square);
	for (ptrdiff_t j = 0; j < k; j++)
		for (ptrdiff_t i = j; i < k; i++)
			mat_set(B, 1 + i, 1 + j,
				joined(mat_get(B, 1 + i, 1 + j),
				       (mat_get(s->square, i, j) + mat_get(s->square, j, i)) / 2, 0,
				       1));
	for (ptrdiff_t j = 0; j < n; j++)
		for (ptrdiff_t i = j; i < n; i++)
			mat_set(B, 1 + k + i, 1 + k + j,
				joined(mat_get(B, 1 + k + i, 1 + k + j), 0,
				       mat_get(s->last, 1 + k + i, 1 + k + j), 0));
	join_alpha(s, P, B);
}

/* |diag(length) r / (1 + mu length^2)| */
static double length_at(ptrdiff_t k, const real *length, const real *r, double mu)
{
	double square = 0;

	for (ptrdiff_t j = 0; j < k; j++) {
		double d = (double)length[j], x = d * (double)r[j] / (1 + mu * d * d);

		square += x * x;
	}
	return sqrt(square);
}

/* By the multiplier mu of |diag(length) r|^2 <= a^2: a / (1 - mu), r / (1 + mu length^2), of which
 * the first has the sign of a for mu < 1 and the other one beyond. */
void neuron_cones_nearest(ptrdiff_t k, const real *length, real *a, real *r)
{
	double polar = 0, own = (double)*a, low = own > 0 ? 0 : 0.5, high = own < 0 ? 1 : 0.5, mu;

	if (length_at(k, length, r, 0) <= own)
		return;
	for (ptrdiff_t j = 0; j < k; j++) {
		double x = (double)r[j] / (double)length[j];

		polar += x * x;
	}
	if (sqrt(polar) <= -own) {
		*a = 0;
		for (ptrdiff_t j = 0; j < k; j++)
			r[j] = 0;
		return;
	}
	for (int step = 0; step < HALVINGS; step++) { /* of mu / (1 + mu) */
		double x = (low + high) / 2;
		bool longer;

		mu = x / (1 - x);
		longer = length_at(k, length, r, mu) > own / (1 - mu);
		if (longer == (own > 0))
			low = x;
		else
			high = x;
	}
	mu = low / (1 - low);
	*a = (real)length_at(k, length, r, mu);
	for (ptrdiff_t j = 0; j < k; j++)
		r[j] /= (real)(1 + mu * (double)length[j] * (double)length[j]);
}

/* Row i of a copy; side: of z 1, of w -1. */
static void project_row(struct neuron_cones *s, const real *length, struct mat S, int v,
			ptrdiff_t i, double relaxed)
{
	ptrdiff_t k = s->Q.cols, row = 1 + k + i;
	real h = (real)(relaxed * half_root), back = (real)(1 - relaxed), side = v ? -1 : 1;
	real a = h * (mat_get(S, row, 0) + side * s->q[i]) + back * s->a[v][i] + s->y[v][i];

	s->y[v][i] = s->a[v][i] = a;
	for (ptrdiff_t l = 0; l < k; l++) {
		s->r[l] = h * (mat_get(S, row, 1 + l) + side * mat_get(s->Q, i, l)) +
			  back * mat_get(s->R[v], i, l) + mat_get(s->Z[v], i, l);
		mat_set(s->Z[v], i, l, s->r[l]);
	}
	neuron_cones_nearest(k, length, &s->a[v][i], s->r);
	s->y[v][i] -= s->a[v][i];
	for (ptrdiff_t l = 0; l < k; l++) {
		mat_set(s->R[v], i, l, s->r[l]);
		mat_set(s->Z[v], i, l, mat_get(s->Z[v], i, l) - s->r[l]);
	}
}

void neuron_cones_project(struct neuron_cones *s, struct mat P, const real *length, struct mat S,
			  double relaxed)
{
	ptrdiff_t k = P.cols;

	blas_gemm(1, P, PLAIN, mat_rows(mat_cols(S, 1, k), 1, k), PLAIN, 0, s->Q);
	blas_gemv(1, P, PLAIN, mat_col(S, 0) + 1, 0, s->q);
	for (int v = 0; v < 2; v++)
		for (ptrdiff_t i = 0; i < P.rows; i++)
			project_row(s, length, S, v, i, relaxed);
	mat_copy(s->last, S);
}

void neuron_cones_rescale(struct neuron_cones *s, double by)
{
	for (int v = 0; v < 2; v++) {
		for (ptrdiff_t l = 0; l < s->Z[v].cols; l++)
			blas_scale((size_t)s->Z[v].rows, by, mat_col(s->Z[v], l));
		blas_scale((size_t)s->Z[v].rows, by, s->y[v]);
	}
}

void neuron_cones_tell(struct neuron_cones *s, struct mat V, const real *length, double rho,
		       struct cone_multipliers *out)
{
	struct mat *to[] = {&out->G, &out->H};
	real *p[] = {out->p, out->q}, by = (real)(-rho * weight);

	for (int v = 0; v < 2; v++) {
		for (ptrdiff_t l = 0; l < s->Q.cols; l++)
			for (ptrdiff_t i = 0; i < s->Q.rows; i++)
				mat_set(s->Q, i, l, by * mat_get(s->Z[v], i, l) / length[l]);
		blas_gemm(1, s->Q, PLAIN, V, TRANSPOSED, 0, *to[v]);
		for (ptrdiff_t i = 0; i < s->Q.rows; i++)
			p[v][i] = by * s->y[v][i];
	}
}
