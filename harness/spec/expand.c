/* First every value of each axis is bound once, which finds all problems at linear cost; then the
 * odometer runs over the product of the axes. */
#include "harness/spec/expand.h"
#include "harness/spec/zip.h"

#include <string.h>

static void append(struct bind *bind, struct variants *list, struct variant variant)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		struct variant *grown = ARENA_ARRAY(bind->arena, struct variant, room);

		if (list->count)
			memcpy(grown, list->at, list->count * sizeof *grown);
		list->at = grown;
		list->room = room;
	}
	list->at[list->count++] = variant;
}

static const struct swept *copy_swept(struct arena *arena, const struct axes *axes)
{
	struct swept *swept = ARENA_ARRAY(arena, struct swept, axes->shown_count);

	memcpy(swept, axes->shown, axes->shown_count * sizeof *swept);
	return swept;
}

static void expand_entry(struct bind *bind, const struct entries *entries, const struct node *node,
			 const struct trail *trail, struct variants *out)
{
	struct axes *axes = bind->axes;

	do {
		void *options = arena_alloc(bind->arena, 1, entries->size);

		if (!bind_rows(bind, entries->rows, node, trail, options))
			return;
		append(bind, out,
		       (struct variant){trail->index, options, axes->shown_count,
					copy_swept(bind->arena, axes)});
		if (out->count > EXPAND_MAX_CELLS) {
			problem_add(bind->problems, node->at, trail, "expected at most %d cells",
				    EXPAND_MAX_CELLS);
			return;
		}
	} while (sweep_next(axes));
}

void expand_entries(struct bind *bind, const struct entries *entries, struct variants *out)
{
	const struct node *const *nodes = entries->list->at;
	struct axes *axes = ARENA_NEW(bind->arena, struct axes);
	void *checked = arena_alloc(bind->arena, 1, entries->size);
	struct trail list = {.key = entries->key}, trail = {.up = &list};

	axes->entry = &trail;
	axes->prefix = entries->prefix;
	bind->axes = axes;
	for (trail.index = 0; trail.index < entries->list->count; trail.index++) {
		const struct node *node = nodes[trail.index];

		axes->all = true;
		axes->zipped_count = 0;
		if (!bind_rows(bind, entries->rows, node, &trail, checked) ||
		    !zip_distinct(bind, &trail))
			continue;
		axes->all = false;
		sweep_start(axes);
		expand_entry(bind, entries, node, &trail, out);
	}
	bind->axes = NULL;
}
