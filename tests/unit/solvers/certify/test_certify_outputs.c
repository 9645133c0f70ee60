/* Certificates of several outputs against the true least margin of random small networks, against
 * attacks, and against those of one output. */
#include "solvers/core/rng.h"
#include "solvers/model/attack.h"
#include "solvers/model/certify.h"
#include "solvers/model/multinet.h"
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

enum { NETS = 1000, POINTS = 2, MOST = 5 };

/* A small network with k outputs: U and points of small_net.c, all of A random. */
struct case_of {
	struct small *small;
	struct arena arena;
	struct model *model;
	ptrdiff_t k;
	int label[SMALL_POINTS];
	struct certify_job job;
	double truth[SMALL_POINTS];
};

static double margin_at(const struct case_of *c, struct mat X, ptrdiff_t i)
{
	double f[MOST], size, rival = -HUGE_VAL;

	c->model->kind->sample(c->model, X, i, f, &size);
	for (int j = 0; j < c->k; j++)
		rival = j != c->label[i] ? fmax(rival, f[j]) : rival;
	return f[c->label[i]] - rival;
}

/* The class that the network gives, of every third point the next one. */
static void choose_labels(struct case_of *c)
{
	for (ptrdiff_t i = 0; i < c->job.X.rows; i++) {
		double best = -HUGE_VAL;
		int top = 0;

		for (int y = 0; y < c->k; y++) {
			c->label[i] = y;
			if (margin_at(c, c->job.X, i) > best)
				top = y;
			best = fmax(best, margin_at(c, c->job.X, i));
		}
		c->label[i] = i % 3 < 2 ? top : (int)((top + 1) % c->k);
	}
}

static struct case_of *make(uint64_t seed, enum norm norm, ptrdiff_t k, ptrdiff_t points)
{
	static struct case_of c;
	struct rng rng = rng_stream(seed, "test_certify_outputs", 0);
	struct multinet *net;
	struct mat X;

	c = (struct case_of){
		.small = small_new(seed, norm, 0.1 + 0.4 * rng_uniform(&rng), seed % 2 == 0),
		.k = k};
	X = mat_rows(c.small->job.X, 0, points);
	c.model = model_new(&model_relu_outputs, &c.arena,
			    (struct model_size){X.cols, c.small->net.U.cols, k});
	net = multinet_of(c.model);
	mat_copy(net->U, c.small->net.U);
	toy_fill(net->A, &rng);
	c.job = (struct certify_job){.X = X,
				     .threat = c.small->job.threat,
				     .lower = ARENA_ARRAY(&c.arena, double, points),
				     .upper = ARENA_ARRAY(&c.arena, double, points),
				     .worst = mat_new(&c.arena, points, X.cols)};
	choose_labels(&c);
	return &c;
}

static void free_case(struct case_of *c)
{
	arena_release(&c->arena);
	small_free(c->small);
}

/* The least of all rivals, by enumeration of the places where each can have its minimum. */
static void enumerate(struct case_of *c)
{
	const struct multinet *net = multinet_of(c->model);
	real *y = ARENA_ARRAY(&c->arena, real, SMALL_POINTS);

	for (ptrdiff_t i = 0; i < c->job.X.rows; i++) {
		c->truth[i] = HUGE_VAL;
		y[i] = 1;
		c->small->job.y = y;
		for (int rival = 0; rival < c->k; rival++) {
			for (ptrdiff_t j = 0; j < net->U.cols; j++)
				c->small->net.alpha[j] =
					mat_get(net->A, j, c->label[i]) - mat_get(net->A, j, rival);
			if (rival != c->label[i])
				c->truth[i] = fmin(c->truth[i], small_minimum(c->small, i));
		}
	}
}

/* Those of networks; one for another kind of models has tests of its own. */
static size_t certifier_next(size_t index)
{
	while (index < registry_count(KIND_CERTIFICATE) &&
	       ((const struct certifier *)(const void *)registry_at(KIND_CERTIFICATE, index))
		       ->margins)
		index++;
	return index;
}

static void certify(struct case_of *c, size_t index, const char *options)
{
	const struct certifier *certifier =
		(const struct certifier *)(const void *)registry_at(KIND_CERTIFICATE, index);
	struct arena scratch = {0};

	certify_margins(certifier, toy_options(&certifier->base, options, &scratch), c->model,
			c->label, &c->job, &scratch);
	arena_release(&scratch);
}

/* Rounding of outputs in `real`, and of the enumeration. */
static double noise_of(const struct case_of *c, ptrdiff_t i)
{
	double f[MOST], size;

	c->model->kind->sample(c->model, c->job.X, i, f, &size);
	return 1e3 * REAL_EPSILON * (10 + size);
}

static void attack(struct case_of *c, real *margin)
{
	const struct attack *apgd = NULL;
	struct arena scratch = {0};
	struct attack_job job = {.model = c->model,
				 .X = c->job.X,
				 .label = c->label,
				 .threat = c->job.threat,
				 .seed = 3,
				 .worst = mat_new(&scratch, c->job.X.rows, c->job.X.cols),
				 .margin = margin};

	for (size_t a = 0; a < registry_count(KIND_ATTACK); a++)
		if (strcmp(registry_at(KIND_ATTACK, a)->name, "apgd") == 0)
			apgd = (const struct attack *)(const void *)registry_at(KIND_ATTACK, a);
	mat_copy(job.worst, job.X);
	for (ptrdiff_t i = 0; i < job.X.rows; i++)
		margin[i] = (real)margin_at(c, job.X, i);
	apgd->run(toy_options(&apgd->base,
			      "{steps: 20, restarts: 1, loss: targeted, stop_when_broken: false}",
			      &scratch),
		  &job, &scratch);
	arena_release(&scratch);
}

/* found: by an attack */
static void check_sound(const struct case_of *c, const real *found)
{
	for (ptrdiff_t i = 0; i < c->job.X.rows; i++) {
		double noise = noise_of(c, i);

		check_at_most(c->job.lower[i], c->truth[i] + noise * 1e-3);
		check_at_least(c->job.upper[i], c->truth[i] - noise);
		check_at_most(margin_at(c, c->job.worst, i), c->job.upper[i] + noise);
		check_at_most(c->job.lower[i], found[i]);
	}
}

static void count(const struct case_of *c, long *decided, long *certified)
{
	for (ptrdiff_t i = 0; i < c->job.X.rows; i++) {
		*decided += c->job.lower[i] > 0 || c->job.upper[i] <= 0;
		*certified += c->job.lower[i] > 0;
	}
}

/* certified <= exact <= attacked, of every norm, with a box and without. */
static void bounds_are_sound(void **state)
{
	long decided = 0, certified = 0, reached = 0, all = 0;

	(void)state;
	for (uint64_t seed = 0; seed < NETS; seed++) {
		enum norm norm = (enum norm)(seed / 2 % 3);
		struct case_of *c = make(seed, norm, 3 + (ptrdiff_t)(seed % 3), POINTS);
		real found[POINTS];

		enumerate(c);
		attack(c, found);
		for (size_t which = certifier_next(0); which < registry_count(KIND_CERTIFICATE);
		     which = certifier_next(which + 1)) {
			certify(c, which, "{}");
			check_sound(c, found);
			if (strcmp(registry_at(KIND_CERTIFICATE, which)->name, "exact") == 0)
				count(c, &decided, &certified);
		}
		all += POINTS;
		for (ptrdiff_t i = 0; i < POINTS; i++) {
			check_at_least(found[i], c->truth[i] - noise_of(c, i));
			reached += (double)found[i] <= c->truth[i] + 1e-3;
		}
		free_case(c);
	}
	/* what holds of bounds that say nothing would pass the above */
	check_at_least(decided, all * 99 / 100);
	check_above(certified, all / 10);
	check_above(reached, all / 3);
}

/* Two classes as f/2 and -f/2: the bounds are those of y f. */
static void two_outputs_agree_with_one(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 30; seed++) {
		struct case_of *c = make(seed, (enum norm)(seed % 3), 2, SMALL_POINTS);
		const struct multinet *net = multinet_of(c->model);
		struct certify_job one = c->job;
		real y[SMALL_POINTS];

		one.lower = ARENA_ARRAY(&c->arena, double, SMALL_POINTS);
		one.upper = ARENA_ARRAY(&c->arena, double, SMALL_POINTS);
		one.y = y;
		for (ptrdiff_t j = 0; j < net->U.cols; j++) {
			mat_set(net->A, j, 1, c->small->net.alpha[j] / 2);
			mat_set(net->A, j, 0, -c->small->net.alpha[j] / 2);
		}
		for (ptrdiff_t i = 0; i < SMALL_POINTS; i++)
			y[i] = c->label[i] ? 1 : -1;
		for (size_t which = certifier_next(0); which < registry_count(KIND_CERTIFICATE);
		     which = certifier_next(which + 1)) {
			const struct certifier *certifier =
				(const struct certifier *)(const void *)registry_at(
					KIND_CERTIFICATE, which);
			struct arena scratch = {0};

			certify_margins(certifier, toy_options(&certifier->base, "{}", &scratch),
					&c->small->net.base, NULL, &one, &scratch);
			certify(c, which, "{}");
			for (ptrdiff_t i = 0; i < SMALL_POINTS; i++) {
				/* a decided one may have stopped elsewhere */
				assert_int_equal(c->job.lower[i] > 0, one.lower[i] > 0);
				check_close(c->job.upper[i], one.upper[i], 0, 10 * noise_of(c, i));
				check_close(c->job.lower[i], one.lower[i], 0, 10 * noise_of(c, i));
			}
			arena_release(&scratch);
		}
		free_case(c);
	}
}

/* Outputs and labels permuted: the same bounds. */
static void classes_may_be_permuted(void **state)
{
	static const int to[4] = {2, 0, 3, 1};

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct case_of *c = make(seed, (enum norm)(seed % 3), 4, SMALL_POINTS);
		struct multinet *net = multinet_of(c->model);
		struct mat A = mat_new(&c->arena, net->A.rows, 4);
		double lower[SMALL_POINTS], upper[SMALL_POINTS];
		int label[SMALL_POINTS];

		for (size_t which = certifier_next(0); which < registry_count(KIND_CERTIFICATE);
		     which = certifier_next(which + 1)) {
			mat_copy(A, net->A);
			memcpy(label, c->label, sizeof label);
			certify(c, which, "{}");
			memcpy(lower, c->job.lower, sizeof lower);
			memcpy(upper, c->job.upper, sizeof upper);
			for (int j = 0; j < 4; j++)
				mat_copy(mat_cols(net->A, to[j], 1), mat_cols(A, j, 1));
			for (ptrdiff_t i = 0; i < SMALL_POINTS; i++)
				c->label[i] = to[label[i]];
			certify(c, which, "{}");
			for (ptrdiff_t i = 0; i < SMALL_POINTS; i++) {
				check_equal(c->job.lower[i], lower[i]);
				check_equal(c->job.upper[i], upper[i]);
			}
		}
		free_case(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_are_sound),
		cmocka_unit_test(two_outputs_agree_with_one),
		cmocka_unit_test(classes_may_be_permuted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
