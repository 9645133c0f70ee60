/* Options to JSON. The result is also YAML, and harness/spec reads it back as such: so every
 * character that YAML treats as a line break or refuses is escaped. */
#include "harness/spec/canon.h"

#include "harness/spec/expect.h"
#include "harness/spec/scalar.h"
#include "solvers/core/desc.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void append(struct writer *w, const char *text, size_t length)
{
	if (w->length + length + 1 > w->room) {
		size_t room = 2 * (w->length + length + 1);
		char *grown = arena_alloc(w->arena, room, 1);

		if (w->length)
			memcpy(grown, w->at, w->length);
		w->at = grown;
		w->room = room;
	}
	memcpy(w->at + w->length, text, length);
	w->length += length;
	w->at[w->length] = '\0';
}

void canon_write(struct writer *w, const char *text)
{
	append(w, text, strlen(text));
}

/* Bytes of the UTF-8 character at `text`, and its code point. Texts come from libyaml and are
 * valid. */
static size_t decode(const unsigned char *text, uint32_t *code)
{
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

	*code = length == 1 ? text[0] : text[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return i;
		*code = *code << 6 | (text[i] & 0x3fu);
	}
	return length;
}

static bool needs_escape(uint32_t code)
{
	return code < 0x20 || code == '"' || code == '\\' || (code >= 0x7f && code < 0xa0) ||
	       code == 0x2028 || code == 0x2029 || code == 0xfeff || code == 0xfffe ||
	       code == 0xffff;
}

static void write_quoted(struct writer *w, const char *text)
{
	char escape[8];
	uint32_t code;
	size_t length;

	append(w, "\"", 1);
	for (; *text; text += length) {
		length = decode((const unsigned char *)text, &code);
		if (!needs_escape(code)) {
			append(w, text, length);
			continue;
		}
		if (code == '"' || code == '\\')
			snprintf(escape, sizeof escape, "\\%c", (char)code);
		else
			snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(code & 0xffff));
		canon_write(w, escape);
	}
	append(w, "\"", 1);
}

static void write_value(struct writer *w, const struct option *row, const void *field);

static void write_bool(struct writer *w, const struct option *row, const void *field)
{
	(void)row;
	canon_write(w, *(const bool *)field ? "true" : "false");
}

/* The name or word that an integer stands for, or NULL. */
static const char *word_of(const struct option *row, long value)
{
	if (value == SCALAR_UNSET_INT)
		return NULL;
	if (row->names)
		return row->names[value];
	return row->words && value < 0 ? row->words[-1 - value] : NULL;
}

static void write_int(struct writer *w, const struct option *row, const void *field)
{
	long value = *(const long *)field;
	char text[SCALAR_ROOM];

	if (value == SCALAR_UNSET_INT) {
		canon_write(w, "null");
	} else if (word_of(row, value)) {
		write_quoted(w, word_of(row, value));
	} else {
		snprintf(text, sizeof text, "%ld", value);
		canon_write(w, text);
	}
}

static void write_real(struct writer *w, const struct option *row, const void *field)
{
	char text[SCALAR_ROOM];

	(void)row;
	scalar_print_real(*(const double *)field, text);
	canon_write(w, text);
}

static void write_text(struct writer *w, const struct option *row, const void *field)
{
	const char *text = *(const char *const *)field;

	(void)row;
	if (text)
		write_quoted(w, text);
	else
		canon_write(w, "null");
}

static void write_reals(struct writer *w, const struct option *row, const void *field)
{
	const struct reals *list = field;

	canon_write(w, "[");
	for (size_t i = 0; i < list->count; i++) {
		canon_write(w, i ? "," : "");
		write_real(w, row, &list->at[i]);
	}
	canon_write(w, "]");
}

static void write_texts(struct writer *w, const struct option *row, const void *field)
{
	const struct texts *list = field;

	canon_write(w, "[");
	for (size_t i = 0; i < list->count; i++) {
		canon_write(w, i ? "," : "");
		write_text(w, row, &list->at[i]);
	}
	canon_write(w, "]");
}

static void write_key(struct writer *w, const char *key, bool *first)
{
	canon_write(w, *first ? "" : ",");
	*first = false;
	write_quoted(w, key);
	canon_write(w, ":");
}

static void write_options(struct writer *w, const struct choice *choice)
{
	if (choice->item->options)
		canon_rows(w, choice->item->options, choice->options);
	else
		canon_write(w, "{}");
}

static void write_choice(struct writer *w, const struct option *row, const void *field)
{
	const struct choice *choice = field;
	bool first = true;

	(void)row;
	if (!choice->item) {
		canon_write(w, "null");
		return;
	}
	canon_write(w, "{");
	write_key(w, choice->item->name, &first);
	write_options(w, choice);
	canon_write(w, "}");
}

static void write_choices(struct writer *w, const struct option *row, const void *field)
{
	const struct choices *list = field;

	canon_write(w, "[");
	for (size_t i = 0; i < list->count; i++) {
		canon_write(w, i ? "," : "");
		write_choice(w, row, &list->at[i]);
	}
	canon_write(w, "]");
}

static void write_group(struct writer *w, const struct option *row, const void *field)
{
	canon_rows(w, row->rows, field);
}

static void write_groups(struct writer *w, const struct option *row, const void *field)
{
	const struct groups *list = field;

	canon_write(w, "[");
	for (size_t i = 0; i < list->count; i++) {
		canon_write(w, i ? "," : "");
		canon_rows(w, row->rows, (const char *)list->at + i * row->size);
	}
	canon_write(w, "]");
}

static void write_value(struct writer *w, const struct option *row, const void *field)
{
	static void (*const writers[])(struct writer *, const struct option *, const void *) = {
		[OPTION_BOOL] = write_bool,     [OPTION_INT] = write_int,
		[OPTION_REAL] = write_real,     [OPTION_TEXT] = write_text,
		[OPTION_REALS] = write_reals,   [OPTION_TEXTS] = write_texts,
		[OPTION_CHOICE] = write_choice, [OPTION_CHOICES] = write_choices,
		[OPTION_GROUPS] = write_groups, [OPTION_GROUP] = write_group,
	};

	writers[row->type](w, row, field);
}

/* One that came later, at its default: its key is as if it were not there. */
static bool is_left_out(const struct option *row, const void *field)
{
	if (!row->later)
		return false;
	if (row->type == OPTION_REALS)
		return ((const struct reals *)field)->count == 0;
	if (row->type == OPTION_TEXTS)
		return ((const struct texts *)field)->count == 0;
	return *(const long *)field == 0;
}

/* The item's name under the row's key, then the item's options beside it; a key of the same name
 * among the siblings hides an option. */
static void write_flat(struct writer *w, const struct option *siblings, const struct option *row,
		       const struct choice *choice, bool *first)
{
	write_key(w, row->name, first);
	if (!choice->item) {
		canon_write(w, "null");
		return;
	}
	write_quoted(w, choice->item->name);
	for (const struct option *o = choice->item->options; o && o->name; o++)
		if (!expect_find(siblings, o->name) &&
		    !is_left_out(o, (const char *)choice->options + o->offset)) {
			write_key(w, o->name, first);
			write_value(w, o, (const char *)choice->options + o->offset);
		}
}

static void write_keyed(struct writer *w, const struct choice *choice, bool *first)
{
	if (!choice->item)
		return;
	write_key(w, choice->item->name, first);
	write_options(w, choice);
}

void canon_rows(struct writer *w, const struct option *rows, const void *base)
{
	bool first = true;

	canon_write(w, "{");
	for (const struct option *row = rows; row && row->name; row++) {
		const void *field = (const char *)base + row->offset;

		if (row->type == OPTION_CHOICE && row->style == CHOICE_FLAT) {
			write_flat(w, rows, row, field, &first);
		} else if (row->type == OPTION_CHOICE && row->style == CHOICE_KEYED) {
			write_keyed(w, field, &first);
		} else if (!is_left_out(row, field)) {
			write_key(w, row->name, &first);
			write_value(w, row, field);
		}
	}
	canon_write(w, "}");
}

void canon_plain(struct writer *w, const struct option *row, const void *field)
{
	if (row->type == OPTION_TEXT && *(const char *const *)field)
		canon_write(w, *(const char *const *)field);
	else if (row->type == OPTION_INT && word_of(row, *(const long *)field))
		canon_write(w, word_of(row, *(const long *)field));
	else
		write_value(w, row, field);
}
