/* Forms of an axis, generated values, the odometer. */
#include "harness/spec/sweep.h"

#include "harness/spec/expect.h"
#include "harness/spec/scalar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char sweep_generator_form[] =
	"{log: [first, last, count]} with first, last > 0 or {linear: [first, last, count]}";

struct generator {
	double first, last;
	size_t count;
	bool log;
};

/* A group takes lists and generators through its shorthand. */
static const struct option *stands_for(const struct option *row)
{
	if (row->type == OPTION_GROUP)
		return row->shorthand ? expect_find(row->rows, row->shorthand) : NULL;
	return row;
}

static bool is_number(const struct option *row)
{
	return (row->type == OPTION_INT && !row->names) || row->type == OPTION_REAL ||
	       row->type == OPTION_REALS;
}

static bool takes_list(const struct option *row)
{
	static const bool lists[] = {[OPTION_REALS] = true,
				     [OPTION_TEXTS] = true,
				     [OPTION_CHOICES] = true,
				     [OPTION_GROUPS] = true,
				     [OPTION_GROUP] = false};

	return lists[row->type];
}

bool sweep_is_generator(const struct node *node)
{
	return node->kind == NODE_MAP && node->count == 1 &&
	       (strcmp(node->keys[0].text, "log") == 0 ||
		strcmp(node->keys[0].text, "linear") == 0);
}

bool sweep_is_axis(const struct option *row, const struct node *node)
{
	const struct option *single = stands_for(row);

	if (row->fixed)
		return false;
	if (node->zip && node->kind == NODE_LIST)
		return true;
	if (!single || takes_list(row))
		return false;
	if (node->kind == NODE_LIST)
		return true;
	return is_number(single) && sweep_is_generator(node) &&
	       !(row->type == OPTION_GROUP && expect_find(row->rows, node->keys[0].text));
}

static bool read_generator(const struct option *row, const struct node *node, struct generator *out)
{
	const struct node *list = node->items[0];
	long count;

	out->log = strcmp(node->keys[0].text, "log") == 0;
	if (list->kind != NODE_LIST || list->count != 3)
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i]->kind != NODE_SCALAR)
			return false;
	if (!scalar_real(list->items[0]->text, row->unit, &out->first) ||
	    !scalar_real(list->items[1]->text, row->unit, &out->last) ||
	    !scalar_int(list->items[2]->text, UNIT_NONE, &count))
		return false;
	if (count < 1 || count > SWEEP_MAX_VALUES)
		return false;
	out->count = (size_t)count;
	return !out->log || (out->first > 0 && out->last > 0);
}

size_t sweep_count(const struct option *row, const struct node *node)
{
	struct generator generator;

	if (node->kind == NODE_LIST)
		return node->count <= SWEEP_MAX_VALUES ? node->count : 0;
	return read_generator(stands_for(row), node, &generator) ? generator.count : 0;
}

static double generated(const struct generator *g, size_t index)
{
	double share = (double)index / (double)(g->count - 1);
	char text[SCALAR_ROOM];

	if (index == 0)
		return g->first;
	if (index == g->count - 1)
		return g->last;
	if (g->log)
		snprintf(text, sizeof text, "%.6g", g->first * pow(g->last / g->first, share));
	else
		snprintf(text, sizeof text, "%.12g", g->first + share * (g->last - g->first));
	return strtod(text, NULL);
}

const struct node *sweep_value(const struct option *row, const struct node *node, size_t index,
			       struct arena *arena)
{
	const struct option *single = stands_for(row);
	struct generator generator;
	struct node *value;
	char text[SCALAR_ROOM];
	double number;

	if (node->kind == NODE_LIST)
		return node->items[index];
	read_generator(single, node, &generator);
	number = generated(&generator, index);
	scalar_print_real(single->type == OPTION_INT ? round(number) : number, text);
	value = ARENA_NEW(arena, struct node);
	*value = (struct node){.plain = true, .at = node->at, .size = 1};
	value->text = arena_text(arena, text);
	return value;
}

/* Before each pass. */
static void restart(struct axes *axes)
{
	axes->met = axes->shown_count = 0;
	axes->zip = NULL;
}

void sweep_start(struct axes *axes)
{
	axes->known = 0;
	restart(axes);
}

struct axis *sweep_meet(struct axes *axes, size_t count)
{
	struct axis *axis = &axes->at[axes->met];

	if (axes->met == axes->known) {
		axis->index = 0;
		axes->known++;
	}
	axis->count = count;
	axes->met++;
	return axis;
}

bool sweep_next(struct axes *axes)
{
	axes->known = axes->met;
	restart(axes);
	while (axes->known > 0) {
		struct axis *axis = &axes->at[axes->known - 1];

		if (++axis->index < axis->count)
			return true;
		axes->known--;
	}
	return false;
}
