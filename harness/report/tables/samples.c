/* The table of samples. */
#include "harness/report/tables/samples.h"

#include "harness/report/records/stat.h"
#include "harness/store/scenario.h"

#include <math.h>
#include <string.h>

static const double psi = 0.1, xi = 0.1; /* of the note */

const char samples_note[] =
	"Sampled: patterns or neurons in the convex program. Enough a priori: with so many, one "
	"more lowers the optimum with probability at most 0.1, with confidence 0.9. Promised: that "
	"probability for the number used, with the same confidence; empty where the bound says "
	"nothing. Violated: share of fresh draws whose dual constraint the dual point breaks, "
	"so that one of them would lower the optimum, with its Clopper-Pearson 95 % interval "
	"(medians over repetitions); it is asked for by the option `fresh`, and empty unless the "
	"gap "
	"is below 1e-3.";

/* A member whose program is a sampled one, or NULL. */
static const struct record *sampled_member(const struct group *group)
{
	for (size_t i = 0; !group->composed && i < group->count; i++) {
		const struct result *r = &group->member[i]->result;

		if (records_ok(group->member[i]) && !isnan(r->patterns) && r->bound_scope &&
		    strcmp(r->bound_scope, "sampled") == 0)
			return group->member[i];
	}
	return NULL;
}

static const char *number_text(double value, const char *format, struct arena *arena)
{
	char text[32];

	if (isnan(value))
		return NULL;
	stat_format(text, sizeof text, format, value);
	return arena_text(arena, text);
}

static const char *violated_text(const struct group *group, struct arena *arena)
{
	return stat_share_text(stat_group(group, stat_column, "violation", arena).median,
			       stat_group(group, stat_column, "violation_lo", arena).median,
			       stat_group(group, stat_column, "violation_hi", arena).median, arena);
}

static void fill(const struct group *group, const struct result *r, struct arena *arena,
		 struct sheet *sheet, size_t row)
{
	size_t col = 0;

	sheet_set(sheet, row, col++, group->data);
	sheet_set(sheet, row, col++, group->method);
	sheet_set(sheet, row, col++, group->setting);
	sheet_set(sheet, row, col++, number_text(r->n_train, "%.0f", arena));
	sheet_set(sheet, row, col++, number_text(r->patterns, "%.0f", arena));
	sheet_set(sheet, row, col++,
		  number_text(scenario_count(r->n_train, psi, xi).least, "%.0f", arena));
	sheet_set(sheet, row, col++,
		  number_text(scenario_level(r->n_train, r->patterns, psi), "%.3g", arena));
	sheet_set(sheet, row, col++, number_text(r->fresh, "%.0f", arena));
	sheet_set(sheet, row, col, violated_text(group, arena));
}

struct sheet samples_sheet(const struct records *records)
{
	static const char *const heads[] = {"data",     "method",  "setting",
					    "n",        "sampled", "enough a priori",
					    "promised", "fresh",   "violated %"};
	size_t cols = sizeof heads / sizeof *heads, rows = 0;
	struct sheet sheet;

	for (size_t g = 0; g < records->group_count; g++)
		rows += sampled_member(&records->groups[g]) != NULL;
	sheet = sheet_new(records->arena, rows, cols);
	for (size_t j = 0; j < cols; j++) {
		sheet.head[j] = heads[j];
		sheet.numeric[j] = j > 2;
	}
	rows = 0;
	for (size_t g = 0; g < records->group_count; g++) {
		const struct record *member = sampled_member(&records->groups[g]);

		if (member)
			fill(&records->groups[g], &member->result, records->arena, &sheet, rows++);
	}
	sheet_drop_empty(&sheet, 2);
	return sheet;
}
