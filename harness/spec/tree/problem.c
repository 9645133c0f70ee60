/* Problems sorted by position, paths as text. */
#include "harness/spec/tree/problem.h"

#include <stdarg.h>
#include <string.h>

enum { KEPT = sizeof((struct problems *)0)->at / sizeof(struct err) };

const char trail_value[] = "";

static size_t path_write(const struct trail *trail, const struct trail *from, bool values,
			 char *text, size_t room)
{
	size_t length = 0;
	int more;

	if (!trail || trail == from)
		return 0;
	length = path_write(trail->up, from, values, text, room);
	if (length >= room || (trail->key == trail_value && !values))
		return length;
	if (!trail->key || trail->key == trail_value)
		more = snprintf(text + length, room - length, "[%zu]", trail->index);
	else
		more = snprintf(text + length, room - length, "%s%s", length ? "." : "",
				trail->key);
	return length + (size_t)more;
}

void problem_path(const struct trail *trail, char *text, size_t room)
{
	text[0] = '\0';
	path_write(trail, NULL, true, text, room);
}

void problem_option_path(const struct trail *trail, const struct trail *from, char *text,
			 size_t room)
{
	text[0] = '\0';
	path_write(trail, from, false, text, room);
}

const struct trail *trail_copy(const struct trail *trail, const struct trail *from,
			       struct arena *arena)
{
	struct trail *copy;

	if (trail == from)
		return from;
	copy = ARENA_NEW(arena, struct trail);
	*copy = *trail;
	copy->up = trail_copy(trail->up, from, arena);
	return copy;
}

static int compare(const struct err *a, const struct err *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->col != b->col)
		return a->col < b->col ? -1 : 1;
	return 0;
}

void problem_add(struct problems *problems, struct err_place at, const struct trail *trail,
		 const char *format, ...)
{
	size_t kept = problems->count < KEPT ? problems->count : KEPT, place = kept;
	struct err err = {0};
	char path[PROBLEM_PATH_ROOM], text[sizeof err.text];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	problem_path(trail, path, sizeof path);
	err_at(&err, STATUS_SPEC, at, "%s%s%s", path, path[0] ? ": " : "", text);
	for (size_t k = 0; k < kept; k++)
		if (compare(&problems->at[k], &err) == 0 &&
		    strcmp(problems->at[k].source, err.source) == 0 &&
		    strcmp(problems->at[k].text, err.text) == 0)
			return;
	problems->count++;
	while (place > 0 && compare(&problems->at[place - 1], &err) > 0)
		place--;
	if (place == KEPT)
		return;
	memmove(&problems->at[place + 1], &problems->at[place],
		(kept - place - (kept == KEPT)) * sizeof *problems->at);
	problems->at[place] = err;
}
