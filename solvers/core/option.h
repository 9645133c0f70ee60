/* Options are declared once: one row per field of an options struct.
 *
 * The same rows serve defaults, validation of a spec with positions, --set, `relubench describe`,
 * sweeps, the canonical text behind a cell's id, and the options stored in a record. Solvers only
 * declare rows; harness/spec reads and prints them. A table ends with a row whose name is NULL.
 *
 * Example:  {OPTION_FIELD(struct pgd_options, steps), .initial = "40", .range = RANGE_FROM(1),
 *            .doc = "gradient steps per restart"},
 */
#ifndef CORE_OPTION_H
#define CORE_OPTION_H

#include "solvers/core/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct desc;

struct reals { /* a list of numbers */
	size_t count;
	const double *at;
};

struct texts { /* a list of texts */
	size_t count;
	const char *const *at;
};

struct text_entry {
	const char *key, *text;
};

struct text_map { /* a map from keys that the user chooses to texts; or one of the row's `words`
		     alone, a key without a text */
	size_t count;
	const struct text_entry *at;
};

struct choice { /* one item of a registry and its bound options; item == NULL: not given */
	const struct desc *item;
	const void *options;
};

struct choices { /* a list of them */
	size_t count;
	const struct choice *at;
};

struct groups { /* a list of structs, each described by the row's `rows` */
	size_t count;
	const void *at; /* count elements of row->size bytes */
};

enum option_type {
	OPTION_BOOL,
	OPTION_INT, /* long; with `names` the index of one of them, with `words` also -1, -2, ... */
	OPTION_REAL,
	OPTION_TEXT,
	OPTION_REALS,
	OPTION_TEXTS,
	OPTION_TEXT_MAP,
	OPTION_CHOICE,
	OPTION_CHOICES,
	OPTION_GROUPS,
	OPTION_GROUP /* a nested struct: rows at offset */
};

struct range {
	bool has_min, has_max;
	bool above, below; /* open ends */
	double min, max;
};

#define RANGE_ABOVE(lo)                                     \
	{                                                   \
		.has_min = true, .above = true, .min = (lo) \
	}
#define RANGE_FROM(lo)                       \
	{                                    \
		.has_min = true, .min = (lo) \
	}
#define RANGE_WITHIN(lo, hi)                                               \
	{                                                                  \
		.has_min = true, .has_max = true, .min = (lo), .max = (hi) \
	}
#define RANGE_BETWEEN(lo, hi)                                                                \
	{                                                                                    \
		.has_min = true, .has_max = true, .above = true, .below = true, .min = (lo), \
		.max = (hi)                                                                  \
	}

/* What a list of numbers may be. */
enum list_shape {
	LIST_ANY,
	LIST_INTERVAL, /* two, ascending, or null */
	LIST_SET       /* at least one, distinct; sorted by the binder */
};

/* How a choice is written in a spec. */
enum choice_style {
	CHOICE_NESTED, /* u_update: dual      or  u_update: {pcg: {rank: 50}} */
	CHOICE_FLAT,   /* solver: admm        its options are keys beside it */
	CHOICE_KEYED   /* csv: {path: ...}    the key itself is the name of the item */
};

/* Quantity of a number: which suffixes it takes; the stored value is in the base unit. */
enum unit {
	UNIT_NONE,
	UNIT_SECONDS, /* 10m, 2h, 30s */
	UNIT_BYTES,   /* 4GiB, 500MB */
	UNIT_INCHES   /* 3.25in, 8cm, 85mm */
};

/* What is behind a path, for the one who reads it. */
enum path {
	PATH_NONE,
	PATH_OTHER, /* what the owner of the option reads itself */
	PATH_ARRAY, /* NPY, a table of numbers */
	PATH_MODEL  /* a stored model on the same prepared features */
};

struct option {
	const char *name;
	enum option_type type;
	size_t offset;
	const char *initial; /* default, in the spec's own syntax; NULL = must be given; "null" =
				unset: NaN, NULL, an empty list; only then may a spec say null */
	struct range range;  /* of a number, or of each number of a list */
	const char *const *names; /* values of an OPTION_INT that is an enumeration, of each text of
				     OPTION_TEXTS and OPTION_TEXT_MAP; ends with NULL */
	bool (*is_valid)(const char *text); /* of each text; NULL: any is */
	const char *valid;                  /* what these are: "a colour" */
	const char *const *words; /* of an OPTION_INT: words beside the numbers, e.g. {"all", NULL},
				     of an OPTION_TEXT_MAP: in the place of the map;
				     the first is stored as -1, the next as -2, ...; a plain number
				     obeys `range`, which admits no negative one then */
	enum list_shape shape;    /* of a list of numbers */
	const char *refused;      /* why no value but null is taken; NULL: values are */
	bool later; /* one that is left out of canonical texts at its default, of lists and maps
		       none: keys of records from before it was there stay what they were */
	enum unit unit;
	const char *doc; /* one sentence: meaning, source if there is one */
	/* choices and groups */
	int kind; /* enum kind of the registry a choice picks from */
	enum choice_style style;
	const struct option *rows; /* of a group */
	size_t size;               /* of one element of OPTION_GROUPS */
	const char *shorthand;     /* group: the member that a plain scalar stands for */
	bool fixed;                /* identifies or steers an entry, so it is never a sweep axis */
	/* a text that names a file: environment variables, relative to the spec */
	enum path path;
};

#define OPTION_TYPE_OF(field) \
	_Generic((field), bool                                       \
	         : OPTION_BOOL, long                                 \
	         : OPTION_INT, double                                \
	         : OPTION_REAL, const char *                         \
	         : OPTION_TEXT, struct reals                         \
	         : OPTION_REALS, struct texts                        \
	         : OPTION_TEXTS, struct text_map                        \
	         : OPTION_TEXT_MAP, struct choice                       \
	         : OPTION_CHOICE, struct choices                     \
	         : OPTION_CHOICES, struct groups                     \
	         : OPTION_GROUPS, default                            \
	         : OPTION_GROUP)

#define OPTION_AS(text, structure, field)                                \
	.name = (text), .type = OPTION_TYPE_OF(((structure *)0)->field), \
	.offset = offsetof(structure, field)

#define OPTION_FIELD(structure, field) OPTION_AS(#field, structure, field)

/* Every path that the bound options of an item name (rows with `path`), at any depth, in the order
 * of the rows. `visit` may put another one in its place. */
typedef void option_path_visit(const struct option *row, const char **path, void *context);
void option_each_path(const struct choice *choice, option_path_visit *visit, void *context);

/* The same as a list. */
struct texts option_paths(const struct choice *choice, struct arena *arena);

#endif
