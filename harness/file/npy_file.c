/* Single arrays: .npy and .npy.gz. */
#include "harness/file/npy_file.h"
#include "harness/file/gzfile.h"
#include "harness/file/io.h"
#include "harness/file/npy.h"

#include <string.h>

/* Header and data; `raw` holds the bytes of the header. */
static enum status read_array(struct gzfile *file, struct arena *raw, struct arena *arena,
			      struct npy_array *array, const char **data, struct err *err)
{
	struct err_place at = {.source = file->path};
	unsigned char head[12];
	char *header, *to;
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
	TRY(npy_parse(header, length, file->path, 0, array, err));
	if (array->bytes > file->most)
		return err_at(
			err, STATUS_ENV, at,
			"the header (byte %zu) says %zu bytes of data, the file has at most %zu",
			sizeof head, array->bytes, file->most);

	if (!data && array->rows > 0 && array->bytes > 0)
		return gzfile_skip(file, "row", array->rows, array->bytes / array->rows, err);
	if (data) {
		*data = to = arena_alloc(arena, array->bytes, 1);
		TRY(gzfile_read(file, to, array->bytes, "data", err));
	}
	return gzfile_end(file, err);
}

enum status npy_read_raw(const char *path, struct arena *arena, struct npy_array *array,
			 const char **data, struct err *err)
{
	struct arena scratch = {0};
	struct gzfile file;
	enum status status = gzfile_open(&file, path, FILEKIND_NPY, err);

	if (status == STATUS_OK)
		status = read_array(&file, &scratch, arena, array, data, err);
	gzfile_close(&file);
	arena_release(&scratch);
	return status;
}

enum status npy_view(const char *path, const struct filemap *map, struct npy_array *array,
		     const char **data, struct err *err)
{
	struct err_place at = {.source = path};
	unsigned char head[12] = {0};
	size_t length;

	if (map->count > 0)
		memcpy(head, map->at, map->count < sizeof head ? map->count : sizeof head);
	length = npy_header_length(head);
	if (length < sizeof head)
		return err_at(err, STATUS_ENV, at, "wrong magic number at byte 0: not a .npy file");
	if (length > map->count)
		return err_at(err, STATUS_ENV, at,
			      "the header (byte 8) says it has %zu bytes, the file has %zu", length,
			      map->count);
	TRY(npy_parse(map->at, length, path, 0, array, err));
	if (array->bytes != map->count - length)
		return err_at(err, STATUS_ENV, at,
			      "the header (byte %zu) says %zu bytes of data, the file has %zu",
			      sizeof head, array->bytes, map->count - length);
	*data = map->at + length;
	return STATUS_OK;
}

enum status npy_read_head(const char *path, struct npy_array *array, struct err *err)
{
	const char *data;
	struct filemap map;
	enum status status;

	TRY(filemap_open(path, &map, err));
	status = npy_view(path, &map, array, &data, err);
	filemap_close(&map);
	return status;
}

enum status npy_read(const char *path, struct arena *arena, struct npy *out, struct err *err)
{
	struct err_place at = {.source = path};
	char found[NPY_TEXT_ROOM];
	struct arena raw = {0};
	struct npy_array array;
	const char *data = NULL;
	enum status status = npy_read_raw(path, &raw, &array, &data, err);

	if (status == STATUS_OK && (!npy_is_number(&array) || array.dimensions > 2))
		status = err_at(err, STATUS_ENV, at,
				"expected numbers in at most 2 dimensions, got %s",
				npy_text(&array, found));
	if (status == STATUS_OK) {
		*out = (struct npy){.rows = array.rows, .cols = array.cols};
		out->at = arena_alloc(arena, out->rows, out->cols * sizeof(double));
		npy_convert(&array, data, out->at);
	}
	arena_release(&raw);
	return status;
}

enum status npy_write(const char *path, const struct npy_array *array, const void *at, size_t step,
		      struct err *err)
{
	const size_t columns = array->fortran ? array->shape[1] : 1;
	const size_t others = !array->fortran && array->dimensions > 1 ? array->shape[1] : 1;
	char header[NPY_HEADER_ROOM];
	FILE *to = io_create(path);

	npy_write_header(header, array);
	if (!to)
		return io_error(err, path, "write");
	fwrite(header, 1, sizeof header, to);
	for (size_t j = 0; j < columns && array->shape[0] > 0; j++) /* else there is no memory */
		fwrite((const char *)at + j * step, array->size, array->shape[0] * others, to);
	return io_close(to) ? STATUS_OK : io_error(err, path, "write");
}
