/* Certificates in the plane against the true minimum, which lies in a vertex of the arrangement of
 * the neurons' lines and the region, or on its arc; CROWN against a naive twin; order of strength.
 */
#include "solvers/core/certify.h"
#include "tests/options.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct certifier certifier_interval, certifier_crown, certifier_exact;
extern const struct attack attack_pgd;

enum {
	N = 40,
	D = 3, /* the last one is 1 and frozen */
	M = 12,
	LINES = M + 8,
	ARC = 400 /* pieces of a circle that are looked at */
};

static const double pi = 3.14159265358979323846;

struct plane {
	struct arena arena;
	struct net net;
	struct certify_job job;
	real lower[D], upper[D];
	bool frozen[D];
};

static struct plane *plane_new(uint64_t seed, enum norm norm, double eps, bool boxed)
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

static void plane_free(struct plane *p)
{
	struct arena arena = p->arena;

	arena_release(&arena);
}

static void certify(struct plane *p, const struct certifier *certifier, const void *options)
{
	struct arena scratch = {0};

	certifier->run(options, &p->job, &scratch);
	arena_release(&scratch);
}

/* Options whose bounds are to be as tight as they get. */
static void *tight(struct plane *p, const struct certifier *certifier)
{
	void *options = options_default(&certifier->base, &p->arena);

	if (certifier != &certifier_interval)
		options_set(&certifier->base, options, "stop_when_decided", 0);
	return options;
}

/* --- the true minimum ----------------------------------------------------------------------------
 */

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

/* y f(x + delta), from the definition */
static double value_at(const struct plane *p, ptrdiff_t k, const double delta[2])
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
	return is_inside(p, k, delta) ? fmin(best, value_at(p, k, delta)) : best;
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

static double true_minimum(const struct plane *p, ptrdiff_t k)
{
	struct line lines[LINES];
	int count = lines_of(p, k, lines);
	double best = value_at(p, k, (double[]){0, 0});

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

/* --- tests ---------------------------------------------------------------------------------------
 */

/* Every combination of norm, box and radius. */
static void each_plane(void (*check)(struct plane *p))
{
	static const double radii[] = {0.05, 0.4, 1.5};

	for (int norm = NORM_LINF; norm <= NORM_L1; norm++)
		for (int c = 0; c < 6; c++) {
			struct plane *p = plane_new((uint64_t)(10 * norm + c), (enum norm)norm,
						    radii[c / 2], c % 2);

			check(p);
			plane_free(p);
		}
}

static void check_exact(struct plane *p)
{
	void *options = tight(p, &certifier_exact);
	int below = 0;

	options_set(&certifier_exact.base, options, "root_steps", 0);
	certify(p, &certifier_exact, options);
	for (ptrdiff_t k = 0; k < N; k++) {
		double truth = true_minimum(p, k), size = fmax(1, fabs(truth));

		assert_true(p->job.lower[k] <= truth + 1e-12 * size);
		assert_true(p->job.lower[k] >= truth - 1e-4 * size);
		assert_true(p->job.upper[k] >= truth - 1e-7 * size);
		assert_true(p->job.upper[k] <= truth + 1e-4 * size);
		below += truth < value_at(p, k, (double[]){0, 0}) - 1e-3;
	}
	assert_true(below > N / 2); /* the truth looked further than the clean point */
}

static void exact_is_the_true_minimum(void **state)
{
	(void)state;
	each_plane(check_exact);
}

static void check_sign(struct plane *p)
{
	certify(p, &certifier_exact, options_default(&certifier_exact.base, &p->arena));
	for (ptrdiff_t k = 0; k < N; k++) {
		double truth = true_minimum(p, k);

		assert_true(p->job.lower[k] <= truth && p->job.upper[k] >= truth - 1e-7);
		if (fabs(truth) > 1e-6)
			assert_true((p->job.lower[k] > 0) == (truth > 0));
		if (fabs(truth) > 1e-6)
			assert_true((p->job.upper[k] <= 0) == (truth < 0));
	}
}

static void exact_decides_every_sign(void **state)
{
	(void)state;
	each_plane(check_sign);
}

static void check_order(struct plane *p)
{
	double *last = ARENA_ARRAY(&p->arena, double, N);
	const struct certifier *const order[] = {&certifier_interval, &certifier_crown,
						 &certifier_crown, &certifier_exact};

	for (int c = 0; c < 4; c++) {
		void *options = tight(p, order[c]);

		if (c == 1)
			options_set(&order[c]->base, options, "steps", 0);
		certify(p, order[c], options);
		for (ptrdiff_t k = 0; k < N; k++) {
			assert_true(p->job.lower[k] <= p->job.upper[k]);
			assert_true(p->job.lower[k] <= true_minimum(p, k));
			/* both are exact where no neuron is unstable, up to rounding */
			assert_true(c == 0 || p->job.lower[k] >= last[k] - 1e-12);
			last[k] = p->job.lower[k];
		}
	}
}

static void bounds_are_ordered_by_strength(void **state)
{
	(void)state;
	each_plane(check_order);
}

/* CROWN with fixed slopes or intervals, whatever is higher; without a box */
static double naive_crown(const struct plane *p, ptrdiff_t k)
{
	double g[2] = {0, 0}, bound = 0, interval = 0, eps = p->job.threat.eps;
	bool flat = p->job.threat.norm == NORM_LINF;

	for (ptrdiff_t j = 0; j < M; j++) {
		double u[] = {(double)mat_get(p->net.U, 0, j), (double)mat_get(p->net.U, 1, j)};
		double z = u[0] * (double)mat_get(p->job.X, k, 0) +
			   u[1] * (double)mat_get(p->job.X, k, 1) + (double)mat_get(p->net.U, 2, j);
		double swing = eps * (flat ? fabs(u[0]) + fabs(u[1]) : hypot(u[0], u[1]));
		double c = (double)(p->job.y[k] * p->net.alpha[j]), w = 0, constant = 0;

		if (z - swing >= 0) {
			w = c;
		} else if (z + swing > 0 && c > 0) {
			w = z > 0 ? c : 0;
		} else if (z + swing > 0) {
			w = c * (z + swing) / (2 * swing);
			constant = w * (swing - z);
		}
		interval += c * fmax(0, c > 0 ? z - swing : z + swing);
		bound += w * z + constant;
		g[0] += w * u[0];
		g[1] += w * u[1];
	}
	bound -= eps * (flat ? fabs(g[0]) + fabs(g[1]) : hypot(g[0], g[1]));
	return fmax(bound, interval);
}

static void crown_equals_its_naive_twin(void **state)
{
	(void)state;
	for (int norm = NORM_LINF; norm <= NORM_L2; norm++) {
		struct plane *p = plane_new(3, (enum norm)norm, 0.4, false);
		void *options = tight(p, &certifier_crown);

		options_set(&certifier_crown.base, options, "steps", 0);
		certify(p, &certifier_crown, options);
		for (ptrdiff_t k = 0; k < N; k++)
			assert_true(fabs(p->job.lower[k] - naive_crown(p, k)) < 1e-11);
		plane_free(p);
	}
}

static void better_slopes_raise_bounds(void **state)
{
	struct plane *p = plane_new(5, NORM_L2, 0.5, false);
	double *fixed = ARENA_ARRAY(&p->arena, double, N);
	void *options = tight(p, &certifier_crown);
	int raised = 0;

	(void)state;
	options_set(&certifier_crown.base, options, "steps", 0);
	certify(p, &certifier_crown, options);
	for (ptrdiff_t k = 0; k < N; k++)
		fixed[k] = p->job.lower[k];
	options_set(&certifier_crown.base, options, "steps", 50);
	certify(p, &certifier_crown, options);
	for (ptrdiff_t k = 0; k < N; k++)
		raised += p->job.lower[k] > fixed[k] + 1e-3;
	assert_true(raised > N / 4);
	plane_free(p);
}

static int undecided;

static void check_small_budget(struct plane *p)
{
	void *options = options_default(&certifier_exact.base, &p->arena);

	options_set(&certifier_exact.base, options, "nodes", 1);
	options_set(&certifier_exact.base, options, "steps", 3);
	options_set(&certifier_exact.base, options, "root_steps", 0);
	certify(p, &certifier_exact, options);
	for (ptrdiff_t k = 0; k < N; k++) {
		double truth = true_minimum(p, k);

		assert_true(p->job.lower[k] <= truth && p->job.upper[k] >= truth - 1e-7);
		undecided += p->job.lower[k] <= 0 && p->job.upper[k] > 0;
	}
}

/* One node is a relaxation: it leaves signs open, and every claim it makes is true. */
static void a_budget_of_one_leaves_points_undecided(void **state)
{
	(void)state;
	undecided = 0;
	each_plane(check_small_budget);
	assert_true(undecided > 5); /* of 720 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_is_the_true_minimum),
		cmocka_unit_test(exact_decides_every_sign),
		cmocka_unit_test(bounds_are_ordered_by_strength),
		cmocka_unit_test(crown_equals_its_naive_twin),
		cmocka_unit_test(better_slopes_raise_bounds),
		cmocka_unit_test(a_budget_of_one_leaves_points_undecided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
