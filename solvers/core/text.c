/* Texts that grow, by doubling. */
#include "solvers/core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

struct text text_new(struct arena *arena)
{
	return (struct text){arena, arena_alloc(arena, FIRST_ROOM, 1), 0, FIRST_ROOM};
}

static void make_room(struct text *text, size_t length)
{
	size_t room = 2 * (text->length + length + 1);
	char *grown;

	if (text->length + length < text->room)
		return;
	grown = arena_alloc(text->arena, room, 1);
	memcpy(grown, text->at, text->length);
	text->at = grown;
	text->room = room;
}

void text_add_n(struct text *text, const char *more, size_t length)
{
	make_room(text, length);
	memcpy(text->at + text->length, more, length);
	text->length += length;
	text->at[text->length] = '\0';
}

void text_add(struct text *text, const char *more)
{
	text_add_n(text, more, strlen(more));
}

static void add_formatted(struct text *text, const char *format, va_list arguments)
{
	va_list again;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length <= 0)
		return;
	make_room(text, (size_t)length);
	vsnprintf(text->at + text->length, (size_t)length + 1, format, arguments);
	text->length += (size_t)length;
}

void text_format(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_formatted(text, format, arguments);
	va_end(arguments);
}

void text_item(struct text *text, const char *separator, const char *format, ...)
{
	va_list arguments;

	if (text->length)
		text_add(text, separator);
	va_start(arguments, format);
	add_formatted(text, format, arguments);
	va_end(arguments);
}

void text_quote(struct text *text, const char *more, size_t length)
{
	text_add(text, "'");
	for (size_t i = 0; i < length; i++)
		if (more[i] == '\'')
			text_add(text, "'\\''");
		else
			text_add_n(text, more + i, 1);
	text_add(text, "'");
}

const char *text_quoted(const char *text, struct arena *arena)
{
	struct text out = text_new(arena);

	text_quote(&out, text, strlen(text));
	return out.at;
}

int text_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}
