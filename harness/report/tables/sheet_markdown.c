/* Tables of texts: Markdown, also for a terminal. */
#include "harness/report/tables/sheet.h"
#include "solvers/core/printable.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
	NARROW = 20, /* columns of long texts, where a table does not fit */
	LEAST = 3    /* "--:" needs three */
};

/* A table whose texts are escaped, being laid out. */
struct layout {
	const struct sheet *sheet;
	const char **text; /* (rows + 1) x cols: the heads first; NULL in a column left out */
	size_t *width;     /* cols */
	bool *chosen;      /* cols: stands in this block */
	struct arena arena;
	FILE *to;
};

static bool is_mark(char c)
{
	return c && ispunct((unsigned char)c);
}

static bool is_letter(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Would the character at `at` of `text` end its cell or start markup? Brackets alone, as those of
 * intervals, do not. */
static bool is_markup(const char *text, const char *at)
{
	char before = at > text ? at[-1] : ' ';

	switch (*at) {
	case '|':
	case '<':
	case '*':
	case '`':
	case '~':
		return true;
	case '_': /* within a word it is none */
		return !is_letter(before) || !is_letter(at[1]);
	case ']': /* [text](link), [text][name], and the same of images */
		return at[1] == '(' || at[1] == '[' || at[1] == ':';
	case '&':
		return at[1] == '#' || is_letter(at[1]);
	case '\\':
		return is_mark(at[1]);
	case ':': /* addresses become links by themselves */
		return at[1] == '/' && at[2] == '/';
	case '.':
		return at - text >= 3 && strncasecmp(at - 3, "www", 3) == 0;
	case '@':
		return is_letter(before) && is_letter(at[1]);
	default:
		return false;
	}
}

static const char *escaped(const char *text, const struct sheet *sheet, struct arena *arena)
{
	char *out, *to;

	text = sheet_shown(text, arena);
	if (sheet->plain)
		return text;
	to = out = ARENA_ARRAY(arena, char, 2 * strlen(text) + 1);
	for (const char *at = text; *at; at++) {
		if (is_markup(text, at))
			*to++ = '\\';
		*to++ = *at;
	}
	*to = '\0';
	return out;
}

static struct layout new_layout(const struct sheet *sheet, FILE *to)
{
	struct layout l = {.sheet = sheet, .to = to};
	size_t cols = sheet->cols;

	l.text = ARENA_ARRAY(&l.arena, const char *, (sheet->rows + 1) * cols);
	l.width = ARENA_ARRAY(&l.arena, size_t, cols);
	l.chosen = ARENA_ARRAY(&l.arena, bool, cols);
	for (size_t k = 0; k < (sheet->rows + 1) * cols; k++) {
		const char *text = k < cols ? sheet->head[k] : sheet->cell[k - cols];
		size_t width;

		if (!sheet->head[k % cols])
			continue;
		l.text[k] = escaped(text ? text : "", sheet, &l.arena);
		width = printable_width(l.text[k]);
		l.width[k % cols] = width > l.width[k % cols] ? width : l.width[k % cols];
	}
	for (size_t j = 0; j < cols; j++) {
		l.chosen[j] = sheet->head[j];
		l.width[j] = l.width[j] < LEAST ? LEAST : l.width[j];
	}
	return l;
}

/* Columns of a terminal that the table's column takes. */
static size_t taken(const struct layout *l, size_t col)
{
	return l->text[col] ? l->width[col] + (l->sheet->plain ? 2 : 3) : 0;
}

/* Bytes of the longest piece of a text that fits, cut at a space; all of it where it is one word.
 */
static size_t piece(const char *text, size_t width)
{
	const char *at = text, *cut = NULL;
	char shown[PRINTABLE_BYTES];
	size_t used = 0;

	while (*at) {
		if (*at == ' ' && used <= width)
			cut = at;
		used += printable_next(&at, shown);
		if (used > width && cut)
			return (size_t)(cut - text);
	}
	return strlen(text);
}

static void put_cell(struct layout *l, const char *text, size_t length, size_t col)
{
	const char *part = arena_text_n(&l->arena, text, length);
	size_t width = printable_width(part);
	int pad = width < l->width[col] ? (int)(l->width[col] - width) : 0;
	bool right = l->sheet->numeric[col];

	fprintf(l->to, "%s%*s%s%*s%s", l->sheet->plain ? "" : "| ", right ? pad : 0, "", part,
		right ? 0 : pad, "", l->sheet->plain ? "  " : " ");
}

/* A row, in as many lines as its longest text needs. */
static void put_row(struct layout *l, size_t row)
{
	size_t cols = l->sheet->cols;
	const char **rest = ARENA_ARRAY(&l->arena, const char *, cols);
	bool more = true;

	memcpy(rest, l->text + row * cols, cols * sizeof *rest);
	while (more) {
		more = false;
		for (size_t j = 0; j < cols; j++) {
			size_t length;

			if (!l->chosen[j])
				continue;
			length = piece(rest[j], l->width[j]);
			put_cell(l, rest[j], length, j);
			rest[j] += length + (rest[j][length] == ' ');
			more = more || *rest[j];
		}
		fputs(l->sheet->plain ? "\n" : "|\n", l->to);
	}
}

static void put_rule(struct layout *l)
{
	for (size_t j = 0; j < l->sheet->cols; j++) {
		bool numeric = l->sheet->numeric[j];

		if (!l->chosen[j])
			continue;
		fputs("| ", l->to);
		for (size_t k = l->width[j] - (numeric ? 1 : 0); k > 0; k--)
			putc('-', l->to);
		fputs(numeric ? ": " : " ", l->to);
	}
	fputs("|\n", l->to);
}

/* The chosen columns. */
static void put_block(struct layout *l)
{
	put_row(l, 0);
	if (!l->sheet->plain)
		put_rule(l);
	for (size_t i = 1; i <= l->sheet->rows; i++)
		put_row(l, i);
}

/* Make columns of long texts narrower; no word is cut. */
static void narrow(struct layout *l)
{
	for (size_t k = 0; k < l->sheet->cols; k++) {
		size_t longest = NARROW;

		if (l->sheet->numeric[k] || !l->text[k])
			continue;
		for (size_t i = 0; i <= l->sheet->rows; i++)
			for (const char *at = l->text[i * l->sheet->cols + k]; *at;) {
				size_t length = strcspn(at, " "), here;

				here = printable_width(arena_text_n(&l->arena, at, length));
				longest = here > longest ? here : longest;
				at += length + (at[length] == ' ');
			}
		l->width[k] = longest < l->width[k] ? longest : l->width[k];
	}
}

/* The columns from `from` on that fit beside the keys; returns the first that does not. */
static size_t choose(struct layout *l, size_t from, size_t keys, size_t width)
{
	size_t used = 1, j;

	for (j = 0; j < l->sheet->cols; j++) {
		l->chosen[j] = j < keys && l->text[j];
		used += j < keys ? taken(l, j) : 0;
	}
	for (j = from; j < l->sheet->cols && (!l->text[j] || used + taken(l, j) <= width); j++) {
		l->chosen[j] = l->text[j];
		used += taken(l, j);
	}
	return j;
}

/* Each row as a list of its cells. */
static void put_lists(struct layout *l, size_t width)
{
	size_t cols = l->sheet->cols;

	for (size_t i = 1; i <= l->sheet->rows; i++) {
		if (i > 1)
			putc('\n', l->to);
		for (size_t j = 0; j < cols; j++) {
			const char *head = l->text[j];

			if (!head || !*l->text[i * cols + j])
				continue;
			printable_wrap(
				arena_format(&l->arena, "%s: %s", head, l->text[i * cols + j]), 0,
				4, width, l->to);
			putc('\n', l->to);
		}
	}
}

/* Columns of the terminal that are needed: those of the keys and of the widest other one. */
static size_t needed(const struct layout *l, size_t keys)
{
	size_t used = 1, widest = 0;

	for (size_t j = 0; j < l->sheet->cols; j++) {
		used += j < keys ? taken(l, j) : 0;
		widest = j >= keys && taken(l, j) > widest ? taken(l, j) : widest;
	}
	return used + widest;
}

void sheet_terminal(const struct sheet *sheet, size_t width, FILE *to)
{
	struct layout l = new_layout(sheet, to);
	size_t keys = sheet->keys < sheet->cols ? sheet->keys : sheet->cols;

	if (width == 0 || needed(&l, sheet->cols) <= width) {
		put_block(&l);
	} else {
		narrow(&l);
		if (needed(&l, keys) > width)
			put_lists(&l, width);
		for (size_t from = keys; needed(&l, keys) <= width && from < sheet->cols;) {
			if (from > keys)
				putc('\n', to);
			from = choose(&l, from, keys, width);
			put_block(&l);
		}
	}
	arena_release(&l.arena);
}

void sheet_markdown(const struct sheet *sheet, FILE *to)
{
	sheet_terminal(sheet, 0, to);
}
