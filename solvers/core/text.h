/* A text that grows in an arena, in the place of a copy for every piece that is added. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include "solvers/core/arena.h"

#include <stddef.h>

struct text {
	struct arena *arena;
	char *at; /* ends with a NUL; moves when the text grows */
	size_t length, room;
};

/* An empty one. */
struct text text_new(struct arena *arena);

void text_add(struct text *text, const char *more);
void text_add_n(struct text *text, const char *more, size_t length);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for an item of a list: behind `separator`, unless it is the first. */
void text_item(struct text *text, const char *separator, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* `length` bytes as one word for the shell: 'it'\''s'. */
void text_quote(struct text *text, const char *more, size_t length);

/* All of it as one word. */
const char *text_quoted(const char *text, struct arena *arena);

/* Pointers to texts, by their bytes: for qsort and bsearch. */
int text_compare(const void *a, const void *b);

#endif
