/* Lines of @relation, @attribute and @data, in any case of letters; comments start with %. */
#include "harness/data/csv/arff.h"

#include <string.h>
#include <strings.h>

enum { FIRST_ROOM = 16 };

/* The attributes so far. */
struct header {
	struct delimited *text;
	struct csv_head *head;
	struct csv_field *name;
	struct csv_type *type;
	size_t count, room;
};

static enum status wrong(const struct delimited *text, const struct csv_field *at,
			 const char *expected, struct err *err)
{
	return err_at(err, STATUS_ENV, (struct err_place){text->path, at->line, at->col},
		      "expected %s, got \"%.*s\"", expected,
		      at->length < CSV_SHOWN ? (int)at->length : CSV_SHOWN, at->at);
}

static bool is_word(const struct csv_field *field, const char *word)
{
	return !field->quoted && strlen(word) == field->length &&
	       strncasecmp(field->at, word, field->length) == 0;
}

static void make_room(struct header *h)
{
	struct arena *arena = h->head->arena;
	struct csv_field *name = h->name;
	struct csv_type *type = h->type;

	if (h->count < h->room)
		return;
	h->room = h->room ? 2 * h->room : FIRST_ROOM;
	h->name = ARENA_ARRAY(arena, struct csv_field, h->room);
	h->type = ARENA_ARRAY(arena, struct csv_type, h->room);
	if (h->count == 0)
		return;
	memcpy(h->name, name, h->count * sizeof *name);
	memcpy(h->type, type, h->count * sizeof *type);
}

/* {red, 'dark blue'}, from the brace on. */
static enum status read_values(struct header *h, struct labels **out, struct err *err)
{
	struct delimited *text = h->text;
	struct labels *values = ARENA_NEW(h->head->arena, struct labels);
	struct csv_field field;
	bool more = true;

	*values = labels_new(h->head->arena);
	*out = values;
	while (more) {
		text->at++; /* the brace or a comma */
		TRY(delimited_word(text, ",}", &field, err));
		if (field.length == 0 && !field.quoted)
			return wrong(text, &field, "a value", err);
		labels_add(values, field.at, field.length, 1);
		if (text->at == text->end || !strchr(",}", *text->at))
			return wrong(text, &field, "values in one line, up to a brace", err);
		more = *text->at == ',';
	}
	text->at++;
	return STATUS_OK;
}

static enum status read_attribute(struct header *h, struct err *err)
{
	static const char *const numbers[] = {"numeric", "real", "integer"};
	struct delimited *text = h->text;
	struct csv_type type = {0};
	struct csv_field word;
	bool number = false;

	make_room(h);
	TRY(delimited_word(text, " \t{", &h->name[h->count], err));
	if (h->name[h->count].length == 0)
		return wrong(text, &h->name[h->count], "the name of an attribute", err);
	if (text->at < text->end && *text->at == '{') {
		TRY(read_values(h, &type.values, err));
	} else {
		TRY(delimited_word(text, " \t%", &word, err));
		for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
			number = number || is_word(&word, numbers[i]);
		if (word.length == 0)
			return wrong(text, &word, "the type of an attribute", err);
		if (!number)
			type.other = arena_text_n(h->head->arena, word.at, word.length);
	}
	h->type[h->count++] = type;
	return STATUS_OK;
}

enum status arff_head(struct delimited *text, struct csv_head *head, struct err *err)
{
	struct header h = {.text = text, .head = head};
	struct csv_field word = {0};

	for (; text->at < text->end; delimited_line(text)) {
		TRY(delimited_word(text, " \t%", &word, err));
		if (word.length == 0) /* an empty line, or a comment */
			continue;
		if (is_word(&word, "@data"))
			break;
		if (is_word(&word, "@attribute"))
			TRY(read_attribute(&h, err));
		else if (!is_word(&word, "@relation"))
			return wrong(text, &word, "@relation, @attribute or @data", err);
	}
	if (!is_word(&word, "@data") || h.count == 0)
		return err_at(err, STATUS_ENV, (struct err_place){.source = text->path},
			      "expected lines of @attribute and one of @data: not an ARFF file");
	delimited_line(text);
	head->first = h.name;
	head->types = h.type;
	head->count = h.count;
	head->header = true;
	return STATUS_OK;
}
