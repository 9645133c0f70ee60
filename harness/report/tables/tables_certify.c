/* The table of certificates. */
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

/* The certificates of a group: those of its first member that has any. */
static const struct record *certified_member(const struct group *group)
{
	for (size_t i = 0; i < group->count; i++)
		if (records_ok(group->member[i]) && group->member[i]->certificate_count)
			return group->member[i];
	return NULL;
}

static const struct {
	const char *head, *format;
	double factor;
	stat_pick *pick;
} measures[] = {{"clean %", "%.1f", 100, accuracy_of},
		{"certified %", "%.1f", 100, certified_of},
		{"undecided %", "%.1f", 100, undecided_of},
		{"time s", "%.3g", 1, seconds_of}};

static const char *const heads[] = {"data", "method", "setting", "certificate",
				    "part", "norm",   "units",   "eps"};

enum { MEASURES = sizeof measures / sizeof *measures, HEADS = sizeof heads / sizeof *heads };

static void fill(const struct group *group, const struct attack_row *at, struct arena *arena,
		 struct sheet *sheet, size_t row)
{
	const char *names[] = {group->data, group->method, group->setting, at->attack,
			       at->part,    at->norm,      at->units};
	struct spread low = stat_group(group, low_of, at, arena);
	struct spread high = stat_group(group, high_of, at, arena);
	size_t col = 0;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		sheet_set(sheet, row, col++, names[i]);
	sheet_set(sheet, row, col++, arena_format(arena, "%.4g", at->eps));
	for (size_t i = 0; i < MEASURES; i++)
		sheet_set(sheet, row, col++,
			  stat_text(stat_group(group, measures[i].pick, at, arena),
				    measures[i].format, measures[i].factor, arena));
	sheet_set(sheet, row, col++,
		  arena_format(arena, "%.1f\xe2\x80\x93%.1f", 100 * low.median, 100 * high.median));
	sheet_set(sheet, row, col++, arena_format(arena, "%.0f", at->n));
	sheet_set(sheet, row, col, arena_format(arena, "%zu", low.count));
}

static void write_heads(struct sheet *sheet)
{
	static const char *const last[] = {"Wilson 95 %", "points", "cells"};
	size_t col = 0;

	for (size_t i = 0; i < HEADS; i++, col++) {
		sheet->head[col] = heads[i];
		sheet->numeric[col] = i + 1 == HEADS;
	}
	for (size_t i = 0; i < MEASURES; i++, col++) {
		sheet->head[col] = measures[i].head;
		sheet->numeric[col] = true;
	}
	for (size_t i = 0; i < sizeof last / sizeof *last; i++, col++) {
		sheet->head[col] = last[i];
		sheet->numeric[col] = true;
	}
}

struct sheet summary_certify_sheet(const struct records *records)
{
	size_t rows = 0, row = 0;
	struct sheet sheet;

	for (size_t g = 0; g < records->group_count; g++) {
		const struct record *member = certified_member(&records->groups[g]);

		rows += member ? member->certificate_count : 0;
	}
	sheet = sheet_new(records->arena, rows, HEADS + MEASURES + 3);
	write_heads(&sheet);
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		const struct record *member = certified_member(group);

		for (size_t i = 0; member && i < member->certificate_count; i++)
			fill(group, &member->certificate[i], records->arena, &sheet, row++);
	}
	sheet_drop_empty(&sheet, 2);
	return sheet;
}
