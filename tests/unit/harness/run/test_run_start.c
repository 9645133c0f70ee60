/* A cell that starts from the model file of another one. */
#include "harness/store/modelfile.h"
#include "tests/certified.h"
#include "tests/close.h"
#include "tests/unit/harness/run/test_run.h"

#include <math.h>
#include <stdio.h>

static const char robust[] = "solver: robust_restriction, loss: hinge, beta: 0.01, eps: 0.1, "
			     "start_file: start.npz";

/* The certificate of the stored network on the training part; the bias frozen or not. */
static double certified(const struct cell *cell, bool frozen_bias)
{
	struct dataset data;
	struct modelfile model;
	struct err err = {0};
	struct problem problem = {.beta = 0.01, .loss = {.weight = 1}};
	struct threat norm = {.norm = NORM_LINF, .eps = 0.1};
	bool *frozen;

	assert_int_equal(data_load(&cell->data, (uint64_t)cell->seed, 0, &arena, &data, &err),
			 STATUS_OK);
	assert_int_equal(modelfile_load(path_in("model.npz"), &arena, &model, &err), STATUS_OK);
	problem.loss.loss = (const struct loss *)(const void *)cell->train.loss.item;
	problem.X = data.train.X;
	problem.y = targets_of(data.train.y, data.train.X.rows);
	norm.d = problem.X.cols;
	norm.frozen = frozen = ARENA_ARRAY(&arena, bool, norm.d);
	frozen[data.bias] = frozen_bias;
	return certified_objective(&problem, &norm, net_of(model.model), 10, NULL);
}

static void a_model_file_is_the_start(void **state)
{
	const struct cell *cell;
	struct result first, then;

	(void)state;
	pose("solver: adam, loss: hinge, beta: 0.01, epochs: 30, width: 8", "");
	first = compute();
	assert_int_equal(rename(path_in("model.npz"), path_in("start.npz")), 0);
	cell = pose(robust, "stop: {iterations: 1}\n");
	then = compute();
	check_at_most(then.neurons, first.neurons);
	assert_non_null(strstr(then.note, "start from a model file"));
	cell = pose(robust, "stop: {iterations: 300}\n");
	then = compute();
	check_at_least(then.objective, then.objective_network);
	/* with the slopes that training ended with, or better ones; the bias is not attacked */
	check_close(then.objective / certified(cell, true), 1, 0, 0.05);
	check_below(then.objective, certified(cell, false));
}

static void a_model_on_other_features_is_refused(void **state)
{
	struct modelfile model = {
		.model = model_new(&model_relu, &arena, (struct model_size){5, 2, 1}),
		.stages = stages_none(5)};
	struct err err = {0};

	(void)state;
	assert_int_equal(modelfile_save(path_in("start.npz"), &model, &err), STATUS_OK);
	pose(robust, "");
	assert_int_equal(run_cell(folder, &(struct run_order){.progress_fd = -1}, &err),
			 STATUS_SPEC);
	assert_string_equal(err.text, "expected a network on 3 prepared features, got 5");
	assert_string_equal(err.source, path_in("start.npz"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_model_file_is_the_start),
		IN_FOLDER(a_model_on_other_features_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
