/* The option reference, from the rows: of one item for a terminal, of all as Markdown. */
#include "harness/spec/describe.h"

#include "harness/spec/bind/bind.h"
#include "harness/spec/schema.h"
#include "harness/spec/sweep/search.h"
#include "solvers/core/printable.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 5, TEXT_ROOM = 4096 /* some ninety names */, PATH_ROOM = 96 };

struct line { /* name, type, default, range or names, unit */
	char cell[COLUMNS][TEXT_ROOM];
};

struct layout {
	void (*row)(struct layout *table, const struct line *line, const char *doc);
	size_t width[COLUMNS]; /* of aligned columns */
	size_t doc;            /* longest of the last one */
	size_t room;           /* columns of the terminal, 0: any number */
	FILE *to;
};

static const char *type_word(const struct option *row)
{
	static const char *const words[] = {
		[OPTION_BOOL] = "bool",           [OPTION_INT] = "int",
		[OPTION_REAL] = "real",           [OPTION_TEXT] = "text",
		[OPTION_REALS] = "reals",         [OPTION_TEXTS] = "texts",
		[OPTION_TEXT_MAP] = "name: text", [OPTION_CHOICE] = "choice",
		[OPTION_CHOICES] = "list",        [OPTION_GROUPS] = "maps",
		[OPTION_GROUP] = "map",
	};

	if (row->names && row->type == OPTION_INT)
		return "choice";
	return row->path ? "path" : words[row->type];
}

static void valid_values(const struct option *row, char *text, size_t room)
{
	char range[3 * SCALAR_ROOM] = "";
	struct names names = {0};

	expect_row_names(row, &names);
	if (row->type == OPTION_BOOL)
		snprintf(range, sizeof range, "true, false");
	else if (row->valid)
		snprintf(range, sizeof range, "%s", row->valid);
	else
		scalar_print_range(&row->range, range, sizeof range);
	if (range[0] && names.count)
		strcat(range, ", ");
	expect_names(&names, range, text, room);
	if (text[0] == ' ')
		memmove(text, text + 1, strlen(text));
	if (!text[0])
		snprintf(text, room, "-");
}

static void measure_row(struct layout *table, const struct line *line, const char *doc)
{
	table->doc = strlen(doc) > table->doc ? strlen(doc) : table->doc;
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t length = strlen(line->cell[i]);

		if (length > table->width[i])
			table->width[i] = length;
	}
}

static void aligned_row(struct layout *table, const struct line *line, const char *doc)
{
	for (size_t i = 0; i < COLUMNS; i++)
		fprintf(table->to, "%-*s  ", (int)table->width[i], line->cell[i]);
	fprintf(table->to, "%s\n", doc);
}

/* In two paragraphs, where the aligned columns do not fit. */
static void listed_row(struct layout *table, const struct line *line, const char *doc)
{
	const size_t indent = 4;
	char text[COLUMNS * (TEXT_ROOM + 2)] = "";

	for (size_t i = 0; i < COLUMNS; i++) {
		strcat(text, i ? "  " : "");
		strcat(text, line->cell[i]);
	}
	printable_wrap(text, 0, indent, table->room, table->to);
	fprintf(table->to, "\n%*s", (int)indent, "");
	printable_wrap(doc, indent, indent, table->room, table->to);
	fputc('\n', table->to);
}

/* A bar would end its cell; the others would start markup. */
static void markdown_text(const char *text, FILE *to)
{
	for (; *text; text++) {
		if (strchr("|*_<[]\\`", *text))
			fputc('\\', to);
		fputc(*text, to);
	}
}

static void markdown_row(struct layout *table, const struct line *line, const char *doc)
{
	fprintf(table->to, "| `%s` |", line->cell[0]);
	for (size_t i = 1; i < COLUMNS; i++) {
		fputc(' ', table->to);
		markdown_text(line->cell[i], table->to);
		fputs(" |", table->to);
	}
	fputc(' ', table->to);
	markdown_text(doc, table->to);
	fputs(" |\n", table->to);
}

static void emit_rows(struct layout *table, const struct option *rows, const char *prefix)
{
	static const char *const units[] = {
		[UNIT_NONE] = "-", [UNIT_SECONDS] = "s", [UNIT_BYTES] = "B", [UNIT_INCHES] = "in"};
	struct line line;
	char path[PATH_ROOM];

	for (const struct option *row = rows; row && row->name; row++) {
		bool keyed = row->type == OPTION_CHOICE && row->style == CHOICE_KEYED;
		const char *initial = row->initial ? row->initial : "required";

		if (row->type == OPTION_GROUP && !row->initial)
			initial = "-";
		snprintf(line.cell[0], TEXT_ROOM, keyed ? "%s<%s>" : "%s%s", prefix, row->name);
		snprintf(line.cell[1], TEXT_ROOM, "%s", type_word(row));
		snprintf(line.cell[2], TEXT_ROOM, "%s", initial);
		valid_values(row, line.cell[3], TEXT_ROOM);
		snprintf(line.cell[4], TEXT_ROOM, "%s", units[row->unit]);
		table->row(table, &line, row->refused ? row->refused : row->doc ? row->doc : "");
		snprintf(path, sizeof path, "%s%s%s.", prefix, row->name,
			 row->type == OPTION_GROUPS ? "[]" : "");
		if (row->type == OPTION_GROUP || row->type == OPTION_GROUPS)
			emit_rows(table, row->rows, path);
	}
}

void spec_describe(const struct desc *item, size_t width, FILE *to)
{
	static const struct line head = {{"option", "type", "default", "values", "unit"}};
	struct layout table = {.row = measure_row, .room = width, .to = to};
	size_t used;

	if (!item->options || !item->options[0].name) {
		fprintf(to, "no options\n");
		return;
	}
	table.row(&table, &head, "meaning");
	emit_rows(&table, item->options, "");
	used = table.doc;
	for (size_t i = 0; i < COLUMNS; i++)
		used += table.width[i] + 2;
	table.row = !width || used <= width ? aligned_row : listed_row;
	table.row(&table, &head, "meaning");
	emit_rows(&table, item->options, "");
}

static void markdown_table(const struct option *rows, FILE *to)
{
	struct layout table = {.row = markdown_row, .to = to};

	if (!rows || !rows->name) {
		fputs("No options.\n\n", to);
		return;
	}
	fputs("| option | type | default | values | unit | meaning |\n"
	      "| --- | --- | --- | --- | --- | --- |\n",
	      to);
	emit_rows(&table, rows, "");
	fputc('\n', to);
}

static void markdown_kind(enum kind kind, FILE *to)
{
	if (!registry_count(kind))
		return;
	fprintf(to, "## %s\n\n", registry_title(kind));
	for (size_t i = 0; i < registry_count(kind); i++) {
		const struct desc *item = registry_at(kind, i);

		fprintf(to, "### %s\n\n", item->name);
		markdown_text(item->doc, to);
		fputs(".\n\n", to);
		if (item->cite && item->cite[0]) {
			fputs("Source: ", to);
			markdown_text(item->cite, to);
			fputs("\n\n", to);
		}
		markdown_table(item->options, to);
	}
}

void spec_reference(FILE *to)
{
	fputs("# Options of a spec\n\n"
	      "Written by `relubench describe --markdown`; do not edit.\n\n"
	      "A list in the place of a single value of an entry of `data` or `train` is a sweep "
	      "axis, as is\n`{log: [first, last, count]}` or `{linear: [first, last, count]}`. "
	      "`zip: {rho: [0.1, 1], beta: [1, 2]}` in\nsuch an entry sweeps options together, "
	      "also below others (`patterns.count`); `search` draws them from ranges.\n\n"
	      "## the top level\n\n",
	      to);
	markdown_table(schema_sheet, to);
	fputs("## an entry of data\n\n", to);
	markdown_table(data_rows, to);
	fputs("## an entry of train\n\n", to);
	markdown_table(schema_train, to);
	fputs("## search: in an entry of data or train\n\n"
	      "`search: {draws: 50, over: {rho: {log: [1e-3, 10]}, width: {whole: [10, 200]}, "
	      "loss: [hinge, logistic]}}`:\neach range is `linear`, `log`, `whole` or "
	      "`log_whole` from a lowest to a highest value, or a list.\nDraws that are equal "
	      "count once.\n\n",
	      to);
	markdown_table(search_rows, to);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		if (kind != KIND_TRAINER) /* solvers and baselines */
			markdown_kind((enum kind)kind, to);
}
