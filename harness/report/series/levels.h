/* The values of a swept option. */
#ifndef REPORT_LEVELS_H
#define REPORT_LEVELS_H

#include "harness/report/records/records.h"

#include <stdbool.h>
#include <stddef.h>

struct levels {
	const char *path;
	bool numeric; /* all of them are numbers: they ascend */
	size_t count;
	const char **at; /* each once; without numbers in order of appearance */
};

/* Of these methods alone; NULL or none: of all. */
struct levels levels_of(const struct records *records, const char *path,
			const struct texts *methods);

/* The place of a record's value, or `count` if it does not sweep the option. */
size_t levels_place(const struct levels *levels, const struct record *record);

/* The value itself, or its place where there are texts; 0 if the option is not swept. */
double levels_value(const struct levels *levels, const struct record *record);

#endif
