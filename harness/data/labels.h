/* The distinct labels of a data set, how often each occurs, and the classes made of them.
 *
 * Labels that are numbers below 2^53 compare as numbers, so "2", "2.0" and "+2" are one label;
 * others compare as texts. A label keeps the text it was first seen with. */
#ifndef DATA_LABELS_H
#define DATA_LABELS_H

#include "solvers/core/index.h"
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
	struct index numbers, texts; /* to places of `at`: by value, by bytes */
};

/* Which class each label belongs to. */
struct label_classes {
	int *of;           /* class from 0, or -1 for none; by index of the label */
	size_t count;      /* classes, at least 2 */
	const char **name; /* of each: the label's text, or the group as given */
};

struct labels labels_new(struct arena *arena);

/* Count `rows` more rows with this label; returns its index. */
size_t labels_add(struct labels *labels, const char *text, size_t length, size_t rows);

/* Index of a label, or `count` if there is none. */
size_t labels_find(const struct labels *labels, const char *text);
size_t labels_find_n(const struct labels *labels, const char *text, size_t length);

/* All labels in ascending order, numbers before texts; `sorted` has room for `count`. Quadratic. */
void labels_sort(const struct labels *labels, const struct label **sorted);

/* Whether rows with a label of this value are asked for, alone or in a group: always if `classes`
 * is empty. */
bool labels_wanted(struct texts classes, double value);

/* Whether this label is named, alone or in a group; never if `classes` is empty. */
bool labels_named(struct texts classes, const char *text, size_t length);

/* The labels that become classes: those of the texts of `classes` in that order, or if that is
 * empty all there are, one class each, in ascending order (numbers by value, before texts). A text
 * is a label that occurs, or a group of such labels joined by "|". Labels without a row are those
 * of the test part alone: they may be in a group. STATUS_SPEC for a label that does not occur, an
 * empty one, one that is named twice, a class without a row, and without `classes` for more than
 * two labels that are hardly classes: numbers that are not whole, one text among numbers, nearly as
 * many as rows, more than a thousand. `out` lives in the labels' arena. */
enum status labels_pick(const struct labels *labels, struct texts classes,
			struct label_classes *out, struct err *err);

/* The class of a label, from 0; -1 if it belongs to none. */
int labels_class(const struct labels *labels, const struct label_classes *classes,
		 const char *text);

#endif
