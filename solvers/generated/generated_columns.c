/* Column generation. See generated_columns.h. */
#include "solvers/generated/generated_columns.h"

#include "solvers/core/blas.h"

#include <math.h>

enum { STARTS = 512, LEAST_STARTS = 64, LEAST_ROOM = 500, MOST_ROOM = 2000 };

/* Activations of the neurons of a room that was not given. */
static const double room_numbers = 2.4e7;

/* Operations of the pricing of a round, where its starts are not given, and of one start. */
static const double pricing = 2e9;
static const double per_start = 58 * 4;

/* Relative excess of a value over beta that counts as a violation. */
static const double violated = 1e-7 > 64 * REAL_EPSILON ? 1e-7 : 64 * REAL_EPSILON;

const double columns_standing = 1e-11 > 4 * REAL_EPSILON ? 1e-11 : 4 * REAL_EPSILON;

/* 1 - u'v that neurons of a round differ by: a share of the violation, within limits. */
static const double apart_share = 0.1, apart_least = 1e-5, apart_most = 2e-2;

/* Of the objective: a fall in a round below which neurons are placed exactly. */
static const double slow = 3e-3;

/* Of the objective: a fall in a round above which slides may go by products in float. */
static const double rough = 1e-4;

/* Preactivations of merged neurons, as a share of the longest row, that may have any sign. */
static const double kink = 1e-9 > 16 * REAL_EPSILON ? 1e-9 : 16 * REAL_EPSILON;

static ptrdiff_t starts_of(struct columns_size size, ptrdiff_t n, ptrdiff_t d)
{
	double most = pricing / (per_start * (double)n * (double)d);

	if (size.starts > 0)
		return size.starts;
	return most > STARTS ? STARTS : most < LEAST_STARTS ? LEAST_STARTS : (ptrdiff_t)most;
}

/* Half of the samples, which is as many as optima of small penalties use, within limits. */
static long room_of(struct columns_size size, ptrdiff_t n)
{
	double half = (double)n / 2, fits = room_numbers / (double)n;

	return size.room > 0 ? size.room
			     : (long)fmax(LEAST_ROOM, fmin(fmin(half, fits), MOST_ROOM));
}

double columns_flops(struct columns_size size, struct trainer_shape shape)
{
	double n = (double)shape.n, d = (double)shape.d, k = (double)shape.k;
	double N = fmin((double)room_of(size, shape.n), n + (double)size.add);
	double ascents = per_start * n * d * (double)starts_of(size, shape.n, shape.d);

	return ascents + 6 * n * (d + k) * N * (double)size.slide + 2 * (n * N * N + N * N * N / 3);
}

struct columns *columns_new(const struct problem *problem, struct columns_size size,
			    const struct start *start, struct arena *arena)
{
	struct columns *s = ARENA_NEW(arena, struct columns);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;

	size.room = room_of(size, ranks_total(problem->ranks, n));
	if (start->note && start->net.U.cols + size.add > size.room)
		size.room = start->net.U.cols + size.add;
	*s = (struct columns){.problem = problem, .size = size, .fell = 1};
	s->neurons = neurons_new(problem, size.room, arena);
	s->master = master_new(&s->neurons, arena);
	s->price = price_new(problem, starts_of(size, ranks_total(problem->ranks, n), d), arena);
	s->slide = slide_new(&s->neurons, &s->price, arena);
	return s;
}

void columns_take(struct columns *s, struct model_layers net)
{
	struct neurons *to = &s->neurons;
	ptrdiff_t d = to->U.rows, k = to->A.cols;

	for (ptrdiff_t j = 0; j < net.U.cols; j++) {
		double length = blas_norm((size_t)d, mat_col(net.U, j));

		if (!(length > 0))
			continue;
		for (ptrdiff_t i = 0; i < d; i++)
			mat_set(to->U, i, to->count, (real)((double)mat_get(net.U, i, j) / length));
		for (ptrdiff_t c = 0; c < k; c++)
			mat_set(to->A, to->count, c, (real)(length * (double)mat_get(net.A, j, c)));
		to->count += neurons_size(to, to->count) > 0;
	}
}

static double longest_row(struct mat X)
{
	double longest = 0;

	for (ptrdiff_t i = 0; i < X.rows; i++) {
		double square = 0;

		for (ptrdiff_t j = 0; j < X.cols; j++)
			square += (double)mat_get(X, i, j) * (double)mat_get(X, i, j);
		longest = fmax(longest, square);
	}
	return sqrt(longest);
}

void columns_begin(struct columns *s)
{
	s->longest = ranks_largest(s->problem->ranks, longest_row(s->problem->X));
	neurons_activate(&s->neurons, 0);
	neurons_output(&s->neurons);
	s->objective = master_solve(&s->master, columns_standing);
	neurons_prune(&s->neurons);
}

void columns_join(struct columns *s, const double *u)
{
	struct neurons *to = &s->neurons;
	ptrdiff_t d = to->U.rows, at = to->count;
	double length;

	if (at == to->room)
		return;
	for (ptrdiff_t k = 0; k < d; k++)
		mat_set(to->U, k, at, (real)u[k]);
	length = blas_norm((size_t)d, mat_col(to->U, at));
	blas_scale((size_t)d, 1 / length, mat_col(to->U, at));
	for (ptrdiff_t c = 0; c < to->A.cols; c++)
		mat_set(to->A, at, c, 0);
	to->count++;
	neurons_activate(to, at);
}

/* Pricing at the present dual point, once. */
static void look(struct columns *s)
{
	s->price.brief = s->fell > slow;
	if (!s->priced)
		s->found = price_search(&s->price, &s->neurons, s->master.nu, s->size.add);
	s->priced = true;
}

/* What slides and merges, unless rounding makes it worse. */
static void improve(struct columns *s)
{
	neurons_remember(&s->neurons);
	if (s->size.slide > 0)
		slide_descend(&s->slide, s->size.slide, columns_standing, s->fell > rough);
	neurons_merge(&s->neurons, kink * s->longest);
	if (!(neurons_objective(&s->neurons) <= s->objective))
		neurons_go_back(&s->neurons);
}

/* While the objective stands still none leaves: where the dual point is not unique those that
 * joined cut it off, and without them it would come back. */
void columns_solve(struct columns *s)
{
	double before = s->objective;

	s->objective = master_solve(&s->master, 1e-2 * s->fell);
	s->priced = false;
	if (s->objective >= before * (1 - columns_standing) &&
	    s->neurons.count + s->size.add <= s->neurons.room)
		return;
	neurons_prune(&s->neurons);
	improve(s);
	s->objective = master_solve(&s->master, fmin(1e-8, 1e-2 * s->fell));
	neurons_prune(&s->neurons);
}

ptrdiff_t columns_round(struct columns *s)
{
	double beta = s->problem->beta, before = s->objective, apart;
	ptrdiff_t added;

	look(s);
	apart = apart_share * (s->found / beta - 1);
	apart = apart > apart_most ? apart_most : apart < apart_least ? apart_least : apart;
	added = price_add(
		&s->price, &s->neurons, s->master.nu,
		(struct price_wish){s->size.add, beta * (1 + violated), apart, s->fell < slow});
	neurons_activate(&s->neurons, s->neurons.count - added);
	s->found = fmax(s->found, s->price.found);
	if (added > 0 || s->quiet == 0)
		columns_solve(s);
	s->fell = fmax(columns_standing, 1 - s->objective / before);
	s->priced = false;
	s->rounds++;
	s->quiet = added == 0 || s->fell <= columns_standing ? s->quiet + 1 : 0;
	return added;
}

void columns_tell(const struct columns *s, struct facts *facts)
{
	if (columns_full(s))
		facts_note(facts, arena_format(facts->arena, "room for %td neurons is used up",
					       s->neurons.room));
}
