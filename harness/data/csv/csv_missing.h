/* Which fields of a CSV file stand for a missing value: empty ones, and those that equal one of the
 * option's markers outside quotes (a marker that is a number: by its value, quoted or not). */
#ifndef CSV_CSV_MISSING_H
#define CSV_CSV_MISSING_H

#include "harness/data/csv/delimited.h"
#include "solvers/core/option.h"

/* The markers unless a spec says otherwise: those of pandas, "?", and signs, as a YAML list. */
#define CSV_MISSING_VALUES                                                                 \
	"[\"?\", \"-\", \"*\", \".\", NA, N/A, n/a, NaN, nan, NAN, -NaN, -nan, \"null\", " \
	"\"NULL\", None, "                                                                 \
	"<NA>, \"#N/A\", \"#NA\", \"#N/A N/A\", \"1.#IND\", \"-1.#IND\", \"1.#QNAN\", "    \
	"\"-1.#QNAN\"]"

struct csv_missing {
	struct texts markers;
	struct texts classes; /* labels named here are labels */
	bool numbers;         /* whether a marker is a number */
};

struct csv_missing csv_missing_new(struct texts markers, struct texts classes);

/* In a column of features or numeric targets. */
bool csv_missing_value(const struct csv_missing *missing, const struct csv_field *field);

/* In a column of labels, where "-", "*" and the like are labels too. */
bool csv_missing_label(const struct csv_missing *missing, const struct csv_field *field);

#endif
