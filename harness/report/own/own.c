/* The tables that a spec asks for. */
#include "harness/report/own/own.h"
#include "harness/file/io.h"
#include "harness/report/own/table_best.h"
#include "harness/report/own/table_csv.h"
#include "harness/report/own/table_sheet.h"
#include "harness/report/records/column.h"
#include "harness/report/records/ending.h"
#include "harness/report/records/mixed.h"
#include "harness/report/tables/sheet_latex.h"
#include "harness/spec/bind/bind.h"
#include "solvers/core/nearest.h"
#include "solvers/core/text.h"
#include "solvers/model/attack.h"
#include "solvers/model/threat.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- against the spec ----------------------------------------------------------------------- */

/* Names that columns of a table can have. */
struct column_names {
	struct arena arena;
	size_t count, room;
	const char **at;
};

static void add_column(struct column_names *names, const char *name)
{
	if (records_index(names->at, names->count, name) < names->count)
		return;
	if (names->count == names->room) {
		const char **more = ARENA_ARRAY(&names->arena, const char *, 2 * names->room + 64);

		if (names->count)
			memcpy(more, names->at, names->count * sizeof *more);
		names->at = more;
		names->room = 2 * names->room + 64;
	}
	names->at[names->count++] = name;
}

/* "pgd linf 0.1", or "pgd linf 0.1 train", for each radius. */
static void add_probes(struct column_names *names, const char *name,
		       const struct threat_options *threat, const struct reals *eps, long of)
{
	const char *part =
		of == SPEC_TEST ? "" : arena_format(&names->arena, " %s", spec_parts[of]);

	for (size_t i = 0; i < eps->count; i++) {
		char radius[SCALAR_ROOM];

		scalar_print_real(eps->at[i], radius);
		add_column(names, arena_format(&names->arena, "%s %s %s%s", name,
					       threat_norms[threat->norm], radius, part));
		if (threat->units)
			add_column(names, arena_format(&names->arena, "%s %s %s %s%s", name,
						       threat_norms[threat->norm],
						       threat_units[threat->units], radius, part));
	}
}

static struct column_names columns_of(const struct experiment *experiment)
{
	const struct attack_options *attack = experiment->attack.at;
	const struct certify_options *certify = experiment->certify.at;
	struct column_names names = {0};

	for (size_t i = 0; table_column_words[i]; i++)
		add_column(&names, table_column_words[i]);
	for (size_t i = 0; i < experiment->cell_count; i++)
		for (size_t k = 0; k < experiment->cells[i].swept_count; k++)
			add_column(&names, experiment->cells[i].swept[k].path);
	for (size_t i = 0; i < experiment->attack.count; i++) {
		add_probes(&names, spec_attack_name(&attack[i]), &attack[i].threat, &attack[i].eps,
			   attack[i].part);
		if (((const struct attack *)(const void *)attack[i].attack.item)->nearest)
			add_probes(&names,
				   arena_format(&names.arena, "%s%s", table_column_distance,
						spec_attack_name(&attack[i])),
				   &attack[i].threat, &attack[i].eps, attack[i].part);
		add_probes(&names, "worst", &attack[i].threat, &attack[i].eps, attack[i].part);
	}
	for (size_t i = 0; i < experiment->certify.count; i++)
		add_probes(&names, "certified", &certify[i].threat, &certify[i].eps,
			   certify[i].part);
	for (size_t i = 0; column_names[i]; i++)
		add_column(&names, column_names[i]);
	add_column(&names, "seconds_per_iteration");
	return names;
}

/* The same name, the same attack with a radius that is written in another way: 8/255; or the recall
 * of a class, which only the data know. */
static bool is_column(struct column_names *names, const char *wanted)
{
	struct attack_kind asked, there;
	struct table_recall recall;
	bool probe = table_column_probe(wanted, &names->arena, &asked);

	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->at[i], wanted) == 0 ||
		    (probe && table_column_probe(names->at[i], &names->arena, &there) &&
		     strcmp(asked.label, there.label) == 0 &&
		     fabs(asked.eps - there.eps) <= DBL_EPSILON * there.eps))
			return true;
	return table_column_recall(wanted, &names->arena, &recall);
}

/* Up to `most` of the names, the nearest first, then those that share a word. */
static const char *near_names(struct column_names *names, const char *wanted, size_t most)
{
	const char **left = ARENA_ARRAY(&names->arena, const char *, names->count), *nearest;
	struct text text = text_new(&names->arena);
	size_t count = names->count, said = 0;
	size_t word = strcspn(wanted, " _");

	memcpy(left, names->at, count * sizeof *left);
	while (said < most && (nearest = nearest_name(wanted, left, count))) {
		text_item(&text, ", ", "%s", nearest);
		count--;
		left[records_index(left, count, nearest)] = left[count];
		said++;
	}
	for (size_t i = 0; i < count && said < most && word > 2; i++)
		if (strstr(left[i], arena_text_n(&names->arena, wanted, word))) {
			text_item(&text, ", ", "%s", left[i]);
			said++;
		}
	return text.at;
}

static void check_column(struct problems *problems, struct column_names *names,
			 const struct node *node, const struct trail *trail)
{
	enum { MOST = 6 };
	const char *near;

	if (node->kind != NODE_SCALAR || node_is_null(node) || is_column(names, node->text))
		return;
	near = near_names(names, node->text, MOST);
	problem_add(problems, node->at, trail,
		    "expected data, method, setting, objective_of, cells, ended, a swept option, a "
		    "number of summary.csv, or an attack or certificate with its norm and radius, "
		    "got \"%.60s\"%s%s",
		    node->text, *near ? "; names near it: " : "", near);
}

/* Keys of a map of columns: they are columns of this table. */
static void check_keys(struct problems *problems, const struct table_options *table,
		       const struct node *map, const struct trail *trail)
{
	const struct texts *columns = table->columns.count ? &table->columns : &table_column_usual;
	char expected[EXPECT_ROOM];
	struct names names = {0};

	for (size_t c = 0; c < columns->count; c++)
		expect_add_name(&names, columns->at[c]);
	expect_names(&names, "one of the table's columns ", expected, sizeof expected);
	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->count; i++)
		if (records_index(columns->at, columns->count, map->keys[i].text) == columns->count)
			problem_add(problems, map->keys[i].at, trail, "expected %s, got \"%.60s\"",
				    expected, map->keys[i].text);
}

void own_check(const struct experiment *experiment, struct problems *problems)
{
	static const char *const maps[] = {"digits", "better", "groups"};
	const struct table_options *tables = experiment->tables.at;
	const struct node *list = node_get(experiment->tree, "tables");
	struct column_names names = columns_of(experiment);
	struct trail top = {.key = "tables"}, trail = {.up = &top};

	for (; trail.index < experiment->tables.count; trail.index++) {
		const struct node *given = list->items[trail.index];
		const struct node *columns = node_get(given, "columns");
		struct trail key = {&trail, "columns", 0}, item = {.up = &key};

		if (columns && columns->kind == NODE_SCALAR)
			check_column(problems, &names, columns, &key);
		for (; columns && columns->kind == NODE_LIST && item.index < columns->count;
		     item.index++)
			check_column(problems, &names, columns->items[item.index], &item);
		for (size_t k = 0; k < sizeof maps / sizeof *maps; k++) {
			key.key = maps[k];
			check_keys(problems, &tables[trail.index], node_get(given, maps[k]), &key);
		}
	}
	arena_release(&names.arena);
}

/* --- made ----------------------------------------------------------------------------------- */

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

enum status own_write(const struct experiment *experiment, const struct records *records,
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
		if (options[t].bold == TABLE_BOLD_BEST)
			table_best_mark(&tables[t]);
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
