/* The groups of the records as curves over a swept option. */
#include "harness/report/series/swept.h"
#include "harness/report/records/comparable.h"

#include <stdlib.h>
#include <string.h>

enum {
	READABLE = 10 /* with more curves than this the other swept options are pooled */
};

/* The method and its swept values but x. */
static const char *label_of(const struct group *group, const char *x, struct arena *arena)
{
	const struct record *r = group->member[0];
	const char *text = group->method;

	for (size_t i = 0; i < r->swept_count; i++) {
		const char *dot = strrchr(r->swept[i].path, '.');

		if (strcmp(r->swept[i].path, x) != 0)
			text = arena_format(arena, "%s, %s=%s", text,
					    dot ? dot + 1 : r->swept[i].path, r->swept[i].value);
	}
	return text;
}

/* Indices of names stand for values that are no numbers. */
static void set_places(struct swept_list *swept)
{
	bool numeric = true;
	char *end;

	for (size_t i = 0; i < swept->count; i++) {
		const char *text = records_swept(swept->at[i].group->member[0], swept->x);

		if (swept->at[i].level)
			continue;
		swept->at[i].x = strtod(text, &end);
		numeric = numeric && end != text && !*end;
	}
	if (numeric)
		return;
	swept->values = ARENA_ARRAY(swept->y.records->arena, const char *, swept->count);
	for (size_t i = 0; i < swept->count; i++) {
		const char *text = records_swept(swept->at[i].group->member[0], swept->x);
		size_t place;

		if (swept->at[i].level)
			continue;
		place = records_index(swept->values, swept->value_count, text);
		swept->at[i].x = (double)place;
		swept->values[place] = text;
		swept->value_count += place == swept->value_count;
	}
}

static int by_curve(const void *a, const void *b)
{
	const struct swept_point *p = a, *q = b;

	if (p->panel != q->panel)
		return p->panel < q->panel ? -1 : 1;
	if (p->style.colour != q->style.colour)
		return p->style.colour < q->style.colour ? -1 : 1;
	return (p->x > q->x) - (p->x < q->x);
}

static void set_labels(struct swept_list *swept)
{
	struct arena *arena = swept->y.records->arena;
	const char **labels = ARENA_ARRAY(arena, const char *, swept->count);
	struct figure_entry *entries = ARENA_ARRAY(arena, struct figure_entry, swept->count);
	size_t count = 0;

	for (size_t i = 0; i < swept->count; i++) {
		struct swept_point *p = &swept->at[i];
		size_t place;

		p->label = swept->pooled ? p->group->method : label_of(p->group, swept->x, arena);
		place = records_index(labels, count, p->label);
		p->style = (struct figure_style){place, place};
		labels[place] = p->label;
		entries[place] = (struct figure_entry){p->label, p->style,
						       p->level ? FIGURE_STROKE : FIGURE_LINE};
		count += place == count;
	}
	swept->entries = entries;
	swept->entry_count = count;
}

/* One setting only: nothing is swept but the data, or `select` has chosen. */
static bool one_setting(const struct group *group)
{
	const struct record *r = group->member[0];

	for (size_t i = 0; i < r->swept_count && !r->select_by; i++)
		if (!records_of_data(&r->swept[i]))
			return false;
	return !group->left_out;
}

static size_t panel_of(struct swept_list *swept, const struct group *group, const char *key)
{
	const char *both = arena_format(swept->y.records->arena, "%s\n%s", group->data, key);
	size_t place = records_index(swept->keys, swept->panel_count, both);

	swept->keys[place] = both;
	return place;
}

/* May the group stand beside the curves? As a level only on a panel that has one, and not if its
 * objective is another one than the values of x make it. */
static bool has_place(struct swept_list *swept, const struct group *group, bool level, size_t panel)
{
	if (!level)
		return !group->composed;
	if (!one_setting(group) || panel == swept->panel_count)
		return false;
	if (!comparable_objective(swept->column) || !comparable_changed_by(swept->x))
		return true;
	swept->other++;
	return false;
}

/* Groups that sweep x and have a value or, afterwards, those of one setting beside them that do
 * not sweep it. */
static void collect(struct swept_list *swept, bool levels)
{
	const struct records *records = swept->y.records;

	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		bool level = !records_swept(group->member[0], swept->x);
		const char *key;
		size_t panel;

		if (level != levels || !records_wanted(swept->methods, group->method) ||
		    stat_group(group, excess_value, &swept->y, records->arena).count == 0)
			continue;
		key = comparable_objective(swept->column)
			      ? comparable_group_key(group, swept->column, swept->x, records->arena)
			      : "";
		if (!key)
			continue;
		panel = panel_of(swept, group, key);
		if (!has_place(swept, group, level, panel))
			continue;
		swept->panel_count += panel == swept->panel_count;
		swept->level_count += level;
		swept->at[swept->count++] = (struct swept_point){.group = group,
								 .data = group->data,
								 .key = key,
								 .panel = panel,
								 .level = level};
	}
}

size_t swept_stat(const struct swept_list *swept, size_t first, struct spread *out)
{
	const struct swept_point *p = &swept->at[first];
	size_t points = 0, members = 0, count = 0;
	double *values;

	while (first + points < swept->count && by_curve(p, p + points) == 0)
		members += p[points++].group->count;
	values = ARENA_ARRAY(swept->y.records->arena, double, members);
	for (size_t i = 0; i < points; i++)
		for (size_t j = 0; j < p[i].group->count; j++)
			values[count++] = excess_value(p[i].group->member[j], &swept->y);
	*out = sample_spread(values, count);
	return points;
}

bool swept_same_curve(const struct swept_point *a, const struct swept_point *b)
{
	return a->panel == b->panel && strcmp(a->label, b->label) == 0;
}

void swept_collect(struct swept_list *swept)
{
	const struct records *records = swept->y.records;

	swept->at = ARENA_ARRAY(records->arena, struct swept_point, records->group_count);
	swept->keys = ARENA_ARRAY(records->arena, const char *, records->group_count + 1);
	collect(swept, false);
	if (swept->count == 0)
		return;
	collect(swept, true);
	set_places(swept);
	set_labels(swept);
	swept->pooled = swept->entry_count > READABLE;
	if (swept->pooled)
		set_labels(swept);
	qsort(swept->at, swept->count, sizeof *swept->at, by_curve);
}
