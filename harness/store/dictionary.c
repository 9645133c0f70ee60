/* Headers and the reference of the CSV files, from the tables of columns. */
#include "harness/store/dictionary.h"
#include "harness/store/result.h"

#include <string.h>

enum { MOST_COLUMNS = 64 };

const struct column_doc *dictionary_find(const struct column_doc *columns, const char *name)
{
	for (const struct column_doc *c = columns; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

enum status dictionary_open(struct csv *csv, const char *path, const struct column_doc *columns,
			    struct err *err)
{
	const char *header[MOST_COLUMNS];
	size_t count = 0;

	while (columns[count].name && count + 1 < MOST_COLUMNS) {
		header[count] = columns[count].name;
		count++;
	}
	header[count] = NULL;
	return csv_open(csv, path, header, err);
}

const char *dictionary_swept(const char *path, struct arena *arena)
{
	static const struct column_doc *const fixed[] = {dictionary_cell, dictionary_attack,
							 dictionary_certify, NULL};
	bool taken = false;

	for (const struct result_field *field = result_fields; field->name; field++)
		taken = taken || strcmp(field->name, path) == 0;
	for (const struct column_doc *const *columns = fixed; *columns; columns++)
		taken = taken || dictionary_find(*columns, path);
	return taken ? arena_format(arena, "swept.%s", path) : path;
}

static void write_head(const char *title, const char *about, FILE *to)
{
	fprintf(to,
		"### %s\n\n%s\n\n| column | unit | network | data | meaning |\n"
		"| --- | --- | --- | --- | --- |\n",
		title, about);
}

static void write_row(const struct column_doc *c, FILE *to)
{
	fprintf(to, "| `%s` | %s | %s | %s | %s |\n", c->name, c->unit, c->network, c->part,
		c->doc);
}

static void write_table(const char *title, const char *about, const struct column_doc *columns,
			FILE *to)
{
	write_head(title, about, to);
	for (const struct column_doc *c = columns; c->name; c++)
		write_row(c, to);
	putc('\n', to);
}

static void write_result(FILE *to)
{
	write_head("summary.csv",
		   "One row per cell: the fields of its `result.json`, and a column for each swept "
		   "option (its path;\n`swept.` stands before it where another column has that "
		   "name, as in `swept.patterns`).",
		   to);
	for (const struct result_field *field = result_fields; field->name; field++) {
		const struct column_doc *c = dictionary_find(dictionary_result, field->name);

		if (c)
			write_row(c, to);
	}
	putc('\n', to);
}

void dictionary_write(FILE *to)
{
	fputs("Units: s: seconds of the wall clock; share: of 1; 1: a number without unit. "
	      "Network: "
	      "`delivered` is the one that is\nstored, attacked and certified; `iterate` the point "
	      "of the method at that iteration; `program` the convex program\nitself. An empty "
	      "field is a value that is not known or does not apply.\n\n",
	      to);
	write_result(to);
	write_table("trace.csv", "One row per evaluation of a cell.", dictionary_trace, to);
	write_table("attack.csv",
		    "Of a cell: one row per attack and eps (`attack_validation.csv`: the attack of "
		    "a selection, on the\nvalidation part). Of a results folder: the rows of all "
		    "cells, after the columns below, with those of the\nswept options behind.",
		    dictionary_attack, to);
	write_table("certify.csv",
		    "Of a cell: one row per certificate, part and eps. Of a results folder as "
		    "attack.csv.",
		    dictionary_certify, to);
	write_table("First columns of attack.csv and certify.csv of a results folder",
		    "Which cell a row is of.", dictionary_cell, to);
	write_table("patterns.csv", "One row per activation pattern of a robust convex program.",
		    dictionary_patterns, to);
	write_table("plan.csv", "One row per cell of the spec.", dictionary_plan, to);
	write_table("data.csv", "One row per data set and swept values of it.", dictionary_data,
		    to);
	write_table("inputs.csv",
		    "Of a cell: one row per file that it reads, of the data or of the method.",
		    dictionary_inputs, to);
	write_table("points.csv",
		    "Of a cell with two features: the points, in raw units, for pictures.",
		    dictionary_points, to);
}
