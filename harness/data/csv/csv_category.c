/* One-hot columns of a CSV file. See csv_category.h. */
#include "harness/data/csv/csv_category.h"

#include <math.h>

/* Where the columns of a feature begin, and the column of each of its categories. */
struct spread {
	size_t first;
	size_t *rank; /* by index; NULL: a number, one column */
};

struct csv_categories csv_categories_new(const struct csv_layout *layout, struct arena *arena)
{
	struct csv_categories categories = {.layout = layout, .arena = arena};

	for (size_t k = 0; k < layout->d; k++) {
		if (!layout->one_hot[k])
			continue;
		if (!categories.at)
			categories.at = ARENA_ARRAY(arena, struct labels, layout->d);
		categories.at[k] = labels_new(arena);
	}
	return categories;
}

double csv_category_index(struct csv_categories *categories, size_t feature,
			  const struct csv_field *field, bool training)
{
	struct labels *known = &categories->at[feature];
	size_t index;

	if (training)
		return (double)labels_add(known, field->at, field->length, 1);
	index = labels_find_n(known, field->at, field->length);
	return index < known->count ? (double)index : CSV_NO_CATEGORY;
}

/* The columns of one feature, named "colour=red" or "3=red"; returns how many. */
static size_t spread_feature(const struct csv_categories *c, size_t k, struct spread *spread,
			     const char **names, bool *one_hot)
{
	size_t field = c->layout->column[k];
	const char *name = c->layout->names ? c->layout->names[field] : NULL;
	const struct labels *known = &c->at[k];
	const struct label **sorted;

	if (!c->layout->one_hot[k]) {
		names[spread->first] = name;
		return 1;
	}
	sorted = ARENA_ARRAY(c->arena, const struct label *, known->count);
	labels_sort(known, sorted);
	spread->rank = ARENA_ARRAY(c->arena, size_t, known->count);
	if (!name)
		name = arena_format(c->arena, "%zu", field);
	for (size_t i = 0; i < known->count; i++) {
		spread->rank[sorted[i] - known->at] = i;
		one_hot[spread->first + i] = true;
		names[spread->first + i] = arena_format(c->arena, "%s=%s", name, sorted[i]->text);
	}
	return known->count;
}

static void spread_value(const struct csv_categories *c, size_t k, const struct spread *spread,
			 double value, double *row)
{
	if (!spread->rank)
		row[spread->first] = value;
	else if (isnan(value)) /* missing: the mean of each column is their shares */
		for (size_t i = 0; i < c->at[k].count; i++)
			row[spread->first + i] = NAN;
	else if (value >= 0)
		row[spread->first + spread->rank[(size_t)value]] = 1;
}

void csv_category_expand(const struct csv_categories *c, struct table *table)
{
	size_t d = 0, before = table->d, used = 0;
	struct spread *spread;
	const char **names;
	bool *one_hot;
	double *x;

	if (!c->at)
		return;
	for (size_t k = 0; k < before; k++)
		d += c->layout->one_hot[k] ? c->at[k].count : 1;
	spread = ARENA_ARRAY(c->arena, struct spread, before);
	names = ARENA_ARRAY(c->arena, const char *, d);
	one_hot = ARENA_ARRAY(c->arena, bool, d);
	x = arena_alloc(c->arena, table->n, d * sizeof *x);
	for (size_t k = 0; k < before; k++) {
		spread[k].first = used;
		used += spread_feature(c, k, &spread[k], names, one_hot);
	}
	for (size_t i = 0; i < table->n; i++)
		for (size_t k = 0; k < before; k++)
			spread_value(c, k, &spread[k], table->x[i * before + k], x + i * d);
	table->spare = table->n * before * sizeof *x;
	table->x = x;
	table->d = d;
	table->names = names;
	table->one_hot = one_hot;
}
