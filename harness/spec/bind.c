/* Binding of maps: keys, defaults, the flat choice, sweep axes. */
#include "harness/spec/bind.h"
#include "harness/spec/axis.h"
#include "harness/spec/expect.h"
#include "harness/spec/zip.h"

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

static bool bind_field(struct bind *b, const struct option *row, const struct node *node,
		       const struct trail *trail, void *field);
static bool bind_plain(struct bind *b, const struct option *row, const struct node *node,
		       const struct trail *trail, void *field);

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
	if (b->axes && trail->up == b->axes->entry)
		expect_add_name(&names, zip_key);
	expect_names(&names, names.count ? "one of the keys " : "no key", expected,
		     sizeof expected);
	expect_suggestion(&names, key->text, suggestion, sizeof suggestion);
	problem_add(b->problems, key->at, trail, "expected %s, got \"%.60s\"%s", expected,
		    key->text, suggestion);
	return false;
}

static const struct option *keyed_row(const struct target *t, const char *key)
{
	for (const struct option *row = t->rows; row && row->name; row++)
		if (row->type == OPTION_CHOICE && row->style == CHOICE_KEYED &&
		    registry_find((enum kind)row->kind, key))
			return row;
	return NULL;
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
		return row == t->flat || bind_field(b, row, node, &trail, at_offset(t->base, row));
	row = keyed_row(t, key->text);
	if (row)
		return bind_keyed(b, row, node, &trail, at_offset(t->base, row));
	row = t->item ? expect_find(t->item->options, key->text) : NULL;
	if (row)
		return bind_field(b, row, node, &trail, at_offset(t->options, row));
	return unknown_key(b, t, key, &trail);
}

/* A default in the spec's own syntax; a short cut for single values saves the parser. */
static const struct node *initial_node(struct bind *b, const struct option *row,
				       struct err_place at)
{
	struct node *node;

	if (strchr("[{\"'", row->initial[0]))
		return node_read(row->initial, at.source, b->arena, b->problems);
	node = ARENA_NEW(b->arena, struct node);
	*node = (struct node){.plain = true, .at = at, .text = row->initial, .size = 1};
	return node;
}

static bool bind_default(struct bind *b, const struct option *row, const struct node *map,
			 const struct trail *up, void *field)
{
	struct trail trail = {up, row->name, 0};
	const struct node *node;
	struct bind plain = *b;

	plain.axes = NULL;
	if (row->type == OPTION_GROUP && (!row->initial || expect_nullable(row)))
		return bind_rows(&plain, row->rows, bind_empty_map(b->arena, map->at), &trail,
				 field);
	if (!row->initial)
		return bind_missing(
			b, row, map,
			row->type == OPTION_CHOICE && row->style == CHOICE_KEYED ? up : &trail);
	node = initial_node(b, row, map->at);
	return node && bind_plain(&plain, row, node, &trail, field);
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

	for (const struct option *row = t->rows; row && row->name; row++)
		if (row->type == OPTION_CHOICE && row->style == CHOICE_KEYED)
			bind_unset(row, at_offset(t->base,
						  row)); /* bound anew for every value of an axis */
	for (size_t i = 0; i < map->count; i++)
		good &= bind_key(b, t, &map->keys[i], map->items[i], trail);
	good &= bind_defaults(b, t, t->rows, map, trail);
	if (t->item)
		good &= bind_defaults(b, t, t->item->options, map, trail);
	return good;
}

/* One value of the flat choice, then the map around it. */
static bool bind_flat(struct bind *b, struct target t, const struct node *name,
		      const struct node *map, const struct trail *trail)
{
	struct trail step = {trail, t.flat->name, 0};
	struct choice *choice = at_offset(t.base, t.flat);
	bool good = true;

	*choice = (struct choice){0};
	if (node_is_null(name) && expect_nullable(t.flat))
		return bind_members(b, &t, map, trail);
	if (name->kind == NODE_SCALAR)
		t.item = registry_find((enum kind)t.flat->kind, name->text);
	if (!t.item) {
		good = bind_mismatch(b, t.flat, name, &step);
		t.loose = true;
	} else {
		t.options = t.item->size ? arena_alloc(b->arena, 1, t.item->size) : NULL;
		*choice = (struct choice){t.item, t.options};
	}
	return bind_members(b, &t, map, trail) && good;
}

static bool bind_axis(struct bind *b, const struct option *row, const struct node *node,
		      const struct trail *trail, void *field)
{
	struct alternatives a;
	struct trail step = {.up = trail};
	struct swept *shown;
	const struct node *value;
	const char **texts;
	bool good = true;

	if (!axis_open(b, row, node, trail, &a))
		return false;
	if (!b->axes->all) {
		value = axis_current(b, &a, &shown);
		good = value && bind_plain(b, row, value, trail, field);
		if (good)
			axis_show(b, &a, shown, axis_text(b, &a, value, field));
		return good;
	}
	texts = ARENA_ARRAY(b->arena, const char *, a.count);
	for (step.index = 0; step.index < a.count; step.index++) {
		value = sweep_value(row, node, step.index, b->arena);
		if (bind_plain(b, row, value, node->kind == NODE_LIST ? &step : trail, field))
			texts[step.index] = axis_text(b, &a, value, field);
		else
			good = false;
	}
	return axis_distinct(b, &a, texts) && good;
}

/* The flat choice is swept: the rest of the map is bound for each item. */
static bool bind_flat_axis(struct bind *b, struct target t, const struct node *names,
			   const struct node *map, const struct trail *trail)
{
	struct trail step = {trail, t.flat->name, 0};
	struct alternatives a;
	const struct node *value;
	struct swept *shown;
	const char **texts;
	bool good = true;

	if (!axis_open(b, t.flat, names, &step, &a))
		return false;
	if (!b->axes->all) {
		value = axis_current(b, &a, &shown);
		if (value)
			axis_show(b, &a, shown, value->text);
		return value && bind_flat(b, t, value, map, trail);
	}
	texts = ARENA_ARRAY(b->arena, const char *, a.count);
	for (size_t i = 0; i < a.count; i++) {
		texts[i] = names->items[i]->text;
		good &= bind_flat(b, t, names->items[i], map, trail);
	}
	return axis_distinct(b, &a, texts) && good;
}

bool bind_rows(struct bind *b, const struct option *rows, const struct node *map,
	       const struct trail *trail, void *base)
{
	struct target t = {.rows = rows, .base = base};
	const struct node *name;
	char found[EXPECT_ROOM / 4];

	if (map->kind != NODE_MAP) {
		node_found(map, found, sizeof found);
		problem_add(b->problems, map->at, trail, "expected a map, got %s", found);
		return false;
	}
	for (const struct option *row = rows; row && row->name; row++)
		if (row->type == OPTION_CHOICE && row->style == CHOICE_FLAT)
			t.flat = row;
	if (!t.flat)
		return bind_members(b, &t, map, trail);
	name = node_get(map, t.flat->name);
	if (!name && !t.flat->initial) {
		struct trail step = {trail, t.flat->name, 0};
		bool members, named;

		t.loose = true;
		members = bind_members(b, &t, map, trail);
		named = bind_missing(b, t.flat, map, &step); /* both report their problems */
		return members && named;
	}
	if (!name)
		name = initial_node(b, t.flat, map->at);
	if (b->axes && sweep_is_axis(t.flat, name))
		return bind_flat_axis(b, t, name, map, trail);
	return bind_flat(b, t, name, map, trail);
}

/* A single value, no axis. */
static bool bind_plain(struct bind *b, const struct option *row, const struct node *node,
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
	if (row->refused) {
		problem_add(b->problems, node->at, trail, "expected null: %s", row->refused);
		return false;
	}
	return binders[row->type](b, row, node, trail, field);
}

static bool bind_field(struct bind *b, const struct option *row, const struct node *node,
		       const struct trail *trail, void *field)
{
	if (b->axes && sweep_is_axis(row, node))
		return bind_axis(b, row, node, trail, field);
	if (node->zip && row->fixed) {
		problem_add(b->problems, node->at, trail,
			    "expected an option that can be swept, got \"%s\"", row->name);
		return false;
	}
	return bind_plain(b, row, node, trail, field);
}
