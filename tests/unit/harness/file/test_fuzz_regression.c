/* Inputs that fuzzing found or started from, read again. */
#include "tests/archives.h"
#include "tests/close.h"
#include "tests/readers.h"
#include "tests/stored.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 1 << 16 };

static void replay(const char *reader, readers_function *run)
{
	static uint8_t bytes[ROOM];
	char folder[256], path[600];
	struct dirent *entry;
	int count = 0;
	DIR *list;

	snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", reader);
	list = opendir(folder);
	assert_non_null(list);
	while ((entry = readdir(list))) {
		FILE *file;
		size_t size;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		file = fopen(path, "rb");
		assert_non_null(file);
		size = fread(bytes, 1, sizeof bytes, file);
		fclose(file);
		run(bytes, size);
		count++;
	}
	closedir(list);
	check_above(count, 0);
}

static void csv(void **state)
{
	(void)state;
	replay("csv", readers_csv);
}

static void arff(void **state)
{
	(void)state;
	replay("arff", readers_arff);
}

static void libsvm(void **state)
{
	(void)state;
	replay("libsvm", readers_libsvm);
}

static void idx(void **state)
{
	(void)state;
	replay("idx", readers_idx);
}

static void npy(void **state)
{
	(void)state;
	replay("npy", readers_npy);
}

static void cifar(void **state)
{
	(void)state;
	replay("cifar", readers_cifar);
}

static void files_of_a_record(void **state)
{
	(void)state;
	replay("result", stored_result);
	replay("manifest", stored_manifest);
	replay("cell", stored_cell);
	replay("entries", stored_entries);
	replay("table", stored_table);
}

static void archives(void **state)
{
	(void)state;
	replay("npz", archives_npz);
	replay("model", archives_model);
	replay("patterns", archives_patterns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv),
		cmocka_unit_test(arff),
		cmocka_unit_test(libsvm),
		cmocka_unit_test(idx),
		cmocka_unit_test(npy),
		cmocka_unit_test(cifar),
		cmocka_unit_test(files_of_a_record),
		cmocka_unit_test(archives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
