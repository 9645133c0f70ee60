/* Methods on the same tasks: a task is a problem, a repetition and, where objectives, gaps or costs
 * of solving are compared, what is minimised (comparable.h). */
#ifndef REPORT_CONTEST_H
#define REPORT_CONTEST_H

#include "harness/report/series/series.h"

#include <stdbool.h>
#include <stddef.h>

/* One cell of one label. */
struct entrant {
	const struct record *record;
	size_t entry; /* of the label, in the series list */
	size_t task;
};

/* The tasks whose values can be compared, whatever the problem, make a panel. */
struct contest_panel {
	const char *key, *title; /* title: "beta 0.1", where that differs; else "" */
	size_t labels;           /* that have cells in it */
};

struct contest {
	size_t count, tasks, panels;
	struct entrant *at;
	size_t *panel; /* tasks */
	bool *rivals;  /* tasks: are there two labels or more? */
	double *best;  /* tasks: the smallest value, infinite if there is none */
	struct contest_panel *in;
};

/* All cells of the series, whatever their status, matched by task. `column`: what is compared. The
 * list's labels lose what the titles of the panels tell. */
struct contest contest_of(const struct records *records, struct series_list *list,
			  const char *column);

/* Of a panel with other methods' cells alone: are there any, or is there one label only at all? */
bool contest_compares(const struct contest *contest, const struct series_list *list, size_t panel);

/* What is said of tasks and panels: ", equal loss, beta and threat"; "" where the column is no
 * objective, gap or cost of solving. */
const char *contest_caption(const struct contest *contest, const char *column, struct arena *arena);

/* Fill `best` from a value per entrant; NaN and infinite values win nothing. */
void contest_set_best(struct contest *contest, const double *value);

/* "admm, rho=0.1" of an entry of the list. */
const char *contest_label(const struct series_list *list, size_t entry);

#endif
