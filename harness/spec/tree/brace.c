/* Braces of variables, out of YAML's sight. */
#include "harness/spec/tree/brace.h"

#include <stdbool.h>
#include <string.h>

/* U+F8F0 and U+F8F1 in UTF-8: assigned to nobody, and one column wide like the braces they stand
 * for. */
static const char opening[] = "\xef\xa3\xb0", closing[] = "\xef\xa3\xb1";

enum { MARK = sizeof opening - 1 };

char *brace_hide(const char *text, struct arena *arena)
{
	static const char valid[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
	char *hidden = arena_alloc(arena, MARK * strlen(text) + 1, 1), *to = hidden;

	while (*text) {
		bool opens = strncmp(text, "${", 2) == 0;
		size_t length = opens ? strspn(text + 2, valid) : 0;

		opens = opens && length && text[2 + length] == '}';
		*to++ = *text++;
		if (!opens)
			continue;
		memcpy(to, opening, MARK);
		memcpy(to + MARK, text + 1, length);
		memcpy(to + MARK + length, closing, MARK);
		to += 2 * MARK + length;
		text += length + 2;
	}
	*to = '\0';
	return hidden;
}

void brace_restore(char *text)
{
	char *to = text;

	while (*text) {
		bool open = strncmp(text, opening, MARK) == 0;

		if (open || strncmp(text, closing, MARK) == 0) {
			*to++ = open ? '{' : '}';
			text += MARK;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}
