/* Printing for a terminal, errors and JSON. */
#include "harness/cli/cli_print.h"

#include "solvers/core/nearest.h"
#include "solvers/core/printable.h"

#include <jansson.h>

#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

size_t cli_width(void)
{
	const size_t least = 20; /* less is no terminal */
	const char *given = getenv("COLUMNS");
	long columns = given ? strtol(given, NULL, 10) : 0;
	struct winsize size;

	if (columns <= 0 && isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		columns = size.ws_col;
	if (columns <= 0)
		return 0;
	return (size_t)columns < least ? least : (size_t)columns;
}

void cli_say(FILE *to, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length >= 0)
		printable_put_lines(text, to);
	free(text);
}

void cli_print_doc(size_t used, size_t column, const char *doc, FILE *to)
{
	size_t pad = used < column ? column - used : used > 0;

	fprintf(to, "%*s", (int)pad, "");
	printable_wrap(doc, used + pad, column, cli_width(), to);
	putc('\n', to);
}

int cli_unknown(const char *what, const char *name, const char *const *names, size_t count)
{
	const char *nearest = nearest_name(name, names, count);

	cli_say(stderr, "relubench: unknown %s \"%s\"", what, name);
	if (nearest)
		cli_say(stderr, "; did you mean \"%s\"?", nearest);
	cli_say(stderr, "\none of:");
	for (size_t i = 0; i < count; i++)
		cli_say(stderr, "%s %s", i ? "," : "", names[i]);
	cli_say(stderr, "\n");
	return STATUS_SPEC;
}

int cli_fail(const struct err *err)
{
	err_print(err, stderr);
	return (int)err->status;
}

void cli_print_problems(const struct problems *problems)
{
	size_t shown = problems_kept(problems);

	for (size_t i = 0; i < shown; i++)
		err_print(&problems->at[i], stderr);
	if (shown < problems->count)
		cli_say(stderr, "... and %zu more problems\n", problems->count - shown);
}

void cli_print_json(struct json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
	putchar('\n');
	json_decref(json);
}

bool cli_color(bool no_color, int fd)
{
	const char *unwanted = getenv("NO_COLOR");

	return !no_color && !(unwanted && *unwanted) && isatty(fd);
}
