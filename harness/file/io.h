/* The few operations through which every file of a record or a report is written.
 *
 * They set errno like the system calls below them; io_error makes an error of it. Nothing is synced
 * but by io_sync: a record is, once, when its folder is committed. */
#ifndef FILE_IO_H
#define FILE_IO_H

#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A new, empty file to write to; NULL on failure. A link in its place is not followed: ELOOP. */
FILE *io_create(const char *path);

/* Close the file. Whether all that was written since io_create has reached the system. */
bool io_close(FILE *file);

/* What can be read from `from`, to a new file. */
enum status io_copy(int from, const char *to, struct err *err);

bool io_sync(int fd); /* a file system that has nothing to sync is no failure */
bool io_rename(const char *from, const char *to);
/* Let the two change places at once; not every file system can (EINVAL, ENOSYS and the like). */
bool io_exchange(const char *one, const char *other);
bool io_make_folder(const char *path); /* what is there already is no failure */

/* STATUS_ENV with "path: cannot <doing>: <errno>"; errno stays. */
enum status io_error(struct err *err, const char *path, const char *doing);

/* Let the k-th operation from now on fail as on a full disk (fault tests); 0 turns it off. */
void io_fail_after(size_t operations);

#endif
