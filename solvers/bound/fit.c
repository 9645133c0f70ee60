/* See fit.h. */
#include "solvers/bound/fit.h"

#include "solvers/core/blas.h"
#include "solvers/model/net.h"

#include <math.h>
#include <string.h>

enum { MEMORY = 20, STEPS = 60, HALVINGS = 20, SWEEPS = 400, STARTS = 96, ASCENT = 40, ADDED = 16 };

/* Of the Moreau envelope, in units of 1 / weight: the bound loses half of it times |alpha|^2. */
static const double smoothing = 1e-3;

static const double armijo = 1e-4;
/* Relative changes that are none: of the objective in a slide; of beta in the conditions of a. */
static const double settled = 1e-9, accuracy = 1e-7;
/* A neuron is new if it breaks its condition by this share. */
static const double noticed = 1e-5;
/* Length of the noise on neurons that ascent starts from. */
static const double nearby = 0.1;
/* Neurons nearer than this in cosine are one. */
static const double same = 1 - 1e-9;

struct fit fit_new(const struct problem *problem, ptrdiff_t width, struct arena *arena)
{
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, size = width * (d + 1);
	struct fit fit = {.problem = problem};
	real **vectors[] = {&fit.x, &fit.gx, &fit.at, &fit.down, &fit.before};
	real **samples[] = {&fit.f, &fit.g, &fit.z, &fit.trial};

	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		*vectors[i] = ARENA_ARRAY(arena, real, size);
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		*samples[i] = ARENA_ARRAY(arena, real, n);
	fit.U = mat_new(arena, d, width);
	fit.a = ARENA_ARRAY(arena, real, width);
	fit.Phi = mat_new(arena, n, width);
	fit.S = mat_new(arena, n, width);
	fit.H = mat_new(arena, n, width);
	fit.memory = lbfgs_new((size_t)size, MEMORY, arena);
	fit.V = mat_new(arena, d, STARTS);
	fit.G = mat_new(arena, d, STARTS);
	fit.A = mat_new(arena, n, STARTS);
	fit.B = mat_new(arena, n, STARTS);
	fit.value = ARENA_ARRAY(arena, double, STARTS);
	fit.rng = rng_stream(problem->seed, "bound", 0);
	if (!isfinite(loss_curvature(problem->loss)))
		fit.envelope = smoothing / problem->loss.weight;
	return fit;
}

/* Value and slopes g of the loss, or of its envelope, at f. */
static double loss_at(struct fit *fit, const real *f, real *g)
{
	const struct problem *p = fit->problem;
	size_t n = (size_t)p->X.rows;
	double t = fit->envelope, square = 0;

	if (!(t > 0)) {
		loss_gradient(p->loss, n, f, p->y.at, g);
		return loss_value(p->loss, n, f, p->y.at);
	}
	loss_prox(p->loss, n, t, f, p->y.at, fit->z);
	for (size_t k = 0; k < n; k++) {
		double by = ((double)f[k] - (double)fit->z[k]) / t;

		g[k] = (real)by;
		square += by * by;
	}
	return loss_value(p->loss, n, fit->z, p->y.at) + t * square / 2;
}

static void relu(struct mat H)
{
	for (ptrdiff_t j = 0; j < H.cols; j++) {
		real *h = mat_col(H, j);

		for (ptrdiff_t k = 0; k < H.rows; k++)
			h[k] = h[k] > 0 ? h[k] : 0;
	}
}

static double norm_one(const real *a, ptrdiff_t m)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < m; j++)
		sum += fabs((double)a[j]);
	return sum;
}

/* Phi, f, g and the objective from U and a. */
static void evaluate(struct fit *fit)
{
	blas_gemm(1, fit->problem->X, PLAIN, fit->U, PLAIN, 0, fit->Phi);
	relu(fit->Phi);
	blas_gemv(1, fit->Phi, PLAIN, fit->a, 0, fit->f);
	fit->objective =
		loss_at(fit, fit->f, fit->g) + fit->problem->beta * norm_one(fit->a, fit->U.cols);
}

/* --- neurons -------------------------------------------------------------------------------------
 */

static bool known(const struct fit *fit, const real *u)
{
	for (ptrdiff_t j = 0; j < fit->U.cols; j++)
		if (blas_dot((size_t)fit->U.rows, u, mat_col(fit->U, j)) > same)
			return true;
	return false;
}

/* In the place of a neuron without weight, of the one that has been there the longest. */
static bool put(struct fit *fit, const real *u)
{
	ptrdiff_t m = fit->U.cols;

	if (known(fit, u))
		return false;
	for (ptrdiff_t i = 0; i < m; i++) {
		ptrdiff_t j = (fit->next + i) % m;

		if (fabs((double)fit->a[j]) > 0)
			continue;
		memcpy(mat_col(fit->U, j), u, (size_t)fit->U.rows * sizeof *u);
		fit->next = (j + 1) % m;
		return true;
	}
	return false;
}

void fit_add(struct fit *fit, const double *u)
{
	real *v = mat_col(fit->V, 0);
	double length;

	for (ptrdiff_t k = 0; k < fit->U.rows; k++)
		v[k] = (real)u[k];
	length = blas_norm((size_t)fit->U.rows, v);
	if (!(length > 0))
		return;
	blas_scale((size_t)fit->U.rows, 1 / length, v);
	put(fit, v);
}

void fit_start(struct fit *fit)
{
	evaluate(fit);
}

void fit_start_at(struct fit *fit, struct mat U, const real *a)
{
	size_t d = (size_t)U.rows;
	ptrdiff_t used = 0;

	for (ptrdiff_t j = 0; j < U.cols && used < fit->U.cols; j++) {
		double length = blas_norm(d, mat_col(U, j));

		if (!(length > 0 && fabs((double)a[j]) > 0))
			continue;
		memcpy(mat_col(fit->U, used), mat_col(U, j), d * sizeof(real));
		blas_scale(d, 1 / length, mat_col(fit->U, used));
		fit->a[used++] = (real)(length * (double)a[j]);
	}
	evaluate(fit);
}

/* --- the second layer: coordinate descent --------------------------------------------------------
 */

/* One coordinate to the minimum of its quadratic majorant; returns by how much its condition was
 * broken, in beta. */
static double descend(struct fit *fit, ptrdiff_t j, double curvature)
{
	const struct problem *p = fit->problem;
	size_t n = (size_t)p->X.rows;
	const real *phi = mat_col(fit->Phi, j);
	double square = blas_dot(n, phi, phi) * curvature, slope, old = (double)fit->a[j];
	double aim, to;

	if (!(square > 0))
		return 0;
	slope = blas_dot(n, phi, fit->g);
	aim = old - slope / square;
	to = fabs(aim) > p->beta / square ? aim - copysign(p->beta / square, aim) : 0;
	if (to == old)
		return 0;
	fit->a[j] = (real)to;
	blas_axpy(n, (double)fit->a[j] - old, phi, fit->f);
	if (p->loss.loss->quadratic && !p->loss.sample)
		blas_axpy(n, p->loss.weight * ((double)fit->a[j] - old), phi, fit->g);
	else
		loss_at(fit, fit->f, fit->g);
	return fabs(to - old) * square / p->beta;
}

static void solve_second(struct fit *fit)
{
	double curvature =
		fit->envelope > 0 ? 1 / fit->envelope : loss_curvature(fit->problem->loss);
	double worst = HUGE_VAL;

	for (int sweep = 0; sweep < SWEEPS && worst > accuracy; sweep++) {
		bool all = sweep % 8 == 0; /* between, those that are there */

		worst = 0;
		for (ptrdiff_t j = 0; j < fit->U.cols; j++)
			if (all || fabs((double)fit->a[j]) > 0)
				worst = fmax(worst, descend(fit, j, curvature));
		if (!all && !(worst > accuracy))
			worst = 2 * accuracy; /* what was left out is looked at */
		else if (!all)
			continue;
		sweep += !all ? 7 - sweep % 8 : 0;
	}
	evaluate(fit);
}

/* --- both layers ---------------------------------------------------------------------------------
 */

static struct mat first_layer(const struct fit *fit, real *x)
{
	return (struct mat){fit->U.rows, fit->U.cols, fit->U.rows, x};
}

/* The objective of both layers x, and its gradient. */
static double slide_value(struct fit *fit, bool gradient)
{
	const struct problem *p = fit->problem;
	ptrdiff_t m = fit->U.cols, d = fit->U.rows;
	struct mat W = first_layer(fit, fit->x), gW = first_layer(fit, fit->gx);
	const real *v = fit->x + d * m;
	double norm = blas_norm((size_t)(m * (d + 1)), fit->x), value;

	blas_gemm(1, p->X, PLAIN, W, PLAIN, 0, fit->H);
	relu(fit->H);
	blas_gemv(1, fit->H, PLAIN, v, 0, fit->trial);
	value = loss_at(fit, fit->trial, fit->g) + p->beta * norm * norm / 2;
	if (!gradient)
		return value;
	memcpy(fit->gx, fit->x, (size_t)(m * (d + 1)) * sizeof *fit->gx);
	blas_gemv(1, fit->H, TRANSPOSED, fit->g, p->beta, fit->gx + d * m);
	for (ptrdiff_t j = 0; j < m; j++) {
		real *s = mat_col(fit->S, j);
		const real *h = mat_col(fit->H, j);

		for (ptrdiff_t k = 0; k < fit->S.rows; k++)
			s[k] = h[k] > 0 ? v[j] * fit->g[k] : 0;
	}
	blas_gemm(1, p->X, TRANSPOSED, fit->S, PLAIN, p->beta, gW);
	return value;
}

static bool slide_step(struct fit *fit)
{
	size_t size = (size_t)(fit->U.cols * (fit->U.rows + 1));
	double start = fit->slide_value, along, length = 1;

	lbfgs_direction(&fit->memory, fit->gx, fit->down);
	along = blas_dot(size, fit->gx, fit->down);
	if (!(along < 0)) {
		lbfgs_forget(&fit->memory);
		lbfgs_direction(&fit->memory, fit->gx, fit->down);
		along = blas_dot(size, fit->gx, fit->down);
	}
	memcpy(fit->at, fit->x, size * sizeof *fit->x);
	memcpy(fit->before, fit->gx, size * sizeof *fit->gx);
	for (int k = 0; k < HALVINGS; k++, length /= 2) {
		memcpy(fit->x, fit->at, size * sizeof *fit->x);
		blas_axpy(size, length, fit->down, fit->x);
		fit->slide_value = slide_value(fit, true);
		if (!(fit->slide_value <= start + armijo * length * along))
			continue;
		lbfgs_learn(&fit->memory, fit->at, fit->x, fit->before, fit->gx);
		return start - fit->slide_value > settled * start;
	}
	memcpy(fit->x, fit->at, size * sizeof *fit->x);
	memcpy(fit->gx, fit->before, size * sizeof *fit->gx);
	fit->slide_value = start;
	return false;
}

static void slide(struct fit *fit)
{
	ptrdiff_t m = fit->U.cols, d = fit->U.rows;
	struct mat W = first_layer(fit, fit->x);
	real *v = fit->x + d * m;

	for (ptrdiff_t j = 0; j < m; j++) {
		double root = sqrt(fabs((double)fit->a[j]));

		for (ptrdiff_t k = 0; k < d; k++)
			mat_set(W, k, j, (real)root * mat_get(fit->U, k, j));
		v[j] = (real)copysign(root, (double)fit->a[j]);
	}
	lbfgs_forget(&fit->memory);
	fit->slide_value = slide_value(fit, true);
	for (int step = 0; step < STEPS && slide_step(fit); step++)
		;
	for (ptrdiff_t j = 0; j < m; j++) {
		double length = blas_norm((size_t)d, mat_col(W, j));

		if (!(fabs((double)fit->a[j]) > 0))
			continue;
		fit->a[j] = (real)(length * (double)v[j]);
		if (!(length > 0))
			continue;
		memcpy(mat_col(fit->U, j), mat_col(W, j), (size_t)d * sizeof(real));
		blas_scale((size_t)d, 1 / length, mat_col(fit->U, j));
	}
	evaluate(fit);
}

/* --- neurons that are lacking --------------------------------------------------------------------
 */

/* v += a row of X with either sign, of length 1 */
static void add_row(struct fit *fit, real *v, bool opposite)
{
	struct mat X = fit->problem->X;
	ptrdiff_t row = (ptrdiff_t)rng_below(&fit->rng, (size_t)X.rows);
	double square = 0, by;

	for (ptrdiff_t k = 0; k < X.cols; k++)
		square += (double)mat_get(X, row, k) * (double)mat_get(X, row, k);
	by = square > 0 ? (opposite ? -1 : 1) / sqrt(square) : 0;
	for (ptrdiff_t k = 0; k < X.cols; k++)
		v[k] += (real)by * mat_get(X, row, k);
}

/* The next neuron with a weight from `next` on; -1: none. */
static ptrdiff_t next_used(const struct fit *fit, ptrdiff_t next)
{
	while (next < fit->U.cols && !(fabs((double)fit->a[next]) > 0))
		next++;
	return next < fit->U.cols ? next : -1;
}

/* Random ones, rows with either sign and noise, and neurons in use with a little. */
static void choose_starts(struct fit *fit)
{
	size_t d = (size_t)fit->U.rows;
	ptrdiff_t used = -1;

	for (ptrdiff_t s = 0; s < STARTS; s++) {
		real *v = mat_col(fit->V, s);
		double length;

		net_direction(&fit->rng, fit->U.rows, v);
		if (s % 3 == 1) {
			blas_scale(d, 3 * nearby, v);
			add_row(fit, v, s % 2);
		}
		if (s % 3 == 2)
			used = next_used(fit, used + 1);
		if (s % 3 == 2 && used >= 0) {
			blas_scale(d, nearby, v);
			blas_axpy(d, 1, mat_col(fit->U, used), v);
		}
		length = blas_norm(d, v);
		if (length > 0)
			blas_scale(d, 1 / length, v);
	}
}

/* |g'relu(X v)| of every start, and G = sign X'(g o [X v > 0]). */
static void measure(struct fit *fit)
{
	size_t n = (size_t)fit->A.rows;

	blas_gemm(1, fit->problem->X, PLAIN, fit->V, PLAIN, 0, fit->A);
	for (ptrdiff_t s = 0; s < STARTS; s++) {
		const real *t = mat_col(fit->A, s);
		real *b = mat_col(fit->B, s);
		double sum = 0;

		for (size_t k = 0; k < n; k++) {
			b[k] = t[k] > 0 ? fit->g[k] : 0;
			sum += (double)b[k] * (double)t[k];
		}
		fit->value[s] = sum;
	}
	blas_gemm(1, fit->problem->X, TRANSPOSED, fit->B, PLAIN, 0, fit->G);
}

/* A step of the sphere, as long as `step`. */
static void move(struct fit *fit, ptrdiff_t s, double step)
{
	size_t d = (size_t)fit->V.rows;
	real *v = mat_col(fit->V, s), *g = mat_col(fit->G, s);
	double along, length;

	if (fit->value[s] < 0)
		blas_scale(d, -1, g);
	along = blas_dot(d, g, v);
	if (step >= 1) { /* the fixed point of the pattern */
		length = blas_norm(d, g);
		if (length > 0) {
			memcpy(v, g, d * sizeof *v);
			blas_scale(d, 1 / length, v);
		}
		return;
	}
	blas_axpy(d, -along, v, g);
	length = blas_norm(d, g);
	if (!(length > 0))
		return;
	blas_axpy(d, step / length, g, v);
	blas_scale(d, 1 / blas_norm(d, v), v);
}

/* Local ascent of |g'relu(X v)|: most maxima lie on kinks, which steps of falling length find. */
static void ascend(struct fit *fit)
{
	const double first = 0.3, last = 1e-4;

	choose_starts(fit);
	for (int step = 0; step < ASCENT; step++) {
		double share = (double)step / (ASCENT - 1);
		double length = step < 4 ? 1 : first * pow(last / first, share);

		measure(fit);
		for (ptrdiff_t s = 0; s < STARTS; s++)
			move(fit, s, length);
	}
	measure(fit);
}

/* The largest ones that break their condition; returns how many were taken. */
static int add_found(struct fit *fit)
{
	double beta = fit->problem->beta;
	int added = 0;

	fit->violation = 0;
	for (int rank = 0; rank < 2 * ADDED && added < ADDED; rank++) {
		ptrdiff_t most = 0;

		for (ptrdiff_t s = 1; s < STARTS; s++)
			if (fabs(fit->value[s]) > fabs(fit->value[most]))
				most = s;
		fit->violation = fmax(fit->violation, fabs(fit->value[most]) / beta);
		if (!(fabs(fit->value[most]) > (1 + noticed) * beta))
			break;
		added += put(fit, mat_col(fit->V, most));
		fit->value[most] = 0;
	}
	return added;
}

void fit_solve(struct fit *fit)
{
	evaluate(fit);
	solve_second(fit);
}

bool fit_round(struct fit *fit)
{
	double before = fit->objective;
	int added;

	if (fit->rounds++ % 2)
		slide(fit);
	ascend(fit);
	added = add_found(fit);
	fit_solve(fit);
	return added > 0 || before - fit->objective > settled * before;
}

double fit_objective(struct fit *fit)
{
	const struct problem *p = fit->problem;

	return loss_value(p->loss, (size_t)p->X.rows, fit->f, p->y.at) +
	       p->beta * norm_one(fit->a, fit->U.cols);
}

void fit_dual(const struct fit *fit, real *alpha)
{
	for (ptrdiff_t k = 0; k < fit->problem->X.rows; k++)
		alpha[k] = -fit->g[k];
}
