/* Conditional gradients with neurons that several outputs share. See frank_wolfe_shared.h. */
#include "solvers/frank_wolfe/frank_wolfe_shared.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"
#include "solvers/tools/nnls.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ASCENTS = 30, HALVINGS = 50 };

static const double risen = 1e-10;  /* an ascent ends where it gains less, relative */
static const double nothing = 1e-6; /* of a projection, relative to what is projected */

struct state {
	const struct problem *problem;
	const struct patterns *patterns;
	ptrdiff_t k, count, room;
	struct mat U;             /* d x room: |u| = 1 */
	struct mat G;             /* k x room: |g| = 1 */
	ptrdiff_t *pattern;       /* room */
	double *weight;           /* room */
	struct mat F, Nu, trial;  /* n x k */
	struct mat Y;             /* n x P */
	struct mat *M;            /* k: d x P, X'(D o nu_c 1') */
	struct mat square;        /* k x k: M M' */
	real *d, *h, *eigen, *x;  /* n; n: outputs of the atom; k; d */
	double *u, *g, *q, *best; /* d; d; k; d: the atom */
	double *best_q;           /* k: M u of it */
	ptrdiff_t best_pattern;
	struct frank_wolfe_block *order; /* P: patterns, Frobenius norms of M = Nu' D X */
	struct nnls nnls;
	double value, norms;
	struct frank_wolfe_look look;
	bool looked;
};

static void measure(struct state *s)
{
	s->value = loss_outputs_value(s->problem->loss, s->F, s->problem->y);
	s->norms = 0;
	for (ptrdiff_t j = 0; j < s->count; j++)
		s->norms += s->weight[j];
	s->looked = false;
}

static double value(const void *state, double *norms)
{
	const struct state *s = state;

	*norms = s->norms;
	return s->value;
}

static int by_length(const void *a, const void *b)
{
	const struct frank_wolfe_block *p = a, *q = b;

	if (p->length > q->length || p->length < q->length)
		return p->length > q->length ? -1 : 1;
	return (p->index > q->index) - (p->index < q->index);
}

void frank_wolfe_sort(struct frank_wolfe_block *blocks, ptrdiff_t count)
{
	qsort(blocks, (size_t)count, sizeof *blocks, by_length);
}

/* M of all patterns, longest first. */
static void order_blocks(struct state *s)
{
	ptrdiff_t P = s->Y.cols;

	loss_outputs_gradient(s->problem->loss, s->F, s->problem->y, s->Nu);
	for (ptrdiff_t c = 0; c < s->k; c++)
		blas_scale((size_t)s->Nu.rows, -1, mat_col(s->Nu, c));
	for (ptrdiff_t i = 0; i < P; i++)
		s->order[i] = (struct frank_wolfe_block){0, i};
	for (ptrdiff_t c = 0; c < s->k; c++) {
		gates_spread(s->patterns->D, mat_col(s->Nu, c), s->Y);
		blas_gemm(1, s->problem->X, TRANSPOSED, s->Y, PLAIN, 0, s->M[c]);
		for (ptrdiff_t i = 0; i < P; i++)
			s->order[i].length +=
				pow(blas_norm((size_t)s->M[c].rows, mat_col(s->M[c], i)), 2);
	}
	for (ptrdiff_t i = 0; i < P; i++)
		s->order[i].length = sqrt(s->order[i].length);
	frank_wolfe_sort(s->order, P);
}

/* |M|_2 of pattern i, from above but for rounding. */
static double spectral(struct state *s, ptrdiff_t i)
{
	size_t d = (size_t)s->U.rows;

	for (ptrdiff_t b = 0; b < s->k; b++)
		for (ptrdiff_t a = 0; a < s->k; a++)
			mat_set(s->square, a, b,
				(real)blas_dot(d, mat_col(s->M[a], i), mat_col(s->M[b], i)));
	if (!blas_eigen(s->square, s->eigen))
		return HUGE_VAL;
	return sqrt(fmax(0, (double)s->eigen[s->k - 1])) * (1 + 8 * REAL_EPSILON);
}

/* u = the projection of g on the cone over its length, *above; false: next to 0 it is rounding. */
static bool project(struct state *s, double *above)
{
	struct nnls_value value =
		nnls_solve(&s->nnls, (struct nnls_block){s->d, NULL, s->g}, 0, HUGE_VAL);
	double size = 0;

	*above = fmax(0, value.upper);
	for (ptrdiff_t j = 0; j < s->U.rows; j++)
		size += s->g[j] * s->g[j];
	if (!(value.upper > nothing * sqrt(size)))
		return false;
	for (ptrdiff_t j = 0; j < s->U.rows; j++)
		s->u[j] = s->nnls.r[j] / value.upper;
	return true;
}

/* q = M u; |q| */
static double apply(struct state *s, ptrdiff_t i)
{
	double sum = 0;

	for (ptrdiff_t c = 0; c < s->k; c++) {
		s->q[c] = 0;
		for (ptrdiff_t j = 0; j < s->U.rows; j++)
			s->q[c] += (double)mat_get(s->M[c], j, i) * s->u[j];
		sum += s->q[c] * s->q[c];
	}
	return sqrt(sum);
}

/* From u: u to the projection of M'M u, which never lowers |M u|. */
static void ascend(struct state *s, ptrdiff_t i)
{
	double value = apply(s, i), before = 0, above;

	for (int step = 0; step < ASCENTS && value > before * (1 + risen); step++) {
		if (value > s->look.found) {
			s->look.found = value;
			s->best_pattern = i;
			memcpy(s->best, s->u, (size_t)s->U.rows * sizeof *s->u);
			memcpy(s->best_q, s->q, (size_t)s->k * sizeof *s->q);
		}
		before = value;
		for (ptrdiff_t j = 0; j < s->U.rows; j++) {
			s->g[j] = 0;
			for (ptrdiff_t c = 0; c < s->k; c++)
				s->g[j] += s->q[c] * (double)mat_get(s->M[c], j, i);
		}
		if (!project(s, &above))
			return;
		value = apply(s, i);
	}
}

/* Ascents of pattern i from the best u of each output and sign; its value from above. */
static double search(struct state *s, ptrdiff_t i)
{
	double sum = 0;

	gates_unpack(gates_col(s->patterns->D, i), s->Y.rows, s->d);
	for (ptrdiff_t c = 0; c < s->k; c++) {
		double largest = 0;

		for (int sign = -1; sign <= 1; sign += 2) {
			double length;

			for (ptrdiff_t j = 0; j < s->U.rows; j++)
				s->g[j] = sign * (double)mat_get(s->M[c], j, i);
			if (project(s, &length))
				ascend(s, i);
			largest = fmax(largest, length);
		}
		sum += largest * largest;
	}
	return sqrt(sum);
}

static struct frank_wolfe_look look(void *state)
{
	struct state *s = state;

	if (s->looked)
		return s->look;
	order_blocks(s);
	s->look = (struct frank_wolfe_look){0, 0};
	for (ptrdiff_t i = 0; i < s->Y.cols && s->order[i].length > s->look.found; i++) {
		double above = spectral(s, s->order[i].index);

		if (above > s->look.found)
			above = fmin(above, search(s, s->order[i].index));
		s->look.most = fmax(s->look.most, above);
	}
	s->look.most = fmax(s->look.most, s->look.found);
	s->looked = true;
	return s->look;
}

static double product(const void *state)
{
	const struct state *s = state;
	double sum = 0;

	for (ptrdiff_t c = 0; c < s->k; c++)
		sum += blas_dot((size_t)s->F.rows, mat_col(s->Nu, c), mat_col(s->F, c));
	return sum;
}

/* h = d o (X u), g of the atom into column `count`. */
static void make_atom(struct state *s)
{
	ptrdiff_t m = s->count;

	for (ptrdiff_t j = 0; j < s->U.rows; j++)
		mat_set(s->U, j, m, (real)s->best[j]);
	for (ptrdiff_t c = 0; c < s->k; c++)
		mat_set(s->G, c, m, (real)(s->best_q[c] / s->look.found));
	s->pattern[m] = s->best_pattern;
	s->weight[m] = 0;
	blas_gemv(1, s->problem->X, PLAIN, mat_col(s->U, m), 0, s->h);
	for (ptrdiff_t r = 0; r < s->F.rows; r++)
		if (!gates_get(s->patterns->D, r, s->best_pattern))
			s->h[r] = 0;
}

/* to = (1 - share) F + share size h g' */
static void blend(struct state *s, double share, double size, struct mat to)
{
	for (ptrdiff_t c = 0; c < s->k; c++) {
		double along = size > 0 ? share * size * (double)mat_get(s->G, c, s->count) : 0;

		for (ptrdiff_t r = 0; r < to.rows; r++)
			mat_set(to, r, c,
				(real)((1 - share) * (double)mat_get(s->F, r, c) +
				       (along != 0 ? along * (double)s->h[r] : 0)));
	}
}

/* The share of the least objective, by bisection on its slope. Nu is lost. */
static double best_share(struct state *s, double size)
{
	double low = 0, high = 1;

	for (int i = 0; i < HALVINGS; i++) {
		double share = (low + high) / 2, slope = s->problem->beta * (size - s->norms);

		blend(s, share, size, s->trial);
		loss_outputs_gradient(s->problem->loss, s->trial, s->problem->y, s->Nu);
		slope -= product(s);
		for (ptrdiff_t c = 0; c < s->k && size > 0; c++)
			slope += size * (double)mat_get(s->G, c, s->count) *
				 blas_dot((size_t)s->F.rows, mat_col(s->Nu, c), s->h);
		if (slope > 0)
			high = share;
		else
			low = share;
	}
	return low;
}

static bool move(void *state, double share, double size)
{
	struct state *s = state;

	if (size > 0 && s->count == s->room)
		return false;
	if (size > 0)
		make_atom(s);
	if (share < 0)
		share = best_share(s, size);
	blend(s, share, size, s->F);
	for (ptrdiff_t j = 0; j < s->count; j++)
		s->weight[j] *= 1 - share;
	if (size > 0 && share > 0)
		s->weight[s->count++] = share * size;
	measure(s);
	return true;
}

/* Balanced: sqrt(w) u and sqrt(w) g. */
static void network(const void *state, struct multinet *net)
{
	const struct state *s = state;
	ptrdiff_t m = 0;

	for (ptrdiff_t j = 0; j < s->count; j++) {
		real root = (real)sqrt(s->weight[j]);

		if (!(root > 0))
			continue;
		for (ptrdiff_t i = 0; i < s->U.rows; i++)
			mat_set(net->U, i, m, root * mat_get(s->U, i, j));
		for (ptrdiff_t c = 0; c < s->k; c++)
			mat_set(net->A, m, c, root * mat_get(s->G, c, j));
		m++;
	}
	net->U.cols = m;
}

static double bound(void *state, double most)
{
	const struct state *s = state;

	return scaling_best(s->problem, s->Nu.at, most).bound;
}

static double violation(void *state)
{
	struct state *s = state;
	double worst = 0, largest = 0;

	for (ptrdiff_t j = 0; j < s->count; j++) {
		blas_gemv(1, s->problem->X, PLAIN, mat_col(s->U, j), 0, s->h);
		for (ptrdiff_t r = 0; r < s->F.rows; r++) {
			double z = (double)s->h[r];

			largest = fmax(largest, fabs(z));
			worst = fmax(worst, gates_get(s->patterns->D, r, s->pattern[j]) ? -z : z);
		}
	}
	return largest > 0 ? worst / largest : 0;
}

struct frank_wolfe_shared *frank_wolfe_shared_new(const struct problem *problem,
						  const struct patterns *patterns, ptrdiff_t room,
						  struct arena *arena)
{
	struct frank_wolfe_shared *shared = ARENA_NEW(arena, struct frank_wolfe_shared);
	struct state *s = ARENA_NEW(arena, struct state);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, P = patterns->D.cols, k = problem->y.k;
	struct mat *outputs[] = {&s->F, &s->Nu, &s->trial};
	double **vectors[] = {&s->u, &s->g, &s->best};

	*s = (struct state){.problem = problem, .patterns = patterns, .k = k, .room = room};
	s->U = mat_new(arena, d, room);
	s->G = mat_new(arena, k, room);
	s->pattern = ARENA_ARRAY(arena, ptrdiff_t, room);
	s->weight = ARENA_ARRAY(arena, double, room);
	for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
		*outputs[i] = mat_new(arena, n, k);
	s->Y = mat_new(arena, n, P);
	s->M = ARENA_ARRAY(arena, struct mat, k);
	for (ptrdiff_t c = 0; c < k; c++)
		s->M[c] = mat_new(arena, d, P);
	s->square = mat_new(arena, k, k);
	s->d = ARENA_ARRAY(arena, real, n);
	s->h = ARENA_ARRAY(arena, real, n);
	s->eigen = ARENA_ARRAY(arena, real, k);
	s->x = ARENA_ARRAY(arena, real, d);
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		*vectors[i] = ARENA_ARRAY(arena, double, d);
	s->q = ARENA_ARRAY(arena, double, k);
	s->best_q = ARENA_ARRAY(arena, double, k);
	s->order = ARENA_ARRAY(arena, struct frank_wolfe_block, P);
	s->nnls = nnls_new(problem->X, arena);
	if (!arena_counts(arena))
		measure(s);
	*shared = (struct frank_wolfe_shared){room,    value, look,      product, move,
					      network, bound, violation, s};
	return shared;
}
