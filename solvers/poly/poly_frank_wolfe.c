/* Fully corrective Frank-Wolfe (Holloway 1974; Jaggi 2013) on the program of polynomial networks:
 *
 *     min over Z, Z' in K   F(Z - Z') + beta (Z4 + Z4'),   Z = sum_j alpha_j [u_j; 1][u_j; 1]',
 *
 * |u_j| = 1, alpha_j >= 0, so that the neurons come out directly. The atom of each side is that of
 * the least slope, -u'Cu or u'Cu on the sphere (poly_oracle_sphere); then the weights of all atoms
 * are made best again by projected Newton steps (Bertsekas 1982) with the Hessian Phi'DPhi, Phi the
 * activations at the worst points, which leaves out how these points move, and the atoms move
 * by L-BFGS in w_j = sqrt(alpha_j) u_j (sliding: Denoyelle, Duval, Peyre & Soubies 2019): at the
 * optimum whole spheres of atoms have the least slope. Atoms of weight 0 leave; where there is no
 * room, Z is decomposed into fewer.
 *
 * A loss with a kink is replaced by its augmented Lagrangian (Rockafellar 1976), the Moreau
 * envelope of a fixed width mu at f + mu v, v the multipliers of the outputs. Its slopes
 * (f + mu v - prox) / mu are those of the conjugate's domain, so that they give the bound of the
 * program itself (poly_program.h); they become the multipliers when the envelope is solved as far
 * as it is below the loss. A width that shrinks instead leaves kinks that moves of the atoms do not
 * pass. */
#include "solvers/poly/poly_frank_wolfe.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"
#include "solvers/poly/poly_decompose.h"
#include "solvers/poly/poly_oracle.h"
#include "solvers/tools/lbfgs.h"

#include <math.h>
#include <string.h>

enum { CORRECTIONS = 12, SLIDES = 200, MEMORY = 30, HALVINGS = 30 };
enum { ROOM = 4 }; /* atoms, times d + 1 */
enum { MORE = 8 }; /* eigenvectors that become atoms in one step on one side */

static const double solved = 0.5;       /* of what the envelope is below the program */
static const double small = 0.1;        /* gain of a step, relative to that */
static const double decrease = 1e-4;    /* of a step, relative to what its slope promises */
static const double stationary = 1e-9;  /* slopes of weights, relative to beta */
static const double worthwhile = 1e-10; /* gain of a move, relative: the bound errs by its root */
static const double ridge = 1e-12;      /* of the Hessian, relative to its trace */
static const double negligible = 1e-14; /* weights, relative to their sum */

struct state {
	const struct poly_program *program;
	struct poly_oracle *oracle;
	struct poly_decompose decompose;
	struct mat Z[POLY_SIDES], best[POLY_SIDES];
	struct mat U, scaled;         /* d + 1 x room: the atoms [u; 1]; times their weights */
	struct mat Phi, H, p;         /* n x room; room x room; room x 1: minus a step */
	struct mat Q, C;              /* d + 1 x d + 1 */
	struct mat work, worst;       /* n x d */
	real *f, *v, *h, *multiplier; /* n: outputs, slopes, curvatures */
	real *alpha, *t;              /* room: weights */
	double *lower, *slope;        /* n; room: of the weights */
	real *sign, *x;               /* room: +1 of Z, -1 of Z'; d */
	ptrdiff_t count, more;
	struct lbfgs lbfgs;
	real *w, *w_next, *g, *g_next, *direction; /* d room: sqrt(alpha_j) u_j; slopes */
	double width, value, bound; /* of the envelope; of the program; the best bound so far */
	double least;               /* value of `best` */
	double smooth;              /* with the envelope */
};

static bool kinked(const struct state *s)
{
	return !isfinite(loss_curvature(s->program->problem->loss));
}

/* Z and Q of the weights `alpha`. */
static void form(struct state *s, const real *alpha)
{
	ptrdiff_t order = s->Q.cols;

	for (int side = 0; side < POLY_SIDES; side++) {
		struct mat W = mat_cols(s->scaled, 0, s->count);

		for (ptrdiff_t j = 0; j < s->count; j++)
			for (ptrdiff_t i = 0; i < order; i++)
				mat_set(W, i, j,
					(s->sign[j] > 0) == (side == 0)
						? alpha[j] * mat_get(s->U, i, j)
						: 0);
		mat_fill(s->Z[side], 0);
		if (s->count > 0)
			blas_gemm(1, W, PLAIN, mat_cols(s->U, 0, s->count), TRANSPOSED, 0,
				  s->Z[side]);
	}
	poly_program_form(s->program, s->Z[0], s->Z[1], s->Q);
}

/* Value, slopes and curvatures of the envelope at f. */
static double envelope(struct state *s)
{
	const struct problem *problem = s->program->problem;
	size_t n = (size_t)problem->X.rows;
	double sum = 0;

	if (!kinked(s)) {
		loss_gradient(problem->loss, n, s->f, problem->y.at, s->v);
		loss_hessian(problem->loss, n, s->f, problem->y.at, s->h);
		return loss_value(problem->loss, n, s->f, problem->y.at);
	}
	blas_axpy(n, s->width, s->multiplier, s->f);
	loss_prox(problem->loss, n, s->width, s->f, problem->y.at, s->h);
	for (size_t i = 0; i < n; i++)
		sum += pow((double)(s->f[i] - s->h[i]), 2) / (2 * s->width) -
		       s->width * pow((double)s->multiplier[i], 2) / 2;
	sum += loss_value(problem->loss, n, s->h, problem->y.at);
	for (size_t i = 0; i < n; i++) {
		const struct loss_term one = loss_of(problem->loss, (ptrdiff_t)i);
		struct loss_box range = loss_range(one, (double)problem->y.at[i]);
		double v = (double)(s->f[i] - s->h[i]) / s->width;

		s->v[i] = (real)fmin(fmax(v, range.low), range.high);
		s->h[i] = (real)(v > range.low && v < range.high && v != 0 ? 1 / s->width : 0);
	}
	return sum;
}

/* The smoothed objective of the weights `alpha`; *value that of the program. */
static double look(struct state *s, const real *alpha, double *value)
{
	const struct problem *problem = s->program->problem;
	struct poly_points points = {.X = problem->X,
				     .radius = s->program->radius,
				     .lower = s->lower,
				     .worst = &s->worst};
	double size = 0;

	form(s, alpha);
	if (!poly_oracle_set(s->oracle, s->Q))
		return NAN;
	if (points.radius > 0)
		points.y = problem->y.at;
	poly_oracle_margins(s->oracle, &points);
	for (ptrdiff_t i = 0; i < problem->X.rows; i++)
		s->f[i] = (real)s->lower[i] * (points.y ? points.y[i] : 1);
	for (ptrdiff_t j = 0; j < s->count; j++)
		size += (double)alpha[j];
	*value = loss_value(problem->loss, (size_t)problem->X.rows, s->f, problem->y.at) +
		 problem->beta * size;
	return envelope(s) + problem->beta * size;
}

/* C = sum_i v_i E(x*_i); Phi; the slopes of the weights. */
static void differentiate(struct state *s)
{
	const struct problem *problem = s->program->problem;
	struct problem moved = *problem;
	struct poly_program program = *s->program;
	const double *abc = s->program->activation;
	ptrdiff_t d = problem->X.cols;
	struct mat Phi = mat_cols(s->Phi, 0, s->count);

	moved.X = s->worst;
	program.problem = &moved;
	poly_program_gather(&program, s->v, s->work, s->C);
	if (s->count == 0)
		return;
	blas_gemm(1, s->worst, PLAIN, mat_rows(mat_cols(s->U, 0, s->count), 0, d), PLAIN, 0, Phi);
	for (ptrdiff_t j = 0; j < s->count; j++) {
		double sum = 0;

		for (ptrdiff_t i = 0; i < Phi.rows; i++) {
			double t = (double)mat_get(Phi, i, j);
			double phi = (abc[0] * t + abc[1]) * t + abc[2];

			mat_set(Phi, i, j, (real)((double)s->sign[j] * phi));
			sum += (double)s->sign[j] * phi * (double)s->v[i];
		}
		s->slope[j] = sum + problem->beta;
	}
}

static void add_atom(struct state *s, const real *u, real scale, real sign)
{
	ptrdiff_t d = s->U.rows - 1;

	for (ptrdiff_t i = 0; i < d; i++)
		mat_set(s->U, i, s->count, scale * u[i]);
	mat_set(s->U, d, s->count, 1);
	s->sign[s->count] = sign;
	s->alpha[s->count++] = 0;
}

/* Eigenvectors of C1 with a slope below 0, the least one left out, of which the atom of the least
 * slope mostly consists. */
static void add_eigenvectors(struct state *s, real sign)
{
	const struct poly_oracle *o = s->oracle;
	ptrdiff_t d = s->U.rows - 1;
	const real *c2 = mat_col(s->C, d);

	for (ptrdiff_t k = 1; k <= s->more; k++) {
		ptrdiff_t at = sign > 0 ? d - 1 - k : k;
		double along = blas_dot((size_t)d, c2, mat_col(o->V, at));
		double most = (double)sign * (o->e[at] + (double)c2[d]) + 2 * fabs(along);

		if (most > s->program->problem->beta * (1 + stationary))
			add_atom(s, mat_col(o->V, at), (real)copysign(1, (double)sign * along),
				 -sign);
	}
}

/* The bound of the slopes at hand; atoms of both sides with a slope below 0 enter. False: there
 * are none. */
static bool look_for_atoms(struct state *s)
{
	const struct problem *problem = s->program->problem;
	ptrdiff_t n = problem->X.rows;
	double largest = 0, most[POLY_SIDES];
	bool found = false;

	if (!poly_oracle_set(s->oracle, s->C))
		return false;
	for (int side = 0; side < POLY_SIDES; side++) {
		real sign = side ? 1 : -1;

		most[side] = poly_oracle_sphere(s->oracle, sign, s->x);
		largest = fmax(largest, most[side]);
		if (most[side] <= problem->beta * (1 + stationary))
			continue;
		add_atom(s, s->x, 1, -sign);
		add_eigenvectors(s, sign);
		found = true;
	}
	for (ptrdiff_t i = 0; i < n; i++)
		s->f[i] = -s->v[i];
	s->bound = fmax(s->bound, scaling_best(problem, s->f, largest).bound);
	return found;
}

/* p = the Newton direction of the weights that are free; false: there is none to gain by. */
static bool newton(struct state *s)
{
	ptrdiff_t m = s->count, n = s->Phi.rows;
	struct mat Phi = mat_cols(s->Phi, 0, m), H = mat_rows(mat_cols(s->H, 0, m), 0, m);
	struct mat p = mat_rows(s->p, 0, m);
	double trace = 0, far = 0, damping;

	for (ptrdiff_t j = 0; j < m; j++)
		for (ptrdiff_t i = 0; i < n; i++)
			mat_set(Phi, i, j, mat_get(Phi, i, j) * (real)sqrt((double)s->h[i]));
	blas_syrk(1, Phi, TRANSPOSED, 0, H);
	for (ptrdiff_t j = 0; j < m; j++) {
		bool held = s->alpha[j] <= 0 && s->slope[j] >= 0;

		trace += (double)mat_get(H, j, j);
		mat_set(p, j, 0, held ? 0 : (real)s->slope[j]);
		far = fmax(far, held ? 0 : fabs(s->slope[j]));
	}
	/* no weight is above value / beta at the optimum, nor should a step be */
	damping = far * s->program->problem->beta / s->value;
	for (ptrdiff_t j = 0; j < m; j++) {
		bool held = s->alpha[j] <= 0 && s->slope[j] >= 0;

		for (ptrdiff_t i = 0; i < m && held; i++)
			mat_set(H, i > j ? i : j, i > j ? j : i, 0);
		mat_set(H, j, j,
			mat_get(H, j, j) + (held ? 1 : 0) + (real)(ridge * trace + damping));
	}
	if (!(far > stationary * s->program->problem->beta) || !blas_cholesky(H))
		return false;
	blas_cholesky_solve(H, p);
	return true;
}

/* The weights of all atoms made best, from those that were looked at last; all at hand is of them
 * then. False: rounding. */
static bool correct(struct state *s)
{
	for (int step = 0; step < CORRECTIONS && isfinite(s->smooth); step++) {
		double length = 1, value, next = NAN, promise = 0;
		int halvings = 0;

		differentiate(s);
		if (s->count == 0 || !newton(s))
			return true;
		for (; halvings < HALVINGS; halvings++, length /= 2) {
			promise = 0;
			for (ptrdiff_t j = 0; j < s->count; j++) {
				double to = (double)s->alpha[j] - length * (double)s->p.at[j];

				s->t[j] = (real)fmax(to, 0);
				promise += s->slope[j] * (double)(s->alpha[j] - s->t[j]);
			}
			next = look(s, s->t, &value);
			if (next <= s->smooth - decrease * promise)
				break;
		}
		if (halvings == HALVINGS)
			break;
		s->smooth = next;
		s->value = value;
		memcpy(s->alpha, s->t, (size_t)s->count * sizeof(real));
	}
	s->smooth = look(s, s->alpha, &s->value);
	if (isfinite(s->smooth))
		differentiate(s);
	return isfinite(s->smooth);
}

/* The atoms and weights of w. */
static void unpack(struct state *s, const real *w)
{
	ptrdiff_t d = s->U.rows - 1;

	for (ptrdiff_t j = 0; j < s->count; j++) {
		double norm = blas_norm((size_t)d, w + j * d);

		s->alpha[j] = (real)(norm * norm);
		for (ptrdiff_t i = 0; i < d && norm > 0; i++)
			mat_set(s->U, i, j, (real)((double)w[j * d + i] / norm));
	}
}

/* g = the slopes in w = sqrt(alpha) u:
 *     2 sign (C1 w + |w| c2 + (c2'u) w + c4 w) + 2 beta w */
static void slopes(struct state *s, const real *w, real *g)
{
	ptrdiff_t d = s->U.rows - 1;
	const struct mat C1 = mat_rows(mat_cols(s->C, 0, d), 0, d);
	const real *c2 = mat_col(s->C, d);

	for (ptrdiff_t j = 0; j < s->count; j++) {
		const real *u = mat_col(s->U, j), *at = w + j * d;
		double norm = sqrt((double)s->alpha[j]), two = 2 * (double)s->sign[j];
		double along = blas_dot((size_t)d, c2, u) + (double)c2[d];

		blas_gemv(two, C1, PLAIN, at, 0, g + j * d);
		blas_axpy((size_t)d, two * norm, c2, g + j * d);
		blas_axpy((size_t)d, two * along + 2 * s->program->problem->beta, at, g + j * d);
	}
}

/* One step of L-BFGS from w and g; false: it gains less than `least`. */
static bool slide_once(struct state *s, double least)
{
	size_t count = (size_t)((s->U.rows - 1) * s->count);
	double length = 1, promise, value, next = NAN, before = s->smooth;
	int halvings = 0;

	lbfgs_direction(&s->lbfgs, s->g, s->direction);
	promise = -blas_dot(count, s->g, s->direction);
	if (s->lbfgs.count == 0)
		length = fmin(1, 0.1 * blas_norm(count, s->w) / blas_norm(count, s->g));
	for (; halvings < HALVINGS && promise > 0; halvings++, length /= 2) {
		memcpy(s->w_next, s->w, count * sizeof(real));
		blas_axpy(count, length, s->direction, s->w_next);
		unpack(s, s->w_next);
		next = look(s, s->alpha, &value);
		if (next <= s->smooth - decrease * length * promise)
			break;
	}
	if (!(next < s->smooth))
		return false;
	s->smooth = next;
	s->value = value;
	differentiate(s);
	slopes(s, s->w_next, s->g_next);
	lbfgs_learn(&s->lbfgs, s->w, s->w_next, s->g, s->g_next);
	memcpy(s->w, s->w_next, count * sizeof(real));
	memcpy(s->g, s->g_next, count * sizeof(real));
	return before - next > least;
}

/* Atoms and weights move together; all at hand is of them then. */
static void slide(struct state *s)
{
	ptrdiff_t d = s->U.rows - 1;
	size_t all = (size_t)(d * s->U.cols) * sizeof(real);
	double least = worthwhile * s->smooth;
	real *vectors[] = {s->w, s->w_next, s->g, s->g_next, s->direction};

	for (size_t v = 0; v < sizeof vectors / sizeof *vectors; v++)
		memset(vectors[v], 0, all); /* those of no atom stay 0 */
	for (ptrdiff_t j = 0; j < s->count; j++)
		for (ptrdiff_t i = 0; i < d; i++)
			s->w[j * d + i] = (real)sqrt((double)s->alpha[j]) * mat_get(s->U, i, j);
	lbfgs_forget(&s->lbfgs);
	slopes(s, s->w, s->g);
	for (int step = 0; step < SLIDES && s->count > 0 && slide_once(s, least); step++)
		;
	unpack(s, s->w);
	s->smooth = look(s, s->alpha, &s->value);
	differentiate(s);
}

/* The atoms of Z. */
static void decompose(struct state *s)
{
	ptrdiff_t d = s->U.rows - 1;

	s->count = 0;
	for (int side = 0; side < POLY_SIDES; side++) {
		struct mat U = {d, s->U.cols - s->count, s->U.stride, mat_col(s->U, s->count)};
		ptrdiff_t more =
			poly_decompose(&s->decompose, s->Z[side], ridge, U, 1, s->alpha + s->count);

		for (ptrdiff_t j = s->count; j < s->count + more; j++) {
			mat_set(s->U, d, j, 1);
			s->sign[j] = side ? -1 : 1;
		}
		s->count += more;
	}
}

/* Atoms of weight 0 leave; without room for two more, those of the decomposition stand for all. */
static void tidy(struct state *s)
{
	ptrdiff_t kept = 0, d = s->U.rows - 1;
	double sum = 0;

	for (ptrdiff_t j = 0; j < s->count; j++)
		sum += (double)s->alpha[j];
	for (ptrdiff_t j = 0; j < s->count; j++) {
		if (!((double)s->alpha[j] > negligible * sum))
			continue;
		memmove(mat_col(s->U, kept), mat_col(s->U, j), (size_t)(d + 1) * sizeof(real));
		s->alpha[kept] = s->alpha[j];
		s->sign[kept++] = s->sign[j];
	}
	s->count = kept;
	if (s->count + POLY_SIDES * (1 + s->more) <= s->U.cols)
		return;
	decompose(s);
}

/* Of the envelope: the outputs' size. */
static double width_of(const struct problem *problem)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < problem->X.rows; i++)
		sum += fabs((double)problem->y.at[i]);
	return sum > 0 ? sum / (double)problem->X.rows : 1;
}

/* The program's value is not what the steps lower. */
static void keep_best(struct state *s)
{
	if (!(s->value < s->least))
		return;
	s->least = s->value;
	for (int side = 0; side < POLY_SIDES; side++)
		mat_copy(s->best[side], s->Z[side]);
}

static double start(void *state, const struct poly_program *program, const struct mat Z[POLY_SIDES])
{
	struct state *s = state;

	s->program = program;
	s->width = width_of(program->problem);
	memset(s->multiplier, 0, (size_t)s->Phi.rows * sizeof(real));
	s->bound = 0;
	for (int side = 0; side < POLY_SIDES; side++)
		mat_copy(s->Z[side], Z[side]);
	decompose(s);
	s->smooth = look(s, s->alpha, &s->value);
	s->least = HUGE_VAL;
	keep_best(s);
	return s->value;
}

static bool step(void *state)
{
	struct state *s = state;
	double before, rest;
	bool ended;

	before = s->smooth = look(s, s->alpha, &s->value);
	if (!correct(s))
		return false;
	tidy(s);
	slide(s);
	keep_best(s);
	ended = !look_for_atoms(s);
	if (!kinked(s))
		return !ended;
	ended = ended && s->value - s->smooth <= worthwhile * s->value;
	rest = solved * (s->value - s->smooth);
	if (s->smooth - s->bound <= rest || before - s->smooth <= small * rest)
		memcpy(s->multiplier, s->v, (size_t)s->Phi.rows * sizeof(real));
	return !ended;
}

static double objective(void *state)
{
	return ((struct state *)state)->least;
}

static double bound(void *state)
{
	return ((struct state *)state)->bound;
}

struct poly_solver poly_frank_wolfe(const struct poly_program *program, struct arena *arena)
{
	struct state *s = ARENA_NEW(arena, struct state);
	ptrdiff_t n = program->problem->X.rows, d = program->problem->X.cols;
	ptrdiff_t order = d + 1, room = ROOM * order, half = order / 2 - 1;
	real **samples[] = {&s->f, &s->v, &s->h, &s->multiplier},
	     **atoms[] = {&s->alpha, &s->t, &s->sign};
	real **moves[] = {&s->w, &s->w_next, &s->g, &s->g_next, &s->direction};

	*s = (struct state){.program = program, .least = HUGE_VAL};
	if (!arena_counts(arena))
		s->width = width_of(program->problem);
	s->more = half < MORE ? half : MORE;
	s->oracle = poly_oracle_new(d, NULL, arena);
	s->decompose = poly_decompose_new(order, arena);
	for (int side = 0; side < POLY_SIDES; side++) {
		s->Z[side] = mat_new(arena, order, order);
		s->best[side] = mat_new(arena, order, order);
	}
	s->U = mat_new(arena, order, room);
	s->scaled = mat_new(arena, order, room);
	s->Phi = mat_new(arena, n, room);
	s->H = mat_new(arena, room, room);
	s->p = mat_new(arena, room, 1);
	s->Q = mat_new(arena, order, order);
	s->C = mat_new(arena, order, order);
	s->work = mat_new(arena, n, d);
	s->worst = mat_new(arena, n, d);
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		*samples[i] = ARENA_ARRAY(arena, real, n);
	for (size_t i = 0; i < sizeof atoms / sizeof *atoms; i++)
		*atoms[i] = ARENA_ARRAY(arena, real, room);
	s->lbfgs = lbfgs_new((size_t)(d * room), MEMORY, arena);
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
		*moves[i] = ARENA_ARRAY(arena, real, d * room);
	s->lower = ARENA_ARRAY(arena, double, n);
	s->slope = ARENA_ARRAY(arena, double, room);
	s->x = ARENA_ARRAY(arena, real, d);
	return (struct poly_solver){{s->best[0], s->best[1]}, step, objective, bound, s, start};
}
