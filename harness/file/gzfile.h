/* Input files, plain or gzip, read whole or piece by piece. Every failure is one message that names
 * the file and the byte offset (of the unpacked content). */
#ifndef FILE_GZFILE_H
#define FILE_GZFILE_H

#include "harness/file/filekind.h"
#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

struct gzfile {
	const char *path;
	void *handle; /* zlib's gzFile */
	size_t at;    /* bytes read so far */
	size_t most;  /* the content cannot be longer: tells a damaged header from a large file */
};

/* A file that is opened must be closed, also after a failed read. One that is known not to be of
 * the kind is an error (filekind.h). */
enum status gzfile_open(struct gzfile *file, const char *path, enum filekind wanted,
			struct err *err);
void gzfile_close(struct gzfile *file);

/* Exactly `count` bytes; `what` names them in the error ("the header", "row 7"). */
enum status gzfile_read(struct gzfile *file, void *to, size_t count, const char *what,
			struct err *err);

/* The rest of the file, `count` rows (named `what`) of `unit` bytes: whether they are there, by the
 * size of a plain file; a packed one is read and thrown away, but not if it has more bytes than
 * gzfile_limit allows, as no one will load them. */
enum status gzfile_skip(struct gzfile *file, const char *what, size_t count, size_t unit,
			struct err *err);

/* An error if anything is left, or if the checksum of a gzip file is wrong. */
enum status gzfile_end(struct gzfile *file, struct err *err);

/* Whole content in `arena`, ended by a NUL that `count` leaves out. */
struct gzfile_bytes {
	char *at;
	size_t count;
};
enum status gzfile_all(const char *path, enum filekind wanted, struct arena *arena,
		       struct gzfile_bytes *out, struct err *err);

/* From now on a content that takes more bytes of memory (a packed one four times its size) is not
 * read whole, but an error; 0: no limit. For a process
 * that reads files only to plan. */
void gzfile_limit(double bytes);
enum status gzfile_check_limit(const char *path, double bytes, struct err *err);

/* The same for a text: a NUL byte in it is an error. */
enum status gzfile_text(const char *path, struct arena *arena, struct gzfile_bytes *out,
			struct err *err);
/* Whether bytes are a text. */
enum status gzfile_check_text(const char *path, const char *at, size_t count, struct err *err);

/* The first bytes of a text, `most` of them if it has more; *whole: it has not. */
enum status gzfile_head(const char *path, size_t most, struct arena *arena,
			struct gzfile_bytes *out, bool *whole, struct err *err);

#endif
