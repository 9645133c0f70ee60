/* Helpers of the data tests: files, and options as the spec would bind them. */
#ifndef TEST_DATA_FILES_H
#define TEST_DATA_FILES_H

#include "harness/data/csv/csv_options.h"
#include "harness/data/data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct source source_csv;

static inline void files_write(const char *path, const void *at, size_t count)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(at, 1, count, file) != count || fclose(file) != 0)
		abort();
}

static inline struct csv_options files_csv(const char *path)
{
	static const char *const missing[] = {"?", "-", "*", "NA", "N/A", "NaN", "nan", "None"};

	return (struct csv_options){.path = path,
				    .separator = ",",
				    .label = "last",
				    .missing_values = {sizeof missing / sizeof *missing, missing}};
}

static inline struct data_options files_data(const struct source *source, const void *options)
{
	return (struct data_options){
		.name = "test",
		.source = {.item = &source->base, .options = options},
		.split = {.test = NAN, .stratified = true},
		.draw = -1,
	};
}

#endif
