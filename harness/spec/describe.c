/* The option reference of one item, from its rows. */
#include "harness/spec/expect.h"
#include "harness/spec/scalar.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 5, TEXT_ROOM = 256, PATH_ROOM = 96 };

struct line { /* name, type, default, range or names, unit */
	char cell[COLUMNS][TEXT_ROOM];
};

struct layout {
	size_t width[COLUMNS];
	FILE *to; /* NULL: only measure the columns */
};

static const char *type_word(const struct option *row)
{
	static const char *const words[] = {
		[OPTION_BOOL] = "bool",     [OPTION_INT] = "int",      [OPTION_REAL] = "real",
		[OPTION_TEXT] = "text",     [OPTION_REALS] = "reals",  [OPTION_TEXTS] = "texts",
		[OPTION_CHOICE] = "choice", [OPTION_CHOICES] = "list", [OPTION_GROUPS] = "maps",
		[OPTION_GROUP] = "map",
	};

	if (row->names)
		return "choice";
	return row->path ? "path" : words[row->type];
}

static void valid_values(const struct option *row, char *text, size_t room)
{
	struct names names = {0};

	expect_row_names(row, &names);
	if (names.count)
		expect_names(&names, "", text, room);
	else if (row->type == OPTION_BOOL)
		snprintf(text, room, "true, false");
	else
		scalar_print_range(&row->range, text, room);
	if (text[0] == ' ')
		memmove(text, text + 1, strlen(text));
	if (!text[0])
		snprintf(text, room, "-");
}

static void emit(struct layout *table, const struct line *line, const char *doc)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t length = strlen(line->cell[i]);

		if (length > table->width[i])
			table->width[i] = length;
		if (table->to)
			fprintf(table->to, "%-*s  ", (int)table->width[i], line->cell[i]);
	}
	if (table->to)
		fprintf(table->to, "%s\n", doc);
}

static void emit_rows(struct layout *table, const struct option *rows, const char *prefix);

static void emit_row(struct layout *table, const struct option *row, const char *prefix)
{
	static const char *const units[] = {
		[UNIT_NONE] = "-", [UNIT_SECONDS] = "s", [UNIT_BYTES] = "B"};
	struct line line;
	char path[PATH_ROOM];
	bool nested = row->type == OPTION_GROUP || row->type == OPTION_GROUPS;
	const char *initial = row->initial ? row->initial : "required";

	snprintf(path, sizeof path, "%s%s", prefix, row->name);
	if (row->type == OPTION_GROUP && !row->initial)
		initial = "-";
	snprintf(line.cell[0], TEXT_ROOM, "%s", path);
	snprintf(line.cell[1], TEXT_ROOM, "%s", type_word(row));
	snprintf(line.cell[2], TEXT_ROOM, "%s", initial);
	valid_values(row, line.cell[3], TEXT_ROOM);
	snprintf(line.cell[4], TEXT_ROOM, "%s", units[row->unit]);
	emit(table, &line, row->doc ? row->doc : "");
	if (!nested)
		return;
	snprintf(path, sizeof path, "%s%s%s.", prefix, row->name,
		 row->type == OPTION_GROUPS ? "[]" : "");
	emit_rows(table, row->rows, path);
}

static void emit_rows(struct layout *table, const struct option *rows, const char *prefix)
{
	for (const struct option *row = rows; row && row->name; row++)
		emit_row(table, row, prefix);
}

void spec_describe(const struct desc *item, FILE *to)
{
	static const struct line head = {{"option", "type", "default", "values", "unit"}};
	struct layout table = {.to = NULL};

	if (!item->options || !item->options[0].name) {
		fprintf(to, "no options\n");
		return;
	}
	emit(&table, &head, "meaning");
	emit_rows(&table, item->options, "");
	table.to = to;
	emit(&table, &head, "meaning");
	emit_rows(&table, item->options, "");
}
