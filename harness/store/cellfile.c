/* Names and swept values of a cell.json. */
#include "harness/store/cellfile.h"
#include "harness/store/csv.h"
#include "harness/store/folder.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name, struct arena *arena)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? arena_text(arena, text) : NULL;
}

/* A solver is a text, or an object whose only key is its name. */
static const char *item_name(const json_t *value, struct arena *arena)
{
	const char *text = json_string_value(value);

	if (!text && json_object_size(value) == 1)
		text = json_object_iter_key(json_object_iter((json_t *)value));
	return text ? arena_text(arena, text) : NULL;
}

static const char *value_text(const json_t *value, struct arena *arena)
{
	char number[CSV_NUMBER_BYTES];
	const char *text;
	char *dumped;

	if (json_is_string(value))
		return arena_text(arena, json_string_value(value));
	if (json_is_real(value)) {
		csv_format(json_real_value(value), number);
		return arena_text(arena, number);
	}
	dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	text = arena_text(arena, dumped ? dumped : "");
	free(dumped);
	return text;
}

static void read_swept(const json_t *list, struct arena *arena, struct cellfile *out)
{
	size_t count = json_array_size(list);

	out->swept = ARENA_ARRAY(arena, struct cellfile_swept, count);
	for (size_t i = 0; i < count; i++) {
		const json_t *entry = json_array_get(list, i);
		const char *path = text_of(entry, "path", arena);

		if (!path)
			continue;
		out->swept[out->swept_count++] = (struct cellfile_swept){
			path, value_text(json_object_get(entry, "value"), arena)};
	}
}

/* The column that `select: {by: ...}` names; "none" chooses nothing. */
static const char *select_by(const json_t *train, struct arena *arena)
{
	const char *by = text_of(json_object_get(train, "select"), "by", arena);

	return by && strcmp(by, "none") != 0 ? by : NULL;
}

/* Objectives of cells can be compared only where these agree. */
static const char *objective_text(const json_t *train, struct arena *arena)
{
	static const char *const parts[] = {"loss", "beta", "average", NULL};
	const char *text = "";

	for (const char *const *part = parts; *part; part++) {
		const json_t *value = json_object_get(train, *part);

		text = arena_format(arena, "%s%s%s: %s", text, *text ? ", " : "", *part,
				    value ? value_text(value, arena) : "null");
	}
	return text;
}

/* A generator draws new data in every repetition; a given test part stays the same. */
static bool is_resampled(const json_t *data)
{
	const json_t *test = json_object_get(json_object_get(data, "split"), "test");

	return !json_object_get(data, "generate") && json_is_number(test) &&
	       json_number_value(test) > 0;
}

enum status cellfile_read(const char *path, struct arena *arena, struct cellfile *out,
			  struct err *err)
{
	struct err_place at = {path, 0, 0};
	const json_t *train, *repetition;
	json_error_t error;
	const char *text;
	json_t *root;

	*out = (struct cellfile){.repetition = NAN};
	TRY(store_read_text(path, arena, &text, err));
	root = json_loads(text, 0, &error);
	if (!root) {
		at.line = error.line;
		at.col = error.column;
		return err_at(err, STATUS_ENV, at, "%s", error.text);
	}
	train = json_object_get(root, "train");
	repetition = json_object_get(root, "repetition");
	out->data = text_of(json_object_get(root, "data"), "name", arena);
	out->method = text_of(train, "name", arena);
	out->solver = item_name(json_object_get(train, "solver"), arena);
	out->select_by = select_by(train, arena);
	out->objective = objective_text(train, arena);
	out->resampled = is_resampled(json_object_get(root, "data"));
	if (json_is_number(repetition))
		out->repetition = json_number_value(repetition);
	read_swept(json_object_get(root, "swept"), arena, out);
	json_decref(root);
	return STATUS_OK;
}
