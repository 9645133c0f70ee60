/* Tables of the rows, and the data dictionary. */
#include "harness/store/rows.h"

#include <string.h>

/* Lines of a list as columns of ROW. */
#define COLUMN(member, name, type, ...) {name, offsetof(struct ROW, member), type, __VA_ARGS__},
#define TEXT(name, ...) COLUMN(name, #name, FIELD_TEXT, __VA_ARGS__)
#define NUMBER(name, ...) COLUMN(name, #name, FIELD_NUMBER, __VA_ARGS__)
#define REAL(name, ...) COLUMN(name, #name, FIELD_REAL, __VA_ARGS__)
#define LATER(name, ...) COLUMN(name, #name, FIELD_LATER, __VA_ARGS__)
#define TEXT_AS(member, name, ...) COLUMN(member, #name, FIELD_TEXT, __VA_ARGS__)
#define LATER_TEXT(name, ...) COLUMN(name, #name, FIELD_LATER_TEXT, __VA_ARGS__)
#define LATER_AS(member, name, ...) COLUMN(member, #name, FIELD_LATER, __VA_ARGS__)
#define PART_AS(member, name, ...) COLUMN(member, #name, FIELD_PART, __VA_ARGS__)
#define NUMBER_AS(member, name, ...) COLUMN(member, #name, FIELD_NUMBER, __VA_ARGS__)

#define ROW result
static const struct field result[] = {
#include "harness/store/rows/result.fields"
	{.name = NULL}};

static const struct field cell[] = {
#include "harness/store/rows/cell.fields"
	{.name = NULL}};
#undef ROW

#define ROW trace_row
static const struct field trace[] = {
#include "harness/store/rows/trace.fields"
	{.name = NULL}};
#undef ROW

#define ROW attack_row
static const struct field attack[] = {
#include "harness/store/rows/attack.fields"
	{.name = NULL}};

static const struct field certify[] = {
#include "harness/store/rows/certify.fields"
	{.name = NULL}};
#undef ROW

#define ROW pattern_row
static const struct field patterns[] = {
#include "harness/store/rows/patterns.fields"
	{.name = NULL}};
#undef ROW

#define ROW path_row
static const struct field path_fields[] = {
#include "harness/store/rows/path.fields"
	{.name = NULL}};
#undef ROW

#define ROW plan_row
static const struct field plan[] = {
#include "harness/store/rows/plan.fields"
	{.name = NULL}};
#undef ROW

#define ROW data_row
static const struct field data[] = {
#include "harness/store/rows/data.fields"
	{.name = NULL}};
#undef ROW

#define ROW input_row
static const struct field inputs[] = {
#include "harness/store/rows/inputs.fields"
	{.name = NULL}};
#undef ROW

#define ROW point_row
static const struct field points[] = {
#include "harness/store/rows/points.fields"
	{.name = NULL}};
#undef ROW

#define ROW sample_row
static const struct field samples[] = {
#include "harness/store/rows/samples.fields"
	{.name = NULL}};
#undef ROW

#define ROW confusion_row
static const struct field confusion[] = {
#include "harness/store/rows/confusion.fields"
	{.name = NULL}};
#undef ROW

#define ROW transfer_row
static const struct field transfer[] = {
#include "harness/store/rows/transfer.fields"
	{.name = NULL}};
#undef ROW

#define ROW entry_note
static const struct field entry[] = {
#include "harness/store/rows/entry.fields"
	{.name = NULL}};
#undef ROW

const struct field_table rows_result = {
	"summary.csv",
	"One row per cell: the fields of its `result.json`, its further facts that no column "
	"below has, and a column for each swept "
	"option (its path;\n`swept.` stands before it where another column has that "
	"name, as in `swept.patterns`).",
	sizeof(struct result), result};

const struct field_table rows_trace = {"trace.csv", "One row per evaluation of a cell.",
				       sizeof(struct trace_row), trace};

const struct field_table rows_attack = {
	"attack.csv",
	"Of a cell: one row per attack and eps (`attack_validation.csv`: the attack of "
	"a selection, on the\nvalidation part). Of a results folder: the rows of all "
	"cells, after the columns below, with those of the\nswept options behind.",
	sizeof(struct attack_row), attack};

const struct field_table rows_certify = {
	"certify.csv",
	"Of a cell: one row per certificate, part and eps. Of a results folder as attack.csv.",
	sizeof(struct attack_row), certify};

const struct field_table rows_cell = {
	"First columns of attack.csv and certify.csv of a results folder",
	"Which cell a row is of.", sizeof(struct result), cell};

const struct field_table rows_patterns = {
	"patterns.csv", "One row per activation pattern of a robust convex program.",
	sizeof(struct pattern_row), patterns};

const struct field_table rows_path = {
	"path.csv", "Of a cell with `beta: {path: ...}`: one row per penalty that is done with.",
	sizeof(struct path_row), path_fields};

const struct field_table rows_plan = {"plan.csv", "One row per cell of the spec.",
				      sizeof(struct plan_row), plan};

const struct field_table rows_data = {"data.csv", "One row per data set and swept values of it.",
				      sizeof(struct data_row), data};

const struct field_table rows_inputs = {
	"inputs.csv", "Of a cell: one row per file that it reads, of the data or of the method.",
	sizeof(struct input_row), inputs};

const struct field_table rows_points = {
	"points.csv", "Of a cell with two features: the points, in raw units, for pictures.",
	sizeof(struct point_row), points};

const struct field_table rows_samples = {
	"samples.csv",
	"Of a cell of a spec with `samples`: one row per sample of the parts that are attacked or "
	"certified. Behind\nthe columns below stand `margin pgd linf 0.1` of each attack and "
	"radius: "
	"the lowest margin found; `worst linf 0.1`,\nthe lowest of these, and `by linf 0.1`, the "
	"attack that found it (empty: no point is below the clean one); and\n`lower exact linf "
	"0.1` "
	"of each certificate: its lower bound.",
	sizeof(struct sample_row), samples};

const struct field_table rows_confusion = {
	"confusion.csv",
	"Of a cell with classes: one row per part, class and decision that occurs, and one for "
	"every class\ndecided right.",
	sizeof(struct confusion_row), confusion};

const struct field_table rows_transfer = {
	"transfer.csv",
	"Of a results folder: one row per network whose attack with `export` has stored its "
	"points, "
	"attack and\nradius, and network of the same data, repetition and fold that gets them: the "
	"source itself too. Of\nfigures in double precision.",
	sizeof(struct transfer_row), transfer};

const struct field_table rows_entry = {"entries.json", "", sizeof(struct entry_note), entry};

const struct field_table *const rows_tables[] = {
	&rows_result,   &rows_trace,   &rows_attack,    &rows_certify,  &rows_cell,
	&rows_patterns, &rows_path,    &rows_plan,      &rows_data,     &rows_inputs,
	&rows_points,   &rows_samples, &rows_confusion, &rows_transfer, NULL};

bool rows_higher_is_better(const char *column)
{
	static const char *const parts[] = {"accuracy", "macro_f1", "recall", "auc", "_r2"};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (strstr(column, parts[i]))
			return true;
	return false;
}

static const struct units {
	const char *name, *text, *aside;
	bool raw, feature_space;
} units[] = {
	{"prepared", "prepared features", "", false, false},
	{"raw", "raw features", " raw", true, false},
	{"feature space", "feature space", " feature space", false, true},
	{"raw feature space", "raw feature space", " raw feature space", true, true},
};

enum { UNITS = sizeof units / sizeof *units };

const char *rows_units(bool raw, bool feature_space)
{
	size_t i = 0;

	while (units[i].raw != raw || units[i].feature_space != feature_space)
		i++;
	return units[i].name;
}

static const struct units *units_of(const char *name)
{
	for (size_t i = 0; name && i < UNITS; i++)
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	return units;
}

bool rows_units_raw(const char *name)
{
	return units_of(name)->raw;
}

const char *rows_units_text(const char *name)
{
	return units_of(name)->text;
}

const char *rows_units_space(const char *name)
{
	return units_of(name)->feature_space ? rows_units_aside("feature space") : "";
}

const char *rows_units_aside(const char *name)
{
	return units_of(name)->aside;
}

const char *rows_swept(const char *path, struct arena *arena)
{
	static const struct field_table *const fixed[] = {&rows_result, &rows_cell, &rows_attack,
							  &rows_certify, NULL};

	for (const struct field_table *const *table = fixed; *table; table++)
		if (field_find(*table, path))
			return arena_format(arena, "swept.%s", path);
	return path;
}

void rows_describe(FILE *to)
{
	fputs("Units: s: seconds of the wall clock; share: of 1; 1: a number without unit. "
	      "Network: "
	      "`delivered` is the one that is\nstored, attacked and certified; `iterate` the point "
	      "of the method at that iteration; `program` the convex program\nitself. An empty "
	      "field is a value that is not known or does not apply.\n\n",
	      to);
	for (const struct field_table *const *table = rows_tables; *table; table++) {
		fprintf(to,
			"### %s\n\n%s\n\n| column | unit | network | data | meaning |\n"
			"| --- | --- | --- | --- | --- |\n",
			(*table)->file, (*table)->about);
		for (const struct field *f = (*table)->field; f->name; f++)
			fprintf(to, "| `%s` | %s | %s | %s | %s |\n", f->name, f->unit, f->network,
				f->part, f->doc);
		putc('\n', to);
	}
}
