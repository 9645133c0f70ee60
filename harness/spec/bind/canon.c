/* Options to JSON. The result is also YAML, and harness/spec reads it back as such: so every
 * character that YAML treats as a line break or refuses is escaped. */
#include "harness/spec/bind/canon.h"

#include "harness/spec/bind/expect.h"
#include "harness/spec/bind/scalar.h"
#include "solvers/core/desc.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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

static void write_quoted(struct text *w, const char *text)
{
	char escape[8];
	uint32_t code;
	size_t length;

	text_add_n(w, "\"", 1);
	for (; *text; text += length) {
		for (length = 0; text[length] >= ' ' && text[length] < 0x7f &&
				 text[length] != '"' && text[length] != '\\';)
			length++;
		if (length) { /* most texts are of these alone */
			text_add_n(w, text, length);
			continue;
		}
		length = decode((const unsigned char *)text, &code);
		if (code >= 0x20 && code != '"' && code != '\\' && (code < 0x7f || code >= 0xa0) &&
		    code != 0x2028 && code != 0x2029 && code != 0xfeff && code != 0xfffe &&
		    code != 0xffff) {
			text_add_n(w, text, length);
			continue;
		}
		if (code == '"' || code == '\\')
			snprintf(escape, sizeof escape, "\\%c", (char)code);
		else
			snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(code & 0xffff));
		text_add(w, escape);
	}
	text_add_n(w, "\"", 1);
}

static void write_value(struct text *w, const struct option *row, const void *field);

static void write_bool(struct text *w, const struct option *row, const void *field)
{
	(void)row;
	text_add(w, *(const bool *)field ? "true" : "false");
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

static void write_int(struct text *w, const struct option *row, const void *field)
{
	long value = *(const long *)field;
	char text[SCALAR_ROOM];

	if (value == SCALAR_UNSET_INT) {
		text_add(w, "null");
	} else if (word_of(row, value)) {
		write_quoted(w, word_of(row, value));
	} else {
		snprintf(text, sizeof text, "%ld", value);
		text_add(w, text);
	}
}

static void write_real(struct text *w, const struct option *row, const void *field)
{
	char text[SCALAR_ROOM];

	(void)row;
	scalar_print_real(*(const double *)field, text);
	text_add(w, text);
}

static void write_text(struct text *w, const struct option *row, const void *field)
{
	const char *text = *(const char *const *)field;

	(void)row;
	if (text)
		write_quoted(w, text);
	else
		text_add(w, "null");
}

static void write_key(struct text *w, const char *key, bool *first)
{
	text_add(w, *first ? "" : ",");
	*first = false;
	write_quoted(w, key);
	text_add(w, ":");
}

static void write_text_map(struct text *w, const struct option *row, const void *field)
{
	const struct text_map *pairs = field;
	bool first = true;

	(void)row;
	if (pairs->count == 1 && !pairs->at[0].text) {
		write_quoted(w, pairs->at[0].key);
		return;
	}
	text_add(w, "{");
	for (size_t i = 0; i < pairs->count; i++) {
		write_key(w, pairs->at[i].key, &first);
		write_quoted(w, pairs->at[i].text);
	}
	text_add(w, "}");
}

static void write_choice(struct text *w, const struct option *row, const void *field)
{
	const struct choice *choice = field;
	bool first = true;

	(void)row;
	if (!choice->item) {
		text_add(w, "null");
		return;
	}
	text_add(w, "{");
	write_key(w, choice->item->name, &first);
	canon_rows(w, choice->item->options, choice->options);
	text_add(w, "}");
}

static void write_group(struct text *w, const struct option *row, const void *field)
{
	canon_rows(w, row->rows, field);
}

static const struct {
	void (*write)(struct text *, const struct option *, const void *);
	size_t size; /* of an element of a list; 0: no list */
} writers[] = {
	[OPTION_BOOL] = {write_bool, 0},
	[OPTION_INT] = {write_int, 0},
	[OPTION_REAL] = {write_real, 0},
	[OPTION_TEXT] = {write_text, 0},
	[OPTION_TEXT_MAP] = {write_text_map, 0},
	[OPTION_CHOICE] = {write_choice, 0},
	[OPTION_GROUP] = {write_group, 0},
	[OPTION_REALS] = {write_real, sizeof(double)},
	[OPTION_TEXTS] = {write_text, sizeof(const char *)},
	[OPTION_CHOICES] = {write_choice, sizeof(struct choice)},
	[OPTION_GROUPS] = {write_group, 1}, /* times row->size */
};

static void write_value(struct text *w, const struct option *row, const void *field)
{
	size_t size = row->type == OPTION_GROUPS ? row->size : writers[row->type].size;
	struct groups list; /* of any type: they all are a count and where the elements are */

	if (!writers[row->type].size) {
		writers[row->type].write(w, row, field);
		return;
	}
	memcpy(&list, field, sizeof list);
	text_add(w, "[");
	for (size_t i = 0; i < list.count; i++) {
		text_add(w, i ? "," : "");
		writers[row->type].write(w, row, (const char *)list.at + i * size);
	}
	text_add(w, "]");
}

/* Is the field what the row's default is? Of lists only an empty default is known. */
static bool is_initial(const struct option *row, const void *field)
{
	struct groups list; /* of any type, as in write_value */
	const char *text;
	double number;
	long value;

	switch (row->type) {
	case OPTION_BOOL:
		return strcmp(row->initial, *(const bool *)field ? "true" : "false") == 0;
	case OPTION_INT:
		value = *(const long *)field;
		text = value == SCALAR_UNSET_INT ? "null" : word_of(row, value);
		if (text)
			return strcmp(row->initial, text) == 0;
		return scalar_real(row->initial, row->unit, &number) && (double)value == number;
	case OPTION_REAL:
		if (isnan(*(const double *)field))
			return strcmp(row->initial, "null") == 0;
		return scalar_real(row->initial, row->unit, &number) &&
		       !(*(const double *)field < number) && !(*(const double *)field > number);
	case OPTION_CHOICE:
		return !((const struct choice *)field)->item && strcmp(row->initial, "null") == 0;
	case OPTION_TEXT:
		text = *(const char *const *)field;
		return strcmp(row->initial, text ? text : "null") == 0;
	default:
		if (row->type != OPTION_TEXT_MAP && !writers[row->type].size)
			return false;
		memcpy(&list, field, sizeof list);
		return list.count == 0;
	}
}

/* The item's name under the row's key, then the item's options beside it; a key of the same name
 * among the siblings hides an option. */
static void write_flat(struct text *w, const struct option *siblings, const struct option *row,
		       const struct choice *choice, bool *first)
{
	write_key(w, row->name, first);
	if (!choice->item) {
		text_add(w, "null");
		return;
	}
	write_quoted(w, choice->item->name);
	for (const struct option *o = choice->item->options; o && o->name; o++)
		if (!expect_find(siblings, o->name) &&
		    !(o->later && is_initial(o, (const char *)choice->options + o->offset))) {
			write_key(w, o->name, first);
			write_value(w, o, (const char *)choice->options + o->offset);
		}
}

void canon_rows(struct text *w, const struct option *rows, const void *base)
{
	bool first = true;

	text_add(w, "{");
	for (const struct option *row = rows; row && row->name; row++) {
		const void *field = (const char *)base + row->offset;

		if (row->type == OPTION_CHOICE && row->style == CHOICE_FLAT) {
			write_flat(w, rows, row, field, &first);
		} else if (row->type == OPTION_CHOICE && row->style == CHOICE_KEYED) {
			const struct choice *choice = field;

			if (!choice->item)
				continue;
			write_key(w, choice->item->name, &first);
			canon_rows(w, choice->item->options, choice->options);
		} else if (!row->later || !is_initial(row, field)) {
			write_key(w, row->name, &first);
			write_value(w, row, field);
		}
	}
	text_add(w, "}");
}

void canon_plain(struct text *w, const struct option *row, const void *field)
{
	if (row->type == OPTION_TEXT && *(const char *const *)field)
		text_add(w, *(const char *const *)field);
	else if (row->type == OPTION_INT && word_of(row, *(const long *)field))
		text_add(w, word_of(row, *(const long *)field));
	else
		write_value(w, row, field);
}
