/* Certificate of the robust program: objective, a feasible point, a dual bound. See robust.h. */
#include "solvers/convex/robust.h"

#include "solvers/core/blas.h"
#include "solvers/core/cvx.h"

#include <math.h>

enum {
	SEARCH_STEPS = 60 /* golden section on [0, 1]: 0.618^60 is below double rounding */
};

/* sum_k psi_k at (V, W) plus the norms; Z and Ct are overwritten. */
static double objective(const struct robust *r, struct mat V, struct mat W)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < V.cols; i++)
		for (ptrdiff_t j = 0; j < V.rows; j++)
			mat_set(r->Z, j, i, mat_get(V, j, i) - mat_get(W, j, i));
	blas_gemm(1, r->Z, PLAIN, r->patterns.D, TRANSPOSED, 0, r->Ct);
	for (ptrdiff_t k = 0; k < r->Ct.cols; k++)
		sum += robust_value(r, k, mat_col(r->Ct, k));
	return sum + cvx_group_norm(r->problem->beta, V) + cvx_group_norm(r->problem->beta, W);
}

struct lack {
	double most, largest; /* of eps |v|_q - e x'v; of |x'v| */
};

/* Largest lack of margin of block i, preactivations in y. */
static double lack_of(const struct robust *r, ptrdiff_t i, const real *v, struct lack *lack)
{
	const real *d = mat_col(r->patterns.D, i), *y = mat_col(r->Y, i);
	double need = r->eps * dualnorm_value(&r->norm, v), most = 0;

	for (ptrdiff_t k = 0; k < r->Y.rows; k++) {
		most = fmax(most, need - (2 * (double)d[k] - 1) * (double)y[k]);
		lack->largest = fmax(lack->largest, fabs((double)y[k]));
	}
	lack->most = fmax(lack->most, most);
	return most;
}

/* R = V made feasible: a block that lacks margin moves along h_i, whose margin is known, or becomes
 * zero where that is shorter. */
static void repair(const struct robust *r, struct mat V, struct mat R, struct lack *lack)
{
	blas_gemm(1, r->problem->X, PLAIN, V, PLAIN, 0, r->Y);
	mat_copy(R, V);
	for (ptrdiff_t i = 0; i < V.cols; i++) {
		double norm = blas_norm((size_t)V.rows, mat_col(V, i));
		double most = norm > 0 ? lack_of(r, i, mat_col(V, i), lack) : 0;
		double step = most > 0 ? most / r->margin[i] : 0; /* infinite without a margin */

		if (step > norm)
			mat_fill(mat_cols(R, i, 1), 0);
		else if (step > 0)
			blas_axpy((size_t)V.rows, step * (1 + 4 * REAL_EPSILON),
				  mat_col(r->patterns.H, i), mat_col(R, i));
	}
}

void robust_repair(const struct robust *r, struct mat V, struct mat W)
{
	struct lack unused = {0, 0};

	repair(r, V, r->RV, &unused);
	repair(r, W, r->RW, &unused);
}

/* max_i of the distances of one half; sign -1 for V, +1 for W. Z holds sum_k d_ki a_k. */
static double dual_norm(struct robust *r, const struct robust_point *point, double sign)
{
	struct mat N = sign < 0 ? point->aV : point->aW;
	const real *level = sign < 0 ? point->levelV : point->levelW;
	struct mat D = r->patterns.D;
	double largest = 0;

	for (ptrdiff_t i = 0; i < D.cols; i++) {
		const real *d = mat_col(D, i), *nu = mat_col(N, i);
		real *y = mat_col(r->Y, i);

		for (ptrdiff_t k = 0; k < D.rows; k++)
			y[k] = nu[k] < level[i]
				       ? (real)point->scale * (level[i] - nu[k]) * (2 * d[k] - 1)
				       : 0;
	}
	mat_copy(r->T, r->Z);
	blas_gemm(1, r->problem->X, TRANSPOSED, r->Y, PLAIN, sign, r->T);
	for (ptrdiff_t i = 0; i < D.cols; i++) {
		const real *y = mat_col(r->Y, i);
		double sum = 0;

		for (ptrdiff_t k = 0; k < D.rows; k++)
			sum += fabs((double)y[k]);
		largest = fmax(largest,
			       dualnorm_distance(&r->norm, r->eps * sum, mat_col(r->T, i), r->v));
	}
	return largest;
}

/* -sum_k psi_k*(s a_k), a lower bound of it at least */
static double bound_at(const struct robust *r, const struct robust_point *point, double s)
{
	double sum = 0;

	for (ptrdiff_t k = 0; k < r->problem->X.rows; k++)
		sum -= robust_conjugate(r, k, s, point->dual[k]);
	return sum;
}

/* The best s up to beta / largest: the value is concave in s. */
static double best_bound(const struct robust *r, const struct robust_point *point, double most)
{
	const double ratio = 0.6180339887498949; /* golden section */
	double low = 0, high = most, best = fmax(0, bound_at(r, point, most));

	for (int step = 0; step < SEARCH_STEPS; step++) {
		double a = high - ratio * (high - low), b = low + ratio * (high - low);
		double va = bound_at(r, point, a), vb = bound_at(r, point, b);

		best = fmax(best, fmax(va, vb));
		if (va > vb)
			high = b;
		else
			low = a;
	}
	return best;
}

void robust_certify(struct robust *r, struct mat V, struct mat W, const struct robust_point *point,
		    struct certificate *out)
{
	struct lack lack = {0, 0};
	double largest;

	out->objective = objective(r, V, W);
	repair(r, V, r->RV, &lack);
	repair(r, W, r->RW, &lack);
	out->feasibility = lack.largest > 0 ? lack.most / lack.largest : 0;
	out->upper = objective(r, r->RV, r->RW);
	blas_gemm(1, point->At, PLAIN, r->patterns.D, PLAIN, 0, r->Z);
	largest = fmax(dual_norm(r, point, -1), dual_norm(r, point, 1));
	out->lower_bound = best_bound(r, point, fmin(1, r->problem->beta / fmax(largest, 1e-300)));
	out->scope = "sampled";
}
