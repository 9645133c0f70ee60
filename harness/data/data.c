/* One data set from its source to prepared matrices: classes, split, limit, missing values,
 * preparation. */
#include "harness/data/data.h"
#include "harness/data/fetch.h"
#include "harness/data/labels.h"
#include "harness/data/limit.h"
#include "harness/data/number.h"
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
	size_t class_count;   /* 0 for regression */
	const char **classes; /* their names */
	size_t k;             /* targets of a row of a regression */
	const char **targets; /* their names, or NULL */
	const char **names;   /* of the raw columns, or NULL */
	const bool *one_hot;  /* raw columns made of categories, or NULL */
	const char *note;     /* on how they were read, or NULL */
	bool count;           /* rows are only counted, the source may leave out the features */
	bool later;           /* which it reads later */
	size_t d;             /* of the source */
	size_t raw_bytes;     /* of data_shape */
	size_t read_bytes;
	size_t dropped; /* rows the source left out */
	bool own_test;  /* the source has a test part */
};

/* One more note, in the arena of the parts. */
static void add_note(struct parts *parts, struct arena *scratch, const char *note)
{
	if (note)
		parts->note =
			parts->note ? arena_format(scratch, "%s; %s", parts->note, note) : note;
}

/* Labels of the classes; `named`: rows with others are left out, else they are an error. */
struct pick {
	struct labels labels;
	struct label_classes classes;
	bool named;
};

/* Keep the rows of the classes, in place. */
static enum status keep_classes(struct table *table, const struct pick *pick, struct arena *scratch,
				struct rows *out, struct err *err)
{
	const char *last_text = NULL; /* readers share one text per label */
	struct rows all = {.d = table->d, .x = table->x, .row = table->row};
	int class = -1;

	all.label = ARENA_ARRAY(scratch, int, table->n);
	*out = all;
	for (size_t i = 0; i < table->n; i++) {
		if (table->label[i] != last_text)
			class = labels_class(&pick->labels, &pick->classes, table->label[i]);
		last_text = table->label[i];
		if (class < 0 && pick->named)
			continue;
		if (class < 0)
			return err_set(err, STATUS_ENV,
				       "the test part has the label \"%.40s\", which the training "
				       "part lacks; name %s classes and join it to one of them: "
				       "classes: [..., \"...|%.40s\"]",
				       last_text, pick->classes.count == 2 ? "both" : "the",
				       last_text);
		all.label[i] = class;
		rows_move(&all, i, out);
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
	parts->class_count = pick.classes.count;
	parts->classes = pick.classes.name;

	for (size_t i = 0; i < test->n && pick.named; i++) {
		size_t index = labels_find(&pick.labels, test->label[i]);

		if (pick.classes.of[index] >= 0 || pick.labels.at[index].count > 0)
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

/* Options that the task has no use for. */
static enum status check_task(const struct data_options *o, struct err *err)
{
	bool regression = o->task == DATA_REGRESSION;

	if (regression && o->classes.count > 0)
		return err_set(err, STATUS_SPEC, "classes: regression has no classes");
	if (regression && o->class_weights.count > 0)
		return err_set(err, STATUS_SPEC, "class_weights: regression has no classes");
	if (regression && o->coding != DATA_SIGNS)
		return err_set(err, STATUS_SPEC, "coding: regression has no classes");
	if (!regression && o->target != DATA_TARGET_RAW)
		return err_set(err, STATUS_SPEC, "target: only a regression has targets to scale");
	return STATUS_OK;
}

/* Read the source; the training part holds all rows that are not the source's own test part. */
static enum status read_source(const struct data_options *o, uint64_t seed, struct arena *scratch,
			       struct parts *parts, struct err *err)
{
	const struct source *source = (const struct source *)o->source.item;
	struct read_request request = {.classes = o->classes,
				       .regression = o->task == DATA_REGRESSION,
				       .seed = seed,
				       .count = parts->count,
				       .later = parts->later};
	struct table train = {0}, test = {0};
	size_t row, first;

	TRY(check_task(o, err));
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

	parts->own_test = test.n > 0;
	number_rows(&train, scratch);
	number_rows(&test, scratch);
	if (!train.x) { /* rows of no feature, where they are only counted */
		train.x = test.x = ARENA_NEW(scratch, double);
		train.d = test.d = 0;
	}
	if (!request.regression)
		return choose_classes(o, &train, &test, scratch, parts, err);
	parts->k = train.k;
	parts->targets = train.targets;
	parts->at[SPLIT_TRAIN] = (struct rows){.n = train.n,
					       .d = train.d,
					       .k = train.k,
					       .x = train.x,
					       .y = train.target,
					       .row = train.row};
	parts->at[SPLIT_TEST] = (struct rows){.n = test.n,
					      .d = test.d,
					      .k = train.k,
					      .x = test.x,
					      .y = test.target,
					      .row = test.row};
	return STATUS_OK;
}

/* Room for n rows like those of `all`. */
static struct rows rows_room(const struct rows *all, size_t n, struct arena *scratch)
{
	return (struct rows){.d = all->d,
			     .k = all->k,
			     .x = arena_alloc(scratch, n, all->d * sizeof(double)),
			     .y = all->y ? arena_alloc(scratch, n, all->k * sizeof(double)) : NULL,
			     .label = all->label ? ARENA_ARRAY(scratch, int, n) : NULL,
			     .row = ARENA_ARRAY(scratch, size_t, n)};
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
			 &(struct split_rows){.n = all.n,
					      .classes = parts->class_count,
					      .label = all.label,
					      .has_test = has_test},
			 rng, scratch, role, err));
	for (size_t i = 0; i < all.n; i++)
		if (role[i] != SPLIT_NONE)
			count[role[i]]++;
	for (int to = 0; to < SPLIT_ROLES; to++)
		if (to == SPLIT_TRAIN)
			parts->at[to].n = 0;
		else if (to != SPLIT_TEST || !has_test)
			parts->at[to] = rows_room(&all, count[to], scratch);
	for (size_t i = 0; i < all.n; i++)
		if (role[i] != SPLIT_NONE)
			rows_move(&all, i, &parts->at[role[i]]);
	if (has_test && o->split.test == 0)
		parts->at[SPLIT_TEST].n = 0;
	return STATUS_OK;
}

/* Every class has a training row, or an error; one of more than two without a row of another part
 * is noted. */
static enum status check_classes(struct parts *parts, struct arena *scratch, struct err *err)
{
	static const char *const names[] = {"training", "validation", "test"};
	const size_t classes = parts->class_count;

	for (int role = 0; role < SPLIT_ROLES; role++) {
		const struct rows *rows = &parts->at[role];
		size_t *count = ARENA_ARRAY(scratch, size_t, classes), none = classes, lacks = 0;

		for (size_t i = 0; i < rows->n && classes > 0; i++)
			count[rows->label[i]]++;
		for (size_t c = classes; c-- > 0;) {
			none = count[c] == 0 ? c : none;
			lacks += count[c] == 0;
		}
		if (lacks == 0 || rows->n == 0)
			continue;
		if (role == SPLIT_TRAIN && classes == 2)
			return err_set(err, STATUS_ENV,
				       "one class only in the training part: \"%.40s\" (%zu rows)",
				       parts->classes[!none], rows->n);
		if (role == SPLIT_TRAIN)
			return err_set(err, STATUS_ENV,
				       "the training part (%zu rows) has no row of the class "
				       "\"%.40s\": split and limit leave none",
				       rows->n, parts->classes[none]);
		if (classes > 2)
			add_note(parts, scratch,
				 arena_format(scratch,
					      "the %s part has no row of %zu of the %zu classes, "
					      "such as \"%.40s\"",
					      names[role], lacks, classes, parts->classes[none]));
	}
	return STATUS_OK;
}

/* Read, choose classes, split, limit; all classes must be left for training. */
static enum status choose_rows(const struct data_options *o, uint64_t seed, long number,
			       struct arena *scratch, struct parts *parts, struct err *err)
{
	uint64_t repetition = (uint64_t)(o->draw < 0 ? number : o->draw);
	struct rng draw = rng_stream(seed, "generate", repetition);
	struct rng rng = rng_stream(seed, "split", repetition);
	struct rng thin[2] = {rng_stream(seed, "limit train", repetition),
			      rng_stream(seed, "limit test", repetition)};
	const struct rows *train = &parts->at[SPLIT_TRAIN];

	TRY(read_source(o, rng_bits(&draw), scratch, parts, err));
	TRY(split(o, &rng, scratch, parts, err));
	TRY(limit_apply(&o->limit, parts->class_count, thin, parts->at, err));
	if (train->n < 2)
		return err_set(err, STATUS_SPEC, "expected at least 2 training rows, got %zu",
			       train->n);
	return check_classes(parts, scratch, err);
}

/* Errors without a place get the name of the data set. */
static enum status name_data(const struct data_options *options, enum status status,
			     struct err *err)
{
	if (status != STATUS_OK && err->source[0] == '\0')
		snprintf(err->source, sizeof err->source, "data \"%s\"", options->name);
	return status;
}

/* The weight of each class, or NULL if none are given. */
static enum status weigh_classes(const struct data_options *o, const struct parts *parts,
				 struct arena *scratch, double **out, struct err *err)
{
	const struct text_map *given = &o->class_weights;
	const struct rows *train = &parts->at[SPLIT_TRAIN];
	size_t count = parts->class_count, *rows = ARENA_ARRAY(scratch, size_t, count), c;
	double *weight = ARENA_ARRAY(scratch, double, count);

	*out = NULL;
	if (given->count == 0)
		return STATUS_OK;
	for (size_t i = 0; i < train->n; i++)
		rows[train->label[i]]++;
	for (c = 0; c < count; c++)
		weight[c] = given->at[0].text
				    ? 1
				    : (double)train->n / ((double)count * (double)rows[c]);
	for (size_t i = 0; i < given->count && given->at[i].text; i++) {
		const char *name = given->at[i].key, *text = given->at[i].text;

		for (c = 0; c < count && strcmp(parts->classes[c], name) != 0;)
			c++;
		if (c == count)
			return err_set(
				err, STATUS_SPEC,
				"class_weights: no class is named \"%.40s\"; the %s \"%.40s\" "
				"and \"%.40s\"",
				name, count == 2 ? "classes are" : "first ones are",
				parts->classes[0], parts->classes[1]);
		number_parse(text, strlen(text), &weight[c]);
	}
	*out = weight;
	return STATUS_OK;
}

/* Weights of samples. */
static void write_weights(const struct rows *rows, const double *weight, struct arena *arena,
			  struct part *part)
{
	part->weight = ARENA_ARRAY(arena, real, rows->n);
	for (size_t i = 0; i < rows->n; i++)
		part->weight[i] = (real)weight[rows->label[i]];
}

static ptrdiff_t outputs_of(const struct data_options *o, const struct parts *parts)
{
	if (parts->class_count == 0)
		return (ptrdiff_t)parts->k;
	return (ptrdiff_t)data_outputs(o, parts->class_count);
}

/* Copies; NULL if there are none. */
static const char **keep_names(const char **names, size_t count, struct arena *arena)
{
	const char **kept = names ? ARENA_ARRAY(arena, const char *, count) : NULL;

	for (size_t i = 0; names && i < count; i++)
		kept[i] = arena_text(arena, names[i]);
	return kept;
}

bool data_in_feature_space(const struct data_options *o)
{
	bool maps = o->space == DATA_FEATURES;

	for (size_t i = 0; i < o->prepare.count; i++)
		maps = maps || ((const struct prepare *)o->prepare.at[i].item)->maps;
	return maps;
}

const char *data_whole(const struct data_options *o)
{
	const struct source *source = (const struct source *)o->source.item;

	if (!source->rows)
		return "its source reads all rows";
	for (size_t i = 0; i < o->prepare.count; i++)
		if (!((const struct prepare *)o->prepare.at[i].item)->spread)
			return "a step of prepare is fitted to all rows";
	return source->whole(o->source.options);
}

/* What a user should know of the data as they are. */
static void add_notes(struct parts *parts, struct arena *scratch, const struct dataset *out)
{
	if (out->feature_space)
		add_note(parts, scratch,
			 "feature space: a radius is a distance between features, not between "
			 "pixels");
	if (out->mapped)
		add_note(parts, scratch,
			 "features of the training part in their file, which is mapped");
	if (out->dropped > 0)
		add_note(parts, scratch,
			 arena_format(scratch, "missing: %zu row%s left out", out->dropped,
				      out->dropped == 1 ? "" : "s"));
	if (out->filled > 0)
		add_note(
			parts, scratch,
			arena_format(scratch,
				     "missing: %zu entr%s of the features filled with means of the "
				     "training part",
				     out->filled, out->filled == 1 ? "y" : "ies"));
}

enum status data_load(const struct data_options *o, uint64_t seed, long repetition,
		      struct arena *arena, struct dataset *out, struct err *err)
{
	return data_load_slice(o, &(struct data_draw){seed, repetition, NULL}, arena, out, err);
}

enum status data_load_slice(const struct data_options *o, const struct data_draw *draw,
			    struct arena *arena, struct dataset *out, struct err *err)
{
	struct arena scratch = {0};
	struct arena *memory[2] = {arena, &scratch};
	struct part *const to[SPLIT_ROLES] = {&out->train, &out->validation, &out->test};
	const struct source *source = (const struct source *)o->source.item;
	const bool apart = draw->ranks || (source->element && o->prepare.count == 0 &&
					   source->element(o->source.options) == sizeof(real));
	struct parts parts = {.count = apart, .later = apart};
	struct rows_shared shared = {.ranks = draw->ranks};
	size_t unseen = 0, rows = 0;
	double *weight = NULL;
	enum status status = choose_rows(o, draw->seed, draw->repetition, &scratch, &parts, err);

	if (status == STATUS_OK)
		status = weigh_classes(o, &parts, &scratch, &weight, err);
	if (apart && status == STATUS_OK)
		status = fetch_parts(&(struct fetch){o, parts.at, parts.d, parts.own_test}, &shared,
				     &scratch, err);
	status = ranks_agree(draw->ranks, status, err);
	*out = (struct dataset){.regression = o->task == DATA_REGRESSION,
				.dropped = parts.dropped,
				.k = outputs_of(o, &parts),
				.class_count = parts.class_count};
	if (status == STATUS_OK && parts.one_hot)
		unseen = onehot_prune(parts.at, parts.one_hot, parts.names, &scratch, &rows);
	if (status == STATUS_OK)
		status = transform_data(o, parts.at, parts.names, memory, out, err);

	for (int role = 0; role < SPLIT_ROLES && status == STATUS_OK && weight; role++)
		write_weights(role == SPLIT_TRAIN && draw->ranks && ranks_at(draw->ranks) == 0
				      ? &shared.all
				      : &parts.at[role],
			      weight, arena, to[role]);
	status = ranks_agree(draw->ranks, status, err);
	if (unseen > 0)
		add_note(&parts, &scratch,
			 arena_format(
				 &scratch,
				 "one_hot: categories that the training part lacks, left out: %zu, "
				 "rows of other parts with such: %zu",
				 unseen, rows));
	out->feature_space = data_in_feature_space(o);
	add_notes(&parts, &scratch, out);
	out->note = parts.note ? arena_text(arena, parts.note) : NULL;
	out->classes = keep_names(parts.classes, parts.class_count, arena);
	out->targets = keep_names(parts.targets, parts.k, arena);
	arena_release(&scratch);
	return name_data(o, status, err);
}

enum status data_count(const struct data_options *o, uint64_t seed, long repetition,
		       struct data_shape *out, struct err *err)
{
	struct parts parts = {.count = true};
	struct arena scratch = {0};
	enum status status = choose_rows(o, seed, repetition, &scratch, &parts, err);
	double *weight;
	size_t rows;

	if (status == STATUS_OK)
		status = weigh_classes(o, &parts, &scratch, &weight, err);
	if (status == STATUS_OK && parts.one_hot && parts.at[SPLIT_TRAIN].d > 0) {
		onehot_prune(parts.at, parts.one_hot, parts.names, &scratch, &rows);
		parts.d = parts.at[SPLIT_TRAIN].d;
	}
	*out = (struct data_shape){.train = parts.at[SPLIT_TRAIN].n,
				   .validation = parts.at[SPLIT_VALIDATION].n,
				   .test = parts.at[SPLIT_TEST].n,
				   .raw_d = parts.d,
				   .d = parts.d,
				   .k = (size_t)outputs_of(o, &parts),
				   .classes = parts.class_count,
				   .raw_bytes = parts.raw_bytes,
				   .read_bytes = parts.read_bytes};
	if (status == STATUS_OK)
		out->element = fetch_element(&(struct fetch){o, parts.at, parts.d, parts.own_test},
					     &parts.at[SPLIT_TRAIN]);
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
