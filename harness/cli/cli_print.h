/* Printing for a terminal, errors and JSON. */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "harness/spec/spec.h"

#include <stdbool.h>
#include <stdio.h>

struct json_t;

/* "unknown <what> "name"; did you mean "x"? one of: ..." on stderr. Returns STATUS_SPEC. */
int cli_unknown(const char *what, const char *name, const char *const *names, size_t count);

/* Print problems on stderr. */
void cli_print_problems(const struct problems *problems);

/* Print an error on stderr and return its status. */
int cli_fail(const struct err *err);

/* Print a JSON value on stdout and give it back. */
void cli_print_json(struct json_t *json);

/* Columns of the terminal: COLUMNS, or what the terminal of standard output has; 0 where it is
 * none. */
size_t cli_width(void);

/* Print what names and files may be part of: nothing in it commands a terminal (printable.h). */
void cli_say(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Print lines of help: `doc` wrapped behind what stands before it, at this column. */
void cli_print_doc(size_t used, size_t column, const char *doc, FILE *to);

/* May colours be used on this stream? Not if it is no terminal, NO_COLOR is set or `no_color`. */
bool cli_color(bool no_color, int fd);

#endif
