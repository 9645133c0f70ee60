/* Reading the rule, computing its values. */
#include "harness/spec/bind/generator.h"

#include "harness/spec/bind/scalar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char generator_form[] =
	"{log: [first, last, count]} with first, last > 0 or {linear: [first, last, count]}";

struct generator {
	double first, last;
	size_t count;
	bool log;
};

bool generator_is(const struct node *node)
{
	return node->kind == NODE_MAP && node->count == 1 &&
	       (strcmp(node->keys[0].text, "log") == 0 ||
		strcmp(node->keys[0].text, "linear") == 0);
}

static bool read(const struct option *row, const struct node *node, struct generator *out)
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
	if (count < 1 || count > GENERATOR_MAX_VALUES)
		return false;
	out->count = (size_t)count;
	return !out->log || (out->first > 0 && out->last > 0);
}

size_t generator_count(const struct option *row, const struct node *node)
{
	struct generator generator = {0};

	if (node->kind == NODE_LIST)
		return node->count <= GENERATOR_MAX_VALUES ? node->count : 0;
	return read(row, node, &generator) ? generator.count : 0;
}

const struct node *generator_value(const struct option *row, const struct node *node, size_t index,
				   struct arena *arena)
{
	struct generator g = {0};
	char text[SCALAR_ROOM] = "";
	double number, share;
	struct node *value;

	if (node->kind == NODE_LIST)
		return node->items[index];
	read(row, node, &g);
	share = (double)index / (double)(g.count - 1);
	if (index > 0 && index < g.count - 1 && g.log)
		snprintf(text, sizeof text, "%.6g", g.first * pow(g.last / g.first, share));
	else if (index > 0 && index < g.count - 1)
		snprintf(text, sizeof text, "%.12g", g.first + share * (g.last - g.first));
	number = text[0] ? strtod(text, NULL) : index ? g.last : g.first;
	scalar_print_real(row->type == OPTION_INT ? round(number) : number, text);
	value = ARENA_NEW(arena, struct node);
	*value = (struct node){.plain = true, .at = node->at, .size = 1};
	value->text = arena_text(arena, text);
	return value;
}
