/* Sampled activation patterns: propose directions in batches, drop duplicates, stop at P distinct
 * ones. */
#include "solvers/core/pattern.h"

#include "solvers/core/blas.h"
#include "solvers/core/cells.h"
#include "solvers/core/trainer.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const char *const count_words[] = {"all", NULL}; /* PATTERN_ALL */

const struct option pattern_rows[] = {
	{OPTION_FIELD(struct pattern_options, count), .initial = "64", .range = RANGE_FROM(1),
	 .words = count_words,
	 .doc = "distinct patterns asked for, or all that exist; fewer are used where fewer are "
		"found"},
	{OPTION_FIELD(struct pattern_options, from), .initial = "gaussian", .kind = KIND_PATTERNS,
	 .doc = "where the directions h of the patterns [X h >= 0] come from"},
	{OPTION_FIELD(struct pattern_options, file), .initial = "null", .path = true,
	 .doc = "NPY file, n x P of 0 and 1: these patterns instead of sampled ones"},
	{0},
};

enum {
	DRAWS_PER_PATTERN = 20, /* give up when the patterns that exist are nearly exhausted */
	DRAWS_AT_LEAST = 1000,
	MARGIN_STEPS = 2000, /* perceptron steps for a direction inside a given pattern's cone */
	ALL_MOST = 100000    /* patterns enumerated: ten times what a solver here can take */
};

/* Open-addressing set of column numbers, keyed by the hash of the column's bits. */
struct seen {
	size_t size; /* power of two, at least twice the number of entries */
	uint64_t *hash;
	ptrdiff_t *column; /* -1 = free */
};

static struct seen seen_new(struct arena *arena, size_t entries)
{
	struct seen seen = {.size = 16};

	while (seen.size < 2 * entries)
		seen.size *= 2;
	seen.hash = ARENA_ARRAY(arena, uint64_t, seen.size);
	seen.column = ARENA_ARRAY(arena, ptrdiff_t, seen.size);
	for (size_t s = 0; s < seen.size; s++)
		seen.column[s] = -1;
	return seen;
}

/* FNV-1a over the 0/1 entries; 0 for a pattern without an active sample, which adds no neuron. */
static uint64_t pattern_hash(ptrdiff_t n, const real *d)
{
	uint64_t h = 0xcbf29ce484222325u;
	bool active = false;

	for (ptrdiff_t k = 0; k < n; k++) {
		h = (h ^ (d[k] > 0)) * 0x100000001b3u;
		active |= d[k] > 0;
	}
	return active ? h | 1 : 0;
}

/* Add column `candidate` of D unless an equal one is there; true if it is new. */
static bool seen_add(struct seen *seen, struct mat D, ptrdiff_t candidate)
{
	const real *d = mat_col(D, candidate);
	uint64_t hash = pattern_hash(D.rows, d);
	size_t slot = hash & (seen->size - 1);

	if (hash == 0)
		return false;
	for (; seen->column[slot] >= 0; slot = (slot + 1) & (seen->size - 1))
		if (seen->hash[slot] == hash &&
		    memcmp(mat_col(D, seen->column[slot]), d, (size_t)D.rows * sizeof(real)) == 0)
			return false;
	seen->hash[slot] = hash;
	seen->column[slot] = candidate;
	return true;
}

/* d_k = [y_k >= 0] in place */
static void threshold(struct mat Y)
{
	for (ptrdiff_t j = 0; j < Y.cols; j++) {
		real *y = mat_col(Y, j);

		for (ptrdiff_t k = 0; k < Y.rows; k++)
			y[k] = y[k] >= 0 ? 1 : 0;
	}
}

/* Fill columns found .. of D and H with new patterns; the number found in all. */
static ptrdiff_t draw(const struct pattern_options *options, const struct problem *problem,
		      struct seen *seen, struct patterns *out)
{
	const struct pattern_source *source =
		(const struct pattern_source *)(const void *)options->from.item;
	ptrdiff_t found = 0, wanted = out->D.cols;
	uint64_t draws = 0, limit = (uint64_t)wanted * DRAWS_PER_PATTERN + DRAWS_AT_LEAST;

	while (found < wanted && draws < limit) {
		ptrdiff_t batch = wanted - found, kept = found;
		struct mat D = mat_cols(out->D, found, batch), H = mat_cols(out->H, found, batch);

		for (ptrdiff_t j = 0; j < batch; j++)
			source->direction(problem, options->from.options, draws++, mat_col(H, j));
		blas_gemm(1, problem->X, PLAIN, H, PLAIN, 0, D);
		threshold(D);
		for (ptrdiff_t j = found; j < found + batch; j++) {
			mat_copy(mat_cols(out->D, kept, 1), mat_cols(out->D, j, 1));
			mat_copy(mat_cols(out->H, kept, 1), mat_cols(out->H, j, 1));
			kept += seen_add(seen, out->D, kept);
		}
		found = kept;
	}
	return found;
}

/* A direction strictly inside the cone E X h > 0 of pattern d, by the perceptron rule on the sample
 * with the smallest normalised margin; zero if none is found. y (n) and norm (n) are scratch. */
static void find_direction(struct mat X, const real *d, real *h, real *y, const real *norm)
{
	for (int step = 0; step < MARGIN_STEPS; step++) {
		ptrdiff_t worst = -1;
		double least = 0;

		blas_gemv(1, X, PLAIN, h, 0, y);
		for (ptrdiff_t k = 0; k < X.rows; k++) {
			double margin = (d[k] > 0 ? 1 : -1) * (double)y[k];

			if (norm[k] > 0 && margin <= least * (double)norm[k]) {
				least = margin / (double)norm[k];
				worst = k;
			}
		}
		if (worst < 0)
			return;
		for (ptrdiff_t j = 0; j < X.cols; j++)
			h[j] += (d[worst] > 0 ? 1 : -1) * mat_get(X, worst, j) / norm[worst];
	}
	memset(h, 0, (size_t)X.cols * sizeof *h);
}

/* Check patterns that come from a file, and find a direction for each. */
static enum status take_given(const char *file, const struct problem *problem, struct arena *arena,
			      struct patterns *out, struct err *err)
{
	const struct mat *given = problem->patterns;
	ptrdiff_t n = problem->X.rows;
	real *norm = ARENA_ARRAY(arena, real, n), *y = ARENA_ARRAY(arena, real, n);
	struct err_place at = {.source = file};

	if (given->rows != n)
		return err_at(err, STATUS_ENV, at,
			      "patterns: expected %td rows, one per training sample, got %td", n,
			      given->rows);
	if (given->cols < 1)
		return err_at(err, STATUS_ENV, at, "patterns: expected at least one column");
	for (ptrdiff_t j = 0; j < given->cols; j++)
		for (ptrdiff_t k = 0; k < n; k++)
			if (mat_get(*given, k, j) != 0 && mat_get(*given, k, j) != 1)
				return err_at(err, STATUS_ENV, at,
					      "patterns[%td, %td]: expected 0 or 1, got %g", k, j,
					      (double)mat_get(*given, k, j));
	out->D = *given;
	out->H = mat_new(arena, problem->X.cols, given->cols);
	for (ptrdiff_t j = 0; j < problem->X.cols; j++)
		for (ptrdiff_t k = 0; k < n; k++)
			norm[k] += mat_get(problem->X, k, j) * mat_get(problem->X, k, j);
	for (ptrdiff_t k = 0; k < n; k++)
		norm[k] = (real)__builtin_sqrt((double)norm[k]);
	for (ptrdiff_t i = 0; i < given->cols; i++)
		find_direction(problem->X, mat_col(out->D, i), mat_col(out->H, i), y, norm);
	return STATUS_OK;
}

double pattern_most(const struct pattern_options *options, ptrdiff_t n, ptrdiff_t d)
{
	return options->count == PATTERN_ALL
		       ? fmin(ALL_MOST, cells_bound((double)n, (double)(d < n ? d : n)))
		       : (double)options->count;
}

const char *pattern_note(const struct pattern_options *options, ptrdiff_t used, struct arena *arena)
{
	if (options->file || options->count == PATTERN_ALL || used >= options->count)
		return NULL;
	return arena_format(arena, "%td pattern%s found, %ld asked for", used, used == 1 ? "" : "s",
			    options->count);
}

/* Every pattern: the cells of the arrangement of the rows, a zero row counting as active. The cell
 * without an active sample adds no neuron and is left out, as in sampling. */
static enum status take_all(const struct problem *problem, struct arena *arena,
			    struct patterns *out, struct err *err)
{
	struct arena scratch = {0};
	struct cells cells;
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, kept = 0;

	if (!cells_enumerate(problem->X, ALL_MOST, &scratch, &cells)) {
		arena_release(&scratch);
		return err_set(err, STATUS_SPEC,
			       "patterns: all of them would be up to %.3g, at most %d are "
			       "enumerated; sample instead",
			       cells_bound((double)n, (double)(d < n ? d : n)), ALL_MOST);
	}
	out->D = mat_new(arena, n, (ptrdiff_t)cells.count);
	out->H = mat_new(arena, d, (ptrdiff_t)cells.count);
	for (size_t c = 0; c < cells.count; c++) {
		ptrdiff_t active = 0;

		for (ptrdiff_t k = 0; k < n; k++) {
			bool on = cells.sign[c * cells.rows + (size_t)k] >= 0;

			mat_set(out->D, k, kept, on ? 1 : 0);
			active += on;
		}
		for (ptrdiff_t j = 0; j < d; j++)
			mat_set(out->H, j, kept,
				(real)cells.point[c * cells.dimension + (size_t)j]);
		kept += active > 0;
	}
	out->D = mat_cols(out->D, 0, kept);
	out->H = mat_cols(out->H, 0, kept);
	out->all = true;
	arena_release(&scratch);
	return STATUS_OK;
}

enum status pattern_sample(const struct pattern_options *options, const struct problem *problem,
			   struct arena *arena, struct patterns *out, struct err *err)
{
	struct seen seen;
	ptrdiff_t found;

	*out = (struct patterns){.options = options};
	if (options->file)
		return take_given(options->file, problem, arena, out, err);
	if (options->count == PATTERN_ALL)
		return take_all(problem, arena, out, err);
	out->D = mat_new(arena, problem->X.rows, options->count);
	out->H = mat_new(arena, problem->X.cols, options->count);
	seen = seen_new(arena, (size_t)options->count);
	found = draw(options, problem, &seen, out);
	if (found == 0)
		return err_set(err, STATUS_ENV,
			       "no activation pattern with an active sample was found");
	out->D = mat_cols(out->D, 0, found);
	out->H = mat_cols(out->H, 0, found);
	return STATUS_OK;
}
