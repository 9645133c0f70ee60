/* Source `idx`: unsigned bytes in the format of the MNIST files (LeCun, Cortes, Burges).
 *
 * Bytes 0, 0, element type, number of dimensions; one big-endian 32-bit number per dimension;
 * elements with the last dimension running fastest. */
#include "harness/data/source/source_idx.h"
#include "harness/data/data.h"
#include "harness/data/labels.h"
#include "harness/file/gzfile.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	TYPE_UBYTE = 0x08,
	MOST_DIMENSIONS = 4,
	BYTE_VALUES = 256,
	LABEL_BYTES = 32 /* kept of each */
};

static const struct option rows[] = {
	{OPTION_FIELD(struct idx_options, images), .doc = "file of images, plain or .gz",
	 .path = PATH_OTHER},
	{OPTION_FIELD(struct idx_options, labels), .doc = "file of their labels",
	 .path = PATH_OTHER},
	{OPTION_FIELD(struct idx_options, test_images), .initial = "null",
	 .doc = "images of the test part", .path = PATH_OTHER},
	{OPTION_FIELD(struct idx_options, test_labels), .initial = "null",
	 .doc = "labels of the test part", .path = PATH_OTHER},
	{0},
};

struct shape {
	size_t n, d; /* rows, elements of a row */
};

struct wanted {
	bool label[BYTE_VALUES];
	bool count; /* without reading the images */
};

/* The header of a file of `least` to `most` dimensions. */
static enum status read_header(struct gzfile *file, int least, int most, struct shape *shape,
			       struct err *err)
{
	struct err_place at = {.source = file->path};
	unsigned char magic[4], size[4 * MOST_DIMENSIONS];
	size_t bytes;

	TRY(gzfile_read(file, magic, sizeof magic, "the header", err));
	if (magic[0] != 0 || magic[1] != 0 || magic[2] != TYPE_UBYTE || magic[3] < least ||
	    magic[3] > most)
		return err_at(err, STATUS_ENV, at,
			      "wrong magic number at byte 0: expected 00 00 08 %02x%s, got "
			      "%02x %02x %02x %02x",
			      (unsigned)least, most > least ? " or more dimensions" : "", magic[0],
			      magic[1], magic[2], magic[3]);
	TRY(gzfile_read(file, size, 4 * (size_t)magic[3], "the header", err));
	shape->d = 1;
	for (size_t i = 0; i < magic[3]; i++) {
		const unsigned char *byte = size + 4 * i; /* big-endian */
		size_t value = (size_t)byte[0] << 24 | (size_t)byte[1] << 16 |
			       (size_t)byte[2] << 8 | byte[3];

		if (i == 0)
			shape->n = value;
		else if (__builtin_mul_overflow(shape->d, value, &shape->d))
			shape->d = SIZE_MAX;
	}
	if (__builtin_mul_overflow(shape->n, shape->d, &bytes) || bytes > file->most)
		return err_at(
			err, STATUS_ENV, at,
			"the header (byte 4) says %zu x %zu elements, the file has room for %zu "
			"at most",
			shape->n, shape->d, file->most);
	if (bytes == 0)
		return err_at(err, STATUS_ENV, at, "the header (byte 4) says %zu x %zu elements",
			      shape->n, shape->d);
	return STATUS_OK;
}

static enum status read_label_bytes(struct gzfile *file, struct arena *arena, unsigned char **out,
				    size_t *n, struct err *err)
{
	struct shape shape = {0};

	TRY(read_header(file, 1, 1, &shape, err));
	TRY(gzfile_check_limit(file->path, LABEL_BYTES * (double)shape.n, err));
	*out = ARENA_ARRAY(arena, unsigned char, shape.n);
	TRY(gzfile_read(file, *out, shape.n, "labels", err));
	*n = shape.n;
	return gzfile_end(file, err);
}

static enum status read_images(struct gzfile *file, const unsigned char *label,
			       const struct wanted *wanted, struct arena *arena,
			       struct table *table, struct err *err)
{
	struct err_place at = {.source = file->path};
	struct shape shape = {0};
	size_t n = table->n, kept = 0;
	unsigned char *row;
	char what[32];

	TRY(read_header(file, 2, MOST_DIMENSIONS, &shape, err));
	if (shape.n != n)
		return err_at(err, STATUS_ENV, at,
			      "the header (byte 4) says %zu images, but there are %zu labels",
			      shape.n, n);
	for (size_t i = 0; i < n; i++)
		kept += wanted->label[label[i]];
	table->d = shape.d;
	if (wanted->count) {
		table->n = kept;
		return gzfile_skip(file, "image", n, shape.d, err);
	}
	table->x = arena_alloc_dense(arena, kept, shape.d * sizeof(double));
	row = ARENA_ARRAY(arena, unsigned char, shape.d);
	table->n = 0;
	for (size_t i = 0; i < n; i++) {
		double *x = table->x + table->n * shape.d;

		snprintf(what, sizeof what, "image %zu", i);
		TRY(gzfile_read(file, row, shape.d, what, err));
		if (!wanted->label[label[i]])
			continue;
		for (size_t j = 0; j < shape.d; j++)
			x[j] = row[j];
		table->n++;
	}
	return gzfile_end(file, err);
}

/* Which labels to keep: those asked for, after a check that they occur; otherwise all. */
static enum status choose(const unsigned char *label, size_t n, const struct read_request *request,
			  struct arena *arena, struct wanted *wanted, struct err *err)
{
	size_t count[BYTE_VALUES] = {0};
	struct labels labels = labels_new(arena);
	struct label_classes classes;
	char text[8];

	memset(wanted->label, request->classes.count == 0, sizeof wanted->label);
	wanted->count = request->count;
	if (request->classes.count == 0)
		return STATUS_OK;
	for (size_t i = 0; i < n; i++)
		count[label[i]]++;
	for (size_t v = 0; v < BYTE_VALUES; v++) {
		size_t length = (size_t)snprintf(text, sizeof text, "%zu", v);

		if (count[v])
			labels_add(&labels, text, length, count[v]);
	}
	TRY(labels_pick(&labels, request->classes, &classes, err));
	for (size_t i = 0; i < labels.count; i++)
		wanted->label[(size_t)labels.at[i].value] = classes.of[i] >= 0;
	return STATUS_OK;
}

static enum status read_pair(const char *images, const char *labels,
			     const struct read_request *request, struct arena *arena,
			     struct table *table, struct err *err)
{
	const char *text[BYTE_VALUES];
	struct gzfile file;
	struct wanted wanted;
	unsigned char *label = NULL;
	size_t n = 0, kept = 0;
	enum status status = gzfile_open(&file, labels, FILEKIND_BYTES, err);

	if (status == STATUS_OK)
		status = read_label_bytes(&file, arena, &label, &n, err);
	gzfile_close(&file);
	TRY(status);
	TRY(choose(label, n, request, arena, &wanted, err));
	status = gzfile_open(&file, images, FILEKIND_BYTES, err);
	table->n = n;
	if (status == STATUS_OK)
		status = read_images(&file, label, &wanted, arena, table, err);
	gzfile_close(&file);
	TRY(status);

	for (int v = 0; v < BYTE_VALUES; v++)
		text[v] = arena_format(arena, "%d", v);
	table_room(table, table->n, request->regression, arena);
	table->row = ARENA_ARRAY(arena, size_t, table->n);
	for (size_t i = 0; i < n; i++) {
		if (!wanted.label[label[i]])
			continue;
		table->row[kept] = i;
		if (request->regression)
			table->target[kept++] = label[i];
		else
			table->label[kept++] = text[label[i]];
	}
	return STATUS_OK;
}

static enum status read_idx(const void *options, const struct read_request *request,
			    struct arena *arena, struct table *train, struct table *test,
			    struct err *err)
{
	const struct idx_options *o = options;
	struct err_place at = {.source = o->test_images};

	if (!o->test_images != !o->test_labels)
		return err_set(err, STATUS_SPEC,
			       "idx: test_images and test_labels must be given together");
	TRY(read_pair(o->images, o->labels, request, arena, train, err));
	if (!o->test_images)
		return STATUS_OK;
	TRY(read_pair(o->test_images, o->test_labels, request, arena, test, err));
	if (test->d != train->d)
		return err_at(err, STATUS_ENV, at, "%zu elements per image, but %s has %zu",
			      test->d, o->images, train->d);
	return STATUS_OK;
}

const struct source source_idx = {
	.base = {.name = "idx",
		 .doc = "images and labels in the format of the MNIST files, plain or .gz",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct idx_options)},
	.read = read_idx,
};
