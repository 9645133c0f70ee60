/* A program for the trainer `external`: the test itself, called again. */
#include "tests/outside.h"

#include "harness/file/jsonfile.h"
#include "harness/file/npy_file.h"
#include "harness/store/modelfile.h"
#include "solvers/core/desc.h"
#include "tests/toy.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 200 };

static struct mat read_mat(const char *path, struct arena *arena)
{
	struct npy npy;
	struct mat X;
	struct err err = {0};
	enum status status = npy_read(path, arena, &npy, &err);

	assert(status == STATUS_OK);
	X = mat_new(arena, (ptrdiff_t)npy.rows, (ptrdiff_t)npy.cols);
	for (ptrdiff_t k = 0; k < X.rows; k++)
		for (ptrdiff_t j = 0; j < X.cols; j++)
			mat_set(X, k, j, (real)npy.at[k * X.cols + j]);
	return X;
}

static struct problem read_problem(struct arena *arena)
{
	struct mat X = read_mat("X_train.npy", arena), y = read_mat("y_train.npy", arena);
	struct problem problem = {.X = X, .y = targets_of(y.at, X.rows)};
	struct err err = {0};
	json_t *given;
	enum status status = jsonfile_read("problem.json", arena, &given, &err);
	char *options;

	assert(status == STATUS_OK);
	options = json_dumps(json_object_get(given, "loss_options"), 0);
	problem.loss = toy_loss_term(
		arena_format(arena, "{%s: %s}", jsonfile_text(given, "loss", arena), options),
		arena);
	problem.loss.weight = json_number_value(json_object_get(given, "weight"));
	problem.beta = json_number_value(json_object_get(given, "beta"));
	problem.seed = (uint64_t)json_integer_value(json_object_get(given, "seed"));
	free(options);
	json_decref(given);
	return problem;
}

static void show(const struct model *model, int k)
{
	struct modelfile file = {.model = (struct model *)model, .stages = stages_none(0)};
	struct err err = {0};
	char path[32];
	enum status status;

	snprintf(path, sizeof path, "%d.npz", k);
	file.stages = stages_none((size_t)model_features(model));
	status = modelfile_save(path, &file, &err);
	assert(status == STATUS_OK);
	printf("{\"iteration\": %d, \"model\": \"%s\"}\n", k, path);
	fflush(stdout);
}

bool outside_main(int argc, char **argv)
{
	const struct trainer *adam =
		(const struct trainer *)(const void *)registry_find(KIND_TRAINER, "adam");
	struct arena arena = {0};
	struct problem problem;
	struct progress progress = {.objective = NAN};
	struct model *model;
	struct err err = {0};
	void *options, *state;
	enum status status;

	if (argc < 2 || strcmp(argv[1], "outside") != 0)
		return false;
	problem = read_problem(&arena);
	options = toy_options(&adam->base, "{width: 9, epochs: 200}", &arena);
	status = adam->setup(&problem, options, &arena, &state, &err);
	assert(status == STATUS_OK);
	model = model_new(adam->makes, &arena,
			  (struct model_size){problem.X.cols, adam->width(state), 1});
	for (int k = 0; k <= ROUNDS; k++) {
		adam->model(state, model);
		show(model, k);
		adam->step(state, &progress);
	}
	arena_release(&arena);
	return true;
}

void outside_release(const struct trainer *trainer, void *state)
{
	if (trainer->release)
		trainer->release(state);
}
