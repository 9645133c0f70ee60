/* Writing of ustar archives (POSIX.1-1988) through zlib. */
#include "harness/file/tar.h"
#include "harness/file/io.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum { BLOCK = 512, PIECE = 64 * BLOCK, NAME_BYTES = 100, PREFIX_BYTES = 155 };

static const double most_bytes = 8589934592.0; /* 8 GiB: eleven octal digits */

struct header { /* of one entry: a block */
	char name[NAME_BYTES], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
	char link[NAME_BYTES], magic[6], version[2], owner[32], group[32], major[8], minor[8];
	char prefix[PREFIX_BYTES], rest[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

static enum status fail(const struct tar *tar, struct err *err)
{
	int code = Z_OK;
	const char *text = tar->handle ? gzerror(tar->handle, &code) : NULL;

	if (!text || code == Z_ERRNO || code == Z_OK)
		return io_error(err, tar->path, "write");
	return err_at(err, STATUS_ENV, (struct err_place){tar->path, 0, 0}, "cannot write: %s",
		      text);
}

enum status tar_open(struct tar *tar, const char *path, struct err *err)
{
	*tar = (struct tar){path, gzopen(path, "wb")};
	return tar->handle ? STATUS_OK : io_error(err, path, "write");
}

static enum status put(struct tar *tar, const void *bytes, size_t count, struct err *err)
{
	return count == 0 || gzwrite(tar->handle, bytes, (unsigned)count) == (int)count
		       ? STATUS_OK
		       : fail(tar, err);
}

/* Zeros up to a whole block. */
static enum status pad(struct tar *tar, double bytes, struct err *err)
{
	static const char zeros[BLOCK];
	size_t over = (size_t)bytes % BLOCK;

	return put(tar, zeros, over ? BLOCK - over : 0, err);
}

/* Where the name is cut into a prefix and what the field `name` takes; false if there is no place.
 */
static bool split_name(const char *name, struct header *h)
{
	size_t length = strlen(name);
	const char *cut = name;

	if (length <= NAME_BYTES) {
		memcpy(h->name, name, length);
		return true;
	}
	while ((cut = strchr(cut + 1, '/')) && strlen(cut + 1) > NAME_BYTES)
		continue;
	if (!cut || !cut[1] || (size_t)(cut - name) > PREFIX_BYTES)
		return false;
	memcpy(h->prefix, name, (size_t)(cut - name));
	memcpy(h->name, cut + 1, strlen(cut + 1));
	return true;
}

static void octal(char *field, size_t room, unsigned long value)
{
	snprintf(field, room, "%0*lo", (int)room - 1, value);
}

static enum status put_header(struct tar *tar, const char *name, double bytes, struct err *err)
{
	bool folder = name[strlen(name) - 1] == '/';
	struct header h = {.magic = "ustar", .version = {'0', '0'}, .type = folder ? '5' : '0'};
	const unsigned char *byte = (const unsigned char *)&h;
	unsigned long sum = 0;

	if (!split_name(name, &h) || bytes >= most_bytes)
		return err_at(err, STATUS_ENV, (struct err_place){tar->path, 0, 0},
			      "an archive cannot hold a file of this %s: %s",
			      bytes >= most_bytes ? "length" : "name", name);
	octal(h.mode, sizeof h.mode, folder ? 0755 : 0644);
	octal(h.uid, sizeof h.uid, 0);
	octal(h.gid, sizeof h.gid, 0);
	octal(h.size, sizeof h.size, (unsigned long)bytes);
	octal(h.mtime, sizeof h.mtime, 0);
	memset(h.checksum, ' ', sizeof h.checksum);
	for (size_t i = 0; i < sizeof h; i++)
		sum += byte[i];
	octal(h.checksum, sizeof h.checksum - 1, sum);
	return put(tar, &h, sizeof h, err);
}

enum status tar_folder(struct tar *tar, const char *name, struct err *err)
{
	return put_header(tar, name, 0, err);
}

enum status tar_text(struct tar *tar, const char *name, const char *text, struct err *err)
{
	size_t length = strlen(text);

	TRY(put_header(tar, name, (double)length, err));
	TRY(put(tar, text, length, err));
	return pad(tar, (double)length, err);
}

/* All that the open file holds, which must be `bytes`. */
static enum status put_stream(struct tar *tar, FILE *file, const char *from, double bytes,
			      struct err *err)
{
	char piece[PIECE];
	double done = 0;
	size_t n;

	while ((n = fread(piece, 1, sizeof piece, file)) > 0) {
		done += (double)n;
		if (done <= bytes)
			TRY(put(tar, piece, n, err));
	}
	if (ferror(file))
		return io_error(err, from, "read");
	if (done < bytes || done > bytes)
		return err_at(err, STATUS_ENV, (struct err_place){from, 0, 0},
			      "has changed while it was packed");
	return pad(tar, bytes, err);
}

enum status tar_file(struct tar *tar, const char *name, const char *from, struct err *err)
{
	FILE *file = fopen(from, "rbe");
	enum status status;
	struct stat info;

	if (!file)
		return io_error(err, from, "read");
	if (fstat(fileno(file), &info) != 0)
		status = io_error(err, from, "read");
	else
		status = put_header(tar, name, (double)info.st_size, err);
	if (status == STATUS_OK)
		status = put_stream(tar, file, from, (double)info.st_size, err);
	fclose(file);
	return status;
}

enum status tar_close(struct tar *tar, struct err *err)
{
	static const char end[2 * BLOCK];
	enum status status = STATUS_OK;

	if (!tar->handle)
		return STATUS_OK;
	if (gzwrite(tar->handle, end, sizeof end) != (int)sizeof end)
		status = fail(tar, err);
	errno = 0;
	if (gzclose(tar->handle) != Z_OK && status == STATUS_OK)
		status = io_error(err, tar->path, "write");
	tar->handle = NULL;
	return status;
}
