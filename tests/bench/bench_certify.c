/* Rate of CROWN as a share of the GEMM rate of the same run, and time of interval bounds.
 *
 * Shapes: the test images of two classes (n = 2000, d = 784), width 144, pixels in [0, 1]. */
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/model/certify.h"
#include "tests/kernels.h"
#include "tests/options.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>

enum {
	N = 2000,
	D = 784,
	M = 144,
	REPEATS = 5 /* the best one counts: other load only ever slows down */
};

extern const struct certifier certifier_interval, certifier_crown;

struct bench {
	struct arena arena;
	struct mat Z;
	struct net net;
	struct certify_job job;
	real lower[D], upper[D];
	double gemm; /* GFLOP/s */
};

static void make(struct bench *b)
{
	struct rng rng = rng_stream(1, "bench", 0);
	real *y = ARENA_ARRAY(&b->arena, real, N);

	b->Z = mat_new(&b->arena, N, M);
	b->net = net_new(&b->arena, D, M);
	b->job = (struct certify_job){.net = &b->net,
				      .X = mat_new(&b->arena, N, D),
				      .y = y,
				      .lower = ARENA_ARRAY(&b->arena, double, N),
				      .upper = ARENA_ARRAY(&b->arena, double, N),
				      .worst = mat_new(&b->arena, N, D)};
	for (ptrdiff_t i = 0; i < D; i++) {
		b->upper[i] = 1;
		for (ptrdiff_t k = 0; k < N; k++)
			mat_set(b->job.X, k, i, (real)rng_uniform(&rng));
		for (ptrdiff_t j = 0; j < M; j++)
			mat_set(b->net.U, i, j, (real)(0.05 * rng_normal(&rng)));
	}
	for (ptrdiff_t j = 0; j < M; j++)
		b->net.alpha[j] = (real)rng_normal(&rng);
	for (ptrdiff_t k = 0; k < N; k++)
		y[k] = k % 2 ? 1 : -1;
}

static void run_gemm(struct bench *b)
{
	blas_gemm(1, b->job.X, PLAIN, b->net.U, PLAIN, 0, b->Z);
}

static double best_time(struct bench *b, const struct certifier *certifier, const void *options)
{
	double best = HUGE_VAL;

	for (int r = 0; r < REPEATS; r++) {
		struct arena scratch = {0};
		double start = omp_get_wtime();

		if (certifier)
			certifier->run(options, &b->job, &scratch);
		else
			run_gemm(b);
		best = fmin(best, omp_get_wtime() - start);
		arena_release(&scratch);
	}
	return best;
}

static void report(const struct bench *b, const char *what, double seconds, double flops)
{
	double rate = flops / seconds * 1e-9;

	printf("%-40s %8.4f s %8.1f GFLOP/s %6.2f of GEMM\n", what, seconds, rate,
	       b->gemm > 0 ? rate / b->gemm : 1);
}

/* gemms: products of the size of X U. With steps >= 0 every step is made for every sample; else the
 * options are the defaults, and samples that are decided leave the products. */
static void time_certifier(struct bench *b, const struct certifier *certifier, const char *what,
			   double steps, double gemms)
{
	struct arena arena = {0};
	void *options = options_default(&certifier->base, &arena);

	if (steps >= 0) {
		options_set(&certifier->base, options, "steps", steps);
		options_set(&certifier->base, options, "stop_when_decided", 0);
	}
	report(b, what, best_time(b, certifier, options), gemms * 2.0 * N * D * M);
	arena_release(&arena);
}

int main(int argc, char **argv)
{
	static struct bench b;
	double seconds;

	(void)argc;
	kernels_choose(argv);
	make(&b);
	printf("%s precision, %d threads\n", REAL_NAME, omp_get_max_threads());
	seconds = best_time(&b, NULL, NULL);
	report(&b, "GEMM 2000 x 784 x 144", seconds, 2.0 * N * D * M);
	b.gemm = 2.0 * N * D * M / seconds * 1e-9;
	for (int norm = NORM_LINF; norm <= NORM_L2; norm++) {
		b.job.threat = (struct threat){.norm = (enum norm)norm,
					       .eps = norm == NORM_LINF ? 0.01 : 0.2};
		printf("%s:\n", threat_norms[norm]);
		time_certifier(&b, &certifier_interval, "interval", -1, 1);
		time_certifier(&b, &certifier_crown, "CROWN, fixed slopes", 0, 2);
		time_certifier(&b, &certifier_crown, "CROWN, 20 steps", 20, 2 + 2 * 20);
		time_certifier(&b, &certifier_crown, "CROWN, to a decision", -1, 2 + 2 * 20);
		b.job.threat.lower = b.lower;
		b.job.threat.upper = b.upper;
		time_certifier(&b, &certifier_crown, "CROWN, fixed slopes, clip", 0, 4);
	}
	arena_release(&b.arena);
	return 0;
}
