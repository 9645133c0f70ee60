/* All places where the minimum of a piecewise linear function over a ball can be: where as many
 * kinks and sides meet as there are dimensions, and for l_2 the lowest points of the sphere within
 * the planes of fewer. */
#include "tests/small_net.h"

#include "solvers/core/rng.h"
#include "tests/toy.h"

#include <math.h>
#include <string.h>

enum { N = SMALL_POINTS, D = SMALL_D, M = SMALL_WIDTH, PLANES = M + 2 * D + (1 << D) };

/* Columns of unlike scale, neurons that are nearly the same, weights of one sign: in turn. */
static void fill_net(struct small *s, uint64_t seed, struct rng *rng)
{
	struct mat U = s->net.U;

	toy_fill(U, rng);
	for (ptrdiff_t i = 0; i < U.rows && seed % 2; i++) {
		double size = exp(2 * rng_normal(rng));

		for (ptrdiff_t j = 0; j < U.cols; j++)
			mat_set(U, i, j, (real)size * mat_get(U, i, j));
	}
	for (ptrdiff_t j = 1; j < U.cols && seed % 4 == 3; j++)
		for (ptrdiff_t i = 0; i < U.rows; i++)
			mat_set(U, i, j, mat_get(U, i, 0) + (real)1e-3 * mat_get(U, i, j));
	for (ptrdiff_t j = 0; j < U.cols; j++) {
		double alpha = rng_normal(rng) * exp(seed % 2 ? rng_normal(rng) : 0);

		s->net.alpha[j] = (real)(seed % 5 == 4 ? fabs(alpha) : alpha);
	}
}

struct small *small_new(uint64_t seed, enum norm norm, double eps, bool boxed)
{
	struct arena arena = {0};
	struct small *s = ARENA_NEW(&arena, struct small);
	struct rng rng = rng_stream(seed, "test_certify_small", 0);
	ptrdiff_t d = 1 + (ptrdiff_t)(rng_bits(&rng) % D), m = 1 + (ptrdiff_t)(rng_bits(&rng) % M);
	real *y = ARENA_ARRAY(&arena, real, N);

	s->net = net_new(&arena, d, m);
	s->job = (struct certify_job){.net = &s->net,
				      .X = mat_new(&arena, N, d),
				      .y = y,
				      .threat = {.norm = norm, .eps = eps, .frozen = s->frozen},
				      .lower = ARENA_ARRAY(&arena, double, N),
				      .upper = ARENA_ARRAY(&arena, double, N),
				      .worst = mat_new(&arena, N, d)};
	fill_net(s, seed, &rng);
	toy_fill(s->job.X, &rng);
	s->frozen[d - 1] = d > 1 && seed % 3 == 1;
	for (ptrdiff_t k = 0; k < N && s->frozen[d - 1]; k++)
		mat_set(s->job.X, k, d - 1, 1);
	for (ptrdiff_t k = 0; k < N; k++)
		y[k] = toy_output(&s->net, s->job.X, k) > 0 ? 1 : -1;
	for (ptrdiff_t i = 0; i < d; i++) {
		s->low[i] = (real)-0.7;
		s->high[i] = (real)0.9;
	}
	if (boxed) {
		s->job.threat.lower = s->low;
		s->job.threat.upper = s->high;
	}
	s->arena = arena;
	return s;
}

void small_free(struct small *s)
{
	struct arena arena = s->arena;

	arena_release(&arena);
}

struct planes { /* a_i'delta = b_i */
	int count;
	double a[PLANES][D], b[PLANES];
};

static void end_of_box(const struct small *s, ptrdiff_t k, ptrdiff_t i, double *low, double *high)
{
	const struct threat *t = &s->job.threat;
	double x = (double)mat_get(s->job.X, k, i);

	*low = *high = 0;
	if (t->frozen[i])
		return;
	*low = t->lower ? fmax(-t->eps, fmin(0, (double)t->lower[i] - x)) : -t->eps;
	*high = t->upper ? fmin(t->eps, fmax(0, (double)t->upper[i] - x)) : t->eps;
}

static void add_plane(struct planes *p, const double *a, double b)
{
	memcpy(p->a[p->count], a, D * sizeof *a);
	p->b[p->count++] = b;
}

/* Kinks of the neurons, ends of the box, and the sides of an l_1 ball. */
static struct planes planes_of(const struct small *s, ptrdiff_t k)
{
	struct planes p = {0};
	ptrdiff_t d = s->job.X.cols;

	for (ptrdiff_t j = 0; j < s->net.U.cols; j++) {
		double a[D] = {0}, z = 0;

		for (ptrdiff_t i = 0; i < d; i++) {
			a[i] = (double)mat_get(s->net.U, i, j);
			z += a[i] * (double)mat_get(s->job.X, k, i);
		}
		add_plane(&p, a, -z);
	}
	for (ptrdiff_t i = 0; i < d; i++) {
		double a[D] = {0}, low, high;

		if (s->job.threat.norm != NORM_LINF && !s->job.threat.lower && !s->frozen[i])
			continue;
		a[i] = 1;
		end_of_box(s, k, i, &low, &high);
		add_plane(&p, a, low);
		if (low < high)
			add_plane(&p, a, high);
	}
	for (int side = 0; side < (1 << d) && s->job.threat.norm == NORM_L1; side++) {
		double a[D] = {0};

		for (ptrdiff_t i = 0; i < d; i++)
			a[i] = side >> i & 1 ? 1 : -1;
		add_plane(&p, a, s->job.threat.eps);
	}
	return p;
}

static bool is_inside(const struct small *s, ptrdiff_t k, const double *delta)
{
	double largest = 0, square = 0, sum = 0, size, low, high;
	const double slack = 1e-11;

	for (ptrdiff_t i = 0; i < s->job.X.cols; i++) {
		largest = fmax(largest, fabs(delta[i]));
		square += delta[i] * delta[i];
		sum += fabs(delta[i]);
		end_of_box(s, k, i, &low, &high);
		if (delta[i] < low - slack || delta[i] > high + slack)
			return false;
	}
	size = s->job.threat.norm == NORM_LINF ? largest
	       : s->job.threat.norm == NORM_L2 ? sqrt(square)
					       : sum;
	return size <= s->job.threat.eps + slack;
}

static double value_at(const struct small *s, ptrdiff_t k, const double *delta)
{
	double f = 0;

	for (ptrdiff_t j = 0; j < s->net.U.cols; j++) {
		double z = 0;

		for (ptrdiff_t i = 0; i < s->net.U.rows; i++)
			z += (double)mat_get(s->net.U, i, j) *
			     ((double)mat_get(s->job.X, k, i) + delta[i]);
		f += (double)s->net.alpha[j] * fmax(0, z);
	}
	return (double)s->job.y[k] * f;
}

/* q less its part within the span of the basis. */
static void remove_from(double *q, double basis[D][D], int count)
{
	for (int b = 0; b < count; b++) {
		double dot = 0;

		for (int i = 0; i < D; i++)
			dot += q[i] * basis[b][i];
		for (int i = 0; i < D; i++)
			q[i] -= dot * basis[b][i];
	}
}

/* Gram-Schmidt: an orthonormal basis of the chosen planes' normals, and the point nearest to 0 that
 * lies on all of them. False where they are (nearly) dependent. */
static bool meet(const struct planes *p, const int *chosen, int count, double basis[D][D],
		 double point[D])
{
	memset(point, 0, D * sizeof *point);
	for (int c = 0; c < count; c++) {
		double *q = basis[c], length = 0, size = 0, along = 0;

		memcpy(q, p->a[chosen[c]], D * sizeof *q);
		for (int i = 0; i < D; i++)
			size += q[i] * q[i];
		remove_from(q, basis, c);
		remove_from(q, basis, c); /* what rounding left */
		for (int i = 0; i < D; i++)
			length += q[i] * q[i];
		if (!(length > 1e-18 * size))
			return false;
		for (int i = 0; i < D; i++)
			q[i] /= sqrt(length);
		for (int i = 0; i < D; i++)
			along += p->a[chosen[c]][i] * q[i];
		length = p->b[chosen[c]];
		for (int i = 0; i < D; i++)
			length -= p->a[chosen[c]][i] * point[i];
		for (int i = 0; i < D; i++)
			point[i] += length / along * q[i];
	}
	return true;
}

static double try_point(const struct small *s, ptrdiff_t k, const double *delta, double best)
{
	return is_inside(s, k, delta) ? fmin(best, value_at(s, k, delta)) : best;
}

/* The minimum of every linear piece of y f over the sphere within the planes that are met. */
static double try_sphere(const struct small *s, ptrdiff_t k, double basis[D][D], int count,
			 const double *point, double best)
{
	double rest = s->job.threat.eps * s->job.threat.eps;
	ptrdiff_t m = s->net.U.cols;

	for (int i = 0; i < D; i++)
		rest -= point[i] * point[i];
	for (int piece = 0; piece < 1 << m && rest >= 0; piece++) {
		double g[D] = {0}, length = 0;

		for (ptrdiff_t j = 0; j < m; j++)
			for (ptrdiff_t i = 0; i < s->net.U.rows && piece >> j & 1; i++)
				g[i] += (double)s->job.y[k] * (double)s->net.alpha[j] *
					(double)mat_get(s->net.U, i, j);
		remove_from(g, basis, count);
		for (int i = 0; i < D; i++)
			length += g[i] * g[i];
		for (int i = 0; i < D && length > 1e-24; i++)
			g[i] = point[i] - sqrt(rest / length) * g[i];
		if (length > 1e-24)
			best = try_point(s, k, g, best);
	}
	return best;
}

/* min y f: over the points where planes meet, and for l_2 the lowest points of the sphere there. */
static double search(const struct small *s, ptrdiff_t k, const struct planes *p, int *chosen,
		     int count, double best)
{
	double basis[D][D], point[D];
	int d = (int)s->job.X.cols, first = count > 0 ? chosen[count - 1] + 1 : 0;

	if (!meet(p, chosen, count, basis, point))
		return best;
	best = try_point(s, k, point, best);
	if (s->job.threat.norm == NORM_L2 && count < d)
		best = try_sphere(s, k, basis, count, point, best);
	for (chosen[count] = first; count < d && chosen[count] < p->count; chosen[count]++)
		best = search(s, k, p, chosen, count + 1, best);
	return best;
}

double small_minimum(const struct small *s, ptrdiff_t k)
{
	struct planes p = planes_of(s, k);
	int chosen[D + 1];

	return search(s, k, &p, chosen, 0, value_at(s, k, (double[D]){0}));
}
