/* Source `cifar10`: the binary version of CIFAR-10 (Krizhevsky 2009). A file is a row of records,
 * one byte of label, 0 to 9, and 3072 bytes of pixels: a red, a green and a blue plane of 32 x 32.
 */
#include "harness/data/source/source_cifar10.h"
#include "harness/data/data.h"
#include "harness/data/labels.h"
#include "harness/file/gzfile.h"

#include <stdio.h>
#include <string.h>

enum { PIXELS = 3072, RECORD = 1 + PIXELS, CLASSES = 10 };

static const struct option rows[] = {
	{OPTION_FIELD(struct cifar10_options, train),
	 .doc = "files of records, data_batch_1.bin and so on, plain or .gz", .path = PATH_OTHER},
	{OPTION_FIELD(struct cifar10_options, test), .initial = "[]",
	 .doc = "files of the test part", .path = PATH_OTHER},
	{0},
};

static const char *const names[CLASSES] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

/* Of one file: a label every `step` bytes, before its pixels if they are kept. */
struct records {
	const char *path;
	const unsigned char *at;
	size_t count, step;
	size_t before; /* records of the files before it */
};

/* Records of one file behind those the table has; without pixels where the table keeps none. */
static enum status add_records(const struct records *from, const struct read_request *request,
			       struct labels *labels, struct table *table, struct err *err)
{
	struct err_place place = {.source = from->path};
	const unsigned char *at = from->at;

	for (size_t i = 0; i < from->count; i++, at += from->step) {
		if (at[0] >= CLASSES)
			return err_at(err, STATUS_ENV, place,
				      "record %zu: expected a label from 0 to 9 at byte %zu, got "
				      "%u; is this the binary version of CIFAR-10?",
				      i, i * RECORD, at[0]);
		labels_add(labels, names[at[0]], 1, 1);
		if (!labels_wanted(request->classes, at[0]))
			continue;
		for (size_t j = 0; j < PIXELS && table->x; j++)
			table->x[table->n * PIXELS + j] = at[1 + j];
		table->row[table->n] = from->before + i;
		if (table->target)
			table->target[table->n++] = at[0];
		else
			table->label[table->n++] = names[at[0]];
	}
	return STATUS_OK;
}

/* A file in `arena`; of one whose records are only counted the labels alone, one byte per record.
 */
static enum status load_records(const char *path, bool count, struct arena *arena,
				struct records *out, struct err *err)
{
	struct err_place at = {.source = path};
	struct arena whole = {0};
	struct gzfile_bytes bytes = {0};
	unsigned char *label;
	enum status status = gzfile_all(path, FILEKIND_BYTES, count ? &whole : arena, &bytes, err);

	if (status == STATUS_OK && bytes.count == 0)
		status = err_at(err, STATUS_ENV, at, "the file is empty");
	if (status == STATUS_OK && bytes.count % RECORD)
		status = err_at(err, STATUS_ENV, at,
				"truncated: expected records of %d bytes, got %zu bytes behind "
				"byte %zu",
				RECORD, bytes.count % RECORD, bytes.count / RECORD * RECORD);
	*out = (struct records){.path = path,
				.at = (const unsigned char *)bytes.at,
				.count = bytes.count / RECORD,
				.step = count ? 1 : RECORD};
	if (status == STATUS_OK && count) {
		out->at = label = ARENA_ARRAY(arena, unsigned char, out->count);
		for (size_t i = 0; i < out->count; i++)
			label[i] = (unsigned char)bytes.at[i * RECORD];
	}
	arena_release(&whole);
	return status;
}

static enum status read_part(struct texts paths, const struct read_request *request,
			     struct arena *memory[2], struct table *table, struct err *err)
{
	struct arena *arena = memory[0], *bytes = memory[1];
	struct records *file = ARENA_ARRAY(bytes, struct records, paths.count);
	struct labels labels = labels_new(arena);
	struct label_classes classes;
	size_t records = 0;

	for (size_t f = 0; f < paths.count; f++) {
		TRY(load_records(paths.at[f], request->count, bytes, &file[f], err));
		file[f].before = records;
		records += file[f].count;
	}
	table->d = PIXELS;
	table->content = records * RECORD;
	/* pages behind the records that are kept are never touched */
	if (!request->count)
		table->x = arena_alloc(arena, records, PIXELS * sizeof(double));
	table_room(table, records, request->regression, arena);
	table->row = ARENA_ARRAY(arena, size_t, records);
	for (size_t f = 0; f < paths.count; f++)
		TRY(add_records(&file[f], request, &labels, table, err));
	if (request->classes.count > 0)
		return labels_pick(&labels, request->classes, &classes, err);
	return STATUS_OK;
}

static enum status read_cifar10(const void *options, const struct read_request *request,
				struct arena *arena, struct table *train, struct table *test,
				struct err *err)
{
	const struct cifar10_options *o = options;
	struct arena bytes = {0};
	struct arena *memory[2] = {arena, &bytes};
	enum status status;

	if (o->train.count == 0)
		return err_set(err, STATUS_SPEC, "cifar10.train: expected at least one file");
	status = read_part(o->train, request, memory, train, err);
	if (status == STATUS_OK && o->test.count > 0)
		status = read_part(o->test, request, memory, test, err);
	arena_release(&bytes);
	return status;
}

const struct source source_cifar10 = {
	.base = {.name = "cifar10",
		 .doc = "the binary files of CIFAR-10, plain or .gz",
		 .cite = "krizhevsky2009",
		 .options = rows,
		 .size = sizeof(struct cifar10_options)},
	.read = read_cifar10,
};
