/* The tables that a spec asks for. */
#include "harness/report/own_tables.h"
#include "harness/file/io.h"
#include "harness/report/records/ending.h"
#include "harness/report/records/mixed.h"
#include "harness/report/tables/sheet_latex.h"
#include "harness/report/tables/table_csv.h"
#include "harness/report/tables/table_sheet.h"

#include <stdio.h>
#include <string.h>

static const char *title_of(const struct table_options *options)
{
	return options->title ? options->title : options->table;
}

/* The machine stands below times. */
static bool has_times(const struct table_grid *table)
{
	for (size_t c = 0; c < table->columns; c++)
		if (table->column[c].part == TABLE_NUMBER &&
		    strcmp(table->column[c].stored, "s") == 0)
			return true;
	return false;
}

/* With how the cells ended and what they mix; without it where the caption is to be short. */
static const char *note_of(const struct table_grid *table)
{
	const struct records *records = table->records;
	const char *note = table_sheet_note(table), *marks = ending_marks(records);
	const char *mixed = mixed_records(records);
	bool machine = has_times(table) && records->caption && *records->caption;

	if (table->options->caption != TABLE_FULL)
		return note;
	return arena_format(
		records->arena, "%s%s%s%s%s%s%s%s%s", note, *marks ? " Of all cells " : "",
		*marks ? marks + strlen("; ") : "", *marks ? "." : "", machine ? " Hardware: " : "",
		machine ? records->caption : "", machine ? "." : "", *mixed ? " " : "", mixed);
}

static bool is_exported(const struct table_options *options, const char *form)
{
	return records_wanted(&options->export, form);
}

static enum status write_text(const struct table_grid *table, const struct html_table *shown,
			      bool latex, struct err *err)
{
	const struct table_options *options = table->options;
	const char *path = arena_format(table->records->arena, "%s/tables/%s.%s",
					table->records->out, options->table, latex ? "tex" : "md");
	const struct sheet_page page = {shown->title, options->table, shown->note, options->width};
	FILE *to = io_create(path);
	double width = 0;

	if (!to)
		return io_error(err, path, "write");
	if (latex) {
		width = sheet_latex_fit(&shown->sheet, &page, to);
	} else {
		sheet_markdown(&shown->sheet, to);
		fprintf(to, *shown->note ? "\n%s\n" : "%s", shown->note);
	}
	if (!io_close(to))
		return io_error(err, path, "write");
	if (width > options->width)
		fprintf(stderr,
			"note: table %s: its LaTeX is estimated %.1f in wide, of %.2f in; fewer "
			"columns, shorter labels or `interval: none` make it fit\n",
			options->table, width, options->width);
	return STATUS_OK;
}

static void tell_labels(const struct table_grid *table)
{
	const struct text_map *labels = &table->options->labels;

	for (size_t i = 0; i < labels->count; i++)
		if (!table_has(table, labels->at[i].key))
			fprintf(stderr,
				"note: table %s: nothing in it has the name of label of \"%s\"\n",
				table->options->table, labels->at[i].key);
}

static void add_shown(const struct table_grid *table, const struct text_map *labels,
		      const char **at, struct texts *shown)
{
	for (size_t i = 0; i < labels->count; i++)
		if (table_has(table, labels->at[i].key) &&
		    records_index(shown->at, shown->count, labels->at[i].key) == shown->count)
			at[shown->count++] = labels->at[i].key;
}

enum status own_tables_write(const struct experiment *experiment, const struct records *records,
			     struct html_tables *out, struct texts *shown, struct err *err)
{
	const struct table_options *options = experiment->tables.at;
	const struct style *look = &experiment->style.look;
	struct arena *arena = records->arena;
	size_t count = experiment->tables.count;
	struct table_grid *tables = ARENA_ARRAY(arena, struct table_grid, count);
	struct html_table *own = ARENA_ARRAY(arena, struct html_table, count);
	const char **keys = ARENA_ARRAY(arena, const char *, look->labels.count);

	*shown = (struct texts){0, keys};
	out->own_count = count;
	out->own = own;
	for (size_t t = 0; t < count; t++) {
		const struct table_grid *table = &tables[t];

		tables[t] = table_of(records, &options[t], look);
		own[t] = (struct html_table){arena_format(arena, "tables-%s", options[t].table),
					     title_of(&options[t]), note_of(table),
					     table_sheet(table)};
		if (is_exported(&options[t], "md"))
			TRY(write_text(table, &own[t], false, err));
		if (is_exported(&options[t], "tex"))
			TRY(write_text(table, &own[t], true, err));
		if (is_exported(&options[t], "csv"))
			TRY(table_csv_write(table, err));
		tell_labels(table);
		add_shown(table, &look->labels, keys, shown);
	}
	return count ? table_csv_write_columns(tables, count, err) : STATUS_OK;
}
