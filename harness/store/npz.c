/* Stored models: .npz, a zip file of .npy entries, stored uncompressed.
 *
 * A zip file is a row of entries, each behind a local header, then a directory that repeats the
 * headers with the offset of each entry, then the end record, which tells where the directory
 * starts. */
#include "harness/store/npz.h"
#include "harness/store/gzfile.h"
#include "harness/store/npy.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum {
	LOCAL_BYTES = 30,
	CENTRAL_BYTES = 46,
	END_BYTES = 22,
	MOST_COMMENT = 65535,
	ZIP_VERSION = 20,
	ZIP_DATE = 0x21, /* 1 January 1980, so that equal models are equal files */
	ENTRIES = 5
};

static const uint32_t local_magic = 0x04034b50, central_magic = 0x02014b50, end_magic = 0x06054b50;

/* An entry to write: the header of the array, then `runs` runs of `run` bytes, `step` bytes apart.
 */
struct entry {
	const char *name;
	const char *at;
	size_t run, runs, step;
	char header[NPY_HEADER_ROOM];
	uint32_t bytes, crc, offset;
};

static struct entry vector_entry(const char *name, const void *at, size_t size, size_t count)
{
	struct entry e = {.name = name, .at = at, .run = size * count, .runs = 1};

	npy_write_header(e.header, size, (long)count, -1);
	return e;
}

static struct entry matrix_entry(const char *name, struct mat A)
{
	struct entry e = {.name = name,
			  .at = (const char *)A.at,
			  .run = sizeof(real) * (size_t)A.rows,
			  .runs = (size_t)A.cols,
			  .step = sizeof(real) * (size_t)A.stride};

	npy_write_header(e.header, sizeof(real), A.rows, A.cols);
	return e;
}

static struct entry scalar_entry(const char *name, const double *at)
{
	struct entry e = {.name = name, .at = (const char *)at, .run = sizeof *at, .runs = 1};

	npy_write_header(e.header, sizeof *at, -1, -1);
	return e;
}

/* Sizes, checksums and offsets; the total must fit in the 32 bits of a plain zip file. */
static bool lay_out(struct entry *entries)
{
	uint64_t offset = 0;

	for (size_t i = 0; i < ENTRIES; i++) {
		struct entry *e = &entries[i];
		uint64_t bytes = NPY_HEADER_ROOM + (uint64_t)e->run * e->runs;
		uLong crc = crc32_z(0, (const Bytef *)e->header, NPY_HEADER_ROOM);

		if (offset + bytes > UINT32_MAX - 4096) /* room for headers and directory */
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
static char *put_common(char *to, const struct entry *e)
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

static void write_entry(const struct entry *e, FILE *to)
{
	char head[LOCAL_BYTES];

	put_common(put32(head, local_magic), e);
	fwrite(head, 1, sizeof head, to);
	fwrite(e->name, 1, strlen(e->name), to);
	fwrite(e->header, 1, sizeof e->header, to);
	for (size_t k = 0; k < e->runs; k++)
		fwrite(e->at + k * e->step, 1, e->run, to);
}

static void write_directory(const struct entry *entries, FILE *to)
{
	const struct entry *last = &entries[ENTRIES - 1];
	uint32_t start = last->offset + LOCAL_BYTES + (uint32_t)strlen(last->name) + last->bytes;
	uint32_t bytes = 0;
	char head[CENTRAL_BYTES] = "", end[END_BYTES] = "", *at;

	for (size_t i = 0; i < ENTRIES; i++) {
		const struct entry *e = &entries[i];

		at = put16(put32(head, central_magic), ZIP_VERSION);
		at = put_common(at, e);
		memset(at, 0, 10); /* comment, disk, attributes */
		put32(at + 10, e->offset);
		fwrite(head, 1, sizeof head, to);
		fwrite(e->name, 1, strlen(e->name), to);
		bytes += CENTRAL_BYTES + (uint32_t)strlen(e->name);
	}
	at = put32(put32(end, end_magic), 0);
	at = put16(put16(at, ENTRIES), ENTRIES);
	put32(put32(at, bytes), start);
	fwrite(end, 1, sizeof end, to);
}

static enum status write_file(const char *path, const struct entry *entries, struct err *err)
{
	struct err_place at = {.source = path};
	FILE *file = fopen(path, "wb");
	bool failed;

	if (!file)
		return err_at(err, STATUS_ENV, at, "cannot write the file: %s", strerror(errno));
	errno = 0;
	for (size_t i = 0; i < ENTRIES; i++)
		write_entry(&entries[i], file);
	write_directory(entries, file);
	failed = fflush(file) != 0 || ferror(file) || fsync(fileno(file)) != 0;
	failed = fclose(file) != 0 || failed;
	if (failed)
		return err_at(err, STATUS_ENV, at, "cannot write the file: %s",
			      strerror(errno ? errno : EIO));
	return STATUS_OK;
}

enum status npz_save_model(const char *path, const struct model *model, struct err *err)
{
	struct err_place at = {.source = path};
	const double bias = model->bias >= 0;
	struct entry entries[ENTRIES] = {
		matrix_entry("U.npy", model->net.U),
		vector_entry("alpha.npy", model->net.alpha, sizeof(real),
			     (size_t)model->net.U.cols),
		vector_entry("shift.npy", model->shift, sizeof(double), model->raw_d),
		vector_entry("scale.npy", model->scale, sizeof(double), model->raw_d),
		scalar_entry("bias.npy", &bias),
	};

	if (!lay_out(entries))
		return err_at(err, STATUS_ENV, at, "the model does not fit in a file of 4 GiB");
	return write_file(path, entries, err);
}

/* A zip file in memory. */
struct zip {
	const char *path;
	const unsigned char *at;
	size_t count;
	size_t directory, entries;
};

static uint32_t get16(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static uint32_t get32(const unsigned char *at)
{
	return get16(at) | get16(at + 2) << 16;
}

static enum status damaged(const struct zip *zip, size_t offset, const char *what, struct err *err)
{
	struct err_place at = {.source = zip->path};

	return err_at(err, STATUS_ENV, at, "damaged .npz file: %s at byte %zu", what, offset);
}

static enum status find_directory(struct zip *zip, struct err *err)
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
static enum status read_entry(const struct zip *zip, const unsigned char *head, size_t *start,
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

static enum status find_entry(const struct zip *zip, const char *name, size_t *start, size_t *bytes,
			      struct err *err)
{
	struct err_place place = {.source = zip->path};
	size_t at = zip->directory, length = strlen(name);

	for (size_t i = 0; i < zip->entries; i++) {
		const unsigned char *head = zip->at + at;

		if (at + CENTRAL_BYTES > zip->count || get32(head) != central_magic)
			return damaged(zip, at, "no directory record", err);
		at += CENTRAL_BYTES + get16(head + 28) + get16(head + 30) + get16(head + 32);
		if (at > zip->count)
			return damaged(zip, (size_t)(head - zip->at),
				       "a directory record that is cut off", err);
		if (get16(head + 28) == length && memcmp(head + CENTRAL_BYTES, name, length) == 0)
			return read_entry(zip, head, start, bytes, err);
	}
	return err_at(err, STATUS_ENV, place, "no array \"%s\"", name);
}

/* One array of the file; rows and cols must be as asked for, unless asked for as -1. */
static enum status load_array(const struct zip *zip, const char *name, struct arena *arena,
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

struct arrays {
	struct npy_array U, alpha, shift, scale, bias;
	double *at_U, *at_alpha, *at_shift, *at_scale, *at_bias;
};

static bool shapes_agree(const struct arrays *a)
{
	size_t bias = a->bias.dimensions == 0 && *a->at_bias != 0;

	return a->U.dimensions == 2 && a->alpha.dimensions == 1 && a->shift.dimensions == 1 &&
	       a->scale.dimensions == 1 && a->bias.dimensions == 0 &&
	       a->U.shape[1] == a->alpha.shape[0] && a->shift.shape[0] == a->scale.shape[0] &&
	       a->U.shape[0] == a->shift.shape[0] + bias;
}

static void fill_model(const struct arrays *a, struct arena *arena, struct model *out)
{
	size_t d = a->U.shape[0], m = a->U.shape[1];

	out->net = net_new(arena, (ptrdiff_t)d, (ptrdiff_t)m);
	for (size_t i = 0; i < d; i++)
		for (size_t j = 0; j < m; j++)
			mat_set(out->net.U, (ptrdiff_t)i, (ptrdiff_t)j, (real)a->at_U[i * m + j]);
	for (size_t j = 0; j < m; j++)
		out->net.alpha[j] = (real)a->at_alpha[j];
	out->raw_d = a->shift.shape[0];
	out->bias = d > out->raw_d ? (ptrdiff_t)out->raw_d : -1;
	out->shift = a->at_shift;
	out->scale = a->at_scale;
}

static enum status load_model(struct zip *zip, struct arena *arena, struct arena *scratch,
			      struct model *out, struct err *err)
{
	struct err_place at = {.source = zip->path};
	struct arrays a = {0};

	TRY(find_directory(zip, err));
	TRY(load_array(zip, "U.npy", scratch, &a.U, &a.at_U, err));
	TRY(load_array(zip, "alpha.npy", scratch, &a.alpha, &a.at_alpha, err));
	TRY(load_array(zip, "shift.npy", arena, &a.shift, &a.at_shift, err));
	TRY(load_array(zip, "scale.npy", arena, &a.scale, &a.at_scale, err));
	TRY(load_array(zip, "bias.npy", scratch, &a.bias, &a.at_bias, err));
	if (!shapes_agree(&a))
		return err_at(err, STATUS_ENV, at,
			      "the shapes of U, alpha, shift, scale and bias do not agree");
	fill_model(&a, arena, out);
	return STATUS_OK;
}

enum status npz_load_model(const char *path, struct arena *arena, struct model *out,
			   struct err *err)
{
	struct arena scratch = {0};
	struct gzfile_bytes bytes = {0};
	struct zip zip = {.path = path};
	enum status status = gzfile_all(path, &scratch, &bytes, err);

	if (status == STATUS_OK) {
		zip.at = (const unsigned char *)bytes.at;
		zip.count = bytes.count;
		status = load_model(&zip, arena, &scratch, out, err);
	}
	arena_release(&scratch);
	return status;
}
