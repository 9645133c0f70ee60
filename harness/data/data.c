/* One data set from its source to prepared matrices: classes, split, limit, missing values,
 * preparation. */
#include "harness/data/data.h"
#include "harness/data/labels.h"
#include "harness/data/limit.h"
#include "harness/data/onehot.h"
#include "harness/data/split.h"
#include "harness/data/transform.h"
#include "harness/file/gzfile.h"
#include "solvers/core/rng.h"

#include <errno.h>
#include <math.h>
#include <sha256.h>
#include <string.h>
#include <unistd.h>

struct parts {
	struct rows at[SPLIT_ROLES];
	const char *classes[2]; /* NULL for regression */
	const char **names;     /* of the raw columns, or NULL */
	const bool *one_hot;    /* raw columns made of categories, or NULL */
	const char *note;       /* on how they were read, or NULL */
	bool count;             /* rows are only counted, the source may leave out the features */
	size_t d;               /* of the source */
	size_t raw_bytes;       /* of data_shape */
	size_t read_bytes;
	size_t dropped; /* rows the source left out */
};

/* One more note, in the arena of the parts. */
static void add_note(struct parts *parts, struct arena *scratch, const char *note)
{
	if (note)
		parts->note =
			parts->note ? arena_format(scratch, "%s; %s", parts->note, note) : note;
}

/* Labels of both classes; `named`: rows with others are left out, else they are an error. */
struct pick {
	struct labels labels;
	struct label_classes classes;
	bool named;
};

/* Keep the rows of two classes, in place. */
static enum status keep_classes(struct table *table, const struct pick *pick, struct arena *scratch,
				struct rows *out, struct err *err)
{
	const char *last_text = NULL; /* readers share one text per label */
	int side = 0;

	*out = (struct rows){.d = table->d, .x = table->x, .row = table->row};
	out->y = ARENA_ARRAY(scratch, double, table->n);
	for (size_t i = 0; i < table->n; i++) {
		if (table->label[i] != last_text)
			side = labels_side(&pick->labels, &pick->classes, table->label[i]);
		last_text = table->label[i];
		if (!side && pick->named)
			continue;
		if (!side)
			return err_set(err, STATUS_ENV,
				       "the test part has the label \"%.40s\", which the training "
				       "part lacks; name both classes and join it to one of them: "
				       "classes: [..., \"...|%.40s\"]",
				       last_text, last_text);
		if (out->n < i)
			memmove(out->x + out->n * out->d, out->x + i * out->d,
				out->d * sizeof *out->x);
		out->row[out->n] = table->row[i];
		out->y[out->n++] = side;
	}
	return STATUS_OK;
}

static enum status choose_classes(const struct data_options *o, struct table *train,
				  struct table *test, struct arena *scratch, struct parts *parts,
				  struct err *err)
{
	struct pick pick = {.labels = labels_new(scratch), .named = o->classes.count > 0};
	const char *label = NULL; /* one that the test part alone has */
	size_t rows = 0;          /* with such labels */

	for (size_t i = 0; i < train->n; i++)
		labels_add(&pick.labels, train->label[i], strlen(train->label[i]), 1);
	for (size_t i = 0; i < test->n && pick.named; i++)
		labels_add(&pick.labels, test->label[i], strlen(test->label[i]), 0);
	TRY(labels_pick(&pick.labels, o->classes, &pick.classes, err));
	parts->classes[0] = pick.classes.name[0];
	parts->classes[1] = pick.classes.name[1];

	for (size_t i = 0; i < test->n && pick.named; i++) {
		size_t index = labels_find(&pick.labels, test->label[i]);

		if (pick.classes.side[index] || pick.labels.at[index].count > 0)
			continue;
		label = test->label[i];
		rows++;
	}
	if (rows > 0)
		add_note(parts, scratch,
			 arena_format(scratch,
				      "%zu row%s of the test part left out with labels that the "
				      "training part lacks, such as \"%.40s\"",
				      rows, rows == 1 ? "" : "s", label));

	TRY(keep_classes(train, &pick, scratch, &parts->at[SPLIT_TRAIN], err));
	return keep_classes(test, &pick, scratch, &parts->at[SPLIT_TEST], err);
}

/* Where a source leaves out no row, it need not number them. */
static void number_rows(struct table *table, struct arena *scratch)
{
	if (table->row)
		return;
	table->row = ARENA_ARRAY(scratch, size_t, table->n);
	for (size_t i = 0; i < table->n; i++)
		table->row[i] = i;
}

/* Read the source; the training part holds all rows that are not the source's own test part. */
static enum status read_source(const struct data_options *o, uint64_t seed, struct arena *scratch,
			       struct parts *parts, struct err *err)
{
	const struct source *source = (const struct source *)o->source.item;
	struct read_request request = {.classes = o->classes,
				       .regression = o->task == DATA_REGRESSION,
				       .seed = seed,
				       .count = parts->count};
	struct table train = {0}, test = {0};
	size_t row, first;

	if (request.regression && o->classes.count > 0)
		return err_set(err, STATUS_SPEC, "classes: regression has no classes");
	if (!request.regression && o->target != DATA_TARGET_RAW)
		return err_set(err, STATUS_SPEC, "target: only a regression has targets to scale");
	TRY(source->read(o->source.options, &request, scratch, &train, &test, err));
	parts->dropped = train.dropped + test.dropped;
	if (train.n < 2)
		return err_set(err, STATUS_ENV, "expected at least 2 rows, got %zu", train.n);
	if (train.d == 0)
		return err_set(err, STATUS_ENV, "expected at least 1 feature, got none");
	test.d = train.d;
	parts->note = train.note;
	parts->names = train.names;
	parts->one_hot = train.one_hot;
	parts->d = train.d;

	/* the second table is read beside the first */
	row = train.d * sizeof(double);
	first = train.n * row + train.spare;
	parts->raw_bytes = first + test.n * row + test.spare;
	parts->read_bytes = parts->raw_bytes + test.content;
	if (parts->read_bytes < first + train.content)
		parts->read_bytes = first + train.content;

	number_rows(&train, scratch);
	number_rows(&test, scratch);
	if (!train.x) { /* rows of no feature, where they are only counted */
		train.x = test.x = ARENA_NEW(scratch, double);
		train.d = test.d = 0;
	}
	if (!request.regression)
		return choose_classes(o, &train, &test, scratch, parts, err);
	parts->at[SPLIT_TRAIN] = (struct rows){train.n, train.d, train.x, train.target, train.row};
	parts->at[SPLIT_TEST] = (struct rows){test.n, test.d, test.x, test.target, test.row};
	return STATUS_OK;
}

/* Rows go to their parts, which keep the order of the source; training rows stay in their array. */
static enum status split(const struct data_options *o, struct rng *rng, struct arena *scratch,
			 struct parts *parts, struct err *err)
{
	const struct rows all = parts->at[SPLIT_TRAIN];
	const bool has_test = parts->at[SPLIT_TEST].n > 0;
	unsigned char *role = ARENA_ARRAY(scratch, unsigned char, all.n);
	size_t count[SPLIT_ROLES] = {0};

	TRY(split_assign(&o->split,
			 &(struct split_rows){.y = o->task == DATA_REGRESSION ? NULL : all.y,
					      .n = all.n,
					      .has_test = has_test},
			 rng, scratch, role, err));
	for (size_t i = 0; i < all.n; i++)
		if (role[i] != SPLIT_NONE)
			count[role[i]]++;
	for (int to = 0; to < SPLIT_ROLES; to++)
		if (to == SPLIT_TRAIN)
			parts->at[to].n = 0;
		else if (to != SPLIT_TEST || !has_test)
			parts->at[to] = (struct rows){
				.d = all.d,
				.x = arena_alloc(scratch, count[to], all.d * sizeof(double)),
				.y = ARENA_ARRAY(scratch, double, count[to]),
				.row = ARENA_ARRAY(scratch, size_t, count[to])};
	for (size_t i = 0; i < all.n; i++) {
		struct rows *to = &parts->at[role[i]];

		if (role[i] == SPLIT_NONE)
			continue;
		memmove(to->x + to->n * all.d, all.x + i * all.d, all.d * sizeof *all.x);
		to->row[to->n] = all.row[i];
		to->y[to->n++] = all.y[i];
	}
	if (has_test && o->split.test == 0)
		parts->at[SPLIT_TEST].n = 0;
	return STATUS_OK;
}

/* Read, choose classes, split, limit; both classes must be left for training. */
static enum status choose_rows(const struct data_options *o, uint64_t seed, long number,
			       struct arena *scratch, struct parts *parts, struct err *err)
{
	uint64_t repetition = (uint64_t)(o->draw < 0 ? number : o->draw);
	struct rng draw = rng_stream(seed, "generate", repetition);
	struct rng rng = rng_stream(seed, "split", repetition);
	struct rng thin[2] = {rng_stream(seed, "limit train", repetition),
			      rng_stream(seed, "limit test", repetition)};
	const struct rows *train = &parts->at[SPLIT_TRAIN];
	size_t positive = 0;

	TRY(read_source(o, rng_bits(&draw), scratch, parts, err));
	TRY(split(o, &rng, scratch, parts, err));
	TRY(limit_apply(&o->limit, o->task == DATA_REGRESSION, thin, parts->at, err));
	if (train->n < 2)
		return err_set(err, STATUS_SPEC, "expected at least 2 training rows, got %zu",
			       train->n);
	for (size_t i = 0; i < train->n; i++)
		positive += train->y[i] > 0;
	if (parts->classes[0] && (positive == 0 || positive == train->n))
		return err_set(err, STATUS_ENV,
			       "one class only in the training part: \"%.40s\" (%zu rows)",
			       parts->classes[positive > 0], train->n);
	return STATUS_OK;
}

/* Errors without a place get the name of the data set. */
static enum status name_data(const struct data_options *options, enum status status,
			     struct err *err)
{
	if (status != STATUS_OK && err->source[0] == '\0')
		snprintf(err->source, sizeof err->source, "data \"%s\"", options->name);
	return status;
}

enum status data_load(const struct data_options *o, uint64_t seed, long repetition,
		      struct arena *arena, struct dataset *out, struct err *err)
{
	struct arena scratch = {0};
	struct arena *memory[2] = {arena, &scratch};
	struct parts parts = {0};
	size_t unseen = 0, rows = 0;
	enum status status = choose_rows(o, seed, repetition, &scratch, &parts, err);

	*out = (struct dataset){.regression = o->task == DATA_REGRESSION, .dropped = parts.dropped};
	if (status == STATUS_OK && parts.one_hot)
		unseen = onehot_prune(parts.at, parts.one_hot, parts.names, &scratch, &rows);
	if (status == STATUS_OK)
		status = transform_data(o, parts.at, parts.names, memory, out, err);

	if (unseen > 0)
		add_note(&parts, &scratch,
			 arena_format(
				 &scratch,
				 "one_hot: categories that the training part lacks, left out: %zu, "
				 "rows of other parts with such: %zu",
				 unseen, rows));
	if (out->dropped > 0)
		add_note(&parts, &scratch,
			 arena_format(&scratch, "missing: %zu row%s left out", out->dropped,
				      out->dropped == 1 ? "" : "s"));
	if (out->filled > 0)
		add_note(
			&parts, &scratch,
			arena_format(&scratch,
				     "missing: %zu entr%s of the features filled with means of the "
				     "training part",
				     out->filled, out->filled == 1 ? "y" : "ies"));
	out->note = parts.note ? arena_text(arena, parts.note) : NULL;
	for (int c = 0; c < 2 && parts.classes[c]; c++)
		out->classes[c] = arena_text(arena, parts.classes[c]);
	arena_release(&scratch);
	return name_data(o, status, err);
}

enum status data_count(const struct data_options *o, uint64_t seed, long repetition,
		       struct data_shape *out, struct err *err)
{
	struct parts parts = {.count = true};
	struct arena scratch = {0};
	enum status status = choose_rows(o, seed, repetition, &scratch, &parts, err);
	size_t rows;

	if (status == STATUS_OK && parts.one_hot && parts.at[SPLIT_TRAIN].d > 0) {
		onehot_prune(parts.at, parts.one_hot, parts.names, &scratch, &rows);
		parts.d = parts.at[SPLIT_TRAIN].d;
	}
	*out = (struct data_shape){.train = parts.at[SPLIT_TRAIN].n,
				   .validation = parts.at[SPLIT_VALIDATION].n,
				   .test = parts.at[SPLIT_TEST].n,
				   .raw_d = parts.d,
				   .d = parts.d,
				   .raw_bytes = parts.raw_bytes,
				   .read_bytes = parts.read_bytes};
	for (size_t i = 0; i < o->prepare.count && status == STATUS_OK; i++) {
		const struct prepare *step = (const struct prepare *)o->prepare.at[i].item;

		if (step->width)
			status = step->width(o->prepare.at[i].options, out->train, &out->d, err);
	}
	arena_release(&scratch);
	return name_data(o, status, err);
}

enum status data_glance(const struct data_options *o, struct arena *arena, const char **note,
			struct err *err)
{
	const struct source *source = (const struct source *)o->source.item;
	struct read_request request = {.classes = o->classes,
				       .regression = o->task == DATA_REGRESSION};
	enum status status = STATUS_OK;

	*note = NULL;
	if (source->glance)
		status = source->glance(o->source.options, &request, arena, note, err);
	return name_data(o, status, err);
}

/* --- SHA-256 over the files --------------------------------------------------------------- */

enum { PIECE = 64 * 1024 };

static enum status add_file(SHA256_CTX *sum, const char *path, double *bytes, struct err *err)
{
	struct err_place at = {.source = path};
	unsigned char piece[PIECE];
	FILE *file;
	enum status status = STATUS_OK;
	size_t n;

	TRY(filekind_check(path, FILEKIND_ANY, err));
	file = fopen(path, "rb");
	if (!file)
		return filekind_missing(path, err);
	while ((n = fread(piece, 1, sizeof piece, file)) > 0) {
		SHA256Update(sum, piece, n);
		*bytes += (double)n;
	}
	if (ferror(file))
		status = err_at(err, STATUS_ENV, at, "cannot read the file: %s", strerror(errno));
	fclose(file);
	return status;
}

enum status data_checksum(const struct data_options *options, char hex[65], struct err *err)
{
	struct arena arena = {0};
	struct texts paths = option_paths(&options->source, &arena);
	enum status status = STATUS_OK;
	double bytes = 0;
	SHA256_CTX sum;

	SHA256Init(&sum);
	for (size_t i = 0; i < paths.count && status == STATUS_OK; i++)
		status = add_file(&sum, paths.at[i], &bytes, err);
	SHA256End(&sum, hex);
	arena_release(&arena);
	return status;
}

enum status data_file_there(const char *path, struct err *err)
{
	return access(path, R_OK) == 0 ? STATUS_OK : filekind_missing(path, err);
}

enum status data_file_checksum(const char *path, char hex[65], double *bytes, struct err *err)
{
	SHA256_CTX sum;

	*bytes = 0;
	SHA256Init(&sum);
	TRY(add_file(&sum, path, bytes, err));
	SHA256End(&sum, hex);
	return STATUS_OK;
}
