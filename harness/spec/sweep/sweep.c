/* Values take the place of the axes, one axis after the other, until a plain tree is bound.
 *
 * The axes are met by the binder, which asks here about every option. From the first problem of an
 * entry on the others are looked for at linear cost: each value is bound, not each combination. */
#include "harness/spec/sweep/sweep.h"
#include "harness/spec/sweep/penalties.h"
#include "harness/spec/sweep/search.h"
#include "harness/spec/sweep/zip.h"

#include <stdlib.h>
#include <string.h>

/* A list, or {log: [a, b, n]} or {linear: [a, b, n]}, in the place of a single value. An axis may
 * lie in one value of another (u_update: [dual, {pcg: {rank: [10, 50]}}]). */
struct axis {
	const struct option *row;
	const struct node *node;
	const struct trail *trail;
};

enum { MOST_LOOKED = 20 * GENERATOR_MAX_VALUES };

struct expansion {
	struct bind bind;
	const char *prefix; /* of the paths of axes */
	struct option row;  /* an entry as a group */
	const struct trail *entry;
	size_t known;      /* problems before this entry */
	size_t looked;     /* trees bound to find more of them */
	struct axis found; /* the first axis of a tree that is not plain; row NULL: none */
	size_t shown_count;
	struct swept shown[SWEEP_MAX_AXES]; /* values in the place of axes, as they are met */
	bool zipped[SWEEP_MAX_AXES];
	struct variants *out;
	struct arena trees; /* what stands in the place of others, for the time of the expansion */
};

/* In the place of an axis that has no values: its problem is known. */
static const struct node nothing;

/* --- the values of an axis ----------------------------------------------------------------------
 */

/* A group takes lists and generators through its shorthand. */
static const struct option *stands_for(const struct option *row)
{
	if (row->type == OPTION_GROUP)
		return row->shorthand ? expect_find(row->rows, row->shorthand) : NULL;
	return row;
}

static bool is_flat(const struct option *row)
{
	return row->type == OPTION_CHOICE && row->style == CHOICE_FLAT;
}

/* The node stands for several values of the row, well-formed or not. */
static bool is_axis(const struct option *row, const struct node *node)
{
	const struct option *single = stands_for(row);
	bool list = row->type == OPTION_REALS || row->type == OPTION_TEXTS ||
		    row->type == OPTION_CHOICES || row->type == OPTION_GROUPS;

	if (row->fixed || node->axis)
		return node->zip && !node->axis; /* fixed: a problem */
	if (node->zip && node->kind == NODE_LIST)
		return true;
	if (!single || list)
		return false;
	if (node->kind == NODE_LIST)
		return true;
	return (single->type == OPTION_REAL || single->type == OPTION_REALS ||
		(single->type == OPTION_INT && !single->names)) &&
	       generator_is(node) &&
	       !(row->type == OPTION_GROUP && expect_find(row->rows, node->keys[0].text));
}

static size_t value_count(const struct axis *axis)
{
	return generator_count(stands_for(axis->row), axis->node);
}

/* The index-th value, marked as that of this axis. */
static const struct node *value_at(const struct axis *axis, size_t index, struct arena *arena)
{
	struct node *value = ARENA_NEW(arena, struct node);

	*value = *generator_value(stands_for(axis->row), axis->node, index, arena);
	value->axis = axis->node;
	value->index = index;
	return value;
}

static const char *choice_name(const struct node *node)
{
	return node->kind == NODE_MAP && node->count == 1 ? node->keys[0].text : node->text;
}

/* Canonical short text of a value that has been bound to `field`. A choice is shown by its name
 * where that tells the values apart, else with its options. */
static const char *value_text(struct arena *arena, const struct option *row,
			      const struct node *value, const void *field)
{
	struct text w = text_new(arena);

	if (row->type == OPTION_CHOICE && !node_is_null(value)) {
		const struct node *list = value->axis;
		size_t same = 0;

		for (size_t i = 0; i < list->count && !is_flat(row); i++) {
			const char *name = choice_name(list->items[i]);

			same += name && strcmp(name, choice_name(value)) == 0;
		}
		if (same <= 1)
			return choice_name(value);
	}
	if (row->type == OPTION_GROUP && row->shorthand && value->kind == NODE_SCALAR) {
		row = expect_find(row->rows, row->shorthand);
		field = (const char *)field + row->offset;
	}
	canon_plain(&w, row, field);
	return w.at;
}

/* --- binding a tree that may have axes -----------------------------------------------------------
 */

static bool meet(struct bind *bind, const struct option *row, const struct node *node,
		 const struct trail *trail, void *field)
{
	struct expansion *e = bind->context;

	if (e->found.row || node == &nothing)
		return true;
	if (node->axis) { /* Bind a value of a sweep and note path and text of it. */
		struct trail value = {trail, trail_value, node->index};
		struct swept *shown = &e->shown[e->shown_count];
		char path[PROBLEM_PATH_ROOM];

		e->zipped[e->shown_count++] = node->axis->zip;
		shown->value = NULL;
		if (!bind_value(&e->bind, row, node, node->axis->kind == NODE_LIST ? &value : trail,
				field))
			return false;
		problem_option_path(trail, e->entry, path, sizeof path);
		shown->path = arena_format(e->bind.arena, "%s%s", e->prefix, path);
		shown->value = value_text(e->bind.arena, row, node, field);
		return true;
	}
	if (!is_axis(row, node))
		return bind_value(bind, row, node, trail, field);
	e->found = (struct axis){row, node, trail_copy(trail, e->entry, &e->trees)};
	return true;
}

/* --- multiplying out -----------------------------------------------------------------------------
 */

static bool sound(const struct expansion *e)
{
	return e->bind.problems->count == e->known;
}

static void append(struct expansion *e, void *options)
{
	struct arena *arena = e->bind.arena;
	struct variants *list = e->out;
	struct swept *swept = ARENA_ARRAY(arena, struct swept, e->shown_count);

	memcpy(swept, e->shown, e->shown_count * sizeof *swept);
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		struct variant *grown = ARENA_ARRAY(arena, struct variant, room);

		if (list->count)
			memcpy(grown, list->at, list->count * sizeof *grown);
		list->at = grown;
		list->room = room;
	}
	list->at[list->count++] = (struct variant){e->entry->index, options, e->shown_count, swept};
}

/* False, with a problem, if the axis has no values. */
static bool check_form(struct expansion *e, const struct axis *axis)
{
	const struct node *node = axis->node;
	struct problems *problems = e->bind.problems;

	if (axis->row->fixed)
		problem_add(problems, node->at, axis->trail,
			    "expected an option that can be swept, got \"%s\"", axis->row->name);
	else if (value_count(axis))
		return true;
	else if (node->kind == NODE_MAP)
		problem_add(problems, node->at, axis->trail, "expected %s, count in [1, %d]",
			    generator_form, GENERATOR_MAX_VALUES);
	else
		problem_add(problems, node->at, axis->trail,
			    "expected a list of 1 to %d values, got %s", GENERATOR_MAX_VALUES,
			    node->count ? "more" : "an empty list");
	return false;
}

/* Values must differ, or cells would be computed twice; of a zip, only all of its options together
 * must. NULL texts are of values with problems. */
static void check_distinct(struct expansion *e, const struct axis *axis, const char *const *texts)
{
	size_t count = value_count(axis), repeated = zip_repeated(&e->trees, texts, count);
	struct trail zip = {e->entry, zip_key, 0};

	if (repeated == count)
		return;
	if (axis->node->zip)
		problem_add(e->bind.problems, axis->node->at, &zip,
			    "expected distinct combinations, got the one at index %zu twice",
			    repeated);
	else
		problem_add(e->bind.problems, value_at(axis, repeated, &e->trees)->at, axis->trail,
			    "expected distinct values, got \"%s\" twice", texts[repeated]);
}

/* What tells the values of an axis apart: the text that its value had in the last tree that was
 * bound; of a zip, those of all of its options. NULL: there is none. */
static const char *distinct_text(struct expansion *e, const struct axis *axis, size_t at)
{
	const char *text = at < e->shown_count ? e->shown[at].value : NULL;

	for (size_t i = at + 1; i < e->shown_count && text && axis->node->zip; i++)
		if (e->zipped[i])
			text = e->shown[i].value ? arena_format(&e->trees, "%s\", \"%s", text,
								e->shown[i].value)
						 : NULL;
	return text;
}

static void expand_tree(struct expansion *e, const struct node *tree, const size_t *zip, bool one);

/* A tree for each value of the axis, or for one of them; `zip` is the index in the lists of the zip
 * once one is chosen. */
static void expand_axis(struct expansion *e, const struct node *tree, const struct axis *axis,
			const size_t *zip, bool one)
{
	struct arena *arena = &e->trees;
	size_t count = value_count(axis), at = e->shown_count;
	bool follows = axis->node->zip && zip;
	size_t first = follows ? (*zip < count ? *zip : count - 1) : 0;
	size_t end = follows || one ? first + 1 : count;
	const char **texts = ARENA_ARRAY(arena, const char *, end == count ? count : 0);

	for (size_t i = first; i < end; i++) {
		const struct node *value = value_at(axis, i, arena);
		bool alone = value->kind == NODE_SCALAR && !is_flat(axis->row);

		expand_tree(e, node_replace(tree, e->entry, axis->trail, value, arena),
			    axis->node->zip ? &i : zip, one || (i > first && alone && !sound(e)));
		if (end == count)
			texts[i] = distinct_text(e, axis, at);
	}
	if (end == count)
		check_distinct(e, axis, texts);
}

/* Bind a tree if it is plain, else those that it stands for; one value of each axis is enough where
 * the others are looked at elsewhere. */
static void expand_tree(struct expansion *e, const struct node *tree, const size_t *zip, bool one)
{
	void *options = arena_alloc(e->bind.arena, 1, bind_size(&e->row));
	struct axis axis;

	e->shown_count = 0;
	if (!sound(e) && ++e->looked > MOST_LOOKED)
		return;
	e->found.row = NULL;
	meet(&e->bind, &e->row, tree, e->entry, options);
	axis = e->found;
	if (!axis.row && e->out->count > SWEEP_MAX_CELLS)
		problem_add(e->bind.problems, tree->at, e->entry, "expected at most %d cells",
			    SWEEP_MAX_CELLS);
	else if (!axis.row && sound(e))
		append(e, options);
	else if (axis.row && e->shown_count == SWEEP_MAX_AXES)
		problem_add(e->bind.problems, axis.node->at, axis.trail,
			    "expected at most %d swept options", SWEEP_MAX_AXES);
	else if (axis.row && check_form(e, &axis))
		expand_axis(e, tree, &axis, zip, one);
	else if (axis.row)
		expand_tree(e, node_replace(tree, e->entry, axis.trail, &nothing, &e->trees), zip,
			    one);
}

void sweep_entries(const struct bind *bind, const struct sweep_list *list, struct variants *out)
{
	static const char *const entry_keys[] = {zip_key, search_key, NULL};
	struct trail top = {.key = list->key}, trail = {.up = &top};
	struct expansion *e = ARENA_NEW(bind->arena, struct expansion);
	const struct node *const *given = list->list->at;
	const struct node **grafted =
		ARENA_ARRAY(bind->arena, const struct node *, list->list->count);

	*e = (struct expansion){.bind = *bind,
				.prefix = list->prefix,
				.row = {.type = OPTION_GROUP, .rows = list->rows},
				.entry = &trail,
				.out = out};
	e->bind.meet = meet;
	e->bind.context = e;
	e->bind.entry = &trail;
	e->bind.entry_keys = entry_keys;
	for (; trail.index < list->list->count; trail.index++) {
		const struct node *entry = given[trail.index];
		size_t before = out->count;

		e->known = bind->problems->count;
		e->looked = 0;
		entry = penalties_graft(bind, list->rows, entry, &trail);
		grafted[trail.index] = zip_graft(bind, search_graft(bind, entry, &trail), &trail);
		expand_tree(e, grafted[trail.index], NULL, false);
		if (!sound(e))
			out->count = before;
	}
	list->list->at = grafted;
	arena_release(&e->trees);
}
