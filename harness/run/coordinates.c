/* Coordinates of full rank; see coordinates.h. */
#include "harness/run/coordinates.h"

#include "solvers/core/blas.h"
#include "solvers/gates/pattern.h"

/* A network read from a file, in the coordinates. */
static const struct net *lower_start(const struct net *start, const struct rowspace *r,
				     struct arena *arena)
{
	struct net *net;

	if (!start)
		return NULL;
	net = ARENA_NEW(arena, struct net);
	*net = net_new(arena, r->B.cols, start->U.cols);
	if (!arena_counts(arena))
		rowspace_lower(r, start, net);
	return net;
}

/* Columns that attacks leave alone are the last coordinates. */
static const bool *lower_frozen(const struct rowspace *r, struct arena *arena)
{
	bool *frozen = ARENA_ARRAY(arena, bool, r->B.cols);

	for (ptrdiff_t i = r->B.cols - r->kept; !arena_counts(arena) && i < r->B.cols; i++)
		frozen[i] = true;
	return frozen;
}

/* Whether the patterns have the same distribution in every basis: sources such as `constant` and
 * `perturbed` mean the features themselves. */
static bool patterns_rotate(const struct pattern_options *o)
{
	for (size_t s = 0; o && !o->file && o->count != PATTERN_ALL && s < o->from.count; s++)
		if (!((const struct pattern_source *)(const void *)o->from.at[s].item)->independent)
			return false;
	return true;
}

static bool find(const struct problem *problem, const struct trainer *trainer, const void *options,
		 struct arena *arena, struct rowspace *out)
{
	const bool *kept = trainer_robust(trainer, options) ? problem->frozen : NULL;
	enum freedom freedom = trainer->freedom ? trainer->freedom(options) : FREEDOM_NONE;

	if (trainer->patterns && !patterns_rotate(trainer->patterns(options)))
		freedom = FREEDOM_NONE;
	if (freedom == FREEDOM_ZEROS)
		return rowspace_nonzero(problem->X, kept, arena, out);
	return freedom == FREEDOM_ROTATIONS && rowspace_find(problem->X, kept, arena, out);
}

struct coordinates coordinates_choose(const struct problem *problem, const struct trainer *trainer,
				      const void *options, struct arena *arena)
{
	struct coordinates out = {.problem = *problem};
	struct mat validation = problem->X_validation;
	struct rowspace *r = ARENA_NEW(arena, struct rowspace);

	if (!find(problem, trainer, options, arena, r))
		return out;
	out.rowspace = r;
	out.problem.X = r->Z;
	out.problem.X_validation = mat_new(arena, validation.rows, r->B.cols);
	if (validation.rows > 0 && !arena_counts(arena))
		blas_gemm(1, validation, PLAIN, r->B, PLAIN, 0, out.problem.X_validation);
	out.problem.columns = NULL;
	out.problem.raw = (struct raw_columns){0};
	out.problem.frozen = lower_frozen(r, arena);
	out.problem.start = lower_start(problem->start, r, arena);
	return out;
}

const char *coordinates_note(const struct coordinates *coordinates, const struct problem *problem,
			     struct arena *arena)
{
	if (!coordinates->rowspace)
		return NULL;
	return arena_format(arena,
			    "%td coordinates for %td features: the others are zero or collinear",
			    coordinates->problem.X.cols, problem->X.cols);
}
