/* Phrases for "expected ...", from option rows. */
#include "harness/spec/bind/expect.h"

#include "harness/spec/bind/scalar.h"
#include "solvers/core/nearest.h"

#include <stdio.h>
#include <string.h>

void expect_add_name(struct names *names, const char *name)
{
	if (names->count < EXPECT_NAMES)
		names->at[names->count++] = name;
}

static void add_registry(struct names *names, enum kind kind)
{
	for (size_t i = 0; i < registry_count(kind); i++)
		expect_add_name(names, registry_at(kind, i)->name);
}

static bool keyed(const struct option *row)
{
	return row->type == OPTION_CHOICE && row->style == CHOICE_KEYED;
}

void expect_add_keys(struct names *names, const struct option *rows)
{
	for (const struct option *row = rows; row && row->name; row++)
		if (keyed(row))
			add_registry(names, (enum kind)row->kind);
		else
			expect_add_name(names, row->name);
}

void expect_names(const struct names *names, const char *before, char *text, size_t room)
{
	size_t length = (size_t)snprintf(text, room, "%s", before);

	for (size_t i = 0; i < names->count && length < room; i++)
		length += (size_t)snprintf(text + length, room - length, "%s%s", i ? ", " : "",
					   names->at[i]);
}

void expect_suggestion(const struct names *names, const char *given, char *text, size_t room)
{
	const char *nearest = nearest_name(given, names->at, names->count);

	text[0] = '\0';
	if (nearest)
		snprintf(text, room, "; did you mean \"%s\"?", nearest);
}

void expect_row_names(const struct option *row, struct names *names)
{
	if (row->type == OPTION_CHOICE || row->type == OPTION_CHOICES)
		add_registry(names, (enum kind)row->kind);
	for (const char *const *name = row->names; name && *name; name++)
		expect_add_name(names, *name);
	for (const char *const *word = row->words; word && *word; word++)
		expect_add_name(names, *word);
}

static void expect_choice(const struct option *row, const char *before, char *text, size_t room)
{
	struct names names = {0};

	expect_row_names(row, &names);
	expect_names(&names, before, text, room);
}

static void expect_number(const struct option *row, const char *before, char *text, size_t room)
{
	static const char *const words[] = {
		[UNIT_NONE] = "a number",
		[UNIT_SECONDS] = "a time (30s, 10m, 2h)",
		[UNIT_BYTES] = "a size (500MB, 4GiB)",
		[UNIT_INCHES] = "a length (3.25in, 8cm)",
	};
	bool whole = row->type == OPTION_INT && row->unit == UNIT_NONE;
	char range[3 * SCALAR_ROOM];
	size_t length;

	if (row->names) {
		expect_choice(row, "one of ", text, room);
		return;
	}
	scalar_print_range(&row->range, range, sizeof range);
	length = (size_t)snprintf(text, room, "%s%s%s", before,
				  whole ? "a whole number" : words[row->unit], range);
	for (const char *const *word = row->words; word && *word && length < room; word++)
		length += (size_t)snprintf(text + length, room - length, " or %s", *word);
}

bool expect_nullable(const struct option *row)
{
	return row->initial && strcmp(row->initial, "null") == 0;
}

void expect_row(const struct option *row, char *text, size_t room)
{
	static const char *const words[] = {
		[OPTION_BOOL] = "true or false",    [OPTION_TEXT] = "a text",
		[OPTION_TEXTS] = "a list of texts", [OPTION_TEXT_MAP] = "a map from names to texts",
		[OPTION_GROUPS] = "a list of maps",
	};
	size_t length;

	text[0] = '\0';
	if (row->type == OPTION_INT || row->type == OPTION_REAL)
		expect_number(row, "", text, room);
	else if (row->type == OPTION_REALS)
		expect_number(row, "a list, each ", text, room);
	else if (row->type == OPTION_CHOICE)
		expect_choice(row, "one of ", text, room);
	else if (row->type == OPTION_CHOICES)
		expect_choice(row, "a list of names among ", text, room);
	else if (row->names)
		expect_choice(row,
			      row->type == OPTION_TEXT    ? "one of "
			      : row->type == OPTION_TEXTS ? "a list of names among "
							  : "a map from names to one of ",
			      text, room);
	else if (row->type == OPTION_TEXT && row->valid)
		snprintf(text, room, "%s", row->valid);
	else if (row->valid)
		snprintf(text, room, "%s, each %s", words[row->type], row->valid);
	else if (row->type != OPTION_GROUP)
		snprintf(text, room, "%s", row->path ? "a path" : words[row->type]);
	else if (row->shorthand)
		expect_row(expect_find(row->rows, row->shorthand), text, room);
	length = strlen(text);
	if (row->type == OPTION_TEXT_MAP && row->words)
		length += (size_t)snprintf(text + length, room - length, " or %s", row->words[0]);
	if (row->type == OPTION_GROUP)
		length += (size_t)snprintf(text + length, room - length, "%sa map",
					   length ? " or " : "");
	if (expect_nullable(row))
		snprintf(text + length, room - length, " or null");
}

const struct option *expect_find(const struct option *rows, const char *name)
{
	for (const struct option *row = rows; row && row->name; row++)
		if (!keyed(row) && strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

const struct option *expect_keyed(const struct option *rows, const char *name)
{
	for (const struct option *row = rows; row && row->name; row++)
		if (keyed(row) && registry_find((enum kind)row->kind, name))
			return row;
	return NULL;
}

const struct option *expect_flat(const struct option *rows)
{
	for (const struct option *row = rows; row && row->name; row++)
		if (row->type == OPTION_CHOICE && row->style == CHOICE_FLAT)
			return row;
	return NULL;
}
