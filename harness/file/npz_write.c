/* Writing .npz: a row of entries, each behind a local header, then a directory that repeats the
 * headers with the offset of each entry, then the end record, which tells where the directory
 * starts. */
#include "harness/file/io.h"
#include "harness/file/npz.h"

#include <string.h>
#include <zlib.h>

enum {
	LOCAL_BYTES = 30,
	CENTRAL_BYTES = 46,
	END_BYTES = 22,
	ZIP_VERSION = 20,
	ZIP_DATE = 0x21,     /* 1 January 1980, so that equal models are equal files */
	MOST_ENTRIES = 65535 /* counted in 16 bits */
};

static const uint32_t local_magic = 0x04034b50, central_magic = 0x02014b50, end_magic = 0x06054b50;

struct list {
	struct npz_entry *at;
	size_t count;
};

/* Sizes, checksums and offsets; the total must fit in the 32 bits of a plain zip file. */
static bool lay_out(struct list list)
{
	uint64_t offset = 0;

	for (size_t i = 0; i < list.count; i++) {
		struct npz_entry *e = &list.at[i];
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

static void write_entry(const struct npz_entry *e, FILE *to)
{
	char head[LOCAL_BYTES];

	put_common(put32(head, local_magic), e);
	fwrite(head, 1, sizeof head, to);
	fwrite(e->name, 1, strlen(e->name), to);
	fwrite(e->header, 1, sizeof e->header, to);
	for (size_t k = 0; k < e->runs; k++)
		fwrite(e->at + k * e->step, 1, e->run, to);
}

static void write_directory(struct list list, FILE *to)
{
	const struct npz_entry *last = &list.at[list.count - 1];
	uint32_t start = last->offset + LOCAL_BYTES + (uint32_t)strlen(last->name) + last->bytes;
	uint32_t bytes = 0;
	char head[CENTRAL_BYTES] = "", end[END_BYTES] = "", *at;

	for (size_t i = 0; i < list.count; i++) {
		const struct npz_entry *e = &list.at[i];

		at = put16(put32(head, central_magic), ZIP_VERSION);
		at = put_common(at, e);
		memset(at, 0, 10); /* comment, disk, attributes */
		put32(at + 10, e->offset);
		fwrite(head, 1, sizeof head, to);
		fwrite(e->name, 1, strlen(e->name), to);
		bytes += CENTRAL_BYTES + (uint32_t)strlen(e->name);
	}
	at = put32(put32(end, end_magic), 0);
	at = put16(put16(at, (uint32_t)list.count), (uint32_t)list.count);
	put32(put32(at, bytes), start);
	fwrite(end, 1, sizeof end, to);
}

static enum status write_file(const char *path, struct list list, struct err *err)
{
	FILE *file = io_create(path);

	if (!file)
		return io_error(err, path, "write the file");
	for (size_t i = 0; i < list.count; i++)
		write_entry(&list.at[i], file);
	write_directory(list, file);
	return io_close(file) ? STATUS_OK : io_error(err, path, "write the file");
}

enum status npz_write(const char *path, struct npz_entry *entries, size_t count, struct err *err)
{
	struct err_place at = {.source = path};
	struct list list = {entries, count};

	if (count > MOST_ENTRIES || !lay_out(list))
		return err_at(err, STATUS_ENV, at, "the model does not fit in a file of 2 GiB");
	return write_file(path, list, err);
}
