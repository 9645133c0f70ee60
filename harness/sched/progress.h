/* Progress of a run on stderr: one updating line on a terminal, one line per finished cell
 * elsewhere. */
#ifndef SCHED_PROGRESS_H
#define SCHED_PROGRESS_H

#include "harness/spec/spec.h"
#include "harness/store/result.h"

#include <stdbool.h>
#include <stdio.h>

/* What a worker last said of itself; NaN where it said nothing. */
struct progress_report {
	const struct cell *cell;
	double iteration, gap;
};

struct progress_display {
	FILE *to; /* NULL: silent */
	bool updates, color;
	size_t total, done, bad;
	double start; /* progress_now() */
	double drawn; /* when the updating line was last drawn */
};

/* Monotonic clock, s. */
double progress_now(void);

void progress_start(struct progress_display *display, size_t total, bool quiet, bool color);
/* A cell has ended after `seconds`; `label` names it. */
void progress_finished(struct progress_display *display, const char *label,
		       const struct result *result, double seconds);
/* Redraw the updating line, if there is one and it is due. */
void progress_draw(struct progress_display *display, const struct progress_report *current,
		   size_t running);
/* A line of text for the user. */
void progress_say(struct progress_display *display, const char *text);
/* Remove the updating line. */
void progress_end(struct progress_display *display);

#endif
