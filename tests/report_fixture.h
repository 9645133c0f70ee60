/* Records in memory for tests of harness/report: no files. */
#ifndef TESTS_REPORT_FIXTURE_H
#define TESTS_REPORT_FIXTURE_H

#include "harness/report/records.h"

#include <stddef.h>

struct fixture_cell {
	const char *data, *method;
	const char *path, *value;   /* one swept option, or NULL */
	const char *path2, *value2; /* another one */
	const char *status;         /* NULL: ok */
	int repetition;
	double test, validation, objective, seconds, patterns;
	const char *select_by; /* or NULL */
};

/* The records of these cells, grouped. `folder`: where plots go, or NULL. */
struct records fixture_records(const struct fixture_cell *cells, size_t count, const char *folder,
			       struct arena *arena);

#endif
