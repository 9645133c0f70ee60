/* Zipped options: from paths in a map of their own to the places of the options. */
#include "harness/spec/sweep/zip.h"

#include "harness/spec/bind/bind.h"
#include "harness/spec/tree/tree.h"

#include <stdlib.h>
#include <string.h>

const char zip_key[] = "zip";

struct graft { /* one option of a zip */
	const struct bind *bind;
	const struct node_key *key; /* its path; where it stands is told in problems */
	const struct trail *trail;
	const struct node *values;
	int depth;
};

/* A map with the list where the rest of its path leads. */
static const struct node *put(struct graft *g, const struct node *map, const char *path)
{
	size_t length = strcspn(path, "."), index, next;
	struct arena *arena = g->bind->arena;
	struct node_key step = {arena_text_n(arena, path, length), g->key->at};
	const struct node *child;
	struct node *marked;
	char found[128];

	if (!length || ++g->depth > NODE_MAX_DEPTH) {
		problem_add(g->bind->problems, step.at, g->trail,
			    "expected keys with a dot between two of them");
		return NULL;
	}
	index = node_index(map, step.text);
	child = index < map->count ? map->items[index] : NULL;
	if (!path[length]) {
		if (child) {
			problem_add(g->bind->problems, step.at, g->trail,
				    "expected an option given once, first given at %d:%d",
				    map->keys[index].at.line, map->keys[index].at.col);
			return NULL;
		}
		marked = ARENA_NEW(arena, struct node);
		*marked = *g->values;
		marked->zip = true;
		return node_with(arena, map, index, step, marked);
	}
	path += length + 1;
	next = strcspn(path, ".");
	if (child && child->kind == NODE_SCALAR && strncmp(child->text, path, next) == 0 &&
	    !child->text[next])
		child = NULL; /* u_update: pcg gives way to {pcg: {rank: ...}} */
	if (child && child->kind != NODE_MAP) {
		node_found(child, found, sizeof found);
		problem_add(g->bind->problems, step.at, g->trail,
			    "expected \"%.60s\" to be a map, got %s", step.text, found);
		return NULL;
	}
	child = put(g, child ? child : node_map(arena, step.at), path);
	return child ? node_with(arena, map, index, step, child) : NULL;
}

/* Number of values that a list or generator promises; 0 if it is neither. */
static size_t promised(const struct node *values)
{
	static const struct option number = {.type = OPTION_REAL};

	if (values->kind != NODE_LIST && !generator_is(values))
		return 0;
	return generator_count(&number, values);
}

const struct node *zip_graft(const struct bind *bind, const struct node *entry,
			     const struct trail *up)
{
	const struct node *zip = node_get(entry, zip_key), *grown;
	struct trail trail = {up, zip_key, 0}, step = {.up = &trail};
	struct graft g;
	char found[128];

	if (!zip)
		return entry;
	entry = node_without(entry, zip_key, bind->arena);
	if (zip->kind != NODE_MAP || !zip->count) {
		node_found(zip, found, sizeof found);
		problem_add(bind->problems, zip->at, &trail,
			    "expected a map of options and their lists, got %s",
			    zip->kind == NODE_MAP ? "an empty one" : found);
		return entry;
	}
	for (size_t i = 0; i < zip->count; i++) {
		const struct node *values = zip->items[i];
		size_t first = promised(zip->items[0]), count = promised(values);

		g = (struct graft){bind, &zip->keys[i], &step, values, 0};
		step.key = g.key->text;
		if (values->kind != NODE_LIST && !generator_is(values)) {
			node_found(values, found, sizeof found);
			problem_add(bind->problems, values->at, &step,
				    "expected a list of values, got %s", found);
		} else if (count && first && count != first) {
			problem_add(bind->problems, values->at, &step,
				    "expected %zu values, as many as \"%.60s\" has, got %zu", first,
				    zip->keys[0].text, count);
		}
		grown = put(&g, entry, g.key->text);
		entry = grown ? grown : entry;
	}
	return entry;
}

/* By text, then by place. */
static int compare(const void *a, const void *b)
{
	const char *const *const *x = a, *const *const *y = b;
	int order = strcmp(**x, **y);

	return order ? order : (*x > *y) - (*x < *y);
}

size_t zip_repeated(struct arena *arena, const char *const *texts, size_t count)
{
	const char *const **sorted = ARENA_ARRAY(arena, const char *const *, count);
	size_t known = 0, repeated = count;

	for (size_t i = 0; i < count; i++)
		if (texts[i])
			sorted[known++] = &texts[i];
	qsort(sorted, known, sizeof *sorted, compare);
	for (size_t i = 1; i < known; i++)
		if (strcmp(*sorted[i], *sorted[i - 1]) == 0 &&
		    (size_t)(sorted[i] - texts) < repeated)
			repeated = (size_t)(sorted[i] - texts);
	return repeated;
}
