/* A small random classification problem and naive twins. */
#include "tests/toy.h"

#include "harness/spec/bind/bind.h"
#include "harness/spec/tree/tree.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void toy_fill(struct mat A, struct rng *rng)
{
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = 0; i < A.rows; i++)
			mat_set(A, i, j, (real)rng_normal(rng));
}

bool toy_same_column(struct mat A, ptrdiff_t i, struct mat B, ptrdiff_t j)
{
	return memcmp(mat_col(A, i), mat_col(B, j), (size_t)A.rows * sizeof(real)) == 0;
}

bool toy_distinct(struct gates D)
{
	for (ptrdiff_t i = 0; i < D.cols; i++)
		for (ptrdiff_t j = 0; j < i; j++)
			if (gates_same(D, i, D, j))
				return false;
	return true;
}

static void refuse(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		err_print(&problems->at[i], stderr);
	assert(problems->count == 0);
}

void *toy_options(const struct desc *item, const char *text, struct arena *arena)
{
	struct problems problems = {0};
	struct bind bind = {.arena = arena, .problems = &problems};
	const struct node *map = node_read(text, item->name, arena, &problems);
	void *options = arena_alloc(arena, 1, item->size > 0 ? item->size : 1);

	refuse(&problems);
	bind_rows(&bind, item->options, map, NULL, options);
	refuse(&problems);
	return options;
}

struct pattern_options toy_patterns(const char *text, struct arena *arena)
{
	static const struct desc patterns = {.name = "patterns",
					     .options = pattern_rows,
					     .size = sizeof(struct pattern_options)};
	const struct pattern_options *options = toy_options(&patterns, text, arena);

	return *options;
}

struct loss_term toy_loss_term(const char *text, struct arena *arena)
{
	static const struct option rows[] = {{.name = "loss",
					      .type = OPTION_CHOICE,
					      .offset = 0,
					      .kind = KIND_LOSS,
					      .doc = "the loss"},
					     {0}};
	static const struct desc one_loss = {
		.name = "toy", .options = rows, .size = sizeof(struct choice)};
	const struct choice *choice =
		toy_options(&one_loss, arena_format(arena, "{loss: %s}", text), arena);

	return (struct loss_term){.loss = (const struct loss *)(const void *)choice->item,
				  .options = choice->options,
				  .weight = 1};
}

struct toy toy_make(ptrdiff_t n, ptrdiff_t d, const char *loss, double beta)
{
	struct toy toy = {0};
	struct rng rng = rng_stream(41, "toy", (uint64_t)(n * 1000 + d));
	struct mat X = mat_new(&toy.arena, n, d);
	real *y = ARENA_ARRAY(&toy.arena, real, n);

	toy_fill(X, &rng);
	for (ptrdiff_t k = 0; k < n; k++) {
		double sign = (double)mat_get(X, k, 0) * (double)mat_get(X, k, d > 2) +
			      0.3 * rng_normal(&rng);

		y[k] = sign > 0 ? 1 : -1;
		mat_set(X, k, d - 1, 1);
	}
	toy.problem = (struct problem){.X = X, .y = targets_of(y, X.rows), .beta = beta, .seed = 5};
	toy.problem.loss = toy_loss_term(loss, &toy.arena);
	return toy;
}

void toy_file(struct problem *problem, struct problem_file file, struct arena *arena)
{
	struct problem_file *files =
		ARENA_ARRAY(arena, struct problem_file, problem->file_count + 1);

	for (size_t i = 0; i < problem->file_count; i++)
		files[i] = problem->files[i];
	files[problem->file_count++] = file;
	problem->files = files;
}

static const struct fact *told(const struct trainer *trainer, const void *state, const char *name,
			       struct arena *arena)
{
	struct facts facts = {.arena = arena};

	if (trainer->facts)
		trainer->facts(state, &facts);
	return facts_find(&facts, name);
}

const char *toy_text(const struct trainer *trainer, const void *state, const char *name,
		     struct arena *arena)
{
	const struct fact *fact = told(trainer, state, name, arena);

	return fact ? fact->text : NULL;
}

double toy_number(const struct trainer *trainer, const void *state, const char *name)
{
	struct arena arena = {0};
	const struct fact *fact = told(trainer, state, name, &arena);
	double number = fact ? fact->number : NAN;

	arena_release(&arena);
	return number;
}

int toy_path(const struct trainer *trainer, const struct problem *problem, const void *options,
	     struct penalty_done *done, int room, struct arena *arena)
{
	enum { MOST_STEPS = 10000 };
	enum outcome end = OUTCOME_RUNNING;
	int count = 0;
	void *state;

	if (trainer->setup(problem, options, arena, &state, &(struct err){0}) != STATUS_OK)
		return -1;
	for (int i = 0; i < MOST_STEPS && end == OUTCOME_RUNNING; i++) {
		struct progress progress = {NAN, NAN, NAN, .end = OUTCOME_RUNNING};

		trainer->step(state, &progress);
		end = progress.end;
		if (progress.done.beta > 0 && count < room)
			done[count++] = progress.done;
	}
	return end == OUTCOME_CONVERGED || end == OUTCOME_STALLED ? count : -1;
}

double toy_loss(struct loss_term loss, double f, double y)
{
	return loss.loss->sample(loss.options, f, y);
}

double toy_output(const struct net *net, struct mat X, ptrdiff_t k)
{
	double f = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double z = 0;

		for (ptrdiff_t i = 0; i < X.cols; i++)
			z += (double)mat_get(X, k, i) * (double)mat_get(net->U, i, j);
		f += z > 0 ? z * (double)net->alpha[j] : 0;
	}
	return f;
}

double toy_objective(const struct problem *problem, const struct net *net)
{
	double loss = 0, squares = 0;

	for (ptrdiff_t k = 0; k < problem->X.rows; k++)
		loss += toy_loss(problem->loss, toy_output(net, problem->X, k),
				 (double)problem->y.at[k]);
	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		squares += (double)net->alpha[j] * (double)net->alpha[j];
		for (ptrdiff_t i = 0; i < net->U.rows; i++)
			squares += (double)mat_get(net->U, i, j) * (double)mat_get(net->U, i, j);
	}
	return problem->loss.weight * loss + problem->beta / 2 * squares;
}

double toy_model_objective(const struct problem *problem, const struct model *model)
{
	double loss = 0, size, f;

	for (ptrdiff_t k = 0; k < problem->X.rows; k++) {
		model->kind->sample(model, problem->X, k, &f, &size);
		loss += toy_loss(problem->loss, f, (double)problem->y.at[k]);
	}
	return problem->loss.weight * loss + problem->beta * model->kind->decay(model);
}
