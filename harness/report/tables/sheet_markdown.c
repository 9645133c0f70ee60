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

/* Would the character at `at` of `text` end its cell or start markup? Brackets alone, as those of
 * intervals, do not. */
static bool is_markup(const char *text, const char *at)
{
	const unsigned char before = at > text ? (unsigned char)at[-1] : ' ';
	const unsigned char next = (unsigned char)at[1];
	const bool follows = isalnum(before) || before >= 0x80; /* a letter or digit */
	const bool leads = isalnum(next) || next >= 0x80;

	switch (*at) {
	case '|':
	case '<':
	case '*':
	case '`':
	case '~':
		return true;
	case '_': /* within a word it is none */
		return !follows || !leads;
	case ']': /* [text](link), [text][name], and the same of images */
		return next == '(' || next == '[' || next == ':';
	case '&':
		return next == '#' || leads;
	case '\\':
		return ispunct(next);
	case ':': /* addresses become links by themselves */
		return next == '/' && at[2] == '/';
	case '.':
		return at - text >= 3 && strncasecmp(at - 3, "www", 3) == 0;
	case '@':
		return follows && leads;
	default:
		return false;
	}
}

/* Markdown has no heads over columns: they stand in each. */
static const char *head_text(const struct sheet *sheet, size_t col, struct arena *arena)
{
	const char *head = sheet_head(sheet, col, arena);
	const char *over = sheet->over ? sheet->over[col] : NULL;

	return over ? arena_format(arena, "%s: %s", over, head) : head;
}

static struct layout new_layout(const struct sheet *sheet, FILE *to)
{
	struct layout l = {.sheet = sheet, .to = to};
	size_t cols = sheet->cols;

	l.text = ARENA_ARRAY(&l.arena, const char *, (sheet->rows + 1) * cols);
	l.width = ARENA_ARRAY(&l.arena, size_t, cols);
	l.chosen = ARENA_ARRAY(&l.arena, bool, cols);
	for (size_t k = 0; k < (sheet->rows + 1) * cols; k++) {
		const char *given = k < cols ? head_text(sheet, k, &l.arena)
					     : sheet_cell(sheet, k / cols - 1, k % cols, &l.arena);
		const char *text = sheet_shown(given, &l.arena);
		bool bold = k >= cols && sheet->bold && sheet->bold[k - cols] && !sheet->plain;
		char *out = ARENA_ARRAY(&l.arena, char, 2 * strlen(text) + 1);
		size_t width, length = 0;

		if (!sheet->head[k % cols])
			continue;
		for (const char *at = text; *at; at++) {
			if (!sheet->plain && is_markup(text, at))
				out[length++] = '\\';
			out[length++] = *at;
		}
		l.text[k] = bold ? arena_format(&l.arena, "**%s**", out) : out;
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

/* One line of a cell: the longest piece of the text that fits, cut at a space, or all of it where
 * it is one word. Is there more? */
static bool put_cell(struct layout *l, const char **text, size_t col)
{
	const char *at = *text, *cut = NULL, *part;
	const bool right = l->sheet->numeric[col];
	char shown[PRINTABLE_BYTES];
	size_t used = 0, width;
	int pad;

	while (*at && (used <= l->width[col] || !cut)) {
		if (*at == ' ' && used <= l->width[col])
			cut = at;
		used += printable_next(&at, shown);
	}
	if (used <= l->width[col] || !cut)
		cut = at;
	part = arena_text_n(&l->arena, *text, (size_t)(cut - *text));
	width = printable_width(part);
	pad = width < l->width[col] ? (int)(l->width[col] - width) : 0;
	fprintf(l->to, "%s%*s%s%*s%s", l->sheet->plain ? "" : "| ", right ? pad : 0, "", part,
		right ? 0 : pad, "", l->sheet->plain ? "  " : " ");
	*text = cut + (*cut == ' ');
	return **text;
}

/* The chosen columns; a row takes as many lines as its longest text needs. */
static void put_block(struct layout *l)
{
	const bool plain = l->sheet->plain, *right = l->sheet->numeric;
	const size_t cols = l->sheet->cols;
	const char **rest = ARENA_ARRAY(&l->arena, const char *, cols);

	for (size_t i = 0; i <= l->sheet->rows; i++) {
		bool more = true;

		memcpy(rest, l->text + i * cols, cols * sizeof *rest);
		while (more) {
			more = false;
			for (size_t j = 0; j < cols; j++)
				more = (l->chosen[j] && put_cell(l, &rest[j], j)) || more;
			fputs(plain ? "\n" : "|\n", l->to);
		}
		for (size_t j = 0; j < cols && i == 0 && !plain; j++) {
			if (!l->chosen[j])
				continue;
			fputs("| ", l->to);
			for (size_t k = l->width[j] - right[j]; k > 0; k--)
				putc('-', l->to);
			fputs(right[j] ? ": " : " ", l->to);
		}
		if (i == 0 && !plain)
			fputs("|\n", l->to);
	}
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
