/* Showing texts. UTF-8: RFC 3629; columns of wide characters: Unicode, East Asian Width. */
#include "solvers/core/printable.h"

#include <stdbool.h>
#include <string.h>

struct range {
	unsigned long first, last;
};

static bool is_in(unsigned long code, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

/* Bytes of the character of UTF-8 at `text`, and its number; 0 if there is none. */
static size_t decode(const unsigned char *text, unsigned long *code)
{
	static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
	static const struct range surrogates = {0xd800, 0xdfff};
	size_t length = *text < 0x80             ? 1
			: (*text & 0xe0) == 0xc0 ? 2
			: (*text & 0xf0) == 0xe0 ? 3
			: (*text & 0xf8) == 0xf0 ? 4
						 : 0;

	if (length < 2) {
		*code = *text;
		return length;
	}
	*code = *text & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	return *code < least[length] || *code > 0x10ffff || is_in(*code, &surrogates, 1) ? 0
											 : length;
}

size_t printable_next(const char **at, char shown[PRINTABLE_BYTES])
{
	/* C0, DEL and C1; marks, embeddings and isolates of a direction; separators of lines */
	static const struct range commands[] = {{0, 0x1f},        {0x7f, 0x9f},
						{0x200e, 0x200f}, {0x2028, 0x202e},
						{0x2066, 0x2069}, {0xfeff, 0xfeff}};
	const unsigned char *text = (const unsigned char *)*at;
	unsigned long code;
	size_t length = decode(text, &code);

	if (length > 0 && !is_in(code, commands, sizeof commands / sizeof *commands)) {
		static const struct range wide[] = {
			{0x1100, 0x115f},   {0x2e80, 0xa4cf},  {0xac00, 0xd7a3}, {0xf900, 0xfaff},
			{0xfe30, 0xfe6f},   {0xff00, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
			{0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
		static const struct range none[] = {
			{0x300, 0x36f}, {0x200b, 0x200d}, {0xfe00, 0xfe0f}};

		memcpy(shown, text, length);
		shown[length] = '\0';
		*at += length;
		if (is_in(code, none, sizeof none / sizeof *none))
			return 0;
		return is_in(code, wide, sizeof wide / sizeof *wide) ? 2 : 1;
	}
	*at += length ? length : 1;
	if (*text == '\n' || *text == '\t')
		snprintf(shown, PRINTABLE_BYTES, "%s", *text == '\n' ? "\\n" : "\\t");
	else
		snprintf(shown, PRINTABLE_BYTES, length && code > 0xff ? "\\u%04lx" : "\\x%02lx",
			 length ? code : *text);
	return strlen(shown);
}

static void put_until(const char *text, const char *end, FILE *to)
{
	char shown[PRINTABLE_BYTES];

	while (text < end) {
		printable_next(&text, shown);
		fputs(shown, to);
	}
}

void printable_put(const char *text, FILE *to)
{
	put_until(text, text + strlen(text), to);
}

void printable_put_lines(const char *text, FILE *to)
{
	while (*text) {
		size_t length = strcspn(text, "\n\t");

		put_until(text, text + length, to);
		text += length;
		if (*text)
			putc(*text++, to);
	}
}

static size_t width_until(const char *text, const char *end)
{
	char shown[PRINTABLE_BYTES];
	size_t width = 0;

	while (text < end)
		width += printable_next(&text, shown);
	return width;
}

size_t printable_width(const char *text)
{
	return width_until(text, text + strlen(text));
}

void printable_wrap(const char *text, size_t used, size_t indent, size_t width, FILE *to)
{
	bool begun = false; /* does the line hold a word? */

	while (*text) {
		const char *word = text + strspn(text, " "), *end = word + strcspn(word, " ");
		size_t spaces = (size_t)(word - text), length = width_until(word, end);

		text = end;
		if (width && used + spaces + length > width && (begun || used > indent)) {
			fprintf(to, "\n%*s", (int)indent, "");
			used = indent;
			spaces = 0;
		}
		fprintf(to, "%*s", (int)spaces, "");
		put_until(word, end, to);
		used += spaces + length;
		begun = true;
	}
}
