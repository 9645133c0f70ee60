/* Tolerances are bounds of rounding: x + delta is rounded once per step, to half an ulp of x and of
 * eps, and a step projects anew; a sum of k products is off by k ulps of the sum of their sizes. */
#include "harness/assess/inspect.h"

#include <math.h>

/* worst - clean of sample k, and the clean point, by their lengths in the norm of the threat. */
static enum status check_ball(const struct attack_job *job, ptrdiff_t k, const char *name,
			      struct err *err)
{
	double largest = 0, squares = 0, across = 0, clean = 0, eps = job->threat.eps;
	double sum = job->threat.norm == NORM_L2 ? (double)job->X.cols : 1, far, size;

	for (ptrdiff_t i = 0; i < job->X.cols; i++) {
		double x = (double)mat_get(job->X, k, i);
		double delta = fabs((double)mat_get(job->worst, k, i) - x);

		largest = fmax(largest, delta);
		squares += delta * delta;
		across = fmax(across, fabs(x));
		clean += x * x;
	}
	far = job->threat.norm == NORM_LINF ? largest : sqrt(squares);
	size = job->threat.norm == NORM_LINF ? across : sqrt(clean);
	if (far <= eps + 4 * REAL_EPSILON * (size + sum * eps))
		return STATUS_OK;
	return err_set(err, STATUS_FAILED,
		       "attack %s: expected test sample %td within %s %.9g of the clean point, got "
		       "%.9g",
		       name, k, threat_norms[job->threat.norm], eps, far);
}

/* The box is widened to hold the clean point. */
static enum status check_box(const struct attack_job *job, ptrdiff_t k, const char *name,
			     struct err *err)
{
	const struct threat *threat = &job->threat;

	for (ptrdiff_t i = 0; i < job->X.cols; i++) {
		double x = (double)mat_get(job->worst, k, i), c = (double)mat_get(job->X, k, i);
		double low = fmin((double)threat_lower(threat, i), c);
		double high = fmax((double)threat_upper(threat, i), c);

		if (threat_frozen(threat, i))
			low = high = c;
		if (!(x >= low && x <= high))
			return err_set(
				err, STATUS_FAILED,
				"attack %s: expected feature %td of test sample %td in [%.9g, "
				"%.9g], got %.9g",
				name, i, k, low, high, x);
	}
	return STATUS_OK;
}

enum status inspect_points(const struct attack_job *job, const char *name, struct err *err)
{
	struct arena arena = {0};
	struct model_work work = model_work_new(&arena, job->model->kind, model_size(job->model));
	real *margin = ARENA_ARRAY(&arena, real, job->X.rows);
	double *exact = ARENA_ARRAY(&arena, double, model_outputs(job->model));
	const struct model_margin margins = {.y = {.n = job->X.rows,
						   .k = model_outputs(job->model),
						   .at = job->y,
						   .label = job->label},
					     .margin = margin};
	struct mat x = mat_new(&arena, 1, job->X.cols); /* in one piece: columns are far apart */
	double sums = job->label ? 2 : 1;               /* the difference of two outputs */
	double terms = sums * (double)(job->X.cols + model_width(job->model));
	enum status status = STATUS_OK;

	model_margin(job->model, job->worst, &margins, &work);
	for (ptrdiff_t k = 0; k < job->X.rows && status == STATUS_OK; k++) {
		status = check_ball(job, k, name, err);
		if (status == STATUS_OK)
			status = check_box(job, k, name, err);
	}
	for (ptrdiff_t k = 0; k < job->X.rows && status == STATUS_OK; k++) {
		double is = (double)margin[k], given = (double)job->margin[k], size;

		mat_copy(x, mat_rows(job->worst, k, 1));
		job->model->kind->sample(job->model, x, 0, exact, &size);
		if (!(fabs(is - given) <= 2 * terms * REAL_EPSILON * size))
			status = err_set(err, STATUS_FAILED,
					 "attack %s: expected the margin %.9g of the point found "
					 "for test sample %td, got %.9g",
					 name, is, k, given);
	}
	arena_release(&arena);
	return status;
}
