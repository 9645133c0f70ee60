/* Texts of names, data and files as they may be shown: nothing in them commands a terminal.
 *
 * A control character (also DEL, those of C1, and those that turn the direction of writing) and a
 * byte that is no UTF-8 are shown as \x1b, a newline as \n and a tab as \t. */
#ifndef CORE_PRINTABLE_H
#define CORE_PRINTABLE_H

#include <stddef.h>
#include <stdio.h>

enum { PRINTABLE_BYTES = 16 /* of a character that is shown, with its NUL */ };

/* The next character of *at (not its end) as it is shown; *at moves behind it. Returns the columns
 * that it takes on a terminal. */
size_t printable_next(const char **at, char shown[PRINTABLE_BYTES]);

/* Columns that the text takes on a terminal. */
size_t printable_width(const char *text);

void printable_put(const char *text, FILE *to);

/* The same of a text of several lines: newlines and tabs stay. */
void printable_put_lines(const char *text, FILE *to);

/* The text in lines of at most `width` columns (0: in one line), cut at spaces only: a longer word
 * stands alone. `used` columns of the first line are taken already, the others begin with `indent`
 * spaces. Ends without a newline. */
void printable_wrap(const char *text, size_t used, size_t indent, size_t width, FILE *to);

#endif
