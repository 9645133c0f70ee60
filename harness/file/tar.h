/* Archives that tar reads: POSIX ustar, packed by gzip. The same content gives the same bytes:
 * files belong to nobody, are of 1970, and have the modes 644 and 755 of folders. */
#ifndef FILE_TAR_H
#define FILE_TAR_H

#include "solvers/core/status.h"

#include <stddef.h>

struct tar {
	const char *path;
	void *handle; /* zlib's gzFile */
};

/* A new file at `path`. Close it also after a failure. */
enum status tar_open(struct tar *tar, const char *path, struct err *err);
enum status tar_close(struct tar *tar, struct err *err);

/* Names are relative, at most 255 bytes with a slash in the right places (100 behind it); a longer
 * one is an error, as a file of 8 GiB is. A folder's name ends with a slash. */
enum status tar_folder(struct tar *tar, const char *name, struct err *err);
enum status tar_text(struct tar *tar, const char *name, const char *text, struct err *err);
/* The file at `from`, which must keep its length while it is read. */
enum status tar_file(struct tar *tar, const char *name, const char *from, struct err *err);

#endif
