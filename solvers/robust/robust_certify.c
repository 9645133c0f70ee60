/* Certificate of the robust program: objective, a feasible point, a dual bound. See robust.h. */
#include "solvers/robust/robust.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/cvx.h"

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

/* Lacks of margin max_k eps |v_i|_q - e_k x_k'v_i, or 0, of all blocks of a half (P); the largest
 * preactivation. Y is overwritten. */
static double find_lacks(const struct robust *r, struct mat V, double *lack)
{
	double largest = 0;

	blas_gemm(1, r->problem->X, PLAIN, V, PLAIN, 0, r->Y);
	for (ptrdiff_t i = 0; i < V.cols; i++) {
		const real *d = mat_col(r->patterns.D, i), *y = mat_col(r->Y, i);
		double need = r->threat.eps * threat_dual(&r->threat, mat_col(V, i));

		lack[i] = 0;
		for (ptrdiff_t k = 0; k < r->Y.rows; k++) {
			lack[i] = fmax(lack[i], need - (2 * (double)d[k] - 1) * (double)y[k]);
			largest = fmax(largest, fabs((double)y[k]));
		}
	}
	return largest;
}

/* How far column i must move along h_i, whose margin is known. */
static double step_of(const struct robust *r, ptrdiff_t i, double lack)
{
	return lack / r->margin[i];
}

/* Column i of R += step h_i, no less in spite of rounding */
static void shift(const struct robust *r, ptrdiff_t i, double step, struct mat R)
{
	if (step > 0)
		blas_axpy((size_t)R.rows, step * (1 + 4 * REAL_EPSILON), mat_col(r->patterns.H, i),
			  mat_col(R, i));
}

/* A block that lacks margin moves along h_i, or becomes zero where that is shorter. */
static void repair_apart(const struct robust *r, struct mat V, const double *lack, struct mat R)
{
	mat_copy(R, V);
	for (ptrdiff_t i = 0; i < V.cols; i++) {
		double step = step_of(r, i, lack[i]);

		if (step > blas_norm((size_t)V.rows, mat_col(V, i)))
			mat_fill(mat_cols(R, i, 1), 0);
		else
			shift(r, i, step, R);
	}
}

/* Both blocks of a pattern move alike, so that no c_k changes: only their norms do. */
static void repair_together(const struct robust *r, struct mat V, struct mat W)
{
	mat_copy(r->RV, V);
	mat_copy(r->RW, W);
	for (ptrdiff_t i = 0; i < V.cols; i++) {
		double step = step_of(r, i, fmax(r->lackV[i], r->lackW[i]));

		shift(r, i, step, r->RV);
		shift(r, i, step, r->RW);
	}
}

double robust_repair(const struct robust *r, struct mat V, struct mat W, double *feasibility)
{
	double largest = fmax(find_lacks(r, V, r->lackV), find_lacks(r, W, r->lackW));
	double most = 0, together, apart;

	for (ptrdiff_t i = 0; i < V.cols; i++)
		most = fmax(most, fmax(r->lackV[i], r->lackW[i]));
	*feasibility = largest > 0 ? most / largest : 0;
	repair_together(r, V, W);
	together = objective(r, r->RV, r->RW);
	repair_apart(r, V, r->lackV, r->RV);
	repair_apart(r, W, r->lackW, r->RW);
	apart = objective(r, r->RV, r->RW);
	if (!(together < apart))
		return apart;
	repair_together(r, V, W);
	return together;
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
		largest = fmax(largest, threat_distance(&r->threat, r->threat.eps * sum,
							mat_col(r->T, i), r->v));
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
	double largest;

	out->objective = objective(r, V, W);
	out->upper = robust_repair(r, V, W, &out->feasibility);
	blas_gemm(1, point->At, PLAIN, r->patterns.D, PLAIN, 0, r->Z);
	largest = fmax(dual_norm(r, point, -1), dual_norm(r, point, 1));
	out->lower_bound = best_bound(r, point, fmin(1, r->problem->beta / fmax(largest, 1e-300)));
	out->scope = "sampled";
}
