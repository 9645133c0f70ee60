/* Search of one file by its path and its checksum. */
#ifndef VERIFY_INPUTS_SEARCH_H
#define VERIFY_INPUTS_SEARCH_H

#include "harness/verify/inputs.h"

/* *found is `path` itself where that is right, else the absolute path of the copy. sha256 NULL: by
 * name alone, in search->data alone. Errors as of inputs_find. */
enum status inputs_search_file(const struct inputs_search *search, const char *path,
			       const char *sha256, struct arena *arena, const char **found,
			       struct err *err);

#endif
