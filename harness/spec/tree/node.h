/* A YAML document as a tree with the position of every value and key.
 *
 * Anchors, aliases and merge keys are resolved while reading; aliased nodes are shared, so a tree
 * is never written to. Repeated keys, syntax errors and documents beyond the limits are problems.
 */
#ifndef SPEC_NODE_H
#define SPEC_NODE_H

#include "harness/spec/tree/problem.h"
#include "solvers/core/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	NODE_MAX_DEPTH = 64,     /* of nesting; a spec needs about ten */
	NODE_MAX_COUNT = 100000, /* nodes after expansion of aliases */
	NODE_MAX_KEYS = 1000     /* of one map */
};

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node_key {
	const char *text;
	struct err_place at;
};

struct node {
	enum node_kind kind;
	bool plain;          /* a scalar without quotes and tag */
	bool zip;            /* values of an axis that advance together with those of others */
	struct err_place at; /* line and column from 1 */
	const char *text;    /* of a scalar */
	size_t count;        /* elements or keys */
	const struct node *const *items;
	const struct node_key *keys; /* of a map, in order of the document; merged ones last */
	size_t size;                 /* number of nodes, this one included */
	const struct node *axis;     /* the list or generator that this is one value of, or NULL */
	size_t index;                /* of the value there */
};

struct swept {             /* such a value, as records, tables and filters name it */
	const char *path;  /* "rho", "u_update.pcg.rank", "data.generate.noise" */
	const char *value; /* canonical text */
};

/* NULL after a problem that leaves no tree. Repeated keys are problems, but the tree is still
 * returned. */
const struct node *node_read(const char *text, const char *source, struct arena *arena,
			     struct problems *problems);

/* Where a key stands in a map; `count` if it is not there. */
size_t node_index(const struct node *map, const char *key);

/* The value of a key, or NULL. */
const struct node *node_get(const struct node *map, const char *key);

/* A map without keys. */
const struct node *node_map(struct arena *arena, struct err_place at);

/* A copy of a map or list with another child at `index`; with index == count, of a map that has
 * this key more. */
const struct node *node_with(struct arena *arena, const struct node *node, size_t index,
			     struct node_key key, const struct node *child);

/* A map without the keys that are not kept. */
const struct node *node_only(const struct node *map, bool kept(const char *key),
			     struct arena *arena);

/* A map without this key. */
const struct node *node_without(const struct node *map, const char *key, struct arena *arena);

/* A tree with another node where a trail leads; `from` is the trail of `root`. What is not on the
 * way is shared. */
const struct node *node_replace(const struct node *root, const struct trail *from,
				const struct trail *trail, const struct node *with,
				struct arena *arena);

/* `null`, `~` or nothing at all. */
bool node_is_null(const struct node *node);

/* What a message says was found: "text" in quotes, `null`, `a list`, `a map`. */
void node_found(const struct node *node, char *text, size_t room);

#endif
