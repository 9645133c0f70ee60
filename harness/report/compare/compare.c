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

	return arena_format(compare->arena, "%s, %s%s%s, repetition %s", record->result.data,
			    record->result.method, *setting ? ", " : "", setting,
			    records_draw(&record->result, compare->arena));
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

bool compare_same_objective(const struct compare *compare, const struct compare_pair *pair,
			    const char *metric)
{
	return !pair->a || !pair->b ||
	       strcmp(comparable_key(pair->a, metric, NULL, compare->arena),
		      comparable_key(pair->b, metric, NULL, compare->arena)) == 0;
}

struct sheet compare_summary(const struct compare *compare)
{
	static const char *const heads[] = {"metric",   "cells",      "differ",     "median A",
					    "median B", "median B-A", "lowest B-A", "highest B-A"};
	struct arena *arena = compare->arena;
	const size_t metrics = sizeof compare_metrics / sizeof *compare_metrics - 1;
	struct sheet sheet = sheet_headed(arena, metrics, "lrrrrrrr", heads);

	sheet.rows = 0;
	for (const struct compare_metric *m = compare_metrics; m->name; m++) {
		double *a = ARENA_ARRAY(arena, double, compare->count);
		double *b = ARENA_ARRAY(arena, double, compare->count);
		double *change = ARENA_ARRAY(arena, double, compare->count);
		size_t count = 0, differ = 0, row = sheet.rows;

		/* the values that both cells of a pair have */
		for (size_t i = 0; i < compare->count; i++) {
			const struct compare_pair *pair = &compare->pair[i];

			a[count] = compare_value(compare, pair->a, m->name);
			b[count] = compare_value(compare, pair->b, m->name);
			if (isnan(a[count]) || isnan(b[count]) ||
			    !compare_same_objective(compare, pair, m->name))
				continue;
			change[count] = b[count] - a[count];
			differ += a[count] < b[count] || a[count] > b[count];
			count++;
		}
		if (count == 0)
			continue;
		sheet_set(&sheet, row, 0, m->name);
		sheet_set(&sheet, row, 1, arena_format(arena, "%zu", count));
		sheet_set(&sheet, row, 2, arena_format(arena, "%zu", differ));
		sheet_set(&sheet, row, 3,
			  sheet_number(sample_spread(a, count).median, "%.5g", arena));
		sheet_set(&sheet, row, 4,
			  sheet_number(sample_spread(b, count).median, "%.5g", arena));
		sheet_set(&sheet, row, 5,
			  sheet_number(sample_spread(change, count).median, "%+.3g", arena));
		/* sample_spread has sorted them */
		sheet_set(&sheet, row, 6, sheet_number(change[0], "%+.3g", arena));
		sheet_set(&sheet, row, 7, sheet_number(change[count - 1], "%+.3g", arena));
		sheet.rows++;
	}
	return sheet;
}

/* Rows of one pair, from `row` on; returns the next. */
static size_t put_pair(const struct compare *compare, const struct compare_pair *pair,
		       struct sheet *sheet, size_t row)
{
	struct arena *arena = compare->arena;
	const char *name = compare_name(compare, pair), *status[2], *objective[2] = {NULL, NULL};
	bool same = compare_same_objective(compare, pair, "objective");

	for (size_t k = 0; k < 2; k++) {
		const struct record *r = k ? pair->b : pair->a;
		const struct cellfile_objective *o = r ? &r->objective : NULL;

		status[k] = !r ? "absent" : r->result.status ? r->result.status : "unknown";
		if (o && !same)
			objective[k] = arena_format(
				arena, "%s, %s, beta %s%s%s", o->loss ? o->loss : "unknown",
				o->average ? o->average : "unknown", o->beta ? o->beta : "unknown",
				o->threat && *o->threat ? ", " : "", o->threat ? o->threat : "");
	}
	if (strcmp(status[0], status[1]) != 0)
		sheet_row(sheet, row++,
			  (const char *[]){name, "status", status[0], status[1], NULL});
	if (!same)
		sheet_row(sheet, row++,
			  (const char *[]){name, "objective (another one: not compared)",
					   objective[0], objective[1], NULL});
	for (const struct compare_metric *m = compare_metrics; m->name; m++) {
		double a = compare_value(compare, pair->a, m->name);
		double b = compare_value(compare, pair->b, m->name);

		if (m->noise || a == b || isnan(a + b) ||
		    !compare_same_objective(compare, pair, m->name))
			continue;
		sheet_row(sheet, row++,
			  (const char *[]){name, m->name, sheet_number(a, "%.9g", arena),
					   sheet_number(b, "%.9g", arena),
					   sheet_number(b - a, "%+.3g", arena)});
	}
	return row;
}

struct sheet compare_cells(const struct compare *compare)
{
	static const char *const heads[] = {"cell", "metric", "A", "B", "B-A"};
	struct sheet sheet = {0};

	for (int pass = 0; pass < 2; pass++) { /* the first one counts the rows */
		size_t rows = 0;

		for (size_t i = 0; i < compare->count; i++)
			rows = put_pair(compare, &compare->pair[i], &sheet, rows);
		if (pass == 0)
			sheet = sheet_headed(compare->arena, rows, "llrrr", heads);
	}
	sheet.keys = 2;
	return sheet;
}
