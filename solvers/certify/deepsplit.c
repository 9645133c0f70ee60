/* DeepSplit (Chen, Wong, Kolter & Fazlyab 2021) for one hidden layer: the linear program behind
 * CROWN, in which each unstable relu is replaced by the triangle around it, solved by ADMM that
 * splits the layers:
 *
 *     min c'h   s.t.  x = y0, z0 = z + U'y0, x1 = z0 = y1, (y1_j, z1_j) in triangle j, h = z1
 *
 * over x, the perturbation, in ball and box; z = U'x of the clean point. Every copy is a
 * projection: of x on ball and box, of (y0, z0) on the affine layer by one factor of I + U U' or
 * I + U'U for all points, of (y1, z1) on the triangles one by one. Scaled duals l0, m0 of the
 * affine layer and l1, m1 of the relu.
 *
 * The slopes of relax.h are rho l1: any slopes that are allowed give a bound, so that it holds
 * however far the iteration got, rounding included. What it tends to is the optimum of the
 * relaxation, as that of `crown` does. */
#include "solvers/certify/root.h"

#include "solvers/core/blas.h"
#include "solvers/core/option.h"

#include <math.h>
#include <string.h>

enum { BALANCE = 10 }; /* steps between two looks at the residuals */

static const double uneven = 10, turn = 2; /* residuals that far apart change the penalty by that */

struct deepsplit_options {
	long steps;
	double rho, relaxation;
	bool balance, stop_when_decided;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct deepsplit_options, steps), .initial = "1000", .range = RANGE_FROM(0),
	 .doc = "steps of ADMM, at most: a sample is done when it is decided, or when a point "
		"shows "
		"that no slopes certify it"},
	{OPTION_FIELD(struct deepsplit_options, rho), .initial = "1", .range = RANGE_ABOVE(0),
	 .doc = "penalty to begin with, times the length of the output weights over that of the "
		"ranges of the neurons"},
	{OPTION_FIELD(struct deepsplit_options, relaxation), .initial = "1.6",
	 .range = RANGE_BETWEEN(0, 2), .doc = "over-relaxation; 1 = none"},
	{OPTION_FIELD(struct deepsplit_options, balance), .initial = "true",
	 .doc = "change the penalty so that both residuals fall alike"},
	{OPTION_FIELD(struct deepsplit_options, stop_when_decided), .initial = "true",
	 .doc = "leave a sample alone once it is certified or a point breaks it; false goes on to "
		"tighten its bounds"},
	{.name = NULL},
};

/* A layer's input and output: the copies behind it and their scaled duals. */
struct layer {
	struct mat y, z, l, m; /* rows x room */
};

struct deepsplit {
	const struct deepsplit_options *options;
	struct mat U, factor; /* of I + U U' (d) or I + U'U (m), whichever is smaller */
	struct layer affine, relu;
	struct mat below, above; /* m x room: of the preactivations */
	struct mat P, T;         /* d x room, m x room: what the affine layer is projected from */
	struct mat x1;           /* m x room */
	double *rho, *unit;      /* room; unit: what makes residuals comparable */
	long step;
};

static struct layer layer_new(ptrdiff_t in, ptrdiff_t out, ptrdiff_t room, struct arena *arena)
{
	return (struct layer){mat_new(arena, in, room), mat_new(arena, out, room),
			      mat_new(arena, in, room), mat_new(arena, out, room)};
}

static void *make(const void *options, const struct relax *relax, struct arena *arena)
{
	struct deepsplit *s = ARENA_NEW(arena, struct deepsplit);
	ptrdiff_t d = relax->U.rows, m = relax->U.cols, room = relax->room;

	*s = (struct deepsplit){.options = options,
				.U = relax->U,
				.factor = mat_lower(arena, d < m ? d : m),
				.affine = layer_new(d, m, room, arena),
				.relu = layer_new(m, m, room, arena),
				.below = mat_new(arena, m, room),
				.above = mat_new(arena, m, room),
				.P = mat_new(arena, d, room),
				.T = mat_new(arena, m, room),
				.x1 = mat_new(arena, m, room),
				.rho = ARENA_ARRAY(arena, double, room),
				.unit = ARENA_ARRAY(arena, double, room)};
	if (arena_counts(arena))
		return s;
	blas_syrk(1, s->U, d <= m ? PLAIN : TRANSPOSED, 0, s->factor);
	for (ptrdiff_t i = 0; i < s->factor.rows; i++)
		mat_set(s->factor, i, i, mat_get(s->factor, i, i) + 1);
	blas_cholesky(s->factor);
	return s;
}

/* (z, h) on the triangle of relu between below and above that is nearest to it. */
struct place {
	double z, h;
};

static struct place on_segment(struct place p, struct place a, struct place b)
{
	double dz = b.z - a.z, dh = b.h - a.h, square = dz * dz + dh * dh;
	double t = square > 0 ? ((p.z - a.z) * dz + (p.h - a.h) * dh) / square : 0;

	t = fmin(1, fmax(0, t));
	return (struct place){a.z + t * dz, a.h + t * dh};
}

static double distance(struct place a, struct place b)
{
	return hypot(a.z - b.z, a.h - b.h);
}

static struct place on_triangle(struct place p, double below, double above)
{
	const struct place low = {below, fmax(0, below)}, high = {above, fmax(0, above)},
			   kink = {0, 0};
	struct place best, other;
	double chord;

	if (below >= 0 || above <= 0)
		return on_segment(p, low, high);
	chord = root_chord(below, above);
	if (p.h >= 0 && p.h >= p.z && p.h <= chord * (p.z - below))
		return p;
	best = on_segment(p, low, high);
	other = on_segment(p, low, kink);
	best = distance(p, other) < distance(p, best) ? other : best;
	other = on_segment(p, kink, high);
	return distance(p, other) < distance(p, best) ? other : best;
}

/* All copies at the clean point, the slopes those of the bound so far. */
static void start(void *state, struct relax *relax, const struct points *points,
		  const ptrdiff_t *at)
{
	struct deepsplit *s = state;

	s->step = 0;
	for (ptrdiff_t k = 0; k < relax->count; k++) {
		const real *z = mat_col(relax->clean, k), *c = mat_col(relax->C, k);
		double range = 0, gain = 0;

		memset(mat_col(s->affine.y, k), 0, (size_t)s->P.rows * sizeof(real));
		for (ptrdiff_t j = 0; j < s->T.rows; j++) {
			real low = mat_get(points->below, j, at[k]);
			real high = mat_get(points->above, j, at[k]);

			mat_set(s->below, j, k, low);
			mat_set(s->above, j, k, high);
			mat_set(s->affine.z, j, k, z[j]);
			mat_set(s->relu.y, j, k, z[j]);
			mat_set(s->relu.z, j, k, z[j] > 0 ? z[j] : 0);
			range += ((double)high - (double)low) * ((double)high - (double)low);
			gain += (double)c[j] * (double)c[j];
		}
		s->unit[k] = range > 0 && gain > 0 ? sqrt(gain / range) : 1;
		s->rho[k] = s->options->rho * s->unit[k];
		for (ptrdiff_t j = 0; j < s->T.rows; j++) {
			real slope = mat_get(relax->W, j, k) / (real)s->rho[k];

			mat_set(s->relu.l, j, k, slope);
			mat_set(s->affine.m, j, k, -slope);
			mat_set(s->relu.m, j, k, -c[j] / (real)s->rho[k]);
		}
	}
	/* l0 = -U m0 */
	blas_gemm(-1, s->U, PLAIN, mat_cols(s->affine.m, 0, relax->count), PLAIN, 0,
		  mat_cols(s->affine.l, 0, relax->count));
}

/* The over-relaxed point, from which a copy is projected. */
static double ahead(const struct deepsplit *s, double point, double copy)
{
	return s->options->relaxation * point + (1 - s->options->relaxation) * copy;
}

/* x and x1 from their copies; P = x + l0 and T = x1 + m0 - z, over-relaxed. */
static void move_points(struct deepsplit *s, struct relax *relax, ptrdiff_t k)
{
	real *x = mat_col(relax->delta, k), *x1 = mat_col(s->x1, k);
	real *p = mat_col(s->P, k), *t = mat_col(s->T, k);
	const real *y0 = mat_col(s->affine.y, k), *l0 = mat_col(s->affine.l, k);
	const real *z0 = mat_col(s->affine.z, k), *m0 = mat_col(s->affine.m, k);
	const real *y1 = mat_col(s->relu.y, k), *l1 = mat_col(s->relu.l, k);
	const real *z = mat_col(relax->clean, k);

	for (ptrdiff_t i = 0; i < s->P.rows; i++)
		x[i] = y0[i] - l0[i];
	region_project(&relax->region[k], x);
	for (ptrdiff_t i = 0; i < s->P.rows; i++)
		p[i] = (real)ahead(s, (double)x[i], (double)y0[i]) + l0[i];
	for (ptrdiff_t j = 0; j < s->T.rows; j++) {
		x1[j] = (y1[j] - l1[j] + z0[j] - m0[j]) / 2;
		t[j] = (real)ahead(s, (double)x1[j], (double)z0[j]) + m0[j] - z[j];
	}
}

/* y0 = (I + U U')^-1 (P + U T), z0 = z + U'y0, and their duals, of the first `count` columns. */
static void project_affine(struct deepsplit *s, const struct relax *relax, ptrdiff_t count)
{
	struct mat P = mat_cols(s->P, 0, count), T = mat_cols(s->T, 0, count);
	struct mat y0 = mat_cols(s->affine.y, 0, count), z0 = mat_cols(s->affine.z, 0, count);
	struct mat l0 = mat_cols(s->affine.l, 0, count), m0 = mat_cols(s->affine.m, 0, count);

	mat_copy(y0, P);
	blas_gemm(1, s->U, PLAIN, T, PLAIN, 1, y0);
	if (s->factor.rows == s->U.rows) {
		blas_cholesky_solve(s->factor, y0);
	} else { /* r - U (I + U'U)^-1 U'r */
		blas_gemm(1, s->U, TRANSPOSED, y0, PLAIN, 0, z0);
		blas_cholesky_solve(s->factor, z0);
		blas_gemm(-1, s->U, PLAIN, z0, PLAIN, 1, y0);
	}
	blas_gemm(1, s->U, TRANSPOSED, y0, PLAIN, 0, z0);
	for (ptrdiff_t k = 0; k < count; k++) {
		for (ptrdiff_t i = 0; i < P.rows; i++)
			mat_set(l0, i, k, mat_get(P, i, k) - mat_get(y0, i, k));
		for (ptrdiff_t j = 0; j < T.rows; j++) {
			mat_set(m0, j, k, mat_get(T, j, k) - mat_get(z0, j, k));
			mat_set(z0, j, k, mat_get(z0, j, k) + mat_get(relax->clean, j, k));
		}
	}
}

/* Penalty and scaled duals of a column. */
static void rescale(struct deepsplit *s, ptrdiff_t k, double factor)
{
	struct mat duals[] = {s->affine.l, s->affine.m, s->relu.l, s->relu.m};

	s->rho[k] *= factor;
	for (size_t a = 0; a < sizeof duals / sizeof duals[0]; a++)
		blas_scale((size_t)duals[a].rows, 1 / factor, mat_col(duals[a], k));
}

/* h, its copy and that of x1, and their duals; balances the penalty. */
static void project_relu(struct deepsplit *s, const struct relax *relax, ptrdiff_t k)
{
	const real *x1 = mat_col(s->x1, k), *c = mat_col(relax->C, k);
	real *y1 = mat_col(s->relu.y, k), *z1 = mat_col(s->relu.z, k);
	real *l1 = mat_col(s->relu.l, k), *m1 = mat_col(s->relu.m, k);
	double primal = 0, dual = 0, rho = s->rho[k];

	for (ptrdiff_t j = 0; j < s->T.rows; j++) {
		double y = (double)y1[j], z = (double)z1[j];
		double h = z - (double)m1[j] - (double)c[j] / rho;
		struct place from = {ahead(s, (double)x1[j], y) + (double)l1[j],
				     ahead(s, h, z) + (double)m1[j]};
		struct place to = on_triangle(from, (double)mat_get(s->below, j, k),
					      (double)mat_get(s->above, j, k));

		primal += ((double)x1[j] - to.z) * ((double)x1[j] - to.z) + (h - to.h) * (h - to.h);
		dual += (to.z - y) * (to.z - y) + (to.h - z) * (to.h - z);
		y1[j] = (real)to.z;
		z1[j] = (real)to.h;
		l1[j] = (real)(from.z - to.z);
		m1[j] = (real)(from.h - to.h);
	}
	primal = sqrt(primal) * s->unit[k];
	dual = sqrt(dual) * rho;
	if (!s->options->balance || s->step % BALANCE != 0)
		return;
	if (primal > uneven * dual)
		rescale(s, k, turn);
	else if (dual > uneven * primal)
		rescale(s, k, 1 / turn);
}

static void step(void *state, struct relax *relax)
{
	struct deepsplit *s = state;

	s->step++;
	for (ptrdiff_t k = 0; k < relax->count; k++)
		move_points(s, relax, k);
	project_affine(s, relax, relax->count);
	for (ptrdiff_t k = 0; k < relax->count; k++) {
		real *w = mat_col(relax->W, k);

		project_relu(s, relax, k);
		for (ptrdiff_t j = 0; j < s->T.rows; j++) {
			real slope = (real)s->rho[k] * mat_get(s->relu.l, j, k);
			real low = mat_get(relax->low, j, k), high = mat_get(relax->high, j, k);

			slope = slope > low ? slope : low; /* also what is no number */
			w[j] = slope < high ? slope : high;
		}
		relax_visit(relax, k);
	}
}

static void move(void *state, ptrdiff_t to, ptrdiff_t from)
{
	struct deepsplit *s = state;
	struct mat kept[] = {s->affine.y, s->affine.z, s->affine.l, s->affine.m, s->relu.y,
			     s->relu.z,   s->relu.l,   s->relu.m,   s->below,    s->above};

	if (to == from)
		return;
	for (size_t a = 0; a < sizeof kept / sizeof kept[0]; a++)
		memcpy(mat_col(kept[a], to), mat_col(kept[a], from),
		       (size_t)kept[a].rows * sizeof(real));
	s->rho[to] = s->rho[from];
	s->unit[to] = s->unit[from];
}

/* Each column leaves at once: its result does not depend on the others. */
static const struct root_method splitting = {make, start, step, move, .drop = 1 << 20};

static void run(const void *options, struct certify_job *job, struct arena *arena)
{
	const struct deepsplit_options *o = options;
	const struct root_plan plan = {.steps = o->steps,
				       .decide = o->stop_when_decided,
				       .method = &splitting,
				       .options = options};

	root_run(job, &plan, arena);
}

const struct certifier certifier_deepsplit = {
	.base = {.name = "deepsplit",
		 .doc = "the linear program behind crown, by ADMM that splits the layers",
		 .cite = "chen2021",
		 .options = rows,
		 .size = sizeof(struct deepsplit_options)},
	.run = run,
};
