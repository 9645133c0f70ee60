/* What the plots of a spec name, against what its cells will have. */
#include "harness/spec/check.h"
#include "harness/report/figure/plot.h"
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

struct checking {
	const struct experiment *experiment;
	struct problems *problems;
};

/* The k-th name that a cell has of a kind, or NULL. */
static const char *name_of(const struct cell *cell, enum target target, size_t k)
{
	if (target == METHODS)
		return k == 0 ? cell->train.name : NULL;
	if (target == DATA)
		return k == 0 ? cell->data.name : NULL;
	return k < cell->swept_count ? cell->swept[k].path : NULL;
}

static void add_once(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->at[i], name) == 0)
			return;
	expect_add_name(names, name);
}

/* Is there such a name? `names` gets those that there are. */
static bool is_there(const struct experiment *experiment, enum target target, const char *wanted,
		     struct names *names)
{
	for (size_t i = 0; i < experiment->cell_count; i++) {
		const char *name;

		for (size_t k = 0; (name = name_of(&experiment->cells[i], target, k)); k++) {
			if (strcmp(name, wanted) == 0)
				return true;
			add_once(names, name);
		}
	}
	return target == SIZES && field_find(&rows_result, wanted) &&
	       field_find(&rows_result, wanted)->type != FIELD_TEXT;
}

static void check_name_of(const struct checking *c, enum target target, const struct node *node,
			  const struct trail *trail)
{
	char expected[EXPECT_ROOM], suggestion[EXPECT_ROOM / 8];
	struct names names = {0};

	if (node->kind != NODE_SCALAR || node_is_null(node) ||
	    is_there(c->experiment, target, node->text, &names))
		return;
	expect_names(&names, targets[target], expected, sizeof expected);
	if (names.count == 0 && target == SWEPT)
		snprintf(expected, sizeof expected, "a swept option, but nothing is swept");
	expect_suggestion(&names, node->text, suggestion, sizeof suggestion);
	problem_add(c->problems, node->at, trail, "expected %s, got \"%.60s\"%s", expected,
		    node->text, suggestion);
}

/* One option of a plot: a name or a list of them. */
static void check_option(const struct checking *c, enum target target, const struct node *plot,
			 const struct trail *trail)
{
	const struct node *node = node_get(plot, trail->key);
	struct trail item = {.up = trail};

	if (node && node->kind == NODE_SCALAR)
		check_name_of(c, target, node, trail);
	for (; node && node->kind == NODE_LIST && item.index < node->count; item.index++)
		check_name_of(c, target, node->items[item.index], &item);
}

static void check_plot(const struct checking *c, const struct plot *plot, const struct node *node,
		       const struct trail *up)
{
	for (const struct option *row = plot->base.options; row && row->name; row++) {
		struct trail trail = {up, row->name, 0};
		bool axis = strcmp(row->name, "x") == 0 || strcmp(row->name, "y") == 0;

		if (strcmp(row->name, "methods") == 0 || strcmp(row->name, "relative_to") == 0)
			check_option(c, METHODS, node, &trail);
		else if (strcmp(row->name, "data") == 0)
			check_option(c, DATA, node, &trail);
		else if (axis && row->type == OPTION_TEXT) /* others are one of a list */
			check_option(c, plot->size ? SIZES : SWEPT, node, &trail);
	}
}

enum status report_check_plots(const struct experiment *experiment, struct problems *problems)
{
	const struct plot_options *plots = experiment->plots.at;
	const struct node *list = node_get(experiment->tree, "plots");
	const struct checking checking = {experiment, problems};
	size_t before = problems->count;
	struct trail top = {.key = "plots"};

	for (size_t i = 0; i < experiment->plots.count; i++) {
		const struct trail trail = {&top, NULL, i};

		check_plot(&checking, (const struct plot *)(const void *)plots[i].plot.item,
			   list->items[i], &trail);
	}
	return problems->count > before ? STATUS_SPEC : STATUS_OK;
}
