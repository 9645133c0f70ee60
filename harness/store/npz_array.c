/* Single arrays: .npy and .npy.gz. */
#include "harness/store/gzfile.h"
#include "harness/store/npy.h"
#include "harness/store/npz.h"

#include <string.h>

static enum status read_array(struct gzfile *file, struct arena *arena, struct arena *raw,
			      struct npy *out, struct err *err)
{
	struct err_place at = {.source = file->path};
	struct npy_array array;
	unsigned char head[12];
	char *header, *data;
	size_t length;

	TRY(gzfile_read(file, head, sizeof head, "the header", err));
	length = npy_header_length(head);
	if (length < sizeof head)
		return err_at(err, STATUS_ENV, at, "wrong magic number at byte 0: not a .npy file");
	if (length > file->most)
		return err_at(err, STATUS_ENV, at,
			      "the header (byte 8) says it has %zu bytes, the file has at most %zu",
			      length, file->most);
	header = arena_alloc(raw, length, 1);
	memcpy(header, head, sizeof head);
	TRY(gzfile_read(file, header + sizeof head, length - sizeof head, "the header", err));
	TRY(npy_parse(header, length, file->path, 0, &array, err));
	if (array.bytes > file->most)
		return err_at(
			err, STATUS_ENV, at,
			"the header (byte %zu) says %zu bytes of data, the file has at most %zu",
			sizeof head, array.bytes, file->most);
	*out = (struct npy){.rows = array.shape[0], .cols = array.shape[1]};
	data = arena_alloc(raw, array.bytes, 1);
	TRY(gzfile_read(file, data, array.bytes, "data", err));
	TRY(gzfile_end(file, err));
	out->at = arena_alloc(arena, out->rows, out->cols * sizeof(double));
	npy_convert(&array, data, out->at);
	return STATUS_OK;
}

enum status npz_read_npy(const char *path, struct arena *arena, struct npy *out, struct err *err)
{
	struct arena raw = {0};
	struct gzfile file;
	enum status status = gzfile_open(&file, path, FILEKIND_NPY, err);

	if (status == STATUS_OK)
		status = read_array(&file, arena, &raw, out, err);
	gzfile_close(&file);
	arena_release(&raw);
	return status;
}
