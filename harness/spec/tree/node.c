/* Composing the tree from libyaml's events. */
#include "harness/spec/tree/node.h"

#include "harness/spec/tree/brace.h"

#include <string.h>
#include <yaml.h>

struct anchor {
	const struct anchor *next;
	const char *name;
	const struct node *node;
};

struct child { /* of a list or map that is being read */
	struct child *next;
	struct node_key key;
	const struct node *node;
};

struct children {
	struct child *first, **last;
	size_t count;
};

struct composer {
	yaml_parser_t parser;
	const char *input, *source;
	struct arena *arena;
	struct problems *problems;
	const struct anchor *anchors;
	size_t expanded; /* nodes read so far, aliases expanded */
};

static struct err_place place(const struct composer *c, yaml_mark_t mark)
{
	return (struct err_place){c->source, (int)mark.line + 1, (int)mark.column + 1};
}

static bool next_event(struct composer *c, yaml_event_t *event)
{
	const yaml_parser_t *p = &c->parser;
	struct err_place at;

	if (yaml_parser_parse(&c->parser, event))
		return true;
	at = place(c, p->problem_mark);
	if (p->error == YAML_READER_ERROR) { /* bytes that are no text have an offset only */
		at.line = at.col = 1;
		for (size_t i = 0; i < p->problem_offset && c->input[i]; i++) {
			bool first = (c->input[i] & 0xc0) != 0x80; /* byte of a character */

			at.col = c->input[i] == '\n' ? 1 : at.col + first;
			at.line += c->input[i] == '\n';
		}
	}
	problem_add(c->problems, at, NULL, "expected YAML, but %s%s%s",
		    p->problem ? p->problem : "it cannot be read", p->context ? " " : "",
		    p->context ? p->context : "");
	return false;
}

static bool count_nodes(struct composer *c, size_t more, struct err_place at)
{
	c->expanded += more;
	if (c->expanded <= NODE_MAX_COUNT)
		return true;
	problem_add(c->problems, at, NULL, "expected at most %d values after expansion of aliases",
		    NODE_MAX_COUNT);
	return false;
}

static const struct node *scalar(struct composer *c, const yaml_event_t *event,
				 const struct trail *trail)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;
	struct node *node = ARENA_NEW(c->arena, struct node);
	char *text = arena_text_n(c->arena, value, length);
	bool whole = strlen(text) == length;

	brace_restore(text);
	node->at = place(c, event->start_mark);
	node->plain =
		event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !event->data.scalar.tag;
	node->size = 1;
	node->text = text;
	if (whole)
		return node;
	problem_add(c->problems, node->at, trail, "expected a text without NUL bytes");
	return NULL;
}

static const struct node *compose(struct composer *c, const yaml_event_t *event,
				  const struct trail *trail, int depth);

static void children_add(struct composer *c, struct children *list, const struct node_key *key,
			 const struct node *node)
{
	struct child *child = ARENA_NEW(c->arena, struct child);

	*child = (struct child){NULL, key ? *key : (struct node_key){0}, node};
	*list->last = child;
	list->last = &child->next;
	list->count++;
}

static struct node *collection(struct composer *c, enum node_kind kind, const struct children *list,
			       struct err_place at)
{
	struct node *node = ARENA_NEW(c->arena, struct node);
	const struct node **items = ARENA_ARRAY(c->arena, const struct node *, list->count);
	struct node_key *keys =
		kind == NODE_MAP ? ARENA_ARRAY(c->arena, struct node_key, list->count) : NULL;
	size_t i = 0;

	*node = (struct node){.kind = kind,
			      .at = at,
			      .count = list->count,
			      .items = items,
			      .keys = keys,
			      .size = 1};
	for (const struct child *child = list->first; child; child = child->next, i++) {
		items[i] = child->node;
		node->size += child->node->size;
		if (keys)
			keys[i] = child->key;
	}
	return node;
}

/* One value, given its first event, which is deleted here. */
static const struct node *value(struct composer *c, yaml_event_t *event, const struct trail *trail,
				int depth)
{
	const struct node *node = compose(c, event, trail, depth);

	yaml_event_delete(event);
	return node;
}

static const struct node *list(struct composer *c, struct err_place at, const struct trail *trail,
			       int depth)
{
	struct children items = {.last = &items.first};
	struct trail step = {.up = trail};
	const struct node *item;
	yaml_event_t event;

	for (;;) {
		if (!next_event(c, &event))
			return NULL;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			break;
		step.index = items.count;
		item = value(c, &event, &step, depth);
		if (!item)
			return NULL;
		children_add(c, &items, NULL, item);
	}
	yaml_event_delete(&event);
	return collection(c, NODE_LIST, &items, at);
}

static const struct child *find(const struct children *list, const char *key)
{
	for (const struct child *child = list->first; child; child = child->next)
		if (strcmp(child->key.text, key) == 0)
			return child;
	return NULL;
}

/* Add the keys of `from`, a map or a list of maps, that are not there yet. */
static bool merge(struct composer *c, struct children *pairs, const struct node *from,
		  const struct trail *trail)
{
	if (from->kind == NODE_LIST) {
		for (size_t i = 0; i < from->count; i++)
			if (!merge(c, pairs, from->items[i], trail))
				return false;
		return true;
	}
	for (size_t i = 0; from->kind == NODE_MAP && i < from->count; i++)
		if (!find(pairs, from->keys[i].text))
			children_add(c, pairs, &from->keys[i], from->items[i]);
	if (from->kind != NODE_MAP)
		problem_add(c->problems, from->at, trail,
			    "expected a map or a list of maps to merge");
	return from->kind == NODE_MAP;
}

/* One key and its value; a merge key is put aside. */
static bool pair(struct composer *c, yaml_event_t *event, struct children *pairs,
		 struct children *merges, const struct trail *trail, int depth)
{
	struct trail step = {.up = trail};
	struct node_key key = {.at = place(c, event->start_mark)};
	const struct node *node = NULL;
	const struct child *first;

	if (event->type == YAML_SCALAR_EVENT)
		node = scalar(c, event, trail);
	else
		problem_add(c->problems, key.at, trail, "expected a plain word as key");
	yaml_event_delete(event);
	if (!node || !next_event(c, event))
		return false;
	step.key = key.text = node->text;
	node = value(c, event, &step, depth);
	if (!node)
		return false;
	if (strcmp(key.text, "<<") == 0)
		pairs = merges;
	first = find(pairs, key.text);
	if (first)
		problem_add(c->problems, key.at, &step,
			    "expected each key once, first given at %d:%d", first->key.at.line,
			    first->key.at.col);
	else
		children_add(c, pairs, &key, node);
	return true;
}

static const struct node *map(struct composer *c, struct err_place at, const struct trail *trail,
			      int depth)
{
	struct children pairs = {.last = &pairs.first}, merges = {.last = &merges.first};
	yaml_event_t event;

	for (;;) {
		if (!next_event(c, &event))
			return NULL;
		if (event.type == YAML_MAPPING_END_EVENT)
			break;
		if (!pair(c, &event, &pairs, &merges, trail, depth))
			return NULL;
		if (pairs.count > NODE_MAX_KEYS) {
			problem_add(c->problems, at, trail, "expected at most %d keys",
				    NODE_MAX_KEYS);
			return NULL;
		}
	}
	yaml_event_delete(&event);
	for (const struct child *child = merges.first; child; child = child->next)
		if (!merge(c, &pairs, child->node, trail))
			return NULL;
	return collection(c, NODE_MAP, &pairs, at);
}

static const struct node *compose(struct composer *c, const yaml_event_t *event,
				  const struct trail *trail, int depth)
{
	struct err_place at = place(c, event->start_mark);
	const yaml_char_t *name;
	const struct node *node;
	struct anchor *anchor;

	if (depth >= NODE_MAX_DEPTH) {
		problem_add(c->problems, at, NULL, "expected at most %d levels of nesting",
			    NODE_MAX_DEPTH);
		return NULL;
	}
	if (event->type == YAML_ALIAS_EVENT) {
		name = event->data.alias.anchor;
		for (const struct anchor *a = c->anchors; a; a = a->next)
			if (strcmp(a->name, (const char *)name) == 0)
				return count_nodes(c, a->node->size, at) ? a->node : NULL;
		problem_add(c->problems, at, trail, "expected an anchor defined above, got \"*%s\"",
			    (const char *)name);
		return NULL;
	}
	if (!count_nodes(c, 1, at))
		return NULL;
	if (event->type == YAML_SCALAR_EVENT) {
		name = event->data.scalar.anchor;
		node = scalar(c, event, trail);
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		name = event->data.sequence_start.anchor;
		node = list(c, at, trail, depth + 1);
	} else {
		name = event->data.mapping_start.anchor;
		node = map(c, at, trail, depth + 1);
	}
	if (name && node) {
		anchor = ARENA_NEW(c->arena, struct anchor);
		*anchor =
			(struct anchor){c->anchors, arena_text(c->arena, (const char *)name), node};
		c->anchors = anchor;
	}
	return node;
}

/* Skip to the first event of the content; an empty stream has none. */
static const struct node *document(struct composer *c)
{
	struct node *nothing;
	const struct node *root;
	yaml_event_t event;

	do {
		if (!next_event(c, &event))
			return NULL;
		if (event.type == YAML_STREAM_END_EVENT) {
			nothing = ARENA_NEW(c->arena, struct node);
			*nothing = (struct node){
				.plain = true, .text = "", .size = 1, .at = {c->source, 1, 1}};
			return nothing;
		}
		if (event.type != YAML_STREAM_START_EVENT &&
		    event.type != YAML_DOCUMENT_START_EVENT)
			break;
		yaml_event_delete(&event);
	} while (true);
	root = value(c, &event, NULL, 0);
	if (!root || !next_event(c, &event))
		return NULL;
	yaml_event_delete(&event); /* end of the document */
	if (!next_event(c, &event))
		return NULL;
	if (event.type != YAML_STREAM_END_EVENT)
		problem_add(c->problems, place(c, event.start_mark), NULL,
			    "expected one document only");
	yaml_event_delete(&event);
	return root;
}

const struct node *node_read(const char *text, const char *source, struct arena *arena,
			     struct problems *problems)
{
	struct composer c = {.source = source, .arena = arena, .problems = problems};
	const struct node *root;

	if (!yaml_parser_initialize(&c.parser)) {
		problem_add(problems, (struct err_place){source, 0, 0}, NULL, "out of memory");
		return NULL;
	}
	c.input = brace_hide(text, arena);
	yaml_parser_set_encoding(&c.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&c.parser, (const yaml_char_t *)c.input, strlen(c.input));
	root = document(&c);
	yaml_parser_delete(&c.parser);
	return root;
}

size_t node_index(const struct node *map_node, const char *key)
{
	size_t index = 0;

	while (index < map_node->count && strcmp(map_node->keys[index].text, key) != 0)
		index++;
	return index;
}

const struct node *node_get(const struct node *map_node, const char *key)
{
	size_t index = map_node->kind == NODE_MAP ? node_index(map_node, key) : map_node->count;

	return index < map_node->count ? map_node->items[index] : NULL;
}

const struct node *node_map(struct arena *arena, struct err_place at)
{
	struct node *node = ARENA_NEW(arena, struct node);

	*node = (struct node){.kind = NODE_MAP, .at = at, .size = 1};
	return node;
}

const struct node *node_with(struct arena *arena, const struct node *node, size_t index,
			     struct node_key key, const struct node *child)
{
	size_t count = node->count + (index == node->count);
	const struct node **items = ARENA_ARRAY(arena, const struct node *, count);
	struct node *copy = ARENA_NEW(arena, struct node);

	if (node->count > 0)
		memcpy(items, node->items, node->count * sizeof(const struct node *));
	items[index] = child;
	*copy = *node;
	copy->items = items;
	copy->count = count;
	if (index == node->count) {
		struct node_key *keys = ARENA_ARRAY(arena, struct node_key, count);

		if (node->count > 0)
			memcpy(keys, node->keys, node->count * sizeof *keys);
		keys[index] = key;
		copy->keys = keys;
	}
	return copy;
}

const struct node *node_only(const struct node *map, bool kept(const char *key),
			     struct arena *arena)
{
	struct node *copy = ARENA_NEW(arena, struct node);
	const struct node **items = ARENA_ARRAY(arena, const struct node *, map->count);
	struct node_key *keys = ARENA_ARRAY(arena, struct node_key, map->count);

	*copy = *map;
	copy->count = 0;
	for (size_t i = 0; i < map->count; i++)
		if (kept(map->keys[i].text)) {
			items[copy->count] = map->items[i];
			keys[copy->count++] = map->keys[i];
		}
	copy->items = items;
	copy->keys = keys;
	return copy;
}

const struct node *node_without(const struct node *map, const char *key, struct arena *arena)
{
	size_t gone = node_index(map, key);
	const struct node **items = ARENA_ARRAY(arena, const struct node *, map->count);
	struct node_key *keys = ARENA_ARRAY(arena, struct node_key, map->count);
	struct node *copy = ARENA_NEW(arena, struct node);

	if (gone == map->count)
		return map;
	for (size_t i = 0; i < map->count; i++)
		if (i != gone) {
			items[i - (i > gone)] = map->items[i];
			keys[i - (i > gone)] = map->keys[i];
		}
	*copy = *map;
	copy->count = map->count - 1;
	copy->items = items;
	copy->keys = keys;
	return copy;
}

static size_t step_index(const struct node *parent, const struct trail *step)
{
	return step->key ? node_index(parent, step->key) : step->index;
}

/* What stands where a trail leads; `from` is the trail of `root`. */
static const struct node *node_at(const struct node *root, const struct trail *from,
				  const struct trail *trail)
{
	const struct node *parent = trail == from ? root : node_at(root, from, trail->up);

	return trail == from || trail->key == trail_value
		       ? parent
		       : parent->items[step_index(parent, trail)];
}

const struct node *node_replace(const struct node *root, const struct trail *from,
				const struct trail *trail, const struct node *with,
				struct arena *arena)
{
	const struct node *parent;

	for (; trail != from; trail = trail->up) {
		if (trail->key == trail_value)
			continue;
		parent = node_at(root, from, trail->up);
		with = node_with(arena, parent, step_index(parent, trail), (struct node_key){0},
				 with);
	}
	return with;
}

bool node_is_null(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->plain &&
	       (!node->text[0] || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0);
}

void node_found(const struct node *node, char *text, size_t room)
{
	static const char *const kinds[] = {[NODE_LIST] = "a list", [NODE_MAP] = "a map"};

	if (node_is_null(node))
		snprintf(text, room, "null");
	else if (node->kind != NODE_SCALAR)
		snprintf(text, room, "%s", kinds[node->kind]);
	else if (strlen(node->text) > 60) /* a line of a terminal */
		snprintf(text, room, "\"%.57s...\"", node->text);
	else
		snprintf(text, room, "\"%s\"", node->text);
}
