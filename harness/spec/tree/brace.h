/* ${NAME} without quotes inside {path: ...}: YAML would end the text at the brace. */
#ifndef SPEC_BRACE_H
#define SPEC_BRACE_H

#include "solvers/core/arena.h"

/* A copy in which the braces of each ${NAME} are two characters of the private use area, so that
 * every line and column stays. */
char *brace_hide(const char *text, struct arena *arena);

/* Put the braces back, in place. */
void brace_restore(char *text);

#endif
