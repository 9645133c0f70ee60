/* Which groups a plot draws as curves. */
#include "harness/report/series/series.h"
#include "harness/report/records/column.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/select.h"
#include "harness/report/records/stat.h"
#include "solvers/core/index.h"
#include "solvers/core/text.h"

#include <math.h>
#include <string.h>

const char *const series_settings_names[] = {"auto", "all", "best", NULL};

/* ", beta=0.1" of a swept value. */
static const char *add_swept(const char *text, const struct cellfile_swept *swept,
			     struct arena *arena)
{
	return arena_format(arena, "%s, %s=%s", text, records_short(swept->path), swept->value);
}

/* The name and the swept values: those of the method, those of the data. */
static const char *label_of(const struct group *group, const char *name, bool of_method,
			    bool of_data, struct arena *arena)
{
	const struct record *r = group->member[0];
	const char *text = name;

	for (size_t i = 0; i < r->swept_count; i++)
		if (records_of_data(&r->swept[i]) ? of_data : of_method)
			text = add_swept(text, &r->swept[i], arena);
	return text;
}

/* The settings of one method on one problem. Those without a value of the column are compared by
 * their objectives, and only where these are of the same loss, beta and threat. */
struct rivals {
	size_t count;
	const char *by;
	const struct group **setting;
	double *score, *objective; /* medians; of both the lower one is better */
};

static const char *objective_key(const struct group *group, struct arena *arena)
{
	const char *key = comparable_group_key(group, "objective", NULL, arena);

	return key ? key : "";
}

/* The one that is best by the column, else with the lowest objective; of equals the
 * first. A choice that is composed has no median to be compared by. */
static const struct group *best_of(const struct rivals *r, struct arena *arena)
{
	size_t best = 0;

	if (r->count > 1 && !isnan(r->score[0]) && select_per_repetition(r->setting[0]))
		return select_compose(r->setting, r->count, r->by,
				      ARENA_ARRAY(arena, size_t, r->count), arena);
	for (size_t i = 1; i < r->count; i++) {
		double here = r->score[i], least = r->score[best];
		bool better = here < least;

		if (isnan(here) || isnan(least) || here == least)
			better = strcmp(objective_key(r->setting[i], arena),
					objective_key(r->setting[best], arena)) == 0 &&
				 (r->objective[i] < r->objective[best] ||
				  (isnan(r->objective[best]) && !isnan(r->objective[i])));
		best = better ? i : best;
	}
	return r->setting[best];
}

/* stat_pick: select_score, NaN where there is none. */
static double known_score(const struct record *record, const void *by)
{
	double score = select_score(record, by);

	return score < HUGE_VAL ? score : NAN;
}

/* What the list compares settings of the method by. */
static const char *criterion_of(const struct series_list *list, const struct group *group)
{
	return list->by && !group->member[0]->select_by ? list->by : select_criterion(group);
}

/* The groups to draw: of each method on its problem the best; without a value to compare by of each
 * objective too. A method that selects has its choice made already. */
static const struct group **best_groups(const struct records *records,
					const struct series_list *list, size_t *count)
{
	struct arena *arena = records->arena;
	struct index index = index_new(records->group_count, arena);
	struct rivals *at = ARENA_ARRAY(arena, struct rivals, records->group_count);
	const struct group **best = ARENA_ARRAY(arena, const struct group *, records->group_count);

	*count = 0;
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		struct rivals *rivals;
		struct spread known;
		const char *key, *by;

		if (!records_ok_count(group) || group->left_out)
			continue;
		by = criterion_of(list, group);
		known = stat_group(group, known_score, by, arena);
		key = arena_format(arena, "%s\n%s", select_key(group, arena),
				   known.count ? "" : objective_key(group, arena));
		rivals = at + index_place(&index, key, *count);
		if (rivals == at + *count) {
			(*count)++;
			rivals->setting =
				ARENA_ARRAY(arena, const struct group *, records->group_count);
			rivals->by = by;
			rivals->score = ARENA_ARRAY(arena, double, records->group_count);
			rivals->objective = ARENA_ARRAY(arena, double, records->group_count);
		}
		rivals->setting[rivals->count] = group;
		rivals->score[rivals->count] = known.median;
		rivals->objective[rivals->count++] =
			stat_group(group, stat_column, "headline", arena).median;
	}
	for (size_t i = 0; i < *count; i++)
		best[i] = best_of(&at[i], arena);
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

/* Several bests of one method are of other objectives: their names say so. */
static const char *name_of(const struct records *records, const struct group *const *groups,
			   size_t count, size_t at)
{
	const struct group *group = groups[at];
	size_t same = 0;
	const char *apart;

	for (size_t i = 0; i < count; i++)
		same += strcmp(groups[i]->method, group->method) == 0 &&
			strcmp(groups[i]->problem, group->problem) == 0;
	if (same < 2)
		return group->method;
	apart = comparable_difference(group->member[0], records, group->data, "objective",
				      records->arena);
	return arena_format(records->arena, "%s, %s", group->method, apart);
}

/* Is the group left to the setting that was chosen, or to those that it is composed of? */
static bool is_hidden(const struct series_list *list, const struct group *group)
{
	return list->all ? group->composed : group->left_out;
}

static void collect(const struct records *records, struct series_list *list)
{
	struct index labels = index_new(records->group_count, records->arena);
	size_t groups = records->group_count;
	const struct group **best = list->best ? best_groups(records, list, &groups) : NULL;

	list->count = list->entry_count = 0;
	for (size_t g = 0; g < records->group_count; g++)
		list->selected = list->selected || (records->groups[g].left_out && !list->all);
	for (size_t g = 0; g < groups; g++) {
		const struct group *group = best ? best[g] : &records->groups[g];
		struct series *series = &list->at[list->count];
		size_t ok = records_ok_count(group);

		if (!ok || is_hidden(list, group) || !records_wanted(&list->methods, group->method))
			continue;
		series->group = group;
		series->name = best ? name_of(records, best, groups, g) : group->method;
		series->label = label_of(group, series->name, !one_setting(list, group), true,
					 records->arena);
		list->uneven = list->uneven || (list->repeats && ok && ok != list->repeats);
		list->repeats = ok > list->repeats ? ok : list->repeats;
		list->composed = list->composed || group->composed;
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

/* By label; where these are more than the colours by method, if there are several. */
static void give_colours(struct series_list *list, const struct records *records)
{
	bool several = false;

	for (size_t i = 1; i < list->count; i++)
		several |= strcmp(list->at[i].group->method, list->at[0].group->method) != 0;
	for (size_t i = 0; i < list->count; i++)
		list->at[i].colour =
			several && list->entry_count > SERIES_COLOURS
				? records_index(records->methods, records->method_count,
						list->at[i].group->method)
				: list->at[i].entry;
}

static struct series_list make_list(const struct records *records, enum series_settings settings,
				    size_t curves, struct series_list list)
{
	size_t most = 0;

	list.best = settings == SERIES_BEST;
	list.all = settings == SERIES_ALL;
	list.at = ARENA_ARRAY(records->arena, struct series, records->group_count);
	list.entry = ARENA_ARRAY(records->arena, const struct series *, records->group_count);
	collect(records, &list);
	for (size_t i = 0; i < records->data_count; i++) {
		size_t here = series_count(&list, records->data[i]);

		most = here > most ? here : most;
	}
	if (settings == SERIES_AUTO && most * curves > SERIES_READABLE) {
		list.best = true;
		collect(records, &list);
	}
	list.repeated = records_repeats(records, list.repeats);
	give_colours(&list, records);
	return list;
}

struct series_list series_of(const struct records *records, enum series_settings settings,
			     size_t curves)
{
	return make_list(records, settings, curves, (struct series_list){0});
}

struct series_list series_of_methods(const struct records *records, enum series_settings settings,
				     size_t curves, struct texts methods)
{
	return make_list(records, settings, curves, (struct series_list){.methods = methods});
}

struct series_list series_best(const struct records *records, struct texts methods, const char *by)
{
	return make_list(records, SERIES_BEST, 1,
			 (struct series_list){.methods = methods, .by = by});
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

/* "rho=0.1"; of settings chosen per repetition "beta=1 (7 of 10) or beta=3 (3 of 10)". */
static const char *setting_text(const struct group *group, struct arena *arena)
{
	const char **each = ARENA_ARRAY(arena, const char *, group->count), *text = "";

	if (!group->composed)
		return group->setting;
	for (size_t i = 0; i < group->count; i++) {
		const struct record *r = group->member[i];

		each[i] = "";
		for (size_t k = 0; k < r->swept_count; k++)
			if (!records_of_data(&r->swept[k]))
				each[i] = arena_format(
					arena, "%s%s%s=%s", each[i], *each[i] ? ", " : "",
					records_short(r->swept[k].path), r->swept[k].value);
	}
	for (size_t i = 0; i < group->count; i++) {
		size_t first = 0, count = 0;

		while (strcmp(each[first], each[i]) != 0)
			first++;
		for (size_t k = 0; k < group->count; k++)
			count += strcmp(each[k], each[i]) == 0;
		if (first == i)
			text = arena_format(arena, "%s%s%s (%zu of %zu)", text, *text ? " or " : "",
					    each[i], count, group->count);
	}
	return text;
}

/* "; admm: rho=0.1; sgd on moons: learning_rate=0.1", the settings that labels do not say. */
static const char *add_settings(const struct series_list *list, const char *text,
				struct arena *arena)
{
	enum { MOST = 8 };
	size_t shown = 0, left = 0;
	bool several = false;

	for (size_t i = 1; i < list->count; i++)
		several |= strcmp(list->at[i].group->data, list->at[0].group->data) != 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct group *group = list->at[i].group;

		if (!*group->setting || strstr(list->at[i].label, group->setting))
			continue;
		if (++shown > MOST)
			left++;
		else
			text = arena_format(arena, "%s; %s%s%s: %s", text, list->at[i].name,
					    several ? " on " : "", several ? group->data : "",
					    setting_text(group, arena));
	}
	return left ? arena_format(arena, "%s; %zu more setting%s in tables/summary.md", text, left,
				   left == 1 ? "" : "s")
		    : text;
}

const char *series_scores(const struct series_list *list, bool selects, struct arena *arena)
{
	const char **seen = ARENA_ARRAY(arena, const char *, list->count + 1);
	struct text text = text_new(arena);
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct group *group = list->at[i].group;
		const char *by = criterion_of(list, group);

		if (!group->member[0]->select_by == selects ||
		    records_index(seen, count, by) < count)
			continue;
		seen[count++] = by;
		text_item(&text, " or ", "%s", column_label(by, arena));
	}
	return text.length ? text.at : "validation accuracy";
}

const char *series_choice(const struct series_list *list, struct arena *arena)
{
	const char *text = "";

	if (list->selected)
		text = arena_format(arena, "; of tuned methods the setting selected by %s",
				    series_scores(list, true, arena));
	if (list->best)
		text = arena_format(arena,
				    "%s; of each %s the setting with the best %s, or without "
				    "validation part of each loss, beta and threat the lowest "
				    "objective",
				    text, list->selected ? "other" : "method",
				    series_scores(list, false, arena));
	if (list->composed)
		text = arena_format(arena, "%s, of some chosen per repetition", text);
	return list->best || list->selected ? add_settings(list, text, arena) : text;
}

const char *series_caption(const struct series_list *list, struct figure *figure)
{
	const char *text = "One run per curve", *shown = figure_repeats(figure, list->repeats);
	struct arena *arena = figure->arena;

	if (list->repeats > 1)
		text = arena_format(arena, "%s of %s%s", shown, list->uneven ? "up to " : "",
				    list->repeated);
	return arena_format(arena, "%s%s", text, series_choice(list, arena));
}

void series_shorten(struct series_list *list, const struct records *records, series_told *told,
		    const void *of)
{
	struct index labels = index_new(records->group_count, records->arena);

	list->entry_count = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct series *series = &list->at[i];
		const char *method = series->group->method;
		const struct record *r = series->group->member[0];
		size_t swept = one_setting(list, series->group) ? 0 : r->swept_count;

		series->label = method;
		for (size_t k = 0; k < swept; k++)
			if (!records_of_data(&r->swept[k]) &&
			    !(told && told(method, r->swept[k].path, of)))
				series->label =
					add_swept(series->label, &r->swept[k], records->arena);
		add_entry(list, &labels, series);
		series->colour = series->entry;
	}
}

void series_pool(struct series_list *list, const struct records *records)
{
	struct arena *arena = records->arena;
	struct index known = index_new(records->group_count, arena);

	/* Groups without any cell that is ok have no curve, but they are runs that were made: where
	 * a method has one setting, its first one stands for a problem that it failed on
	 * altogether. */
	for (size_t i = 0; i < list->count; i++)
		index_place(&known, select_key(list->at[i].group, arena), 0);
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		const char *key = select_key(group, arena);

		if (records_ok_count(group) || is_hidden(list, group) ||
		    (one_setting(list, group) && index_find(&known, key) != INDEX_NONE))
			continue;
		index_place(&known, key, 0);
		list->at[list->count++].group = group;
	}

	series_shorten(list, records, NULL, NULL);
}
