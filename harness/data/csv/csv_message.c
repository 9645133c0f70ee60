/* Messages on fields of a CSV file. See csv_message.h. */
#include "harness/data/csv/csv_message.h"

#include "harness/data/csv/csv_category.h"
#include "harness/data/csv/csv_header.h"
#include "harness/data/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HINT_ROOM = 320 };

static int shown(const struct csv_field *field)
{
	return field->length < CSV_SHOWN ? (int)field->length : CSV_SHOWN;
}

static struct err_place place(const struct csv_record *r, size_t field)
{
	return (struct err_place){r->layout->path, r->at[field].line, r->at[field].col};
}

/* Numbers with a separator between them, as "1.5;2". */
static bool joins_numbers(const struct csv_field *field, char separator)
{
	const char *sign = memchr(field->at, separator, field->length);
	double value;

	return sign && number_parse(field->at, (size_t)(sign - field->at), &value);
}

static const char *separator_hint(const struct csv_record *r, const struct csv_field *field)
{
	if (joins_numbers(field, ';'))
		return "; if fields are separated by \";\", say separator: \";\"";
	if (joins_numbers(field, '\t'))
		return "; if fields are separated by tabs, say separator: tab";
	if (joins_numbers(field, '|'))
		return "; if fields are separated by \"|\", say separator: \"|\"";
	if (joins_numbers(field, ','))
		return strcmp(r->options->separator, ";") == 0
			       ? "; a decimal comma must become a point"
			       : "; if fields are separated by \",\", say separator: \",\"";
	if (joins_numbers(field, ' '))
		return "; if fields are separated by blanks, say separator: whitespace";
	return NULL;
}

/* For a line that may be a comment; into `room`. */
static const char *comment_hint(const struct csv_record *r, char room[HINT_ROOM])
{
	char sign = r->at[0].length > 0 && !r->at[0].quoted ? r->at[0].at[0] : '\0';

	if (r->options->comment || (sign != '#' && sign != '%' && sign != '/'))
		return NULL;
	snprintf(room, HINT_ROOM,
		 "; if lines that start with \"%c\" are comments, say comment: \"%c\"", sign, sign);
	return room;
}

enum status csv_message_number(const struct csv_record *r, size_t field, double value,
			       struct err *err)
{
	const struct csv_field *at = &r->at[field];
	char name[CSV_NAME_ROOM], room[HINT_ROOM];
	const char *hint = NULL;
	struct csv_field bare = *at;

	bare.quoted = false;
	if (isinf(value))
		return err_at(err, STATUS_ENV, place(r, field),
			      "%s: expected a finite number, got \"%.*s\"",
			      csv_columns_text(r->layout, field, name), shown(at), at->at);
	if (field == 0)
		hint = comment_hint(r, room);
	if (!hint)
		hint = separator_hint(r, at);
	if (!hint && at->quoted && csv_missing_value(r->missing, &bare))
		hint = ", which is a text and no missing value, as it is quoted";
	if (!hint && r->first && r->options->header != CSV_HEADER_YES)
		hint = "; if this line names the columns, say header: yes";
	if (!hint && csv_columns_target(r->layout, field))
		hint = r->regression ? "; for classes instead of numeric targets, task: "
				       "classification"
				     : ", as several columns of targets are one-hot labels";
	if (!hint) {
		csv_columns_option(r->layout, field, name);
		snprintf(room, HINT_ROOM,
			 "; a column of texts needs one_hot: [%s] or drop: [%s], a marker of "
			 "missing values missing_values",
			 name, name);
		hint = room;
	}
	return err_at(err, STATUS_ENV, place(r, field), "%s: expected a number, got \"%.*s\"%s",
		      csv_columns_text(r->layout, field, name), shown(at), at->at, hint);
}

enum status csv_message_one_hot(const struct csv_record *r, size_t ones, struct err *err)
{
	return err_at(err, STATUS_ENV,
		      (struct err_place){.source = r->layout->path, .line = r->at[0].line},
		      "expected one 1 and else zeros in the %zu columns of targets, as one-hot "
		      "labels have, got %zu of 1; for numeric targets, task: regression",
		      r->layout->targets, ones);
}

enum status csv_message_declared(const struct csv_record *r, size_t field, struct err *err)
{
	const struct csv_field *at = &r->at[field];
	char name[CSV_NAME_ROOM];

	return err_at(err, STATUS_ENV, place(r, field),
		      "%s: expected a value that its @attribute declares, got \"%.*s\"",
		      csv_columns_text(r->layout, field, name), shown(at), at->at);
}

enum status csv_message_missing(const struct csv_record *r, size_t field, struct err *err)
{
	const struct csv_field *at = &r->at[field];
	bool label = csv_columns_target(r->layout, field);
	bool is_text = at->length > 0 && label && !r->regression && r->layout->targets == 1;
	char name[CSV_NAME_ROOM], room[HINT_ROOM] = "";

	if (is_text)
		snprintf(room, sizeof room, ", or \"%.*s\" named as a label in classes", shown(at),
			 at->at);
	else if (label && at->length == 0 && strcmp(r->options->label, "last") == 0)
		snprintf(room, sizeof room,
			 "; if lines end with a separator, say label: %zu and drop: [%zu]",
			 field > 0 ? field - 1 : 0, field);
	return err_at(err, STATUS_ENV, place(r, field),
		      "%s: missing value \"%.*s\"%s; the option missing can be %s%s",
		      csv_columns_text(r->layout, field, name), shown(at), at->at,
		      label ? " in the label column" : "", label ? "drop" : "drop or mean", room);
}

enum status csv_message_count(const struct csv_record *r, struct err *err)
{
	struct err_place at = {.source = r->layout->path, .line = r->at[0].line};
	char room[HINT_ROOM];
	const char *hint = comment_hint(r, room);

	if (!hint && r->layout->names && r->count == r->layout->fields + 1)
		hint = "; if the header lacks the name of a column of row names, as R writes it, "
		       "add one, and leave the column out with drop";
	if (!hint && r->count == 1)
		hint = separator_hint(r, &r->at[0]);
	return err_at(err, STATUS_ENV, at, "expected %zu fields, got %zu%s", r->layout->fields,
		      r->count, hint ? hint : "");
}

enum status csv_message_encoding(const struct csv_record *r, size_t field, struct err *err)
{
	const struct csv_field *at = &r->at[field];
	char name[CSV_NAME_ROOM];

	return err_at(
		err, STATUS_ENV, place(r, field),
		"%s: the text \"%.*s\" is not UTF-8; if the file is in Latin-1, say encoding: "
		"latin-1",
		csv_columns_text(r->layout, field, name), shown(at), at->at);
}

enum status csv_message_categories(const struct csv_record *r, size_t field, struct err *err)
{
	char name[CSV_NAME_ROOM], option[CSV_NAME_ROOM];

	return err_at(err, STATUS_ENV, place(r, field),
		      "%s: more than %d categories; a column of names or numbers is no one_hot "
		      "column, drop: [%s]",
		      csv_columns_text(r->layout, field, name), (int)CSV_MOST_CATEGORIES,
		      csv_columns_option(r->layout, field, option));
}
