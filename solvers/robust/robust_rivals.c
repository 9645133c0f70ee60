/* The worst case of a sample against its rivals. See robust_rivals.h.
 *
 * The proximal map has multipliers u_q = step lambda_q >= 0 of the rivals, of sum at most step
 * weight: c_q = prox_{u_q eps |.|_q}(c0_q + u_q x), the excess g_q = 1 - x'c_q + eps |c_q|_q falls
 * with u_q, and there is a level theta >= 0 with g_q = theta where u_q > 0, g_q <= theta where it
 * is 0, above 0 only if the sum is at its end. Both are roots of functions that fall. */
#include "solvers/robust/robust_rivals.h"

#include "solvers/core/blas.h"
#include "solvers/tools/falling.h"

#include <math.h>
#include <string.h>

/* Of an excess and of the sum of multipliers, relative. */
static const double accuracy = 16 * REAL_EPSILON;

static double excess(const struct robust_rivals *s, const real *c, double norm)
{
	return 1 - blas_dot((size_t)s->threat->d, s->x, c) + s->threat->eps * norm;
}

double robust_rivals_value(const struct robust_rivals *s, const real *c)
{
	double most = 0;

	for (ptrdiff_t q = 0; q < s->count; q++, c += s->threat->d)
		most = fmax(most, excess(s, c, threat_dual(s->threat, c)));
	return s->weight * most;
}

/* A rival on its way to the level. */
struct rival {
	const struct robust_rivals *sample;
	const real *c0;
	real *c;
	double level;
};

/* c at the multiplier u; its excess over the level. */
static double rival_excess(void *context, double u)
{
	struct rival *r = context;
	const struct robust_rivals *s = r->sample;
	real along = (real)u;

#pragma omp simd
	for (ptrdiff_t j = 0; j < s->threat->d; j++)
		r->c[j] = r->c0[j] + along * s->x[j];
	return excess(s, r->c, threat_prox(s->threat, u * s->threat->eps, r->c, r->c)) - r->level;
}

/* u in [0, most] of a rival at its level; c is left there. */
static double rival_multiplier(struct rival *r, double most)
{
	struct falling root = {.f = rival_excess, .context = r, .high = most};

	root.at_low = rival_excess(r, 0);
	if (root.at_low <= 0)
		return 0;
	root.at_high = rival_excess(r, most);
	root.small = accuracy * (1 + fabs(root.at_low + r->level));
	return root.at_high >= 0 ? most : falling_root(root);
}

/* All rivals on their way to the sum `most` of their multipliers T. */
struct rise {
	const struct robust_rivals *sample;
	const real *c0;
	real *c;
	struct robust_dual *dual;
	double most;
	double *low, *high;  /* count: the last ones of a larger sum, and of one that is not */
	double above, below; /* these sums */
};

static struct rival rival_of(const struct rise *rise, ptrdiff_t q, double level)
{
	ptrdiff_t d = rise->sample->threat->d;

	return (struct rival){rise->sample, rise->c0 + q * d, rise->c + q * d, level};
}

static double sum_excess(void *context, double level)
{
	struct rise *rise = context;
	double sum = 0, *keep;

	for (ptrdiff_t q = 0; q < rise->sample->count; q++) {
		struct rival rival = rival_of(rise, q, level);

		rise->dual[q].T = rival_multiplier(&rival, rise->most);
		sum += rise->dual[q].T;
	}
	*(sum > rise->most ? &rise->above : &rise->below) = sum;
	keep = sum > rise->most ? rise->low : rise->high;
	for (ptrdiff_t q = 0; q < rise->sample->count; q++)
		keep[q] = rise->dual[q].T;
	return sum - rise->most;
}

/* Up to the level at which the sum is `most`. Where it jumps, as where c_q = 0 for a whole interval
 * of u_q, any point between both sides is a solution. */
static void raise_level(struct rise *rise)
{
	struct falling root = {
		.f = sum_excess, .context = rise, .at_low = rise->above - rise->most};
	double share;

	for (ptrdiff_t q = 0; q < rise->sample->count; q++) {
		struct rival rival = rival_of(rise, q, 0);

		root.high = fmax(root.high, rival_excess(&rival, 0));
	}
	root.at_high = sum_excess(rise, root.high);
	root.small = accuracy * rise->most;
	falling_root(root);
	share = (rise->most - rise->below) / (rise->above - rise->below);
	for (ptrdiff_t q = 0; q < rise->sample->count; q++) {
		struct rival rival = rival_of(rise, q, 0);

		rise->dual[q].T = rise->high[q] + share * (rise->low[q] - rise->high[q]);
		rival_excess(&rival, rise->dual[q].T);
	}
}

void robust_rivals_prox(const struct robust_rivals *s, double step, const real *c0, real *c,
			struct robust_dual *dual, double *spare)
{
	struct rise rise = {s, c0, c, dual, step * s->weight, spare, spare + s->count, 0, 0};
	double sum = 0;

	if (sum_excess(&rise, 0) > 0)
		raise_level(&rise);
	for (ptrdiff_t q = 0; q < s->count; q++)
		sum += dual[q].T;
	sum = fmax(sum, rise.most); /* what rounding has added */
	for (ptrdiff_t q = 0; q < s->count; q++) {
		dual[q].T *= rise.most / sum / step;
		dual[q].b = -dual[q].T;
	}
}

double robust_rivals_conjugate(const struct robust_rivals *s, double scale,
			       const struct robust_dual *dual)
{
	double sum = 0;

	for (ptrdiff_t q = 0; q < s->count; q++)
		sum += scale * dual[q].T;
	return sum <= s->weight * (1 + 4 * REAL_EPSILON) ? -sum : HUGE_VAL;
}

/* Class of rival number q, or its number. */
static ptrdiff_t class_of(ptrdiff_t q, ptrdiff_t label)
{
	return q < label ? q : q + 1;
}

static ptrdiff_t number_of(ptrdiff_t class, ptrdiff_t label)
{
	return class < label ? class : class - 1;
}

void robust_rivals_spread(const struct robust_classes *of, struct mat B, struct mat F)
{
	ptrdiff_t P = of->D.cols, d = F.rows, n = of->D.rows;

	if (of->k == 1) {
		blas_gemm(1, B, PLAIN, of->D, TRANSPOSED, 0, F);
		return;
	}
	mat_fill(F, 0);
	for (ptrdiff_t class = 0; class < of->k; class ++) {
		blas_gemm(1, mat_cols(B, class * P, P), PLAIN, of->D, TRANSPOSED, 0, of->G);
		for (ptrdiff_t e = 0; e < n * (of->k - 1); e++) {
			ptrdiff_t i = e / (of->k - 1), y = of->label[i];
			ptrdiff_t rival = class_of(e % (of->k - 1), y);

			if (class == y || class == rival)
				blas_axpy((size_t)d, class == y ? 1 : -1, mat_col(of->G, i),
					  mat_col(F, e));
		}
	}
}

/* G = what class `class` has of F: the sum over the rivals of its own samples, less what samples of
 * others have with it as rival. */
static void gather_class(const struct robust_classes *of, ptrdiff_t class, struct mat F)
{
	size_t d = (size_t)F.rows;

	mat_fill(of->G, 0);
	for (ptrdiff_t i = 0; i < of->D.rows; i++) {
		ptrdiff_t y = of->label[i], at = i * (of->k - 1);

		for (ptrdiff_t q = 0; y == class && q + 1 < of->k; q++)
			blas_axpy(d, 1, mat_col(F, at + q), mat_col(of->G, i));
		if (y != class)
			blas_axpy(d, -1, mat_col(F, at + number_of(class, y)), mat_col(of->G, i));
	}
}

void robust_rivals_gather(const struct robust_classes *of, double alpha, struct mat F, double beta,
			  struct mat Z)
{
	if (of->k == 1) {
		blas_gemm(alpha, F, PLAIN, of->D, PLAIN, beta, Z);
		return;
	}
	for (ptrdiff_t class = 0; class < of->k; class ++) {
		struct mat part = mat_cols(Z, class * of->D.cols, of->D.cols);

		gather_class(of, class, F);
		blas_gemm(alpha, of->G, PLAIN, of->D, PLAIN, beta, part);
	}
}

/* sum_i d_i d_i' x L_y, L_y the Laplacian of the star around y: with N_y = sum_{i of y} d_i d_i' it
 * has sum_y N_y + (k - 2) N_a on its diagonal and -(N_a + N_b) elsewhere. */
void robust_rivals_gram(const struct robust_classes *of, struct mat N, struct arena *scratch)
{
	ptrdiff_t P = of->D.cols, n = of->D.rows;
	struct mat own = mat_new(scratch, of->k > 1 ? n : 0, P),
		   Na = mat_new(scratch, own.rows > 0 ? P : 0, P);

	if (of->k == 1 && !arena_counts(scratch))
		blas_syrk(1, of->D, TRANSPOSED, 0, N);
	if (of->k == 1 || arena_counts(scratch))
		return;
	mat_fill(N, 0);
	for (ptrdiff_t y = 0; y < of->k; y++) {
		for (ptrdiff_t j = 0; j < P; j++)
			for (ptrdiff_t i = 0; i < n; i++)
				mat_set(own, i, j, of->label[i] == y ? mat_get(of->D, i, j) : 0);
		blas_syrk(1, own, TRANSPOSED, 0, Na);
		blas_symmetrize(Na);
		for (ptrdiff_t e = 0; e < of->k * of->k; e++) {
			ptrdiff_t a = e / of->k, b = e % of->k;
			double star = a != b   ? -(double)(a == y || b == y)
				      : a == y ? (double)(of->k - 1)
					       : 1;
			struct mat block = mat_rows(mat_cols(N, b * P, P), a * P, P);

			for (ptrdiff_t j = 0; j < P && fabs(star) > 0; j++)
				blas_axpy((size_t)P, star, mat_col(Na, j), mat_col(block, j));
		}
	}
}
