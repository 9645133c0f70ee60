/* Zipped options: from paths in a map of their own to the places of the options. */
#include "harness/spec/zip.h"

#include "harness/spec/axis.h"
#include "harness/spec/override.h"
#include "harness/spec/scalar.h"

#include <string.h>

const char zip_key[] = "zip";

struct graft { /* one option of a zip */
	struct bind *bind;
	const struct node_key *key; /* its path; where it stands is told in problems */
	const struct trail *trail;
	const struct node *values;
	int depth;
};

/* The list, as a value of the option itself. */
static const struct node *marked(struct arena *arena, const struct node *values)
{
	struct node *copy = ARENA_NEW(arena, struct node);

	*copy = *values;
	copy->zip = true;
	return copy;
}

static const struct node *refuse(const struct graft *g, const char *step, const struct node *node)
{
	char found[128];

	node_found(node, found, sizeof found);
	problem_add(g->bind->problems, g->key->at, g->trail,
		    "expected \"%.60s\" to be a map, got %s", step, found);
	return NULL;
}

static const struct node *put(struct graft *g, const struct node *map, const char *path);

/* What stands at one step of the path becomes what it is with the list in it. */
static const struct node *put_below(struct graft *g, const struct node *node, const char *step,
				    const char *rest)
{
	size_t length = strcspn(rest, ".");

	if (node && node->kind == NODE_SCALAR && strncmp(node->text, rest, length) == 0 &&
	    !node->text[length])
		node = NULL; /* u_update: pcg gives way to {pcg: {rank: ...}} */
	if (node && node->kind != NODE_MAP)
		return refuse(g, step, node);
	return put(g, node ? node : bind_empty_map(g->bind->arena, g->key->at), rest);
}

static const struct node *put(struct graft *g, const struct node *map, const char *path)
{
	size_t length = strcspn(path, "."), index = 0;
	struct arena *arena = g->bind->arena;
	struct node_key step = {arena_text_n(arena, path, length), g->key->at};
	const struct node *child;

	if (!length || ++g->depth > NODE_MAX_DEPTH) {
		problem_add(g->bind->problems, g->key->at, g->trail,
			    "expected keys with a dot between two of them");
		return NULL;
	}
	while (index < map->count && strcmp(map->keys[index].text, step.text) != 0)
		index++;
	child = index < map->count ? map->items[index] : NULL;
	if (path[length]) {
		child = put_below(g, child, step.text, path + length + 1);
	} else if (child) {
		problem_add(g->bind->problems, g->key->at, g->trail,
			    "expected an option given once, first given at %d:%d",
			    map->keys[index].at.line, map->keys[index].at.col);
		return NULL;
	} else {
		child = marked(arena, g->values);
	}
	return child ? override_child(arena, map, index, step, child) : NULL;
}

/* Number of values that a list or generator promises; 0 if it is neither. */
static size_t promised(const struct node *values)
{
	static const struct option number = {.type = OPTION_REAL};

	if (values->kind != NODE_LIST && !sweep_is_generator(values))
		return 0;
	return sweep_count(&number, values);
}

static void check_values(const struct graft *g, const struct node *zip)
{
	const struct node *values = g->values;
	size_t first = promised(zip->items[0]), count = promised(values);
	char found[128];

	if (values->kind != NODE_LIST && !sweep_is_generator(values)) {
		node_found(values, found, sizeof found);
		problem_add(g->bind->problems, values->at, g->trail,
			    "expected a list of values, got %s", found);
	} else if (count && first && count != first) {
		problem_add(g->bind->problems, values->at, g->trail,
			    "expected %zu values, as many as \"%.60s\" has, got %zu", first,
			    zip->keys[0].text, count);
	}
}

/* The entry without its zip. */
static const struct node *without_zip(struct arena *arena, const struct node *entry)
{
	const struct node **items = ARENA_ARRAY(arena, const struct node *, entry->count);
	struct node_key *keys = ARENA_ARRAY(arena, struct node_key, entry->count);
	struct node *copy = ARENA_NEW(arena, struct node);

	*copy = *entry;
	copy->count = 0;
	for (size_t i = 0; i < entry->count; i++)
		if (strcmp(entry->keys[i].text, zip_key) != 0) {
			items[copy->count] = entry->items[i];
			keys[copy->count++] = entry->keys[i];
		}
	copy->items = items;
	copy->keys = keys;
	return copy;
}

static const struct node *graft_entry(struct bind *bind, const struct node *entry,
				      const struct trail *up)
{
	const struct node *zip = node_get(entry, zip_key), *grown;
	struct trail trail = {up, zip_key, 0}, step = {.up = &trail};
	struct graft g = {.bind = bind, .trail = &step};
	char found[128];

	if (!zip)
		return entry;
	entry = without_zip(bind->arena, entry);
	if (zip->kind != NODE_MAP || !zip->count) {
		node_found(zip, found, sizeof found);
		problem_add(bind->problems, zip->at, &trail,
			    "expected a map of options and their lists, got %s",
			    zip->kind == NODE_MAP ? "an empty one" : found);
		return entry;
	}
	for (size_t i = 0; i < zip->count; i++) {
		g.key = &zip->keys[i];
		g.values = zip->items[i];
		g.depth = 0;
		step.key = g.key->text;
		check_values(&g, zip);
		grown = put(&g, entry, g.key->text);
		entry = grown ? grown : entry;
	}
	return entry;
}

void zip_graft(struct bind *bind, const char *key, struct groups *list)
{
	const struct node *const *entries = list->at;
	const struct node **grafted = ARENA_ARRAY(bind->arena, const struct node *, list->count);
	struct trail top = {.key = key}, trail = {.up = &top};

	for (trail.index = 0; trail.index < list->count; trail.index++)
		grafted[trail.index] = graft_entry(bind, entries[trail.index], &trail);
	list->at = grafted;
}

/* The index-th values of all zipped options as one text; NULL where one is missing. */
static const char *joined(struct bind *bind, size_t index)
{
	const char *text = "";

	for (size_t i = 0; i < bind->axes->zipped_count; i++) {
		const struct zipped *one = &bind->axes->zipped[i];

		if (index >= one->count || !one->texts[index])
			return NULL;
		text = arena_format(bind->arena, "%s\"%s\", ", text, one->texts[index]);
	}
	return text;
}

bool zip_distinct(struct bind *bind, const struct trail *trail)
{
	const struct axes *axes = bind->axes;
	struct trail step = {trail, zip_key, 0};
	size_t count = axes->zipped_count ? axes->zipped[0].count : 0, repeated;
	const char **texts = ARENA_ARRAY(bind->arena, const char *, count);

	for (size_t i = 0; i < count; i++)
		texts[i] = joined(bind, i);
	repeated = axis_repeated(bind->arena, texts, count);
	if (repeated == count)
		return true;
	problem_add(bind->problems, axes->zipped[0].node->at, &step,
		    "expected distinct combinations, got the one at index %zu twice", repeated);
	return false;
}
