/* The table of attacks. */
#include "harness/report/records/attacks.h"
#include "harness/report/records/stat.h"
#include "harness/report/tables/summary.h"

#include <math.h>

const char summary_attack_note[] =
	"Points that are misclassified without an attack count as wrong. The true robust accuracy "
	"lies between the robust accuracy, an upper bound, and the certified one, a lower bound. "
	"The Wilson interval is "
	"the "
	"median of those of the cells: test parts of repetitions may overlap, so that their points "
	"are not pooled.";

/* The attack rows of a group: those of its first member that has any. */
static const struct record *attacked_member(const struct group *group)
{
	for (size_t i = 0; i < group->count; i++)
		if (records_ok(group->member[i]) && group->member[i]->attack_count)
			return group->member[i];
	return NULL;
}

static size_t attack_row_count(const struct records *records)
{
	size_t rows = 0;

	for (size_t g = 0; g < records->group_count; g++) {
		const struct record *member = attacked_member(&records->groups[g]);

		rows += member ? member->attack_count : 0;
	}
	return rows;
}

/* Wilson bounds of the cell itself, or medians of them over repetitions. */
static const char *wilson_text(const struct group *group, const struct attack_kind *kind,
			       struct arena *arena)
{
	struct spread low = stat_group(group, attacks_low, kind, arena);
	struct spread high = stat_group(group, attacks_high, kind, arena);

	if (low.count == 0 || high.count == 0)
		return NULL;
	return arena_format(arena, "%.1f\xe2\x80\x93%.1f", 100 * low.median, 100 * high.median);
}

static void fill_attack(const struct group *group, const struct attack_row *at, struct arena *arena,
			struct sheet *sheet, size_t row)
{
	struct attack_kind kind = {at->attack, at->norm, at->units, at->eps, NULL, false};
	struct attack_kind below = {NULL, at->norm, at->units, at->eps, NULL, true};
	struct spread robust = stat_group(group, attacks_robust, &kind, arena);
	size_t col = 0;

	sheet_set(sheet, row, col++, group->data);
	sheet_set(sheet, row, col++, group->method);
	sheet_set(sheet, row, col++, group->setting);
	sheet_set(sheet, row, col++, at->attack);
	sheet_set(sheet, row, col++, at->norm);
	sheet_set(sheet, row, col++, at->units);
	sheet_set(sheet, row, col++, arena_format(arena, "%.4g", at->eps));
	sheet_set(sheet, row, col++,
		  stat_text(stat_group(group, stat_column, "test_accuracy", arena), "%.1f", 100,
			    arena));
	sheet_set(sheet, row, col++, stat_text(robust, "%.1f", 100, arena));
	sheet_set(sheet, row, col++, wilson_text(group, &kind, arena));
	sheet_set(sheet, row, col++,
		  stat_text(stat_group(group, attacks_robust, &below, arena), "%.1f", 100, arena));
	sheet_set(sheet, row, col++, isnan(at->n) ? NULL : arena_format(arena, "%.0f", at->n));
	sheet_set(sheet, row, col, arena_format(arena, "%zu", robust.count));
}

struct sheet summary_attack_sheet(const struct records *records)
{
	static const struct {
		const char *text;
		bool numeric;
	} heads[] = {{"data", false},       {"method", false},     {"setting", false},
		     {"attack", false},     {"norm", false},       {"units", false},
		     {"eps", true},         {"clean %", true},     {"robust %", true},
		     {"Wilson 95 %", true}, {"certified %", true}, {"points", true},
		     {"cells", true}};
	size_t cols = sizeof heads / sizeof *heads, row = 0;
	struct sheet sheet = sheet_new(records->arena, attack_row_count(records), cols);

	for (size_t j = 0; j < cols; j++) {
		sheet.head[j] = heads[j].text;
		sheet.numeric[j] = heads[j].numeric;
	}
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		const struct record *member = attacked_member(group);

		for (size_t i = 0; member && i < member->attack_count; i++)
			fill_attack(group, &member->attack[i], records->arena, &sheet, row++);
	}
	sheet_drop_empty(&sheet, 2);
	return sheet;
}
