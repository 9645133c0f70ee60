/* The table of certificates. */
#include "harness/report/records/attacks.h"
#include "harness/report/records/stat.h"
#include "harness/report/tables/summary.h"

#include <math.h>
#include <string.h>

const char summary_certify_note[] =
	"Share of the points whose class no perturbation of the ball can change, proven. Undecided "
	"points are neither certified nor broken by a point that the certificate found. The Wilson "
	"interval is the median of those of the cells.";

/* The row of a record that belongs to the same certificate, ball and part. */
static const struct attack_row *find(const struct record *record, const struct attack_row *like)
{
	for (size_t i = 0; i < record->certificate_count; i++) {
		const struct attack_row *row = &record->certificate[i];

		if (strcmp(row->attack, like->attack) == 0 && strcmp(row->norm, like->norm) == 0 &&
		    strcmp(row->units, like->units) == 0 && strcmp(row->part, like->part) == 0 &&
		    !(row->eps < like->eps) && !(row->eps > like->eps))
			return row;
	}
	return NULL;
}

static double accuracy_of(const struct record *record, const void *what)
{
	const struct attack_row *row = find(record, what);

	return row ? row->accuracy : NAN;
}

static double certified_of(const struct record *record, const void *what)
{
	const struct attack_row *row = find(record, what);

	return row ? row->robust_accuracy : NAN;
}

static double low_of(const struct record *record, const void *what)
{
	const struct attack_row *row = find(record, what);

	return row ? row->lo : NAN;
}

static double high_of(const struct record *record, const void *what)
{
	const struct attack_row *row = find(record, what);

	return row ? row->hi : NAN;
}

static double undecided_of(const struct record *record, const void *what)
{
	const struct attack_row *row = find(record, what);

	return row ? row->undecided / row->n : NAN;
}

static double seconds_of(const struct record *record, const void *what)
{
	const struct attack_row *row = find(record, what);

	return row ? row->seconds : NAN;
}

static const struct {
	const char *format;
	double factor;
	stat_pick *pick, *to; /* to: the other end of an interval */
} measures[] = {{"%.1f", 100, accuracy_of, NULL},
		{"%.1f", 100, certified_of, NULL},
		{"%.1f", 100, undecided_of, NULL},
		{"%.3g", 1, seconds_of, NULL},
		{NULL, 0, low_of, high_of}};

static void fill(const struct group *group, const struct attack_row *at, struct arena *arena,
		 struct sheet *sheet, size_t row)
{
	const char *names[] = {group->data, group->method, group->setting, at->attack,
			       at->part,    at->norm,      at->units};
	size_t col = 0, cells = 0;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		sheet_set(sheet, row, col++, names[i]);
	sheet_set(sheet, row, col++, arena_format(arena, "%.4g", at->eps));
	sheet_set(sheet, row, col++, attacks_box(at, arena));
	for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
		struct spread stat = stat_group(group, measures[i].pick, at, arena);
		const char *text;

		if (measures[i].to)
			text = arena_format(
				arena, "%.1f\xe2\x80\x93%.1f", 100 * stat.median,
				100 * stat_group(group, measures[i].to, at, arena).median);
		else
			text = stat_text(stat, measures[i].format, measures[i].factor, arena);
		sheet_set(sheet, row, col++, text);
		cells = stat.count;
	}
	sheet_set(sheet, row, col++, arena_format(arena, "%.0f", at->n));
	sheet_set(sheet, row, col, arena_format(arena, "%zu", cells));
}

struct sheet summary_certify_sheet(const struct records *records)
{
	static const char *const heads[] = {"data",   "method",      "setting",     "certificate",
					    "part",   "norm",        "units",       "eps",
					    "clip",   "clean %",     "certified %", "undecided %",
					    "time s", "Wilson 95 %", "points",      "cells"};
	struct arena *arena = records->arena;
	/* of each group the first member that has any: it says which rows there are */
	const struct record **first =
		ARENA_ARRAY(arena, const struct record *, records->group_count);
	size_t rows = 0, row = 0;
	struct sheet sheet;

	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];

		for (size_t i = 0; !first[g] && i < group->count; i++)
			if (records_ok(group->member[i]) && group->member[i]->certificate_count)
				first[g] = group->member[i];
		rows += first[g] ? first[g]->certificate_count : 0;
	}
	sheet = sheet_headed(arena, rows, "lllllllrlrrrrrrr", heads);
	for (size_t g = 0; g < records->group_count; g++)
		for (size_t i = 0; first[g] && i < first[g]->certificate_count; i++)
			fill(&records->groups[g], &first[g]->certificate[i], arena, &sheet, row++);
	sheet_drop_empty(&sheet, 2);
	return sheet;
}
