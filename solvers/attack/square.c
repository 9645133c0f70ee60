/* Square attack on the margin (Andriushchenko et al. 2020): random search that uses no gradient.
 *
 * A query changes a random block of coordinates and is kept if the margin falls. The block is a
 * share p of the coordinates, which is halved by the published schedule.
 *
 * The published blocks are squares of pixels. Rows of features have no such structure, so a block
 * is a run of neighbouring columns with one sign (smooth features: pixels in rows, spectra) or a
 * random subset with a sign for each column (any features). Both visit the rim of the ball only, in
 * steps that are coarse where columns are few; a third move, which is not published, shakes a
 * random subset by about p eps from where it is. By default the first two take turns, and each
 * sixth move is a shake: on 784 pixels shakes find little, in a few dimensions some of them do. */
#include "solvers/attack/search.h"

#include <math.h>
#include <omp.h>

struct square_options {
	long queries, restarts, move;
	double share;
	bool stop_when_broken;
};

static const char *const move_names[] = {"run", "subset", "shake", "all", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct square_options, queries), .initial = "1000", .range = RANGE_FROM(1),
	 .doc = "points tried per restart; the published attack tries 5000"},
	{OPTION_FIELD(struct square_options, restarts), .initial = "1", .range = RANGE_FROM(1),
	 .doc = "starts: the first is the worst point known (at first the clean one), the others "
		"are corners of the ball"},
	{OPTION_FIELD(struct square_options, move), .initial = "all", .names = move_names,
	 .doc = "what a query changes: a run of neighbouring columns with one sign, a random "
		"subset with a sign each, a random subset by a little, or these in turn"},
	{OPTION_FIELD(struct square_options, share), .initial = "0.8",
	 .range = {.has_min = true, .has_max = true, .above = true, .min = 0, .max = 1},
	 .doc = "share of the coordinates in the first blocks"},
	{OPTION_FIELD(struct square_options, stop_when_broken), .initial = "true",
	 .doc = "leave a sample alone once it is misclassified; false goes on to lower its margin"},
	{0},
};

/* Share of the coordinates for query q: halved after 0.001, 0.005, ... of the queries (published
 * for 10,000 of them: 10, 50, 200, ...). */
static double share_at(const struct square_options *o, long q)
{
	static const double halvings[] = {0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8};
	double share = o->share;

	for (size_t i = 0; i < sizeof halvings / sizeof *halvings; i++)
		share = (double)q > halvings[i] * (double)o->queries ? share / 2 : share;
	return share;
}

static long move_at(const struct square_options *o, long q)
{
	static const long turns[] = {MOVE_RUN,    MOVE_SUBSET, MOVE_RUN,
				     MOVE_SUBSET, MOVE_RUN,    MOVE_SHAKE};

	return o->move < MOVES ? o->move : turns[q % (long)(sizeof turns / sizeof *turns)];
}

/* One start. All but the first go from the clean point to a corner, whatever its margin. */
static void attack(struct search *s, const struct square_options *o, ptrdiff_t sample, long restart)
{
	double done = o->stop_when_broken ? 0 : -HUGE_VAL;

	s->rng = rng_stream(s->job->seed, "square", (uint64_t)restart << 32 | (uint64_t)sample);
	search_begin(s, sample, restart > 0);
	if (restart > 0)
		s->margin = HUGE_VAL;
	search_query(s, 1, MOVE_SUBSET);
	for (long q = 1; q < o->queries && s->margin > done; q++)
		search_query(s, share_at(o, q), move_at(o, q));
	search_end(s);
}

static void run(const void *options, struct attack_job *job, struct arena *arena)
{
	const struct square_options *o = options;
	int threads = omp_get_max_threads();
	const struct net *net = search_net(job);
	struct mat weights = mat_new(arena, net ? net->U.cols : 0, job->X.cols);
	struct search *searches = ARENA_ARRAY(arena, struct search, threads);

	for (int t = 0; t < threads; t++)
		searches[t] = search_new(job, weights, arena);
	if (arena_counts(arena))
		return;
	if (net)
		mat_transpose(weights, net->U);
	if (!(job->threat.eps > 0) || searches[0].F == 0)
		return;
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
	for (ptrdiff_t k = 0; k < job->X.rows; k++)
		for (long restart = 0; restart < o->restarts; restart++)
			if (job->margin[k] > 0 || !o->stop_when_broken)
				attack(&searches[omp_get_thread_num()], o, k, restart);
}

static void effort(const void *options, long *steps, long *restarts)
{
	const struct square_options *o = options;

	*steps = o->queries;
	*restarts = o->restarts;
}

const struct attack attack_square = {
	.base = {.name = "square",
		 .doc = "random search over blocks of coordinates, without gradients",
		 .cite = "andriushchenko2020",
		 .options = rows,
		 .size = sizeof(struct square_options)},
	.run = run,
	.effort = effort,
};
