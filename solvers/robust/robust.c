/* The worst case of one sample: value, proximal map, conjugate; then the certificate of the robust
 * program: objective, a feasible point, a dual bound. See robust.h.
 *
 * The proximal map with labels is c(u) = prox_{u eps |.|_q}(c0 + u y x) for the u = step T at which
 * T is the slope of the loss at the margin m(u); m increases with u. Its linear model m + h (u' -
 * u) makes the step a proximal map of the loss itself, which is exact for any loss; h is a secant,
 * a bracket guards it. */
#include "solvers/robust/robust.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/cvx.h"
#include "solvers/loss/loss.h"
#include "solvers/tools/falling.h"

#include <math.h>

enum {
	STEPS = 60,       /* of a root: a handful is usual */
	SEARCH_STEPS = 60 /* golden section on [0, 1]: 0.618^60 is below double rounding */
};

/* Of the margin, relative: rounding of its sum. */
static const double accuracy = 16 * REAL_EPSILON;

static const real *sample(const struct robust *r, ptrdiff_t k)
{
	return mat_col(r->Xt, k);
}

static double target(const struct robust *r, ptrdiff_t k)
{
	return (double)r->problem->y.at[k];
}

static double loss_at(const struct robust *r, double f, ptrdiff_t k)
{
	real z = (real)f;

	return loss_value(loss_of(r->problem->loss, k), 1, &z, &r->problem->y.at[k]);
}

/* The residual that grows with an attack, f - y in the direction `side`; or -margin with labels
 * (side -y, y 0). */
struct side {
	double sign, origin;
};

static struct side side_of(const struct robust *r, ptrdiff_t k, double sign)
{
	return r->two_sided ? (struct side){sign, target(r, k)} : (struct side){-target(r, k), 0};
}

/* sign (x'c - origin) + eps |c|_q */
static double worst(const struct robust *r, ptrdiff_t k, struct side side, const real *c,
		    double norm)
{
	double f = blas_dot((size_t)r->threat.d, sample(r, k), c);

	return side.sign * (f - side.origin) + r->threat.eps * norm;
}

/* c = prox_{T eps |.|_q}(c0 - b x); |c|_q */
static double point_at(const struct robust *r, ptrdiff_t k, double b, double T, const real *c0,
		       real *c)
{
	const real *x = sample(r, k);
	real along = (real)b;

#pragma omp simd
	for (ptrdiff_t j = 0; j < r->threat.d; j++)
		c[j] = c0[j] - along * x[j];
	return threat_prox(&r->threat, T * r->threat.eps, c, c);
}

struct robust_rivals robust_sample(const struct robust *r, ptrdiff_t k)
{
	return (struct robust_rivals){&r->threat, sample(r, k), r->classes.k - 1,
				      loss_of(r->problem->loss, k).weight};
}

double robust_value(const struct robust *r, ptrdiff_t k, const real *c)
{
	struct robust_rivals rivals = robust_sample(r, k);
	double norm, y;

	if (r->classes.k > 1)
		return robust_rivals_value(&rivals, c);
	norm = threat_dual(&r->threat, c);
	y = target(r, k);
	if (!r->two_sided)
		return loss_at(r, -y * worst(r, k, side_of(r, k, 1), c, norm), k);
	return fmax(loss_at(r, y + worst(r, k, side_of(r, k, 1), c, norm), k),
		    loss_at(r, y - worst(r, k, side_of(r, k, -1), c, norm), k));
}

/* The worst residual z after a step: argmin t l + (z - w)^2 / 2, the loss at y + z, which is even
 * in z, or with labels at the margin -z. */
static double model_step(const struct robust *r, ptrdiff_t k, double t, double w)
{
	double y = target(r, k);
	real from = (real)(r->two_sided ? y + w : -y * w), to;

	loss_prox(loss_of(r->problem->loss, k), 1, t, &from, &r->problem->y.at[k], &to);
	return r->two_sided ? (double)to - y : -y * (double)to;
}

/* u = step T at which T is the slope of the loss at the worst residual; c is left there. */
static double solve_side(const struct robust *r, ptrdiff_t k, struct side side, double step,
			 const real *c0, real *c)
{
	const real *x = sample(r, k);
	double u = 0, low = 0, high = HUGE_VAL, h, w;

	h = blas_dot((size_t)r->threat.d, x, x) + REAL_EPSILON;
	w = worst(r, k, side, c, point_at(r, k, 0, 0, c0, c));
	for (int i = 0; i < STEPS; i++) {
		double from = w + h * u, to = model_step(r, k, h * step, from);
		double next = fmax(0, (from - to) / h), old = w;

		if (fabs(next - u) * h <= accuracy * (1 + fabs(w)))
			break;
		if (next > u)
			low = u;
		else
			high = u;
		if (next <= low || next >= high)
			next = isinf(high) ? 2 * low : (low + high) / 2;
		w = worst(r, k, side, c, point_at(r, k, side.sign * next, next, c0, c));
		if (old - w > 0 && next > u)
			h = (old - w) / (next - u);
		else if (w - old > 0 && next < u)
			h = (w - old) / (u - next);
		u = next;
	}
	return u;
}

/* A proximal map between both sides of the target: x'c = y for c = prox(c0 - a x) with the sum T
 * and the difference a of two multipliers. */
struct kink {
	const struct robust *r;
	ptrdiff_t k;
	double step;
	const real *c0;
	real *c; /* at the last a and T */
	double a, T;
};

/* x'c - y, which falls with a */
static double level_excess(void *context, double a)
{
	struct kink *kink = context;
	const struct robust *r = kink->r;

	kink->a = a;
	point_at(r, kink->k, a, kink->T, kink->c0, kink->c);
	return blas_dot((size_t)r->threat.d, sample(r, kink->k), kink->c) - target(r, kink->k);
}

/* step times the slope of the loss at the worst residual |x'c - y| + eps |c|_q, less T, where a in
 * [-T, T] makes the first part as small as it can, 0 once T is large enough: falls with T. */
static double kink_excess(void *context, double T)
{
	struct kink *kink = context;
	const struct robust *r = kink->r;
	struct falling level = {.f = level_excess, .context = kink, .low = -T, .high = T};
	double miss;
	real f, g;

	kink->T = T;
	level.at_low = level_excess(kink, -T);
	level.at_high = level_excess(kink, T);
	level.small = accuracy * (1 + fabs(target(r, kink->k)));
	miss = fabs(level_excess(kink, falling_root(level)));
	f = (real)(target(r, kink->k) + miss + r->threat.eps * threat_dual(&r->threat, kink->c));
	loss_gradient(loss_of(r->problem->loss, kink->k), 1, &f, &r->problem->y.at[kink->k], &g);
	return kink->step * (double)g - T;
}

struct robust_dual robust_prox(const struct robust *r, ptrdiff_t k, double step, const real *c0,
			       real *c)
{
	double f = blas_dot((size_t)r->threat.d, sample(r, k), c0);
	struct side side = side_of(r, k, f < target(r, k) ? -1 : 1);
	double u = solve_side(r, k, side, step, c0, c);

	if (!r->two_sided ||
	    !(side.sign * (blas_dot((size_t)r->threat.d, sample(r, k), c) - side.origin) < 0))
		return (struct robust_dual){side.sign * u / step, u / step};

	/* Between both sides: the slope of the loss at eps |c|_q is the sum of both multipliers. */
	struct kink kink = {r, k, step, c0, c, 0, 0};
	struct falling sum = {.f = kink_excess, .context = &kink};

	sum.at_low = kink_excess(&kink, 0);
	sum.high = step * r->threat.eps * threat_dual(&r->threat, c0) + REAL_EPSILON;
	while ((sum.at_high = kink_excess(&kink, sum.high)) > 0)
		sum.high *= 2;
	sum.small = accuracy * sum.high;
	kink_excess(&kink, falling_root(sum));
	return (struct robust_dual){kink.a / step, kink.T / step};
}

double robust_conjugate(const struct robust *r, ptrdiff_t k, double s, struct robust_dual dual)
{
	struct loss_term loss = loss_of(r->problem->loss, k);
	real b = (real)dual.b, T = (real)dual.T, origin = 0;

	if (!r->two_sided)
		return loss_conjugate(loss, 1, s, &b, &r->problem->y.at[k]);
	return loss_conjugate(loss, 1, s, &T, &origin) + s * dual.b * target(r, k);
}

/* --- certificate ---------------------------------------------------------------------------------
 */

/* sum_k psi_k at (V, W) plus the norms; Z and Ct are overwritten. */
static double objective(const struct robust *r, struct mat V, struct mat W)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < V.cols; i++)
		for (ptrdiff_t j = 0; j < V.rows; j++)
			mat_set(r->Z, j, i, mat_get(V, j, i) - mat_get(W, j, i));
	robust_rivals_spread(&r->classes, r->Z, r->Ct); /* d x n: (V - W) D' */
	for (ptrdiff_t k = 0; k < r->D.rows; k++)
		sum += robust_value(r, k, mat_col(r->Ct, k * (r->Ct.cols / r->D.rows)));
	return sum + cvx_group_norm(r->problem->beta, V) + cvx_group_norm(r->problem->beta, W);
}

/* Lacks of margin max_k eps |v_i|_q - e_k x_k'v_i, or 0, of all blocks of a half (P); the largest
 * preactivation. Y is overwritten. */
static double find_lacks(const struct robust *r, struct mat V, double *lack)
{
	double largest = 0;

	blas_gemm(1, r->problem->X, PLAIN, V, PLAIN, 0, r->Y); /* n x P */
	for (ptrdiff_t i = 0; i < V.cols; i++) {
		const real *d = mat_col(r->D, i % r->D.cols), *y = mat_col(r->Y, i);
		double need = r->threat.eps * threat_dual(&r->threat, mat_col(V, i));

		lack[i] = 0;
		for (ptrdiff_t k = 0; k < r->Y.rows; k++) {
			lack[i] = fmax(lack[i], need - (2 * (double)d[k] - 1) * (double)y[k]);
			largest = fmax(largest, fabs((double)y[k]));
		}
	}
	return largest;
}

/* Column i of R moves along h_i, whose margin is known, until it lacks none in spite of rounding;
 * it becomes zero where that is further than `most`. */
static void shift(const struct robust *r, ptrdiff_t i, double lack, double most, struct mat R)
{
	ptrdiff_t pattern = i % r->D.cols;
	double step = lack / r->margin[pattern];

	if (step > most)
		mat_fill(mat_cols(R, i, 1), 0);
	else if (step > 0)
		blas_axpy((size_t)R.rows, step * (1 + 4 * REAL_EPSILON),
			  mat_col(r->patterns.H, pattern), mat_col(R, i));
}

/* A block that lacks margin moves along h_i, or becomes zero where that is shorter. */
static void repair_apart(const struct robust *r, struct mat V, const double *lack, struct mat R)
{
	mat_copy(R, V);
	for (ptrdiff_t i = 0; i < V.cols; i++)
		shift(r, i, lack[i], blas_norm((size_t)V.rows, mat_col(V, i)), R);
}

/* Both blocks of a pattern move alike, so that no c_k changes: only their norms do. */
static void repair_together(const struct robust *r, struct mat V, struct mat W)
{
	mat_copy(r->RV, V);
	mat_copy(r->RW, W);
	for (ptrdiff_t i = 0; i < V.cols; i++) {
		double lack = fmax(r->lackV[i], r->lackW[i]);

		shift(r, i, lack, HUGE_VAL, r->RV);
		shift(r, i, lack, HUGE_VAL, r->RW);
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
	struct mat D = r->D;
	double largest = 0;

	for (ptrdiff_t i = 0; i < N.cols; i++) {
		const real *d = mat_col(D, i % D.cols), *nu = mat_col(N, i);
		real *y = mat_col(r->Y, i);

		for (ptrdiff_t k = 0; k < D.rows; k++)
			y[k] = nu[k] < level[i]
				       ? (real)point->scale * (level[i] - nu[k]) * (2 * d[k] - 1)
				       : 0;
	}
	mat_copy(r->T, r->Z);
	blas_gemm(1, r->problem->X, TRANSPOSED, r->Y, PLAIN, sign, r->T); /* d x P */
	for (ptrdiff_t i = 0; i < N.cols; i++) {
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

	for (ptrdiff_t k = 0; k < r->problem->X.rows; k++) {
		struct robust_rivals rivals = robust_sample(r, k);

		sum -= r->classes.k > 1
			       ? robust_rivals_conjugate(&rivals, s, point->dual + k * rivals.count)
			       : robust_conjugate(r, k, s, point->dual[k]);
	}
	return sum;
}

void robust_certify(struct robust *r, struct mat V, struct mat W, const struct robust_point *point,
		    struct certificate *out)
{
	const double ratio = 0.6180339887498949; /* golden section */
	double largest, low = 0, high, best;

	out->objective = objective(r, V, W);
	out->upper = robust_repair(r, V, W, &out->feasibility);
	robust_rivals_gather(&r->classes, 1, point->At, 0, r->Z); /* d x P: A'D */
	largest = fmax(dual_norm(r, point, -1), dual_norm(r, point, 1));

	/* the best scale of the dual point: the bound is concave in it */
	high = fmin(1, r->problem->beta / fmax(largest, 1e-300));
	best = fmax(0, bound_at(r, point, high));
	for (int step = 0; step < SEARCH_STEPS; step++) {
		double a = high - ratio * (high - low), b = low + ratio * (high - low);
		double va = bound_at(r, point, a), vb = bound_at(r, point, b);

		best = fmax(best, fmax(va, vb));
		if (va > vb)
			high = b;
		else
			low = a;
	}
	out->lower_bound = best;
	out->scope = "sampled";
}
