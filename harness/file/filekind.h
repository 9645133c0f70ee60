/* What a file is, by its kind and its first bytes: asked before it is parsed, so that a file that
 * is something else is named for what it is. */
#ifndef FILE_FILEKIND_H
#define FILE_FILEKIND_H

#include "solvers/core/status.h"

#include <stddef.h>

enum filekind {
	FILEKIND_ANY,   /* any regular file */
	FILEKIND_PLAIN, /* a text, not packed */
	FILEKIND_TEXT,  /* a text, plain or .gz */
	FILEKIND_BYTES, /* numbers of a format without a magic number of its own, plain or .gz */
	FILEKIND_NPY,   /* an array, plain or .gz */
	FILEKIND_NPZ    /* a zip file of arrays */
};

/* STATUS_ENV for a file that cannot be opened, that is no regular one (a pipe, a device: files are
 * read several times; it is not waited for), or that is known to be something else than `wanted`:
 * a Git LFS pointer, an HTML page, an archive, a file packed otherwise or twice, UTF-16, ... */
enum status filekind_check(const char *path, enum filekind wanted, struct err *err);

/* What a file with these first bytes is known to be instead of `wanted`, as text behind "this is ",
 * with the remedy; NULL: nothing else. */
const char *filekind_instead(const char *head, size_t count, enum filekind wanted);

/* The error for a file that cannot be opened, from errno. */
enum status filekind_missing(const char *path, struct err *err);

#endif
