/* Source `csv`: delimited text with a column of labels or columns of targets, and features that are
 * numbers or categories; source `arff`, the same behind a header of its own. */
#include "harness/data/csv/arff.h"
#include "harness/data/csv/csv_category.h"
#include "harness/data/csv/csv_columns.h"
#include "harness/data/csv/csv_header.h"
#include "harness/data/csv/csv_message.h"
#include "harness/data/csv/csv_missing.h"
#include "harness/data/csv/csv_options.h"
#include "harness/data/csv/delimited.h"
#include "harness/data/data.h"
#include "harness/data/labels.h"
#include "harness/data/number.h"
#include "harness/file/gzfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is read at the moment. */
struct reader {
	const struct csv_options *options;
	bool regression, count;
	struct csv_missing missing;
	struct delimited text;
	struct arena *arena; /* of the result */
	struct labels labels;
	struct csv_layout layout, train; /* of this file, of the training file */
	struct csv_categories categories;
	size_t unseen; /* values of the test file with a category that the training file lacks */
	const char *note;
};

enum {
	LABEL_BYTES = 32,    /* kept of each row beside its features */
	HEAD_BYTES = 1 << 20 /* of a file that is only glanced at */
};

/* A file as the options say: separator, comments, encoding; `most`: of delimited_open. */
static enum status open_text(struct reader *r, const char *path, size_t most, struct arena *arena,
			     struct err *err)
{
	const char *separator = r->options->separator, *comment = r->options->comment;
	struct delimited *text = &r->text;

	*text = (struct delimited){.path = path,
				   .separator = separator[0],
				   .comment = comment ? comment[0] : '\0',
				   .arff = r->options->arff};
	if (strcmp(separator, "whitespace") == 0)
		text->separator = DELIMITED_BLANKS;
	else if (strcmp(separator, "tab") == 0)
		text->separator = '\t';
	else if (strlen(separator) != 1 || strchr("\"\n\r", separator[0]))
		return err_set(
			err, STATUS_SPEC,
			"csv.separator: expected one character, tab or whitespace, got \"%s\"",
			separator);
	if (comment && (strlen(comment) != 1 || strchr("\"\n\r \t", comment[0]) ||
			comment[0] == text->separator))
		return err_set(err, STATUS_SPEC,
			       "csv.comment: expected one character other than the separator, "
			       "quotes and blanks, got \"%s\"",
			       comment);
	TRY(delimited_open(text, most, arena, err));
	if (r->options->encoding == CSV_LATIN1)
		delimited_from_latin1(text);
	return STATUS_OK;
}

static bool is_test(const struct reader *r)
{
	return r->train.path != NULL;
}

/* One more note. */
static void add_note(struct reader *r, const char *note)
{
	if (note)
		r->note = r->note ? arena_format(r->arena, "%s; %s", r->note, note)
				  : arena_text(r->arena, note);
}

static struct csv_record record_of(const struct reader *r, const struct csv_field *at, size_t count)
{
	return (struct csv_record){.options = r->options,
				   .missing = &r->missing,
				   .layout = &r->layout,
				   .at = at,
				   .count = count,
				   .regression = r->regression};
}

/* A nominal attribute of an ARFF file has the values that its header declares. */
static enum status check_declared(const struct reader *r, const struct csv_record *record, size_t j,
				  struct err *err)
{
	const struct labels *values = r->layout.types ? r->layout.types[j].values : NULL;
	const struct csv_field *field = &record->at[j];

	if (!values || labels_find_n(values, field->at, field->length) < values->count)
		return STATUS_OK;
	return csv_message_declared(record, j, err);
}

/* One feature; *keep becomes false if its row is to be left out. */
static enum status read_feature(struct reader *r, const struct csv_record *record, size_t k,
				double *x, bool *keep, struct err *err)
{
	size_t j = r->layout.column[k];
	const struct csv_field *field = &record->at[j];
	bool category = r->layout.one_hot[k];
	double value = 0;

	if (!category && !r->missing.numbers && number_parse(field->at, field->length, x) &&
	    isfinite(*x))
		return STATUS_OK;
	if (csv_missing_value(&r->missing, field)) {
		*x = NAN;
		*keep = *keep && r->options->missing == CSV_MISSING_MEAN;
		return r->options->missing == CSV_MISSING_ERROR
			       ? csv_message_missing(record, j, err)
			       : STATUS_OK;
	}
	if (category && !csv_field_is_utf8(field))
		return csv_message_encoding(record, j, err);
	TRY(check_declared(r, record, j, err));
	if (category)
		value = csv_category_index(&r->categories, k, field, !is_test(r));
	else if (!number_parse(field->at, field->length, &value) || !isfinite(value))
		return csv_message_number(record, j, value, err);
	*x = value;
	r->unseen += category && value == CSV_NO_CATEGORY;
	if (category && r->categories.at[k].count > CSV_MOST_CATEGORIES)
		return csv_message_categories(record, j, err);
	return STATUS_OK;
}

static enum status read_label(struct reader *r, const struct csv_record *record,
			      struct table *table, struct err *err)
{
	const struct csv_field *field = &record->at[*r->layout.target];
	size_t index;

	TRY(check_declared(r, record, *r->layout.target, err));
	index = labels_add(&r->labels, field->at, field->length, 1);

	table->label[table->n] = r->labels.at[index].text;
	return csv_field_is_utf8(field) ? STATUS_OK
					: csv_message_encoding(record, *r->layout.target, err);
}

/* The label of a column of one-hot ones: its name in the training file, or its index. */
static const char *column_label(struct reader *r, size_t target)
{
	const struct csv_layout *layout = is_test(r) ? &r->train : &r->layout;
	size_t field = layout->target[target];
	char index[24];
	const char *name = layout->names ? layout->names[field] : "";

	snprintf(index, sizeof index, "%zu", field);
	name = name[0] ? name : index;
	return r->labels.at[labels_add(&r->labels, name, strlen(name), 1)].text;
}

/* Numbers, of which those of a label are one-hot. */
static enum status read_numbers(struct reader *r, const struct csv_record *record,
				struct table *table, struct err *err)
{
	const struct csv_layout *layout = &r->layout;
	size_t ones = 0, others = 0;
	double value = 0;

	for (size_t t = 0; t < layout->targets; t++) {
		size_t j = layout->target[t];
		const struct csv_field *field = &record->at[j];

		if (!number_parse(field->at, field->length, &value) || !isfinite(value))
			return csv_message_number(record, j, value, err);
		if (table->target)
			table->target[table->n * table->k + t] = value;
		others += value != 0 && value != 1;
		if (table->target || value != 1)
			continue;
		ones++;
		table->label[table->n] = column_label(r, t);
	}
	return table->target || (ones == 1 && others == 0) ? STATUS_OK
							   : csv_message_one_hot(record, ones, err);
}

/* The label or the targets; *keep becomes false if one is missing. */
static enum status read_targets(struct reader *r, const struct csv_record *record,
				struct table *table, bool *keep, struct err *err)
{
	const struct csv_layout *layout = &r->layout;
	bool text = table->label && layout->targets == 1;

	for (size_t t = 0; t < layout->targets; t++) {
		const struct csv_field *field = &record->at[layout->target[t]];

		if (!(text ? csv_missing_label(&r->missing, field)
			   : csv_missing_value(&r->missing, field)))
			continue;
		*keep = false;
		if (r->options->missing != CSV_MISSING_DROP)
			return csv_message_missing(record, layout->target[t], err);
	}
	if (!*keep)
		return STATUS_OK;
	return text ? read_label(r, record, table, err) : read_numbers(r, record, table, err);
}

/* Whether every row is written over the one before: rows are counted, and no category must be known
 * of each. */
static bool one_row(const struct reader *r)
{
	return r->count && !r->categories.at;
}

static enum status read_record(struct reader *r, const struct csv_record *record,
			       struct table *table, struct err *err)
{
	double *x = table->x + (one_row(r) ? 0 : table->n * table->d);
	bool keep = true;

	if (r->options->arff && record->at[0].length > 0 && !record->at[0].quoted &&
	    record->at[0].at[0] == '{')
		return err_at(
			err, STATUS_ENV,
			(struct err_place){.source = r->text.path, .line = record->at[0].line},
			"sparse rows of ARFF files are not read: write them out, or as libsvm");
	if (record->count != r->layout.fields)
		return csv_message_count(record, err);
	for (size_t k = 0; k < r->layout.d; k++)
		TRY(read_feature(r, record, k, x + k, &keep, err));
	TRY(read_targets(r, record, table, &keep, err));
	table->row[table->n] = table->n + table->dropped;
	table->n += keep;
	table->dropped += !keep;
	return STATUS_OK;
}

/* Names in the first record, or what the header of an ARFF file says; *second: whether there is a
 * record behind it, which r->text then holds. */
static enum status read_first(struct reader *r, struct csv_head *head, bool *second,
			      struct err *err)
{
	struct delimited *text = &r->text;
	struct csv_start start = {.head = head, .missing = &r->missing};
	struct csv_field *first;
	const char *note = NULL;

	*head = (struct csv_head){.options = r->options, .path = text->path, .arena = r->arena};
	if (r->options->arff) {
		TRY(arff_head(text, head, err));
		return delimited_next(text, second, err);
	}
	TRY(delimited_next(text, second, err));
	if (!*second)
		return err_at(err, STATUS_ENV, (struct err_place){.source = text->path},
			      "the file is empty");
	first = ARENA_ARRAY(text->arena, struct csv_field, text->count);
	memcpy(first, text->field, text->count * sizeof *first);
	head->first = first;
	head->count = text->count;
	TRY(delimited_next(text, second, err));
	start.second = text->field;
	start.second_count = *second ? text->count : 0;
	start.train = is_test(r) ? &r->train : NULL;
	TRY(csv_header_decide(&start, &head->header, &note, err));
	add_note(r, note);
	return STATUS_OK;
}

/* The head, what it says of the columns, and whether there is a row that r->text then holds. */
static enum status read_head(struct reader *r, struct csv_head *head, bool *second, struct err *err)
{
	struct err_place at = {.source = r->text.path};
	struct csv_record record;
	const char *note = NULL;

	TRY(read_first(r, head, second, err));
	if (is_test(r)) {
		TRY(csv_columns_match(head, &r->train, &r->layout, &note, err));
	} else {
		TRY(csv_columns_find(head, &r->layout, err));
		r->categories = csv_categories_new(&r->layout, r->arena);
	}
	add_note(r, note);
	record = record_of(r, head->first, head->count);
	for (size_t j = 0; j < head->count && head->header; j++)
		if (!csv_field_is_utf8(&head->first[j]))
			return csv_message_encoding(&record, j, err);
	if (head->header && !*second)
		return err_at(err, STATUS_ENV, at, "no row behind the header");
	return STATUS_OK;
}

static enum status read_rows(struct reader *r, struct table *table, struct err *err)
{
	const struct csv_layout *layout = &r->layout;
	struct csv_record record;
	struct csv_head head;
	size_t most;
	bool more;

	TRY(read_head(r, &head, &more, err));
	most = delimited_most(&r->text, layout->fields) + 2;
	TRY(gzfile_check_limit(r->text.path,
			       (LABEL_BYTES + sizeof(double) * (double)(layout->targets - 1)) *
				       (double)most,
			       err));
	table->d = layout->d;
	if (layout->names)
		table->names = ARENA_ARRAY(r->arena, const char *, table->d);
	for (size_t k = 0; layout->names && k < layout->d; k++)
		table->names[k] = layout->names[layout->column[k]];
	if (layout->names && r->regression)
		table->targets = ARENA_ARRAY(r->arena, const char *, layout->targets);
	for (size_t t = 0; table->targets && t < layout->targets; t++)
		table->targets[t] = layout->names[layout->target[t]];
	/* pages beyond the last row are never touched */
	table->x = ARENA_ARRAY(r->arena, double, (one_row(r) ? 1 : most) * table->d);
	table_room(table, most, r->regression ? layout->targets : 0, r->arena);
	table->row = ARENA_ARRAY(r->arena, size_t, most);

	if (!head.header) {
		record = record_of(r, head.first, head.count);
		record.first = true;
		TRY(read_record(r, &record, table, err));
	}
	while (more) {
		record = record_of(r, r->text.field, r->text.count);
		TRY(read_record(r, &record, table, err));
		TRY(delimited_next(&r->text, &more, err));
	}
	return STATUS_OK;
}

static enum status read_file(struct reader *r, const char *path, struct table *table,
			     struct err *err)
{
	struct arena text = {0};
	enum status status = open_text(r, path, 0, &text, err);

	if (status == STATUS_OK)
		status = read_rows(r, table, err);
	table->content = text.bytes;
	arena_release(&text);
	return status;
}

/* Lines that do not end in what is looked at say nothing. */
static enum status glance_at(struct reader *r, const char *path, struct err *err)
{
	struct arena text = {0};
	struct err found = {0};
	struct csv_head head;
	bool more;
	enum status status = open_text(r, path, HEAD_BYTES, &text, err);

	if (status == STATUS_OK) {
		status = read_head(r, &head, &more, &found);
		if (r->text.cut && r->text.at == r->text.end)
			status = STATUS_OK;
		else if (status != STATUS_OK)
			*err = found;
	}
	arena_release(&text);
	return status;
}

static struct reader reader_new(const struct csv_options *options,
				const struct read_request *request, struct arena *arena)
{
	return (struct reader){.options = options,
			       .arena = arena,
			       .regression = request->regression,
			       .count = request->count,
			       .missing =
				       csv_missing_new(options->missing_values, request->classes),
			       .labels = labels_new(arena)};
}

/* A column that counts the rows is hardly a feature: an index that was written with them. */
static void note_counting(struct reader *r, const struct table *table)
{
	enum { FEWEST = 10 }; /* rows that say so */
	char text[CSV_NAME_ROOM], option[CSV_NAME_ROOM];
	size_t i, j;

	for (size_t k = 0; k < table->d && table->n >= FEWEST; k++) {
		for (i = 1; i < table->n; i++)
			if (table->x[i * table->d + k] != table->x[k] + (double)i)
				break;
		j = r->layout.column[k];
		if (i == table->n && !r->layout.one_hot[k])
			add_note(r,
				 arena_format(r->arena,
					      "%s counts the rows, like an index; say drop: [%s] "
					      "unless it is a feature",
					      csv_columns_text(&r->layout, j, text),
					      csv_columns_option(&r->layout, j, option)));
	}
}

static enum status read_csv(const void *options, const struct read_request *request,
			    struct arena *arena, struct table *train, struct table *test,
			    struct err *err)
{
	struct reader r = reader_new(options, request, arena);

	TRY(read_file(&r, r.options->path, train, err));
	note_counting(&r, train);
	r.train = r.layout;
	r.categories.layout = &r.train;
	if (r.options->test)
		TRY(read_file(&r, r.options->test, test, err));
	csv_category_expand(&r.categories, train);
	if (r.options->test)
		csv_category_expand(&r.categories, test);
	if (r.unseen > 0)
		add_note(&r,
			 arena_format(arena,
				      "one_hot: values of the test file with a category that "
				      "the training file lacks, zeros in all of its columns: %zu",
				      r.unseen));
	if (one_row(&r))
		train->x = test->x = NULL;
	train->note = r.note;
	return STATUS_OK;
}

static enum status glance_csv(const void *options, const struct read_request *request,
			      struct arena *arena, const char **note, struct err *err)
{
	struct reader r = reader_new(options, request, arena);

	TRY(glance_at(&r, r.options->path, err));
	r.train = r.layout;
	if (r.options->test && r.train.path)
		TRY(glance_at(&r, r.options->test, err));
	*note = r.note;
	return STATUS_OK;
}

const struct source source_csv = {
	.base = {.name = "csv",
		 .doc = "delimited text, plain or .gz",
		 .cite = "",
		 .options = csv_option_rows,
		 .size = sizeof(struct csv_options)},
	.read = read_csv,
	.glance = glance_csv,
};

/* --- ARFF --------------------------------------------------------------------------------- */

/* What the format fixes of the options of a CSV file. */
static struct csv_options as_csv(const struct csv_options *given)
{
	static const char *const unknown[] = {"?"};
	struct csv_options o = *given;

	o.arff = true;
	o.separator = ",";
	o.comment = "%";
	o.missing_values = (struct texts){1, unknown};
	return o;
}

static enum status read_arff(const void *options, const struct read_request *request,
			     struct arena *arena, struct table *train, struct table *test,
			     struct err *err)
{
	const struct csv_options o = as_csv(options);

	return read_csv(&o, request, arena, train, test, err);
}

static enum status glance_arff(const void *options, const struct read_request *request,
			       struct arena *arena, const char **note, struct err *err)
{
	const struct csv_options o = as_csv(options);

	return glance_csv(&o, request, arena, note, err);
}

const struct source source_arff = {
	.base = {.name = "arff",
		 .doc = "the format of Weka and OpenML with a row per line, plain or .gz; nominal "
			"attributes become columns of zeros and ones, as those of one_hot in csv",
		 .cite = "",
		 .options = arff_option_rows,
		 .size = sizeof(struct csv_options)},
	.read = read_arff,
	.glance = glance_arff,
};
