/* Methods on the same tasks. */
#include "harness/report/series/contest.h"
#include "harness/report/records/comparable.h"
#include "solvers/core/index.h"

#include <math.h>
#include <string.h>

/* The panel of a new task. */
static size_t panel_of(struct contest *contest, const struct records *records,
		       const struct record *record, const char *key, const char *column)
{
	size_t p = 0;

	while (p < contest->panels && strcmp(contest->in[p].key, key) != 0)
		p++;
	if (p == contest->panels) {
		contest->in[p].key = key;
		contest->in[p].title =
			*key ? comparable_difference(record, records, NULL, column, records->arena)
			     : "";
		contest->panels++;
	}
	return p;
}

/* Which tasks have rivals, and how many labels each panel. */
static void count_labels(struct contest *contest, size_t labels, struct arena *arena)
{
	size_t *first = ARENA_ARRAY(arena, size_t, contest->tasks);
	bool *begun = ARENA_ARRAY(arena, bool, contest->tasks);

	contest->rivals = ARENA_ARRAY(arena, bool, contest->tasks);
	for (size_t i = 0; i < contest->count; i++) {
		const struct entrant *e = &contest->at[i];

		if (!begun[e->task])
			first[e->task] = e->entry;
		begun[e->task] = true;
		if (first[e->task] != e->entry)
			contest->rivals[e->task] = true;
	}
	for (size_t p = 0; p < contest->panels; p++) {
		bool *seen = ARENA_ARRAY(arena, bool, labels);

		for (size_t i = 0; i < contest->count; i++) {
			const struct entrant *e = &contest->at[i];

			if (contest->panel[e->task] != p || seen[e->entry])
				continue;
			seen[e->entry] = true;
			contest->in[p].labels++;
		}
	}
}

bool contest_compares(const struct contest *contest, const struct series_list *list, size_t panel)
{
	return contest->in[panel].labels > 1 || list->entry_count == 1;
}

const char *contest_caption(const struct contest *contest, const char *column, struct arena *arena)
{
	size_t alone = 0;

	if (!comparable_objective(column) && !comparable_cost(column))
		return "";
	for (size_t i = 0; i < contest->count; i++)
		alone += contest->in[contest->panel[contest->at[i].task]].labels == 1;
	if (contest->panels > 1 && alone)
		return arena_format(arena,
				    ", equal loss, beta and threat, a panel each; left out: %zu "
				    "cells that no other method shares these with",
				    alone);
	return contest->panels > 1 ? ", equal loss, beta and threat, a panel each"
				   : ", equal loss, beta and threat";
}

/* What the panels of a contest tell. */
struct told {
	const struct contest *contest;
	struct arena *arena;
};

/* series_told: each panel's title names the path, and the method has one value of it there. */
static bool panels_tell(const char *method, const char *path, const void *of)
{
	const struct told *told = of;
	const struct contest *contest = told->contest;
	const char **value = ARENA_ARRAY(told->arena, const char *, contest->panels);

	for (size_t i = 0; i < contest->count; i++) {
		const struct record *record = contest->at[i].record;
		size_t panel = contest->panel[contest->at[i].task];
		const char *here;

		if (strcmp(record->result.method, method) != 0)
			continue;
		here = records_swept(record, path);
		here = here ? here : "";
		if (!strstr(contest->in[panel].title, records_short(path)) ||
		    (value[panel] && strcmp(value[panel], here) != 0))
			return false;
		value[panel] = here;
	}
	return true;
}

/* Labels without what the title of a panel says, and so fewer of them. */
static void shorten(struct contest *contest, struct series_list *list,
		    const struct records *records)
{
	const struct told told = {contest, records->arena};
	size_t at = 0;

	series_shorten(list, records, panels_tell, &told);
	for (size_t i = 0; i < list->count; i++)
		for (size_t k = 0; k < list->at[i].group->count; k++)
			contest->at[at++].entry = list->at[i].entry;
}

struct contest contest_of(const struct records *records, struct series_list *list,
			  const char *column)
{
	struct arena *arena = records->arena;
	struct index index = index_new(records->count, arena);
	struct contest out = {0};
	size_t most = 0;

	for (size_t i = 0; i < list->count; i++)
		most += list->at[i].group->count;
	out.at = ARENA_ARRAY(arena, struct entrant, most);
	out.panel = ARENA_ARRAY(arena, size_t, most);
	out.in = ARENA_ARRAY(arena, struct contest_panel, most);
	for (size_t i = 0; i < list->count; i++) {
		const struct group *group = list->at[i].group;

		for (size_t k = 0; k < group->count; k++) {
			struct entrant *entrant = &out.at[out.count++];
			const struct record *r = group->member[k];
			const char *minimised = comparable_key(r, column, NULL, arena);
			const char *key = arena_format(arena, "%s\n%s\n%s", group->problem,
						       records_draw(&r->result, arena), minimised);

			*entrant = (struct entrant){.record = r,
						    .entry = list->at[i].entry,
						    .task = index_place(&index, key, out.tasks)};
			if (entrant->task == out.tasks)
				out.panel[out.tasks++] =
					panel_of(&out, records, r, minimised, column);
		}
	}
	if (out.panels > 1)
		shorten(&out, list, records);
	count_labels(&out, list->entry_count, arena);
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
