/* Activation patterns from sources, from a file, or all of them. */
#include "solvers/gates/pattern.h"

#include "solvers/core/blas.h"
#include "solvers/core/index.h"
#include "solvers/gates/arrangement.h"
#include "solvers/gates/interior.h"
#include "solvers/model/trainer.h"

#include <math.h>
#include <string.h>

static const char *const count_words[] = {"all", NULL}; /* PATTERN_ALL */

const struct option pattern_rows[] = {
	{OPTION_FIELD(struct pattern_options, count), .initial = "64", .range = RANGE_FROM(1),
	 .words = count_words,
	 .doc = "distinct patterns asked for, or all that exist; fewer are used where fewer are "
		"found"},
	{OPTION_FIELD(struct pattern_options, from), .initial = "gaussian", .kind = KIND_PATTERNS,
	 .doc = "sources of patterns, in turn: each gives what it has, until there are `count`"},
	{OPTION_FIELD(struct pattern_options, file), .initial = "null", .path = PATH_ARRAY,
	 .doc = "NPY file, n x P of 0 and 1: these patterns instead of sampled ones"},
	{0},
};

enum {
	ALL_MOST = 100000,      /* patterns enumerated: ten times what a solver here can take */
	DRAWS_PER_PATTERN = 20, /* give up when the patterns that exist are nearly exhausted */
	DRAWS_AT_LEAST = 1000,
	BATCH = 64 /* proposals whose products are held at once */
};

static const struct pattern_source *source_of(const struct choice *choice)
{
	return (const struct pattern_source *)(const void *)choice->item;
}

/* Whether h lies in the cone of pattern d with preactivations y = X h; not if h is zero. */
static bool inside(struct mat X, const uint64_t *d, const real *h, const real *y)
{
	for (ptrdiff_t k = 0; k < X.rows; k++)
		if ((y[k] >= 0) != gates_bit(d, k))
			return false;
	return blas_norm((size_t)X.cols, h) > 0;
}

/* Zero directions where they are not inside the cones; how many those are. */
static ptrdiff_t check_directions(struct mat X, struct patterns *out, struct arena *scratch)
{
	struct mat Y = mat_new(scratch, X.rows, out->H.cols);
	ptrdiff_t missing = 0;

	if (arena_counts(scratch))
		return out->H.cols;
	blas_gemm(1, X, PLAIN, out->H, PLAIN, 0, Y);
	for (ptrdiff_t i = 0; i < out->H.cols; i++)
		if (!inside(X, gates_col(out->D, i), mat_col(out->H, i), mat_col(Y, i))) {
			memset(mat_col(out->H, i), 0, (size_t)X.cols * sizeof(real));
			missing++;
		}
	return missing;
}

/* Directions of nearly largest margin for all cones at once, and a proof for each that the search
 * leaves without one. */
static void seek_directions(struct mat X, struct patterns *out, enum facial_kind *kind,
			    struct arena *scratch)
{
	ptrdiff_t P = out->D.cols;
	struct signcone cone = signcone_new(X, scratch);
	struct splitting splitting;
	struct interior interior;
	struct facial facial;

	if (!arena_counts(scratch))
		signcone_prepare(&cone);
	splitting = splitting_new(&cone, P, scratch);
	interior = interior_new(&cone, P, scratch);
	if (!arena_counts(scratch))
		interior_search(&interior, &splitting, out->D, out->H);
	facial = facial_new(&cone, scratch);
	if (arena_counts(scratch))
		return;
	for (ptrdiff_t i = 0; i < P; i++) {
		real *u = mat_col(interior.U, i);

		kind[i] = FACIAL_OPEN;
		if (interior.margin[i] > 0)
			continue;
		facial_decide(&facial, gates_col(out->D, i));
		kind[i] = facial.kind;
		for (ptrdiff_t j = 0; j < cone.B.cols; j++)
			u[j] = kind[i] == FACIAL_OPEN ? (real)facial.h[j] : 0;
	}
	signcone_expand(&cone, interior.U, out->H);
}

/* A direction for each pattern whose own is not inside its cone; zero where there is none, or none
 * is sought. */
static void find_directions(struct mat X, bool seek, struct arena *arena, struct patterns *out)
{
	struct arena scratch = arena_beside(arena);

	if (check_directions(X, out, &scratch) > 0 && seek) {
		enum facial_kind *kind = ARENA_ARRAY(arena, enum facial_kind, out->D.cols);

		seek_directions(X, out, kind, &scratch);
		out->kind = kind;
	}
	arena_release(&scratch);
}

static void name_source(struct patterns *out, const char *name, struct arena *arena)
{
	out->source = ARENA_ARRAY(arena, const char *, out->D.cols);
	for (ptrdiff_t i = 0; i < out->D.cols && !arena_counts(arena); i++)
		out->source[i] = name;
}

/* Check patterns that come from a file, and find a direction for each. */
static enum status take_given(const char *file, const struct problem *problem, struct arena *arena,
			      struct patterns *out, struct err *err)
{
	const struct problem_file *read = trainer_file(problem, file);
	const struct mat *given = read ? &read->array : NULL;
	ptrdiff_t n = problem->X.rows;
	struct err_place at = {.source = file};

	if (!given)
		return err_at(err, STATUS_SPEC, at, "patterns: the file has not been read");
	if (given->rows != n)
		return err_at(err, STATUS_ENV, at,
			      "patterns: expected %td rows, one per training sample, got %td", n,
			      given->rows);
	if (given->cols < 1)
		return err_at(err, STATUS_ENV, at, "patterns: expected at least one column");
	for (ptrdiff_t j = 0; j < given->cols && !arena_counts(arena); j++)
		for (ptrdiff_t k = 0; k < n; k++)
			if (mat_get(*given, k, j) != 0 && mat_get(*given, k, j) != 1)
				return err_at(err, STATUS_ENV, at,
					      "patterns[%td, %td]: expected 0 or 1, got %g", k, j,
					      (double)mat_get(*given, k, j));
	out->D = gates_pack(*given, arena);
	out->H = mat_new(arena, problem->X.cols, given->cols);
	name_source(out, "file", arena);
	find_directions(problem->X, true, arena, out);
	return STATUS_OK;
}

double pattern_most(const struct pattern_options *options, ptrdiff_t n, ptrdiff_t d)
{
	return options->count == PATTERN_ALL
		       ? fmin(ALL_MOST, arrangement_bound((double)n, (double)(d < n ? d : n)))
		       : (double)options->count;
}

bool pattern_trains(const struct pattern_options *options)
{
	for (size_t i = 0; i < options->from.count; i++)
		if (source_of(&options->from.at[i])->start)
			return true;
	return false;
}

bool pattern_priced(const struct pattern_options *options)
{
	bool priced = false;

	for (size_t i = 0; i < options->from.count; i++)
		priced = priced || source_of(&options->from.at[i])->priced;
	return priced && !options->file && options->count != PATTERN_ALL;
}

void pattern_facts(const struct pattern_options *options, ptrdiff_t used, struct facts *facts)
{
	facts_number(facts, "patterns", (double)used);
	if (!options->file && options->count != PATTERN_ALL && used < options->count)
		facts_note(facts, arena_format(facts->arena, "%td pattern%s found, %ld asked for",
					       used, used == 1 ? "" : "s", options->count));
}

/* Every pattern: the cells of the arrangement of the rows, a zero row counting as active. The cell
 * without an active sample adds no neuron and is left out, as in sampling. */
static enum status take_all(const struct problem *problem, struct arena *arena,
			    struct patterns *out, struct err *err)
{
	struct arena scratch = {0};
	struct arrangement cells;
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, kept = 0;

	if (!arrangement_enumerate(problem->X, ALL_MOST, &scratch, &cells)) {
		arena_release(&scratch);
		return err_set(err, STATUS_SPEC,
			       "patterns: all of them would be up to %.3g, at most %d are "
			       "enumerated; sample instead",
			       arrangement_bound((double)n, (double)(d < n ? d : n)), ALL_MOST);
	}
	out->D = gates_new(arena, n, (ptrdiff_t)cells.count);
	out->H = mat_new(arena, d, (ptrdiff_t)cells.count);
	for (size_t c = 0; c < cells.count; c++) {
		ptrdiff_t active = 0;

		for (ptrdiff_t k = 0; k < n; k++) {
			bool on = cells.sign[c * cells.rows + (size_t)k] >= 0;

			gates_set(out->D, k, kept, on);
			active += on;
		}
		for (ptrdiff_t j = 0; j < d; j++)
			mat_set(out->H, j, kept,
				(real)cells.point[c * cells.dimension + (size_t)j]);
		kept += active > 0;
	}
	out->D = gates_cols(out->D, 0, kept);
	out->H = mat_cols(out->H, 0, kept);
	name_source(out, "all", arena);
	out->all = true;
	arena_release(&scratch);
	return STATUS_OK;
}

/* --- drawing from sources ------------------------------------------------------------------- */

struct mark;

struct draw {
	struct index seen; /* by the words of a column */
	struct patterns *out;
	ptrdiff_t found;
	struct mat Y; /* n x BATCH: products with X of a batch */
	/* of rows on several ranks: */
	struct ranks *ranks;
	struct mark *mark;     /* of the columns found, and of a batch behind them */
	struct mark *gathered; /* ranks x BATCH */
};

/* What tells columns of all ranks apart: words are mixed with their place and added up, so that two
 * of P columns are taken for one with a probability of P^2 / 2^129. */
struct mark {
	uint64_t hash[2], active;
};

static uint64_t mixed(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

/* mark[0 .. batch-1] of the columns from `first` on. */
static void mark_columns(struct draw *draw, ptrdiff_t first, ptrdiff_t batch, struct mark *mark)
{
	struct ranks *ranks = draw->ranks;
	struct gates D = draw->out->D;

	for (ptrdiff_t j = 0; j < batch; j++) {
		const uint64_t *word = gates_col(D, first + j);
		uint64_t place = mixed((uint64_t)ranks->rank + 1);

		mark[j] = (struct mark){{0, 0}, (uint64_t)gates_active(D, first + j)};
		for (ptrdiff_t w = 0; w < D.stride; w++) {
			uint64_t one = mixed(word[w] + mixed(place + (uint64_t)w));

			mark[j].hash[0] += one;
			mark[j].hash[1] += mixed(one + place);
		}
	}
	ranks->gather(ranks, mark, (size_t)batch * sizeof *mark, draw->gathered);
	memset(mark, 0, (size_t)batch * sizeof *mark);
	for (int r = 0; r < ranks->count; r++)
		for (ptrdiff_t j = 0; j < batch; j++) {
			const struct mark *one = &draw->gathered[r * batch + j];

			mark[j].hash[0] += one->hash[0];
			mark[j].hash[1] += one->hash[1];
			mark[j].active += one->active;
		}
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

/* Whether column `kept`, whose mark stands there, is a new one with an active sample. */
static bool is_new(struct draw *draw, ptrdiff_t kept)
{
	struct gates D = draw->out->D;
	const void *key = gates_col(D, kept);
	size_t length = (size_t)D.stride * sizeof *D.at, place = (size_t)kept;

	if (draw->ranks) {
		key = draw->mark[kept].hash;
		length = sizeof draw->mark[kept].hash;
	}
	return (draw->ranks ? draw->mark[kept].active > 0 : gates_active(D, kept) > 0) &&
	       index_place_bytes(&draw->seen, key, length, place) == place;
}

/* Of `batch` columns behind those found so far, keep the new ones with an active sample: others add
 * no neuron. */
static void keep_new(struct draw *draw, const char *source, ptrdiff_t batch)
{
	struct patterns *out = draw->out;
	struct gates D = out->D;
	ptrdiff_t kept = draw->found;

	if (draw->ranks)
		mark_columns(draw, kept, batch, draw->mark + kept);
	for (ptrdiff_t j = draw->found; j < draw->found + batch; j++) {
		if (draw->ranks)
			draw->mark[kept] = draw->mark[j];
		gates_copy(D, kept, D, j);
		mat_copy(mat_cols(out->H, kept, 1), mat_cols(out->H, j, 1));
		out->source[kept] = source;
		kept += is_new(draw, kept);
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

/* D, H and source of `options->count` distinct patterns, or of as many as are found; H are the
 * directions as proposed. STATUS_SPEC if a source that never ends is not the last or two model
 * files are named; STATUS_ENV if no pattern is found; whatever opening a source reports. */
static enum status draw_patterns(const struct pattern_options *options,
				 const struct problem *problem, const struct threat *threat,
				 struct arena *arena, struct patterns *out, struct err *err)
{
	struct draw draw = {.out = out, .ranks = problem->ranks};
	size_t count = options->from.count;
	const struct pattern_stream request = {
		.problem = problem,
		.threat = threat ? *threat : (struct threat){.frozen = problem->frozen},
		.count = PATTERN_ENDLESS};

	out->D = gates_new(arena, problem->X.rows, options->count);
	out->H = mat_new(arena, problem->X.cols, options->count);
	out->source = ARENA_ARRAY(arena, const char *, options->count);
	draw.seen = index_new((size_t)options->count, arena);
	if (draw.ranks) {
		draw.mark = ARENA_ARRAY(arena, struct mark, options->count);
		draw.gathered = ARENA_ARRAY(arena, struct mark, draw.ranks->count * BATCH);
	}
	for (size_t s = 0; s < count && draw.found < out->D.cols; s++) {
		const struct pattern_source *source = source_of(&options->from.at[s]);
		struct pattern_stream stream = request;

		stream.options = options->from.at[s].options;
		if (source->open)
			TRY(source->open(&stream, arena, err));
		if (!arena_counts(arena) && stream.count == PATTERN_ENDLESS && s + 1 < count)
			return err_set(err, STATUS_SPEC,
				       "patterns: from: %s never ends, so %s behind it would not "
				       "be asked",
				       source->base.name,
				       source_of(&options->from.at[s + 1])->base.name);
		take(&draw, source, &stream, arena);
	}
	if (arena_counts(arena))
		return STATUS_OK;
	if (draw.found == 0)
		return err_set(err, STATUS_ENV,
			       "no activation pattern with an active sample was found");
	out->D = gates_cols(out->D, 0, draw.found);
	out->H = mat_cols(out->H, 0, draw.found);
	return STATUS_OK;
}

enum status pattern_sample(const struct pattern_options *options, const struct problem *problem,
			   const struct threat *threat, struct arena *arena, struct patterns *out,
			   struct err *err)
{
	bool simple = true;

	*out = (struct patterns){.options = options};
	if (options->file && arena_counts(arena) && !trainer_file(problem, options->file)) {
		/* On a counting arena: a file that has not been read is taken to hold as many as
		 * are asked for. */
		out->D = gates_new(arena, problem->X.rows, options->count > 0 ? options->count : 1);
		out->H = mat_new(arena, problem->X.cols, out->D.cols);
		name_source(out, "file", arena);
		find_directions(problem->X, true, arena, out);
		return STATUS_OK;
	}
	if (options->file)
		return take_given(options->file, problem, arena, out, err);
	if (options->count == PATTERN_ALL && arena_counts(arena)) {
		ptrdiff_t n = problem->X.rows;
		ptrdiff_t d = problem->X.cols;
		ptrdiff_t most = (ptrdiff_t)pattern_most(options, n, d);
		struct arena scratch = arena_beside(arena);

		/* On a counting arena: as many as there may be. Lists of cells grow by copies. */
		arena_alloc(&scratch, (size_t)(2 * most), (size_t)n + (size_t)d * sizeof(double));
		out->D = gates_new(arena, n, most);
		out->H = mat_new(arena, d, most);
		name_source(out, "all", arena);
		out->all = true;
		arena_release(&scratch);
		return STATUS_OK;
	}
	if (options->count == PATTERN_ALL)
		return take_all(problem, arena, out, err);
	TRY(draw_patterns(options, problem, threat, arena, out, err));
	for (size_t s = 0; s < options->from.count; s++)
		simple = simple && source_of(&options->from.at[s])->independent;
	if (!simple)
		find_directions(problem->X, !(threat && threat->eps > 0), arena, out);
	return STATUS_OK;
}

enum freedom pattern_freedom(const struct pattern_options *options, enum freedom otherwise)
{
	for (size_t s = 0;
	     !options->file && options->count != PATTERN_ALL && s < options->from.count; s++)
		if (!source_of(&options->from.at[s])->independent)
			return FREEDOM_NONE;
	return otherwise;
}

void pattern_forecast(const struct pattern_options *options, struct trainer_shape shape,
		      struct forecast *out)
{
	double n = (double)shape.n, d = (double)shape.d;
	double P = pattern_most(options, shape.n, shape.d);

	if (options->file)
		out->setup_flops += signcone_flops(n, d) + interior_flops(n, d, P);
	for (size_t s = 0; s < options->from.count; s++) {
		const struct choice *choice = &options->from.at[s];
		const struct pattern_source *source = source_of(choice);
		const struct start_options *start =
			source->start ? source->start(choice->options) : NULL;

		if (start)
			start_forecast(start, shape, out);
	}
}

const char *pattern_spread(const struct pattern_options *options)
{
	bool simple = !options->file && options->count != PATTERN_ALL;

	for (size_t s = 0; s < options->from.count; s++)
		simple = simple && source_of(&options->from.at[s])->independent;
	return simple ? NULL : "only those drawn at random, as from: gaussian, are over all rows";
}

const struct choice *pattern_independent(const struct pattern_options *options)
{
	for (size_t s = 0; s < options->from.count; s++)
		if (source_of(&options->from.at[s])->independent)
			return &options->from.at[s];
	return NULL;
}
