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
	bool over_decimal;     /* a number stands over one with a point */
	bool repeats;          /* a text stands in the second record below it */
};

static bool is_number(const struct csv_field *field)
{
	double value;

	return number_parse(field->at, field->length, &value);
}

/* The field of the label if its place is given, else `count`. */
static size_t label_place(const struct csv_start *s)
{
	const char *label = s->head->options->label;
	char *end;
	unsigned long index = strtoul(label, &end, 10);

	if (s->head->options->targets.count > 0)
		return s->head->count;
	if (strcmp(label, "last") == 0)
		return s->head->count - 1;
	if (strcmp(label, "first") == 0)
		return 0;
	return label[0] >= '0' && label[0] <= '9' && *end == '\0' && index < s->head->count
		       ? index
		       : s->head->count;
}

static struct evidence examine(const struct csv_start *s)
{
	struct evidence e = {.counts = true, .over = s->head->count};
	size_t label = label_place(s);
	char index[24];

	for (size_t j = 0; j < s->head->count; j++) {
		const struct csv_field *field = &s->head->first[j];
		const struct csv_field *below = j < s->second_count ? &s->second[j] : NULL;
		bool over_number = below && is_number(below);

		if (is_number(field)) {
			/* the digits alone, as pandas names a column */
			snprintf(index, sizeof index, "%zu", e.numbers++);
			e.counts = e.counts && csv_field_is(field, index);
			e.over_decimal = e.over_decimal ||
					 (over_number && memchr(below->at, '.', below->length));
			continue;
		}
		e.repeats = e.repeats ||
			    (below && field->length > 0 && field->length == below->length &&
			     memcmp(field->at, below->at, field->length) == 0);
		if (csv_missing_value(s->missing, field)) {
			e.markers += field->length > 0;
			continue;
		}
		e.texts++;
		e.features_texts += j != label;
		if (e.over == s->head->count && over_number)
			e.over = j;
	}
	return e;
}

/* Whether the first record holds a name that the spec or the training file knows a column by. */
static bool holds_known_name(const struct csv_start *s)
{
	const struct csv_options *o = s->head->options;
	const struct texts label = {1, &o->label};
	size_t known = 0;

	for (size_t j = 0; j < s->head->count; j++) {
		const struct csv_field *field = &s->head->first[j];

		if (is_number(field) || field->length == 0)
			continue;
		if (csv_columns_listed(label, field) || csv_columns_listed(o->drop, field) ||
		    csv_columns_listed(o->one_hot, field) || csv_columns_listed(o->targets, field))
			return true;
	}
	if (!s->train || !s->train->names || s->head->count != s->train->fields)
		return false;
	for (size_t j = 0; j < s->head->count; j++)
		known += csv_field_is(&s->head->first[j], s->train->names[j]);
	return known == s->head->count;
}

static enum status ask(const struct csv_start *s, const char *why, struct err *err)
{
	return err_at(err, STATUS_SPEC,
		      (struct err_place){.source = s->head->path, .line = s->head->first[0].line},
		      "header: auto cannot tell whether this line names the columns, as %s; say "
		      "header: yes or header: no",
		      why);
}

/* The numbers count 0, 1, 2, ... */
static enum status judge_count(const struct csv_start *s, const struct evidence *e, bool *header,
			       const char **note, struct err *err)
{
	enum { HARDLY_A_ROW = 3 };
	bool many = e->numbers >= HARDLY_A_ROW && s->head->options->one_hot.count == 0;
	bool over_texts = e->texts > 0 && e->over == s->head->count;
	struct text names;

	if (e->markers > 0 || (e->texts == 0 && e->numbers < 2) || (over_texts && e->repeats))
		return STATUS_OK;
	if (over_texts && !many && !e->over_decimal)
		return ask(s, "its numbers count from 0 as made-up names do", err);
	*header = true;
	names = text_new(s->head->arena);
	for (size_t j = 0; j < s->head->count && j < 4; j++) {
		size_t length = s->head->first[j].length;

		text_format(&names, "%s%.*s", j ? "," : "",
			    length < CSV_SHOWN ? (int)length : CSV_SHOWN, s->head->first[j].at);
	}
	*note = arena_format(s->head->arena,
			     "header: the first line of the %s file, %s%s, was taken for the names "
			     "of the columns; say header: no if it is a row",
			     s->train ? "test" : "training", names.at,
			     s->head->count > 4 ? ",..." : "");
	return STATUS_OK;
}

enum status csv_header_decide(const struct csv_start *start, bool *header, const char **note,
			      struct err *err)
{
	struct evidence e;

	*note = NULL;
	*header = start->head->options->header == CSV_HEADER_YES;
	if (start->head->options->header != CSV_HEADER_AUTO)
		return STATUS_OK;
	*header = holds_known_name(start);
	if (*header)
		return STATUS_OK;
	e = examine(start);
	if (e.numbers > 0 && e.counts)
		return judge_count(start, &e, header, note, err);
	if (e.numbers > 0 && e.over < start->head->count && e.over == label_place(start))
		return ask(start, "it holds numbers, but a text over a number", err);
	if (e.numbers > 0)
		return STATUS_OK; /* a text over a number elsewhere is an error of the row */

	*header = e.texts > 0;
	if (!*header || e.over < start->head->count ||
	    start->head->count == 1) /* of one: another error */
		return STATUS_OK;
	if (e.markers > 0)
		return ask(start, "it holds a marker of a missing value", err);
	if (e.features_texts == 0)
		return ask(start, "only its label is given", err);
	if (start->head->options->one_hot.count > 0)
		return ask(start, "rows may hold texts where one_hot is given", err);
	return STATUS_OK;
}
