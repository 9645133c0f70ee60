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

double trainer_objective(const struct problem *problem, const struct model *model, real *f,
			 struct model_work *work)
{
	model_forward(model, problem->X, f, work);
	return loss_value(problem->loss, (size_t)problem->X.rows, f, problem->y.at) +
	       problem->beta * model->kind->decay(model);
}

bool trainer_outputs_only(const struct trainer *trainer, const void *options)
{
	return trainer->outputs_only && trainer->outputs_only(options);
}

const struct model_kind *trainer_makes(const struct trainer *trainer, const void *options)
{
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

enum status trainer_check(const struct trainer *trainer, const struct problem *problem,
			  const void *options, struct err *err)
{
	const char *wanted;

	if (!trainer->takes || trainer->takes(problem, options, &wanted))
		return STATUS_OK;
	return err_set(err, STATUS_SPEC, "%s: expected %s, got \"%s\"", trainer->base.name, wanted,
		       problem->loss.loss->base.name);
}

bool trainer_robust(const struct trainer *trainer, const void *options)
{
	return trainer->threat && trainer->threat(options);
}
