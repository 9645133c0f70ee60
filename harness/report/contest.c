/* Methods on the same tasks. */
#include "harness/report/contest.h"
#include "harness/report/index.h"

#include <math.h>

static const char *task_key(const struct group *group, const struct record *record,
			    bool by_objective, struct arena *arena)
{
	return arena_format(arena, "%s\n%g\n%s", group->problem, record->result.repetition,
			    by_objective ? record->objective : "");
}

struct contest contest_of(const struct records *records, const struct series_list *list,
			  bool by_objective)
{
	struct arena *arena = records->arena;
	struct index index = index_new(records->count, arena);
	struct contest out = {.at = ARENA_ARRAY(arena, struct entrant, records->count)};

	for (size_t i = 0; i < list->count; i++) {
		const struct group *group = list->at[i].group;

		for (size_t k = 0; k < group->count; k++) {
			struct entrant *entrant = &out.at[out.count++];

			entrant->record = group->member[k];
			entrant->entry = list->at[i].entry;
			entrant->task = index_place(
				&index, task_key(group, group->member[k], by_objective, arena),
				out.tasks);
			out.tasks += entrant->task == out.tasks;
		}
	}
	out.best = ARENA_ARRAY(arena, double, out.tasks);
	return out;
}

void contest_set_best(struct contest *contest, const double *value)
{
	for (size_t t = 0; t < contest->tasks; t++)
		contest->best[t] = HUGE_VAL;
	for (size_t i = 0; i < contest->count; i++) {
		double *best = &contest->best[contest->at[i].task];

		if (value[i] < *best)
			*best = value[i];
	}
}

const char *contest_label(const struct series_list *list, size_t entry)
{
	return list->entry[entry]->label;
}
