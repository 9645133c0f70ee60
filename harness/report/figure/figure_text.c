/* Texts of names as gnuplot draws them unchanged.
 *
 * They stand in double quotes with every character in octal that could mean something: a quote
 * within single quotes, a brace or a backquote breaks the blocks of a script (gnuplot 5.4). */
#include "harness/report/figure/figure.h"
#include "solvers/core/printable.h"

#include <string.h>

static void put_bytes(const char *text, FILE *to)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c >= 0x80 ||
			    strchr(" ,.()[]+-=:;/_<>?!&|~^*", c);

		if (plain)
			putc(c, to);
		else
			fprintf(to, "\\%03o", c);
	}
}

static void put_text(const char *text, const char *percent, FILE *to)
{
	char shown[PRINTABLE_BYTES];

	putc('"', to);
	while (*text) {
		if (*text == '\n' || *text == '\t') {
			putc(' ', to);
			text++;
			continue;
		}
		printable_next(&text, shown);
		put_bytes(strcmp(shown, "%") == 0 ? percent : shown, to);
	}
	putc('"', to);
}

void figure_text(struct figure *figure, const char *text)
{
	put_text(text, "%", figure->gp);
}

void figure_tic(struct figure *figure, const char *text)
{
	put_text(text, "%%", figure->gp);
}
