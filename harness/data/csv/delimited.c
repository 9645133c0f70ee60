/* Tokenizer of delimited text over a buffer that holds the whole file. */
#include "harness/data/csv/delimited.h"
#include "harness/file/gzfile.h"

#include <limits.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_end(char c)
{
	return c == '\n' || c == '\r';
}

/* The end of a line or of the file. */
static bool at_end(const struct delimited *d)
{
	return d->at == d->end || is_end(*d->at);
}

enum status delimited_open(struct delimited *d, size_t most, struct arena *arena, struct err *err)
{
	struct gzfile_bytes bytes = {0};
	bool whole = true;

	if (most > 0)
		TRY(gzfile_head(d->path, most, arena, &bytes, &whole, err));
	else
		TRY(gzfile_text(d->path, arena, &bytes, err));
	while (!whole && bytes.count > 0 && !is_end(bytes.at[bytes.count - 1]))
		bytes.count--;
	*d = (struct delimited){.path = d->path,
				.separator = d->separator,
				.comment = d->comment,
				.arff = d->arff,
				.at = bytes.at,
				.end = bytes.at + bytes.count,
				.cut = !whole,
				.line = 1,
				.arena = arena};
	if (bytes.count >= 3 && memcmp(bytes.at, "\xef\xbb\xbf", 3) == 0)
		d->at += 3;
	d->line_start = d->at;
	d->ends['\n'] = d->ends['\r'] = true;
	d->ends[(unsigned char)d->separator] = true;
	if (d->separator == DELIMITED_BLANKS)
		d->ends['\t'] = true;
	if (d->comment)
		d->ends[(unsigned char)d->comment] = true;
	return STATUS_OK;
}

void delimited_from_latin1(struct delimited *d)
{
	size_t high = 0;
	char *to;

	for (const char *at = d->at; at < d->end; at++)
		high += (unsigned char)*at >= 0x80;
	if (high == 0)
		return;
	to = ARENA_ARRAY(d->arena, char, (size_t)(d->end - d->at) + high + 1);
	d->line_start = to;
	for (const char *at = d->at; at < d->end; at++) {
		unsigned char byte = (unsigned char)*at;

		if (byte >= 0x80)
			*to++ = (char)(0xc0 | byte >> 6);
		*to++ = (char)(byte < 0x80 ? byte : 0x80 | (byte & 0x3f));
	}
	d->at = d->line_start;
	d->end = to;
}

size_t delimited_most(const struct delimited *d, size_t fields)
{
	size_t shortest = fields ? fields : 1; /* bytes of a record of empty fields */
	size_t fit = (size_t)(d->end - d->at) / shortest + 1, lines = 1;

	/* lines end with LF, and with CR that no LF follows */
	for (const char *at = d->at; (at = memchr(at, '\n', (size_t)(d->end - at))); at++)
		lines++;
	for (const char *at = d->at; (at = memchr(at, '\r', (size_t)(d->end - at))); at++)
		lines += at + 1 == d->end || at[1] != '\n';
	return lines < fit ? lines : fit;
}

bool csv_field_is(const struct csv_field *field, const char *text)
{
	return strlen(text) == field->length && memcmp(field->at, text, field->length) == 0;
}

bool csv_field_is_utf8(const struct csv_field *field)
{
	const unsigned char *at = (const unsigned char *)field->at, *end = at + field->length;
	ptrdiff_t length;

	for (; at < end; at += length) {
		length = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
		if (length == 1)
			continue;
		if (at[0] < 0xc2 || at[0] > 0xf4 || end - at < length)
			return false;
		for (ptrdiff_t i = 1; i < length; i++)
			if ((at[i] & 0xc0) != 0x80)
				return false;
		/* longer than need be, a surrogate, beyond U+10FFFF */
		if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
		    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
			return false;
	}
	return true;
}

static struct err_place place_of(const struct delimited *d, const struct csv_field *field)
{
	return (struct err_place){.source = d->path, .line = field->line, .col = field->col};
}

static bool at_quote(const struct delimited *d)
{
	return d->at < d->end && (*d->at == '"' || (d->arff && *d->at == '\''));
}

/* A quoted field from its opening quote at d->at; leaves d->at behind the closing one. */
static enum status read_quoted(struct delimited *d, struct csv_field *field, struct err *err)
{
	char *from = d->at + 1, *to = d->at;
	const char quote = *d->at;

	field->at = to;
	field->quoted = true;
	for (; from < d->end; from++) {
		if (from + 1 < d->end &&
		    (d->arff ? *from == '\\' : *from == quote && from[1] == quote)) {
			from++;
		} else if (*from == quote) {
			field->length = (size_t)(to - field->at);
			d->at = from + 1;
			return STATUS_OK;
		} else if (*from == '\n' ||
			   (*from == '\r' && (from + 1 == d->end || from[1] != '\n'))) {
			d->line++;
			d->line_start = from + 1;
		}
		*to++ = *from;
	}
	return err_at(err, STATUS_ENV, place_of(d, field), "the quoted field is not closed");
}

/* Blanks that separate nothing, and a comment behind them up to the end of its line. */
static void skip_blanks(struct delimited *d)
{
	bool all = d->separator == DELIMITED_BLANKS;

	while (d->at < d->end && is_blank(*d->at) && (all || *d->at != d->separator))
		d->at++;
	if (d->comment && d->at < d->end && *d->at == d->comment)
		while (!at_end(d))
			d->at++;
}

/* An empty field at d->at. */
static struct csv_field field_here(const struct delimited *d)
{
	ptrdiff_t col = d->at - d->line_start + 1;

	return (struct csv_field){
		.at = d->at, .line = d->line, .col = col < INT_MAX ? (int)col : INT_MAX};
}

enum status delimited_word(struct delimited *d, const char *stops, struct csv_field *field,
			   struct err *err)
{
	while (!at_end(d) && is_blank(*d->at))
		d->at++;
	*field = field_here(d);
	if (at_quote(d)) {
		TRY(read_quoted(d, field, err));
	} else {
		while (!at_end(d) && !strchr(stops, *d->at))
			d->at++;
		field->length = (size_t)(d->at - field->at);
		while (field->length > 0 && is_blank(field->at[field->length - 1]))
			field->length--;
	}
	while (!at_end(d) && is_blank(*d->at))
		d->at++;
	return STATUS_OK;
}

static enum status read_field(struct delimited *d, struct err *err)
{
	struct csv_field *old = d->field, *field;
	char *start = d->at;

	if (d->count == d->room) {
		d->room = d->room ? 2 * d->room : FIRST_ROOM;
		d->field = ARENA_ARRAY(d->arena, struct csv_field, d->room);
		if (old)
			memcpy(d->field, old, d->count * sizeof *old);
	}
	field = &d->field[d->count++];
	*field = field_here(d);
	if (!at_quote(d)) {
		while (d->at < d->end && !d->ends[(unsigned char)*d->at])
			d->at++;
		field->length = (size_t)(d->at - start);
		while (field->length > 0 && is_blank(start[field->length - 1]))
			field->length--;
		skip_blanks(d);
		return STATUS_OK;
	}
	TRY(read_quoted(d, field, err));
	skip_blanks(d);
	if (!at_end(d) && *d->at != d->separator && d->separator != DELIMITED_BLANKS)
		return err_at(err, STATUS_ENV, place_of(d, field),
			      "expected a separator or the end of the line behind a quoted field");
	return STATUS_OK;
}

static void next_line(struct delimited *d)
{
	d->at += *d->at == '\r' && d->at + 1 < d->end && d->at[1] == '\n' ? 2 : 1;
	d->line++;
	d->line_start = d->at;
}

void delimited_line(struct delimited *d)
{
	while (!at_end(d))
		d->at++;
	if (d->at < d->end)
		next_line(d);
}

enum status delimited_next(struct delimited *d, bool *more, struct err *err)
{
	d->count = 0;
	skip_blanks(d);
	while (d->at < d->end && is_end(*d->at)) {
		next_line(d);
		skip_blanks(d);
	}
	*more = d->at < d->end;
	if (!*more)
		return STATUS_OK;
	TRY(read_field(d, err));
	while (!at_end(d)) {
		if (d->separator != DELIMITED_BLANKS) {
			d->at++;
			skip_blanks(d);
		}
		TRY(read_field(d, err));
	}
	if (d->at < d->end)
		next_line(d);
	return STATUS_OK;
}
