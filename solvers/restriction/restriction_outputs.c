/* Margins over every rival, block by block of samples. See restriction_outputs.h; what is blurred
 * and how is as in restriction.c, new slopes are found as in restriction_renew.c. */
#include "solvers/restriction/restriction_outputs.h"

#include "solvers/core/blas.h"

#include <float.h>
#include <string.h>
#include <tgmath.h>

/* A chord this short is a step. */
static const real least_width = (real)FLT_MIN;

/* A block of samples in a lane, and one rival of each. */
struct work {
	const struct restriction *r;
	const struct restriction_lane *lane;
	ptrdiff_t first, rows, q;
	const int *label; /* rows */
	struct mat A;
	struct mat T; /* rows x m: t */
	struct mat S; /* rows x m: slopes of this rival */
	struct mat C; /* d x rows: c, then gradients of blurred norms */
	real *margin; /* rows: of this rival */
};

static struct work work_of(const struct restriction *r, const struct restriction_lane *lane,
			   ptrdiff_t first, struct mat A)
{
	ptrdiff_t rows = restriction_block_rows(r, first);

	return (struct work){.r = r,
			     .lane = lane,
			     .first = first,
			     .rows = rows,
			     .label = r->problem->y.label + first,
			     .A = A,
			     .T = mat_rows(lane->T, 0, rows)};
}

/* The same for rival number q, with slopes from rows `from` on of S (m columns for each rival). */
static struct work rival_of(struct work w, ptrdiff_t q, struct mat S, ptrdiff_t from)
{
	w.q = q;
	w.S = mat_rows(mat_cols(S, q * w.r->m, w.r->m), from, w.rows);
	w.C = mat_cols(w.lane->C, q * w.r->block, w.rows);
	w.margin = w.r->margin + q * w.r->problem->X.rows + w.first;
	return w;
}

static ptrdiff_t rival_class(ptrdiff_t q, int y)
{
	return q < y ? q : q + 1;
}

/* s of neuron j for row k */
static real share(const struct work *w, ptrdiff_t j, ptrdiff_t k)
{
	const real *sigma = w->r->sigma + j * w->r->k;
	int y = w->label[k];

	return sigma[y] - sigma[rival_class(w->q, y)];
}

/* Q = factor_k |s| S, factor 1 if NULL */
static void weigh_slopes(const struct work *w, struct mat S, const real *factor, struct mat Q)
{
	for (ptrdiff_t j = 0; j < w->r->m; j++)
		for (ptrdiff_t k = 0; k < w->rows; k++)
			mat_set(Q, k, j,
				fabs(share(w, j, k)) * mat_get(S, k, j) * (factor ? factor[k] : 1));
}

/* C = c with the slopes S */
static void find_c(const struct work *w, struct mat S)
{
	struct mat Q = mat_rows(w->lane->Q, 0, w->rows);

	weigh_slopes(w, S, NULL, Q);
	blas_gemm(1, w->A, PLAIN, Q, TRANSPOSED, 0, w->C); /* d x rows */
}

/* own [t > 0], others minus the chord */
static void slopes(const struct work *w, struct mat S)
{
	for (ptrdiff_t j = 0; j < w->r->m; j++) {
		const real *t = mat_col(w->T, j);
		real e = (real)w->r->e[j];
		real width = 2 * e > least_width ? 2 * e : least_width; /* 0: [t > 0] */

		for (ptrdiff_t k = 0; k < w->rows; k++) {
			real own = t[k] > 0 ? 1 : 0,
			     chord = restriction_block_clipped((t[k] + e) / width);

			mat_set(S, k, j, share(w, j, k) > 0 ? own : -chord);
		}
	}
}

/* margin and smooth (rows) of this rival; C becomes the gradients of the blurred norms, `slope`
 * (rows x m) dm/dt. */
static void margins(const struct work *w, const struct restriction_query *query, real *smooth,
		    struct mat slope)
{
	const struct restriction *r = w->r;
	real eps = (real)r->threat.eps, width = (real)query->relu_width, inverse = 1 / width;

	for (ptrdiff_t k = 0; k < w->rows; k++) {
		double norm = 0, blurred = 0;

		if (r->threat.eps > 0)
			blurred = threat_envelope(&r->threat, query->norm_width, mat_col(w->C, k),
						  w->lane->spare, &norm);
		w->margin[k] = -eps * (real)norm;
		smooth[k] = -eps * (real)blurred;
	}
	for (ptrdiff_t j = 0; j < r->m; j++) {
		const real *slopes_of = mat_col(w->S, j), *t = mat_col(w->T, j);
		real e = (real)r->e[j], soft = (real)r->e_smooth[j], *out = mat_col(slope, j);

		for (ptrdiff_t k = 0; k < w->rows; k++) {
			real s = share(w, j, k), size = fabs(s), p = fabs(slopes_of[k]);
			real lift = 1 - 2 * p, kink = t[k] + lift * e, z = t[k] + lift * soft;
			real theta = restriction_block_clipped((real)0.5 + z * inverse);
			real blurred = theta * z + width * (theta - theta * theta) / 2;
			real cost = p * e + (kink > 0 ? kink : 0);

			w->margin[k] += size * (s > 0 ? p * t[k] : -cost);
			smooth[k] += size * (s > 0 ? p * t[k] : -p * soft - blurred);
			out[k] = size * (s > 0 ? p : -theta);
		}
	}
}

/* F = (0, -m) from the margins at `m`, `stride` apart for each rival. */
static struct mat outputs_of(const struct work *w, const real *m, ptrdiff_t stride, real *f)
{
	struct mat F = {w->rows, w->r->k, w->rows, f};

	for (ptrdiff_t k = 0; k < w->rows; k++) {
		mat_set(F, k, w->label[k], 0);
		for (ptrdiff_t q = 0; q + 1 < w->r->k; q++)
			mat_set(F, k, rival_class(q, w->label[k]), -m[q * stride + k]);
	}
	return F;
}

static struct targets targets_at(const struct work *w)
{
	return (struct targets){.n = w->rows,
				.k = w->r->k,
				.label = w->label,
				.weight = restriction_block_loss(w->r, w->first).sample};
}

/* Entries of a row that rounding has left below 0 or with a sum beyond the weight. */
static void close_row(const struct work *w, struct mat alpha, ptrdiff_t k)
{
	double weight = loss_of(restriction_block_loss(w->r, w->first), k).weight, sum = 0, scale;
	int y = w->label[k];

	for (ptrdiff_t c = 0; c < alpha.cols; c++)
		sum += c == y ? 0 : fmax(0, -(double)mat_get(alpha, k, c));
	scale = sum > weight ? weight / sum : 1;
	sum = 0;
	for (ptrdiff_t c = 0; c < alpha.cols; c++) {
		real tau = (real)(scale * fmax(0, -(double)mat_get(alpha, k, c)));

		if (c == y)
			continue;
		mat_set(alpha, k, c, -tau);
		sum += (double)tau;
	}
	mat_set(alpha, k, y, (real)sum);
}

/* The losses at the smoothed margins; one without curvature is blurred over h: its envelope,
 * whatever the weights of the samples. alpha = -dl/df. */
static double blurred_loss(const struct work *w, double h, struct mat alpha)
{
	struct loss_term loss = restriction_block_loss(w->r, w->first);
	struct targets y = targets_at(w), alike = y;
	struct mat F = outputs_of(w, w->lane->smooth, w->r->block, w->lane->f);
	struct mat Z = {F.rows, F.cols, F.rows, w->lane->z};
	bool curved = isfinite(loss_outputs_curvature(loss, w->r->k));
	double square = 0, value;

	alike.weight = NULL;
	if (curved) {
		loss_outputs_gradient(loss, F, y, alpha);
		value = loss_outputs_value(loss, F, y);
	} else {
		loss_outputs_prox(loss, h / loss.weight, F, alike, Z);
		value = loss_outputs_value(loss, Z, y);
	}
	for (ptrdiff_t c = 0; c < F.cols; c++)
		for (ptrdiff_t k = 0; k < F.rows; k++) {
			double weight = loss_of(loss, k).weight;
			double move = (double)mat_get(Z, k, c) - (double)mat_get(F, k, c);

			square += curved ? 0 : move * move * (weight / loss.weight);
			mat_set(alpha, k, c,
				curved ? -mat_get(alpha, k, c) : (real)(move * weight / h));
		}
	for (ptrdiff_t k = 0; k < F.rows; k++)
		close_row(w, alpha, k);
	return value + loss.weight / (2 * h) * square;
}

/* What a rival adds to T = -tau dm/dt, omega and R, with tau (rows) of it and `slope` = dm/dt. */
static void add_gradient(const struct work *w, const real *tau, struct mat slope)
{
	const struct restriction_lane *lane = w->lane;
	struct mat Q = mat_rows(lane->Q, 0, w->rows);

	for (ptrdiff_t j = 0; j < w->r->m; j++) {
		const real *s = mat_col(w->S, j), *down = mat_col(slope, j);
		real *t = mat_col(w->T, j), sum = 0;

		for (ptrdiff_t k = 0; k < w->rows; k++) {
			real own = share(w, j, k), p = fabs(s[k]), size = fabs(own);

			sum += own > 0 ? 0 : tau[k] * (size * p - down[k] * (1 - 2 * p));
			t[k] -= tau[k] * down[k];
		}
		lane->omega[j] += (double)sum;
	}
	if (!(w->r->threat.eps > 0))
		return;
	weigh_slopes(w, w->S, tau, Q);
	blas_gemm(w->r->threat.eps, w->C, PLAIN, Q, PLAIN, 1, lane->R); /* d x m */
}

static void block_gradient(const struct work *w, struct mat S, ptrdiff_t from, struct mat alpha)
{
	struct mat X = mat_rows(w->r->problem->X, w->first, w->rows);
	real *tau = w->lane->z;

	mat_fill(w->T, 0);
	for (ptrdiff_t q = 0; q + 1 < w->r->k; q++) {
		struct work rival = rival_of(*w, q, S, from);

		for (ptrdiff_t k = 0; k < w->rows; k++)
			tau[k] = -mat_get(alpha, k, rival_class(q, w->label[k]));
		add_gradient(&rival, tau,
			     mat_rows(mat_cols(w->lane->slope, q * w->r->m, w->r->m), 0, w->rows));
	}
	blas_gemm(1, X, TRANSPOSED, w->T, PLAIN, 1, w->lane->R); /* d x m */
}

void restriction_outputs_block(struct restriction *r, struct restriction_lane *lane,
			       const struct restriction_query *query, ptrdiff_t first)
{
	struct work w = work_of(r, lane, first, query->A);
	struct mat S = query->follow ? lane->P : r->S;
	ptrdiff_t from = query->follow ? 0 : first, n = r->problem->X.rows;
	struct mat alpha = {w.rows, r->k, n, r->dual.alpha + first};

	blas_gemm(1, mat_rows(r->problem->X, first, w.rows), PLAIN, query->A, PLAIN, 0, w.T);
	for (ptrdiff_t q = 0; q + 1 < r->k; q++) {
		struct work rival = rival_of(w, q, S, from);

		if (query->follow)
			slopes(&rival, rival.S);
		if (r->threat.eps > 0)
			find_c(&rival, rival.S);
		margins(&rival, query, lane->smooth + q * r->block,
			mat_rows(mat_cols(lane->slope, q * r->m, r->m), 0, w.rows));
	}
	lane->smooth_sum += blurred_loss(&w, query->h, alpha);
	lane->sum += loss_outputs_value(
		r->problem->loss, outputs_of(&w, r->margin + first, n, lane->f), targets_at(&w));
	if (query->gradient)
		block_gradient(&w, S, from, alpha);
}

/* --- new slopes ---------------------------------------------------------------------------------
 */

/* Margins with slopes S; C becomes the gradients of the blurred norms of c. */
static void plain_margins(const struct work *w, struct mat S, real *margin)
{
	const struct restriction *r = w->r;
	double mu = restriction_block_blur / (fmax(r->threat.eps, DBL_MIN) * r->reach), norm;

	find_c(w, S);
	for (ptrdiff_t k = 0; k < w->rows; k++) {
		threat_envelope(&r->threat, mu, mat_col(w->C, k), w->lane->spare, &norm);
		margin[k] = (real)(-r->threat.eps * norm);
	}
	for (ptrdiff_t j = 0; j < r->m; j++)
		for (ptrdiff_t k = 0; k < w->rows; k++) {
			real s = share(w, j, k), p = fabs(mat_get(S, k, j));
			real t = mat_get(w->T, k, j), e = (real)r->e[j];
			real kink = t + (1 - 2 * p) * e, cost = p * e + (kink > 0 ? kink : 0);

			margin[k] += fabs(s) * (s > 0 ? p * t : -cost);
		}
}

/* Where the trial raises the margin it becomes the best; a neuron that is zero keeps its slope. */
static void keep_better(const struct work *w, struct mat trial)
{
	real *margin = w->lane->margin, *best = w->margin;

	plain_margins(w, trial, margin);
	for (ptrdiff_t j = 0; j < w->r->m; j++) {
		real *s = mat_col(w->S, j);

		for (ptrdiff_t k = 0; k < w->rows && w->r->size[j] > 0; k++)
			s[k] = margin[k] > best[k] ? mat_get(trial, k, j) : s[k];
	}
	for (ptrdiff_t k = 0; k < w->rows; k++)
		best[k] = margin[k] > best[k] ? margin[k] : best[k];
}

/* dm/dS, or 0 for a neuron whose sign is fixed on the ball; `along` is g'a. */
static real rise_of(const struct work *w, ptrdiff_t j, ptrdiff_t k, real slope, real along)
{
	real s = share(w, j, k), t = mat_get(w->T, k, j), e = (real)w->r->e[j];
	real kink = t + (1 - 2 * fabs(slope)) * e;
	real active = restriction_block_clipped((real)0.5 + kink / (real)restriction_block_blur);
	real own = s > 0 ? t : e * (1 - 2 * active);

	return fabs(t) >= e ? 0 : fabs(s) * (own - (real)w->r->threat.eps * along);
}

/* trial += step rise / max |rise|, projected, sample by sample. */
static void climb(const struct work *w, struct mat trial, double step)
{
	real *scale = w->lane->z;
	struct mat Q = mat_rows(w->lane->Q, 0, w->rows);

	blas_gemm(1, w->C, TRANSPOSED, w->A, PLAIN, 0, Q); /* rows x m: g'a */
	memset(scale, 0, (size_t)w->rows * sizeof *scale);
	for (ptrdiff_t j = 0; j < w->r->m; j++)
		for (ptrdiff_t k = 0; k < w->rows; k++) {
			real rise = rise_of(w, j, k, mat_get(trial, k, j), mat_get(Q, k, j));

			scale[k] = fabs(rise) > scale[k] ? fabs(rise) : scale[k];
			mat_set(Q, k, j, rise);
		}
	for (ptrdiff_t k = 0; k < w->rows; k++)
		scale[k] = scale[k] > 0 ? (real)step / scale[k] : 0;
	for (ptrdiff_t j = 0; j < w->r->m; j++)
		for (ptrdiff_t k = 0; k < w->rows; k++) {
			real side = share(w, j, k) > 0 ? 1 : -1;
			real to = mat_get(trial, k, j) + scale[k] * mat_get(Q, k, j);

			mat_set(trial, k, j, side * restriction_block_clipped(side * to));
		}
}

double restriction_outputs_renew(const struct restriction *r, const struct restriction_lane *lane,
				 ptrdiff_t first, struct mat A, long steps)
{
	struct work w = work_of(r, lane, first, A);
	struct mat trial = mat_rows(mat_cols(lane->P, 0, r->m), 0, w.rows);

	blas_gemm(1, mat_rows(r->problem->X, first, w.rows), PLAIN, A, PLAIN, 0, w.T);
	for (ptrdiff_t q = 0; q + 1 < r->k; q++) {
		struct work rival = rival_of(w, q, r->S, first);
		double step = restriction_block_step;

		plain_margins(&rival, rival.S, rival.margin);
		slopes(&rival, trial);
		keep_better(&rival, trial);
		if (steps <= 0 || !(r->threat.eps > 0))
			continue;
		mat_copy(trial, rival.S);
		for (long i = 0; i < steps; i++, step *= restriction_block_decay) {
			keep_better(&rival, trial);
			climb(&rival, trial, step);
		}
		keep_better(&rival, trial);
	}
	return loss_outputs_value(r->problem->loss,
				  outputs_of(&w, r->margin + first, r->problem->X.rows, lane->f),
				  targets_at(&w));
}
