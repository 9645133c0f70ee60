/* The iteration of ADMM for the robust program, and what changes between iterations: penalties, the
 * accelerated point, the radius of a path. See robust_admm_step.h. */
#include "solvers/robust/robust_admm_step.h"

#include "solvers/core/blas.h"
#include "solvers/tools/falling.h"

#include <math.h>
#include <string.h>

/* Share of its bracket to which the multiplier of a projection is found. */
static const double accuracy = 64 * REAL_EPSILON;

static double weight(const struct robust_admm *a, enum robust_split split)
{
	return a->penalty[split].rho;
}

/* [A B] from [R_A R_B] in U; both equations in the eigenvectors of X'X, the second also in those of
 * D'D. */
static void solve_sylvester(struct robust_admm *a)
{
	ptrdiff_t d = a->U.rows, P = a->U.cols / 2;
	struct mat B = mat_cols(a->Z, P, P);
	double plain = weight(a, ROBUST_GROUP) + weight(a, ROBUST_CONE);
	double sigma = weight(a, ROBUST_SIGN), kappa = weight(a, ROBUST_SAMPLE);

	blas_gemm(1, a->Q, TRANSPOSED, a->U, PLAIN, 0, a->Z); /* d x 2P: Q'[R_A R_B] */
	blas_gemm(1, B, PLAIN, a->G, PLAIN, 0, a->T);         /* d x P: Q'R_B G */
	for (ptrdiff_t i = 0; i < P; i++)
		for (ptrdiff_t j = 0; j < d; j++) {
			real own = (real)(plain + sigma * (double)a->l[j]);

			mat_set(a->Z, j, i, mat_get(a->Z, j, i) / own);
			mat_set(a->T, j, i,
				mat_get(a->T, j, i) / (own + (real)(2 * kappa) * a->g[i]));
		}
	blas_gemm(1, a->T, PLAIN, a->G, TRANSPOSED, 0, B); /* d x P: Q'B */
	blas_gemm(1, a->Q, PLAIN, a->Z, PLAIN, 0, a->U);   /* d x 2P: [A B] */
}

/* U = [R_V + R_W, R_V - R_W + 2 kappa (2 C - c)'D] from the split variables; Y and F are
 * overwritten. */
static void right_hand_sides(struct robust_admm *a)
{
	const struct robust_half *v = &a->half[0], *w = &a->half[1];
	ptrdiff_t n = a->Y.rows, d = a->U.rows, P = a->U.cols / 2;
	struct mat D = a->program.D;
	real rho = (real)weight(a, ROBUST_GROUP), tau = (real)weight(a, ROBUST_CONE);

#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < P; i++) {
		const real *mask = mat_col(D, i % D.cols);
		const real *av = mat_col(v->a, i), *aw = mat_col(w->a, i);
		real *ya = mat_col(a->Y, i), *yb = mat_col(a->Y, P + i);
		real lv = v->level[i], lw = w->level[i];

#pragma omp simd
		for (ptrdiff_t k = 0; k < n; k++) {
			real e = 2 * mask[k] - 1;
			real sv = av[k] > lv ? av[k] : lv, sw = aw[k] > lw ? aw[k] : lw;
			real qv = e * (2 * sv - av[k]), qw = e * (2 * sw - aw[k]);

			ya[k] = qv + qw;
			yb[k] = qv - qw;
		}
	}
#pragma omp parallel for simd schedule(static)
	for (ptrdiff_t k = 0; k < d * a->F.cols; k++)
		a->F.at[k] = 2 * a->C.at[k] - a->c.at[k];
	blas_gemm(weight(a, ROBUST_SIGN), a->program.problem->X, TRANSPOSED, a->Y, PLAIN, 0, a->U);
	robust_rivals_gather(&a->program.classes, 2 * weight(a, ROBUST_SAMPLE), a->F, 1,
			     mat_cols(a->U, P, P));
	for (ptrdiff_t j = 0; j < d * P; j++) {
		real rv =
			rho * (2 * v->V1.at[j] - v->t.at[j]) + tau * (2 * v->V2.at[j] - v->u.at[j]);
		real rw =
			rho * (2 * w->V1.at[j] - w->t.at[j]) + tau * (2 * w->V2.at[j] - w->u.at[j]);

		a->U.at[j] += rv + rw;
		a->U.at[d * P + j] += rv - rw;
	}
}

/* Projection of one block. */
struct cone {
	const struct robust_admm *a;
	const real *u, *ak; /* d, n */
	real *v;            /* d: at the last multiplier */
	double level;       /* eps |v|_q */
};

/* v = prox of (eps / tau) m |.|_q at u for the multiplier m; sigma sum_k (level - a_k)_+ - m. */
static double excess(void *context, double m)
{
	struct cone *cone = context;
	const struct robust_admm *a = cone->a;
	const struct robust *r = &a->program;
	const real *ak = cone->ak;
	real line, sum = 0;

	cone->level =
		r->threat.eps * threat_prox(&r->threat, m * r->threat.eps / weight(a, ROBUST_CONE),
					    cone->u, cone->v);
	line = (real)cone->level;
#pragma omp simd reduction(+ : sum)
	for (ptrdiff_t k = 0; k < a->Y.rows; k++)
		sum += ak[k] < line ? line - ak[k] : 0;
	return weight(a, ROBUST_SIGN) * (double)sum - m;
}

/* Project block (ak, u): v, and its level. The root of `excess` is not above its value at 0. */
static double project(const struct robust_admm *a, const real *u, const real *ak, real *v)
{
	struct cone cone = {.a = a, .u = u, .ak = ak, .v = v};
	double most = excess(&cone, 0);

	if (most > 0)
		falling_root((struct falling){.f = excess,
					      .context = &cone,
					      .at_low = most,
					      .high = most,
					      .at_high = excess(&cone, most),
					      .small = accuracy * most});
	return cone.level;
}

/* v1 = soft threshold of t at beta / rho, counted; |v1| */
static double threshold_counted(const struct robust_admm *a, const real *v, const real *t, real *v1,
				struct penalty_sums *part)
{
	size_t d = (size_t)a->U.rows;
	double norm = blas_norm(d, t), beta = a->program.problem->beta;
	double scale = penalty_threshold(norm, beta, weight(a, ROBUST_GROUP));

	for (size_t j = 0; j < d; j++) {
		double now = scale * (double)t[j];

		penalty_count(part, (double)v[j], (double)v1[j], now, (double)t[j]);
		v1[j] = (real)now;
	}
	return scale * norm;
}

/* Block i of a half, column b of U and Y: t, u, a += theta times their residuals, and the split
 * variables anew; the column of Y becomes the residual of S before. Returns |v1|. */
static double block_pass(struct robust_admm *a, struct robust_half *h, ptrdiff_t i, ptrdiff_t b)
{
	ptrdiff_t n = a->Y.rows, d = a->U.rows;
	const real *mask = mat_col(a->program.D, i % a->program.D.cols);
	real *t = mat_col(h->t, i), *u = mat_col(h->u, i), *ak = mat_col(h->a, i);
	real *v2 = mat_col(h->V2, i), *old = mat_col(a->Z, b), *y = mat_col(a->Y, b);
	const real *v = mat_col(a->U, b);
	real theta = (real)a->options->relaxation, level = h->level[i];
	struct penalty_sums *sums = h->sums[i];
	double norm;

	memset(sums, 0, sizeof h->sums[i]);
#pragma omp simd
	for (ptrdiff_t k = 0; k < n; k++) {
		y[k] = (2 * mask[k] - 1) * y[k] - (ak[k] > level ? ak[k] : level);
		ak[k] += theta * y[k];
	}
	for (ptrdiff_t j = 0; j < d; j++) {
		t[j] += theta * (v[j] - mat_get(h->V1, j, i));
		u[j] += theta * (v[j] - v2[j]);
		old[j] = v2[j];
	}
	norm = threshold_counted(a, v, t, mat_col(h->V1, i), &sums[ROBUST_GROUP]);
	h->level[i] = (real)project(a, u, ak, v2);
	for (ptrdiff_t j = 0; j < d; j++)
		penalty_count(&sums[ROBUST_CONE], (double)v[j], (double)old[j], (double)v2[j],
			      (double)u[j]);
	for (ptrdiff_t k = 0; k < n; k++) {
		double last = fmax((double)(ak[k] - theta * y[k]), (double)level);

		penalty_count(&sums[ROBUST_SIGN], last + (double)y[k], last,
			      fmax((double)ak[k], (double)h->level[i]), (double)ak[k]);
	}
	return norm;
}

/* All blocks of both halves; beta sum_i |v1_i| + |w1_i|. U = [V W], Y = X [V W]; Z is overwritten.
 */
static double block_passes(struct robust_admm *a, struct penalty_sums *sums)
{
	ptrdiff_t P = a->U.cols / 2;
	double norms = 0;

#pragma omp parallel for schedule(dynamic)
	for (ptrdiff_t b = 0; b < 2 * P; b++) {
		struct robust_half *h = &a->half[b / P];

		h->norms[b % P] = block_pass(a, h, b % P, b);
	}
	for (ptrdiff_t b = 0; b < 2 * P; b++) { /* in order, whatever the threads */
		for (int split = 0; split < ROBUST_SAMPLE; split++)
			penalty_add(&sums[split], 1, a->half[b / P].sums[b % P][split]);
		norms += a->half[b / P].norms[b % P];
	}
	return a->program.problem->beta * norms;
}

/* C_k = prox of psi_k at c_k, with its dual. */
static void project_sample(struct robust_admm *a, double step, ptrdiff_t k)
{
	ptrdiff_t first = k * a->rivals;
	const real *c = mat_col(a->c, first);
	real *C = mat_col(a->C, first);
	struct robust_rivals rivals = robust_sample(&a->program, k);

	if (a->program.classes.k > 1)
		robust_rivals_prox(&rivals, step, c, C, a->dual + first, a->spare + 2 * first);
	else
		a->dual[k] = robust_prox(&a->program, k, step, c, C);
}

/* c += theta (F - C), C = prox of psi; sum_k psi_k(C_k). */
static double sample_pass(struct robust_admm *a, struct penalty_sums *sums)
{
	double step = 1 / weight(a, ROBUST_SAMPLE), loss = 0;
	real theta = (real)a->options->relaxation;
	ptrdiff_t n = a->Y.rows, d = a->C.rows * a->rivals;

#pragma omp parallel for schedule(dynamic, 16)
	for (ptrdiff_t k = 0; k < n; k++) {
		ptrdiff_t first = k * a->rivals;
		real *c = mat_col(a->c, first), *C = mat_col(a->C, first);
		real *old = mat_col(a->before, first);
		const real *f = mat_col(a->F, first);

		for (ptrdiff_t j = 0; j < d; j++) {
			c[j] += theta * (f[j] - C[j]);
			old[j] = C[j];
		}
		project_sample(a, step, k);
		a->sums[k] = (struct penalty_sums){0};
		for (ptrdiff_t j = 0; j < d; j++)
			penalty_count(&a->sums[k], (double)f[j], (double)old[j], (double)C[j],
				      (double)c[j]);
		a->losses[k] = robust_value(&a->program, k, C);
	}
	for (ptrdiff_t k = 0; k < n; k++) {
		penalty_add(sums, 1, a->sums[k]);
		loss += a->losses[k];
	}
	return loss;
}

/* U = [A B] becomes [V W]; Y = X [A B] becomes X [V W]; F = B D' comes first. */
static void recombine(struct mat M)
{
	ptrdiff_t half = M.rows * M.cols / 2;

#pragma omp parallel for simd schedule(static)
	for (ptrdiff_t j = 0; j < half; j++) {
		real sum = M.at[j], difference = M.at[half + j];

		M.at[j] = (sum + difference) / 2;
		M.at[half + j] = (sum - difference) / 2;
	}
}

/* The split variables from x. */
static void split_all(struct robust_admm *a)
{
	double step = 1 / weight(a, ROBUST_SAMPLE);

	for (int half = 0; half < 2; half++) {
		struct robust_half *h = &a->half[half];

		for (ptrdiff_t i = 0; i < h->V1.cols; i++) {
			struct penalty_sums unused = {0};

			threshold_counted(a, mat_col(h->t, i), mat_col(h->t, i), mat_col(h->V1, i),
					  &unused);
			h->level[i] = (real)project(a, mat_col(h->u, i), mat_col(h->a, i),
						    mat_col(h->V2, i));
		}
	}
#pragma omp parallel for schedule(static)
	for (ptrdiff_t k = 0; k < a->Y.rows; k++)
		project_sample(a, step, k);
}

/* The acceleration begins anew, in the norm in which the iteration with these penalties is
 * averaged.
 */
static void restart(struct robust_admm *a)
{
	size_t small = (size_t)(a->U.rows * a->U.cols / 2),
	       sign = (size_t)(a->Y.rows * a->Y.cols / 2);
	struct anderson_part half[] = {{small, a->penalty[ROBUST_GROUP].rho, false},
				       {small, a->penalty[ROBUST_CONE].rho, false},
				       {sign, a->penalty[ROBUST_SIGN].rho, false}};
	struct anderson_part samples = {(size_t)(a->C.rows * a->C.cols),
					a->penalty[ROBUST_SAMPLE].rho, false};

	accelerated_restart(&a->loop,
			    (struct anderson_part[]){half[0], half[1], half[2], half[0], half[1],
						     half[2], samples},
			    7);
}

/* What the residuals of each split ask for; true if something has changed. */
static bool adapt(struct robust_admm *a, const struct penalty_sums *sums)
{
	double ratio[ROBUST_SPLITS];
	bool changed = false;

	for (int split = 0; split < ROBUST_SPLITS; split++) {
		ratio[split] =
			penalty_change(&a->penalty[split], a->loop.iteration,
				       penalty_relative(sums[split].primal, sums[split].size),
				       penalty_relative(sums[split].change, sums[split].dual));
		changed |= ratio[split] > 1 || ratio[split] < 1;
	}
	if (!changed)
		return false;

	/* x for penalties times `ratio` */
	real inverse = (real)(1 / ratio[ROBUST_SIGN]);

	for (int half = 0; half < 2; half++) {
		struct robust_half *h = &a->half[half];
		size_t small = (size_t)(h->t.rows * h->t.cols);

		penalty_rescale(small, ratio[ROBUST_GROUP], h->V1.at, h->t.at);
		penalty_rescale(small, ratio[ROBUST_CONE], h->V2.at, h->u.at);
		for (ptrdiff_t i = 0; i < h->a.cols; i++)
			for (ptrdiff_t k = 0; k < h->a.rows; k++) {
				real *ak = mat_col(h->a, i) + k,
				     s = *ak > h->level[i] ? *ak : h->level[i];

				*ak = s + inverse * (*ak - s);
			}
	}
	penalty_rescale((size_t)(a->C.rows * a->C.cols), ratio[ROBUST_SAMPLE], a->C.at, a->c.at);
	restart(a);
	return true;
}

double robust_admm_step_radius(const struct robust_admm *a)
{
	const struct robust_admm_options *o = a->options;
	long stage = a->loop.iteration / o->stage;

	return stage < o->path ? o->threat.eps * (double)(stage + 1) / (double)(o->path + 1)
			       : o->threat.eps;
}

void robust_admm_step_begin(struct robust_admm *a)
{
	a->program.threat.eps = robust_admm_step_radius(a);
	split_all(a);
	restart(a);
}

void robust_admm_step(void *state, struct progress *progress)
{
	struct robust_admm *a = state;
	ptrdiff_t P = a->U.cols / 2;
	struct penalty_sums sums[ROBUST_SPLITS] = {{0}}, all = {0};
	bool on_path = a->program.threat.eps < a->options->threat.eps;
	double cones;

	accelerated_before(&a->loop);
	right_hand_sides(a);
	solve_sylvester(a);
	robust_rivals_spread(&a->program.classes, mat_cols(a->U, P, P), a->F);
	blas_gemm(1, a->program.problem->X, PLAIN, a->U, PLAIN, 0, a->Y);
	recombine(a->U); /* d x 2P: [V W] */
	recombine(a->Y); /* n x 2P: X [V W] */
	progress->objective = block_passes(a, sums);
	progress->objective += sample_pass(a, &sums[ROBUST_SAMPLE]);
	a->loop.iteration++;
	/* relative residuals of all splits together, each in the metric of its penalty; unknown on
	 * the path */
	for (int split = 0; split < ROBUST_SPLITS; split++)
		penalty_add(&all, a->penalty[split].rho, sums[split]);
	cones = a->penalty[ROBUST_CONE].rho * sums[ROBUST_CONE].dual +
		a->penalty[ROBUST_SIGN].rho * sums[ROBUST_SIGN].dual;
	all.size = penalty_size(all.size, progress->objective, a->loop.zero);
	all.dual = penalty_dual(cones, all.dual - cones, (double)a->U.cols);
	progress->primal_residual = on_path ? NAN : penalty_relative(all.primal, all.size);
	progress->dual_residual = on_path ? NAN : penalty_relative(all.change, all.dual);
	if (adapt(a, sums) || accelerated_after(&a->loop, progress->objective))
		split_all(a);
	if (robust_admm_step_radius(a) > a->program.threat.eps) /* from where the last one ended */
		robust_admm_step_begin(a);
}
