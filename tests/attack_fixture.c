/* A random network with random labelled points, for tests of attacks. */
#include "tests/attack_fixture.h"

#include "solvers/core/rng.h"
#include "tests/toy.h"

void attack_fixture_margins(struct attack_fixture *t, struct mat P, real *margin)
{
	net_forward(&t->net, P, margin, &t->work);
	for (ptrdiff_t k = 0; k < P.rows; k++)
		margin[k] *= t->job.y[k];
}

void attack_fixture_reset(struct attack_fixture *t)
{
	mat_copy(t->job.worst, t->job.X);
	attack_fixture_margins(t, t->job.worst, t->job.margin);
}

struct attack_fixture attack_fixture_make(ptrdiff_t n, ptrdiff_t d, bool linear)
{
	struct attack_fixture t = {0};
	struct rng rng = rng_stream(18, "test_attack", (uint64_t)d);
	real *y = ARENA_ARRAY(&t.arena, real, n);

	t.net = net_new(&t.arena, d, FIXTURE_WIDTH);
	t.work = net_work_new(&t.arena, FIXTURE_WIDTH);
	t.job = (struct attack_job){.X = mat_new(&t.arena, n, d),
				    .y = y,
				    .seed = 7,
				    .worst = mat_new(&t.arena, n, d),
				    .margin = ARENA_ARRAY(&t.arena, real, n)};
	for (ptrdiff_t i = 0; i < d; i++) {
		for (ptrdiff_t k = 0; k < n; k++)
			mat_set(t.job.X, k, i,
				(real)(linear ? 1 + rng_uniform(&rng) : rng_normal(&rng)));
		for (ptrdiff_t j = 0; j < FIXTURE_WIDTH; j++)
			mat_set(t.net.U, i, j,
				(real)(linear ? rng_uniform(&rng) : rng_normal(&rng)));
	}
	for (ptrdiff_t j = 0; j < FIXTURE_WIDTH; j++)
		t.net.alpha[j] = (real)rng_normal(&rng);
	for (ptrdiff_t k = 0; k < n; k++)
		y[k] = 1;
	attack_fixture_margins(&t, t.job.X, t.job.margin);
	for (ptrdiff_t k = 0; k < n; k++) /* one in four is misclassified from the start */
		y[k] = (t.job.margin[k] > 0) == (k % 4 > 0) ? 1 : -1;
	t.lower = ARENA_ARRAY(&t.arena, real, d);
	t.upper = ARENA_ARRAY(&t.arena, real, d);
	t.frozen = ARENA_ARRAY(&t.arena, bool, d);
	return t;
}

void attack_fixture_run(struct attack_fixture *t, const struct attack *attack, const void *options)
{
	struct arena scratch = {0};

	t->job.model = &t->net.base;
	attack->run(options, &t->job, &scratch);
	arena_release(&scratch);
}

void attack_fixture_from_clean(struct attack_fixture *t, const struct attack *attack,
			       const char *text)
{
	attack_fixture_reset(t);
	attack_fixture_run(t, attack, toy_options(&attack->base, text, &t->arena));
}
