/* Matching and differences of two results folders. */
#include "harness/report/compare/compare.h"
#include "harness/report/records/column.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/mixed.h"
#include "harness/report/records/stat.h"
#include "solvers/core/index.h"

#include <math.h>
#include <string.h>

const struct compare_metric compare_metrics[] = {
	{"train_accuracy", false}, {"validation_accuracy", false},
	{"test_accuracy", false},  {"robust_accuracy", false},
	{"train_rmse", false},     {"test_rmse", false},
	{"train_r2", false},       {"test_r2", false},
	{"objective", false},      {"objective_network", false},
	{"lower_bound", false},    {"gap", false},
	{"feasibility", false},    {"iterations", false},
	{"neurons", false},        {"time", true},
	{"setup_s", true},         {"solve_s", true},
	{"peak_mem_bytes", true},  {NULL, false},
};

enum status compare_load(const char *a, const char *b, struct arena *arena, struct compare *out,
			 struct err *err)
{
	struct index index;

	*out = (struct compare){.arena = arena};
	TRY(records_load(a, arena, &out->a, err));
	TRY(records_load(b, arena, &out->b, err));
	out->kinds = attacks_of(&out->a, NULL);
	out->pair = ARENA_ARRAY(arena, struct compare_pair, out->a.count + out->b.count);
	index = index_new(out->a.count, arena);
	for (size_t i = 0; i < out->a.count; i++) {
		const struct record *record = &out->a.at[i];

		if (index_place(&index, records_key(record, arena), out->count) == out->count)
			out->pair[out->count++].a = record;
	}
	for (size_t i = 0; i < out->b.count; i++) {
		const struct record *record = &out->b.at[i];
		ptrdiff_t place = index_find(&index, records_key(record, arena));

		if (place == INDEX_NONE)
			out->pair[out->count++].b = record;
		else if (!out->pair[place].b)
			out->pair[place].b = record;
		out->matched += place != INDEX_NONE;
	}
	return STATUS_OK;
}

double compare_value(const struct compare *compare, const struct record *record, const char *metric)
{
	struct column column = {metric, &compare->kinds};

	return record && records_ok(record) ? column_value(record, &column) : NAN;
}

const char *compare_name(const struct compare *compare, const struct compare_pair *pair)
{
	const struct records *from = pair->a ? &compare->a : &compare->b;
	const struct record *record = pair->a ? pair->a : pair->b;
	const char *setting = from->groups[record->group].setting;

	return arena_format(compare->arena, "%s, %s%s%s, repetition %.0f", record->result.data,
			    record->result.method, *setting ? ", " : "", setting,
			    record->result.repetition);
}

const char *compare_mixed(const struct compare *compare)
{
	size_t count = compare->a.count + compare->b.count;
	const struct record **all = ARENA_ARRAY(compare->arena, const struct record *, count);

	for (size_t i = 0; i < count; i++)
		all[i] = i < compare->a.count ? &compare->a.at[i]
					      : &compare->b.at[i - compare->a.count];
	return mixed_text(all, count, compare->arena);
}

enum { METRIC, BOTH, DIFFER, MEDIAN_A, MEDIAN_B, MEDIAN, LOWEST, HIGHEST, SUMMARY_COLUMNS };

static const char *number(double value, const char *format, struct arena *arena)
{
	char text[CSV_NUMBER_BYTES];

	stat_format(text, sizeof text, format, value);
	return arena_text(arena, text);
}

bool compare_same_objective(const struct compare *compare, const struct compare_pair *pair,
			    const char *metric)
{
	return !pair->a || !pair->b ||
	       strcmp(comparable_key(pair->a, metric, NULL, compare->arena),
		      comparable_key(pair->b, metric, NULL, compare->arena)) == 0;
}

/* The values that both cells of a pair have. */
struct values {
	size_t count, differ;
	double *a, *b, *change;
};

static struct values values_of(const struct compare *compare, const char *metric)
{
	struct arena *arena = compare->arena;
	struct values out = {0, 0, ARENA_ARRAY(arena, double, compare->count),
			     ARENA_ARRAY(arena, double, compare->count),
			     ARENA_ARRAY(arena, double, compare->count)};

	for (size_t i = 0; i < compare->count; i++) {
		double a = compare_value(compare, compare->pair[i].a, metric);
		double b = compare_value(compare, compare->pair[i].b, metric);

		if (isnan(a) || isnan(b) ||
		    !compare_same_objective(compare, &compare->pair[i], metric))
			continue;
		out.a[out.count] = a;
		out.b[out.count] = b;
		out.change[out.count++] = b - a;
		out.differ += a < b || a > b;
	}
	return out;
}

struct sheet compare_summary(const struct compare *compare)
{
	static const char *const heads[SUMMARY_COLUMNS] = {"metric",     "cells",      "differ",
							   "median A",   "median B",   "median B-A",
							   "lowest B-A", "highest B-A"};
	size_t metrics = sizeof(compare_metrics) / sizeof *compare_metrics - 1, row = 0;
	struct arena *arena = compare->arena;
	struct sheet sheet = sheet_new(arena, metrics, SUMMARY_COLUMNS);

	for (size_t j = 0; j < SUMMARY_COLUMNS; j++) {
		sheet.head[j] = heads[j];
		sheet.numeric[j] = j > METRIC;
	}
	for (size_t m = 0; m < metrics; m++) {
		struct values values = values_of(compare, compare_metrics[m].name);
		struct spread change = sample_spread(values.change, values.count);

		if (values.count == 0)
			continue;
		sheet_set(&sheet, row, METRIC, compare_metrics[m].name);
		sheet_set(&sheet, row, BOTH, arena_format(arena, "%zu", values.count));
		sheet_set(&sheet, row, DIFFER, arena_format(arena, "%zu", values.differ));
		sheet_set(&sheet, row, MEDIAN_A,
			  number(sample_spread(values.a, values.count).median, "%.5g", arena));
		sheet_set(&sheet, row, MEDIAN_B,
			  number(sample_spread(values.b, values.count).median, "%.5g", arena));
		sheet_set(&sheet, row, MEDIAN, number(change.median, "%+.3g", arena));
		/* sample_spread has sorted them */
		sheet_set(&sheet, row, LOWEST, number(values.change[0], "%+.3g", arena));
		sheet_set(&sheet, row, HIGHEST,
			  number(values.change[values.count - 1], "%+.3g", arena));
		row++;
	}
	sheet.rows = row;
	return sheet;
}

enum { CELL, WHAT, IN_A, IN_B, CHANGE, CELL_COLUMNS };

static const char *status_of(const struct record *record)
{
	return !record ? "absent" : record->result.status ? record->result.status : "unknown";
}

static const char *objective_text(const struct record *record, struct arena *arena)
{
	const struct cellfile_objective *o = &record->objective;

	return arena_format(arena, "%s, %s, beta %s%s%s", o->loss ? o->loss : "unknown",
			    o->average ? o->average : "unknown", o->beta ? o->beta : "unknown",
			    o->threat && *o->threat ? ", " : "", o->threat ? o->threat : "");
}

/* Rows of one pair, from `row` on; only counted if the sheet has no rows yet. */
static size_t put_pair(const struct compare *compare, const struct compare_pair *pair,
		       struct sheet *sheet, size_t row)
{
	const char *name = sheet->rows ? compare_name(compare, pair) : NULL;
	struct arena *arena = compare->arena;
	size_t start = row;

	if (strcmp(status_of(pair->a), status_of(pair->b)) != 0) {
		if (sheet->rows) {
			sheet_set(sheet, row, CELL, name);
			sheet_set(sheet, row, WHAT, "status");
			sheet_set(sheet, row, IN_A, status_of(pair->a));
			sheet_set(sheet, row, IN_B, status_of(pair->b));
		}
		row++;
	}
	if (!compare_same_objective(compare, pair, "objective")) {
		if (sheet->rows) {
			sheet_set(sheet, row, CELL, name);
			sheet_set(sheet, row, WHAT, "objective (another one: not compared)");
			sheet_set(sheet, row, IN_A, objective_text(pair->a, arena));
			sheet_set(sheet, row, IN_B, objective_text(pair->b, arena));
		}
		row++;
	}
	for (const struct compare_metric *m = compare_metrics; m->name; m++) {
		double a = compare_value(compare, pair->a, m->name);
		double b = compare_value(compare, pair->b, m->name);

		if (m->noise || a == b || isnan(a + b) ||
		    !compare_same_objective(compare, pair, m->name))
			continue;
		if (sheet->rows) {
			sheet_set(sheet, row, CELL, name);
			sheet_set(sheet, row, WHAT, m->name);
			sheet_set(sheet, row, IN_A, number(a, "%.9g", arena));
			sheet_set(sheet, row, IN_B, number(b, "%.9g", arena));
			sheet_set(sheet, row, CHANGE, number(b - a, "%+.3g", arena));
		}
		row++;
	}
	return row - start;
}

struct sheet compare_cells(const struct compare *compare)
{
	static const char *const heads[CELL_COLUMNS] = {"cell", "metric", "A", "B", "B-A"};
	struct sheet sheet = {0};
	size_t rows = 0;

	for (size_t i = 0; i < compare->count; i++)
		rows += put_pair(compare, &compare->pair[i], &sheet, rows);
	sheet = sheet_new(compare->arena, rows, CELL_COLUMNS);
	sheet.keys = IN_A;
	for (size_t j = 0; j < CELL_COLUMNS; j++) {
		sheet.head[j] = heads[j];
		sheet.numeric[j] = j >= IN_A;
	}
	rows = 0;
	for (size_t i = 0; i < compare->count && sheet.rows; i++)
		rows += put_pair(compare, &compare->pair[i], &sheet, rows);
	return sheet;
}
