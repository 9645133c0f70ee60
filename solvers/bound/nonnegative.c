/* See nonnegative.h. Neurons of either sign of the output weight have moments
 *
 *     of (alpha, z, w), z = relu(X u) / unit, w = z - X u / unit,
 *
 * which are semidefinite, entrywise nonnegative, and 0 for z_i w_i:
 *
 *     min 1/2 sum_i m_i (f_i - ybar_i)^2 + beta/2 sum over signs (tr alpha alpha + tr u u)
 *     f = unit (sum of alpha z of the positive ones, less that of the negative ones)
 *
 * With X / unit = P diag(sigma) V', c = diag(sigma) V'u / sqrt 2, z = (s + P c) / sqrt 2 and
 * w = (s - P c) / sqrt 2 the map (alpha, c, s) -> (alpha, z, w) is an isometry, so that ADMM on
 *
 *     S >= 0 semidefinite,   Y = its products, nonnegative,   S = T'(Y - Z) T - cost / rho
 *
 * has steps in closed form: an eigendecomposition of each sign, and a threshold of each entry. Its
 * multipliers rho Z make bounds at any time (nonnegative_bound.h). The cones that neurons with
 * alpha = |u| lie in (neuron_cones.h) are a second set of copies, whose step is linearised, so that
 * that of S stays one projection. Rows are of like length: an iteration does not know of a common
 * factor of a row, but its rate does. */
#include "solvers/bound/nonnegative.h"

#include "solvers/core/blas.h"
#include "solvers/semidefinite/semidefinite.h"

#include <math.h>
#include <string.h>

enum {
	STEPS = 20, /* from bound to bound, and most of a round */
	MOST = 4000,
	LOOK_BACK = 20
};

/* Operations of a round; of an iteration, in cubes of the order: two eigendecompositions. */
static const double round_flops = 1e10, flops_per_cube = 30;

static const double relaxed = 1.9;
/* rho at the start, in beta; iterations from which it follows the values, by ever less, and factors
 * of it. */
static const double first_rho = 2;
enum { SETTLED = 40, DAMPED = 200 };
static const double most_change = 2;
/* Share of the largest singular value below which a direction counts as none. */
static const double unseen = 1e-7;
/* Share that the bound must rise by from bound to bound, LOOK_BACK later. */
static const double worth = 1e-4;

static const double half_root = 0.7071067811865476;

static struct mat corner(struct mat M, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t col, ptrdiff_t cols)
{
	return mat_rows(mat_cols(M, col, cols), row, rows);
}

/* P and sigma from X'X, whose order is below that of the iterations. */
static void decompose(struct nonnegative *t)
{
	struct mat X = t->bound.X, gram = corner(t->bound.R, 0, X.cols, 0, X.cols);
	double square = 0, by = t->bound.scale;
	ptrdiff_t k = 0;

	blas_syrk(1, X, TRANSPOSED, 0, gram);
	blas_eigen(gram, t->w);
	for (ptrdiff_t j = X.cols - 1; j >= 0 && k < t->k; j--) {
		double singular = sqrt(fmax(0, (double)t->w[j]));

		if (!(singular > unseen * sqrt((double)t->w[X.cols - 1])))
			break;
		blas_gemv(1 / singular, X, PLAIN, mat_col(gram, j), 0, mat_col(t->P, k));
		mat_copy(mat_cols(t->V, k, 1), mat_cols(gram, j, 1));
		t->sigma[k++] = (real)(singular * by);
		square += singular * singular * by * by;
	}
	t->k = k;
	t->P.cols = t->EP.cols = t->PS.cols = t->V.cols = k;
	t->S.rows = t->S.cols = t->B.rows = t->B.cols = 1 + k + X.rows;
	t->work.rows = t->work.cols = t->S.rows;
	t->unit = k > 0 ? sqrt(square / (2 * (double)k)) : 1;
	for (int g = 0; g < 2; g++)
		neuron_cones_narrow(&t->cones[g], k);
}

static void start(struct nonnegative *t)
{
	double beta = t->dual->problem->beta;

	decompose(t);
	t->cost[0] = (real)(beta / 2);
	for (ptrdiff_t j = 0; j < t->k; j++) {
		double ratio = t->unit / (double)t->sigma[j];

		t->cost[1 + j] = (real)(beta * ratio * ratio);
		t->length[j] = (real)(sqrt(2) * ratio);
	}
	t->rho = first_rho * beta;
	t->zero = dual_bound(t->dual, t->dual->rest, 0);
	t->next = STEPS * LOOK_BACK;
}

struct nonnegative nonnegative_new(struct dual *dual, struct arena *arena)
{
	ptrdiff_t n = dual->rows->n, d = dual->rows->d, k = d < n ? d : n, order = 1 + k + n;
	struct nonnegative t = {.dual = dual, .bound = nonnegative_bound_new(dual, arena), .k = k};
	struct mat *wide[] = {&t.P, &t.EP, &t.PS};
	struct mat *squares[] = {&t.S, &t.B, &t.work};

	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		*wide[i] = mat_new(arena, n, k);
	for (size_t i = 0; i < sizeof squares / sizeof *squares; i++)
		*squares[i] = mat_new(arena, order, order);
	for (int g = 0; g < 2; g++) {
		t.Y[g] = products_new(n, arena);
		t.Z[g] = products_new(n, arena);
		t.side[g] = products_new(n, arena);
		t.cones[g] = neuron_cones_new(n, k, arena);
	}
	t.D = products_new(n, arena);
	t.multipliers = cone_multipliers_new(n, d, arena);
	t.V = mat_new(arena, d, k);
	t.length = ARENA_ARRAY(arena, real, k);
	t.E = mat_new(arena, n, n);
	t.sigma = ARENA_ARRAY(arena, real, d);
	t.cost = ARENA_ARRAY(arena, real, order);
	t.w = ARENA_ARRAY(arena, real, order + d);
	t.f = ARENA_ARRAY(arena, double, n);
	t.nu = ARENA_ARRAY(arena, double, n);
	blas_expect_eigen(arena, order);
	if (!arena_counts(arena))
		start(&t);
	return t;
}

/* B = T'(Y - Z) T - cost / rho, and what the cones ask for. */
static void gather(struct nonnegative *t, int sign)
{
	struct products *y = &t->Y[sign], *z = &t->Z[sign], *D = &t->D;
	ptrdiff_t n = t->P.rows, k = t->k;
	struct mat cc = corner(t->B, 1, k, 1, k), sc = corner(t->B, 1 + k, n, 1, k);

	for (ptrdiff_t j = 0; j < n; j++) {
		for (ptrdiff_t i = 0; i < n; i++) {
			mat_set(D->zz, i, j, mat_get(y->zz, i, j) - mat_get(z->zz, i, j));
			mat_set(D->ww, i, j, mat_get(y->ww, i, j) - mat_get(z->ww, i, j));
			mat_set(D->zw, i, j, mat_get(y->zw, i, j) - mat_get(z->zw, i, j));
		}
		D->az[j] = y->az[j] - z->az[j];
		D->aw[j] = y->aw[j] - z->aw[j];
	}
	for (ptrdiff_t j = 0; j < n; j++)
		for (ptrdiff_t i = 0; i < n; i++) {
			real same = mat_get(D->zz, i, j) + mat_get(D->ww, i, j);
			real cross = mat_get(D->zw, i, j) + mat_get(D->zw, j, i);

			mat_set(t->B, 1 + k + i, 1 + k + j, (same + cross) / 2);
			mat_set(t->E, i, j, (same - cross) / 2);
		}
	blas_gemm(1, t->E, PLAIN, t->P, PLAIN, 0, t->EP);
	blas_gemm(1, t->P, TRANSPOSED, t->EP, PLAIN, 0, cc);
	for (ptrdiff_t j = 0; j < n; j++)
		for (ptrdiff_t i = 0; i < n; i++)
			mat_set(t->E, i, j,
				(mat_get(D->zz, i, j) - mat_get(D->ww, i, j) +
				 mat_get(D->zw, j, i) - mat_get(D->zw, i, j)) /
					2);
	blas_gemm(1, t->E, PLAIN, t->P, PLAIN, 0, sc);
	for (ptrdiff_t i = 0; i < n; i++) {
		mat_set(t->B, 1 + k + i, 0, (real)half_root * (D->az[i] + D->aw[i]));
		D->az[i] -= D->aw[i];
	}
	blas_gemv(half_root, t->P, TRANSPOSED, D->az, 0, mat_col(t->B, 0) + 1);
	mat_set(t->B, 0, 0, (real)t->own[sign]);
	neuron_cones_join(&t->cones[sign], t->P, t->B);
	for (ptrdiff_t j = 0; j < t->B.cols; j++)
		mat_set(t->B, j, j,
			mat_get(t->B, j, j) - t->cost[j] / (real)(t->rho * neuron_cones_share()));
	blas_symmetrize(t->B);
}

/* The products of S, over-relaxed, and Z. */
static void spread(struct nonnegative *t, int sign)
{
	struct products *y = &t->Y[sign], *z = &t->Z[sign], *to = &t->side[sign];
	ptrdiff_t n = t->P.rows, k = t->k;
	real by = (real)relaxed, back = 1 - by;

	blas_gemm(1, t->P, PLAIN, corner(t->S, 1, k, 1, k), PLAIN, 0, t->PS);
	blas_gemm(1, t->PS, PLAIN, t->P, TRANSPOSED, 0, t->E); /* P c c'P' */
	blas_gemm(1, corner(t->S, 1 + k, n, 1, k), PLAIN, t->P, TRANSPOSED, 0, t->D.zw);
	for (ptrdiff_t j = 0; j < n; j++)
		for (ptrdiff_t i = 0; i < n; i++) {
			real s = mat_get(t->S, 1 + k + i, 1 + k + j), c = mat_get(t->E, i, j);
			real h = mat_get(t->D.zw, i, j), hh = mat_get(t->D.zw, j, i);

			mat_set(to->zz, i, j,
				by * (s + c + h + hh) / 2 + back * mat_get(y->zz, i, j) +
					mat_get(z->zz, i, j));
			mat_set(to->ww, i, j,
				by * (s + c - h - hh) / 2 + back * mat_get(y->ww, i, j) +
					mat_get(z->ww, i, j));
			mat_set(to->zw, i, j,
				by * (s - c - h + hh) / 2 + back * mat_get(y->zw, i, j) +
					mat_get(z->zw, i, j));
		}
	blas_gemv(1, t->P, PLAIN, mat_col(t->S, 0) + 1, 0, t->D.aw);
	for (ptrdiff_t i = 0; i < n; i++) {
		real s = mat_get(t->S, 1 + k + i, 0), c = t->D.aw[i];

		to->az[i] = by * (real)half_root * (s + c) + back * y->az[i] + z->az[i];
		to->aw[i] = by * (real)half_root * (s - c) + back * y->aw[i] + z->aw[i];
	}
}

static void threshold(struct mat side, struct mat Y, struct mat Z, bool diagonal)
{
	for (ptrdiff_t j = 0; j < side.cols; j++)
		for (ptrdiff_t i = 0; i < side.rows; i++) {
			real x = mat_get(side, i, j);
			real now = x > 0 && (diagonal || i != j) ? x : 0;

			mat_set(Y, i, j, now);
			mat_set(Z, i, j, x - now);
		}
}

/* min m/2 (p - q - y)^2 + h/2 ((p - p0)^2 + (q - q0)^2) over p, q >= 0 */
static void prox(double m, double y, double h, double *p, double *q)
{
	double p0 = *p, q0 = *q, r = (p0 - q0 - y) / (1 + 2 * m / h);

	*p = p0 - m / h * r;
	*q = q0 + m / h * r;
	if (*p < 0) {
		*p = 0;
		*q = fmax(0, (h * q0 - m * y) / (m + h));
	} else if (*q < 0) {
		*q = 0;
		*p = fmax(0, (h * p0 + m * y) / (m + h));
	}
}

/* Y and Z of alpha z, f and nu; and those of alpha w. */
static void outputs(struct nonnegative *t)
{
	double unit = t->unit, h = 2 * t->rho / (unit * unit);

	for (ptrdiff_t i = 0; i < t->P.rows; i++) {
		double p = unit * (double)t->side[0].az[i], q = unit * (double)t->side[1].az[i];
		double now[2], row = t->bound.row[i];

		prox(t->dual->mass[i] / (row * row), t->dual->mean[i] * row, h, &p, &q);
		now[0] = p / unit;
		now[1] = q / unit;
		t->f[i] = (p - q) / row;
		t->nu[i] = t->dual->mass[i] * (t->dual->mean[i] - t->f[i]);
		for (int g = 0; g < 2; g++) {
			real x = t->side[g].aw[i];

			t->Y[g].az[i] = (real)now[g];
			t->Z[g].az[i] = t->side[g].az[i] - (real)now[g];
			t->Y[g].aw[i] = x > 0 ? x : 0;
			t->Z[g].aw[i] = x > 0 ? 0 : x;
		}
	}
}

static void rescale(struct products *p, double by)
{
	struct mat *all[] = {&p->zz, &p->ww, &p->zw};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		for (ptrdiff_t j = 0; j < all[i]->cols; j++)
			blas_scale((size_t)all[i]->rows, by, mat_col(*all[i], j));
	blas_scale((size_t)p->zz.rows, by, p->az);
	blas_scale((size_t)p->zz.rows, by, p->aw);
}

static bool iterate(struct nonnegative *t)
{
	for (int g = 0; g < 2; g++) {
		gather(t, g);
		if (!semidefinite_nearest(t->B, t->S, t->work, t->w))
			return false;
		t->own[g] = relaxed * (double)mat_get(t->S, 0, 0) + (1 - relaxed) * t->own[g];
		spread(t, g);
		neuron_cones_project(&t->cones[g], t->P, t->length, t->S, relaxed);
	}
	for (int g = 0; g < 2; g++) {
		threshold(t->side[g].zz, t->Y[g].zz, t->Z[g].zz, true);
		threshold(t->side[g].ww, t->Y[g].ww, t->Z[g].ww, true);
		threshold(t->side[g].zw, t->Y[g].zw, t->Z[g].zw, false);
	}
	outputs(t);
	t->iteration++;
	return true;
}

/* Of the relaxation at the present iterate, which its constraints hold but on the way. */
static double objective(const struct nonnegative *t)
{
	double sum = t->zero;

	for (ptrdiff_t i = 0; i < t->P.rows; i++) {
		double f = t->f[i] - t->dual->mean[i];

		sum += t->dual->mass[i] * f * f / 2;
	}
	for (int g = 0; g < 2; g++)
		for (ptrdiff_t j = 0; j <= t->k; j++)
			sum += (double)t->cost[j] * (double)mat_get(t->cones[g].last, j, j);
	return sum;
}

/* Both values end at the optimum; where the objective is behind the bound a larger rho hastens it,
 * and a smaller one the bound. */
static void balance(struct nonnegative *t)
{
	double by = (t->bound.lower - t->zero) / (objective(t) - t->zero);

	if (t->iteration < SETTLED || !(by > 0 && by < HUGE_VAL))
		return;
	by = fmax(1 / most_change, fmin(most_change, by));
	by = pow(by, 1 / (1 + (double)t->iteration / DAMPED));
	t->rho *= by;
	for (int g = 0; g < 2; g++) {
		rescale(&t->Z[g], 1 / by);
		neuron_cones_rescale(&t->cones[g], 1 / by);
	}
}

/* Both signs of nu. */
static void certify(struct nonnegative *t)
{
	double K;

	for (int g = 0; g < 2; g++) {
		rescale(&t->Z[g], t->rho);
		neuron_cones_tell(&t->cones[g], t->V, t->length, t->rho, &t->multipliers);
		t->value[g] = nonnegative_kappa(&t->bound, t->nu, g ? -1 : 1, &t->Z[g],
						&t->multipliers, t->unit);
		rescale(&t->Z[g], 1 / t->rho);
	}
	K = fmax(t->value[0], t->value[1]);
	if (K < HUGE_VAL)
		nonnegative_take(&t->bound, t->nu, K);
}

bool nonnegative_round(struct nonnegative *t)
{
	double order = (double)t->S.rows, fit = round_flops / (flops_per_cube * pow(order, 3));
	int steps = fit < 1 ? 1 : fit > STEPS ? STEPS : (int)fit;

	if (t->k == 0 || t->iteration >= MOST)
		return false;
	for (int step = 0; step < steps; step++) {
		if (!iterate(t))
			return false;
		if (t->iteration % STEPS == 0) {
			certify(t);
			balance(t);
		}
	}
	if (t->iteration < t->next)
		return true;
	t->next += STEPS * LOOK_BACK;
	if (t->before > 0 && t->bound.lower < (1 + worth) * t->before)
		return false;
	t->before = t->bound.lower;
	return true;
}
