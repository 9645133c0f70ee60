/* Rates of the network kernels, attacks and SGD as shares of the GEMM rate of the same run.
 *
 * Shapes: the images of two classes (n = 12000 training, 2000 test, d = 784), width 144. */
#include "baselines/baseline.h"
#include "solvers/core/attack.h"
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "tests/kernels.h"
#include "tests/options.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>

enum {
	N = 12000,
	N_TEST = 2000,
	D = 784,
	M = 144,
	REPEATS = 5 /* the best one counts: other load only ever slows down */
};

extern const struct attack attack_pgd, attack_apgd, attack_square;
extern const struct trainer trainer_sgd, trainer_adam;
extern const struct loss loss_logistic;

struct bench {
	struct arena arena;
	struct mat X, X_test, G, H;
	real *y, *f, *slope;
	struct net net, gradient;
	struct net_work work;
	double gemm; /* GFLOP/s */
};

static void fill(struct mat A, struct rng *rng, double scale)
{
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = 0; i < A.rows; i++)
			mat_set(A, i, j, (real)(scale * rng_normal(rng)));
}

static void report(const struct bench *b, const char *what, double seconds, double flops)
{
	double rate = flops / seconds * 1e-9;

	printf("%-34s %8.4f s %8.1f GFLOP/s %6.2f of GEMM\n", what, seconds, rate,
	       b->gemm > 0 ? rate / b->gemm : 1);
}

/* Shortest of REPEATS runs of `call`. */
static double best_time(struct bench *b, void (*call)(struct bench *b))
{
	double best = 0;

	for (int r = 0; r < REPEATS; r++) {
		double start = omp_get_wtime(), seconds;

		call(b);
		seconds = omp_get_wtime() - start;
		best = r == 0 || seconds < best ? seconds : best;
	}
	return best;
}

static void run_gemm(struct bench *b)
{
	blas_gemm(1, b->X, PLAIN, b->net.U, PLAIN, 0, b->H);
}

static void run_forward(struct bench *b)
{
	net_forward(&b->net, b->X, b->f, &b->work);
}

static void run_input(struct bench *b)
{
	net_input_gradient(&b->net, b->X, b->f, b->G, &b->work);
}

static void run_weight(struct bench *b)
{
	net_weight_gradient(&b->net, b->X, b->slope, &b->gradient, &b->work);
}

/* No sample ever counts as broken, so that every step is made for every sample. */
static void run_attack(struct bench *b, const struct attack *attack, const char *count, long times)
{
	struct arena arena = {0};
	void *options = options_default(&attack->base, &arena);
	struct attack_job job = {
		.net = &b->net,
		.X = b->X_test,
		.y = b->y,
		.threat = {.norm = NORM_LINF, .eps = 0.05},
		.seed = 1,
		.worst = mat_new(&arena, N_TEST, D),
		.margin = ARENA_ARRAY(&arena, real, N_TEST),
	};

	options_set(&attack->base, options, count, (double)times);
	options_set(&attack->base, options, "restarts", 1);
	options_set(&attack->base, options, "stop_when_broken", 0);
	mat_copy(job.worst, job.X);
	net_forward(&b->net, job.X, job.margin, &b->work);
	for (ptrdiff_t k = 0; k < N_TEST; k++)
		job.margin[k] *= b->y[k];
	attack->run(options, &job, &arena);
	arena_release(&arena);
}

static void run_pgd(struct bench *b)
{
	run_attack(b, &attack_pgd, "steps", 40);
}

static void run_apgd(struct bench *b)
{
	run_attack(b, &attack_apgd, "steps", 40);
}

static void run_square(struct bench *b)
{
	run_attack(b, &attack_square, "queries", 1000);
}

static void time_trainer(struct bench *b, const struct trainer *trainer, const char *what,
			 long batch)
{
	struct arena arena = {0};
	struct err err = {0};
	struct progress progress;
	struct problem problem = {
		.X = b->X, .y = b->y, .loss = {&loss_logistic, NULL, 1}, .beta = 1e-4};
	void *options = options_default(&trainer->base, &arena), *state;
	double best = 0;
	void *loss_options = options_default(&loss_logistic.base, &arena);

	problem.loss.options = loss_options;
	options_set(&trainer->base, options, "width", M);
	options_set(&trainer->base, options, "batch", (double)batch);
	if (trainer->setup(&problem, options, &arena, &state, &err) != STATUS_OK)
		return;
	for (int r = 0; r < REPEATS; r++) {
		double start = omp_get_wtime(), seconds;

		trainer->step(state, &progress);
		seconds = omp_get_wtime() - start;
		best = r == 0 || seconds < best ? seconds : best;
	}
	report(b, what, best, 4.0 * N * D * M);
	arena_release(&arena);
}

static void make(struct bench *b)
{
	struct rng rng = rng_stream(1, "bench", 0);

	b->X = mat_new(&b->arena, N, D);
	b->X_test = mat_new(&b->arena, N_TEST, D);
	b->G = mat_new(&b->arena, N, D);
	b->H = mat_new(&b->arena, N, M);
	b->y = ARENA_ARRAY(&b->arena, real, N);
	b->f = ARENA_ARRAY(&b->arena, real, N);
	b->slope = ARENA_ARRAY(&b->arena, real, N);
	b->net = net_new(&b->arena, D, M);
	b->gradient = net_new(&b->arena, D, M);
	b->work = net_work_new(&b->arena, M);
	fill(b->X, &rng, 1);
	fill(b->X_test, &rng, 1);
	fill(b->net.U, &rng, 0.05);
	for (ptrdiff_t j = 0; j < M; j++)
		b->net.alpha[j] = (real)rng_normal(&rng);
	for (ptrdiff_t k = 0; k < N; k++) {
		b->y[k] = k % 2 ? 1 : -1;
		b->slope[k] = (real)rng_normal(&rng);
	}
}

int main(int argc, char **argv)
{
	static struct bench b;
	double pass = 2.0 * N * D * M, seconds;

	(void)argc;
	kernels_choose(argv);
	make(&b);
	printf("%s precision, %d threads\n", REAL_NAME, omp_get_max_threads());
	seconds = best_time(&b, run_gemm);
	report(&b, "GEMM 12000 x 784 x 144", seconds, pass);
	b.gemm = pass / seconds * 1e-9;
	report(&b, "forward", best_time(&b, run_forward), pass);
	report(&b, "input gradient", best_time(&b, run_input), 2 * pass);
	report(&b, "weight gradient", best_time(&b, run_weight), 2 * pass);
	seconds = best_time(&b, run_pgd);
	report(&b, "PGD, 40 steps, 2000 samples", seconds, 2 * pass * 40 * N_TEST / N);
	printf("%-34s %8.4f s\n", "  5 restarts of it", 5 * seconds);
	report(&b, "APGD, 40 steps, 2000 samples", best_time(&b, run_apgd),
	       2 * pass * 40 * N_TEST / N);
	printf("%-34s %8.4f s\n", "Square, 1000 queries, 2000 samples", best_time(&b, run_square));
	time_trainer(&b, &trainer_sgd, "SGD epoch, batch 128", 128);
	time_trainer(&b, &trainer_sgd, "SGD epoch, full batch", 0);
	time_trainer(&b, &trainer_adam, "Adam epoch, batch 128", 128);
	arena_release(&b.arena);
	return 0;
}
