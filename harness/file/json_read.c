/* Reading JSON by jansson. */
#include "harness/file/json_read.h"
#include "harness/file/folder.h"

enum status json_read_file(const char *path, struct arena *arena, json_t **out, struct err *err)
{
	json_error_t error;
	const char *text;

	*out = NULL;
	TRY(store_read_text(path, arena, &text, err));
	*out = json_loads(text, 0, &error);
	if (*out)
		return STATUS_OK;
	return err_at(err, STATUS_ENV, (struct err_place){path, error.line, error.column}, "%s",
		      error.text);
}

const char *json_read_text(const json_t *object, const char *name, struct arena *arena)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? arena_text(arena, text) : NULL;
}
