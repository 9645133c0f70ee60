/* Records of several results folders as one set, so that whatever draws or lists records of one
 * folder does so of several. Nothing is written to the folders. */
#ifndef REPORT_FOLDERS_H
#define REPORT_FOLDERS_H

#include "harness/report/records/records.h"

#include <stddef.h>

struct folder_of {
	const char *label, *path; /* path: as it was given */
	struct records records;
};

struct folders {
	struct arena *arena;
	size_t count;
	struct folder_of *at;
};

/* Operands are paths, or LABEL=PATH. Without a label a folder has the end of its path for one: its
 * name and, where two have the same, as many folders above it as tell them apart. One error for a
 * folder that is none (STATUS_ENV), has no records, or is named twice, and for a label of two
 * folders (STATUS_SPEC). */
enum status folders_load(char *const *operand, size_t count, struct arena *arena,
			 struct folders *out, struct err *err);

/* All records, folder after folder. A method whose name several folders have becomes "admm (new)".
 * Data of one name stay one where cells of equal swept values and repetition have the same data
 * (options, seed, checksum of the files, sizes), in all folders that have both; else they become
 * "moons (after)", and the records say so in `warning`. `folder` and `out` are for the caller. */
struct records folders_join(const struct folders *folders);

/* Names of methods or of data sets, each name that stands for several of the records' in their
 * place. */
struct texts folders_methods(const struct records *joined, const struct texts *names);
struct texts folders_data(const struct records *joined, const struct texts *names);

/* The differing values of one field of the records that are ok, in order of appearance: "a, b". */
typedef const char *folders_pick(const struct result *result, struct arena *arena);
const char *folders_values(const struct records *records, folders_pick *of);

/* Fields that differ between machines and programs: for folders_values. */
const char *folders_machine(const struct result *result, struct arena *arena);
const char *folders_program(const struct result *result, struct arena *arena);
const char *folders_precision(const struct result *result, struct arena *arena);
const char *folders_seed(const struct result *result, struct arena *arena);

#endif
