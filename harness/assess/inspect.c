/* Tolerances are bounds of rounding: x + delta is rounded once per step, to half an ulp of x and of
 * eps, and a step projects anew; a sum of k products is off by k ulps of the sum of their sizes. */
#include "harness/assess/inspect.h"

#include "solvers/core/blas.h"

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

/* B = |A| */
static void take_sizes(struct mat A, struct mat B)
{
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = 0; i < A.rows; i++)
			mat_set(B, i, j, (real)fabs((double)mat_get(A, i, j)));
}

/* size_k = max_c (|X| |U| |A|)_kc: that of `sample`, at the speed of a pass. */
static void layer_sizes(struct model_layers layers, struct mat X, double *size, struct arena *arena)
{
	ptrdiff_t d = X.cols, m = layers.U.cols, k = layers.A.cols;
	struct mat U = mat_new(arena, d, m), A = mat_new(arena, m, k);
	struct mat rows = mat_new(arena, MODEL_BLOCK, d), H = mat_new(arena, MODEL_BLOCK, m),
		   F = mat_new(arena, MODEL_BLOCK, k);

	take_sizes(layers.U, U);
	take_sizes(mat_rows(layers.A, 0, m), A);
	for (ptrdiff_t first = 0; first < X.rows; first += MODEL_BLOCK) {
		ptrdiff_t count = first + MODEL_BLOCK < X.rows ? MODEL_BLOCK : X.rows - first;
		struct mat x = mat_rows(rows, 0, count), h = mat_rows(H, 0, count),
			   f = mat_rows(F, 0, count);

		take_sizes(mat_rows(X, first, count), x);
		blas_gemm(1, x, PLAIN, U, PLAIN, 0, h);
		blas_gemm(1, h, PLAIN, A, PLAIN, 0, f);
		for (ptrdiff_t r = 0; r < count; r++) {
			size[first + r] = 0;
			for (ptrdiff_t c = 0; c < k; c++)
				size[first + r] = fmax(size[first + r], (double)mat_get(f, r, c));
		}
	}
}

/* The sizes of all products in an output at x_k together, of the largest output: n */
static void product_sizes(const struct model *model, struct mat X, double *size,
			  struct arena *arena)
{
	double *f = ARENA_ARRAY(arena, double, model_outputs(model));

	if (model->kind->relu) {
		layer_sizes(model->kind->relu(model), X, size, arena);
		return;
	}
	for (ptrdiff_t k = 0; k < X.rows; k++)
		model->kind->sample(model, X, k, f, &size[k]);
}

enum status inspect_points(const struct aim *aim, const struct attack_job *job, struct err *err)
{
	struct arena arena = {0};
	struct model_work work = model_work_new(&arena, job->model->kind, model_size(job->model));
	real *margin = ARENA_ARRAY(&arena, real, job->X.rows);
	double *size = ARENA_ARRAY(&arena, double, job->X.rows);
	const struct model_margin margins = {.y = {.n = job->X.rows,
						   .k = model_outputs(job->model),
						   .at = job->y,
						   .label = job->label},
					     .margin = margin};
	double sums = job->label ? 2 : 1; /* the difference of two outputs */
	double terms = sums * (double)(job->X.cols + model_width(job->model));
	enum status status = STATUS_OK;

	model_margin(job->model, job->worst, &margins, &work);
	product_sizes(job->model, job->worst, size, &arena);
	for (ptrdiff_t k = 0; k < job->X.rows && status == STATUS_OK; k++) {
		status = check_ball(aim, job, k, err);
		if (status == STATUS_OK)
			status = check_box(aim, job, k, err);
	}
	for (ptrdiff_t k = 0; k < job->X.rows && status == STATUS_OK; k++) {
		double is = (double)margin[k], given = (double)job->margin[k];

		if (!(fabs(is - given) <= 2 * terms * REAL_EPSILON * size[k]))
			status = err_set(err, STATUS_FAILED,
					 "attack %s: expected the margin %.9g of the point found "
					 "for %s sample %td, got %.9g",
					 aim->name, is, aim->part_name, k, given);
	}
	arena_release(&arena);
	return status;
}
