/* Which groups a plot draws as curves. */
#include "harness/report/series.h"
#include "harness/report/stat.h"

#include <math.h>
#include <string.h>

enum {
	READABLE = 10 /* more curves than this in one panel cannot be told apart */
};

const char *const series_settings_names[] = {"auto", "all", "best", NULL};
const char *const series_settings_doc = "swept settings drawn: all, the best of each method (by "
					"validation accuracy, else by network "
					"objective), or what stays readable";

static size_t ok_count(const struct group *group)
{
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++)
		count += records_ok(group->member[i]);
	return count;
}

static bool same_method(const struct group *a, const struct group *b)
{
	return strcmp(a->data, b->data) == 0 && strcmp(a->method, b->method) == 0;
}

/* Higher is better. A group without validation accuracy ranks by its objective. */
static bool better(const struct group *a, const struct group *b, struct arena *arena)
{
	double va = stat_group(a, stat_column, "validation_accuracy", arena).median;
	double vb = stat_group(b, stat_column, "validation_accuracy", arena).median;
	double oa = stat_group(a, stat_column, "objective_network", arena).median;
	double ob = stat_group(b, stat_column, "objective_network", arena).median;

	if (!isnan(va) && !isnan(vb) && va != vb)
		return va > vb;
	return oa < ob || (isnan(ob) && !isnan(oa));
}

static bool is_best(const struct records *records, const struct group *group)
{
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *other = &records->groups[g];

		if (other != group && same_method(group, other) && ok_count(other) &&
		    (better(other, group, records->arena) ||
		     (other < group && !better(group, other, records->arena))))
			return false;
	}
	return true;
}

/* Does the method have more than one setting on this data set? */
static bool is_swept(const struct records *records, const struct group *group)
{
	for (size_t g = 0; g < records->group_count; g++)
		if (&records->groups[g] != group && same_method(group, &records->groups[g]))
			return true;
	return false;
}

static void add_entry(struct series_list *list, struct series *series)
{
	size_t e = 0;

	while (e < list->entry_count && strcmp(list->entry[e]->label, series->label) != 0)
		e++;
	if (e == list->entry_count)
		list->entry[list->entry_count++] = series;
	series->entry = e;
}

static void collect(const struct records *records, struct series_list *list)
{
	list->count = list->entry_count = 0;
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		struct series *series = &list->at[list->count];
		size_t ok = ok_count(group);

		if (!ok || (list->best && !is_best(records, group)))
			continue;
		series->group = group;
		series->label = group->method;
		if (!list->best && is_swept(records, group))
			series->label = arena_format(records->arena, "%s, %s", group->method,
						     group->setting);
		list->repeats = ok > list->repeats ? ok : list->repeats;
		list->count++;
		add_entry(list, series);
	}
}

size_t series_count(const struct series_list *list, const char *data)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += strcmp(list->at[i].group->data, data) == 0;
	return count;
}

struct series_list series_of(const struct records *records, enum series_settings settings)
{
	struct series_list list = {.best = settings == SERIES_BEST};
	size_t most = 0;

	list.at = ARENA_ARRAY(records->arena, struct series, records->group_count);
	list.entry = ARENA_ARRAY(records->arena, const struct series *, records->group_count);
	collect(records, &list);
	for (size_t i = 0; i < records->data_count; i++) {
		size_t here = series_count(&list, records->data[i]);

		most = here > most ? here : most;
	}
	if (settings == SERIES_AUTO && most > READABLE) {
		list.best = true;
		collect(records, &list);
	}
	for (size_t i = 0; i < list.count; i++)
		list.at[i].colour = list.entry_count <= FIGURE_COLOURS
					    ? list.at[i].entry
					    : records_index(records->methods, records->method_count,
							    list.at[i].group->method);
	return list;
}

const struct figure_entry *series_entries(const struct series_list *list, size_t *count,
					  struct arena *arena)
{
	struct figure_entry *entries = ARENA_ARRAY(arena, struct figure_entry, list->entry_count);

	*count = 0;
	for (size_t e = 0; e < list->entry_count; e++)
		for (size_t i = 0; i < list->count; i++) {
			const struct series *s = &list->at[i];

			if (s->entry != e)
				continue;
			entries[(*count)++] =
				(struct figure_entry){s->label, {s->colour, s->entry}, FIGURE_LINE};
			break;
		}
	return entries;
}

const char *series_caption(const struct series_list *list, struct arena *arena)
{
	const char *text = "One run per curve";

	if (list->repeats > 1)
		text = arena_format(arena,
				    "Median and 10\xe2\x80\x93"
				    "90 %% band of %zu repetitions",
				    list->repeats);
	if (list->best)
		text = arena_format(
			arena,
			"%s; of each method the setting with the best validation accuracy, "
			"or without validation part the lowest network objective",
			text);
	return text;
}
