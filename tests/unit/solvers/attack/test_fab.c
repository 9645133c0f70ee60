/* fab against the true distance to the boundary: by enumeration on tiny networks, by a grid in the
 * plane, in closed form for linear functions, and of several outputs. */
#include "solvers/core/rng.h"
#include "solvers/model/multinet.h"
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

extern const struct attack attack_fab, attack_pgd;

enum { NETS = 240, LOOKED_AT = 3, HALVINGS = 30 };

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

/* The smallest eps at which the minimum of y f is not above 0; HUGE_VAL: above `most`. */
static double true_distance(struct small *s, ptrdiff_t k, double most)
{
	double low = 0, high = most;

	s->job.threat.eps = most;
	if (small_minimum(s, k) > 1e-11)
		return HUGE_VAL;
	for (int h = 0; h < HALVINGS; h++) {
		s->job.threat.eps = (low + high) / 2;
		if (small_minimum(s, k) > 1e-11)
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
	int reached, within, found, there, none, invented;
	double worst;
};

static void compare(struct small *s, struct tally *t)
{
	const double most = 3;
	struct attack_job job = job_of(s, &s->net.base, most);

	attack_fab.run(toy_options(&attack_fab.base, "{}", &s->arena), &job, &s->arena);
	for (ptrdiff_t k = 0; k < LOOKED_AT; k++) {
		double truth, ours = job.margin[k] > 0 ? HUGE_VAL : distance(&job, k);

		if (!((double)job.y[k] * toy_output(&s->net, job.X, k) > 0))
			continue;
		truth = true_distance(s, k, most);
		t->none += isinf(truth);
		t->invented += isinf(truth) && ours < HUGE_VAL;
		t->there += !isinf(truth);
		t->found += !isinf(truth) && ours < HUGE_VAL;
		if (!isinf(truth) && isinf(ours)) { struct attack_job j2 = job_of(s, &s->net.base, most); attack_pgd.run(toy_options(&attack_pgd.base, "{restarts: 20, steps: 100}", &s->arena), &j2, &s->arena); printf("missed d %td m %td box %d truth %g pgd %g clean %g\n", s->job.X.cols, s->net.U.cols, s->job.threat.lower != NULL, truth, (double)j2.margin[k], (double)job.y[k] * toy_output(&s->net, job.X, k)); }
		if (isinf(truth) || isinf(ours))
			continue;
		check_at_least(ours, truth * (1 - 1e-6) - 1e-8);
		t->reached += ours <= truth * (1 + 1e-6) + 1e-8;
		t->within += ours <= truth * 1.03 + 1e-8;
		t->worst = fmax(t->worst, ours / truth);
	}
}

static void distances_are_the_true_ones(void **state)
{
	(void)state;
	for (enum norm norm = NORM_LINF; norm <= NORM_L1; norm++) {
		struct tally t = {0};

		for (uint64_t seed = 0; seed < NETS; seed++) {
			struct small *s = small_new(seed, norm, 1, seed / 3 % 2);

			if (s->job.X.cols <= 3)
				compare(s, &t);
			small_free(s);
		}
		printf("norm %d: there %d found %d reached %d within %d none %d invented %d worst "
		       "%g\n",
		       norm, t.there, t.found, t.reached, t.within, t.none, t.invented, t.worst);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances_are_the_true_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
