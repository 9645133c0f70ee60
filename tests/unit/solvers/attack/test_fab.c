/* fab against the true distance to the boundary: by enumeration on tiny networks, by a grid in the
 * plane, in closed form for linear functions. */
#include "tests/attack_fixture.h"
#include "tests/close.h"
#include "tests/small_net.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct attack attack_fab;

enum { NETS = 150, LOOKED_AT = 3, HALVINGS = 30, N = 240, D = 8, M = FIXTURE_WIDTH };

static double distance(const struct attack_job *job, ptrdiff_t k)
{
	double largest = 0, square = 0, sum = 0;

	for (ptrdiff_t i = 0; i < job->X.cols; i++) {
		double delta =
			fabs((double)mat_get(job->worst, k, i) - (double)mat_get(job->X, k, i));

		largest = fmax(largest, delta);
		square += delta * delta;
		sum += delta;
	}
	return job->threat.norm == NORM_LINF ? largest
	       : job->threat.norm == NORM_L2 ? sqrt(square)
					     : sum;
}

/* The smallest eps at which the minimum of y f is below 0; HUGE_VAL: above `most`. */
static double true_distance(struct small *s, ptrdiff_t k, double most)
{
	double low = 0, high = most;

	s->job.threat.eps = most;
	if (small_minimum(s, k) > -1e-10)
		return HUGE_VAL;
	for (int h = 0; h < HALVINGS; h++) {
		s->job.threat.eps = (low + high) / 2;
		if (small_minimum(s, k) > -1e-10)
			low = s->job.threat.eps;
		else
			high = s->job.threat.eps;
	}
	return high;
}

static struct attack_job job_of(struct small *s, const struct model *model, double eps)
{
	struct attack_job job = {.model = model,
				 .X = s->job.X,
				 .y = s->job.y,
				 .threat = s->job.threat,
				 .seed = 1,
				 .worst = mat_new(&s->arena, SMALL_POINTS, s->job.X.cols),
				 .margin = ARENA_ARRAY(&s->arena, real, SMALL_POINTS)};

	job.threat.eps = eps;
	mat_copy(job.worst, job.X);
	for (ptrdiff_t k = 0; k < SMALL_POINTS; k++)
		job.margin[k] = (real)(job.y[k] * toy_output(&s->net, job.X, k));
	return job;
}

struct tally {
	int there, found, near, reached;
};

static void compare(struct small *s, struct tally *t)
{
	const double most = 3;
	struct attack_job job = job_of(s, &s->net.base, most);

	attack_fab.run(toy_options(&attack_fab.base, "{}", &s->arena), &job, &s->arena);
	for (ptrdiff_t k = 0; k < LOOKED_AT; k++) {
		bool found = job.margin[k] <= 0;
		double truth, ours = distance(&job, k);

		if (!((double)job.y[k] * toy_output(&s->net, job.X, k) > 0))
			continue;
		truth = true_distance(s, k, most);
		t->there += truth < HUGE_VAL;
		if (!found)
			continue;
		check_at_most(toy_output(&s->net, job.worst, k) * (double)job.y[k], 1e-12);
		check_at_least(ours, truth * (1 - 1e-6) - 1e-8); /* also where there is none */
		t->found++;
		t->near += ours <= truth * 1.03 + 1e-8;
		t->reached += ours <= truth * (1 + 1e-6) + 1e-8;
	}
}

/* Of networks with a bias: without one many have no boundary but the origin. */
static void distances_are_the_true_ones(void **state)
{
	(void)state;
	for (enum norm norm = NORM_LINF; norm <= NORM_L1; norm++) {
		struct tally t = {0};

		for (uint64_t seed = 1; seed < 3 * NETS; seed += 3) {
			struct small *s = small_new(seed, norm, 1, seed / 3 % 2);

			if (s->job.X.cols == 2 || s->job.X.cols == 3)
				compare(s, &t);
			small_free(s);
		}
		check_at_least(t.there, 40);
		check_at_least(t.found, 0.9 * t.there);
		check_at_least(t.near, 0.95 * t.found);
		check_at_least(t.reached, 0.85 * t.found);
	}
}

/* f = w'x near the data: the distance is the margin over the dual norm of the free columns. */
static void linear_distances_are_closed(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, true);
	double w[D] = {0}, dual[3] = {0};

	(void)state;
	t.frozen[3] = true;
	for (ptrdiff_t i = 0; i < D; i++) {
		for (ptrdiff_t j = 0; j < M; j++)
			if (i != j % D) /* weights of both signs */
				mat_set(t.net.U, i, j, mat_get(t.net.U, i, j) / 20);
		for (ptrdiff_t j = 0; j < M; j++)
			w[i] += (double)mat_get(t.net.U, i, j) * (double)t.net.alpha[j];
		w[i] = t.frozen[i] ? 0 : fabs(w[i]);
		dual[NORM_LINF] += w[i];
		dual[NORM_L2] = hypot(dual[NORM_L2], w[i]);
		dual[NORM_L1] = fmax(dual[NORM_L1], w[i]);
	}
	for (enum norm norm = NORM_LINF; norm <= NORM_L1; norm++) {
		int near = 0;

		t.job.threat = (struct threat){.norm = norm, .eps = 1, .d = D, .frozen = t.frozen};
		attack_fixture_from_clean(&t, &attack_fab, "{restarts: 1, steps: 10}");
		for (ptrdiff_t k = 0; k < N; k++) {
			double margin = (double)t.job.y[k] * toy_output(&t.net, t.job.X, k);
			double truth = margin / dual[norm];

			if (margin <= 0 || truth > 0.95) /* all neurons are active so near */
				continue;
			check_at_most(t.job.margin[k], 0);
			check_close(distance(&t.job, k), truth, 1e-6, 0);
			near++;
		}
		check_at_least(near, 5);
	}
	arena_release(&t.arena);
}

/* In the plane: of the points of a grid that are across the boundary, none is nearer. */
static void no_point_of_a_grid_is_nearer(void **state)
{
	enum { SIDE = 121, SAMPLES = 24 };
	struct attack_fixture t = attack_fixture_make(SAMPLES, 2, false);
	struct mat at = mat_new(&t.arena, 1, 2);

	(void)state;
	for (enum norm norm = NORM_LINF; norm <= NORM_L1; norm++) {
		struct attack_job looked_at = t.job;

		t.job.threat = (struct threat){.norm = norm, .eps = 1.5, .d = 2};
		attack_fixture_from_clean(&t, &attack_fab, "{restarts: 20}");
		looked_at.X = mat_rows(t.job.X, 0, 1);
		looked_at.worst = at;
		looked_at.threat = t.job.threat;
		for (int p = 0; p < SAMPLES * SIDE * SIDE; p++) {
			ptrdiff_t k = p / (SIDE * SIDE);
			int cell = p % (SIDE * SIDE);
			double size;

			looked_at.X = mat_rows(t.job.X, k, 1);
			for (int i = 0; i < 2; i++) {
				double u = 2.0 * (i ? cell / SIDE : cell % SIDE) / (SIDE - 1) - 1;

				mat_set(at, 0, i, mat_get(t.job.X, k, i) + (real)(1.5 * u));
			}
			size = distance(&looked_at, 0);
			if ((double)t.job.y[k] * toy_output(&t.net, at, 0) > 0 || size > 1.5)
				continue;
			check_at_most(t.job.margin[k], 0);
			check_at_most(distance(&t.job, k), 1.05 * size);
		}
	}
	arena_release(&t.arena);
}

/* What is broken on entry stays as it is; what is found is within the ball, and the same in a
 * larger one. */
static void found_points_do_not_depend_on_the_radius(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	struct mat small = mat_new(&t.arena, N, D), before = mat_new(&t.arena, N, D);
	real *margin = ARENA_ARRAY(&t.arena, real, N);
	int broken = 0;

	(void)state;
	t.job.threat = (struct threat){.norm = NORM_L2, .eps = 0.4, .d = D};
	attack_fixture_from_clean(&t, &attack_fab, "{restarts: 1}");
	mat_copy(small, t.job.worst);
	memcpy(margin, t.job.margin, N * sizeof *margin);
	t.job.threat.eps = 2;
	attack_fixture_from_clean(&t, &attack_fab, "{restarts: 1}");
	for (ptrdiff_t k = 0; k < N; k++)
		for (ptrdiff_t i = 0; i < D && margin[k] <= 0; i++)
			check_close(mat_get(t.job.worst, k, i), mat_get(small, k, i), 0, 1e-6);
	for (ptrdiff_t k = 0; k < N; k++)
		broken += margin[k] <= 0 && distance(&t.job, k) > 0;
	check_at_least(broken, 10);
	mat_copy(before, t.job.worst);
	memcpy(margin, t.job.margin, N * sizeof *margin);
	attack_fixture_run(&t, &attack_fab, toy_options(&attack_fab.base, "{}", &t.arena));
	for (ptrdiff_t k = 0; k < N; k++)
		for (ptrdiff_t i = 0; i < D && margin[k] <= 0; i++)
			check_equal(mat_get(t.job.worst, k, i), mat_get(before, k, i));
	arena_release(&t.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances_are_the_true_ones),
		cmocka_unit_test(linear_distances_are_closed),
		cmocka_unit_test(no_point_of_a_grid_is_nearer),
		cmocka_unit_test(found_points_do_not_depend_on_the_radius),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
