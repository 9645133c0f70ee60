/* The table of attacks. */
#include "harness/report/records/attacks.h"
#include "harness/report/records/stat.h"
#include "harness/report/tables/summary.h"

#include <string.h>

const char summary_attack_note[] =
	"Points that are misclassified without an attack count as wrong. The true robust accuracy "
	"lies between the robust accuracy, an upper bound, and the certified one, a lower bound. "
	"The Wilson interval is "
	"the "
	"median of those of the cells: test parts of repetitions may overlap, so that their points "
	"are not pooled. Distance: of an attack that looks for the nearest point across the "
	"boundary, "
	"how far the one found is, the median over points; it bounds the distance to the boundary "
	"from above, is 0 where a point is misclassified, and inf where none is found within eps.";

static void fill_attack(const struct group *group, const struct attack_row *at, struct arena *arena,
			struct sheet *sheet, size_t row)
{
	struct attack_kind kind = {at->attack, at->norm, at->units, at->eps, NULL, false, at->part};
	struct attack_kind below = {NULL, at->norm, at->units, at->eps, NULL, true, at->part};
	struct spread clean = stat_group(group, attacks_clean, &kind, arena);
	struct spread robust = stat_group(group, attacks_robust, &kind, arena);
	struct spread certified = stat_group(group, attacks_robust, &below, arena);
	struct spread low = stat_group(group, attacks_low, &kind, arena);
	struct spread high = stat_group(group, attacks_high, &kind, arena);
	struct spread distance = stat_group(group, attacks_distance, &kind, arena);
	struct spread near = stat_group(group, attacks_near, &kind, arena);
	struct spread far = stat_group(group, attacks_far, &kind, arena);
	const char *wilson = NULL, *range = NULL;

	if (low.count && high.count)
		wilson = arena_format(arena, "%.1f\xe2\x80\x93%.1f", 100 * low.median,
				      100 * high.median);
	if (near.count && far.count && near.median < far.median)
		range = arena_format(arena, "%.4g\xe2\x80\x93%.4g", near.median, far.median);
	sheet_row(sheet, row,
		  (const char *[]){group->data, group->method, group->setting, at->attack, at->part,
				   at->norm, at->units, sheet_number(at->eps, "%.4g", arena),
				   attacks_box(at, arena), stat_text(clean, "%.1f", 100, arena),
				   stat_text(robust, "%.1f", 100, arena), wilson,
				   stat_text(certified, "%.1f", 100, arena),
				   stat_text(distance, "%.4g", 1, arena), range,
				   sheet_number(at->n, "%.0f", arena),
				   arena_format(arena, "%zu", robust.count)});
}

struct sheet summary_attack_sheet(const struct records *records)
{
	static const char *const heads[] = {
		"data",     "method",      "setting",     "attack",   "part",
		"norm",     "units",       "eps",         "clip",     "clean %",
		"robust %", "Wilson 95 %", "certified %", "distance", "10-90 % of points",
		"points",   "cells"};
	enum { PART = 4 };
	struct arena *arena = records->arena;
	/* of each group the first member that has any: it says which rows there are */
	const struct record **first =
		ARENA_ARRAY(arena, const struct record *, records->group_count);
	size_t rows = 0, row = 0;
	bool tested = true;
	struct sheet sheet;

	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];

		for (size_t i = 0; !first[g] && i < group->count; i++)
			if (records_ok(group->member[i]) && group->member[i]->attack_count)
				first[g] = group->member[i];
		rows += first[g] ? first[g]->attack_count : 0;
		for (size_t i = 0; first[g] && i < first[g]->attack_count; i++)
			tested = tested && strcmp(first[g]->attack[i].part, "test") == 0;
	}
	sheet = sheet_headed(arena, rows, "lllllllrlrrrrrrrr", heads);
	if (tested)
		sheet.head[PART] = NULL;
	for (size_t g = 0; g < records->group_count; g++)
		for (size_t i = 0; first[g] && i < first[g]->attack_count; i++)
			fill_attack(&records->groups[g], &first[g]->attack[i], arena, &sheet,
				    row++);
	sheet_drop_empty(&sheet, 2);
	return sheet;
}
