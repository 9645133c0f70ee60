/* Certificates in the plane against the true minimum; CROWN against a naive twin; order of
 * strength.
 */
#include "tests/close.h"
#include "tests/options.h"
#include "tests/plane.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct certifier certifier_interval, certifier_crown, certifier_exact;

enum { N = PLANE_POINTS, M = PLANE_WIDTH };

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
		double truth = plane_minimum(p, k), size = fmax(1, fabs(truth));

		check_at_most(p->job.lower[k], truth + 1e-12 * size);
		check_at_least(p->job.lower[k], truth - 1e-4 * size);
		check_at_least(p->job.upper[k], truth - 1e-7 * size);
		check_at_most(p->job.upper[k], truth + 1e-4 * size);
		below += truth < plane_value(p, k, (double[]){0, 0}) - 1e-3;
	}
	check_above(below, N / 2); /* the truth looked further than the clean point */
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
		double truth = plane_minimum(p, k);

		check_at_most(p->job.lower[k], truth);
		check_at_least(p->job.upper[k], truth - 1e-7);
		if (truth > 1e-6)
			check_above(p->job.lower[k], 0);
		if (truth < -1e-6)
			check_at_most(p->job.upper[k], 0);
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
			check_at_most(p->job.lower[k], p->job.upper[k]);
			check_at_most(p->job.lower[k], plane_minimum(p, k));
			/* both are exact where no neuron is unstable, up to rounding */
			if (c > 0)
				check_at_least(p->job.lower[k], last[k] - 1e-12);
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
			check_close(p->job.lower[k], naive_crown(p, k), 0, 1e-11);
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
	check_above(raised, N / 4);
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
		double truth = plane_minimum(p, k);

		check_at_most(p->job.lower[k], truth);
		check_at_least(p->job.upper[k], truth - 1e-7);
		undecided += p->job.lower[k] <= 0 && p->job.upper[k] > 0;
	}
}

/* One node is a relaxation: it leaves signs open, and every claim it makes is true. */
static void a_budget_of_one_leaves_points_undecided(void **state)
{
	(void)state;
	undecided = 0;
	each_plane(check_small_budget);
	check_above(undecided, 5); /* of 720 */
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
