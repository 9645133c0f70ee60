/* Errors with positions, names of outcomes. */
#include "solvers/core/status.h"
#include "solvers/core/printable.h"

#include <stdarg.h>
#include <string.h>

static void fill(struct err *err, enum status status, const char *format, va_list args)
{
	err->status = status;
	vsnprintf(err->text, sizeof err->text, format, args);
}

enum status err_set(struct err *err, enum status status, const char *format, ...)
{
	va_list args;

	if (err->status != STATUS_OK)
		return status;
	va_start(args, format);
	fill(err, status, format, args);
	va_end(args);
	return status;
}

enum status err_at(struct err *err, enum status status, struct err_place at, const char *format,
		   ...)
{
	va_list args;

	if (err->status != STATUS_OK)
		return status;
	if (at.source)
		snprintf(err->source, sizeof err->source, "%s", at.source);
	err->line = at.line;
	err->col = at.col;
	va_start(args, format);
	fill(err, status, format, args);
	va_end(args);
	return status;
}

void err_print(const struct err *err, FILE *to)
{
	if (err->source[0]) {
		printable_put(err->source, to);
		putc(':', to);
	}
	if (err->line > 0)
		fprintf(to, "%d:", err->line);
	if (err->line > 0 && err->col > 0)
		fprintf(to, "%d:", err->col);
	if (err->source[0])
		putc(' ', to);
	printable_put(err->text, to);
	putc('\n', to);
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_RUNNING] = "running",
		[OUTCOME_CONVERGED] = "converged",
		[OUTCOME_ITERATION_LIMIT] = "iteration_limit",
		[OUTCOME_TIME_LIMIT] = "time_limit",
		[OUTCOME_STALLED] = "stalled",
		[OUTCOME_DIVERGED] = "diverged",
	};

	return names[outcome];
}
