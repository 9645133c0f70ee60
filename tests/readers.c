/* Sources on bytes in memory. */
#include "tests/readers.h"
#include "harness/data/csv/csv_options.h"
#include "harness/data/data.h"
#include "harness/data/source/source_cifar10.h"
#include "harness/data/source/source_idx.h"
#include "harness/data/source/source_libsvm.h"
#include "harness/data/source/source_npy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern const struct source source_csv, source_arff, source_libsvm, source_idx, source_npy,
	source_cifar10;

enum {
	BIT_REGRESSION = 1,
	BIT_CLASSES = 2,
	BIT_TEST = 4, /* the same file once more as the test part */
	MOST_INDEX_DIGITS = 5
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* A file in memory that has a path. */
struct memory_file {
	int fd;
	char path[64];
};

static void fill(struct memory_file *file, const uint8_t *data, size_t size)
{
	if (!file->path[0]) {
		file->fd = memfd_create("reader", MFD_CLOEXEC);
		require(file->fd >= 0);
		snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
	}
	require(ftruncate(file->fd, 0) == 0);
	require(pwrite(file->fd, data, size, 0) == (ssize_t)size);
}

static void check_table(const struct table *table, const struct read_request *request, bool gaps)
{
	for (size_t i = 0; i < table->n * table->d; i++)
		require(isfinite(table->x[i]) || (gaps && isnan(table->x[i])));
	for (size_t i = 0; i < table->n && table->one_hot; i++)
		for (size_t j = 0; j < table->d; j++) {
			double x = table->x[i * table->d + j];

			require(!table->one_hot[j] || x == 0 || x == 1 || isnan(x));
		}
	for (size_t i = 0; i < table->n; i++)
		require(request->regression ? isfinite(table->target[i]) : table->label[i] != NULL);
}

static struct read_request request_of(uint8_t bits)
{
	static const char *const classes[] = {"1", "0"};
	struct read_request request = {.regression = bits & BIT_REGRESSION};

	if (bits & BIT_CLASSES && !request.regression)
		request.classes = (struct texts){2, classes};
	return request;
}

static enum status read_source(const struct source *source, const void *options, uint8_t bits,
			       bool gaps)
{
	const struct read_request request = request_of(bits);
	struct table train = {0}, test = {0};
	struct arena arena = {0};
	struct err err = {0};
	enum status status;

	status = source->read(options, &request, &arena, &train, &test, &err);
	if (status == STATUS_OK) {
		require(test.n == 0 || test.d == train.d);
		check_table(&train, &request, gaps);
		check_table(&test, &request, gaps);
	} else {
		require(err.status == status && err.text[0] != '\0');
	}
	arena_release(&arena);
	return status;
}

/* The first lines of readable files are readable too. */
static enum status glance(const struct source *source, const void *options, uint8_t bits)
{
	const struct read_request request = request_of(bits);
	struct arena arena = {0};
	struct err err = {0};
	const char *note = NULL;
	enum status status = source->glance(options, &request, &arena, &note, &err);

	arena_release(&arena);
	return status;
}

/* Two files where the byte 0x1e stands between them, else one. */
static const char *fill_csv(const uint8_t *data, size_t size, const char **test)
{
	static struct memory_file file, second;
	const uint8_t *end = size > 0 ? memchr(data, 0x1e, size) : NULL;
	size_t first = end ? (size_t)(end - data) : size;

	fill(&file, data, first);
	if (end)
		fill(&second, end + 1, size - first - 1);
	*test = end ? second.path : file.path;
	return file.path;
}

void readers_csv(const uint8_t *data, size_t size)
{
	static const char *const separators[] = {",", "whitespace", ";", "tab"};
	static const char *const labels[] = {"last", "first", "a", "1"}, *const drop[] = {"0"};
	static const char *const markers[] = {"NA", "?", "-1", "*", "nan"};
	static const char *const columns[] = {"1", "b", "2"};
	struct csv_options o = {0};
	enum { HEAD = 3, MARKERS = sizeof markers / sizeof *markers };
	const char *test;
	unsigned more, last;

	if (size < HEAD)
		return;
	more = data[1];
	last = data[2];
	o.path = fill_csv(data + HEAD, size - HEAD, &test);
	o.test = data[0] & BIT_TEST ? test : NULL;
	o.separator = separators[data[0] >> 6];
	o.comment = last & 1 ? "#" : NULL;
	o.encoding = last >> 1 & 1;
	o.label = labels[more & 3];
	o.header = (more >> 2) % 3;
	o.missing = (more >> 4) % 3;
	if (more >> 7)
		o.drop = (struct texts){1, drop};
	o.one_hot = (struct texts){last >> 2 & 3, columns};
	o.missing_values = (struct texts){(last >> 4) % (MARKERS + 1), markers};
	if (read_source(&source_csv, &o, data[0], o.missing == 2) == STATUS_OK)
		require(glance(&source_csv, &o, data[0]) == STATUS_OK);
}

void readers_arff(const uint8_t *data, size_t size)
{
	static const char *const labels[] = {"last", "first", "a", "1"}, *const drop[] = {"0"},
				 *const targets[] = {"1", "b"};
	enum { HEAD = 2 };
	struct csv_options o = {0};
	const char *test;
	unsigned more;

	if (size < HEAD)
		return;
	more = data[1];
	o.path = fill_csv(data + HEAD, size - HEAD, &test);
	o.test = data[0] & BIT_TEST ? test : NULL;
	o.label = labels[more & 3];
	o.missing = (more >> 2 & 3) % 3;
	if (more >> 4 & 1)
		o.drop = (struct texts){1, drop};
	if (more >> 5 & 1) {
		o.targets = (struct texts){2, targets};
		o.label = labels[0];
	}
	if (read_source(&source_arff, &o, data[0], o.missing == 2) == STATUS_OK)
		require(glance(&source_arff, &o, data[0]) == STATUS_OK);
}

/* A large index is a large dense matrix, which is only slow. */
static bool has_large_index(const uint8_t *data, size_t size)
{
	size_t digits = 0;

	for (size_t i = 0; i < size; i++) {
		if (data[i] == ':' && digits > MOST_INDEX_DIGITS)
			return true;
		digits = data[i] >= '0' && data[i] <= '9' ? digits + 1 : 0;
	}
	return false;
}

void readers_libsvm(const uint8_t *data, size_t size)
{
	static struct memory_file file;
	struct libsvm_options o = {.path = file.path};

	if (size < 1 || has_large_index(data, size))
		return;
	fill(&file, data + 1, size - 1);
	o.test = data[0] & BIT_TEST ? file.path : NULL;
	o.features = data[0] >> 3;
	read_source(&source_libsvm, &o, data[0], false);
}

/* Two files from the bytes behind the first one; false if there are too few. */
static bool fill_two(struct memory_file file[2], const uint8_t *data, size_t size)
{
	enum { HEAD = 3 };
	size_t first;

	if (size < HEAD)
		return false;
	first = (size_t)data[1] | (size_t)data[2] << 8;
	if (first > size - HEAD)
		first = size - HEAD;
	fill(&file[0], data + HEAD, first);
	fill(&file[1], data + HEAD + first, size - HEAD - first);
	return true;
}

void readers_idx(const uint8_t *data, size_t size)
{
	static struct memory_file file[2];
	struct idx_options o = {.labels = file[0].path, .images = file[1].path};

	if (!fill_two(file, data, size))
		return;
	if (data[0] & BIT_TEST) {
		o.test_images = o.images;
		o.test_labels = o.labels;
	}
	read_source(&source_idx, &o, data[0], false);
}

void readers_npy(const uint8_t *data, size_t size)
{
	static struct memory_file file[2];
	struct npy_options o = {.x = file[0].path, .y = file[1].path};

	if (!fill_two(file, data, size))
		return;
	if (data[0] & BIT_TEST) {
		o.test_x = o.x;
		o.test_y = o.y;
	}
	read_source(&source_npy, &o, data[0], false);
}

void readers_cifar(const uint8_t *data, size_t size)
{
	static struct memory_file file;
	const char *const paths[] = {file.path, file.path};
	struct cifar10_options o = {.train = {1, paths}};

	if (size < 1)
		return;
	fill(&file, data + 1, size - 1);
	o.test.at = paths;
	o.test.count = data[0] & BIT_TEST ? 2 : 0;
	read_source(&source_cifar10, &o, data[0], false);
}
