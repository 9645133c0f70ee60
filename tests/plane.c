/* Candidates for the minimum of a piecewise linear function of the plane. */
#include "tests/plane.h"

#include "solvers/core/rng.h"
#include "tests/toy.h"

#include <math.h>

enum {
	N = PLANE_POINTS,
	D = PLANE_D,
	M = PLANE_WIDTH,
	LINES = M + 8,
	ARC = 400 /* pieces of a circle that are looked at */
};

static const double pi = 3.14159265358979323846;

struct plane *plane_new(uint64_t seed, enum norm norm, double eps, bool boxed)
{
	struct arena arena = {0};
	struct plane *p = ARENA_NEW(&arena, struct plane);
	struct rng rng = rng_stream(seed, "test_certify", 0);
	struct mat X = mat_new(&arena, N, D);
	real *y = ARENA_ARRAY(&arena, real, N);

	p->net = net_new(&arena, D, M);
	toy_fill(X, &rng);
	toy_fill(p->net.U, &rng);
	for (ptrdiff_t j = 0; j < M; j++)
		p->net.alpha[j] = (real)rng_normal(&rng);
	for (ptrdiff_t i = 0; i < D; i++) {
		p->lower[i] = (real)-0.6; /* many points lie outside: their box is widened */
		p->upper[i] = (real)0.8;
		p->frozen[i] = i == D - 1;
	}
	for (ptrdiff_t k = 0; k < N; k++)
		mat_set(X, k, D - 1, 1);
	for (ptrdiff_t k = 0; k < N; k++)
		y[k] = (toy_output(&p->net, X, k) > 0) == (k % 8 > 0) ? 1 : -1;
	p->job = (struct certify_job){.net = &p->net,
				      .X = X,
				      .y = y,
				      .threat = {.norm = norm,
						 .eps = eps,
						 .lower = boxed ? p->lower : NULL,
						 .upper = boxed ? p->upper : NULL,
						 .frozen = p->frozen},
				      .lower = ARENA_ARRAY(&arena, double, N),
				      .upper = ARENA_ARRAY(&arena, double, N),
				      .worst = mat_new(&arena, N, D)};
	p->arena = arena;
	return p;
}

void plane_free(struct plane *p)
{
	struct arena arena = p->arena;

	arena_release(&arena);
}

/* End of the box of delta in coordinate i: the clip box widened to hold x, within eps. */
static void box_of(const struct plane *p, ptrdiff_t k, int i, double *low, double *high)
{
	double x = (double)mat_get(p->job.X, k, i), eps = p->job.threat.eps;

	*low = p->job.threat.lower ? fmax(-eps, fmin(0, (double)p->lower[i] - x)) : -eps;
	*high = p->job.threat.upper ? fmin(eps, fmax(0, (double)p->upper[i] - x)) : eps;
}

static bool is_inside(const struct plane *p, ptrdiff_t k, const double delta[2])
{
	const double slack = 1e-9;
	double size[] = {[NORM_LINF] = fmax(fabs(delta[0]), fabs(delta[1])),
			 [NORM_L2] = hypot(delta[0], delta[1]),
			 [NORM_L1] = fabs(delta[0]) + fabs(delta[1])};

	for (int i = 0; i < 2; i++) {
		double low, high;

		box_of(p, k, i, &low, &high);
		if (delta[i] < low - slack || delta[i] > high + slack)
			return false;
	}
	return size[p->job.threat.norm] <= p->job.threat.eps + slack;
}

double plane_value(const struct plane *p, ptrdiff_t k, const double delta[2])
{
	double f = 0;

	for (ptrdiff_t j = 0; j < M; j++) {
		double z = (double)mat_get(p->net.U, 2, j);

		for (int i = 0; i < 2; i++)
			z += (double)mat_get(p->net.U, i, j) *
			     ((double)mat_get(p->job.X, k, i) + delta[i]);
		f += (double)p->net.alpha[j] * fmax(0, z);
	}
	return (double)p->job.y[k] * f;
}

struct line { /* a'delta = b */
	double a[2], b;
};

static int lines_of(const struct plane *p, ptrdiff_t k, struct line *lines)
{
	int count = 0;

	for (ptrdiff_t j = 0; j < M; j++) {
		double a[2] = {(double)mat_get(p->net.U, 0, j), (double)mat_get(p->net.U, 1, j)};

		lines[count++] = (struct line){{a[0], a[1]},
					       -(a[0] * (double)mat_get(p->job.X, k, 0) +
						 a[1] * (double)mat_get(p->job.X, k, 1) +
						 (double)mat_get(p->net.U, 2, j))};
	}
	for (int i = 0; i < 2; i++) {
		double low, high, sign = i ? -1 : 1;

		box_of(p, k, i, &low, &high);
		lines[count++] = (struct line){{i == 0, i == 1}, low};
		lines[count++] = (struct line){{i == 0, i == 1}, high};
		lines[count++] = (struct line){{1, sign}, p->job.threat.eps}; /* sides of l_1 */
		lines[count++] = (struct line){{1, sign}, -p->job.threat.eps};
	}
	return count;
}

static double try_point(const struct plane *p, ptrdiff_t k, const double delta[2], double best)
{
	return is_inside(p, k, delta) ? fmin(best, plane_value(p, k, delta)) : best;
}

/* Where a line meets the circle |delta| = eps. */
static double try_circle(const struct plane *p, ptrdiff_t k, const struct line *line, double best)
{
	double eps = p->job.threat.eps, square = line->a[0] * line->a[0] + line->a[1] * line->a[1];
	double rest = eps * eps - line->b * line->b / square;

	if (rest < 0)
		return best;
	for (int sign = -1; sign <= 1; sign += 2) {
		double t = sign * sqrt(rest / square);
		double delta[] = {line->a[0] * line->b / square - line->a[1] * t,
				  line->a[1] * line->b / square + line->a[0] * t};

		best = try_point(p, k, delta, best);
	}
	return best;
}

/* The minimum on the circle of the linear piece at an angle, -eps g / |g|. */
static double try_arc(const struct plane *p, ptrdiff_t k, double angle, double best)
{
	double eps = p->job.threat.eps, g[2] = {0, 0}, length;
	double at[] = {eps * cos(angle), eps * sin(angle)};

	for (ptrdiff_t j = 0; j < M; j++) {
		double u[] = {(double)mat_get(p->net.U, 0, j), (double)mat_get(p->net.U, 1, j)};
		double z = u[0] * ((double)mat_get(p->job.X, k, 0) + at[0]) +
			   u[1] * ((double)mat_get(p->job.X, k, 1) + at[1]) +
			   (double)mat_get(p->net.U, 2, j);
		double c = (double)(p->job.y[k] * p->net.alpha[j]);

		g[0] += z > 0 ? c * u[0] : 0;
		g[1] += z > 0 ? c * u[1] : 0;
	}
	length = hypot(g[0], g[1]);
	best = try_point(p, k, at, best);
	if (!(length > 0))
		return best;
	return try_point(p, k, (double[]){-eps * g[0] / length, -eps * g[1] / length}, best);
}

double plane_minimum(const struct plane *p, ptrdiff_t k)
{
	struct line lines[LINES];
	int count = lines_of(p, k, lines);
	double best = plane_value(p, k, (double[]){0, 0});

	for (int i = 0; i < count; i++)
		for (int j = 0; j < i; j++) {
			const struct line *s = &lines[i], *t = &lines[j];
			double det = s->a[0] * t->a[1] - s->a[1] * t->a[0];
			double delta[] = {(s->b * t->a[1] - s->a[1] * t->b) / det,
					  (s->a[0] * t->b - s->b * t->a[0]) / det};

			if (fabs(det) > 0)
				best = try_point(p, k, delta, best);
		}
	for (int i = 0; i < count && p->job.threat.norm == NORM_L2; i++)
		best = try_circle(p, k, &lines[i], best);
	for (int i = 0; i < ARC && p->job.threat.norm == NORM_L2; i++)
		best = try_arc(p, k, 2 * pi * i / ARC, best);
	return best;
}
