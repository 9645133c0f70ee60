/* Rows of transfer.csv by groups. */
#include "harness/report/series/pairs.h"

#include <math.h>
#include <string.h>

bool pairs_same(const struct transfer_row *a, const struct transfer_row *b, bool radius)
{
	return strcmp(a->attack, b->attack) == 0 && strcmp(a->norm, b->norm) == 0 &&
	       strcmp(a->units, b->units) == 0 && strcmp(a->part, b->part) == 0 &&
	       (!radius || !(fabs(a->eps - b->eps) > 0));
}

struct pairs_kinds pairs_kinds(const struct records *records)
{
	struct pairs_kinds out = {.first = ARENA_ARRAY(records->arena, const struct transfer_row *,
						       records->transfer_count)};

	for (size_t i = 0; i < records->transfer_count; i++) {
		const struct transfer_row *row = &records->transfer[i];
		size_t known = 0;

		while (known < out.count && !pairs_same(out.first[known], row, true))
			known++;
		if (known == out.count)
			out.first[out.count++] = row;
	}
	return out;
}

static bool has(const struct group *group, const char *id)
{
	for (size_t i = 0; i < group->count; i++)
		if (records_ok(group->member[i]) && strcmp(group->member[i]->id, id) == 0)
			return true;
	return false;
}

struct pairs_rows pairs_rows(const struct records *records, const struct transfer_row *kind,
			     const struct group *source, const struct group *target)
{
	struct pairs_rows out = {
		.at = ARENA_ARRAY(records->arena, const struct transfer_row *, source->count)};

	if (strcmp(source->problem, target->problem) != 0)
		return out;
	for (size_t i = 0; i < records->transfer_count && out.count < source->count; i++) {
		const struct transfer_row *row = &records->transfer[i];

		if (pairs_same(row, kind, true) && has(source, row->source_cell) &&
		    has(target, row->target_cell))
			out.at[out.count++] = row;
	}
	return out;
}

struct spread pairs_spread(const struct pairs_rows *rows, const char *column, struct arena *arena)
{
	const struct field *field = field_find(&rows_transfer, column);
	double *values = ARENA_ARRAY(arena, double, rows->count);

	for (size_t i = 0; i < rows->count; i++)
		values[i] = field_number(field, rows->at[i]);
	return sample_spread(values, rows->count);
}
