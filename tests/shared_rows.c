/* A problem whose rows lie on several ranks. See shared_rows.h. */
#include "tests/shared_rows.h"

#include "tests/close.h"
#include "tests/forked.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { VALIDATION = 20 };

static real entry(const struct shared_rows *t, ptrdiff_t k, ptrdiff_t j)
{
	struct rng rng = rng_stream(5, "rows", (uint64_t)(t->twice ? k / 2 : k));
	double x = 0;

	for (ptrdiff_t i = 0; i <= j; i++)
		x = rng_normal(&rng);
	return t->twice && j == t->d - 2 ? 0 : j == t->d - 1 ? 1 : (real)x;
}

static int class_of(const struct shared_rows *t, ptrdiff_t k)
{
	return (int)(entry(t, k, 0) > 0) + (int)(t->k > 2 && entry(t, k, 1) > 0);
}

static real target(const struct shared_rows *t, ptrdiff_t k, ptrdiff_t c)
{
	if (t->classes)
		return class_of(t, k) == c;
	return entry(t, k, 0) * entry(t, k, 1) + (real)(0.2 * (double)c) > 0 ? 1 : -1;
}

/* Rows first .. first+X.rows-1 of the endless ones. */
static struct targets fill(const struct shared_rows *t, ptrdiff_t first, struct mat X,
			   struct arena *arena)
{
	ptrdiff_t n = X.rows;
	real *y = ARENA_ARRAY(arena, real, n * t->k);
	int *label = t->classes ? ARENA_ARRAY(arena, int, n) : NULL;

	for (ptrdiff_t k = 0; k < n; k++) {
		for (ptrdiff_t j = 0; j < t->d; j++)
			mat_set(X, k, j, entry(t, first + k, j));
		for (ptrdiff_t c = 0; c < t->k; c++)
			y[c * n + k] = target(t, first + k, c);
		if (label)
			label[k] = class_of(t, first + k);
	}
	return (struct targets){.n = n, .k = t->k, .at = y, .label = label};
}

void shared_rows_pose(const struct shared_rows *t, struct ranks *ranks, struct toy *toy,
		      struct problem *problem)
{
	struct ranks_rows rows = ranks_rows(ranks, SHARED_ROWS);

	*problem = (struct problem){.X = mat_new(&toy->arena, rows.rows, t->d),
				    .X_validation = mat_new(&toy->arena, VALIDATION, t->d),
				    .ranks = ranks,
				    .loss = toy_loss_term(t->loss, &toy->arena),
				    .beta = t->beta,
				    .seed = 3};
	problem->y = fill(t, rows.first, problem->X, &toy->arena);
	problem->y_validation = fill(t, SHARED_ROWS, problem->X_validation, &toy->arena);
	problem->loss.weight = 1.0 / SHARED_ROWS;
	problem->loss.ranks = ranks;
}

void shared_rows_train(struct ranks *ranks, const void *given, void *out)
{
	const struct shared_rows *t = given;
	const struct desc *desc = registry_find(KIND_TRAINER, t->solver);
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	struct shared_rows_found *found = out;
	struct certificate certificate = {NAN, NAN, NAN, NAN, NULL};
	struct progress progress = {0};
	struct model_size size;
	struct model_work work;
	struct toy toy = {0};
	struct problem problem;
	struct err err = {0};
	struct model *model;
	const void *options;
	void *state;
	real *f;

	shared_rows_pose(t, ranks, &toy, &problem);
	options = toy_options(desc, t->options, &toy.arena);
	if (trainer->setup(&problem, options, &toy.arena, &state, &err) != STATUS_OK)
		return;
	for (int step = 0; step < t->steps; step++)
		trainer->step(state, &progress);
	if (trainer->certify)
		trainer->certify(state, &certificate);
	size = (struct model_size){t->d, trainer->width(state), t->k};
	model = model_new(trainer_makes(trainer, options, t->k), &toy.arena, size);
	work = model_work_new(&toy.arena, model->kind, size);
	f = ARENA_ARRAY(&toy.arena, real, problem.X.rows * t->k);
	trainer->model(state, model);
	*found = (struct shared_rows_found){
		.objective = trainer_objective(&problem, model, f, &work),
		.upper = certificate.upper,
		.lower_bound = certificate.lower_bound,
		.progress = progress.objective,
		.size = model->kind->decay(model),
		.width = (int)model_width(model),
	};
	arena_release(&toy.arena);
}

static void check_same(const struct shared_rows_found *got, const struct shared_rows_found *want,
		       double tolerance)
{
	check_above(want->objective, 0);
	check_close(got->objective, want->objective, tolerance, 0);
	check_close(got->size, want->size, 1e3 * tolerance, 0);
	assert_int_equal(got->width, want->width);
	assert_int_equal(isnan(got->progress), isnan(want->progress));
	assert_int_equal(isnan(got->upper), isnan(want->upper));
	if (!isnan(want->progress))
		check_close(got->progress, want->progress, tolerance, 0);
	if (isnan(want->upper))
		return;
	check_above(want->lower_bound, 0);
	check_close(got->upper, want->upper, 100 * tolerance, 0);
	check_close(got->lower_bound, want->lower_bound, 100 * tolerance, 0);
}

const struct shared_rows_found *shared_rows_on(const struct shared_rows *t, int ranks)
{
	const struct shared_rows_found *all = forked_run(ranks, shared_rows_train, t, sizeof *all);

	assert_non_null(all);
	for (int r = 1; r < ranks; r++)
		assert_memory_equal(&all[r], &all[0], sizeof *all);
	return all;
}

void shared_rows_check(const struct shared_rows *trials, size_t count, double tolerance)
{
	for (size_t i = 0; i < count; i++) {
		const struct shared_rows_found *one = shared_rows_on(&trials[i], 0);

		for (int ranks = 1; ranks <= 4; ranks *= 2)
			check_same(shared_rows_on(&trials[i], ranks), one, tolerance);
	}
}
