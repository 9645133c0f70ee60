/* Zip files and arrays in memory. */
#include "tests/archives.h"
#include "harness/data/data.h"
#include "harness/data/source/source_npz.h"
#include "harness/file/npy_file.h"
#include "harness/store/modelfile.h"
#include "solvers/model/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

extern const struct source source_npz;

enum {
	BIT_REGRESSION = 1,
	BIT_TEST = 2,
	BIT_COUNT = 4,
	BIT_MEND = 8,
	LOCAL_BYTES = 30,
	CENTRAL_BYTES = 46
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static size_t get(const uint8_t *at, size_t width)
{
	size_t value = 0;

	for (size_t i = width; i > 0; i--)
		value = value << 8 | at[i - 1];
	return value;
}

/* The checksum of the stored entry whose directory record is at `record`. */
static void mend(uint8_t *data, size_t size, uint8_t *record)
{
	size_t local = get(record + 42, 4), count = get(record + 24, 4), start;
	uLong crc;

	if (local > size || size - local < LOCAL_BYTES || get(record + 10, 2) != 0)
		return;
	start = local + LOCAL_BYTES + get(data + local + 26, 2) + get(data + local + 28, 2);
	if (start > size || size - start < count)
		return;
	crc = crc32_z(0, data + start, count);
	for (size_t i = 0; i < 4; i++)
		record[16 + i] = (uint8_t)(crc >> (8 * i));
}

static void mend_all(uint8_t *data, size_t size)
{
	for (size_t i = 0; i + CENTRAL_BYTES <= size; i++)
		if (memcmp(data + i, "PK\1\2", 4) == 0)
			mend(data, size, data + i);
}

/* The bytes behind the first one as a file in memory; its path. */
static const char *file_of(const uint8_t *data, size_t size)
{
	static char path[64];
	static int fd = -1;
	uint8_t *copy = malloc(size);

	require(copy != NULL);
	memcpy(copy, data + 1, size - 1);
	if (data[0] & BIT_MEND)
		mend_all(copy, size - 1);
	if (fd < 0) {
		fd = memfd_create("archive", MFD_CLOEXEC);
		require(fd >= 0);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	require(ftruncate(fd, 0) == 0);
	require(pwrite(fd, copy, size - 1, 0) == (ssize_t)(size - 1));
	free(copy);
	return path;
}

static void check_table(const struct table *table, const struct read_request *request)
{
	for (size_t i = 0; i < table->n * table->d && table->x; i++)
		require(isfinite(table->x[i]));
	require(table->n == 0 || table->x || request->count);
	for (size_t i = 0; i < table->n; i++)
		require(request->regression ? isfinite(table->target[i]) : table->label[i] != NULL);
}

void archives_npz(const uint8_t *data, size_t size)
{
	struct npz_options o = {.x = "x", .y = "y"};
	struct table train = {0}, test = {0};
	struct read_request request;
	struct arena arena = {0};
	struct err err = {0};
	enum status status;

	if (size < 1)
		return;
	request = (struct read_request){.regression = data[0] & BIT_REGRESSION,
					.count = data[0] & BIT_COUNT};
	o.file = file_of(data, size);
	if (data[0] & BIT_TEST) {
		o.test_x = o.x;
		o.test_y = o.y;
	}
	status = source_npz.read(&o, &request, &arena, &train, &test, &err);
	if (status == STATUS_OK) {
		require(test.n == 0 || test.d == train.d);
		check_table(&train, &request);
		check_table(&test, &request);
	} else {
		require(err.status == status && err.text[0] != '\0');
	}
	arena_release(&arena);
}

void archives_model(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct modelfile model;
	struct err err = {0};
	enum status status;

	if (size < 1)
		return;
	status = modelfile_load(file_of(data, size), &arena, &model, &err);
	if (status == STATUS_OK) {
		require(net_of(model.model)->U.rows == (ptrdiff_t)model.stages.d);
		for (size_t j = 0; j < model.targets; j++)
			require(isfinite(model.target_shift[j]) && model.target_scale[j] > 0);
		for (ptrdiff_t j = 0; j < net_of(model.model)->U.cols; j++)
			require(isfinite((double)net_of(model.model)->alpha[j]));
	} else {
		require(err.status == status && err.text[0] != '\0');
	}
	arena_release(&arena);
}

void archives_patterns(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct npy patterns;
	struct err err = {0};
	enum status status;
	double sum = 0;

	if (size < 1)
		return;
	status = npy_read(file_of(data, size), &arena, &patterns, &err);
	if (status == STATUS_OK)
		for (size_t i = 0; i < patterns.rows * patterns.cols; i++)
			sum += patterns.at[i] == 1;
	else
		require(err.status == status && err.text[0] != '\0');
	require(sum >= 0);
	arena_release(&arena);
}
