/* The columns of every CSV file: name, unit, and what a value means. The writers take their headers
 * from here, and results/README.md is written from it (`relubench describe results`). */
#ifndef STORE_DICTIONARY_H
#define STORE_DICTIONARY_H

#include "harness/file/csv.h"
#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdio.h>

struct column_doc {
	const char *name;
	const char *unit;    /* "s", "bytes", "share" (of 1), "1" (a pure number), "text" */
	const char *network; /* whose value it is: "delivered", "iterate", "program"; or "" */
	const char *part;    /* of the data: "train", "validation", "test"; or "" */
	const char *doc;
};

/* Each ends with name NULL. dictionary_result: of the fields of struct result, in any order. */
extern const struct column_doc dictionary_result[], dictionary_trace[], dictionary_attack[],
	dictionary_certify[], dictionary_patterns[], dictionary_plan[], dictionary_data[],
	dictionary_points[], dictionary_inputs[];

/* The columns that attack.csv and certify.csv of a results folder have before those of a cell's. */
extern const struct column_doc dictionary_cell[];

/* Of a field of the record, or NULL. */
const struct column_doc *dictionary_find(const struct column_doc *columns, const char *name);

/* csv_open with the names of these columns as the header. */
enum status dictionary_open(struct csv *csv, const char *path, const struct column_doc *columns,
			    struct err *err);

/* The column of a swept option: its path, with "swept." before it where a column of summary.csv,
 * attack.csv or certify.csv has that name. */
const char *dictionary_swept(const char *path, struct arena *arena);

/* All tables as Markdown. */
void dictionary_write(FILE *to);

#endif
