/* Reading .npz: end record, directory, entry; every offset is checked before it is followed. */
#include "harness/store/gzfile.h"
#include "harness/store/npz_zip.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

enum { LOCAL_BYTES = 30, CENTRAL_BYTES = 46, END_BYTES = 22, MOST_COMMENT = 65535 };

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

/* Content of the entry whose directory record is at `head`. */
static enum status read_entry(const struct npz_file *zip, const unsigned char *head, size_t *start,
			      size_t *bytes, struct err *err)
{
	size_t offset = get32(head + 42);
	uint32_t crc = get32(head + 16);

	*bytes = get32(head + 24);
	if (get16(head + 10) != 0 || get32(head + 20) != *bytes)
		return damaged(zip, (size_t)(head - zip->at), "a compressed entry", err);
	if (offset + LOCAL_BYTES > zip->count || get32(zip->at + offset) != local_magic)
		return damaged(zip, offset, "no entry", err);
	*start = offset + LOCAL_BYTES + get16(zip->at + offset + 26) + get16(zip->at + offset + 28);
	if (*start + *bytes > zip->count)
		return damaged(zip, *start, "an entry beyond the end of the file", err);
	if (crc32_z(0, zip->at + *start, *bytes) != crc)
		return damaged(zip, *start, "a wrong checksum of the entry", err);
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

static enum status find_entry(const struct npz_file *zip, const char *name, size_t *start,
			      size_t *bytes, struct err *err)
{
	struct err_place place = {.source = zip->path};
	const unsigned char *head;

	TRY(find_record(zip, name, &head, err));
	if (!head)
		return err_at(err, STATUS_ENV, place, "no array \"%s\"", name);
	return read_entry(zip, head, start, bytes, err);
}

enum status npz_array(const struct npz_file *zip, const char *name, struct arena *arena,
		      struct npy_array *shape, double **out, struct err *err)
{
	size_t start = 0, bytes = 0, length;
	const unsigned char *at;

	TRY(find_entry(zip, name, &start, &bytes, err));
	at = zip->at + start;
	length = bytes >= 12 ? npy_header_length(at) : 0;
	if (length == 0 || length > bytes)
		return damaged(zip, start, "no .npy header", err);
	TRY(npy_parse((const char *)at, length, zip->path, start, shape, err));
	if (shape->bytes != bytes - length)
		return damaged(zip, start + length, "an array of another size than its header says",
			       err);
	*out = arena_alloc(arena, shape->shape[0], shape->shape[1] * sizeof(double));
	npy_convert(shape, (const char *)at + length, *out);
	for (size_t i = 0; i < shape->shape[0] * shape->shape[1]; i++)
		if (!isfinite((*out)[i]))
			return damaged(zip, start + length + i * shape->size,
				       "a number that is not finite", err);
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
