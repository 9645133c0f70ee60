/* JSON by jansson. */
#include "harness/file/jsonfile.h"
#include "harness/file/folder.h"

#include <stdlib.h>

enum status jsonfile_read(const char *path, struct arena *arena, json_t **out, struct err *err)
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

const char *jsonfile_text(const json_t *object, const char *name, struct arena *arena)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? arena_text(arena, text) : NULL;
}

/* NULL if there is no memory. */
static const char *dump(json_t *object, size_t flags, const char *end, struct arena *arena)
{
	char *text = json_dumps(object, flags | JSON_REAL_PRECISION(17));
	const char *kept = text ? arena_format(arena, "%s%s", text, end) : NULL;

	json_decref(object);
	free(text);
	return kept;
}

const char *jsonfile_line(json_t *object, struct arena *arena)
{
	const char *text = dump(object, JSON_COMPACT, "", arena);

	return text ? text : "";
}

enum status jsonfile_write(json_t *object, const char *path, size_t indent, struct err *err)
{
	struct arena arena = {0};
	const char *text = dump(object, JSON_INDENT(indent), "\n", &arena);
	enum status status =
		text ? store_write_text(path, text, err)
		     : err_set(err, STATUS_ENV, "out of memory while writing %s", path);

	arena_release(&arena);
	return status;
}
