/* What the plots and tables of a spec name, against what its cells will have. */
#include "harness/report/figure/plot.h"
#include "harness/report/own/own.h"
#include "harness/report/report.h"
#include "harness/spec/bind/bind.h"
#include "harness/store/result.h"

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
	/* processes of a cell are in no spec's cells: folders of a figure differ by them */
	return target == SIZES &&
	       (strcmp(wanted, "ranks") == 0 || (field && !field_is_text(field)));
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

/* Has no cell an attack whose points it needs? */
static void check_points(const struct experiment *experiment, struct problems *problems,
			 const struct plot *plot, const struct node *given, const struct trail *up)
{
	struct trail trail = {up, "plot", 0};

	for (size_t i = 0; i < experiment->cell_count; i++) {
		const struct attack_options *attack = experiment->cells[i].attack.at;

		for (size_t k = 0; k < experiment->cells[i].attack.count; k++)
			if (attack[k].export)
				return;
	}
	if (experiment->cell_count)
		problem_add(problems, given->at, &trail,
			    "%s: expected an entry of `attack` with `export: true`, got none",
			    plot->base.name);
}

/* The methods and data sets of a table. */
static void check_table(const struct experiment *experiment, struct problems *problems,
			const struct node *given, const struct trail *up)
{
	static const char *const keys[] = {"methods", "order", "data"};

	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
		const struct node *list = node_get(given, keys[k]);
		enum target target = strcmp(keys[k], "data") == 0 ? DATA : METHODS;
		struct trail trail = {up, keys[k], 0}, item = {.up = &trail};

		if (list && list->kind == NODE_SCALAR)
			check_name_of(experiment, problems, target, list, &trail);
		for (; list && list->kind == NODE_LIST && item.index < list->count; item.index++)
			check_name_of(experiment, problems, target, list->items[item.index], &item);
	}
}

enum status report_check_plots(const struct experiment *experiment, struct problems *problems)
{
	const struct plot_options *plots = experiment->plots.at;
	const struct node *list = node_get(experiment->tree, "plots");
	size_t before = problems->count;
	struct trail top = {.key = "plots"};

	for (size_t i = 0; i < experiment->plots.count; i++) {
		const struct plot *plot = (const struct plot *)(const void *)plots[i].plot.item;
		const struct trail trail = {&top, NULL, i};

		check_plot(experiment, problems, plot, list->items[i], &trail);
		if (plot->exported)
			check_points(experiment, problems, plot, list->items[i], &trail);
	}
	list = node_get(experiment->tree, "tables");
	top.key = "tables";
	for (size_t i = 0; i < experiment->tables.count; i++) {
		const struct trail trail = {&top, NULL, i};

		check_table(experiment, problems, list->items[i], &trail);
	}
	own_check(experiment, problems);
	return problems->count > before ? STATUS_SPEC : STATUS_OK;
}
