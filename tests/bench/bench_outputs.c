/* Ten outputs at the size of MNIST (n = 60000, 784 pixels, uniform numbers): seconds of an epoch
 * of Adam at width 128 and batch 128 with the softmax cross entropy, beside one output with the
 * logistic loss and, with TORCH_EPOCH_S set to the seconds of another program's epoch in this
 * precision, beside that; PGD of 40 steps on 2,000 images for ten classes, which may take 3 times
 * what it takes for two. */
#include "baselines/baseline.h"
#include "solvers/core/rng.h"
#include "solvers/model/attack.h"
#include "solvers/model/multinet.h"
#include "tests/kernels.h"
#include "tests/options.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 60000, N_TEST = 2000, D = 784, WIDTH = 128, BATCH = 128, K = 10, REPEATS = 3 };

static const double most_times = 3, least_times = 1.5;

extern const struct attack attack_pgd;
extern const struct trainer trainer_adam;
extern const struct loss loss_logistic;

static struct problem make(ptrdiff_t n, ptrdiff_t k, struct arena *arena)
{
	struct rng rng = rng_stream(1, "bench", 0);
	real *at = ARENA_ARRAY(arena, real, n * k);
	int *label = ARENA_ARRAY(arena, int, n);
	struct problem problem = {.X = mat_new(arena, n, D),
				  .loss = {.loss = &loss_logistic,
					   .options = options_default(&loss_logistic.base, arena),
					   .weight = 1},
				  .beta = 1};

	for (ptrdiff_t i = 0; i < n * D; i++)
		problem.X.at[i] = (real)rng_uniform(&rng);
	for (ptrdiff_t r = 0; r < n; r++) {
		label[r] = (int)(r % k);
		at[k == 1 ? r : r + label[r] * n] = k == 1 && r % 2 ? -1 : 1;
	}
	problem.y = k == 1 ? targets_of(at, n)
			   : (struct targets){.n = n, .k = k, .at = at, .label = label};
	return problem;
}

/* Seconds of the best epoch. */
static double epoch(ptrdiff_t k)
{
	struct arena arena = {0};
	struct problem problem = make(N, k, &arena);
	void *options = options_default(&trainer_adam.base, &arena), *state;
	struct progress progress;
	struct err err = {0};
	double best = HUGE_VAL;

	options_set(&trainer_adam.base, options, "width", WIDTH);
	options_set(&trainer_adam.base, options, "batch", BATCH);
	if (trainer_adam.setup(&problem, options, &arena, &state, &err) != STATUS_OK)
		exit(1);
	for (int r = 0; r < REPEATS; r++) {
		double start = omp_get_wtime();

		trainer_adam.step(state, &progress);
		best = fmin(best, omp_get_wtime() - start);
	}
	arena_release(&arena);
	return best;
}

/* Seconds of the best run; no sample ever counts as broken, so that every step is made for each. */
static double attacked(ptrdiff_t k)
{
	struct arena arena = {0};
	struct problem problem = make(N_TEST, k, &arena);
	struct model *model = model_new(k == 1 ? &model_relu : &model_relu_outputs, &arena,
					(struct model_size){D, WIDTH, k});
	struct model_work work = model_work_new(&arena, model->kind, model_size(model));
	void *options = options_default(&attack_pgd.base, &arena);
	struct attack_job job = {.model = model,
				 .X = problem.X,
				 .y = problem.y.at,
				 .label = problem.y.k > 1 ? problem.y.label : NULL,
				 .threat = {.norm = NORM_LINF, .eps = 0.05},
				 .seed = 1,
				 .worst = mat_new(&arena, N_TEST, D),
				 .margin = ARENA_ARRAY(&arena, real, N_TEST)};
	const struct model_margin margins = {.y = problem.y, .margin = job.margin};
	struct rng rng = rng_stream(2, "bench", 0);
	double best = HUGE_VAL;

	for (size_t a = 0; a < model_arrays(model->kind); a++) {
		struct model_part part = model_part(model, &model->kind->arrays[a]);
		real *at = part.vector ? part.vector : part.mat->at;

		for (ptrdiff_t i = 0; i < part.rows * part.cols; i++)
			at[i] = (real)(0.05 * rng_normal(&rng));
	}
	options_set(&attack_pgd.base, options, "steps", 40);
	options_set(&attack_pgd.base, options, "restarts", 1);
	options_set(&attack_pgd.base, options, "stop_when_broken", 0);
	for (int r = 0; r < REPEATS; r++) {
		struct arena scratch = {0};
		double start;

		mat_copy(job.worst, job.X);
		model_margin(model, job.X, &margins, &work);
		start = omp_get_wtime();
		attack_pgd.run(options, &job, &scratch);
		best = fmin(best, omp_get_wtime() - start);
		arena_release(&scratch);
	}
	arena_release(&arena);
	return best;
}

int main(int argc, char **argv)
{
	const char *torch = getenv("TORCH_EPOCH_S");
	double one, all, times;
	int failed = 0;

	(void)argc;
	kernels_choose(argv);
	one = epoch(1);
	all = epoch(K);
	printf("Adam epoch, batch %d, " REAL_NAME ": %.3f s of ten outputs, %.3f s of one", BATCH,
	       all, one);
	if (torch) {
		times = strtod(torch, NULL) / all;
		failed |= !(times >= least_times);
		printf(", reference %.2f times", times);
	}
	one = attacked(1);
	all = attacked(K);
	times = all / one;
	printf("\nPGD, 40 steps, %d samples: %.3f s of ten classes, %.3f s of two, %.2f times\n",
	       N_TEST, all, one, times);
	return failed | !(times <= most_times);
}
