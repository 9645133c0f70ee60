/* The table of samples. */
#include "harness/report/tables/samples.h"

#include "harness/report/records/stat.h"
#include "harness/stats/scenario.h"

#include <math.h>
#include <string.h>

static const double psi = 0.1, xi = 0.1; /* of the note */

const char samples_note[] =
	"Sampled: patterns or neurons in the convex program. Enough a priori: with so many, one "
	"more lowers the optimum with probability at most 0.1, with confidence 0.9, by the "
	"published "
	"bound and by the binomial condition that it is a bound of. Promised: that probability for "
	"the number used, with the same confidence, by either; empty where it says nothing. "
	"Violated: share of fresh draws whose dual constraint the dual point breaks, "
	"so that one of them would lower the optimum, with its Clopper-Pearson 95 % interval "
	"(medians over repetitions); it is asked for by the option `fresh`, and empty unless the "
	"gap "
	"is below 1e-3.";

/* A row for each group that has a member whose program is a sampled one. */
struct sheet samples_sheet(const struct records *records)
{
	static const char *const heads[] = {"data",
					    "method",
					    "setting",
					    "n",
					    "sampled",
					    "enough a priori",
					    "promised",
					    "enough (binomial)",
					    "promised (binomial)",
					    "fresh",
					    "violated %"};
	struct arena *arena = records->arena;
	struct sheet sheet = sheet_headed(arena, records->group_count, "lllrrrrrrrr", heads);

	sheet.rows = 0;
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		const struct result *r = NULL;
		double promised, sharper, violated, low, high;
		struct scenario enough;

		for (size_t i = 0; !group->composed && !r && i < group->count; i++) {
			const struct result *of = &group->member[i]->result;

			if (records_ok(group->member[i]) && !isnan(of->patterns) &&
			    of->bound_scope && strcmp(of->bound_scope, "sampled") == 0)
				r = of;
		}
		if (!r)
			continue;
		low = stat_group(group, stat_column, "violation_lo", arena).median;
		high = stat_group(group, stat_column, "violation_hi", arena).median;
		violated = stat_group(group, stat_column, "violation", arena).median;
		enough = scenario_count(r->n_train, psi, xi);
		promised = scenario_level(r->n_train, r->patterns, psi);
		sharper = scenario_binomial_level(r->n_train, r->patterns, psi);
		sheet_row(&sheet, sheet.rows++,
			  (const char *[]){group->data, group->method, group->setting,
					   sheet_number(r->n_train, "%.0f", arena),
					   sheet_number(r->patterns, "%.0f", arena),
					   sheet_number(enough.least, "%.0f", arena),
					   sheet_number(promised, "%.3g", arena),
					   sheet_number(enough.binomial, "%.0f", arena),
					   sheet_number(sharper, "%.3g", arena),
					   sheet_number(r->fresh, "%.0f", arena),
					   stat_share_text(violated, low, high, arena)});
	}
	sheet_drop_empty(&sheet, 2);
	return sheet;
}
