/* Tolerances are bounds of rounding: x + delta is rounded once per step, to half an ulp of x and of
 * eps, and a step projects anew; a sum of k products is off by k ulps of the sum of their sizes. */
#include "harness/assess/inspect.h"

#include <math.h>

/* worst - clean of sample k, and the clean point, by their lengths in the norm of the threat. */
static enum status check_ball(const struct aim *aim, const struct attack_job *job, ptrdiff_t k,
			      struct err *err)
{
	double largest = 0, squares = 0, sum = 0, eps = job->threat.eps;
	double across = 0, clean = 0, along = 0; /* the same of the clean point */
	double terms = job->threat.norm == NORM_LINF ? 1 : (double)job->X.cols, far, size;

	for (ptrdiff_t i = 0; i < job->X.cols; i++) {
		double x = (double)mat_get(job->X, k, i);
		double delta = fabs((double)mat_get(job->worst, k, i) - x);

		largest = fmax(largest, delta);
		squares += delta * delta;
		sum += delta;
		across = fmax(across, fabs(x));
		clean += x * x;
		along += fabs(x);
	}
	far = job->threat.norm == NORM_LINF ? largest
	      : job->threat.norm == NORM_L2 ? sqrt(squares)
					    : sum;
	size = job->threat.norm == NORM_LINF ? across
	       : job->threat.norm == NORM_L2 ? sqrt(clean)
					     : along;
	if (far <= eps + 4 * REAL_EPSILON * (size + terms * eps))
		return STATUS_OK;
	return err_set(err, STATUS_FAILED,
		       "attack %s: expected %s sample %td within %s %.9g of the clean point, got "
		       "%.9g",
		       aim->name, aim->part_name, k, threat_norms[job->threat.norm], eps, far);
}

/* The box is widened to hold the clean point. */
static enum status check_box(const struct aim *aim, const struct attack_job *job, ptrdiff_t k,
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
			return err_set(err, STATUS_FAILED,
				       "attack %s: expected feature %td of %s sample %td in [%.9g, "
				       "%.9g], got %.9g",
				       aim->name, i, aim->part_name, k, low, high, x);
	}
	return STATUS_OK;
}

enum status inspect_points(const struct aim *aim, const struct attack_job *job, struct err *err)
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
	double sums = job->label ? 2 : 1; /* the difference of two outputs */
	double terms = sums * (double)(job->X.cols + model_width(job->model));
	enum status status = STATUS_OK;

	model_margin(job->model, job->worst, &margins, &work);
	for (ptrdiff_t k = 0; k < job->X.rows && status == STATUS_OK; k++) {
		status = check_ball(aim, job, k, err);
		if (status == STATUS_OK)
			status = check_box(aim, job, k, err);
	}
	for (ptrdiff_t k = 0; k < job->X.rows && status == STATUS_OK; k++) {
		double is = (double)margin[k], given = (double)job->margin[k], size;

		job->model->kind->sample(job->model, job->worst, k, exact, &size);
		if (!(fabs(is - given) <= 2 * terms * REAL_EPSILON * size))
			status = err_set(err, STATUS_FAILED,
					 "attack %s: expected the margin %.9g of the point found "
					 "for %s sample %td, got %.9g",
					 aim->name, is, aim->part_name, k, given);
	}
	arena_release(&arena);
	return status;
}
