/* The columns of a CSV file: their names, which are the label or targets, which are features.
 *
 * Columns are named in a spec by name, else by index from 0. The test file is read by the names of
 * the training file where both have a header. */
#ifndef CSV_CSV_COLUMNS_H
#define CSV_CSV_COLUMNS_H

#include "harness/data/csv/csv_options.h"
#include "harness/data/csv/delimited.h"
#include "harness/data/labels.h"

enum {
	CSV_SHOWN = 40, /* bytes of a text that a message quotes */
	CSV_NAME_ROOM = 80
};

/* What an ARFF file says of an attribute. */
struct csv_type {
	struct labels *values; /* of a nominal one: those it declares; else NULL */
	const char *other;     /* as written, of one that is neither nominal nor a number */
};

struct csv_layout {
	const char *path;
	size_t fields;                /* per record */
	const char *const *names;     /* fields; NULL: there is no header */
	const struct csv_type *types; /* fields; NULL: the file says nothing of them */
	size_t targets;               /* of a row; 1: the label or the target */
	const size_t *target;         /* `targets` fields */
	size_t d;
	const size_t *column; /* d: the field of each feature */
	const bool *one_hot;  /* d: whether its texts are categories */
};

/* The head of a file. */
struct csv_head {
	const struct csv_options *options;
	const char *path;
	const struct csv_field *first; /* the first record: names if `header` */
	size_t count;
	const struct csv_type *types; /* as in csv_layout */
	bool header;
	struct arena *arena; /* of the layout */
};

/* STATUS_SPEC for a column that does not exist, that two names fit, or that has no name. */
enum status csv_columns_find(const struct csv_head *head, struct csv_layout *out, struct err *err);

/* The same features and targets in the test file: by name if both have a header, else by position.
 * *note: what a user should know of it, or NULL. */
enum status csv_columns_match(const struct csv_head *head, const struct csv_layout *train,
			      struct csv_layout *out, const char **note, struct err *err);

/* `column 1`, `column 1 ("age")`. Returns `text`. */
const char *csv_columns_text(const struct csv_layout *layout, size_t field,
			     char text[CSV_NAME_ROOM]);

/* How a spec names a column: its name if it has one of its own, else its index. */
const char *csv_columns_option(const struct csv_layout *layout, size_t field,
			       char text[CSV_NAME_ROOM]);

/* Whether a field is the label or a target. */
bool csv_columns_target(const struct csv_layout *layout, size_t field);

/* Whether the option's texts hold this name. */
bool csv_columns_listed(struct texts list, const struct csv_field *name);

#endif
