/* Networks to start from. See start.h. */
#include "solvers/gates/start.h"

#include "solvers/model/trainer.h"

static const struct trainer *trainer_of(const struct start_options *o)
{
	return (const struct trainer *)(const void *)o->trainer.item;
}

static bool is_relu(const struct model_kind *kind)
{
	return kind == &model_relu || kind == &model_relu_outputs;
}

static enum status train(const struct problem *problem, const struct start_options *o,
			 struct arena *arena, struct start *out, struct err *err)
{
	const struct trainer *trainer = trainer_of(o);
	ptrdiff_t k = problem->y.k;
	const struct model_kind *kind = trainer_makes(trainer, o->trainer.options, k);
	const char *wanted, *refusal = trainer_refusal(trainer, &problem->y);
	struct progress progress = {.end = OUTCOME_RUNNING};
	struct problem alone = *problem; /* of a path the start is at its end */
	struct model *model;
	void *state;
	double others;
	long steps = 0;

	if (refusal)
		return err_set(err, STATUS_SPEC, "start: %s %s", trainer->base.name, refusal);
	if (trainer->takes && !trainer->takes(problem, o->trainer.options, &wanted))
		return err_set(err, STATUS_SPEC,
			       "start: expected a solver that takes the loss %s, got \"%s\"",
			       problem->loss.loss->base.name, trainer->base.name);
	if (!is_relu(kind))
		return err_set(err, STATUS_SPEC,
			       "start: expected a solver that makes ReLU networks, got \"%s\"",
			       trainer->base.name);
	alone.penalties.count = 1;
	others = arena_expect_steps(arena, (double)o->steps);
	TRY(trainer->setup(&alone, o->trainer.options, arena, &state, err));
	arena_expect_steps(arena, others);
	while (!arena_counts(arena) && steps < o->steps && progress.end == OUTCOME_RUNNING) {
		trainer->step(state, &progress);
		steps++;
	}
	model = model_new(kind, arena,
			  (struct model_size){problem->X.cols, trainer->width(state), k});
	if (!arena_counts(arena))
		trainer->model(state, model);
	out->net = kind->relu(model);
	out->note = arena_format(arena, "start %s, %ld steps", trainer->base.name, steps);
	return STATUS_OK;
}

enum status start_network(const struct problem *problem, const struct start_options *o,
			  struct arena *arena, struct start *out, struct err *err)
{
	const struct problem_file *file = o->file ? trainer_file(problem, o->file) : NULL;

	*out = (struct start){.note = NULL};
	if (o->trainer.item && o->file)
		return err_set(err, STATUS_SPEC,
			       "start: expected a solver or a model file, got both \"%s\" and "
			       "\"%s\"",
			       o->trainer.item->name, o->file);
	if (o->trainer.item)
		return train(problem, o, arena, out, err);
	if (file && !is_relu(file->model->kind))
		return err_at(err, STATUS_SPEC, (struct err_place){o->file, 0, 0},
			      "start: expected a ReLU network, got the kind %s",
			      file->model->kind->base.name);
	if (file) {
		out->net = file->model->kind->relu(file->model);
		out->note = "start from a model file";
	}
	return STATUS_OK;
}

void start_forecast(const struct start_options *o, struct trainer_shape shape, struct forecast *out)
{
	const struct trainer *trainer = trainer_of(o);
	struct forecast first = {0};

	if (!trainer)
		return;
	trainer->forecast(o->trainer.options, shape, &first);
	out->setup_flops += first.setup_flops + first.iteration_flops * (double)o->steps;
}
