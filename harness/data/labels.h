/* The distinct labels of a data set, how often each occurs, and the choice of two of them.
 *
 * Labels that are numbers compare as numbers, so "2", "2.0" and "+2" are one label; others compare
 * as texts. A label keeps the text it was first seen with. */
#ifndef DATA_LABELS_H
#define DATA_LABELS_H

#include "solvers/core/arena.h"
#include "solvers/core/option.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

struct label {
	const char *text;
	bool numeric;
	double value; /* if numeric */
	size_t count; /* rows */
};

struct labels {
	struct arena *arena;
	struct label *at;
	size_t count, room;
	size_t *slots; /* open hash table of index + 1; its size is a power of two */
	size_t slot_count;
};

struct labels labels_new(struct arena *arena);

/* Count `rows` more rows with this label; returns its index. */
size_t labels_add(struct labels *labels, const char *text, size_t length, size_t rows);

/* Index of a label, or `count` if there is none. */
size_t labels_find(const struct labels *labels, const char *text);

/* Whether rows with a label of this value are asked for: always if `classes` is empty. */
bool labels_wanted(struct texts classes, double value);

/* pick[0] becomes -1, pick[1] becomes +1: the two of `classes` in that order, or if that is empty
 * the only two there are in ascending order (numbers by value, before texts). */
enum status labels_pick(const struct labels *labels, struct texts classes, size_t pick[2],
			struct err *err);

#endif
