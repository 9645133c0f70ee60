/* Binding of maps: keys, defaults, the flat choice. */
#include "harness/spec/bind/bind.h"
#include "harness/spec/bind/expect.h"

#include <string.h>

/* What the keys of one map may name. */
struct target {
	const struct option *rows;
	void *base;
	const struct option *flat; /* the flat choice among the rows, or NULL */
	const struct desc *item;   /* what it names */
	void *options;             /* the item's options; NULL if there are none */
	bool loose;                /* the item is unknown: so are its keys */
};

static bool bind_option(struct bind *b, const struct option *row, const struct node *node,
			const struct trail *trail, void *field)
{
	return (b->meet ? b->meet : bind_value)(b, row, node, trail, field);
}

static bool unknown_key(struct bind *b, const struct target *t, const struct node_key *key,
			const struct trail *trail)
{
	char expected[EXPECT_ROOM], suggestion[EXPECT_ROOM / 8];
	struct names names = {0};

	if (t->loose)
		return true;
	expect_add_keys(&names, t->rows);
	if (t->item)
		expect_add_keys(&names, t->item->options);
	if (b->entry && trail->up == b->entry)
		expect_add_name(&names, b->entry_key);
	expect_names(&names, names.count ? "one of the keys " : "no key", expected,
		     sizeof expected);
	expect_suggestion(&names, key->text, suggestion, sizeof suggestion);
	problem_add(b->problems, key->at, trail, "expected %s, got \"%.60s\"%s", expected,
		    key->text, suggestion);
	return false;
}

static void *at_offset(void *base, const struct option *row)
{
	return (char *)base + row->offset;
}

static bool bind_key(struct bind *b, const struct target *t, const struct node_key *key,
		     const struct node *node, const struct trail *up)
{
	struct trail trail = {up, key->text, 0};
	const struct option *row = expect_find(t->rows, key->text);

	if (row)
		return row == t->flat || bind_option(b, row, node, &trail, at_offset(t->base, row));
	row = expect_keyed(t->rows, key->text);
	if (row)
		return bind_keyed(b, row, node, &trail, at_offset(t->base, row));
	row = t->item ? expect_find(t->item->options, key->text) : NULL;
	if (row)
		return bind_option(b, row, node, &trail, at_offset(t->options, row));
	return unknown_key(b, t, key, &trail);
}

/* A default in the spec's own syntax; a single value needs no parser and is put in `room`. */
static const struct node *initial_node(struct bind *b, const struct option *row,
				       struct err_place at, struct node *room)
{
	if (strchr("[{\"'", row->initial[0]))
		return node_read(row->initial, at.source, b->arena, b->problems);
	*room = (struct node){.plain = true, .at = at, .text = row->initial, .size = 1};
	return room;
}

static bool bind_default(struct bind *b, const struct option *row, const struct node *map,
			 const struct trail *up, void *field)
{
	struct trail trail = {up, row->name, 0};
	const struct node *node;
	struct node room;

	if (row->type == OPTION_GROUP && (!row->initial || expect_nullable(row)))
		return bind_rows(b, row->rows, bind_empty_map(b->arena, map->at), &trail, field);
	if (!row->initial)
		return bind_missing(
			b, row, map,
			row->type == OPTION_CHOICE && row->style == CHOICE_KEYED ? up : &trail);
	node = initial_node(b, row, map->at, &room);
	return node && bind_option(b, row, node, &trail, field);
}

static bool bind_defaults(struct bind *b, const struct target *t, const struct option *rows,
			  const struct node *map, const struct trail *trail)
{
	void *base = rows == t->rows ? t->base : t->options;
	bool good = true;

	for (const struct option *row = rows; row && row->name; row++) {
		bool is_keyed = row->type == OPTION_CHOICE && row->style == CHOICE_KEYED;
		void *field = at_offset(base, row);
		bool given =
			is_keyed ? ((struct choice *)field)->item != NULL
				 : node_get(map, row->name) &&
					   (rows == t->rows || !expect_find(t->rows, row->name));

		if (!given && row != t->flat)
			good &= bind_default(b, row, map, trail, field);
	}
	return good;
}

static bool bind_members(struct bind *b, const struct target *t, const struct node *map,
			 const struct trail *trail)
{
	bool good = true;

	for (size_t i = 0; i < map->count; i++)
		good &= bind_key(b, t, &map->keys[i], map->items[i], trail);
	good &= bind_defaults(b, t, t->rows, map, trail);
	if (t->item)
		good &= bind_defaults(b, t, t->item->options, map, trail);
	return good;
}

bool bind_rows(struct bind *b, const struct option *rows, const struct node *map,
	       const struct trail *trail, void *base)
{
	struct target t = {.rows = rows, .base = base, .flat = expect_flat(rows)};
	struct trail step = {trail, t.flat ? t.flat->name : NULL, 0};
	const struct node *name;
	struct node room;
	struct choice *choice;
	bool named;
	char found[EXPECT_ROOM / 4];

	if (map->kind != NODE_MAP) {
		node_found(map, found, sizeof found);
		problem_add(b->problems, map->at, trail, "expected a map, got %s", found);
		return false;
	}
	if (!t.flat)
		return bind_members(b, &t, map, trail);
	name = node_get(map, t.flat->name);
	if (!name && t.flat->initial)
		name = initial_node(b, t.flat, map->at, &room);
	choice = at_offset(base, t.flat);
	named = name ? bind_option(b, t.flat, name, &step, choice)
		     : bind_missing(b, t.flat, map, &step);
	t.item = choice->item;
	t.options = (void *)choice->options;
	t.loose = !t.item && !(name && node_is_null(name) && expect_nullable(t.flat));
	return bind_members(b, &t, map, trail) && named;
}

bool bind_value(struct bind *b, const struct option *row, const struct node *node,
		const struct trail *trail, void *field)
{
	static bool (*const binders[])(struct bind *, const struct option *, const struct node *,
				       const struct trail *, void *) = {
		[OPTION_BOOL] = bind_bool,     [OPTION_INT] = bind_int,
		[OPTION_REAL] = bind_real,     [OPTION_TEXT] = bind_text,
		[OPTION_REALS] = bind_reals,   [OPTION_TEXTS] = bind_texts,
		[OPTION_CHOICE] = bind_choice, [OPTION_CHOICES] = bind_choices,
		[OPTION_GROUPS] = bind_groups, [OPTION_GROUP] = bind_group,
	};

	if (node_is_null(node) && expect_nullable(row) && row->type != OPTION_GROUP) {
		bind_unset(row, field);
		return true;
	}
	if (node_is_null(node) && expect_nullable(row))
		return bind_rows(b, row->rows, bind_empty_map(b->arena, node->at), trail, field);
	return binders[row->type](b, row, node, trail, field);
}
