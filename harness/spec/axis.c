/* The values of one axis, as the binder walks over them. */
#include "harness/spec/axis.h"

#include "harness/spec/canon.h"
#include "harness/spec/expect.h"

#include <stdlib.h>
#include <string.h>

bool axis_open(struct bind *b, const struct option *row, const struct node *node,
	       const struct trail *trail, struct alternatives *out)
{
	*out = (struct alternatives){row, node, trail, sweep_count(row, node)};
	if (out->count)
		return true;
	if (node->kind == NODE_MAP)
		problem_add(b->problems, node->at, trail, "expected %s, count in [1, %d]",
			    sweep_generator_form, SWEEP_MAX_VALUES);
	else
		problem_add(b->problems, node->at, trail,
			    "expected a list of 1 to %d values, got %s", SWEEP_MAX_VALUES,
			    node->count ? "more" : "an empty list");
	return false;
}

static const char *choice_name(const struct node *node)
{
	return node->kind == NODE_MAP && node->count == 1 ? node->keys[0].text : node->text;
}

static bool repeated_name(const struct node *list, const struct node *value)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const char *name = choice_name(list->items[i]);

		count += name && strcmp(name, choice_name(value)) == 0;
	}
	return count > 1;
}

const char *axis_text(struct bind *b, const struct alternatives *a, const struct node *value,
		      const void *field)
{
	const struct option *row = a->row;
	struct writer w = {.arena = b->arena};

	if (row->type == OPTION_CHOICE && !node_is_null(value) && !repeated_name(a->node, value))
		return choice_name(value);
	if (row->type == OPTION_GROUP && row->shorthand && value->kind == NODE_SCALAR) {
		row = expect_find(row->rows, row->shorthand);
		field = (const char *)field + row->offset;
	}
	canon_plain(&w, row, field);
	return w.at;
}

const struct node *axis_current(struct bind *b, const struct alternatives *a, struct swept **shown)
{
	struct axes *axes = b->axes;
	struct axis *axis = a->node->zip ? axes->zip : NULL;

	if (axes->shown_count == SWEEP_MAX_AXES) {
		problem_add(b->problems, a->node->at, a->trail, "expected at most %d swept options",
			    SWEEP_MAX_AXES);
		return NULL;
	}
	if (!axis)
		axis = sweep_meet(axes, a->count);
	if (a->node->zip)
		axes->zip = axis;
	if (axis->index >= a->count) /* a zip of unequal lists; its problem is known */
		return NULL;
	*shown = &axes->shown[axes->shown_count++];
	return sweep_value(a->row, a->node, axis->index, b->arena);
}

void axis_show(struct bind *b, const struct alternatives *a, struct swept *shown, const char *text)
{
	char path[PROBLEM_PATH_ROOM];

	problem_path(a->trail, b->axes->entry, path, sizeof path);
	/* a list index directly below the entry cannot occur: entries are maps */
	shown->path = arena_format(b->arena, "%s%s", b->axes->prefix, path);
	shown->value = text;
}

/* An option may be bound several times; its values are the same each time. */
static void note_zipped(struct axes *axes, const struct alternatives *a, const char *const *texts)
{
	for (size_t i = 0; i < axes->zipped_count; i++)
		if (axes->zipped[i].node == a->node)
			return;
	if (axes->zipped_count < SWEEP_MAX_AXES)
		axes->zipped[axes->zipped_count++] = (struct zipped){a->node, a->count, texts};
}

struct numbered {
	const char *text;
	size_t index;
};

static int by_text_then_index(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

size_t axis_repeated(struct arena *arena, const char *const *texts, size_t count)
{
	struct numbered *sorted = ARENA_ARRAY(arena, struct numbered, count);
	size_t known = 0, repeated = count;

	for (size_t i = 0; i < count; i++)
		if (texts[i])
			sorted[known++] = (struct numbered){texts[i], i};
	qsort(sorted, known, sizeof *sorted, by_text_then_index);
	for (size_t i = 1; i < known; i++)
		if (strcmp(sorted[i].text, sorted[i - 1].text) == 0 && sorted[i].index < repeated)
			repeated = sorted[i].index;
	return repeated;
}

bool axis_distinct(struct bind *b, const struct alternatives *a, const char *const *texts)
{
	size_t repeated;

	if (a->node->zip) {
		note_zipped(b->axes, a, texts);
		return true;
	}
	repeated = axis_repeated(b->arena, texts, a->count);
	if (repeated == a->count)
		return true;
	problem_add(b->problems, sweep_value(a->row, a->node, repeated, b->arena)->at, a->trail,
		    "expected distinct values, got \"%s\" twice", texts[repeated]);
	return false;
}
