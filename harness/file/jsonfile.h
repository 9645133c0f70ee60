/* JSON files of a results folder, read and written. */
#ifndef FILE_JSONFILE_H
#define FILE_JSONFILE_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <jansson.h>

/* A whole file; the caller gives *out back by json_decref. STATUS_ENV, with line and column, if it
 * cannot be read or is not JSON; *out is NULL then. */
enum status jsonfile_read(const char *path, struct arena *arena, json_t **out, struct err *err);

/* A copy of the text `name` of an object; NULL if it has none. */
const char *jsonfile_text(const json_t *object, const char *name, struct arena *arena);

/* In one line, every double so that it reads back as it is; "" if there is no memory. `object` is
 * given back. */
const char *jsonfile_line(json_t *object, struct arena *arena);

/* The same as a file, indented by `indent` blanks. */
enum status jsonfile_write(json_t *object, const char *path, size_t indent, struct err *err);

#endif
