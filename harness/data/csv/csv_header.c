/* Header or not. See csv_header.h. */
#include "harness/data/csv/csv_header.h"

#include "harness/data/number.h"
#include "solvers/core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the first record holds. */
struct evidence {
	size_t numbers, texts, markers;
	size_t features_texts; /* texts outside the label column, as far as that is known */
	bool counts;           /* the numbers are 0, 1, 2, ... */
	size_t over;           /* a text over a number, or `count` */
};

static bool is_number(const struct csv_field *field)
{
	double value;

	return number_parse(field->at, field->length, &value);
}

/* The digits of `value` alone, as pandas names a column. */
static bool is_index(const struct csv_field *field, size_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%zu", value);
	return csv_field_is(field, text);
}

/* The field of the label if its place is given, else `count`. */
static size_t label_place(const struct csv_start *s)
{
	const char *label = s->options->label;
	char *end;
	unsigned long index = strtoul(label, &end, 10);

	if (strcmp(label, "last") == 0)
		return s->count - 1;
	if (strcmp(label, "first") == 0)
		return 0;
	return label[0] >= '0' && label[0] <= '9' && *end == '\0' && index < s->count ? index
										      : s->count;
}

static struct evidence examine(const struct csv_start *s)
{
	struct evidence e = {.counts = true, .over = s->count};
	size_t label = label_place(s);

	for (size_t j = 0; j < s->count; j++) {
		const struct csv_field *field = &s->first[j];

		if (is_number(field)) {
			e.counts = e.counts && is_index(field, e.numbers);
			e.numbers++;
		} else if (csv_missing_value(s->missing, field)) {
			e.markers += field->length > 0;
		} else {
			e.texts++;
			e.features_texts += j != label;
			if (e.over == s->count && j < s->second_count && is_number(&s->second[j]))
				e.over = j;
		}
	}
	return e;
}

/* Whether the first record holds a name that the spec or the training file knows a column by. */
static bool holds_known_name(const struct csv_start *s)
{
	const struct csv_options *o = s->options;
	const struct texts label = {1, &o->label};
	size_t known = 0;

	for (size_t j = 0; j < s->count; j++) {
		const struct csv_field *field = &s->first[j];

		if (is_number(field) || field->length == 0)
			continue;
		if (csv_columns_listed(label, field) || csv_columns_listed(o->drop, field) ||
		    csv_columns_listed(o->one_hot, field))
			return true;
	}
	if (!s->train || !s->train->names || s->count != s->train->fields)
		return false;
	for (size_t j = 0; j < s->count; j++)
		known += csv_field_is(&s->first[j], s->train->names[j]);
	return known == s->count;
}

static enum status ask(const struct csv_start *s, const char *why, struct err *err)
{
	return err_at(err, STATUS_SPEC,
		      (struct err_place){.source = s->path, .line = s->first[0].line},
		      "header: auto cannot tell whether this line names the columns, as %s; say "
		      "header: yes or header: no",
		      why);
}

static const char *guess_note(const struct csv_start *s)
{
	struct text names = text_new(s->arena);

	for (size_t j = 0; j < s->count && j < 4; j++) {
		size_t length = s->first[j].length;

		text_format(&names, "%s%.*s", j ? "," : "",
			    length < CSV_SHOWN ? (int)length : CSV_SHOWN, s->first[j].at);
	}
	return arena_format(s->arena,
			    "header: the first line of the %s file, %s%s, was taken for the names "
			    "of the columns; say header: no if it is a row",
			    s->train ? "test" : "training", names.at, s->count > 4 ? ",..." : "");
}

/* Whether a text of the first record stands in the second one below it. */
static bool repeats_text(const struct csv_start *s)
{
	for (size_t j = 0; j < s->count && j < s->second_count; j++)
		if (s->first[j].length > 0 && !is_number(&s->first[j]) &&
		    s->first[j].length == s->second[j].length &&
		    memcmp(s->first[j].at, s->second[j].at, s->first[j].length) == 0)
			return true;
	return false;
}

/* Whether a number of the first record stands over one with a point. */
static bool over_decimal(const struct csv_start *s)
{
	for (size_t j = 0; j < s->count && j < s->second_count; j++)
		if (is_number(&s->first[j]) && is_number(&s->second[j]) &&
		    memchr(s->second[j].at, '.', s->second[j].length))
			return true;
	return false;
}

/* The numbers count 0, 1, 2, ... */
static enum status judge_count(const struct csv_start *s, const struct evidence *e, bool *header,
			       const char **note, struct err *err)
{
	enum { HARDLY_A_ROW = 3 };
	bool many = e->numbers >= HARDLY_A_ROW && s->options->one_hot.count == 0;

	if (e->markers > 0 || (e->texts == 0 && e->numbers < 2))
		return STATUS_OK;
	if (e->texts > 0 && e->over == s->count && !many && !over_decimal(s))
		return repeats_text(s)
			       ? STATUS_OK
			       : ask(s, "its numbers count from 0 as made-up names do", err);
	*header = !(e->texts > 0 && e->over == s->count && repeats_text(s));
	*note = *header ? guess_note(s) : NULL;
	return STATUS_OK;
}

/* No numbers at all. */
static enum status judge_texts(const struct csv_start *s, const struct evidence *e, bool *header,
			       struct err *err)
{
	*header = e->texts > 0;
	if (!*header || e->over < s->count || s->count == 1) /* of one: another error */
		return STATUS_OK;
	if (e->markers > 0)
		return ask(s, "it holds a marker of a missing value", err);
	if (e->features_texts == 0)
		return ask(s, "only its label is given", err);
	if (s->options->one_hot.count > 0)
		return ask(s, "rows may hold texts where one_hot is given", err);
	return STATUS_OK;
}

enum status csv_header_decide(const struct csv_start *start, bool *header, const char **note,
			      struct err *err)
{
	struct evidence e;

	*note = NULL;
	*header = start->options->header == CSV_HEADER_YES;
	if (start->options->header != CSV_HEADER_AUTO)
		return STATUS_OK;
	*header = holds_known_name(start);
	if (*header)
		return STATUS_OK;
	e = examine(start);
	if (e.numbers == 0)
		return judge_texts(start, &e, header, err);
	if (e.counts)
		return judge_count(start, &e, header, note, err);
	if (e.over < start->count && e.over == label_place(start))
		return ask(start, "it holds numbers, but a text over a number", err);
	return STATUS_OK; /* a text over a number elsewhere is an error of the row */
}
