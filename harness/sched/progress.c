/* Progress lines on stderr. */
#include "harness/sched/progress.h"
#include "harness/sched/outcome.h"
#include "solvers/core/printable.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE_ROOM = 512,
	DEFAULT_COLUMNS = 80,
	CLOCK_ROOM = 72 /* three numbers of any size */
};

static const double redraw_s = 0.1; /* faster than an eye follows only costs time */
static const char clear_line[] = "\r\033[K";

double progress_now(void)
{
	const double nanosecond = 1e-9;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + nanosecond * (double)now.tv_nsec;
}

void progress_start(struct progress_display *display, size_t total, bool quiet, bool color)
{
	const char *terminal = getenv("TERM");
	bool updates = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;

	*display = (struct progress_display){
		.to = quiet ? NULL : stderr,
		.updates = updates,
		.color = color && updates,
		.total = total,
		.start = progress_now(),
	};
}

void progress_say(struct progress_display *display, const char *text)
{
	if (display->to) {
		fputs(display->updates ? clear_line : "", display->to);
		printable_put_lines(text, display->to);
		putc('\n', display->to);
	}
}

void progress_finished(struct progress_display *display, const char *label,
		       const struct result *result, double seconds)
{
	bool bad = outcome_is_bad(result);
	const char *paint = bad ? "\033[31m" : "\033[32m";
	/* the status; a cell that ran well may still have diverged */
	const char *verdict = bad && outcome_is_ok(result) ? result->outcome : result->status;
	FILE *to = display->to;

	display->done++;
	display->bad += bad;
	if (!to || (display->updates && !bad))
		return;
	if (display->updates)
		fputs(clear_line, to);
	fprintf(to, "[%zu/%zu] ", display->done, display->total);
	printable_put(label, to);
	fprintf(to, "  %s%s%s  %.2f s", display->color ? paint : "", verdict,
		display->color ? "\033[0m" : "", seconds);
	if (!isnan(result->test_accuracy))
		fprintf(to, "  test %.4g", result->test_accuracy);
	else if (!isnan(result->test_rmse))
		fprintf(to, "  test rmse %.4g", result->test_rmse);
	if (result->suspect)
		fprintf(to, "  suspect: %s", result->suspect);
	if (result->message) {
		fputs("  ", to);
		printable_put(result->message, to);
	}
	putc('\n', to);
}

static void clock_text(double seconds, char *text, size_t room)
{
	long s = lround(seconds);

	if (s >= 3600)
		snprintf(text, room, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(text, room, "%ld:%02ld", s / 60, s % 60);
}

void progress_draw(struct progress_display *display, const struct progress_report *current,
		   size_t running)
{
	char line[LINE_ROOM], elapsed[CLOCK_ROOM], left[CLOCK_ROOM] = "?", failures[32] = "";
	char iteration[32] = "", gap[32] = "";
	double now = progress_now(), seconds = now - display->start;
	size_t width = DEFAULT_COLUMNS;
	struct winsize size;
	int length;

	if (!display->to || !display->updates || now - display->drawn < redraw_s)
		return;
	display->drawn = now;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		width = size.ws_col;
	clock_text(seconds, elapsed, sizeof elapsed);
	if (display->done > 0)
		clock_text(seconds / (double)display->done *
				   (double)(display->total - display->done),
			   left, sizeof left);
	if (display->bad > 0)
		snprintf(failures, sizeof failures, ", %zu failed", display->bad);
	length = snprintf(line, sizeof line, "%zu/%zu done%s, %zu running  %s, about %s left",
			  display->done, display->total, failures, running, elapsed, left);
	if (current && !isnan(current->iteration))
		snprintf(iteration, sizeof iteration, " iteration %.0f", current->iteration);
	if (current && !isnan(current->gap))
		snprintf(gap, sizeof gap, " gap %.1e", current->gap);
	if (current && length > 0 && (size_t)length < sizeof line)
		snprintf(line + length, sizeof line - (size_t)length, "  %s %s%s%s",
			 current->cell->data.name, current->cell->train.name, iteration, gap);
	fputs(clear_line, display->to);
	line[width <= sizeof line ? width - 1 : sizeof line - 1] = '\0';
	printable_put(line, display->to);
	fflush(display->to);
}

void progress_end(struct progress_display *display)
{
	if (display->to && display->updates)
		fputs(clear_line, display->to);
}
