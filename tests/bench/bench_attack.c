/* PGD of 40 steps on 2,000 points of the size of MNIST's: a network with ten outputs may take three
 * times as long as one with one, and the plain outputs that check the points found likewise. */
#include "harness/machine/clock.h"
#include "solvers/core/rng.h"
#include "solvers/model/attack.h"
#include "solvers/model/multinet.h"
#include "solvers/model/net.h"
#include "tests/kernels.h"
#include "tests/toy.h"

#include <math.h>
#include <stdio.h>

extern const struct attack attack_pgd;

enum { N = 2000, D = 785, M = 200, K = 10, TIMES = 3 };

static const double most_ratio = 3;

/* The fastest of a few runs of the attack, and of the plain outputs at all points. */
static void measure(const struct model *model, struct attack_job *job, double *attack,
		    double *plain)
{
	double f[K], size;

	*attack = *plain = HUGE_VAL;
	for (int time = 0; time < TIMES; time++) {
		struct arena scratch = {0};
		const void *options =
			toy_options(&attack_pgd.base,
				    "{steps: 40, restarts: 1, stop_when_broken: false}", &scratch);
		double start;

		job->model = model;
		mat_copy(job->worst, job->X);
		for (ptrdiff_t k = 0; k < N; k++)
			job->margin[k] = (real)HUGE_VAL;
		start = clock_seconds();
		attack_pgd.run(options, job, &scratch);
		*attack = fmin(*attack, clock_seconds() - start);
		start = clock_seconds();
		for (ptrdiff_t k = 0; k < N; k++)
			model->kind->sample(model, job->worst, k, f, &size);
		*plain = fmin(*plain, clock_seconds() - start);
		arena_release(&scratch);
	}
}

int main(int argc, char **argv)
{
	struct arena arena = {0};
	struct rng rng = rng_stream(1, "bench_attack", 0);
	struct net one = net_new(&arena, D, M);
	struct model *ten = model_new(&model_relu_outputs, &arena, (struct model_size){D, M, K});
	real *y = ARENA_ARRAY(&arena, real, N);
	int *label = ARENA_ARRAY(&arena, int, N);
	struct attack_job job = {.X = mat_new(&arena, N, D),
				 .y = y,
				 .threat = {.norm = NORM_LINF, .eps = 0.05, .d = D},
				 .worst = mat_new(&arena, N, D),
				 .margin = ARENA_ARRAY(&arena, real, N)};
	double attack[2], plain[2];

	(void)argc;
	kernels_choose(argv);
	toy_fill(job.X, &rng);
	toy_fill(one.U, &rng);
	toy_fill(multinet_of(ten)->A, &rng);
	mat_copy(multinet_of(ten)->U, one.U);
	for (ptrdiff_t j = 0; j < M; j++)
		one.alpha[j] = mat_get(multinet_of(ten)->A, j, 0);
	for (ptrdiff_t k = 0; k < N; k++) {
		y[k] = k % 2 ? 1 : -1;
		label[k] = (int)(k % K);
	}
	measure(&one.base, &job, &attack[0], &plain[0]);
	job.label = label;
	measure(ten, &job, &attack[1], &plain[1]);
	printf("PGD-40, %d points, " REAL_NAME ": one output %.2f s, ten %.2f s, %.2f times; plain "
	       "outputs %.2f s, %.2f s\n",
	       N, attack[0], attack[1], attack[1] / attack[0], plain[0], plain[1]);
	arena_release(&arena);
	return attack[1] <= most_ratio * attack[0] && plain[1] <= most_ratio * plain[0] ? 0 : 1;
}
