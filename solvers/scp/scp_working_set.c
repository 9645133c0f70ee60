/* The l1 program of SCP over many neurons, by interior points over a growing working set of them
 * (Massias, Gramfort, Salmon 2018; Johnson and Guestrin 2015).
 *
 * The program restricted to the working set is solved (scp_interior.h) until its own gap is a share
 * of the full one; then all neurons are priced, and the most violated ones, |phi_i' grad L| > beta,
 * join, at most as many as there are. Columns of Phi and U are swapped so that the working set
 * comes first: Phi stays the only n x N array. With scp->first only that many neurons are priced at
 * first, then twice as many, and so on: a nested path, each program the warm start of the next. */
#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"
#include "solvers/scp/scp_interior.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

struct working_set {
	struct scp *scp; /* all neurons */
	struct scp part; /* the working set: the first columns */
	struct scp_interior *interior;
	ptrdiff_t most, known; /* columns that the working set can have, that are priced */
	real *slope, *sizes;   /* N: Phi' grad L; scratch */
	real *alpha, *g;       /* n: dual point; grad L at a = 0 */
	double opened;         /* gap over `known` when last priced */
	double gap, ended;     /* the same, relative; at the last end */
	ptrdiff_t violated;    /* neurons of `known` outside the working set */
};

enum {
	START = 256, /* neurons at first */
	MOST = 4000  /* in the working set; its system takes 128 MB in double */
};

static const double share = 0.3; /* of the full gap that the restricted one may have left */

/* Dual residual, relative to beta, above which slopes tell nothing about who is violated. */
static const double feasible = 0.3;

/* Relative gap at which the next part of the neurons is looked at. */
static const double path_gap = 1e-3;

static ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b)
{
	return a < b ? a : b;
}

static void forecast(const void *options, ptrdiff_t n, ptrdiff_t N, struct forecast *out)
{
	scp_interior_forecast(options, n, smaller(N, MOST), out);
}

static void swap_columns(struct mat A, ptrdiff_t i, ptrdiff_t j)
{
	real *x = mat_col(A, i), *y = mat_col(A, j);

	for (ptrdiff_t k = 0; k < A.rows && i != j; k++) {
		real t = x[k];

		x[k] = y[k];
		y[k] = t;
	}
}

/* Neurons i and j change places. */
static void exchange(struct working_set *s, ptrdiff_t i, ptrdiff_t j)
{
	real slope = s->slope[i], a = s->scp->a[i];

	swap_columns(s->scp->Phi, i, j);
	swap_columns(s->scp->U, i, j);
	s->slope[i] = s->slope[j];
	s->slope[j] = slope;
	s->scp->a[i] = s->scp->a[j];
	s->scp->a[j] = a;
}

/* The rank-th largest of x (count), rank from 1 (quickselect); x is permuted. */
static real largest_of(real *x, ptrdiff_t count, ptrdiff_t rank)
{
	ptrdiff_t low = 0, high = count - 1;

	while (low < high) {
		real pivot = x[(low + high) / 2], t;
		ptrdiff_t i = low, j = high;

		while (i <= j) {
			for (; x[i] > pivot; i++)
				;
			for (; x[j] < pivot; j--)
				;
			if (i <= j) {
				t = x[i];
				x[i++] = x[j];
				x[j--] = t;
			}
		}
		if (rank - 1 <= j)
			high = j;
		else if (rank - 1 >= i)
			low = i;
		else
			break;
	}
	return x[rank - 1];
}

/* Up to `room` neurons with the largest |slope|, above `least`, of those known move behind the
 * working set, which takes them in. */
static void admit(struct working_set *s, ptrdiff_t room, double least)
{
	ptrdiff_t W = s->part.Phi.cols, count = 0;

	for (ptrdiff_t i = W; i < s->known; i++)
		if (fabs((double)s->slope[i]) > least)
			s->sizes[count++] = (real)fabs((double)s->slope[i]);
	room = smaller(room, count);
	least = room > 0 ? (double)largest_of(s->sizes, count, room) : 0;
	for (ptrdiff_t i = W, end = W + room; i < s->known && W < end; i++)
		if (fabs((double)s->slope[i]) >= least)
			exchange(s, i, W++);
	s->part.Phi = mat_cols(s->scp->Phi, 0, W);
}

/* Slopes, violations and relative gap over the known neurons, for alpha = -slopes (n) of the loss.
 */
static void price(struct working_set *s, const real *slopes)
{
	struct scp *scp = s->scp;
	const struct problem *problem = scp->problem;
	size_t n = (size_t)scp->Phi.rows;
	double largest = 0, upper = scp_interior_objective(s->interior);

	for (size_t k = 0; k < n; k++)
		s->alpha[k] = -slopes[k];
	blas_gemv(-1, mat_cols(scp->Phi, 0, s->known), TRANSPOSED, s->alpha, 0, s->slope);
	ranks_sum_mat(problem->ranks, (struct mat){s->known, 1, s->known, s->slope});
	s->violated = 0;
	for (ptrdiff_t i = 0; i < s->known; i++) {
		largest = fmax(largest, fabs((double)s->slope[i]));
		s->violated += i >= s->part.Phi.cols && fabs((double)s->slope[i]) > problem->beta;
	}
	s->opened = upper - scaling_best(problem, s->alpha, largest).bound;
	s->gap = s->opened / upper;
}

static enum status setup(struct scp *scp, const void *options, struct arena *arena, void **state,
			 struct err *err)
{
	struct working_set *s = ARENA_NEW(arena, struct working_set);
	ptrdiff_t N = scp->Phi.cols, n = scp->Phi.rows;

	(void)options;
	(void)err;
	s->scp = scp;
	s->part = *scp;
	s->most = smaller(N, MOST);
	s->known = scp->first;
	s->slope = ARENA_ARRAY(arena, real, N);
	s->sizes = ARENA_ARRAY(arena, real, N);
	s->alpha = ARENA_ARRAY(arena, real, n);
	s->g = ARENA_ARRAY(arena, real, n);
	s->interior = scp_interior_new(&s->part, s->most, arena);

	/* The triangle of the system's factor grows with the set, which a step at most doubles. */
	double size = arena_narrow(arena) ? sizeof(float) : sizeof(double), step = 2;

	for (ptrdiff_t order = START; order < s->most; order *= 2, step++) {
		double now = (double)order, next = (double)smaller(2 * order, s->most);

		arena_untouched_before(arena, step, (next - now) * (next + now + 1) / 2 * size);
	}
	s->part.Phi = mat_cols(scp->Phi, 0, 0);
	s->ended = HUGE_VAL;
	if (!arena_counts(arena)) {
		/* The neurons that are steepest at a = 0. */
		loss_gradient(scp->problem->loss, (size_t)n, scp->f, scp->problem->y.at, s->g);
		for (;;) {
			price(s, s->g);
			admit(s, smaller(START, s->most), 0);
			if (s->part.Phi.cols > 0)
				break;
			s->known = smaller(2 * s->known, N); /* the first neurons are dead */
		}
		scp_interior_start(s->interior);
	}
	*state = s;
	return STATUS_OK;
}

/* The working set takes in violated neurons, at most as many as it has. The interior point goes on
 * from where it is, or, where it has come to its end, starts anew. A full set is pruned for that.
 * Both need a gap that is large, or that has halved since the last time. Returns whether anything
 * was done. */
static bool grow(struct working_set *s, bool ended)
{
	ptrdiff_t W = s->part.Phi.cols, room = smaller(W, s->most - W);
	double beta = s->scp->problem->beta;

	if (room > 0 && !ended) {
		admit(s, room, beta);
		scp_interior_extend(s->interior, s->opened);
		return true;
	}
	if (!(s->gap < s->ended / 2 || (room > 0 && s->gap > path_gap)))
		return false;
	s->ended = s->gap;
	if (room == 0) {
		/* Only the neurons in use stay. */
		ptrdiff_t used = 0;

		for (ptrdiff_t i = 0; i < s->part.Phi.cols; i++)
			if (fabs((double)s->scp->a[i]) > 0)
				exchange(s, i, used++);
		s->part.Phi = mat_cols(s->scp->Phi, 0, used);
	}
	W = s->part.Phi.cols;
	admit(s, smaller(W > START ? W : START, s->most - W), beta);
	scp_interior_start(s->interior);
	return s->part.Phi.cols > W;
}

static void step(void *state, struct progress *progress)
{
	struct working_set *s = state;
	const real *slopes = scp_interior_slopes(s->interior);
	bool ended;

	scp_interior_step(s->interior, progress);
	ended = progress->end != OUTCOME_RUNNING;
	if (!ended && (progress->dual_residual > feasible ||
		       scp_interior_remaining(s->interior) > share * s->gap))
		return;
	price(s, slopes);
	/* The next parts of the path, while nothing known is violated. */
	while (s->known < s->scp->Phi.cols && s->violated == 0 && (ended || s->gap <= path_gap)) {
		s->known = smaller(2 * s->known, s->scp->Phi.cols);
		price(s, slopes);
	}
	if (s->violated > 0 && grow(s, ended))
		progress->end = OUTCOME_RUNNING;
}

static const real *slopes_of(const void *state)
{
	return scp_interior_slopes(((const struct working_set *)state)->interior);
}

const struct scp_method scp_working_set = {
	.base = {.name = "working_set",
		 .doc = "interior points over a growing working set of neurons; for large N",
		 .cite = "massias2018"},
	.takes = scp_loss_takes,
	.needs = "a loss whose conjugate is a quadratic or an entropy on an interval",
	.nested = true,
	.spread = true,
	.most = PTRDIFF_MAX,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.slopes = slopes_of,
};
