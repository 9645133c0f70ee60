/* Panels and curves that several plots have. */
#include "harness/report/series/panels.h"

#include <math.h>
#include <string.h>

_Static_assert((int)SERIES_COLOURS == (int)FIGURE_COLOURS, "methods keep their colours");

struct figure_panel *panels_data(struct figure *figure, const struct records *records,
				 const char *data)
{
	return figure_panel(figure, data, data, series_title(records, data));
}

void panels_names(struct figure_panel *panel, const struct series_list *list)
{
	const char **names = ARENA_ARRAY(panel->first->arena, const char *, list->count);
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->at[i].group->data, panel->name) == 0)
			names[count++] = list->at[i].label;
	panel->x.names = names;
	panel->x.name_count = count;
	panel->x.room = 0.6;
}

void panels_cells(struct figure_curve *curve, const struct group *group, double x, double y)
{
	for (size_t i = 0; i < group->count; i++)
		if (records_ok(group->member[i]))
			figure_cell(curve, (struct figure_cell){group->member[i]->id, x, y});
}

struct spread panels_robust(const struct group *group, const struct attack_kind *kind,
			    struct arena *arena)
{
	struct spread robust = stat_group(group, attacks_robust, kind, arena);

	if (robust.count == 1) {
		robust.low = stat_group(group, attacks_low, kind, arena).median;
		robust.high = stat_group(group, attacks_high, kind, arena).median;
	}
	return robust;
}

void panels_points(struct figure_curve *curve, double x, const struct group *group, stat_pick *pick,
		   const void *what)
{
	double *values = ARENA_ARRAY(curve->arena, double, group->count);
	size_t count = stat_values(group, pick, what, values);

	for (size_t i = 0; i < count; i++)
		figure_point(curve, x, values[i]);
}

void panels_shares(struct figure *figure, struct figure_panel *panel, const struct contest *contest,
		   const struct series_list *list, size_t k, const double *value)
{
	double *reached = ARENA_ARRAY(figure->arena, double, contest->count);

	for (size_t e = 0; e < list->entry_count; e++) {
		const char *label = contest_label(list, e);
		const struct figure_curve like = {.title = label,
						  .columns = "x share",
						  .label = label,
						  .entry = e,
						  .layer = FIGURE_STEPS,
						  .style = {list->entry[e]->colour, e}};
		size_t total = 0, count = 0;

		for (size_t i = 0; i < contest->count; i++) {
			const struct entrant *at = &contest->at[i];

			if (at->entry != e || contest->panel[at->task] != k || isnan(value[i]))
				continue;
			total++;
			if (isfinite(value[i]))
				reached[count++] = value[i];
		}
		if (total)
			figure_steps(panel, figure_curve(figure, panel, &like), reached, count,
				     total);
	}
}
