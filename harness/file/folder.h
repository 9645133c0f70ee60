/* Folders and files that survive a crash: written in full, synced, then renamed into place. */
#ifndef FILE_FOLDER_H
#define FILE_FOLDER_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>

/* mkdir -p */
enum status folder_make(const char *path, struct err *err);

/* mkdir -p for a folder in a folder of ours: a link in its place is refused, not followed. */
enum status folder_make_own(const char *path, struct err *err);

/* Put the folder `tmp` in the place of `final`, whatever is there: a reader finds the one or the
 * other, and a link there is replaced, not followed. Where the file system cannot exchange two
 * folders there is none for a moment; the former one is moved back if that fails. Both must lie on
 * one file system. */
enum status folder_replace(const char *tmp, const char *final, struct err *err);

/* The same for a record: every file of `tmp` and `tmp` itself are synced before, and the folder
 * that holds it after. With `keep`, a folder that is there already is kept and `tmp` dropped: it is
 * a second copy. */
enum status folder_commit(const char *tmp, const char *final, bool keep, struct err *err);

/* A new folder in `folder` that nobody else has, to build files in that are then put in place by
 * renaming; it ends with folder_remove. Those that killed processes have left are removed, of other
 * machines after an hour. */
enum status folder_scratch(const char *folder, struct arena *arena, const char **out,
			   struct err *err);

/* rm -r; a folder that does not exist is no error. Links are removed, never followed. */
enum status folder_remove(const char *path, struct err *err);

/* `path` from the root on, without links, in the arena; as it is if nothing is there. */
const char *folder_absolute(const char *path, struct arena *arena);

/* A name beside `path` that only this process uses, to write to before renaming it to `path`. */
const char *store_beside(const char *path, struct arena *arena);

/* Replace a file by `text`: written beside it and renamed, so that a reader sees all of it or none
 * and a link is replaced, not followed. Not synced: a record is as a whole, by folder_commit. */
enum status store_write_text(const char *path, const char *text, struct err *err);

/* A whole file as one text, ended by a NUL. STATUS_ENV if it cannot be read. */
enum status store_read_text(const char *path, struct arena *arena, const char **text,
			    struct err *err);

#endif
