/* Damaged files and impossible options: exactly one message each, with its position, as stored
 * beside the files in tests/golden/data. */
#include "harness/data/source/source_cifar10.h"
#include "harness/data/source/source_idx.h"
#include "harness/data/source/source_libsvm.h"
#include "harness/data/source/source_npy.h"
#include "tests/room.h"
#include "tests/unit/harness/data/test_data_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

extern const struct source source_idx, source_npy, source_libsvm, source_cifar10;

#define FOLDER "tests/golden/data/"

/* One run of data_load; the message (or "loads") goes to `text`. */
static enum status load(const struct data_options *options, char *text, size_t room)
{
	struct arena arena = {0};
	struct dataset data;
	struct err err = {0};
	enum status status = data_load(options, 1, 0, &arena, &data, &err);
	FILE *to = fmemopen(text, room, "w");

	if (status == STATUS_OK)
		fputs("loads\n", to);
	else
		err_print(&err, to);
	fclose(to);
	assert_int_equal(status, err.status);
	arena_release(&arena);
	return status;
}

/* The stored message of a case: a line "<case>: <message>" of messages.txt. */
static void expect(const char *name, const struct data_options *options, enum status status)
{
	char got[2048] = "", line[2048], want[2048] = "no stored message\n";
	FILE *stored = fopen(FOLDER "messages.txt", "r");
	size_t length = strlen(name);

	assert_non_null(stored);
	while (fgets(line, sizeof line, stored))
		if (strncmp(line, name, length) == 0 && strncmp(line + length, ": ", 2) == 0)
			memcpy(want, line + length + 2, strlen(line + length + 2) + 1);
	fclose(stored);
	assert_int_equal(load(options, got, sizeof got), status);
	assert_string_equal(got, want);
}

static void csv_files(void **state)
{
	static const char *const names[] = {
		"empty.csv",      "blank_lines.csv",   "ragged.csv",       "text.csv",
		"missing.csv",    "missing_label.csv", "infinite.csv",     "inf_word.csv",
		"open_quote.csv", "behind_quote.csv",  "one_class.csv",    "header_only.csv",
		"nul.csv",        "one_row.csv",       "truncated.csv.gz", "checksum.csv.gz",
		"garbled.csv.gz", "absent.csv",
	};
	char path[256];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct csv_options csv = files_csv(path);
		struct data_options options = files_data(&source_csv, &csv);

		snprintf(path, sizeof path, FOLDER "%s", names[i]);
		expect(names[i], &options, STATUS_ENV);
	}
}

static void csv_options(void **state)
{
	static const char *const c_and_d[] = {"c", "d"}, *const three[] = {"a", "b", "e"};
	static const char *const twice[] = {"0", "0.0"}, *const label[] = {"label"},
				 *const z[] = {"z"};
	static const char *const both[] = {"a|b", "b|c"}, *const absent[] = {"a|d", "b|c"},
				 *const empty[] = {"a|b", "c|"};
	struct csv_options csv = files_csv(FOLDER "three_classes.csv");
	struct data_options options = files_data(&source_csv, &csv);

	(void)state;
	options.classes = (struct texts){2, c_and_d};
	expect("class that does not occur", &options, STATUS_SPEC);
	options.classes = (struct texts){1, both};
	expect("one class", &options, STATUS_SPEC);
	options.classes = (struct texts){3, three};
	expect("one of three classes does not occur", &options, STATUS_SPEC);
	options.classes = (struct texts){2, both};
	expect("label in both groups", &options, STATUS_SPEC);
	options.classes.at = absent;
	expect("group with a label that does not occur", &options, STATUS_SPEC);
	options.classes.at = empty;
	expect("group with an empty label", &options, STATUS_SPEC);
	csv.path = FOLDER "good.csv";
	options.classes = (struct texts){2, twice};
	expect("one class twice", &options, STATUS_SPEC);
	options.classes.count = 0;
	csv.drop = (struct texts){1, label};
	expect("label dropped", &options, STATUS_SPEC);
	csv.drop = (struct texts){1, z};
	expect("unknown column", &options, STATUS_SPEC);
	csv.drop.count = 0;
	csv.label = "3";
	expect("column out of range", &options, STATUS_SPEC);
	csv.label = "last";
	csv.separator = "ab";
	expect("separator", &options, STATUS_SPEC);
	csv.separator = ",";
	csv.path = FOLDER "only_label.csv";
	expect("no feature", &options, STATUS_SPEC);
	csv.path = FOLDER "good.csv";
	csv.test = FOLDER "narrow.csv";
	expect("narrow test part", &options, STATUS_ENV);
	csv.test = FOLDER "other_label.csv";
	expect("label only in the test part", &options, STATUS_ENV);
}

static void splits(void **state)
{
	struct csv_options csv = files_csv(FOLDER "good.csv");
	struct data_options options = files_data(&source_csv, &csv);

	(void)state;
	options.split.test = 3;
	expect("no training rows", &options, STATUS_SPEC);
	options.split.test = 1.5;
	expect("half a row", &options, STATUS_SPEC);
	options.split.test = 0.1;
	expect("share of no row", &options, STATUS_SPEC);
	options.split.test = 9;
	expect("more than all", &options, STATUS_SPEC);
	csv.test = FOLDER "good.csv";
	options.split.test = 0.5;
	expect("two test parts", &options, STATUS_SPEC);
	options.split.test = NAN;
	options.limit.train = 1;
	expect("one training row", &options, STATUS_SPEC);
	options.limit.train = 0;
	options.task = 1;
	options.classes.count = 2;
	expect("classes in regression", &options, STATUS_SPEC);
}

static void idx_files(void **state)
{
	static const struct {
		const char *name, *images, *labels;
	} cases[] = {
		{"magic.images", "magic.images", "good.labels"},
		{"short.images", "short.images", "good.labels"},
		{"cut_header.images", "cut_header.images", "good.labels"},
		{"long.images", "long.images", "good.labels"},
		{"huge.images", "huge.images", "good.labels"},
		{"three.labels", "good.images", "three.labels"},
		{"short.labels.gz", "good.images", "short.labels.gz"},
		{"magic.labels", "good.images", "magic.labels"},
	};
	char images[256], labels[256];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct idx_options idx = {.images = images, .labels = labels};
		struct data_options options = files_data(&source_idx, &idx);

		snprintf(images, sizeof images, FOLDER "%s", cases[i].images);
		snprintf(labels, sizeof labels, FOLDER "%s", cases[i].labels);
		expect(cases[i].name, &options, STATUS_ENV);
	}
}

static void npy_files(void **state)
{
	static const struct {
		const char *name, *x, *y;
	} cases[] = {
		{"short.npy", "short.npy", "y.npy"}, {"magic.npy", "magic.npy", "y.npy"},
		{"long.npy", "long.npy", "y.npy"},   {"header.npy", "header.npy", "y.npy"},
		{"huge.npy", "huge.npy", "y.npy"},   {"nan.npy", "nan.npy", "y.npy"},
		{"cube.npy", "cube.npy", "y.npy"},   {"complex.npy", "complex.npy", "y.npy"},
		{"y3.npy", "x.npy", "y3.npy"},       {"wide y", "x.npy", "x.npy"},
	};
	char x[256], y[256];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct npy_options npy = {.x = x, .y = y};
		struct data_options options = files_data(&source_npy, &npy);

		snprintf(x, sizeof x, FOLDER "%s", cases[i].x);
		snprintf(y, sizeof y, FOLDER "%s", cases[i].y);
		expect(cases[i].name, &options, STATUS_ENV);
	}
}

static void libsvm_files(void **state)
{
	static const char *const names[] = {
		"label.svm",           "infinite_label.svm", "pair.svm",     "no_index.svm",
		"zero_index.svm",      "descending.svm",     "repeated.svm", "value.svm",
		"infinite.svm",        "no_value.svm",       "empty.svm",    "comments.svm",
		"one_class.svm",       "no_features.svm",    "nul.svm",      "huge_index.svm",
		"too_large_index.svm", "truncated.svm.gz",
	};
	char path[256];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct libsvm_options libsvm = {.path = path};
		struct data_options options = files_data(&source_libsvm, &libsvm);

		snprintf(path, sizeof path, FOLDER "%s", names[i]);
		expect(names[i], &options, STATUS_ENV);
	}
}

static void libsvm_options(void **state)
{
	static const char *const classes[] = {"1", "7"};
	struct libsvm_options libsvm = {.path = FOLDER "good.svm", .features = 1};
	struct data_options options = files_data(&source_libsvm, &libsvm);

	(void)state;
	expect("more features than given", &options, STATUS_ENV);
	libsvm.features = 0;
	libsvm.test = FOLDER "pair.svm";
	expect("broken test part", &options, STATUS_ENV);
	libsvm.test = NULL;
	options.classes = (struct texts){2, classes};
	expect("sparse class that does not occur", &options, STATUS_SPEC);
}

static void cifar_files(void **state)
{
	static const char *const names[] = {"label.bin.gz",     "short.bin.gz",     "empty.bin",
					    "one_class.bin.gz", "truncated.bin.gz", "absent.bin"};
	static const char *const classes[] = {"2", "bird"};
	char path[256];
	const char *const paths[] = {FOLDER "good.bin.gz", path};
	struct cifar10_options cifar = {.train = {2, paths}};
	struct data_options options = files_data(&source_cifar10, &cifar);

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		bool alone = strcmp(names[i], "one_class.bin.gz") == 0;

		cifar.train = (struct texts){alone ? 1 : 2, paths + alone};
		snprintf(path, sizeof path, FOLDER "%s", names[i]);
		expect(names[i], &options, STATUS_ENV);
	}
	cifar.train.count = 0;
	expect("no training files", &options, STATUS_SPEC);
	cifar.train = (struct texts){1, paths};
	options.classes = (struct texts){2, classes};
	expect("class by its name", &options, STATUS_SPEC);
}

static void limits_and_targets(void **state)
{
	struct csv_options csv = files_csv(FOLDER "good.csv");
	struct data_options options = files_data(&source_csv, &csv);

	(void)state;
	options.limit = (struct limit_options){.train = 2, .train_per_class = 1};
	expect("two limits", &options, STATUS_SPEC);
	options.limit.train = 0;
	options.task = 1;
	expect("limit per class in regression", &options, STATUS_SPEC);
	options.limit.train_per_class = 0;
	options.task = 0;
	options.target = 1;
	expect("targets of a classification", &options, STATUS_SPEC);
}

static void absent_below_variable(void **state)
{
	struct csv_options csv = files_csv("/no/such/folder/a.csv");
	struct data_options options = files_data(&source_csv, &csv);
	const char *before = getenv("RELUBENCH_DATA");
	char *keep = before ? strdup(before) : NULL;

	(void)state;
	setenv("RELUBENCH_DATA", "/no/such", 1);
	expect("absent below RELUBENCH_DATA", &options, STATUS_ENV);
	unsetenv("RELUBENCH_DATA");
	if (keep)
		setenv("RELUBENCH_DATA", keep, 1);
	free(keep);
}

static int set_up(void **state)
{
	room_enter(state, sizeof(struct room));
	return 0;
}

/* Every file cut after every number of bytes either loads or gives one error. */
static void cut_anywhere(void **state)
{
	static const char *const names[] = {"x.npy", "good.images", "good.csv", "checksum.csv.gz"};
	char from[256], bytes[8192], text[2048];
	const char *path = room_path(*state, "cut");

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct npy_options npy = {.x = path, .y = FOLDER "y.npy"};
		struct idx_options idx = {.images = path, .labels = FOLDER "good.labels"};
		struct csv_options csv = files_csv(path);
		struct data_options options[] = {
			files_data(&source_npy, &npy), files_data(&source_idx, &idx),
			files_data(&source_csv, &csv), files_data(&source_csv, &csv)};
		FILE *file;
		size_t count;

		snprintf(from, sizeof from, FOLDER "%s", names[i]);
		file = fopen(from, "rb");
		assert_non_null(file);
		count = fread(bytes, 1, sizeof bytes, file);
		fclose(file);
		for (size_t n = 0; n < count; n += 1 + n / 100) {
			files_write(path, bytes, n);
			load(&options[i], text, sizeof text);
			assert_string_not_equal(text, "");
			if (i != 2) /* a CSV file cut at a line end is a CSV file */
				assert_string_not_equal(text, "loads\n");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_files),
		cmocka_unit_test(csv_options),
		cmocka_unit_test(splits),
		cmocka_unit_test(idx_files),
		cmocka_unit_test(npy_files),
		cmocka_unit_test(libsvm_files),
		cmocka_unit_test(libsvm_options),
		cmocka_unit_test(cifar_files),
		cmocka_unit_test(limits_and_targets),
		cmocka_unit_test(absent_below_variable),
		cmocka_unit_test_setup_teardown(cut_anywhere, set_up, room_leave),
	};

	unsetenv("RELUBENCH_DATA");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
