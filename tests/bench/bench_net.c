/* Rates of the network kernels, attacks and SGD as shares of the GEMM rate of the same run.
 *
 * Shapes: the images of two classes (n = 12000 training, 2000 test, d = 784), width 144; epochs of
 * backprop at width 128 and batch 128, beside an epoch of SGD by the eager procedure (one BLAS call
 * or one loop for each operation) and, with TORCH_EPOCH_S set to the seconds of another program's
 * epoch in this precision, beside that. */
#include "baselines/baseline.h"
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/model/attack.h"
#include "tests/kernels.h"
#include "tests/options.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	N = 12000,
	N_TEST = 2000,
	D = 784,
	M = 144,
	WIDTH = 128,
	BATCH = 128,
	REPEATS = 5 /* the best one counts: other load only ever slows down */
};

extern const struct attack attack_pgd, attack_apgd, attack_square;
extern const struct trainer trainer_sgd, trainer_adam;
extern const struct loss loss_logistic;

/* What the eager procedure works on. */
struct eager {
	struct mat rows, U, H, R, gU, V; /* batch x d, d x m, batch x m (two), d x m (two) */
	real *alpha, *galpha, *velocity, *f, *g, *y;
	struct loss_term loss;
};

struct bench {
	struct arena arena;
	struct mat X, Xt, X_test, G, H;
	real *y, *f, *slope;
	struct net net, gradient;
	struct model_work work;
	double gemm; /* GFLOP/s */
	struct eager eager;
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
		.model = &b->net.base,
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

/* An epoch of SGD with momentum on the logistic loss, each operation in a pass of its own. */
static struct eager eager_new(struct arena *arena)
{
	struct eager e = {
		.rows = mat_new(arena, BATCH, D),
		.U = mat_new(arena, D, WIDTH),
		.H = mat_new(arena, BATCH, WIDTH),
		.R = mat_new(arena, BATCH, WIDTH),
		.gU = mat_new(arena, D, WIDTH),
		.V = mat_new(arena, D, WIDTH),
		.alpha = ARENA_ARRAY(arena, real, WIDTH),
		.galpha = ARENA_ARRAY(arena, real, WIDTH),
		.velocity = ARENA_ARRAY(arena, real, WIDTH),
		.f = ARENA_ARRAY(arena, real, BATCH),
		.g = ARENA_ARRAY(arena, real, BATCH),
		.y = ARENA_ARRAY(arena, real, BATCH),
		.loss = {&loss_logistic, options_default(&loss_logistic.base, arena), 1},
	};
	struct rng rng = rng_stream(1, "eager", 0);

	fill(e.U, &rng, 0.05);
	fill((struct mat){WIDTH, 1, WIDTH, e.alpha}, &rng, 0.1);
	return e;
}

static void eager_gradient(struct eager *e, ptrdiff_t count)
{
	struct mat rows = mat_rows(e->rows, 0, count), H = mat_rows(e->H, 0, count);
	struct mat R = mat_rows(e->R, 0, count);

	blas_gemm(1, rows, PLAIN, e->U, PLAIN, 0, H);
	for (ptrdiff_t j = 0; j < WIDTH; j++)
		for (ptrdiff_t k = 0; k < count; k++)
			mat_set(R, k, j, mat_get(H, k, j) > 0 ? mat_get(H, k, j) : 0);
	blas_gemv(1, R, PLAIN, e->alpha, 0, e->f);
	loss_gradient(e->loss, (size_t)count, e->f, e->y, e->g);
	blas_scale((size_t)count, 1 / (double)count, e->g);
	blas_gemv(1, R, TRANSPOSED, e->g, 0, e->galpha);
	for (ptrdiff_t j = 0; j < WIDTH; j++)
		for (ptrdiff_t k = 0; k < count; k++)
			mat_set(R, k, j, mat_get(H, k, j) > 0 ? e->alpha[j] * e->g[k] : 0);
	blas_gemm(1, rows, TRANSPOSED, R, PLAIN, 0, e->gU);
}

static void eager_update(size_t n, real *w, real *g, real *v)
{
	blas_axpy(n, 1e-4 / N, w, g);
	blas_scale(n, 0.9, v);
	blas_axpy(n, 1, g, v);
	blas_axpy(n, -0.1, v, w);
}

static void run_eager(struct bench *b)
{
	for (ptrdiff_t first = 0; first < N; first += BATCH) {
		ptrdiff_t count = N - first < BATCH ? N - first : BATCH;

		for (ptrdiff_t k = 0; k < count; k++) { /* a permutation: 7919 is a prime */
			ptrdiff_t sample = (first + k) * 7919 % N;

			for (ptrdiff_t i = 0; i < D; i++)
				mat_set(b->eager.rows, k, i, mat_get(b->Xt, i, sample));
			b->eager.y[k] = b->y[sample];
		}
		eager_gradient(&b->eager, count);
		eager_update(D * WIDTH, b->eager.U.at, b->eager.gU.at, b->eager.V.at);
		eager_update(WIDTH, b->eager.alpha, b->eager.galpha, b->eager.velocity);
	}
}

/* Seconds of the best epoch; 0 if there is none. */
static double epoch_time(struct bench *b, const struct trainer *trainer, long batch)
{
	struct arena arena = {0};
	struct err err = {0};
	struct progress progress;
	struct problem problem = {
		.X = b->X, .y = targets_of(b->y, b->X.rows), .loss = b->eager.loss, .beta = 1e-4};
	void *options = options_default(&trainer->base, &arena), *state;
	double best = 0;

	options_set(&trainer->base, options, "width", WIDTH);
	options_set(&trainer->base, options, "batch", (double)batch);
	if (trainer->setup(&problem, options, &arena, &state, &err) != STATUS_OK)
		return 0;
	for (int r = 0; r < REPEATS; r++) {
		double start = omp_get_wtime(), seconds;

		trainer->step(state, &progress);
		seconds = omp_get_wtime() - start;
		best = r == 0 || seconds < best ? seconds : best;
	}
	arena_release(&arena);
	return best;
}

static void time_trainers(struct bench *b)
{
	static const struct {
		const struct trainer *trainer;
		const char *what;
		long batch;
	} epochs[] = {{&trainer_sgd, "SGD epoch, batch 128", BATCH},
		      {&trainer_sgd, "SGD epoch, full batch", 0},
		      {&trainer_adam, "Adam epoch, batch 128", BATCH}};
	double flops = 4.0 * N * D * WIDTH, eager = best_time(b, run_eager);
	const char *torch = getenv("TORCH_EPOCH_S");

	report(b, "SGD epoch, eager procedure", eager, flops);
	for (size_t i = 0; i < sizeof epochs / sizeof *epochs; i++) {
		double seconds = epoch_time(b, epochs[i].trainer, epochs[i].batch);

		report(b, epochs[i].what, seconds, flops);
		printf("%-34s %8.2f times", "  eager procedure takes", eager / seconds);
		if (torch)
			printf(", reference %.2f times", strtod(torch, NULL) / seconds);
		printf("\n");
	}
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
	b->Xt = mat_new(&b->arena, D, N);
	mat_transpose(b->Xt, b->X);
	b->eager = eager_new(&b->arena);
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
	time_trainers(&b);
	arena_release(&b.arena);
	return 0;
}
