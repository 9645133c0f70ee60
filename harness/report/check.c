/* What the plots and tables of a spec name, against what its cells will have. */
#include "harness/spec/check.h"
#include "harness/report/figure/plot.h"
#include "harness/report/records/column.h"
#include "harness/report/report.h"
#include "harness/report/tables/table_column.h"
#include "harness/spec/bind/bind.h"
#include "harness/store/result.h"
#include "solvers/core/nearest.h"
#include "solvers/core/text.h"
#include "solvers/model/threat.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What an option of a plot may name. */
enum target { METHODS, DATA, SWEPT, SIZES };

static const char *const targets[] = {[METHODS] = "one of the methods ",
				      [DATA] = "one of the data sets ",
				      [SWEPT] = "one of the swept options ",
				      [SIZES] = "a number of summary.csv or a swept option: "};

/* Is there a cell with such a name? `names` gets those that there are. */
static bool is_there(const struct experiment *experiment, enum target target, const char *wanted,
		     struct names *names)
{
	const struct field *field = field_find(&rows_result, wanted);
	bool swept = target == SWEPT || target == SIZES;

	for (size_t i = 0; i < experiment->cell_count; i++) {
		const struct cell *cell = &experiment->cells[i];
		const char *one = target == METHODS ? cell->train.name : cell->data.name;

		for (size_t k = 0; k < (swept ? cell->swept_count : 1); k++) {
			const char *name = swept ? cell->swept[k].path : one;
			size_t known = 0;

			if (strcmp(name, wanted) == 0)
				return true;
			while (known < names->count && strcmp(names->at[known], name) != 0)
				known++;
			if (known == names->count)
				expect_add_name(names, name);
		}
	}
	return target == SIZES && field && field->type != FIELD_TEXT;
}

static void check_name_of(const struct experiment *experiment, struct problems *problems,
			  enum target target, const struct node *node, const struct trail *trail)
{
	char expected[EXPECT_ROOM], suggestion[EXPECT_ROOM / 8];
	struct names names = {0};

	if (node->kind != NODE_SCALAR || node_is_null(node) ||
	    is_there(experiment, target, node->text, &names))
		return;
	expect_names(&names, targets[target], expected, sizeof expected);
	if (names.count == 0 && target == SWEPT)
		snprintf(expected, sizeof expected, "a swept option, but nothing is swept");
	expect_suggestion(&names, node->text, suggestion, sizeof suggestion);
	problem_add(problems, node->at, trail, "expected %s, got \"%.60s\"%s", expected, node->text,
		    suggestion);
}

static void check_plot(const struct experiment *experiment, struct problems *problems,
		       const struct plot *plot, const struct node *given, const struct trail *up)
{
	for (const struct option *row = plot->base.options; row && row->name; row++) {
		const struct node *node = node_get(given, row->name);
		struct trail trail = {up, row->name, 0}, item = {.up = &trail};
		bool axis = strcmp(row->name, "x") == 0 || strcmp(row->name, "y") == 0;
		enum target target = plot->size ? SIZES : SWEPT;

		if (strcmp(row->name, "methods") == 0 || strcmp(row->name, "relative_to") == 0)
			target = METHODS;
		else if (strcmp(row->name, "data") == 0)
			target = DATA;
		else if (!axis || row->type != OPTION_TEXT) /* others are one of a list */
			continue;
		if (node && node->kind == NODE_SCALAR)
			check_name_of(experiment, problems, target, node, &trail);
		for (; node && node->kind == NODE_LIST && item.index < node->count; item.index++)
			check_name_of(experiment, problems, target, node->items[item.index], &item);
	}
}

enum status report_check_plots(const struct experiment *experiment, struct problems *problems)
{
	const struct plot_options *plots = experiment->plots.at;
	const struct node *list = node_get(experiment->tree, "plots");
	size_t before = problems->count;
	struct trail top = {.key = "plots"};

	for (size_t i = 0; i < experiment->plots.count; i++) {
		const struct trail trail = {&top, NULL, i};

		check_plot(experiment, problems,
			   (const struct plot *)(const void *)plots[i].plot.item, list->items[i],
			   &trail);
	}
	return problems->count > before ? STATUS_SPEC : STATUS_OK;
}

/* --- tables ------------------------------------------------------------------------------------- */

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

/* "pgd linf 0.1" for each radius. */
static void add_probes(struct column_names *names, const char *name,
		       const struct threat_options *threat, const struct reals *eps)
{
	for (size_t i = 0; i < eps->count; i++) {
		char radius[SCALAR_ROOM];

		scalar_print_real(eps->at[i], radius);
		add_column(names, arena_format(&names->arena, "%s %s %s", name,
					       threat_norms[threat->norm], radius));
		if (threat->units)
			add_column(names, arena_format(&names->arena, "%s %s %s %s", name,
						       threat_norms[threat->norm],
						       threat_units[threat->units], radius));
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
		add_probes(&names, spec_attack_name(&attack[i]), &attack[i].threat, &attack[i].eps);
		add_probes(&names, "worst", &attack[i].threat, &attack[i].eps);
	}
	for (size_t i = 0; i < experiment->certify.count; i++)
		if (strcmp(spec_parts[certify[i].part], "test") == 0)
			add_probes(&names, "certified", &certify[i].threat, &certify[i].eps);
	for (size_t i = 0; column_names[i]; i++)
		add_column(&names, column_names[i]);
	add_column(&names, "seconds_per_iteration");
	return names;
}

/* The same name, or the same attack with a radius that is written in another way: 8/255. */
static bool is_column(struct column_names *names, const char *wanted)
{
	struct attack_kind asked, there;
	bool probe = table_column_probe(wanted, &names->arena, &asked);

	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->at[i], wanted) == 0 ||
		    (probe && table_column_probe(names->at[i], &names->arena, &there) &&
		     strcmp(asked.label, there.label) == 0 &&
		     fabs(asked.eps - there.eps) <= DBL_EPSILON * there.eps))
			return true;
	return false;
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
			 const struct node *node, const struct trail *trail, const char *wanted)
{
	enum { MOST = 6 };
	const char *near;

	if (is_column(names, wanted))
		return;
	near = near_names(names, wanted, MOST);
	problem_add(problems, node->at, trail,
		    "expected data, method, setting, objective_of, cells, ended, a swept option, a "
		    "number of summary.csv, or an attack or certificate with its norm and radius, "
		    "got \"%.60s\"%s%s",
		    wanted, *near ? "; names near it: " : "", near);
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

static void check_table(const struct experiment *experiment, struct problems *problems,
			struct column_names *names, const struct table_options *table,
			const struct node *given, const struct trail *up)
{
	static const struct {
		const char *key;
		enum target target;
	} lists[] = {{"methods", METHODS}, {"data", DATA}, {"order", METHODS}};
	static const char *const maps[] = {"digits", "better", "groups"};
	const struct node *columns = node_get(given, "columns");
	struct trail trail = {up, "columns", 0}, item = {.up = &trail};

	for (; columns && columns->kind == NODE_LIST && item.index < columns->count; item.index++)
		if (columns->items[item.index]->kind == NODE_SCALAR)
			check_column(problems, names, columns->items[item.index], &item,
				     columns->items[item.index]->text);
	for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
		const struct node *list = node_get(given, lists[k].key);

		trail.key = lists[k].key;
		for (item.index = 0; list && list->kind == NODE_LIST && item.index < list->count;
		     item.index++)
			check_name_of(experiment, problems, lists[k].target,
				      list->items[item.index], &item);
	}
	for (size_t k = 0; k < sizeof maps / sizeof *maps; k++) {
		trail.key = maps[k];
		check_keys(problems, table, node_get(given, maps[k]), &trail);
	}
}

enum status report_check_tables(const struct experiment *experiment, struct problems *problems)
{
	const struct table_options *tables = experiment->tables.at;
	const struct node *list = node_get(experiment->tree, "tables");
	struct column_names names = columns_of(experiment);
	struct trail top = {.key = "tables"}, trail = {.up = &top};
	size_t before = problems->count;

	for (; trail.index < experiment->tables.count; trail.index++)
		check_table(experiment, problems, &names, &tables[trail.index],
			    list->items[trail.index], &trail);
	arena_release(&names.arena);
	return problems->count > before ? STATUS_SPEC : STATUS_OK;
}
