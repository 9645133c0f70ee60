/* DeepSplit: the optimum of the triangle relaxation, known in the plane; never above the truth, and
 * where CROWN ends, on hundreds of networks. */
#include "tests/close.h"
#include "tests/options.h"
#include "tests/plane.h"
#include "tests/small_net.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct certifier certifier_crown, certifier_deepsplit;

/* Bounds as tight as `steps` make them. */
static void certify(struct certify_job *job, const struct certifier *certifier, double steps)
{
	struct arena scratch = {0};
	void *options = options_default(&certifier->base, &scratch);

	options_set(&certifier->base, options, "stop_when_decided", 0);
	options_set(&certifier->base, options, "steps", steps);
	certifier->run(options, job, &scratch);
	arena_release(&scratch);
}

/* The relaxation around point k is a network itself: an unstable neuron with c < 0 becomes its
 * chord, s (z - below), which is above 0 in the ball. */
static double relaxed_minimum(const struct plane *p, ptrdiff_t k)
{
	struct arena arena = {0};
	struct plane relaxed = *p;
	double eps = p->job.threat.eps, minimum;

	relaxed.net = net_new(&arena, PLANE_D, PLANE_WIDTH);
	for (ptrdiff_t j = 0; j < PLANE_WIDTH; j++) {
		double u[] = {(double)mat_get(p->net.U, 0, j), (double)mat_get(p->net.U, 1, j)};
		double b = (double)mat_get(p->net.U, 2, j), s = 1;
		double z = u[0] * (double)mat_get(p->job.X, k, 0) +
			   u[1] * (double)mat_get(p->job.X, k, 1) + b;
		double dual[] = {[NORM_LINF] = fabs(u[0]) + fabs(u[1]),
				 [NORM_L2] = hypot(u[0], u[1]),
				 [NORM_L1] = fmax(fabs(u[0]), fabs(u[1]))};
		double swing = eps * dual[p->job.threat.norm];

		if (p->job.y[k] * p->net.alpha[j] < 0 && fabs(z) < swing) {
			s = (z + swing) / (2 * swing);
			b -= z - swing;
		}
		mat_set(relaxed.net.U, 0, j, (real)(s * u[0]));
		mat_set(relaxed.net.U, 1, j, (real)(s * u[1]));
		mat_set(relaxed.net.U, 2, j, (real)(s * b));
		relaxed.net.alpha[j] = p->net.alpha[j];
	}
	minimum = plane_minimum(&relaxed, k);
	arena_release(&arena);
	return minimum;
}

static void it_ends_at_the_optimum_of_the_relaxation(void **state)
{
	static const double radii[] = {0.05, 0.4, 1.5};
	int below = 0;

	(void)state;
	for (int c = 0; c < 9; c++) {
		struct plane *p = plane_new((uint64_t)c, (enum norm)(c % 3), radii[c / 3], false);

		certify(&p->job, &certifier_deepsplit, 3000);
		for (ptrdiff_t k = 0; k < PLANE_POINTS; k++) {
			double optimum = relaxed_minimum(p, k), size = fmax(1, fabs(optimum));

			check_at_most(p->job.lower[k], optimum + 1e-12 * size);
			check_at_least(p->job.lower[k], optimum - 1e-3 * size);
			below += optimum < plane_minimum(p, k) - 1e-3;
		}
		plane_free(p);
	}
	check_above(below, PLANE_POINTS); /* it is a relaxation */
}

static void it_is_sound_and_as_tight_as_crown(void **state)
{
	long points = 0, certified = 0, raised = 0, close = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 300; seed++) {
		struct small *s = small_new(seed, (enum norm)(seed % 3),
					    0.1 + 0.2 * (double)(seed % 4), seed % 5 == 0);
		double first[SMALL_POINTS], crown[SMALL_POINTS];

		certify(&s->job, &certifier_crown, 0);
		memcpy(first, s->job.lower, sizeof first);
		certify(&s->job, &certifier_crown, 2000);
		memcpy(crown, s->job.lower, sizeof crown);
		certify(&s->job, &certifier_deepsplit, 2000);
		for (ptrdiff_t k = 0; k < SMALL_POINTS; k += 7) {
			double truth = small_minimum(s, k), size = fmax(1, fabs(truth));

			check_at_most(s->job.lower[k], truth + 1e-12 * size);
			check_at_least(s->job.upper[k], truth - 1e-9 * size);
			check_at_least(s->job.lower[k], first[k]);
			close += s->job.lower[k] >= crown[k] - 1e-3 * size;
			points++;
			certified += s->job.lower[k] > 0;
			raised += s->job.lower[k] > first[k] + 1e-3;
		}
		small_free(s);
	}
	check_above(points, 2000);
	check_at_least((double)close, 0.995 * (double)points);
	check_above(certified, points / 5);
	check_above(raised, points / 20);
}

/* One neuron below and one above zero, l_inf: min of max(0, z) - chord of max(0, z). */
static void one_pair_by_hand(void **state)
{
	real u[] = {1, 1}, alpha[] = {2, -1}, x[] = {(real)0.25}, y[] = {1}, worst[1];
	double lower, upper;
	struct net net = {.base.kind = &model_relu, .U = {1, 2, 1, u}, .alpha = alpha};
	struct certify_job job = {.net = &net,
				  .X = {1, 1, 1, x},
				  .y = y,
				  .threat = {.norm = NORM_LINF, .eps = 1},
				  .lower = &lower,
				  .upper = &upper,
				  .worst = {1, 1, 1, worst}};

	(void)state;
	/* z in [-0.75, 1.25]: 2 max(0, z) - 0.625 (z + 0.75) is least at z = 0 */
	certify(&job, &certifier_deepsplit, 2000);
	check_close(lower, -0.46875, 0, 1e-6);
	check_close(upper, 0, 0, 1e-9); /* the network itself is max(0, z) */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ends_at_the_optimum_of_the_relaxation),
		cmocka_unit_test(it_is_sound_and_as_tight_as_crown),
		cmocka_unit_test(one_pair_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
