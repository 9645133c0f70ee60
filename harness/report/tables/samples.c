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

/* A row for each group that has a member whose program is a sampled one. */
struct sheet samples_sheet(const struct records *records)
{
	static const char *const heads[] = {"data",     "method",  "setting",
					    "n",        "sampled", "enough a priori",
					    "promised", "fresh",   "violated %"};
	struct arena *arena = records->arena;
	struct sheet sheet = sheet_headed(arena, records->group_count, "lllrrrrrr", heads);

	sheet.rows = 0;
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		const struct result *r = NULL;
		size_t row = sheet.rows;

		for (size_t i = 0; !group->composed && !r && i < group->count; i++) {
			const struct result *of = &group->member[i]->result;

			if (records_ok(group->member[i]) && !isnan(of->patterns) &&
			    of->bound_scope && strcmp(of->bound_scope, "sampled") == 0)
				r = of;
		}
		if (!r)
			continue;
		sheet_set(&sheet, row, 0, group->data);
		sheet_set(&sheet, row, 1, group->method);
		sheet_set(&sheet, row, 2, group->setting);
		sheet_set(&sheet, row, 3, sheet_number(r->n_train, "%.0f", arena));
		sheet_set(&sheet, row, 4, sheet_number(r->patterns, "%.0f", arena));
		sheet_set(&sheet, row, 5,
			  sheet_number(scenario_count(r->n_train, psi, xi).least, "%.0f", arena));
		sheet_set(
			&sheet, row, 6,
			sheet_number(scenario_level(r->n_train, r->patterns, psi), "%.3g", arena));
		sheet_set(&sheet, row, 7, sheet_number(r->fresh, "%.0f", arena));
		sheet_set(&sheet, row, 8,
			  stat_share_text(
				  stat_group(group, stat_column, "violation", arena).median,
				  stat_group(group, stat_column, "violation_lo", arena).median,
				  stat_group(group, stat_column, "violation_hi", arena).median,
				  arena));
		sheet.rows++;
	}
	sheet_drop_empty(&sheet, 2);
	return sheet;
}
