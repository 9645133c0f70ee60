/* The rows of the files of records and results folders.
 *
 * harness/store/rows/NAME.fields says what a row has, field by field: the struct here, and the
 * table (rows.c) by which it is written, read and described, come from that one list. A new field
 * is a line there. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "harness/store/field.h"
#include "solvers/model/facts.h"

#include <stdio.h>

/* Lines of a list as members. ..._AS: a column that shows a member of another name, or one that is
 * there already. */
#define TEXT(name, ...) const char *name;
#define NUMBER(name, ...) double name;
#define REAL(name, ...) double name;
#define LATER(name, ...) double name;
#define TEXT_AS(member, ...)
#define LATER_TEXT(name, ...) const char *name;
#define LATER_AS(member, ...)
#define PART_AS(member, ...)
#define NUMBER_AS(member, ...)

/* result.json of a cell, and its row of summary.csv. */
struct result {
	const struct fact *facts; /* further ones, that no column has */
	int format; /* of the record, if it has a manifest (manifest.h), else 0; no column */
#include "harness/store/rows/result.fields"
};

/* trace.csv: an evaluation. */
struct trace_row {
#include "harness/store/rows/trace.fields"
};

/* attack.csv and certify.csv: the share of points that are robust in a ball. An attack bounds it
 * from above, a certificate (then `attack` is its name) from below; either leaves unknown what only
 * the other has. */
struct attack_row {
	double lo, hi; /* Wilson 95 % interval of robust_accuracy */
#include "harness/store/rows/attack.fields"
#include "harness/store/rows/certify.fields"
};

/* patterns.csv: a pattern of a robust convex program. */
struct pattern_row {
#include "harness/store/rows/patterns.fields"
};

/* path.csv: a penalty of a path. */
struct path_row {
#include "harness/store/rows/path.fields"
};

/* plan.csv: a cell of the spec. */
struct plan_row {
#include "harness/store/rows/plan.fields"
};

/* data.csv: a data set and what is swept in it. */
struct data_row {
#include "harness/store/rows/data.fields"
};

/* inputs.csv: a file that a cell reads. */
struct input_row {
#include "harness/store/rows/inputs.fields"
};

/* points.csv: a point in the plane. */
struct point_row {
#include "harness/store/rows/points.fields"
};

/* samples.csv: a sample; columns of attacks and certificates follow. */
struct sample_row {
#include "harness/store/rows/samples.fields"
};

/* confusion.csv: how samples of a class were decided. */
struct confusion_row {
#include "harness/store/rows/confusion.fields"
};

/* transfer.csv of a results folder: points of one network's attack on another network. */
struct transfer_row {
#include "harness/store/rows/transfer.fields"
};

/* entries.json: an attack, a certificate or the attack of a selection. */
struct entry_note {
#include "harness/store/rows/entry.fields"
};

#undef TEXT
#undef NUMBER
#undef REAL
#undef LATER
#undef TEXT_AS
#undef LATER_TEXT
#undef LATER_AS
#undef PART_AS
#undef NUMBER_AS

extern const struct field_table rows_result, rows_trace, rows_attack, rows_certify, rows_patterns,
	rows_path, rows_plan, rows_data, rows_inputs, rows_points, rows_samples, rows_confusion,
	rows_transfer, rows_entry;

/* The columns that attack.csv and certify.csv of a results folder have before those of a cell's:
 * fields of struct result. */
extern const struct field_table rows_cell;

/* Those of the CSV files, in the order of the data dictionary; ends with NULL. */
extern const struct field_table *const rows_tables[];

/* Does a higher value of a column of summary.csv mean better: accuracies, F1, recalls, areas under
 * ROC curves, R2? */
bool rows_higher_is_better(const char *column);

/* The column of a swept option: its path, with "swept." before it where a column of summary.csv,
 * attack.csv or certify.csv has that name. */
const char *rows_swept(const char *path, struct arena *arena);

/* `units` of attack.csv and certify.csv: of features as they are prepared or raw, or of those of
 * data in a feature space (`space` of result.json), where a radius is not one in pixels. */
const char *rows_units(bool raw, bool feature_space);
bool rows_units_raw(const char *units);

/* What has such units, "prepared features", "feature space"; what stands before a radius, "" or
 * " raw" or " feature space"; and the same without " raw". NULL and "", of earlier versions, are
 * prepared features. */
const char *rows_units_text(const char *units);
const char *rows_units_aside(const char *units);
const char *rows_units_space(const char *units);

/* The data dictionary: all tables as Markdown. results/README.md has it. */
void rows_describe(FILE *to);

#endif
