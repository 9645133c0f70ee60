/* Source `libsvm`: sparse text, one row per line: `label index:value index:value ...`, indices from
 * 1 and ascending, features that are left out zero, a comment behind #. Rows become dense. */
#include "harness/data/source/source_libsvm.h"
#include "harness/data/data.h"
#include "harness/data/labels.h"
#include "harness/data/number.h"
#include "harness/file/filemap.h"
#include "harness/file/gzfile.h"

#include <limits.h>
#include <math.h>
#include <string.h>

enum {
	SHOWN = 40,      /* bytes of a token that a message quotes */
	LABEL_BYTES = 32 /* kept of each row beside its features */
};

static const double most_numbers = 0x1p34; /* 128 GiB of dense doubles: surely a damaged index */

static const struct option rows[] = {
	{OPTION_FIELD(struct libsvm_options, path), .doc = "file, plain or .gz",
	 .path = PATH_OTHER},
	{OPTION_FIELD(struct libsvm_options, test), .initial = "null",
	 .doc = "file with the test part", .path = PATH_OTHER},
	{OPTION_FIELD(struct libsvm_options, features), .initial = "0",
	 .range = RANGE_WITHIN(0, INT_MAX),
	 .doc = "features per row; 0 = the largest index of both files"},
	{0},
};

/* A file and what a first look at it shows. */
struct text {
	const char *path;
	struct filemap map; /* of a plain file whose features are read later */
	const char *at, *end;
	size_t lines;   /* no fewer than rows */
	size_t largest; /* index, if the file is well formed */
	int widest;     /* line of that index */
};

/* What is read at the moment. */
struct reader {
	const struct read_request *request;
	struct arena *arena; /* of the result */
	struct text *text;
	struct labels labels; /* of all rows, also of those left out */
	size_t d, rows;
	bool limited; /* d was given */
	const char *line, *end;
	int line_number;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

static const char *token_end(const char *at, const char *end)
{
	while (at < end && !is_blank(*at))
		at++;
	return at;
}

/* An error at a token. */
static enum status wrong(const struct reader *r, const char *at, const char *expected,
			 struct err *err)
{
	ptrdiff_t col = at - r->line + 1, length = token_end(at, r->end) - at;
	struct err_place place = {.source = r->text->path,
				  .line = r->line_number,
				  .col = col < INT_MAX ? (int)col : INT_MAX};

	return err_at(err, STATUS_ENV, place, "expected %s, got \"%.*s\"", expected,
		      length < SHOWN ? (int)length : SHOWN, at);
}

/* The end of a line without its comment. */
static const char *content_end(const char *line, const char *end)
{
	const char *comment = memchr(line, '#', (size_t)(end - line));

	return comment ? comment : end;
}

static const char *line_end(const char *line, const char *end)
{
	const char *found = memchr(line, '\n', (size_t)(end - line));

	return found ? found : end;
}

/* The index of the last pair of a line, 0 if there is none. */
static size_t last_index(const char *line, const char *end)
{
	const char *colon = memrchr(line, ':', (size_t)(content_end(line, end) - line));
	size_t value = 0, place = 1;

	for (const char *at = colon; at && at > line && at[-1] >= '0' && at[-1] <= '9'; at--) {
		if (place > INT_MAX) /* the reader proper will complain */
			break;
		value += (size_t)(at[-1] - '0') * place;
		place *= 10;
	}
	return value;
}

static void take_text(struct text *text, const char *at, size_t count)
{
	bool marked = count >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0; /* byte order */

	text->at = at + (marked ? 3 : 0);
	text->end = at + count;
}

static enum status map_text(const char *path, struct text *text, struct err *err)
{
	*text = (struct text){.path = path};
	TRY(filemap_open(path, &text->map, err));
	take_text(text, text->map.at, text->map.count);
	return gzfile_check_text(path, text->map.at, text->map.count, err);
}

/* The indices of a row ascend, so the last one of each line tells the number of features. */
static enum status open_text(const char *path, bool later, struct arena *arena, struct text *text,
			     struct err *err)
{
	struct gzfile_bytes bytes = {0};
	const char *end;
	int number = 1;

	if (later && !filemap_packed(path)) {
		TRY(map_text(path, text, err));
	} else {
		*text = (struct text){.path = path};
		TRY(gzfile_text(path, arena, &bytes, err));
		take_text(text, bytes.at, bytes.count);
	}
	for (const char *at = text->at; at < text->end; at = end + 1, number++) {
		size_t last;

		end = line_end(at, text->end);
		last = last_index(at, end);
		text->lines++;
		if (last <= text->largest)
			continue;
		text->largest = last;
		text->widest = number;
	}
	return STATUS_OK;
}

static enum status wrong_index(const struct reader *r, const char *at, size_t last, struct err *err)
{
	size_t digits = strspn(at, "0123456789");
	char expected[100];

	if (digits == 0 || at + digits >= r->end || at[digits] != ':')
		return wrong(r, at, "index:value", err);
	if (last == r->d)
		return wrong(r, at, "the end of the row behind the last feature, as indices ascend",
			     err);
	if (r->limited)
		snprintf(expected, sizeof expected, "an index from %zu to %zu, as they ascend",
			 last + 1, r->d);
	else
		snprintf(expected, sizeof expected, "an index from %zu, as they ascend", last + 1);
	return wrong(r, at, expected, err);
}

/* Pairs from `at` to the end of the line into a row of zeros. */
static enum status read_pairs(const struct reader *r, const char *at, double *x, struct err *err)
{
	const char *value, *end;
	size_t last = 0, index;

	for (at = skip_blanks(at, r->end); at < r->end; at = skip_blanks(end, r->end)) {
		value = at;
		for (index = 0; value < r->end && *value >= '0' && *value <= '9' && index <= r->d;
		     value++)
			index = index * 10 + (size_t)(*value - '0');
		if (value == at || value == r->end || *value != ':' || index <= last ||
		    index > r->d)
			return wrong_index(r, at, last, err);
		value++;
		end = token_end(value, r->end);
		if (!number_parse(value, (size_t)(end - value), &x[index - 1]) ||
		    !isfinite(x[index - 1]))
			return wrong(r, value, "a finite number behind the colon", err);
		last = index;
	}
	return STATUS_OK;
}

static enum status read_line(struct reader *r, struct table *table, struct err *err)
{
	const char *at = skip_blanks(r->line, r->end), *end = token_end(at, r->end);
	double *x = table->x + (r->request->count ? 0 : table->n * r->d), label = 0;
	size_t index;

	if (at == r->end)
		return STATUS_OK;
	if (!number_parse(at, (size_t)(end - at), &label) || !isfinite(label))
		return wrong(r, at, "a finite number as label", err);
	index = labels_add(&r->labels, at, (size_t)(end - at), 1);
	if (!r->request->later)
		TRY(read_pairs(r, end, x, err));
	r->rows++;
	if (!labels_wanted(r->request->classes, label)) {
		if (!r->request->count) /* the next row is written over this one */
			memset(x, 0, r->d * sizeof *x);
		return STATUS_OK;
	}
	table->row[table->n] = r->rows - 1;
	if (table->target)
		table->target[table->n] = label;
	else
		table->label[table->n] = r->labels.at[index].text;
	table->n++;
	return STATUS_OK;
}

static enum status read_text(struct reader *r, struct text *text, struct table *table,
			     struct err *err)
{
	struct err_place place = {.source = text->path, .line = text->widest};
	struct label_classes classes;

	r->text = text;
	r->line_number = 0;
	r->rows = 0;
	r->labels = labels_new(r->arena);
	if ((double)text->lines * (double)r->d > most_numbers)
		return err_at(err, STATUS_ENV, place,
			      "%zu rows of %zu features are more numbers than fit in memory",
			      text->lines, r->d);
	TRY(gzfile_check_limit(text->path,
			       LABEL_BYTES * (double)text->lines + sizeof(double) * (double)r->d,
			       err));
	table->d = r->d;
	/* one row more for a last one that is left out; pages behind the rows are never touched */
	table->x = arena_alloc(r->arena, r->request->count ? 1 : text->lines + 1,
			       r->d * sizeof(double));
	table_room(table, text->lines, r->request->regression, r->arena);
	table->row = ARENA_ARRAY(r->arena, size_t, text->lines);
	for (const char *at = text->at, *next; at < text->end; at = next + 1) {
		next = line_end(at, text->end);
		r->line = at;
		r->end = content_end(at, next);
		r->line_number++;
		TRY(read_line(r, table, err));
	}
	if (r->labels.count == 0)
		return err_at(err, STATUS_ENV, (struct err_place){.source = text->path},
			      "the file is empty");
	if (r->request->count)
		table->x = NULL;
	if (r->request->classes.count > 0)
		TRY(labels_pick(&r->labels, r->request->classes, &classes, err));
	return STATUS_OK;
}

static enum status read_libsvm(const void *options, const struct read_request *request,
			       struct arena *arena, struct table *train, struct table *test,
			       struct err *err)
{
	const struct libsvm_options *o = options;
	struct reader r = {.request = request, .arena = arena, .limited = o->features > 0};
	struct text of_train, of_test = {0};
	struct arena texts = {0};
	enum status status = open_text(o->path, request->later, &texts, &of_train, err);

	if (status == STATUS_OK && o->test)
		status = open_text(o->test, request->later, &texts, &of_test, err);
	r.d = of_train.largest > of_test.largest ? of_train.largest : of_test.largest;
	if (r.limited)
		r.d = (size_t)o->features;
	if (status == STATUS_OK)
		status = read_text(&r, &of_train, train, err);
	if (status == STATUS_OK && o->test)
		status = read_text(&r, &of_test, test, err);
	train->content = test->content = texts.bytes;
	filemap_close(&of_train.map);
	filemap_close(&of_test.map);
	arena_release(&texts);
	return status;
}

/* The lines that are rows. */
static const char **find_rows(const struct text *text, struct arena *arena, size_t *count)
{
	const char **row, *next;
	size_t lines = 1;

	for (const char *at = text->at; at < text->end; at = line_end(at, text->end) + 1)
		lines++;
	row = ARENA_ARRAY(arena, const char *, lines);
	*count = 0;
	for (const char *at = text->at; at < text->end; at = next + 1) {
		const char *end;

		next = line_end(at, text->end);
		end = content_end(at, next);
		if (skip_blanks(at, end) < end)
			row[(*count)++] = at;
	}
	return row;
}

/* Features of the row of a line into zeros. */
static enum status read_row(struct reader *r, const char *line, double *x, struct err *err)
{
	const struct text *text = r->text;
	struct err first = {0};
	const char *at;

	r->line = line;
	r->end = content_end(line, line_end(line, text->end));
	at = token_end(skip_blanks(line, r->end), r->end);
	if (read_pairs(r, at, x, &first) == STATUS_OK)
		return STATUS_OK;
	r->line_number = 1; /* counted for an error alone, which is said once more */
	for (at = text->at; at < line; at = line_end(at, text->end) + 1)
		r->line_number++;
	return read_pairs(r, token_end(skip_blanks(line, r->end), r->end), x, err);
}

static enum status read_rows(const void *options, const struct rows_wanted *wanted, double *x,
			     struct err *err)
{
	const struct libsvm_options *o = options;
	struct reader r = {.d = wanted->d, .limited = o->features > 0};
	struct arena scratch = {0};
	struct text text;
	enum status status = map_text(wanted->test ? o->test : o->path, &text, err);
	const char **row = NULL;
	size_t count = 0;

	r.text = &text;
	if (status == STATUS_OK)
		row = find_rows(&text, &scratch, &count);
	memset(x, 0, wanted->count * wanted->d * sizeof *x);
	for (size_t i = 0; i < wanted->count && status == STATUS_OK; i++) {
		struct err_place place = {.source = text.path};

		status = wanted->row[i] < count
				 ? read_row(&r, row[wanted->row[i]], x + i * wanted->d, err)
				 : err_at(err, STATUS_ENV, place,
					  "the file has changed: %zu rows are left", count);
	}
	filemap_close(&text.map);
	arena_release(&scratch);
	return status;
}

static const char *whole(const void *options)
{
	const struct libsvm_options *o = options;

	return filemap_packed(o->path) || (o->test && filemap_packed(o->test)) ? FILEMAP_WHOLE
									       : NULL;
}

const struct source source_libsvm = {
	.base = {.name = "libsvm",
		 .doc = "sparse text in the format of LIBSVM, plain or .gz",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct libsvm_options)},
	.read = read_libsvm,
	.rows = read_rows,
	.whole = whole,
};
