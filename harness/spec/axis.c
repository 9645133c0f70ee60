/* The values of one axis, as the binder walks over them. */
#include "harness/spec/axis.h"

#include "harness/spec/canon.h"
#include "harness/spec/expect.h"

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
	if (row->type == OPTION_GROUP && value->kind == NODE_SCALAR) {
		row = expect_find(row->rows, row->shorthand);
		field = (const char *)field + row->offset;
	}
	canon_plain(&w, row, field);
	return w.at;
}

const struct node *axis_current(struct bind *b, const struct alternatives *a, struct axis **axis)
{
	*axis = sweep_meet(b->axes, a->count);
	if (!*axis) {
		problem_add(b->problems, a->node->at, a->trail, "expected at most %d sweep axes",
			    SWEEP_MAX_AXES);
		return NULL;
	}
	return sweep_value(a->row, a->node, (*axis)->index, b->arena);
}

void axis_show(struct bind *b, const struct alternatives *a, struct axis *axis, const char *text)
{
	char path[PROBLEM_PATH_ROOM];

	problem_path(a->trail, b->axes->entry, path, sizeof path);
	/* a list index directly below the entry cannot occur: entries are maps */
	axis->shown.path = arena_format(b->arena, "%s%s", b->axes->prefix, path);
	axis->shown.value = text;
}

bool axis_distinct(struct bind *b, const struct alternatives *a, const char *const *texts)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t j = 0; j < i; j++)
			if (texts[i] && texts[j] && strcmp(texts[i], texts[j]) == 0) {
				problem_add(b->problems,
					    sweep_value(a->row, a->node, i, b->arena)->at, a->trail,
					    "expected distinct values, got \"%s\" twice", texts[i]);
				return false;
			}
	return true;
}
