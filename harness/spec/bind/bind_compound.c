/* Binding of choices, groups and lists of them. */
#include "harness/spec/bind/bind.h"
#include "harness/spec/bind/expect.h"

#include <string.h>

const struct node *bind_empty_map(struct arena *arena, struct err_place at)
{
	struct node *node = ARENA_NEW(arena, struct node);

	*node = (struct node){.kind = NODE_MAP, .at = at, .size = 1};
	return node;
}

/* Options of an item from a map of its own, or all defaults if the map is null. */
static bool bind_item(struct bind *b, const struct desc *item, const struct node *node,
		      const struct trail *trail, struct choice *out)
{
	const struct node *map = node_is_null(node) ? bind_empty_map(b->arena, node->at) : node;
	void *options = item->size ? arena_alloc(b->arena, 1, item->size) : NULL;

	*out = (struct choice){item, options};
	return bind_rows(b, item->options, map, trail, options);
}

bool bind_keyed(struct bind *b, const struct option *row, const struct node *node,
		const struct trail *trail, struct choice *out)
{
	const struct desc *item = registry_find((enum kind)row->kind, trail->key);

	if (out->item && out->item != item) {
		char expected[EXPECT_ROOM];

		expect_row(row, expected, sizeof expected);
		problem_add(b->problems, node->at, trail, "expected %s, got both \"%s\" and \"%s\"",
			    expected, out->item->name, item->name);
		return false;
	}
	return bind_item(b, item, node, trail, out);
}

/* The rows beside a flat choice bind the options of its item. */
static bool bind_name(struct bind *b, const struct option *row, const struct node *node,
		      const struct trail *trail, struct choice *out)
{
	const struct desc *item =
		node->kind == NODE_SCALAR ? registry_find((enum kind)row->kind, node->text) : NULL;

	*out = (struct choice){0};
	if (!item)
		return bind_mismatch(b, row, node, trail);
	*out = (struct choice){item, item->size ? arena_alloc(b->arena, 1, item->size) : NULL};
	return true;
}

/* u_update: dual, or u_update: {pcg: {rank: 50}} */
bool bind_choice(struct bind *b, const struct option *row, const struct node *node,
		 const struct trail *trail, void *field)
{
	bool nested = node->kind == NODE_MAP && node->count == 1;
	struct trail step = {.up = trail};
	const struct desc *item;
	struct node name = *node;

	if (row->style == CHOICE_FLAT)
		return bind_name(b, row, node, trail, field);
	if (node->kind != NODE_SCALAR && !nested)
		return bind_mismatch(b, row, node, trail);
	if (nested)
		name = (struct node){.at = node->keys[0].at, .text = node->keys[0].text, .size = 1};
	item = registry_find((enum kind)row->kind, name.text);
	if (!item)
		return bind_mismatch(b, row, &name, trail);
	step.key = item->name;
	return bind_item(b, item, nested ? node->items[0] : bind_empty_map(b->arena, node->at),
			 &step, field);
}

/* prepare: [standardize, bias]; a single item is a list of one. */
bool bind_choices(struct bind *b, const struct option *row, const struct node *node,
		  const struct trail *trail, void *field)
{
	struct option element = *row;
	struct choices *list = field;
	struct trail step = {.up = trail};
	bool single = node->kind != NODE_LIST, good = true;
	struct choice *at;

	element.type = OPTION_CHOICE;
	element.initial = NULL;
	list->count = single ? 1 : node->count;
	if (!list->count && row->initial && strcmp(row->initial, "[]") != 0) {
		problem_add(b->problems, node->at, trail,
			    "expected at least one item, got an empty list");
		return false;
	}
	at = ARENA_ARRAY(b->arena, struct choice, list->count);
	for (step.index = 0; step.index < list->count; step.index++)
		good &= bind_choice(b, &element, single ? node : node->items[step.index],
				    single ? trail : &step, &at[step.index]);
	list->at = at;
	return good;
}

bool bind_group(struct bind *b, const struct option *row, const struct node *node,
		const struct trail *trail, void *field)
{
	struct node_key key = {row->shorthand, node->at};
	struct node member = *node;
	const struct node *items = &member;
	struct node map = {
		.kind = NODE_MAP, .at = node->at, .count = 1, .items = &items, .keys = &key};

	member.axis = NULL; /* the group is the value of the sweep */
	if (node->kind == NODE_MAP)
		return bind_rows(b, row->rows, node, trail, field);
	if (node->kind != NODE_SCALAR || !row->shorthand)
		return bind_mismatch(b, row, node, trail);
	return bind_rows(b, row->rows, &map, trail, field);
}

bool bind_groups(struct bind *b, const struct option *row, const struct node *node,
		 const struct trail *trail, void *field)
{
	struct groups *list = field;
	struct trail step = {.up = trail};
	bool good = true;
	char *at;

	if (node->kind != NODE_LIST)
		return bind_mismatch(b, row, node, trail);
	*list = (struct groups){node->count, node->items};
	if (!row->rows)
		return true;
	list->at = at = arena_alloc(b->arena, node->count, row->size);
	for (step.index = 0; step.index < node->count; step.index++)
		good &= bind_rows(b, row->rows, node->items[step.index], &step,
				  at + step.index * row->size);
	return good;
}
