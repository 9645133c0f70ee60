/* Fixture of the tests of data_load: a CSV file in a folder of its own, and the options that read
 * it. */
#ifndef TEST_DATA_LOAD_H
#define TEST_DATA_LOAD_H

#include "tests/room.h"
#include "tests/unit/harness/data/test_data_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	struct room room;
	const char *path;
	struct csv_options csv;
	struct data_options options;
	struct choice steps[4];
	double range; /* options of the step `unit` */
};

static inline int set_up(void **state)
{
	struct place *place = room_enter(state, sizeof *place);

	place->path = room_path(&place->room, "a.csv");
	place->csv = files_csv(place->path);
	place->options = files_data(&source_csv, &place->csv);
	place->options.prepare.at = place->steps;
	place->range = 4;
	return 0;
}

static inline struct dataset load(struct place *place, long repetition)
{
	struct dataset data = {0};
	struct err err = {0};

	if (data_load(&place->options, 7, repetition, &place->room.arena, &data, &err) != STATUS_OK)
		fail_msg("%s: %s", err.source, err.text);
	return data;
}

/* n rows: the index, its square, and a label that is 1 for every k-th row. */
static inline void write_rows(const struct place *place, int n, int k)
{
	FILE *file = fopen(place->path, "w");

	for (int i = 0; i < n; i++)
		fprintf(file, "%d,%d,%d\n", i, i * i, i % k == 0);
	fclose(file);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, room_leave)

#endif
