/* JSON files of a results folder, read. */
#ifndef FILE_JSON_READ_H
#define FILE_JSON_READ_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <jansson.h>

/* A whole file; the caller gives *out back by json_decref. STATUS_ENV, with line and column, if it
 * cannot be read or is not JSON; *out is NULL then. */
enum status json_read_file(const char *path, struct arena *arena, json_t **out, struct err *err);

/* A copy of the text `name` of an object; NULL if it has none. */
const char *json_read_text(const json_t *object, const char *name, struct arena *arena);

#endif
