/* Random neurons and slopes; see restriction_fixture.h. */
#include "tests/restriction_fixture.h"

static const char *const losses[] = {"hinge", "logistic", "squared_hinge"};
static const bool bias[D] = {false, false, true};

void restriction_fixture_draw(struct mat A, uint64_t stream, double scale)
{
	struct rng rng = rng_stream(3, "restriction", stream);

	toy_fill(A, &rng);
	for (ptrdiff_t i = 0; i < A.rows * A.cols; i++)
		A.at[i] *= (real)scale;
}

struct restriction_fixture *restriction_fixture_make(long p, const char *loss, double eps)
{
	static struct restriction_fixture f;
	struct rng rng = rng_stream(4, "slopes", 0);

	f = (struct restriction_fixture){.toy = toy_make(N, D, loss, BETA)};
	f.threat = (struct threat){.norm = (enum norm)p, .eps = eps, .d = D, .frozen = bias};
	f.A = mat_new(&f.toy.arena, D, M);
	f.G = mat_new(&f.toy.arena, D, M);
	restriction_fixture_draw(f.A, 1, 0.7);
	f.net = net_new(&f.toy.arena, D, M);
	for (ptrdiff_t j = 0; j < M; j++) {
		f.sigma[j] = j % 2 ? -1 : 1;
		f.net.alpha[j] = f.sigma[j] * (real)(1 + (double)j);
		for (ptrdiff_t i = 0; i < D; i++)
			mat_set(f.net.U, i, j, mat_get(f.A, i, j) / (real)(1 + (double)j));
	}
	f.r = restriction_new(&f.toy.problem, &f.threat, f.sigma, M, &f.toy.arena);
	for (ptrdiff_t j = 0; j < M; j++)
		for (ptrdiff_t k = 0; k < N; k++)
			mat_set(f.r.S, k, j,
				(real)(rng_uniform(&rng) *
				       (f.toy.problem.y.at[k] * f.sigma[j] > 0 ? 1 : -1)));
	return &f;
}

void restriction_fixture_free(struct restriction_fixture *f)
{
	arena_release(&f->toy.arena);
}

void restriction_fixture_each(void (*check)(struct restriction_fixture *f), double eps)
{
	for (long p = 0; p < NORMS; p++)
		for (size_t l = 0; l < sizeof losses / sizeof *losses; l++) {
			struct restriction_fixture *f = restriction_fixture_make(p, losses[l], eps);

			check(f);
			restriction_fixture_free(f);
		}
}
