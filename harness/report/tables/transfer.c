/* The table of transferred attacks. */
#include "harness/report/tables/transfer.h"

#include "harness/report/records/stat.h"
#include "harness/report/series/pairs.h"

const char transfer_note[] =
	"Points that an attack found against the network of the source, given to that of the "
	"target, which was trained and is tested on the same samples. At the points: samples that "
	"the target has right without attack and at the point; own attack: the same attack aimed "
	"at "
	"the target. Where points of another network break more than its own attack does, that "
	"attack is weak, as where gradients are masked: ask for a stronger one. Transferred: of "
	"the "
	"points that break the source, of samples that both have right, the share that break the "
	"target too. Wilson intervals are medians of those of the cells. In double precision.";

/* "85.0-91.2" */
static const char *interval(const struct pairs_rows *rows, const char *low, const char *high,
			    struct arena *arena)
{
	struct spread from = pairs_spread(rows, low, arena), to = pairs_spread(rows, high, arena);

	return from.count && to.count ? arena_format(arena, "%.1f\xe2\x80\x93%.1f",
						     100 * from.median, 100 * to.median)
				      : NULL;
}

static void put_pair(const struct pairs_rows *rows, const struct group *source,
		     const struct group *target, struct arena *arena, struct sheet *sheet,
		     size_t row)
{
	const struct transfer_row *kind = rows->at[0];
	struct spread at = pairs_spread(rows, "robust_accuracy", arena);
	struct spread own = pairs_spread(rows, "own_robust_accuracy", arena);

	sheet_row(sheet, row,
		  (const char *[]){
			  target->problem, kind->attack, kind->part, kind->norm, kind->units,
			  sheet_number(kind->eps, "%.4g", arena), source->method, source->setting,
			  target->method, target->setting,
			  stat_text(pairs_spread(rows, "accuracy", arena), "%.1f", 100, arena),
			  stat_text(at, "%.1f", 100, arena),
			  interval(rows, "robust_accuracy_lo", "robust_accuracy_hi", arena),
			  stat_text(own, "%.1f", 100, arena),
			  own.count && at.median < own.median ? "weaker than these points" : NULL,
			  stat_text(pairs_spread(rows, "fooled", arena), "%.0f", 1, arena),
			  stat_text(pairs_spread(rows, "transferred", arena), "%.1f", 100, arena),
			  interval(rows, "transferred_lo", "transferred_hi", arena),
			  arena_format(arena, "%zu", rows->count)});
}

struct sheet transfer_sheet(const struct records *records)
{
	static const char *const heads[] = {
		"data",           "attack",         "part",
		"norm",           "units",          "eps",
		"source",         "source setting", "target",
		"target setting", "clean %",        "at the points %",
		"Wilson 95 %",    "own attack %",   "own attack",
		"fooled",         "transferred %",  "Wilson 95 % of these",
		"cells"};
	struct arena *arena = records->arena;
	struct pairs_kinds kinds = pairs_kinds(records);
	size_t groups = records->group_count, rows = 0;
	struct pairs_rows *found =
		ARENA_ARRAY(arena, struct pairs_rows, kinds.count * groups * groups);
	struct sheet sheet;

	for (size_t i = 0; i < kinds.count * groups * groups; i++) {
		const struct group *source = &records->groups[i / groups % groups];
		const struct group *target = &records->groups[i % groups];

		if (source != target && !source->left_out && !target->left_out)
			found[i] = pairs_rows(records, kinds.first[i / groups / groups], source,
					      target);
		rows += found[i].count > 0;
	}
	sheet = sheet_headed(arena, rows, "lllllrllllrrrrlrrrr", heads);
	rows = 0;
	for (size_t i = 0; i < kinds.count * groups * groups; i++)
		if (found[i].count > 0)
			put_pair(&found[i], &records->groups[i / groups % groups],
				 &records->groups[i % groups], arena, &sheet, rows++);
	sheet_drop_empty(&sheet, 2);
	return sheet;
}
