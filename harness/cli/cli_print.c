/* Printing for a terminal. */
#include "harness/cli/cli.h"
#include "solvers/core/printable.h"

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
