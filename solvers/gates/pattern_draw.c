/* Patterns from sources in turn: propose in batches, drop duplicates, stop at P distinct ones. */
#include "solvers/gates/pattern_draw.h"

#include "solvers/core/blas.h"
#include "solvers/model/trainer.h"

#include <string.h>

enum {
	DRAWS_PER_PATTERN = 20, /* give up when the patterns that exist are nearly exhausted */
	DRAWS_AT_LEAST = 1000,
	BATCH = 64 /* proposals whose products are held at once */
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
	for (size_t s = 0; s < seen.size && !arena_counts(arena); s++)
		seen.column[s] = -1;
	return seen;
}

/* FNV-1a over the words, whose upper bits come down; 0 for a pattern without an active sample,
 * which adds no neuron. */
static uint64_t pattern_hash(struct gates D, ptrdiff_t j)
{
	const uint64_t *d = gates_col(D, j);
	uint64_t h = 0xcbf29ce484222325u;

	for (ptrdiff_t w = 0; w < D.stride; w++) {
		h = (h ^ d[w]) * 0x100000001b3u;
		h ^= h >> 32;
	}
	return gates_active(D, j) > 0 ? h | 1 : 0;
}

/* Add column `candidate` of D unless an equal one is there; true if it is new. */
static bool seen_add(struct seen *seen, struct gates D, ptrdiff_t candidate)
{
	uint64_t hash = pattern_hash(D, candidate);
	size_t slot = hash & (seen->size - 1);

	if (hash == 0)
		return false;
	for (; seen->column[slot] >= 0; slot = (slot + 1) & (seen->size - 1))
		if (seen->hash[slot] == hash && gates_same(D, seen->column[slot], D, candidate))
			return false;
	seen->hash[slot] = hash;
	seen->column[slot] = candidate;
	return true;
}

struct draw {
	const struct pattern_options *options;
	struct seen seen;
	struct patterns *out;
	ptrdiff_t found;
	struct mat Y; /* n x BATCH: products with X of a batch */
};

static const struct pattern_source *source_at(const struct draw *draw, size_t s)
{
	return (const struct pattern_source *)(const void *)draw->options->from.at[s].item;
}

/* The `batch` proposals from index `first` on, behind the columns found so far. */
static void propose(const struct draw *draw, const struct pattern_source *source,
		    const struct pattern_stream *stream, uint64_t first, ptrdiff_t batch)
{
	struct gates D = gates_cols(draw->out->D, draw->found, batch);
	struct mat H = mat_cols(draw->out->H, draw->found, batch), Y = mat_cols(draw->Y, 0, batch);

	for (ptrdiff_t j = 0; j < batch; j++)
		source->direction(stream, first + (uint64_t)j, mat_col(H, j));
	blas_gemm(1, stream->problem->X, PLAIN, H, PLAIN, 0, Y);
	for (ptrdiff_t j = 0; j < batch; j++) {
		if (source->move)
			source->move(stream, first + (uint64_t)j, mat_col(H, j), mat_col(Y, j));
		gates_threshold(D, j, mat_col(Y, j));
	}
}

/* Of `batch` columns behind those found so far, keep the new ones. */
static void keep_new(struct draw *draw, const char *source, ptrdiff_t batch)
{
	struct patterns *out = draw->out;
	ptrdiff_t kept = draw->found;

	for (ptrdiff_t j = draw->found; j < draw->found + batch; j++) {
		gates_copy(out->D, kept, out->D, j);
		mat_copy(mat_cols(out->H, kept, 1), mat_cols(out->H, j, 1));
		out->source[kept] = source;
		kept += seen_add(&draw->seen, out->D, kept);
	}
	draw->found = kept;
}

/* All that one source has, or as much as is wanted. */
static void take(struct draw *draw, const struct pattern_source *source,
		 const struct pattern_stream *stream, const struct arena *arena)
{
	struct arena scratch = arena_beside(arena);
	ptrdiff_t wanted = draw->out->D.cols;
	uint64_t drawn = 0, limit = stream->count;

	draw->Y = mat_new(&scratch, draw->out->D.rows, wanted < BATCH ? wanted : BATCH);
	if (arena_counts(arena))
		limit = 0;
	if (limit == PATTERN_ENDLESS)
		limit = (uint64_t)wanted * DRAWS_PER_PATTERN + DRAWS_AT_LEAST;
	while (draw->found < wanted && drawn < limit) {
		ptrdiff_t batch = wanted - draw->found < BATCH ? wanted - draw->found : BATCH;

		if ((uint64_t)batch > limit - drawn)
			batch = (ptrdiff_t)(limit - drawn);
		propose(draw, source, stream, drawn, batch);
		keep_new(draw, source->base.name, batch);
		drawn += (uint64_t)batch;
	}
	arena_release(&scratch);
}

static enum status take_turns(struct draw *draw, struct pattern_stream request, struct arena *arena,
			      struct err *err)
{
	size_t count = draw->options->from.count;

	for (size_t s = 0; s < count && draw->found < draw->out->D.cols; s++) {
		const struct pattern_source *source = source_at(draw, s);
		struct pattern_stream stream = request;

		stream.options = draw->options->from.at[s].options;
		if (source->open)
			TRY(source->open(&stream, arena, err));
		if (!arena_counts(arena) && stream.count == PATTERN_ENDLESS && s + 1 < count)
			return err_set(err, STATUS_SPEC,
				       "patterns: from: %s never ends, so %s behind it would not "
				       "be asked",
				       source->base.name, source_at(draw, s + 1)->base.name);
		take(draw, source, &stream, arena);
	}
	return STATUS_OK;
}

enum status pattern_draw(const struct pattern_options *options, const struct problem *problem,
			 const struct threat *threat, struct arena *arena, struct patterns *out,
			 struct err *err)
{
	struct draw draw = {.options = options, .out = out};
	struct pattern_stream request = {
		.problem = problem,
		.threat = threat ? *threat : (struct threat){.frozen = problem->frozen},
		.count = PATTERN_ENDLESS};

	out->D = gates_new(arena, problem->X.rows, options->count);
	out->H = mat_new(arena, problem->X.cols, options->count);
	out->source = ARENA_ARRAY(arena, const char *, options->count);
	draw.seen = seen_new(arena, (size_t)options->count);
	TRY(take_turns(&draw, request, arena, err));
	if (arena_counts(arena))
		return STATUS_OK;
	if (draw.found == 0)
		return err_set(err, STATUS_ENV,
			       "no activation pattern with an active sample was found");
	out->D = gates_cols(out->D, 0, draw.found);
	out->H = mat_cols(out->H, 0, draw.found);
	return STATUS_OK;
}
