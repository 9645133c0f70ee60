/* Source `csv`: delimited text with one label or target column and numeric features. */
#include "harness/data/source_csv.h"
#include "harness/data/data.h"
#include "harness/data/delimited.h"
#include "harness/data/labels.h"
#include "harness/data/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum header { HEADER_AUTO, HEADER_YES, HEADER_NO };

enum missing { MISSING_ERROR, MISSING_DROP, MISSING_MEAN };

enum {
	SHOWN = 40 /* bytes of a field that a message quotes */
};

static const char *const header_names[] = {"auto", "yes", "no", NULL};
static const char *const missing_names[] = {"error", "drop", "mean", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct csv_options, path), .doc = "file, plain or .gz", .path = true},
	{OPTION_FIELD(struct csv_options, test), .initial = "null",
	 .doc = "file with the test part, laid out in the same way", .path = true},
	{OPTION_FIELD(struct csv_options, separator), .initial = "\",\"",
	 .doc = "one character, or tab, or whitespace for any run of blanks"},
	{OPTION_FIELD(struct csv_options, header), .initial = "auto", .names = header_names,
	 .doc = "whether the first record names the columns; auto: if it holds no number"},
	{OPTION_FIELD(struct csv_options, label), .initial = "last",
	 .doc = "column of the label or target: last, first, its name, or its index from 0"},
	{OPTION_FIELD(struct csv_options, drop), .initial = "[]",
	 .doc = "columns to leave out, by name or index from 0"},
	{OPTION_FIELD(struct csv_options, missing), .initial = "error", .names = missing_names,
	 .doc = "what to do about ?, NA, NaN and empty fields: stop, drop the row, or take the "
		"mean "
		"of the column over the training part"},
	{0},
};

struct layout {
	size_t fields;             /* per record */
	const struct field *names; /* of the header, or NULL */
	size_t label;
	bool *dropped;
	size_t d;
};

/* What is read at the moment. */
struct reader {
	const struct csv_options *options;
	bool regression;
	struct delimited text;
	struct arena *arena; /* of the result */
	struct labels labels;
	struct layout layout;
};

static bool equals(const struct field *field, const char *text)
{
	return strlen(text) == field->length && memcmp(field->at, text, field->length) == 0;
}

static bool is_missing(const struct field *field)
{
	static const char *const markers[] = {"?", "NA", "NaN", "nan"};

	if (field->length == 0)
		return true;
	if (field->length > 3)
		return false;
	for (size_t i = 0; i < sizeof markers / sizeof *markers; i++)
		if (equals(field, markers[i]))
			return true;
	return false;
}

static int shown(const struct field *field)
{
	return field->length < SHOWN ? (int)field->length : SHOWN;
}

static bool looks_like_header(const struct delimited *text)
{
	bool any_text = false;
	double value;

	for (size_t j = 0; j < text->count; j++) {
		if (number_parse(text->field[j].at, text->field[j].length, &value))
			return false;
		any_text = any_text || !is_missing(&text->field[j]);
	}
	return any_text;
}

static enum status parse_separator(const char *text, char *separator, struct err *err)
{
	if (strcmp(text, "whitespace") == 0)
		*separator = DELIMITED_BLANKS;
	else if (strcmp(text, "tab") == 0)
		*separator = '\t';
	else if (strlen(text) == 1 && !strchr("\"\n\r", text[0]))
		*separator = text[0];
	else
		return err_set(
			err, STATUS_SPEC,
			"csv.separator: expected one character, tab or whitespace, got \"%s\"",
			text);
	return STATUS_OK;
}

/* `; it has "age", "size"`, or that there is no header. */
static void list_columns(const struct layout *layout, char *to, size_t room)
{
	size_t used = (size_t)snprintf(to, room, "%s",
				       layout->names ? "; it has" : ", which has no header");

	for (size_t j = 0; layout->names && j < layout->fields && used < room; j++)
		used += (size_t)snprintf(to + used, room - used, "%s \"%.*s\"", j ? "," : "",
					 shown(&layout->names[j]), layout->names[j].at);
}

/* A column by name, else by index from 0. */
static enum status find_column(const struct reader *r, const char *option, const char *text,
			       size_t *column, struct err *err)
{
	const struct layout *layout = &r->layout;
	char *end, columns[600];
	unsigned long index;

	for (size_t j = 0; layout->names && j < layout->fields; j++) {
		if (equals(&layout->names[j], text)) {
			*column = j;
			return STATUS_OK;
		}
	}
	index = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0') {
		list_columns(layout, columns, sizeof columns);
		return err_set(err, STATUS_SPEC, "csv.%s: no column is named \"%s\" in %s%s",
			       option, text, r->text.path, columns);
	}
	if (index >= layout->fields)
		return err_set(err, STATUS_SPEC,
			       "csv.%s: expected a column from 0 to %zu of %s, got \"%s\"", option,
			       layout->fields - 1, r->text.path, text);
	*column = index;
	return STATUS_OK;
}

static enum status find_label(struct reader *r, struct err *err)
{
	const char *label = r->options->label;

	r->layout.label = 0;
	if (strcmp(label, "first") == 0)
		return STATUS_OK;
	r->layout.label = r->layout.fields - 1;
	if (strcmp(label, "last") == 0)
		return STATUS_OK;
	return find_column(r, "label", label, &r->layout.label, err);
}

static enum status find_layout(struct reader *r, const struct field *names, struct err *err)
{
	struct layout *layout = &r->layout;
	const struct texts *drop = &r->options->drop;
	size_t column = 0;

	layout->fields = r->text.count;
	layout->names = names;
	layout->dropped = ARENA_ARRAY(r->text.arena, bool, layout->fields);
	TRY(find_label(r, err));
	for (size_t i = 0; i < drop->count; i++) {
		TRY(find_column(r, "drop", drop->at[i], &column, err));
		if (column == layout->label)
			return err_set(err, STATUS_SPEC, "csv.drop: \"%s\" is the label column",
				       drop->at[i]);
		layout->dropped[column] = true;
	}
	layout->d = 0;
	for (size_t j = 0; j < layout->fields; j++)
		layout->d += j != layout->label && !layout->dropped[j];
	if (layout->d == 0)
		return err_set(err, STATUS_SPEC, "csv: no feature column is left in %s",
			       r->text.path);
	return STATUS_OK;
}

static enum status not_a_number(const struct reader *r, size_t j, double value, struct err *err)
{
	const struct field *field = &r->text.field[j];

	return err_at(err, STATUS_ENV, delimited_place(&r->text, field),
		      "column %zu: expected a %snumber, got \"%.*s\"", j,
		      isinf(value) ? "finite " : "", shown(field), field->at);
}

static enum status missing_value(const struct reader *r, size_t j, const char *why, struct err *err)
{
	const struct field *field = &r->text.field[j];

	return err_at(err, STATUS_ENV, delimited_place(&r->text, field),
		      "column %zu: missing value \"%.*s\"%s", j, shown(field), field->at, why);
}

static enum status read_features(const struct reader *r, double *x, bool *keep, struct err *err)
{
	const struct layout *layout = &r->layout;

	for (size_t j = 0; j < layout->fields; j++) {
		const struct field *field = &r->text.field[j];
		double value = 0;

		if (j == layout->label || layout->dropped[j])
			continue;
		if (number_parse(field->at, field->length, &value) && isfinite(value)) {
			*x++ = value;
			continue;
		}
		if (!is_missing(field))
			return not_a_number(r, j, value, err);
		if (r->options->missing == MISSING_ERROR)
			return missing_value(r, j, "; the option missing can be drop or mean", err);
		*x++ = NAN;
		*keep = *keep && r->options->missing == MISSING_MEAN;
	}
	return STATUS_OK;
}

static enum status read_label(struct reader *r, struct table *table, bool *keep, struct err *err)
{
	size_t j = r->layout.label;
	const struct field *field = &r->text.field[j];
	double value = 0;

	if (is_missing(field)) {
		*keep = false;
		if (r->options->missing == MISSING_DROP)
			return STATUS_OK;
		return missing_value(r, j, " in the label column; the option missing can be drop",
				     err);
	}
	if (!*keep)
		return STATUS_OK;
	if (table->label) {
		size_t index = labels_add(&r->labels, field->at, field->length, 1);

		table->label[table->n] = r->labels.at[index].text;
		return STATUS_OK;
	}
	if (!number_parse(field->at, field->length, &value) || !isfinite(value))
		return not_a_number(r, j, value, err);
	table->target[table->n] = value;
	return STATUS_OK;
}

static enum status read_record(struct reader *r, struct table *table, struct err *err)
{
	const struct delimited *text = &r->text;
	struct err_place at = {.source = text->path, .line = text->field[0].line};
	bool keep = true;

	if (text->count != r->layout.fields)
		return err_at(err, STATUS_ENV, at, "expected %zu fields, got %zu", r->layout.fields,
			      text->count);
	TRY(read_features(r, table->x + table->n * table->d, &keep, err));
	TRY(read_label(r, table, &keep, err));
	table->n += keep;
	table->dropped += !keep;
	return STATUS_OK;
}

/* The header, if there is one, and the layout; leaves the first record of data in r->text. */
static enum status read_head(struct reader *r, bool *more, struct err *err)
{
	struct delimited *text = &r->text;
	struct err_place at = {.source = text->path};
	struct field *names = NULL;

	TRY(delimited_next(text, more, err));
	if (!*more)
		return err_at(err, STATUS_ENV, at, "the file is empty");
	if (r->options->header == HEADER_YES ||
	    (r->options->header == HEADER_AUTO && looks_like_header(text))) {
		names = ARENA_ARRAY(text->arena, struct field, text->count);
		memcpy(names, text->field, text->count * sizeof *names);
	}
	TRY(find_layout(r, names, err));
	if (!names)
		return STATUS_OK;
	TRY(delimited_next(text, more, err));
	return *more ? STATUS_OK : err_at(err, STATUS_ENV, at, "no row behind the header");
}

/* The names of the features. */
static void keep_names(const struct reader *r, struct table *table)
{
	const struct layout *layout = &r->layout;
	size_t kept = 0;

	if (!layout->names)
		return;
	table->names = ARENA_ARRAY(r->arena, const char *, table->d);
	for (size_t j = 0; j < layout->fields; j++)
		if (j != layout->label && !layout->dropped[j])
			table->names[kept++] = arena_text_n(r->arena, layout->names[j].at,
							    layout->names[j].length);
}

static enum status read_rows(struct reader *r, struct table *table, struct err *err)
{
	size_t most;
	bool more = true;

	TRY(read_head(r, &more, err));
	most = delimited_most(&r->text, r->layout.fields) + 1;
	table->d = r->layout.d;
	keep_names(r, table);
	/* pages beyond the last row are never touched */
	table->x = ARENA_ARRAY(r->arena, double, most * table->d);
	if (r->regression)
		table->target = ARENA_ARRAY(r->arena, double, most);
	else
		table->label = ARENA_ARRAY(r->arena, const char *, most);
	while (more) {
		TRY(read_record(r, table, err));
		TRY(delimited_next(&r->text, &more, err));
	}
	return STATUS_OK;
}

static enum status read_file(struct reader *r, const char *path, struct table *table,
			     struct err *err)
{
	struct arena text = {0};
	char separator = ',';
	enum status status = parse_separator(r->options->separator, &separator, err);

	if (status == STATUS_OK)
		status = delimited_open(&r->text, path, separator, &text, err);
	if (status == STATUS_OK)
		status = read_rows(r, table, err);
	arena_release(&text);
	return status;
}

static enum status read_csv(const void *options, const struct read_request *request,
			    struct arena *arena, struct table *train, struct table *test,
			    struct err *err)
{
	struct reader r = {.options = options, .arena = arena, .regression = request->regression};
	struct err_place at = {.source = r.options->test};

	r.labels = labels_new(arena);
	TRY(read_file(&r, r.options->path, train, err));
	if (!r.options->test)
		return STATUS_OK;
	TRY(read_file(&r, r.options->test, test, err));
	if (test->d != train->d)
		return err_at(err, STATUS_ENV, at, "%zu feature columns, but %s has %zu", test->d,
			      r.options->path, train->d);
	return STATUS_OK;
}

static size_t list_files(const void *options, const char **paths, size_t room)
{
	const struct csv_options *o = options;
	const char *const all[] = {o->path, o->test};

	return data_list_paths(all, sizeof all / sizeof *all, paths, room);
}

const struct source source_csv = {
	.base = {.name = "csv",
		 .doc = "delimited text, plain or .gz",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct csv_options)},
	.read = read_csv,
	.files = list_files,
};
