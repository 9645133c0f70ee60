/* The robust linear classifier of k >= 3 classes, x'W with a column w_c for each.
 *
 *     min over W (d x k)   sum_i l(m_i) + 2 beta sum_c |w_c|_2,
 *     m_ic = x_i'(w_y - w_c) - eps |w_y - w_c|_q  for the rivals c of the label y of sample i,
 *
 * l the loss of classes at the outputs f_y = 0, f_c = -m_c. The hinge loss, max(0, max_c 1 - m_c),
 * is its worst case over the ball, since it is a function of the least margin; of the cross
 * entropy, log(1 + sum_c exp(-m_c)), which needs a worst point for all rivals at once, this is an
 * upper bound. Both are convex in W: they fall with each margin, which is concave. Of two classes
 * with w_1 = -w_2 it is the program of one output.
 *
 * Smoothed as in linear_robust.c; the hinge loss by a barrier of its dual variables,
 *
 *     max over lambda, lambda_0 >= 0 of sum 1
 *         sum_c lambda_c (1 - m_c) + mu (sum_c log lambda_c + log lambda_0),
 *
 * of which lambda_c = mu / (nu - 1 + m_c), lambda_0 = mu / nu. With z_ic = x_i - eps u_yc, u_yc =
 * N_q'(w_y - w_c), the Hessian in the differences w_y - w_c of the samples of a class is
 *
 *     Q_cc' = sum_i H_i,cc' z_ic z_ic'' + [c = c'] eps (sum_i lambda_ic) N_q''(w_y - w_c),
 *
 * H the Hessian of the loss in the margins. Certificate: for lambda in the domain and any
 * |g_ab|_p <= 1, here u_ab, scaled by t <= 1,
 *
 *     sum_i l >= -sum_i l*(t a_i)  if  |X'a_c + eps sum_b s_cb g_cb|_2 <= 2 beta / t for each c,
 *
 * a_ic = lambda_ic, a_iy = -sum_c lambda_ic, and s_cb the sum of lambda over the samples of one of
 * the classes with the other as rival. */
#include "solvers/robust/linear_outputs.h"

#include "solvers/core/blas.h"
#include "solvers/model/multinet.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const double to_boundary = 0.99; /* of the way, for the refined dual */

enum { ROOT_STEPS = 60 }; /* of Newton's method for nu, monotone: a handful is usual */

struct linear_outputs {
	ptrdiff_t k;
	struct mat X;     /* n x d: samples in the order of their classes */
	int *label;       /* n: of these */
	ptrdiff_t *first; /* k + 1: where the samples of a class begin */
	struct targets y; /* label and weight, without `at` */
	real *weight;     /* n: of these; NULL: all are 1 */
	struct mat F;     /* n x k: X W, then f_c = -m_c */
	struct mat L;     /* n x k: slopes of the loss in them */
	real *slack;      /* n: lambda_0 of the hinge loss */
	struct mat H;     /* n x k: a column of the Hessian of each sample */
	struct mat u;     /* d x k k: u_yc in column y k + c */
	struct mat Q;     /* d x d */
	real *v, *xh;     /* d */
	double *norm, *s; /* k k: N_q(w_y - w_c), sum_i lambda_ic of class y */
	struct mat R;     /* d x k: what beta holds against */
};

static ptrdiff_t samples_of(const struct linear_outputs *o, ptrdiff_t y)
{
	return o->first[y + 1] - o->first[y];
}

/* Of the loss of sample i. */
static double factor_of(const struct linear_path *s, ptrdiff_t i)
{
	return loss_of(loss_with(s->problem->loss, s->of->y.weight), i).weight;
}

static struct mat weights_of(const struct linear_path *s, const real *w)
{
	ptrdiff_t d = s->problem->X.cols;

	return (struct mat){d, s->of->k, d, (real *)(uintptr_t)w};
}

/* v = w_y - w_c */
static void difference(const struct linear_path *s, const real *w, ptrdiff_t y, ptrdiff_t c,
		       real *v)
{
	struct mat W = weights_of(s, w);

	memcpy(v, mat_col(W, y), (size_t)W.rows * sizeof *v);
	blas_axpy((size_t)W.rows, -1, mat_col(W, c), v);
}

/* The program of one output sees w_y - w_c as its w. */
static struct linear_path pair(const struct linear_path *s, ptrdiff_t y, ptrdiff_t c)
{
	const struct linear_outputs *o = s->of;

	return (struct linear_path){.problem = s->problem,
				    .threat = s->threat,
				    .mu = s->mu,
				    .w = o->v,
				    .u = mat_col(o->u, y * o->k + c),
				    .A = o->Q};
}

/* F = -m for the norms at hand */
static void margins(struct linear_outputs *o, double eps)
{
	for (ptrdiff_t y = 0; y < o->k; y++) {
		struct mat F = mat_rows(o->F, o->first[y], samples_of(o, y));
		const real *own = mat_col(F, y);

		for (ptrdiff_t c = 0; c < o->k; c++) {
			real *f = mat_col(F, c), shift = (real)(eps * o->norm[y * o->k + c]);

			for (ptrdiff_t i = 0; c != y && i < F.rows; i++)
				f[i] = f[i] - own[i] + shift;
		}
		mat_fill(mat_cols(F, y, 1), 0);
	}
}

/* L = w lambda of the smoothed hinge loss for sample i, by nu = most + t, `most` the largest of 0
 * and 1 - m_c: sum mu / (nu - g_c) falls with t and is convex, and is 1 at least at t = mu. */
static void hinge_slopes(const struct linear_path *s, ptrdiff_t i)
{
	struct linear_outputs *o = s->of;
	double most = 0, t = s->mu, weight = factor_of(s, i), sum = 0;

	for (ptrdiff_t c = 0; c < o->k; c++)
		if (c != o->label[i])
			most = fmax(most, 1 + (double)mat_get(o->F, i, c));
	for (int step = 0; step < ROOT_STEPS; step++) {
		double value = s->mu / (t + most), fall = value / (t + most), next;

		for (ptrdiff_t c = 0; c < o->k; c++) {
			double below = t + (most - (1 + (double)mat_get(o->F, i, c)));

			if (c == o->label[i])
				continue;
			value += s->mu / below;
			fall += s->mu / (below * below);
		}
		next = t + (value - 1) / fall;
		if (!(next > t))
			break;
		t = next;
	}
	o->slack[i] = (real)(s->mu / (t + most));
	for (ptrdiff_t c = 0; c < o->k; c++) {
		double lambda = s->mu / (t + (most - (1 + (double)mat_get(o->F, i, c))));

		if (c == o->label[i])
			continue;
		mat_set(o->L, i, c, (real)(weight * lambda));
		sum += weight * lambda;
	}
	mat_set(o->L, i, o->label[i], (real)-sum);
}

static void slopes(const struct linear_path *s)
{
	struct linear_outputs *o = s->of;

	if (s->problem->loss.loss->smooth) {
		loss_outputs_gradient(s->problem->loss, o->F, o->y, o->L);
		return;
	}
	for (ptrdiff_t i = 0; i < o->F.rows; i++)
		hinge_slopes(s, i);
}

/* F = X W */
static void outputs(const struct linear_path *s, const real *w)
{
	blas_gemm(1, s->of->X, PLAIN, weights_of(s, w), PLAIN, 0, s->of->F);
}

/* s and R from L and u */
static void gather(struct linear_path *s)
{
	struct linear_outputs *o = s->of;
	double eps = s->threat.eps;
	size_t d = (size_t)o->R.rows;

	blas_gemm(1, o->X, TRANSPOSED, o->L, PLAIN, 0, o->R); /* d x k */
	for (ptrdiff_t e = 0; e < o->k * o->k; e++) {
		ptrdiff_t y = e / o->k, c = e % o->k;
		const real *lambda = mat_col(o->L, c) + o->first[y];

		o->s[e] = 0;
		for (ptrdiff_t i = 0; c != y && i < samples_of(o, y); i++)
			o->s[e] += (double)lambda[i];
		blas_axpy(d, eps * o->s[e], mat_col(o->u, e), mat_col(o->R, y));
		blas_axpy(d, -eps * o->s[e], mat_col(o->u, e), mat_col(o->R, c));
	}
}

static void evaluate(struct linear_path *s, const real *w)
{
	struct linear_outputs *o = s->of;
	struct mat G = weights_of(s, s->g), W = weights_of(s, w);
	double ridge = 2 * s->problem->beta;
	size_t d = (size_t)G.rows;

	for (ptrdiff_t e = 0; e < o->k * o->k; e++) {
		struct linear_path at = pair(s, e / o->k, e % o->k);

		difference(s, w, e / o->k, e % o->k, o->v);
		o->norm[e] = linear_path_norms[s->threat.norm].smooth(&at, o->v);
	}
	outputs(s, w);
	margins(o, s->threat.eps);
	slopes(s);
	gather(s);
	mat_copy(G, o->R);
	for (ptrdiff_t c = 0; c < o->k; c++) {
		double size = blas_norm(d, mat_col(W, c));

		blas_axpy(d, ridge / (sqrt(s->mu * s->mu + size * size) + s->mu), mat_col(W, c),
			  mat_col(G, c));
	}
}

/* H(i, c) = w d lambda_c / d f_b of the hinge loss for sample i of class y */
static void hinge_row(const struct linear_path *s, ptrdiff_t y, ptrdiff_t b, ptrdiff_t i,
		      struct mat H)
{
	const struct linear_outputs *o = s->of;
	const real *l = o->L.at + o->first[y] + i; /* w lambda, o->L.stride apart */
	double weight = factor_of(s, o->first[y] + i);
	double own = pow((double)l[b * o->L.stride] / weight, 2);
	/* the rest of the sum of squares, as it is: next to it `own` would cancel */
	double others = pow((double)o->slack[o->first[y] + i], 2);

	for (ptrdiff_t c = 0; c < o->k; c++)
		others += c == y || c == b ? 0 : pow((double)l[c * o->L.stride] / weight, 2);
	for (ptrdiff_t c = 0; c < o->k; c++) {
		double part = c == b ? others : -pow((double)l[c * o->L.stride] / weight, 2);

		mat_set(H, i, c, (real)(weight * own / s->mu * part / (own + others)));
	}
}

/* H (samples of class y x k), column b of the Hessian of each; what its column y says is unused. */
static void hessian_column(const struct linear_path *s, ptrdiff_t y, ptrdiff_t b, struct mat H)
{
	struct linear_outputs *o = s->of;
	struct targets rows = {.n = H.rows, .k = o->k, .label = o->label + o->first[y]};

	rows.weight = o->y.weight ? o->y.weight + o->first[y] : NULL;

	if (s->problem->loss.loss->smooth) {
		mat_fill(H, 0);
		mat_fill(mat_cols(H, b, 1), 1);
		loss_outputs_hessian_product(s->problem->loss, mat_rows(o->F, o->first[y], H.rows),
					     rows, H, H);
		return;
	}
	for (ptrdiff_t i = 0; i < H.rows; i++)
		hinge_row(s, y, b, i, H);
}

/* Q = X_y'diag(h) X_y */
static void weigh(struct linear_path *s, struct mat X, const real *h)
{
	struct mat Q = s->of->Q;

	mat_fill(Q, 0);
	for (ptrdiff_t first = 0; first < X.rows; first += LINEAR_PATH_CHUNK) {
		ptrdiff_t rest = X.rows - first,
			  count = LINEAR_PATH_CHUNK < rest ? LINEAR_PATH_CHUNK : rest;

		for (ptrdiff_t j = 0; j < X.cols; j++) {
			const real *restrict x = mat_col(X, j) + first;
			const real *restrict weight = h + first;
			real *restrict t = mat_col(s->T, j);

#pragma omp simd
			for (ptrdiff_t i = 0; i < count; i++)
				t[i] = weight[i] * x[i];
		}
		blas_gemm(1, mat_rows(s->T, 0, count), TRANSPOSED, mat_rows(X, first, count), PLAIN,
			  1, Q);
	}
}

/* Q_cb of class y, h (samples of y) its column of the Hessian: all of it. */
static void curvature(struct linear_path *s, ptrdiff_t y, ptrdiff_t c, ptrdiff_t b, const real *h)
{
	struct linear_outputs *o = s->of;
	struct mat X = mat_rows(o->X, o->first[y], samples_of(o, y)), Q = o->Q;
	const real *uc = mat_col(o->u, y * o->k + c), *ub = mat_col(o->u, y * o->k + b);
	double eps = s->threat.eps, sum = 0;

	weigh(s, X, h);
	blas_gemv(1, X, TRANSPOSED, h, 0, o->xh);
	for (ptrdiff_t i = 0; i < X.rows; i++)
		sum += (double)h[i];
	for (ptrdiff_t j = 0; j < Q.cols; j++)
		for (ptrdiff_t i = 0; i < Q.rows; i++) {
			double cross =
				(double)o->xh[i] * (double)ub[j] + (double)uc[i] * (double)o->xh[j];
			double both = (double)uc[i] * (double)ub[j];

			mat_set(Q, i, j,
				mat_get(Q, i, j) + (real)(eps * (eps * sum * both - cross)));
		}
	if (c == b) {
		struct linear_path at = pair(s, y, c);

		difference(s, s->w, y, c, o->v);
		linear_path_norms[s->threat.norm].curve(&at, eps * o->s[y * o->k + c]);
		blas_symmetrize(Q);
	}
}

/* Block (a, b) of A += sign Q, or Q', in the lower triangle of blocks. */
static void add_block(struct linear_path *s, ptrdiff_t a, ptrdiff_t b, double sign, bool transposed)
{
	struct mat Q = s->of->Q;
	ptrdiff_t d = Q.rows;

	if (a < b)
		return;
	for (ptrdiff_t j = 0; j < d; j++) {
		real *to = mat_col(s->A, b * d + j) + a * d;

		for (ptrdiff_t i = 0; i < d; i++)
			to[i] += (real)sign * (transposed ? mat_get(Q, j, i) : mat_get(Q, i, j));
	}
}

/* Q_cb in the differences w_y - w_c, w_y - w_b becomes blocks of A, and so does its transpose. */
static void add_difference(struct linear_path *s, ptrdiff_t y, ptrdiff_t c, ptrdiff_t b)
{
	for (int transposed = 0; transposed < (c == b ? 1 : 2); transposed++) {
		ptrdiff_t row = transposed ? b : c, col = transposed ? c : b;

		add_block(s, y, y, 1, transposed);
		add_block(s, y, col, -1, transposed);
		add_block(s, row, y, -1, transposed);
		add_block(s, row, col, 1, transposed);
	}
}

/* What the samples of class y add to A. */
static void add_class(struct linear_path *s, ptrdiff_t y)
{
	struct linear_outputs *o = s->of;
	struct mat H = mat_rows(o->H, 0, samples_of(o, y));

	for (ptrdiff_t b = 0; b < o->k; b++) {
		if (b == y)
			continue;
		hessian_column(s, y, b, H);
		for (ptrdiff_t c = b; c < o->k; c++) {
			if (c == y)
				continue;
			curvature(s, y, c, b, mat_col(H, c));
			add_difference(s, y, c, b);
		}
	}
}

static bool factor(struct linear_path *s)
{
	struct linear_outputs *o = s->of;
	ptrdiff_t d = s->problem->X.cols;

	mat_fill(s->A, 0);
	for (ptrdiff_t y = 0; y < o->k; y++)
		if (samples_of(o, y) > 0)
			add_class(s, y);
	for (ptrdiff_t c = 0; c < o->k; c++) {
		struct linear_path at = *s;

		at.w = s->w + c * d;
		at.A = mat_rows(mat_cols(s->A, c * d, d), c * d, d);
		linear_path_curve_length(&at, 2 * s->problem->beta, false);
	}
	return blas_cholesky(s->A);
}

static double objective(struct linear_path *s)
{
	struct linear_outputs *o = s->of;
	double sum = 0;
	size_t d = (size_t)s->problem->X.cols;

	for (ptrdiff_t e = 0; e < o->k * o->k; e++) {
		difference(s, s->w, e / o->k, e % o->k, o->v);
		o->norm[e] = threat_dual(&s->threat, o->v);
	}
	outputs(s, s->w);
	margins(o, s->threat.eps);
	for (ptrdiff_t c = 0; c < o->k; c++)
		sum += blas_norm(d, mat_col(weights_of(s, s->w), c));
	sum = loss_outputs_value(s->problem->loss, o->F, o->y) + 2 * s->problem->beta * sum;
	s->program->evaluate(s, s->w);
	return sum;
}

static double bound_here(const struct linear_path *s)
{
	const struct linear_outputs *o = s->of;
	double beta = 2 * s->problem->beta, beyond = 0;

	for (ptrdiff_t c = 0; c < o->k; c++)
		beyond = fmax(beyond, blas_norm((size_t)o->R.rows, mat_col(o->R, c)));
	return -loss_outputs_conjugate(s->problem->loss, beyond > beta ? beta / beyond : 1, o->L,
				       o->y);
}

/* o->H = df, f = -m, along dw */
static void move_outputs(const struct linear_path *s)
{
	struct linear_outputs *o = s->of;
	size_t d = (size_t)s->problem->X.cols;

	blas_gemm(1, o->X, PLAIN, weights_of(s, s->dw), PLAIN, 0, o->H); /* n x k */
	for (ptrdiff_t y = 0; y < o->k; y++) {
		struct mat V = mat_rows(o->H, o->first[y], samples_of(o, y));
		const real *own = mat_col(V, y);

		for (ptrdiff_t c = 0; c < o->k; c++) {
			real *v = mat_col(V, c), shift;

			difference(s, s->dw, y, c, o->v);
			shift = (real)(s->threat.eps *
				       blas_dot(d, mat_col(o->u, y * o->k + c), o->v));
			for (ptrdiff_t i = 0; c != y && i < V.rows; i++)
				v[i] = v[i] - own[i] + shift;
		}
		mat_fill(mat_cols(V, y, 1), 0);
	}
}

/* Row i of o->H = the slopes' direction w d lambda of the hinge loss for df there: lambda_c^2 / mu
 * times what df_c is above the mean with weights lambda^2. The share of it that leaves lambda and
 * lambda_0 positive. */
static double hinge_move(const struct linear_path *s, ptrdiff_t i)
{
	struct linear_outputs *o = s->of;
	double weight = factor_of(s, i), slack = (double)o->slack[i], longest = HUGE_VAL;
	double total = slack * slack, mean = 0, sum = 0;

	for (ptrdiff_t c = 0; c < o->k; c++) {
		double square = pow((double)mat_get(o->L, i, c) / weight, 2);

		total += c == o->label[i] ? 0 : square;
		mean += c == o->label[i] ? 0 : square * (double)mat_get(o->H, i, c);
	}
	mean /= total;
	for (ptrdiff_t c = 0; c < o->k; c++) {
		double lambda = (double)mat_get(o->L, i, c) / weight;
		double by = lambda * lambda / s->mu * ((double)mat_get(o->H, i, c) - mean);

		if (c == o->label[i])
			continue;
		sum += by;
		longest = by < 0 ? fmin(longest, -lambda / by) : longest;
		mat_set(o->H, i, c, (real)(weight * by));
	}
	mat_set(o->H, i, o->label[i], (real)(-weight * sum));
	return sum > 0 ? fmin(longest, slack / sum) : longest;
}

/* Dual variables after one more Newton step in them alone, which is linear, so that what rounding
 * leaves of the gradient is gone. `evaluate` brings back those at w. */
static void refine(struct linear_path *s)
{
	struct linear_outputs *o = s->of;
	double length = 1;

	move_outputs(s);
	if (s->problem->loss.loss->smooth)
		loss_outputs_hessian_product(s->problem->loss, o->F, o->y, o->H, o->H);
	for (ptrdiff_t i = 0; !s->problem->loss.loss->smooth && i < o->H.rows; i++)
		length = fmin(length, to_boundary * hinge_move(s, i));
	blas_axpy((size_t)(o->L.rows * o->L.cols), length, o->H.at, o->L.at);
	for (ptrdiff_t e = 0; e < o->k * o->k; e++) {
		struct linear_path at = pair(s, e / o->k, e % o->k);

		mat_fill(o->Q, 0);
		difference(s, s->w, e / o->k, e % o->k, o->v);
		linear_path_norms[s->threat.norm].curve(&at, 1);
		blas_symmetrize(o->Q);
		difference(s, s->dw, e / o->k, e % o->k, o->v);
		blas_gemv(length, o->Q, PLAIN, o->v, 1, at.u);
		/* onto the ball: less what the proximal map of its norm leaves */
		threat_prox(&s->threat, 1, at.u, o->v);
		for (ptrdiff_t j = 0; j < s->threat.d; j++)
			at.u[j] = threat_frozen(&s->threat, j) ? 0 : at.u[j] - o->v[j];
	}
	gather(s);
}

static double bound(struct linear_path *s)
{
	double best = fmax(0, bound_here(s));

	if (isnan(linear_path_newton_direction(s)))
		return best;
	refine(s);
	best = fmax(best, bound_here(s));
	s->program->evaluate(s, s->w);
	return best;
}

/* Samples in the order of their classes. */
static void sort_samples(const struct problem *problem, struct linear_outputs *o)
{
	ptrdiff_t to = 0;

	for (int c = 0; c < o->k; c++) {
		o->first[c] = to;
		for (ptrdiff_t i = 0; i < problem->X.rows; i++) {
			if (problem->y.label[i] != c)
				continue;
			mat_copy(mat_rows(o->X, to, 1), mat_rows(problem->X, i, 1));
			if (o->weight)
				o->weight[to] = problem->y.weight[i];
			o->label[to++] = c;
		}
	}
	o->first[o->k] = to;
}

static void set_up(struct linear_path *s, struct arena *arena)
{
	struct linear_outputs *o = ARENA_NEW(arena, struct linear_outputs);
	ptrdiff_t n = s->problem->X.rows, d = s->problem->X.cols, k = s->problem->y.k;
	struct mat *outputs_of[] = {&o->F, &o->L, &o->H};

	s->of = o;
	o->k = k;
	o->X = mat_new(arena, n, d);
	o->label = ARENA_ARRAY(arena, int, n);
	o->first = ARENA_ARRAY(arena, ptrdiff_t, k + 1);
	o->weight = s->problem->y.weight ? ARENA_ARRAY(arena, real, n) : NULL;
	o->y = (struct targets){.n = n, .k = k, .label = o->label, .weight = o->weight};
	for (size_t i = 0; i < sizeof outputs_of / sizeof *outputs_of; i++)
		*outputs_of[i] = mat_new(arena, n, k);
	o->slack = ARENA_ARRAY(arena, real, n);
	o->u = mat_new(arena, d, k * k);
	o->Q = mat_new(arena, d, d);
	o->v = ARENA_ARRAY(arena, real, d);
	o->xh = ARENA_ARRAY(arena, real, d);
	o->norm = ARENA_ARRAY(arena, double, k *k);
	o->s = ARENA_ARRAY(arena, double, k *k);
	o->R = mat_new(arena, d, k);
	if (!arena_counts(arena))
		sort_samples(s->problem, o);
}

static ptrdiff_t width(const struct linear_path *s)
{
	return 2 * s->of->k;
}

/* u = +-w_c / sqrt|w_c|, a_c = +-sqrt|w_c|; no neurons for w_c = 0 */
static void network(const struct linear_path *s, struct model *model)
{
	struct multinet *net = multinet_of(model);
	struct mat W = weights_of(s, s->w);
	ptrdiff_t m = 0;

	mat_fill(net->A, 0);
	for (ptrdiff_t c = 0; c < W.cols; c++) {
		double root = sqrt(blas_norm((size_t)W.rows, mat_col(W, c)));

		for (int side = 0; side < 2 && root > 0; side++, m++) {
			double sign = side == 0 ? 1 : -1;

			for (ptrdiff_t j = 0; j < W.rows; j++)
				mat_set(net->U, j, m,
					(real)(sign * (double)mat_get(W, j, c) / root));
			mat_set(net->A, m, c, (real)(sign * root));
		}
	}
	net->U.cols = m;
}

const struct linear_path_program linear_outputs_program = {
	.setup = set_up,
	.evaluate = evaluate,
	.factor = factor,
	.objective = objective,
	.bound = bound,
	.width = width,
	.network = network,
};
