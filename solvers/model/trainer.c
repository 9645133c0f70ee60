/* The objective every method is compared on (algorithms of convex and of gradient training alike).
 */
#include "solvers/model/trainer.h"

#include <math.h>
#include <string.h>

const struct problem_file *trainer_file(const struct problem *problem, const char *path)
{
	for (size_t i = 0; i < problem->file_count; i++)
		if (strcmp(problem->files[i].path, path) == 0)
			return &problem->files[i];
	return NULL;
}

double trainer_loss(const struct problem *problem, struct mat F)
{
	return problem->one_against_all ? loss_against_all(problem->loss, F, problem->y)
					: loss_outputs_value(problem->loss, F, problem->y);
}

double trainer_objective(const struct problem *problem, const struct model *model, real *f,
			 struct model_work *work)
{
	struct mat F = {problem->X.rows, problem->y.k, problem->X.rows, f};

	model_forward(model, problem->X, f, work);
	return trainer_loss(problem, F) + problem->beta * model->kind->decay(model);
}

bool trainer_outputs_only(const struct trainer *trainer, const void *options)
{
	return trainer->outputs_only && trainer->outputs_only(options);
}

const struct model_kind *trainer_makes(const struct trainer *trainer, const void *options,
				       ptrdiff_t k)
{
	if (trainer->kind)
		return trainer->kind(options, k);
	if (k > 1 && trainer->makes == &model_relu)
		return &model_relu_outputs;
	return trainer_outputs_only(trainer, options) ? NULL : trainer->makes;
}

bool trainer_curved(const struct problem *problem, const void *options, const char **wanted)
{
	(void)options;
	*wanted = "a loss with a finite second derivative";
	return isfinite(loss_curvature(problem->loss));
}

bool trainer_falling(const struct problem *problem, const void *options, const char **wanted)
{
	(void)options;
	*wanted = "a loss that falls with the margin";
	return problem->loss.loss->falls;
}

const char *trainer_refusal(const struct trainer *trainer, const struct targets *y)
{
	if (y->k > 1 && !trainer->multi_output)
		return "takes one output";
	return y->weight && !trainer->sample_weights ? "takes no weights of samples" : NULL;
}

static bool has_frozen(const struct problem *problem)
{
	ptrdiff_t j = 0;

	while (problem->frozen && j < problem->X.cols && !problem->frozen[j])
		j++;
	return problem->frozen && j < problem->X.cols;
}

enum status trainer_check(const struct trainer *trainer, const struct problem *problem,
			  const void *options, struct err *err)
{
	const char *wanted, *option, *refusal = trainer_refusal(trainer, &problem->y);

	if (refusal)
		return err_set(err, STATUS_SPEC, "%s %s", trainer->base.name, refusal);
	if (trainer->refuses)
		refusal = trainer->refuses(options, has_frozen(problem), &option);
	if (refusal)
		return err_set(err, STATUS_SPEC, "%s: %s: %s", trainer->base.name, option, refusal);
	if (problem->y.k > 1 && !problem->loss.loss->outputs &&
	    !(trainer->one_against_all && problem->y.label))
		return err_set(err, STATUS_SPEC,
			       "%s: expected a loss of several outputs, got \"%s\"",
			       trainer->base.name, problem->loss.loss->base.name);
	if (!trainer->takes || trainer->takes(problem, options, &wanted))
		return STATUS_OK;
	return err_set(err, STATUS_SPEC, "%s: expected %s, got \"%s\"", trainer->base.name, wanted,
		       problem->loss.loss->base.name);
}

bool trainer_robust(const struct trainer *trainer, const void *options)
{
	return trainer->threat && trainer->threat(options);
}
