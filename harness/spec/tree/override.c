/* Paths of --set, applied to copies of the nodes along them. */
#include "harness/spec/tree/override.h"

#include <stdlib.h>
#include <string.h>

static const char source[] = "--set";

struct override {
	const char *path; /* the whole of it, for messages */
	const struct node *value;
	struct arena *arena;
	struct problems *problems;
	size_t depth;
};

static const struct node *descend(struct override *o, const struct node *node, const char *path);

static const struct node *refuse(struct override *o, const char *expected, const char *path)
{
	problem_add(o->problems, (struct err_place){source, 0, 0}, NULL,
		    "%s: expected %s, got \"%s\"", o->path, expected, path);
	return NULL;
}

/* "[3]rest"; a name picks the entry that is called so. */
static bool element_index(const struct node *list, const char **path, size_t *out)
{
	static const char *const naming[] = {"name", "solver", "attack", "certificate", "plot"};
	char *end;
	size_t length;

	if (**path == '[') {
		*out = strtoul(*path + 1, &end, 10);
		if (end == *path + 1 || *end != ']' || *out >= list->count)
			return false;
		*path = end + 1;
		return true;
	}
	length = strcspn(*path, ".[");
	for (*out = 0; *out < list->count; ++*out) {
		const struct node *name = NULL;

		for (size_t i = 0; !name && i < sizeof naming / sizeof *naming; i++)
			name = node_get(list->items[*out], naming[i]);
		if (name && name->kind == NODE_SCALAR && strlen(name->text) == length &&
		    strncmp(name->text, *path, length) == 0) {
			*path += length;
			return true;
		}
	}
	return false;
}

static const struct node *into_map(struct override *o, const struct node *map, const char *path)
{
	const struct err_place at = {source, 0, 0};
	size_t length = strcspn(path, ".["), index;
	const char *key = arena_text_n(o->arena, path, length);
	const struct node *child;

	if (!length)
		return refuse(o, "a key", path);
	index = node_index(map, key); /* a key that is added may open a map of its own */
	child = descend(o, index < map->count ? map->items[index] : node_map(o->arena, at),
			path + length);
	return child ? node_with(o->arena, map, index, (struct node_key){key, at}, child) : NULL;
}

/* `path` starts behind the step that led to `node`: "", ".key..." or "[index]...". */
static const struct node *descend(struct override *o, const struct node *node, const char *path)
{
	const struct node *child;
	char expected[128];
	const char *rest;
	size_t index;

	if (!*path)
		return o->value;
	if (++o->depth > NODE_MAX_DEPTH)
		return refuse(o, "fewer steps", path);
	if (*path != '.' && *path != '[')
		return refuse(o, "\".\" or \"[\" behind the brackets", path);
	path += *path == '.';
	rest = path;
	if (node->kind == NODE_LIST) {
		if (!element_index(node, &rest, &index)) {
			snprintf(expected, sizeof expected,
				 "an index in brackets below %zu or the name of an entry",
				 node->count);
			return refuse(o, expected, path);
		}
		child = descend(o, node->items[index], rest);
		return child ? node_with(o->arena, node, index, (struct node_key){0}, child) : NULL;
	}
	if (*path == '[')
		return refuse(o, "a list before brackets", path);
	/* a shorthand (u_update: pcg) gives way to the map that the path needs */
	return into_map(o, node->kind == NODE_MAP ? node : node_map(o->arena, node->at), path);
}

const struct node *override_apply(const struct node *root, struct texts sets, struct arena *arena,
				  struct problems *problems)
{
	for (size_t i = 0; i < sets.count; i++) {
		const char *set = sets.at[i], *equals = strchr(set, '=');
		struct override o = {.arena = arena, .problems = problems};
		struct problems *own = ARENA_NEW(arena, struct problems);
		const struct node *parsed, *changed;
		struct node *value;

		if (!equals || equals == set) {
			problem_add(problems, (struct err_place){source, 0, 0}, NULL,
				    "expected path=value, got \"%s\"", set);
			continue;
		}
		o.path = arena_text_n(arena, set, (size_t)(equals - set));
		parsed = node_read(equals + 1, source, arena, own);
		if (own->count) /* positions within the value mean little: it is told without */
			problem_add(problems, (struct err_place){source, 0, 0}, NULL, "%s: %s",
				    o.path, own->at[0].text);
		if (!parsed || own->count)
			continue;
		value = ARENA_NEW(arena, struct node);
		*value = *parsed;
		value->at = (struct err_place){source, 0, 0};
		o.value = value;
		changed = into_map(&o, root, o.path);
		root = changed ? changed : root;
	}
	return root;
}
