/* Folders and files that survive a crash: written in full, synced, then renamed into place. */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

/* mkdir -p */
enum status folder_make(const char *path, struct err *err);

/* Sync every file of `tmp` and `tmp` itself, then rename it to `final`. A folder already there is
 * moved aside first and removed last, so that at any moment a complete one exists or none; it is
 * moved back if that rename fails. Both must lie on one file system. */
enum status folder_commit(const char *tmp, const char *final, struct err *err);

/* rm -r; a folder that does not exist is no error. Links are removed, never followed. */
enum status folder_remove(const char *path, struct err *err);

/* Replace a file by `text`: written beside it and renamed, so that a reader sees all of it or none.
 * Not synced: a record is as a whole, by folder_commit. */
enum status store_write_text(const char *path, const char *text, struct err *err);

/* A whole file as one text, ended by a NUL. STATUS_ENV if it cannot be read. */
enum status store_read_text(const char *path, struct arena *arena, const char **text,
			    struct err *err);

#endif
