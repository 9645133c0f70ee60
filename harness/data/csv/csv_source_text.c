/* Text of a CSV file. See csv_source_text.h. */
#include "harness/data/csv/csv_source_text.h"

#include <string.h>

enum { HEAD_BYTES = 1 << 20 };

static enum status parse_separator(const char *text, char *separator, struct err *err)
{
	if (strcmp(text, "whitespace") == 0)
		*separator = DELIMITED_BLANKS;
	else if (strcmp(text, "tab") == 0)
		*separator = '\t';
	else if (strlen(text) == 1 && !strchr("\"\n\r", text[0]))
		*separator = text[0];
	else
		return err_set(
			err, STATUS_SPEC,
			"csv.separator: expected one character, tab or whitespace, got \"%s\"",
			text);
	return STATUS_OK;
}

static enum status parse_comment(const char *text, char separator, char *comment, struct err *err)
{
	*comment = text ? text[0] : '\0';
	if (text && (strlen(text) != 1 || strchr("\"\n\r \t", text[0]) || text[0] == separator))
		return err_set(err, STATUS_SPEC,
			       "csv.comment: expected one character other than the separator, "
			       "quotes and blanks, got \"%s\"",
			       text);
	return STATUS_OK;
}

/* The signs, before the file is opened. */
static enum status parse_signs(const struct csv_options *options, const char *path,
			       struct delimited *text, struct err *err)
{
	*text = (struct delimited){.path = path};
	TRY(parse_separator(options->separator, &text->separator, err));
	return parse_comment(options->comment, text->separator, &text->comment, err);
}

static void decode(const struct csv_options *options, struct delimited *text)
{
	if (options->encoding == CSV_LATIN1)
		delimited_from_latin1(text);
}

enum status csv_source_text(const struct csv_options *options, const char *path,
			    struct delimited *text, struct arena *arena, struct err *err)
{
	TRY(parse_signs(options, path, text, err));
	TRY(delimited_open(text, arena, err));
	decode(options, text);
	return STATUS_OK;
}

enum status csv_source_text_head(const struct csv_options *options, const char *path,
				 struct delimited *text, struct arena *arena, struct err *err)
{
	TRY(parse_signs(options, path, text, err));
	TRY(delimited_open_head(text, HEAD_BYTES, arena, err));
	decode(options, text);
	return STATUS_OK;
}
