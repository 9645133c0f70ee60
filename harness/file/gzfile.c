/* Plain and gzip files through zlib, which passes plain ones through. */
#include "harness/file/gzfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum {
	BUFFER_BYTES = 256 * 1024, /* zlib's default of 8 KiB makes a system call per 8 KiB */
	PIECE_BYTES = 1 << 30,     /* gzread counts in int */
	PACKED_COST = 4,           /* memory for a packed content while chunks are put together */
	PIECE_SKIPPED = 64 * 1024,
	DEFLATE_RATIO = 1032, /* the most that deflate can shrink anything */
	FIRST_CHUNK = 1 << 20 /* of a packed file of unknown length; doubled from there */
};

static double most_bytes; /* of a content that is read whole; 0: no limit */

void gzfile_limit(double bytes)
{
	most_bytes = bytes;
}

enum status gzfile_check_limit(const char *path, double bytes, struct err *err)
{
	struct err_place at = {.source = path};

	if (most_bytes > 0 && bytes > most_bytes)
		return err_at(err, STATUS_ENV, at,
			      "the content takes more memory than the %.0f MiB that planning may "
			      "take, of what there is or of resources.memory_limit",
			      most_bytes / (1 << 20));
	return STATUS_OK;
}

enum status gzfile_open(struct gzfile *file, const char *path, enum filekind wanted,
			struct err *err)
{
	struct stat info;

	*file = (struct gzfile){.path = path};
	TRY(filekind_check(path, wanted, err));
	if (stat(path, &info) != 0)
		return filekind_missing(path, err);
	errno = 0;
	file->handle = gzopen(path, "rb");
	if (!file->handle)
		return filekind_missing(path, err);
	gzbuffer(file->handle, BUFFER_BYTES);
	file->most = (size_t)info.st_size;
	if (!gzdirect(file->handle))
		file->most *= DEFLATE_RATIO;
	return STATUS_OK;
}

void gzfile_close(struct gzfile *file)
{
	if (file->handle)
		gzclose_r(file->handle);
	file->handle = NULL;
}

/* As many of `count` bytes as there are. */
static enum status read_some(struct gzfile *file, char *to, size_t count, size_t *got,
			     struct err *err)
{
	struct err_place at = {.source = file->path};
	size_t prefix = strlen(file->path);
	const char *text;
	int code = Z_OK, n = 1;

	for (*got = 0; *got < count && n > 0; *got += n > 0 ? (size_t)n : 0) {
		size_t left = count - *got;

		n = gzread(file->handle, to + *got,
			   (unsigned)(left < PIECE_BYTES ? left : PIECE_BYTES));
	}
	file->at += *got;
	text = gzerror(file->handle, &code);
	if (code == Z_OK || code == Z_STREAM_END)
		return STATUS_OK;
	if (code == Z_ERRNO)
		return err_at(err, STATUS_ENV, at, "cannot read the file after byte %zu: %s",
			      file->at, strerror(errno));
	if (strncmp(text, file->path, prefix) == 0 && strncmp(text + prefix, ": ", 2) == 0)
		text += prefix + 2;
	return err_at(err, STATUS_ENV, at, "damaged gzip data after byte %zu of the content: %s",
		      file->at, text);
}

enum status gzfile_read(struct gzfile *file, void *to, size_t count, const char *what,
			struct err *err)
{
	struct err_place at = {.source = file->path};
	size_t start = file->at, got;

	TRY(read_some(file, to, count, &got, err));
	if (got < count)
		return err_at(err, STATUS_ENV, at,
			      "truncated: expected %zu bytes of %s at byte %zu, got %zu", count,
			      what, start, got);
	return STATUS_OK;
}

enum status gzfile_skip(struct gzfile *file, const char *what, size_t count, size_t unit,
			struct err *err)
{
	char piece[PIECE_SKIPPED], name[32];

	if (most_bytes > 0 && (double)count * (double)unit > most_bytes)
		return STATUS_OK;
	if (gzdirect(file->handle) &&
	    (double)count * (double)unit <= (double)(file->most - file->at)) {
		gzseek(file->handle, (z_off_t)(count * unit), SEEK_CUR); /* they are there */
		file->at += count * unit;
		return gzfile_end(file, err);
	}
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof name, "%s %zu", what, i);
		for (size_t left = unit, part; left > 0; left -= part) {
			part = left < sizeof piece ? left : sizeof piece;
			TRY(gzfile_read(file, piece, part, name, err));
		}
	}
	return gzfile_end(file, err);
}

enum status gzfile_end(struct gzfile *file, struct err *err)
{
	struct err_place at = {.source = file->path};
	size_t end = file->at, got;
	char byte;

	TRY(read_some(file, &byte, 1, &got, err));
	if (got > 0)
		return err_at(err, STATUS_ENV, at,
			      "expected the end at byte %zu as the header says, found more bytes",
			      end);
	return STATUS_OK;
}

/* Chunks of doubling size, put together at the end; each is full but the last. */
struct chunk {
	struct chunk *next;
	char *at;
	size_t count;
};

static enum status read_chunks(struct gzfile *file, struct arena *arena, struct chunk *first,
			       struct err *err)
{
	size_t room = FIRST_CHUNK;

	for (struct chunk *chunk = first;; chunk = chunk->next) {
		chunk->at = arena_alloc(arena, room, 1);
		TRY(read_some(file, chunk->at, room, &chunk->count, err));
		TRY(gzfile_check_limit(file->path, PACKED_COST * (double)file->at, err));
		if (chunk->count < room)
			return STATUS_OK;
		chunk->next = ARENA_NEW(arena, struct chunk);
		room *= 2;
	}
}

enum status gzfile_all(const char *path, enum filekind wanted, struct arena *arena,
		       struct gzfile_bytes *out, struct err *err)
{
	struct gzfile file;
	struct arena chunks = {0};
	struct chunk first = {0};
	enum status status = gzfile_open(&file, path, wanted, err);

	if (status == STATUS_OK && gzdirect(file.handle)) {
		status = gzfile_check_limit(path, (double)file.most, err);
		if (status == STATUS_OK) {
			out->at = arena_alloc(arena, file.most + 1, 1);
			status = read_some(&file, out->at, file.most, &out->count, err);
		}
	} else if (status == STATUS_OK) {
		status = read_chunks(&file, &chunks, &first, err);
		out->at = status == STATUS_OK ? arena_alloc(arena, file.at + 1, 1) : NULL;
		out->count = 0;
		for (struct chunk *chunk = &first; chunk && out->at; chunk = chunk->next) {
			memcpy(out->at + out->count, chunk->at, chunk->count);
			out->count += chunk->count;
		}
	}
	arena_release(&chunks);
	gzfile_close(&file);
	return status;
}

/* What a text, or the first bytes of one, must be. */
enum status gzfile_check_text(const char *path, const char *at, size_t count, struct err *err)
{
	struct err_place place = {.source = path};
	const char *nul = count > 0 ? memchr(at, '\0', count) : NULL;

	if (nul)
		return err_at(err, STATUS_ENV, place, "not a text file: a NUL byte at byte %zu",
			      (size_t)(nul - at));
	return STATUS_OK;
}

enum status gzfile_text(const char *path, struct arena *arena, struct gzfile_bytes *out,
			struct err *err)
{
	TRY(gzfile_all(path, FILEKIND_TEXT, arena, out, err));
	return gzfile_check_text(path, out->at, out->count, err);
}

enum status gzfile_head(const char *path, size_t most, struct arena *arena,
			struct gzfile_bytes *out, bool *whole, struct err *err)
{
	struct gzfile file;
	enum status status = gzfile_open(&file, path, FILEKIND_TEXT, err);

	if (status == STATUS_OK) {
		size_t room = file.most < most ? file.most : most;

		out->at = ARENA_ARRAY(arena, char, room + 2);
		status = read_some(&file, out->at, room + 1, &out->count, err);
		*whole = out->count <= room;
		out->count -= !*whole;
	}
	gzfile_close(&file);
	TRY(status);
	return gzfile_check_text(path, out->at, out->count, err);
}
