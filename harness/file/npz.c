/* .npz: a row of entries, each behind a local header, then a directory that repeats the headers
 * with the offset of each entry, then the end record, which tells where the directory starts.
 * Reading goes the other way; every offset is checked before it is followed. */
#include "harness/file/npz.h"
#include "harness/file/gzfile.h"
#include "harness/file/io.h"
#include "solvers/core/text.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
	LOCAL_BYTES = 30,
	CENTRAL_BYTES = 46,
	END_BYTES = 22,
	MOST_COMMENT = 65535,
	ZIP_VERSION = 20,
	ZIP_DATE = 0x21,      /* 1 January 1980, so that equal models are equal files */
	MOST_ENTRIES = 65535, /* counted in 16 bits */
	METHOD_DEFLATE = 8,
	DEFLATE_RATIO = 1032, /* the most that deflate can shrink anything */
	LISTED = 12           /* names in a message */
};

static const uint32_t local_magic = 0x04034b50, central_magic = 0x02014b50, end_magic = 0x06054b50;

static uint32_t get16(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static uint32_t get32(const unsigned char *at)
{
	return get16(at) | get16(at + 2) << 16;
}

static enum status damaged(const struct npz_file *zip, size_t offset, const char *what,
			   struct err *err)
{
	struct err_place at = {.source = zip->path};

	return err_at(err, STATUS_ENV, at, "damaged .npz file: %s at byte %zu", what, offset);
}

static enum status find_directory(struct npz_file *zip, struct err *err)
{
	struct err_place at = {.source = zip->path};
	size_t first =
		zip->count > END_BYTES + MOST_COMMENT ? zip->count - END_BYTES - MOST_COMMENT : 0;

	if (zip->count < sizeof local_magic || get32(zip->at) != local_magic)
		return err_at(err, STATUS_ENV, at, "wrong magic number at byte 0: not a .npz file");
	for (size_t end = zip->count; end >= first + END_BYTES; end--) {
		const unsigned char *record = zip->at + end - END_BYTES;

		if (get32(record) != end_magic)
			continue;
		zip->entries = get16(record + 10);
		zip->directory = get32(record + 16);
		return STATUS_OK;
	}
	return err_at(err, STATUS_ENV, at, "truncated: no end record of a .npz file in %zu bytes",
		      zip->count);
}

/* An entry: where its content lies, and how. */
struct content {
	const unsigned char *at;
	size_t packed, bytes; /* in the file, unpacked */
	bool deflated;
	uint32_t crc;
	size_t offset; /* of `at`, for messages */
};

/* The entry whose directory record is at `head`. */
static enum status find_content(const struct npz_file *zip, const unsigned char *head,
				struct content *out, struct err *err)
{
	size_t offset = get32(head + 42), record = (size_t)(head - zip->at);
	uint32_t method = get16(head + 10);

	*out = (struct content){.packed = get32(head + 20),
				.bytes = get32(head + 24),
				.deflated = method == METHOD_DEFLATE,
				.crc = get32(head + 16)};
	if (out->bytes == UINT32_MAX || out->packed == UINT32_MAX || offset == UINT32_MAX)
		return damaged(zip, record, "an entry of 4 GiB or more", err);
	if (method != 0 && !out->deflated)
		return damaged(zip, record, "an entry that is packed by another method", err);
	if (out->deflated ? out->bytes > DEFLATE_RATIO * (out->packed + 1)
			  : out->bytes != out->packed)
		return damaged(zip, record, "an entry of another size than its content", err);
	if (offset + LOCAL_BYTES > zip->count || get32(zip->at + offset) != local_magic)
		return damaged(zip, offset, "no entry", err);
	out->offset =
		offset + LOCAL_BYTES + get16(zip->at + offset + 26) + get16(zip->at + offset + 28);
	if (out->offset + out->packed > zip->count)
		return damaged(zip, out->offset, "an entry beyond the end of the file", err);
	out->at = zip->at + out->offset;
	return STATUS_OK;
}

/* The first `count` bytes of a content, in the file or in the arena; all are checked by their sum.
 */
static enum status read_content(const struct npz_file *zip, const struct content *c, size_t count,
				struct arena *arena, const unsigned char **out, struct err *err)
{
	z_stream z = {.next_in = (z_const Bytef *)c->at, .avail_in = (uInt)c->packed};
	int code = Z_OK;

	*out = c->at;
	if (c->deflated) {
		TRY(gzfile_check_limit(zip->path, (double)count, err));
		*out = z.next_out = arena_alloc(arena, count + 1, 1);
		z.avail_out = (uInt)count;
		code = inflateInit2(&z, -MAX_WBITS);
		while (code == Z_OK && z.avail_out > 0)
			code = inflate(&z, Z_NO_FLUSH);
		inflateEnd(&z);
		if (z.avail_out > 0)
			return damaged(zip, c->offset, "damaged deflated data", err);
	}
	if (count == c->bytes && crc32_z(0, *out, count) != c->crc)
		return damaged(zip, c->offset, "a wrong checksum of the entry", err);
	return STATUS_OK;
}

/* The directory record of an array; NULL if there is none. */
static enum status find_record(const struct npz_file *zip, const char *name,
			       const unsigned char **out, struct err *err)
{
	size_t at = zip->directory, length = strlen(name);

	*out = NULL;
	for (size_t i = 0; i < zip->entries; i++) {
		const unsigned char *head = zip->at + at;

		if (at + CENTRAL_BYTES > zip->count || get32(head) != central_magic)
			return damaged(zip, at, "no directory record", err);
		at += CENTRAL_BYTES + get16(head + 28) + get16(head + 30) + get16(head + 32);
		if (at > zip->count)
			return damaged(zip, (size_t)(head - zip->at),
				       "a directory record that is cut off", err);
		if (get16(head + 28) == length && memcmp(head + CENTRAL_BYTES, name, length) == 0) {
			*out = head;
			return STATUS_OK;
		}
	}
	return STATUS_OK;
}

bool npz_has(const struct npz_file *file, const char *name)
{
	const unsigned char *head;
	struct err ignored = {0};

	return find_record(file, name, &head, &ignored) == STATUS_OK && head;
}

static enum status read_header(const struct npz_file *zip, const struct content *c,
			       struct npy_array *array, struct err *err)
{
	struct arena scratch = {0};
	const unsigned char *at;
	size_t length = 0;
	enum status status =
		c->bytes < 12 ? STATUS_OK : read_content(zip, c, 12, &scratch, &at, err);

	if (status == STATUS_OK && c->bytes >= 12)
		length = npy_header_length(at);
	if (status == STATUS_OK && (length < 12 || length > c->bytes))
		status = damaged(zip, c->offset, "no .npy header", err);
	if (status == STATUS_OK)
		status = read_content(zip, c, length, &scratch, &at, err);
	if (status == STATUS_OK)
		status = npy_parse((const char *)at, length, zip->path, c->offset, array, err);
	arena_release(&scratch);
	if (status == STATUS_OK && array->bytes != c->bytes - length)
		return damaged(zip, c->offset + length,
			       "an array of another size than its header says", err);
	return status;
}

enum status npz_raw(const struct npz_file *zip, const char *name, struct arena *arena,
		    struct npy_array *array, const char **data, struct err *err)
{
	const unsigned char *at;
	struct content content;

	TRY(find_record(zip, name, &at, err));
	if (!at) {
		struct err_place place = {.source = zip->path};
		struct arena scratch = {0};
		struct text names = text_new(&scratch);
		const unsigned char *head = zip->at + zip->directory;
		enum status status;

		/* No array of this name: the error says which there are, in a directory that
		 * find_record has read
		 * to its end. */
		for (size_t i = 0; i < zip->entries && i < LISTED; i++) {
			text_item(&names, ", ", "\"%.*s\"", (int)get16(head + 28),
				  (const char *)head + CENTRAL_BYTES);
			head += CENTRAL_BYTES + get16(head + 28) + get16(head + 30) +
				get16(head + 32);
		}
		status = err_at(err, STATUS_ENV, place, "no array \"%s\"; the file has %s", name,
				names.at);
		arena_release(&scratch);
		return status;
	}
	TRY(find_content(zip, at, &content, err));
	TRY(read_header(zip, &content, array, err));
	if (!data)
		return STATUS_OK;
	TRY(read_content(zip, &content, content.bytes, arena, &at, err));
	*data = (const char *)at + array->start;
	return STATUS_OK;
}

enum status npz_array(const struct npz_file *zip, const char *name, struct arena *arena,
		      struct npy_array *shape, double **out, struct err *err)
{
	struct arena scratch = {0};
	const char *data;
	enum status status = npz_raw(zip, name, &scratch, shape, &data, err);

	if (status == STATUS_OK && (shape->dimensions > 2 || !npy_is_number(shape)))
		status = err_at(err, STATUS_ENV, (struct err_place){.source = zip->path},
				"array \"%s\": expected numbers in at most 2 dimensions", name);
	if (status == STATUS_OK) {
		*out = arena_alloc(arena, shape->rows, shape->cols * sizeof(double));
		npy_convert(shape, data, *out);
	}
	arena_release(&scratch);
	TRY(status);
	for (size_t i = 0; i < shape->rows * shape->cols; i++)
		if (!isfinite((*out)[i]))
			return err_at(err, STATUS_ENV, (struct err_place){.source = zip->path},
				      "damaged .npz file: a number of \"%s\" that is not finite, "
				      "at index %zu",
				      name, i);
	return STATUS_OK;
}

enum status npz_open(struct npz_file *file, const char *path, struct arena *arena, struct err *err)
{
	struct gzfile_bytes bytes = {0};

	*file = (struct npz_file){.path = path};
	TRY(gzfile_all(path, FILEKIND_NPZ, arena, &bytes, err));
	file->at = (const unsigned char *)bytes.at;
	file->count = bytes.count;
	return find_directory(file, err);
}

enum status npz_map(struct npz_file *file, const char *path, struct err *err)
{
	struct stat info;
	void *at;
	int fd;

	*file = (struct npz_file){.path = path};
	TRY(filekind_check(path, FILEKIND_NPZ, err));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &info) != 0) {
		if (fd >= 0)
			close(fd);
		return filekind_missing(path, err);
	}
	/* an empty file cannot be mapped, and holds no array */
	at = info.st_size > 0 ? mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
			      : MAP_FAILED;
	close(fd);
	if (at != MAP_FAILED) {
		file->at = at;
		file->count = (size_t)info.st_size;
	}
	return find_directory(file, err);
}

void npz_unmap(struct npz_file *file)
{
	if (file->count > 0)
		munmap((void *)file->at, file->count);
	file->count = 0;
}

/* --- writing --------------------------------------------------------------------------------- */

/* Sizes, checksums and offsets; the total must fit in the 32 bits of a plain zip file. */
static bool lay_out(struct npz_entry *entries, size_t count)
{
	uint64_t offset = 0;

	for (size_t i = 0; i < count; i++) {
		struct npz_entry *e = &entries[i];
		uint64_t bytes = NPY_HEADER_ROOM + (uint64_t)e->run * e->runs;
		uLong crc = crc32_z(0, (const Bytef *)e->header, NPY_HEADER_ROOM);

		if (offset + bytes > UINT32_MAX / 2) /* room for headers and directory */
			return false;
		for (size_t k = 0; k < e->runs; k++)
			crc = crc32_z(crc, (const Bytef *)e->at + k * e->step, e->run);
		e->crc = (uint32_t)crc;
		e->bytes = (uint32_t)bytes;
		e->offset = (uint32_t)offset;
		offset += LOCAL_BYTES + strlen(e->name) + bytes;
	}
	return true;
}

static char *put16(char *to, uint32_t value)
{
	to[0] = (char)(value & 0xff);
	to[1] = (char)(value >> 8 & 0xff);
	return to + 2;
}

static char *put32(char *to, uint32_t value)
{
	return put16(put16(to, value), value >> 16);
}

/* The part that local header and directory share: version to extra length. */
static char *put_common(char *to, const struct npz_entry *e)
{
	to = put16(to, ZIP_VERSION);
	to = put16(to, 0); /* flags */
	to = put16(to, 0); /* method: stored */
	to = put16(to, 0); /* time */
	to = put16(to, ZIP_DATE);
	to = put32(to, e->crc);
	to = put32(to, e->bytes);
	to = put32(to, e->bytes);
	to = put16(to, (uint32_t)strlen(e->name));
	return put16(to, 0); /* extra */
}

static void write_directory(const struct npz_entry *entries, size_t count, FILE *to)
{
	const struct npz_entry *last = &entries[count - 1];
	uint32_t start = last->offset + LOCAL_BYTES + (uint32_t)strlen(last->name) + last->bytes;
	uint32_t bytes = 0;
	char head[CENTRAL_BYTES] = "", end[END_BYTES] = "", *at;

	for (size_t i = 0; i < count; i++) {
		const struct npz_entry *e = &entries[i];

		at = put16(put32(head, central_magic), ZIP_VERSION);
		at = put_common(at, e);
		memset(at, 0, 10); /* comment, disk, attributes */
		put32(at + 10, e->offset);
		fwrite(head, 1, sizeof head, to);
		fwrite(e->name, 1, strlen(e->name), to);
		bytes += CENTRAL_BYTES + (uint32_t)strlen(e->name);
	}
	at = put32(put32(end, end_magic), 0);
	at = put16(put16(at, (uint32_t)count), (uint32_t)count);
	put32(put32(at, bytes), start);
	fwrite(end, 1, sizeof end, to);
}

enum status npz_write(const char *path, struct npz_entry *entries, size_t count, struct err *err)
{
	struct err_place at = {.source = path};
	char head[LOCAL_BYTES];
	FILE *file;

	if (count > MOST_ENTRIES || !lay_out(entries, count))
		return err_at(err, STATUS_ENV, at, "the model does not fit in a file of 2 GiB");
	file = io_create(path);
	if (!file)
		return io_error(err, path, "write the file");
	for (size_t i = 0; i < count; i++) {
		const struct npz_entry *e = &entries[i];

		put_common(put32(head, local_magic), e);
		fwrite(head, 1, sizeof head, file);
		fwrite(e->name, 1, strlen(e->name), file);
		fwrite(e->header, 1, sizeof e->header, file);
		for (size_t k = 0; k < e->runs; k++)
			fwrite(e->at + k * e->step, 1, e->run, file);
	}
	write_directory(entries, count, file);
	return io_close(file) ? STATUS_OK : io_error(err, path, "write the file");
}
