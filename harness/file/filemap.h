/* Plain files as memory, read only: pages are read when they are looked at, and the kernel may drop
 * them again, so they are no memory that is held. */
#ifndef FILE_FILEMAP_H
#define FILE_FILEMAP_H

#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

struct filemap {
	const char *at;
	size_t count; /* bytes */
};

#define FILEMAP_WHOLE "a packed file is read from its beginning"

/* Whether a file is packed, so that it is read from its beginning only; false if it is not there.
 */
bool filemap_packed(const char *path);

/* STATUS_ENV, with nothing to close, if it cannot be opened or mapped. */
enum status filemap_open(const char *path, struct filemap *out, struct err *err);
void filemap_close(struct filemap *map);

#endif
