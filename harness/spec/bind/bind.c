/* Binding a plain tree: single values and lists of them, choices and groups, maps with their keys,
 * defaults and flat choice. */
#include "harness/spec/bind/bind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- single values and lists of them ---------------------------------------------------------
 */

/* "expected ..., got ..." for a value that does not fit its row. Returns false. */
static bool mismatch(struct bind *bind, const struct option *row, const struct node *node,
		     const struct trail *trail)
{
	char expected[EXPECT_ROOM], found[EXPECT_ROOM / 4], suggestion[EXPECT_ROOM / 8] = "";
	struct names names = {0};

	expect_row(row, expected, sizeof expected);
	node_found(node, found, sizeof found);
	expect_row_names(row, &names);
	if (node->kind == NODE_SCALAR)
		expect_suggestion(&names, node->text, suggestion, sizeof suggestion);
	problem_add(bind->problems, node->at, trail, "expected %s, got %s%s", expected, found,
		    suggestion);
	return false;
}

bool bind_missing(struct bind *bind, const struct option *row, const struct node *map,
		  const struct trail *trail)
{
	char expected[EXPECT_ROOM];

	expect_row(row, expected, sizeof expected);
	problem_add(bind->problems, map->at, trail, "expected %s, got nothing", expected);
	return false;
}

size_t bind_size(const struct option *row)
{
	static const size_t sizes[] = {
		[OPTION_BOOL] = sizeof(bool),
		[OPTION_INT] = sizeof(long),
		[OPTION_REAL] = sizeof(double),
		[OPTION_TEXT] = sizeof(const char *),
		[OPTION_REALS] = sizeof(struct reals),
		[OPTION_TEXTS] = sizeof(struct texts),
		[OPTION_TEXT_MAP] = sizeof(struct text_map),
		[OPTION_CHOICE] = sizeof(struct choice),
		[OPTION_CHOICES] = sizeof(struct choices),
		[OPTION_GROUPS] = sizeof(struct groups),
		[OPTION_GROUP] = 0,
	};
	size_t size = sizes[row->type];

	for (const struct option *member = row->rows;
	     row->type == OPTION_GROUP && member && member->name; member++) {
		size_t end = member->offset + bind_size(member);

		size = end > size ? end : size;
	}
	return size;
}

static bool bind_bool(struct bind *bind, const struct option *row, const struct node *node,
		      const struct trail *trail, void *field)
{
	bool yes = node->kind == NODE_SCALAR && strcmp(node->text, "true") == 0;

	if (!yes && (node->kind != NODE_SCALAR || strcmp(node->text, "false") != 0))
		return mismatch(bind, row, node, trail);
	*(bool *)field = yes;
	return true;
}

static bool name_index(const char *const *names, const char *name, long *out)
{
	for (long i = 0; names && names[i]; i++)
		if (strcmp(names[i], name) == 0) {
			*out = i;
			return true;
		}
	return false;
}

static bool bind_int(struct bind *bind, const struct option *row, const struct node *node,
		     const struct trail *trail, void *field)
{
	long value = 0;
	bool good = node->kind == NODE_SCALAR;

	if (good && row->names)
		good = name_index(row->names, node->text, &value);
	else if (good && name_index(row->words, node->text, &value))
		value = -1 - value;
	else if (good)
		good = scalar_int(node->text, row->unit, &value) &&
		       scalar_in_range(&row->range, (double)value);
	if (!good)
		return mismatch(bind, row, node, trail);
	*(long *)field = value;
	return true;
}

static bool bind_real(struct bind *bind, const struct option *row, const struct node *node,
		      const struct trail *trail, void *field)
{
	double value;

	if (node->kind != NODE_SCALAR || !scalar_real(node->text, row->unit, &value) ||
	    !scalar_in_range(&row->range, value))
		return mismatch(bind, row, node, trail);
	*(double *)field = value;
	return true;
}

/* Replace each ${NAME}; the folder of data sets has a default. NULL after a problem. */
static const char *expand(struct bind *bind, const struct node *node, const struct trail *trail)
{
	struct text done = text_new(bind->arena);
	const char *rest = node->text, *open;

	while ((open = strstr(rest, "${"))) {
		const char *close = strchr(open, '}');
		const char *name, *value;

		if (!close) {
			problem_add(bind->problems, node->at, trail,
				    "expected \"}\" behind \"${\", got \"%s\"", open);
			return NULL;
		}
		name = arena_text_n(bind->arena, open + 2, (size_t)(close - open) - 2);
		value = getenv(name);
		if (!value && strcmp(name, "RELUBENCH_DATA") == 0)
			value = "data";
		if (!value) {
			problem_add(
				bind->problems, node->at, trail,
				"expected a path, but the environment variable \"%s\" is not set",
				name);
			return NULL;
		}
		text_format(&done, "%.*s%s", (int)(open - rest), rest, value);
		rest = close + 1;
	}
	text_add(&done, rest);
	return done.at;
}

static bool bind_text(struct bind *bind, const struct option *row, const struct node *node,
		      const struct trail *trail, void *field)
{
	const char *text = node->text;

	if (node->kind != NODE_SCALAR || node_is_null(node))
		return mismatch(bind, row, node, trail);
	if ((row->path && !text[0]) || (row->is_valid && !row->is_valid(text)) ||
	    (row->names && !name_index(row->names, text, &(long){0})))
		return mismatch(bind, row, node, trail);
	if (row->path && bind->folder) {
		text = expand(bind, node, trail);
		/* one that starts with a variable is not relative to the spec */
		if (text && text[0] != '/' && strncmp(node->text, "${", 2) != 0 && bind->folder[0])
			text = arena_format(bind->arena, "%s/%s", bind->folder, text);
	}
	*(const char **)field = text;
	return text;
}

/* The index-th element of a list; a single value is a list of one. */
static const struct node *element(const struct option *row, const struct node *node, size_t index,
				  struct arena *arena)
{
	if (node->kind == NODE_SCALAR)
		return node;
	return generator_value(row, node, index, arena);
}

static size_t element_count(const struct option *row, const struct node *node)
{
	return node->kind == NODE_SCALAR ? 1 : generator_count(row, node);
}

/* The row of a single element, for its message. */
static struct option element_row(const struct option *row, enum option_type type)
{
	struct option single = *row;

	single.type = type;
	single.initial = NULL;
	return single;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* And sort it. */
static bool check_set(struct bind *bind, const struct reals *list, const struct node *node,
		      const struct trail *trail)
{
	bool good = list->count > 0;

	if (!good)
		problem_add(bind->problems, node->at, trail,
			    "expected at least one number, got an empty list");
	qsort((double *)list->at, list->count, sizeof *list->at, ascending);
	for (size_t i = 1; i < list->count; i++)
		if (!(list->at[i - 1] < list->at[i])) {
			problem_add(bind->problems, node->at, trail,
				    "expected distinct values, got %g twice", list->at[i]);
			good = false;
		}
	return good;
}

static bool bind_reals(struct bind *bind, const struct option *row, const struct node *node,
		       const struct trail *trail, void *field)
{
	const struct option single = element_row(row, OPTION_REAL);
	struct reals *list = field;
	struct trail step = {.up = trail};
	bool good = true;
	double *at;

	if (node->kind == NODE_MAP && (!generator_is(node) || !generator_count(row, node)))
		return mismatch(bind, row, node, trail);
	list->count = element_count(row, node);
	at = ARENA_ARRAY(bind->arena, double, list->count);
	for (step.index = 0; step.index < list->count; step.index++) {
		const struct node *item = element(row, node, step.index, bind->arena);

		good &= bind_real(bind, &single, item, &step, &at[step.index]);
	}
	list->at = at;
	if (!good || row->shape != LIST_INTERVAL)
		return good && (row->shape != LIST_SET || check_set(bind, list, node, trail));
	good = list->count == 0 || (list->count == 2 && list->at[0] < list->at[1]);
	if (!good && list->count == 2)
		problem_add(bind->problems, node->at, trail,
			    "expected two ascending numbers or null, got %g and %g", list->at[0],
			    list->at[1]);
	else if (!good)
		problem_add(bind->problems, node->at, trail,
			    "expected two ascending numbers or null, got %zu numbers", list->count);
	return good;
}

static bool bind_texts(struct bind *bind, const struct option *row, const struct node *node,
		       const struct trail *trail, void *field)
{
	const struct option single = element_row(row, OPTION_TEXT);
	struct texts *list = field;
	struct trail step = {.up = trail};
	bool good = true;
	const char **at;

	if (node->kind == NODE_MAP)
		return mismatch(bind, row, node, trail);
	list->count = element_count(row, node);
	at = ARENA_ARRAY(bind->arena, const char *, list->count);
	for (step.index = 0; step.index < list->count; step.index++)
		good &= bind_text(bind, &single, element(row, node, step.index, bind->arena), &step,
				  &at[step.index]);
	list->at = at;
	return good;
}

/* labels: {admm: "ADMM (ours)"} */
static bool bind_text_map(struct bind *bind, const struct option *row, const struct node *node,
			  const struct trail *trail, void *field)
{
	const struct option single = element_row(row, OPTION_TEXT);
	struct text_map *map = field;
	bool good = true;
	struct text_entry *at;
	long word;

	if (node->kind == NODE_SCALAR && name_index(row->words, node->text, &word)) {
		at = ARENA_NEW(bind->arena, struct text_entry);
		at->key = row->words[word];
		*map = (struct text_map){1, at};
		return true;
	}
	if (node->kind != NODE_MAP)
		return mismatch(bind, row, node, trail);
	at = ARENA_ARRAY(bind->arena, struct text_entry, node->count);
	for (size_t i = 0; i < node->count; i++) {
		struct trail step = {trail, node->keys[i].text, 0};

		at[i].key = node->keys[i].text;
		good &= bind_text(bind, &single, node->items[i], &step, &at[i].text);
	}
	*map = (struct text_map){node->count, at};
	return good;
}

/* --- choices, groups and lists of them -------------------------------------------------------
 */

/* Options of an item from a map of its own, or all defaults if the map is null. */
static bool bind_item(struct bind *b, const struct desc *item, const struct node *node,
		      const struct trail *trail, struct choice *out)
{
	const struct node *map = node_is_null(node) ? node_map(b->arena, node->at) : node;
	void *options = item->size ? arena_alloc(b->arena, 1, item->size) : NULL;

	*out = (struct choice){item, options};
	return bind_rows(b, item->options, map, trail, options);
}

static bool bind_keyed(struct bind *b, const struct option *row, const struct node *node,
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

/* u_update: dual, or u_update: {pcg: {rank: 50}} */
static bool bind_choice(struct bind *b, const struct option *row, const struct node *node,
			const struct trail *trail, void *field)
{
	bool nested = node->kind == NODE_MAP && node->count == 1;
	struct trail step = {.up = trail};
	const struct desc *item;
	struct node name = *node;

	if (row->style == CHOICE_FLAT) { /* the rows beside it bind the options of its item */
		item = node->kind == NODE_SCALAR ? registry_find((enum kind)row->kind, node->text)
						 : NULL;
		*(struct choice *)field = (struct choice){
			item, item && item->size ? arena_alloc(b->arena, 1, item->size) : NULL};
		return item || mismatch(b, row, node, trail);
	}
	if (node->kind != NODE_SCALAR && !nested)
		return mismatch(b, row, node, trail);
	if (row->shorthand && !nested && strcmp(node->text, "false") == 0) {
		*(struct choice *)field = (struct choice){NULL, NULL};
		return true;
	}
	if (row->shorthand && !nested && strcmp(node->text, "true") == 0)
		name.text = row->shorthand;
	if (nested)
		name = (struct node){.at = node->keys[0].at, .text = node->keys[0].text, .size = 1};
	item = registry_find((enum kind)row->kind, name.text);
	if (!item)
		return mismatch(b, row, &name, trail);
	step.key = item->name;
	return bind_item(b, item, nested ? node->items[0] : node_map(b->arena, node->at), &step,
			 field);
}

/* prepare: [standardize, bias]; a single item is a list of one. */
static bool bind_choices(struct bind *b, const struct option *row, const struct node *node,
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

static bool bind_group(struct bind *b, const struct option *row, const struct node *node,
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
		return mismatch(b, row, node, trail);
	return bind_rows(b, row->rows, &map, trail, field);
}

static bool bind_groups(struct bind *b, const struct option *row, const struct node *node,
			const struct trail *trail, void *field)
{
	struct groups *list = field;
	struct trail step = {.up = trail};
	bool good = true;
	char *at;

	if (node->kind != NODE_LIST)
		return mismatch(b, row, node, trail);
	*list = (struct groups){node->count, node->items};
	if (!row->rows)
		return true;
	list->at = at = arena_alloc(b->arena, node->count, row->size);
	for (step.index = 0; step.index < node->count; step.index++)
		good &= bind_rows(b, row->rows, node->items[step.index], &step,
				  at + step.index * row->size);
	return good;
}

/* --- maps ------------------------------------------------------------------------------------
 */

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
	for (const char *const *more = b->entry_keys; more && *more && trail->up == b->entry;
	     more++)
		expect_add_name(&names, *more);
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

static bool bind_defaults(struct bind *b, const struct target *t, const struct option *rows,
			  const struct node *map, const struct trail *up)
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
		struct trail trail = {up, row->name, 0};
		const struct node *node;
		struct node room;

		if (given || row == t->flat)
			continue;
		if (row->type == OPTION_GROUP && (!row->initial || expect_nullable(row))) {
			node = node_map(b->arena, map->at);
			good &= bind_rows(b, row->rows, node, &trail, field);
		} else if (!row->initial) {
			good &= bind_missing(b, row, map, is_keyed ? up : &trail);
		} else {
			node = initial_node(b, row, map->at, &room);
			good &= node && bind_option(b, row, node, &trail, field);
		}
	}
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
	bool good = true;
	char found[EXPECT_ROOM / 4];

	if (map->kind != NODE_MAP) {
		node_found(map, found, sizeof found);
		problem_add(b->problems, map->at, trail, "expected a map, got %s", found);
		return false;
	}
	if (t.flat) {
		name = node_get(map, t.flat->name);
		if (!name && t.flat->initial)
			name = initial_node(b, t.flat, map->at, &room);
		choice = at_offset(base, t.flat);
		good = name ? bind_option(b, t.flat, name, &step, choice)
			    : bind_missing(b, t.flat, map, &step);
		t.item = choice->item;
		t.options = (void *)choice->options;
		t.loose = !t.item && !(name && node_is_null(name) && expect_nullable(t.flat));
	}
	for (size_t i = 0; i < map->count; i++)
		good &= bind_key(b, &t, &map->keys[i], map->items[i], trail);
	good &= bind_defaults(b, &t, rows, map, trail);
	if (t.item)
		good &= bind_defaults(b, &t, t.item->options, map, trail);
	return good;
}

static bool (*const binders[])(struct bind *, const struct option *, const struct node *,
			       const struct trail *, void *) = {
	[OPTION_BOOL] = bind_bool,         [OPTION_INT] = bind_int,
	[OPTION_REAL] = bind_real,         [OPTION_TEXT] = bind_text,
	[OPTION_REALS] = bind_reals,       [OPTION_TEXTS] = bind_texts,
	[OPTION_TEXT_MAP] = bind_text_map, [OPTION_CHOICE] = bind_choice,
	[OPTION_CHOICES] = bind_choices,   [OPTION_GROUPS] = bind_groups,
	[OPTION_GROUP] = bind_group,
};

bool bind_value(struct bind *b, const struct option *row, const struct node *node,
		const struct trail *trail, void *field)
{
	if (node_is_null(node) && expect_nullable(row)) {
		if (row->type == OPTION_GROUP)
			return bind_rows(b, row->rows, node_map(b->arena, node->at), trail, field);
		if (row->type == OPTION_REAL)
			*(double *)field = NAN;
		else if (row->type == OPTION_INT)
			*(long *)field = SCALAR_UNSET_INT;
		else
			memset(field, 0, bind_size(row));
		return true;
	}
	if (row->refused) {
		problem_add(b->problems, node->at, trail, "expected null: %s", row->refused);
		return false;
	}
	return binders[row->type](b, row, node, trail, field);
}
