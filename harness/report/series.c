/* Which groups a plot draws as curves. */
#include "harness/report/series.h"
#include "harness/report/stat.h"

#include <math.h>
#include <string.h>

enum {
	READABLE = 10 /* more curves than this in one panel cannot be told apart */
};

const char *const series_settings_names[] = {"auto", "all", "best", NULL};
static size_t ok_count(const struct group *group)
{
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++)
		count += records_ok(group->member[i]);
	return count;
}

/* A swept option of the data makes another problem, not another setting of the method. */
static bool of_data(const struct cellfile_swept *swept)
{
	return strncmp(swept->path, "data.", strlen("data.")) == 0;
}

/* The same method on the same problem? */
static bool same_method(const struct group *a, const struct group *b)
{
	const struct record *r = a->member[0];

	if (strcmp(a->data, b->data) != 0 || strcmp(a->method, b->method) != 0)
		return false;
	for (size_t i = 0; i < r->swept_count; i++) {
		const char *other = records_swept(b->member[0], r->swept[i].path);

		if (of_data(&r->swept[i]) && (!other || strcmp(other, r->swept[i].value) != 0))
			return false;
	}
	return true;
}

/* The method and its swept values; without those of the method itself if only its best is drawn. */
static const char *label_of(const struct group *group, bool best, struct arena *arena)
{
	const struct record *r = group->member[0];
	const char *text = group->method;

	for (size_t i = 0; i < r->swept_count; i++) {
		const char *dot = strrchr(r->swept[i].path, '.');

		if (!best || of_data(&r->swept[i]))
			text = arena_format(arena, "%s, %s=%s", text,
					    dot ? dot + 1 : r->swept[i].path, r->swept[i].value);
	}
	return text;
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
		series->label = label_of(group, list->best, records->arena);
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

struct series_list series_of(const struct records *records, enum series_settings settings,
			     size_t curves)
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
	if (list->best)
		text = arena_format(
			arena,
			"%s; of each method the setting with the best validation accuracy, "
			"or without validation part the lowest network objective",
			text);
	return text;
}
