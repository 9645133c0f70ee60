/* A path of penalties as options of its entry. See penalties.h. */
#include "harness/spec/sweep/penalties.h"

#include <string.h>

static const char beta[] = "beta", count[] = "penalties", first[] = "first_penalty";
static const char largest[] = "max"; /* in the place of the first penalty */

/* The list of {path: [...]}, or NULL. */
static const struct node *path_of(const struct node *entry)
{
	const struct node *value = node_get(entry, beta);

	if (!value || value->kind != NODE_MAP || value->count != 1)
		return NULL;
	return node_get(value, "path");
}

/* Two numbers or `largest` and one, and a count of at least 2. */
static bool is_path(const struct node *list)
{
	double number;
	long points;

	if (list->kind != NODE_LIST || list->count != 3)
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i]->kind != NODE_SCALAR)
			return false;
	return (strcmp(list->items[0]->text, largest) == 0 ||
		scalar_real(list->items[0]->text, UNIT_NONE, &number)) &&
	       scalar_real(list->items[1]->text, UNIT_NONE, &number) &&
	       scalar_int(list->items[2]->text, UNIT_NONE, &points) && points > 1;
}

const struct node *penalties_graft(const struct bind *bind, const struct option *rows,
				   const struct node *entry, const struct trail *up)
{
	const struct node *list = path_of(entry);
	struct trail at = {up, beta, 0}, trail = {&at, "path", 0};
	struct arena *arena = bind->arena;
	struct node_key key = {.text = beta};

	if (!list || !expect_find(rows, count))
		return entry;
	key.at = list->at;
	if (!is_path(list)) {
		problem_add(bind->problems, list->at, &trail,
			    "expected [first, last, count] with first > last > 0, or max in the "
			    "place of the first, and count > 1");
		return node_without(entry, beta, arena);
	}
	entry = node_with(arena, entry, node_index(entry, beta), key, list->items[1]);
	key.text = count;
	entry = node_with(arena, entry, entry->count, key, list->items[2]);
	key.text = first;
	if (strcmp(list->items[0]->text, largest) != 0)
		entry = node_with(arena, entry, entry->count, key, list->items[0]);
	return entry;
}
