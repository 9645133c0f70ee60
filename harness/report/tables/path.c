/* The table of paths. See path.h. */
#include "harness/report/tables/path.h"

#include "harness/report/records/stat.h"
#include "harness/store/rows.h"

#include <math.h>

const char path_note[] =
	"Penalties of a path, each solved from the one before: objective of the method's own "
	"program, certified gap, neurons and accuracies at each. Point i of all repetitions is one "
	"row, as their penalties may differ.";

/* The paths of the cells of a group that are ok. */
struct paths {
	size_t count, longest;
	struct field_rows *at;
};

static struct paths paths_of(const struct group *group, struct arena *arena)
{
	struct paths out = {.at = ARENA_ARRAY(arena, struct field_rows, group->count)};

	for (size_t i = 0; i < group->count; i++) {
		const struct record *r = group->member[i];
		struct field_rows *rows = &out.at[out.count];
		struct err ignored = {0}; /* it has none */

		if (!records_ok(r) || field_read(arena_format(arena, "%s/path.csv", r->folder),
						 &rows_path, arena, rows, &ignored) != STATUS_OK)
			continue;
		out.longest = rows->count > out.longest ? rows->count : out.longest;
		out.count++;
	}
	return out;
}

/* A column of one point, of all paths that have it. */
static struct spread spread_of(const struct paths *paths, size_t point, const char *column,
			       struct arena *arena)
{
	const struct field *field = field_find(&rows_path, column);
	double *value = ARENA_ARRAY(arena, double, paths->count);
	size_t count = 0;

	for (size_t i = 0; i < paths->count; i++) {
		const struct path_row *row = paths->at[i].at;

		if (point < paths->at[i].count)
			value[count++] = field_number(field, row + point);
	}
	return sample_spread(value, count);
}

static void put_point(const struct group *group, const struct paths *paths, size_t point,
		      struct arena *arena, struct sheet *sheet, size_t row)
{
	static const struct {
		const char *column, *format;
		double factor;
	} columns[] = {{"beta", "%.4g", 1},
		       {"objective", "%.5g", 1},
		       {"gap", "%.1e", 1},
		       {"neurons", "%.0f", 1},
		       {"train_accuracy", "%.1f", 100},
		       {"validation_accuracy", "%.1f", 100},
		       {"test_accuracy", "%.1f", 100}};
	size_t col = 4, cells = 0;

	sheet_set(sheet, row, 0, group->data);
	sheet_set(sheet, row, 1, group->method);
	sheet_set(sheet, row, 2, group->setting);
	sheet_set(sheet, row, 3, arena_format(arena, "%zu", point));
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		sheet_set(sheet, row, col++,
			  stat_text(spread_of(paths, point, columns[i].column, arena),
				    columns[i].format, columns[i].factor, arena));
	for (size_t i = 0; i < paths->count; i++)
		cells += point < paths->at[i].count;
	sheet_set(sheet, row, col, arena_format(arena, "%zu", cells));
}

struct sheet path_sheet(const struct records *records)
{
	static const char *const heads[] = {
		"data",        "method",           "setting",    "point",
		"beta",        "objective",        "gap",        "neurons",
		"train acc %", "validation acc %", "test acc %", "cells"};
	struct arena *arena = records->arena;
	struct paths *paths = ARENA_ARRAY(arena, struct paths, records->group_count);
	size_t rows = 0;
	struct sheet sheet;

	for (size_t g = 0; g < records->group_count; g++) {
		paths[g] = paths_of(&records->groups[g], arena);
		rows += paths[g].longest;
	}
	sheet = sheet_headed(arena, rows, "lllrrrrrrrrr", heads);
	rows = 0;
	for (size_t g = 0; g < records->group_count; g++)
		for (size_t point = 0; point < paths[g].longest; point++)
			put_point(&records->groups[g], &paths[g], point, arena, &sheet, rows++);
	sheet_drop_empty(&sheet, 2);
	return sheet;
}
