/* Tokenizer of delimited text over a buffer that holds the whole file. */
#include "harness/data/delimited.h"
#include "harness/store/gzfile.h"

#include <limits.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

enum status delimited_open(struct delimited *d, const char *path, char separator,
			   struct arena *arena, struct err *err)
{
	struct gzfile_bytes bytes = {0};

	*d = (struct delimited){.path = path, .separator = separator, .line = 1, .arena = arena};
	TRY(gzfile_text(path, arena, &bytes, err));
	d->at = bytes.at;
	d->end = bytes.at + bytes.count;
	if (bytes.count >= 3 && memcmp(bytes.at, "\xef\xbb\xbf", 3) == 0)
		d->at += 3;
	d->line_start = d->at;
	return STATUS_OK;
}

size_t delimited_most(const struct delimited *d, size_t fields)
{
	size_t lines = 1, shortest = fields ? fields : 1; /* bytes of a record of empty fields */
	size_t fit = (size_t)(d->end - d->at) / shortest + 1;

	for (const char *at = d->at; (at = memchr(at, '\n', (size_t)(d->end - at))); at++)
		lines++;
	return lines < fit ? lines : fit;
}

struct err_place delimited_place(const struct delimited *d, const struct field *field)
{
	return (struct err_place){.source = d->path, .line = field->line, .col = field->col};
}

static int column_of(const struct delimited *d, const char *at)
{
	ptrdiff_t col = at - d->line_start + 1;

	return col < INT_MAX ? (int)col : INT_MAX;
}

static struct field *new_field(struct delimited *d)
{
	struct field *old = d->field;

	if (d->count == d->room) {
		d->room = d->room ? 2 * d->room : FIRST_ROOM;
		d->field = ARENA_ARRAY(d->arena, struct field, d->room);
		if (old)
			memcpy(d->field, old, d->count * sizeof *old);
	}
	return &d->field[d->count++];
}

/* A quoted field from its opening quote at d->at; leaves d->at behind the closing one. */
static enum status read_quoted(struct delimited *d, struct field *field, struct err *err)
{
	char *from = d->at + 1, *to = d->at;

	field->at = to;
	for (; from < d->end; from++) {
		if (*from == '"' && from + 1 < d->end && from[1] == '"') {
			from++;
		} else if (*from == '"') {
			field->length = (size_t)(to - field->at);
			d->at = from + 1;
			return STATUS_OK;
		} else if (*from == '\n') {
			d->line++;
			d->line_start = from + 1;
		}
		*to++ = *from;
	}
	return err_at(err, STATUS_ENV, delimited_place(d, field), "the quoted field is not closed");
}

static void read_plain(struct delimited *d, struct field *field)
{
	char *at = d->at, *last;
	char separator = d->separator;

	if (separator == DELIMITED_BLANKS)
		while (at < d->end && *at != '\n' && !is_blank(*at))
			at++;
	else
		while (at < d->end && *at != '\n' && *at != separator)
			at++;
	for (last = at; last > d->at && is_blank(last[-1]);)
		last--;
	field->at = d->at;
	field->length = (size_t)(last - d->at);
	d->at = at;
}

/* Blanks that separate nothing. */
static void skip_blanks(struct delimited *d)
{
	while (d->at < d->end && is_blank(*d->at) && *d->at != d->separator)
		d->at++;
	if (d->separator == DELIMITED_BLANKS)
		while (d->at < d->end && is_blank(*d->at))
			d->at++;
}

static enum status read_field(struct delimited *d, struct err *err)
{
	struct field *field = new_field(d);

	field->line = d->line;
	field->col = column_of(d, d->at);
	if (d->at == d->end || *d->at != '"') {
		read_plain(d, field);
		skip_blanks(d);
		return STATUS_OK;
	}
	TRY(read_quoted(d, field, err));
	skip_blanks(d);
	if (d->at < d->end && *d->at != '\n' && *d->at != d->separator &&
	    d->separator != DELIMITED_BLANKS)
		return err_at(err, STATUS_ENV, delimited_place(d, field),
			      "expected a separator or the end of the line behind a quoted field");
	return STATUS_OK;
}

static void next_line(struct delimited *d)
{
	d->at++;
	d->line++;
	d->line_start = d->at;
}

static void skip_empty_lines(struct delimited *d)
{
	skip_blanks(d);
	while (d->at < d->end && *d->at == '\n') {
		next_line(d);
		skip_blanks(d);
	}
}

enum status delimited_next(struct delimited *d, bool *more, struct err *err)
{
	d->count = 0;
	skip_empty_lines(d);
	*more = d->at < d->end;
	if (!*more)
		return STATUS_OK;
	TRY(read_field(d, err));
	while (d->at < d->end && *d->at != '\n') {
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
