/* Which groups a plot draws as curves. */
#include "harness/report/series.h"
#include "harness/report/index.h"
#include "harness/report/select.h"
#include "harness/report/stat.h"

#include <math.h>
#include <string.h>

enum {
	READABLE = 10 /* more curves than this in one panel cannot be told apart */
};

const char *const series_settings_names[] = {"auto", "all", "best", NULL};

/* The method and its swept values; without those of the method itself if only its best is drawn. */
static const char *label_of(const struct group *group, bool short_form, struct arena *arena)
{
	const struct record *r = group->member[0];
	const char *text = group->method;

	for (size_t i = 0; i < r->swept_count; i++) {
		if (!short_form || records_of_data(&r->swept[i]))
			text = arena_format(arena, "%s, %s=%s", text,
					    records_short(r->swept[i].path), r->swept[i].value);
	}
	return text;
}

/* How a group stands among the settings of its method. */
struct rank {
	double validation, objective;
};

/* A group without validation accuracy ranks by its objective. */
static bool better(const struct rank *a, const struct rank *b)
{
	if (!isnan(a->validation) && !isnan(b->validation) && a->validation != b->validation)
		return a->validation > b->validation;
	return a->objective < b->objective || (isnan(b->objective) && !isnan(a->objective));
}

/* For each group: is it the best of its method on its problem? The first of equals is. A method
 * that selects has its choice made already. */
static const bool *best_groups(const struct records *records)
{
	struct arena *arena = records->arena;
	struct index index = index_new(records->group_count, arena);
	struct rank *rank = ARENA_ARRAY(arena, struct rank, records->group_count);
	size_t *winner = ARENA_ARRAY(arena, size_t, records->group_count), count = 0;
	bool *best = ARENA_ARRAY(arena, bool, records->group_count);

	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		size_t at;

		if (!records_ok_count(group) || group->left_out)
			continue;
		rank[g].validation =
			stat_group(group, stat_column, "validation_accuracy", arena).median;
		rank[g].objective =
			stat_group(group, stat_column, "objective_network", arena).median;
		at = index_place(&index, select_key(group, arena), count);
		if (at == count)
			winner[count++] = g;
		else if (better(&rank[g], &rank[winner[at]]))
			winner[at] = g;
	}
	for (size_t i = 0; i < count; i++)
		best[winner[i]] = true;
	return best;
}

/* Give the series the place of its label among the distinct ones. */
static void add_entry(struct series_list *list, struct index *labels, struct series *series)
{
	series->entry = index_place(labels, series->label, list->entry_count);
	if (series->entry == list->entry_count)
		list->entry[list->entry_count++] = series;
}

/* Does the list hold one setting of the group's method? */
static bool one_setting(const struct series_list *list, const struct group *group)
{
	return list->best || (!list->all && group->member[0]->select_by);
}

static void collect(const struct records *records, struct series_list *list)
{
	const bool *best = list->best ? best_groups(records) : NULL;
	struct index labels = index_new(records->group_count, records->arena);

	list->count = list->entry_count = 0;
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		struct series *series = &list->at[list->count];
		size_t ok = records_ok_count(group);

		list->selected = list->selected || (group->left_out && !list->all);
		if (!ok || (best && !best[g]) || (group->left_out && !list->all) ||
		    !records_wanted(&list->methods, group->method))
			continue;
		series->group = group;
		series->label = label_of(group, one_setting(list, group), records->arena);
		list->repeats = ok > list->repeats ? ok : list->repeats;
		list->count++;
		add_entry(list, &labels, series);
	}
}

size_t series_count(const struct series_list *list, const char *data)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += strcmp(list->at[i].group->data, data) == 0;
	return count;
}

static struct series_list make_list(const struct records *records, enum series_settings settings,
				    size_t curves, struct texts methods)
{
	struct series_list list = {
		.best = settings == SERIES_BEST, .all = settings == SERIES_ALL, .methods = methods};
	size_t most = 0;

	list.at = ARENA_ARRAY(records->arena, struct series, records->group_count);
	list.entry = ARENA_ARRAY(records->arena, const struct series *, records->group_count);
	collect(records, &list);
	for (size_t i = 0; i < records->data_count; i++) {
		size_t here = series_count(&list, records->data[i]);

		most = here > most ? here : most;
	}
	if (settings == SERIES_AUTO && most * curves > READABLE) {
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

struct series_list series_of(const struct records *records, enum series_settings settings,
			     size_t curves)
{
	return make_list(records, settings, curves, (struct texts){0, NULL});
}

struct series_list series_of_methods(const struct records *records, enum series_settings settings,
				     struct texts methods)
{
	return make_list(records, settings, 1, methods);
}

const char *series_title(const struct records *records, const char *data)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct result *r = &records->at[i].result;

		if (strcmp(r->data, data) != 0 || isnan(r->n_train))
			continue;
		if (r->n_test > 0)
			return arena_format(records->arena, "%s (n = %.0f training, %.0f test)",
					    data, r->n_train, r->n_test);
		return arena_format(records->arena, "%s (n = %.0f training)", data, r->n_train);
	}
	return data;
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
	if (list->selected)
		text = arena_format(arena, "%s; of tuned methods the selected setting", text);
	if (list->best)
		text = arena_format(arena,
				    "%s; of each %s the setting with the best validation accuracy, "
				    "or without validation part the lowest network objective",
				    text, list->selected ? "other" : "method");
	return text;
}

/* The label of a group whatever its problem. */
static const char *pooled_label(const struct series_list *list, const struct group *group,
				struct arena *arena)
{
	const struct record *r = group->member[0];
	const char *text = group->method;

	for (size_t k = 0; !one_setting(list, group) && k < r->swept_count; k++)
		if (!records_of_data(&r->swept[k]))
			text = arena_format(arena, "%s, %s=%s", text,
					    records_short(r->swept[k].path), r->swept[k].value);
	return text;
}

/* Groups without any cell that is ok have no curve, but they are runs that were made: where a
 * method has one setting, its first one stands for a problem that it failed on altogether. */
static void add_failed(struct series_list *list, const struct records *records)
{
	struct index known = index_new(records->group_count, records->arena);

	for (size_t i = 0; i < list->count; i++)
		index_place(&known, select_key(list->at[i].group, records->arena), 0);
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		const char *key = select_key(group, records->arena);

		if (records_ok_count(group) || (group->left_out && !list->all))
			continue;
		if (one_setting(list, group) && index_find(&known, key) != INDEX_NONE)
			continue;
		index_place(&known, key, 0);
		list->at[list->count++].group = group;
	}
}

void series_pool(struct series_list *list, const struct records *records)
{
	struct index labels = index_new(records->group_count, records->arena);

	add_failed(list, records);
	list->entry_count = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct series *series = &list->at[i];

		series->label = pooled_label(list, series->group, records->arena);
		add_entry(list, &labels, series);
		series->colour = series->entry;
	}
}
