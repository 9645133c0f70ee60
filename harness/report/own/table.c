/* Rows, columns and numbers of a table that a spec asks for. */
#include "harness/report/own/table.h"
#include "harness/report/records/comparable.h"
#include "harness/report/series/series.h"
#include "harness/spec/spec.h"
#include "harness/stats/student.h"
#include "harness/stats/wilson.h"
#include "solvers/core/index.h"

#include <math.h>
#include <string.h>

/* A group that has a row, or a part of one. */
struct candidate {
	const struct group *group;
	const char *name;
};

struct candidates {
	size_t count;
	struct candidate *at;
};

/* --- which rows ----------------------------------------------------------------------------- */

static bool is_column(const struct table_grid *table, const char *name)
{
	for (size_t i = 0; i < table->columns; i++)
		if (strcmp(table->column[i].name, name) == 0)
			return true;
	return false;
}

/* The method; "admm, rho=0.1" where no column says what it was swept over. */
static const char *name_of(const struct table_grid *table, const struct group *group)
{
	const struct record *r = group->member[0];
	const char *name = group->method;

	if (group->composed || r->select_by || is_column(table, "setting"))
		return name;
	for (size_t i = 0; i < r->swept_count; i++)
		if (!records_of_data(&r->swept[i]) && !is_column(table, r->swept[i].path))
			name = arena_format(table->records->arena, "%s, %s=%s", name,
					    records_short(r->swept[i].path), r->swept[i].value);
	return name;
}

static bool is_wanted(const struct table_grid *table, const struct group *group)
{
	return records_wanted(&table->options->methods, group->method) &&
	       records_wanted(&table->options->data, group->data);
}

/* Has the method a row on this problem? */
static bool has_row(const struct candidates *list, const struct group *group)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->at[i].group->method, group->method) == 0 &&
		    strcmp(list->at[i].group->problem, group->problem) == 0)
			return true;
	return false;
}

/* All groups, or the best setting of each method; one of which no cell is ok keeps its row. */
static struct candidates candidates_of(struct table_grid *table)
{
	const struct records *records = table->records;
	bool best = table->options->settings == TABLE_BEST;
	const struct series_list *series = &table->best;
	struct candidates list = {0};

	if (best)
		table->best =
			series_best(records, table->options->methods,
				    table->options->by ? select_scores[table->options->by] : NULL);
	list.at =
		ARENA_ARRAY(records->arena, struct candidate, series->count + records->group_count);
	for (size_t i = 0; i < series->count; i++)
		if (is_wanted(table, series->at[i].group))
			list.at[list.count++] =
				(struct candidate){series->at[i].group, series->at[i].name};
	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];

		if (group->left_out || !is_wanted(table, group) || (best && has_row(&list, group)))
			continue;
		list.at[list.count++] =
			(struct candidate){group, best ? group->method : name_of(table, group)};
	}
	return list;
}

/* Place the candidates: data set by data set or, where these stand across, a row for each name. */
static void place_rows(struct table_grid *table, const struct records *in_order)
{
	struct arena *arena = table->records->arena;
	struct candidates list = candidates_of(table);
	struct index problems = index_new(in_order->group_count, arena);
	struct index names = index_new(list.count, arena);
	bool across = table->options->across == TABLE_DATA_ACROSS;
	size_t count = 0;

	table->block = ARENA_ARRAY(arena, const char *, in_order->group_count + 1);
	for (size_t g = 0; g < in_order->group_count; g++) {
		const struct group *group = &in_order->groups[g];

		if (!is_wanted(table, group) ||
		    index_place(&problems, group->problem, count) < count)
			continue;
		table->block[count++] = group->problem;
	}
	table->blocks = across ? count : 1;
	table->row = ARENA_ARRAY(arena, struct table_row, list.count);
	for (size_t p = 0; p < count; p++)
		for (size_t i = 0; i < list.count; i++) {
			const struct candidate *one = &list.at[i];
			size_t row = table->rows;

			if (strcmp(one->group->problem, table->block[p]) != 0)
				continue;
			if (across)
				row = index_place(&names, one->name, table->rows);
			if (row == table->rows) {
				table->row[row].name = one->name;
				table->row[row].group =
					ARENA_ARRAY(arena, const struct group *, table->blocks);
				table->rows++;
			}
			table->row[row].group[across ? p : 0] = one->group;
		}
	if (!across)
		table->block[0] = NULL;
}

/* --- numbers -------------------------------------------------------------------------------- */

/* Wilson's interval of an accuracy of one cell. */
static void wilson_of(const struct table_column *column, const struct record *record,
		      struct table_entry *entry)
{
	const char *const shares[] = {"train_accuracy", "validation_accuracy", "test_accuracy"};
	const double counts[] = {record->result.n_train, record->result.n_validation,
				 record->result.n_test};

	if (column->kind && !column->distance) {
		entry->low = attacks_low(record, column->kind);
		entry->high = attacks_high(record, column->kind);
	}
	for (size_t i = 0; i < 3 && !column->kind; i++)
		if (column->pick == stat_column && strcmp(column->name, shares[i]) == 0)
			wilson_interval(entry->value * counts[i], counts[i], &entry->low,
					&entry->high);
}

static struct table_entry entry_of(const struct table_grid *table,
				   const struct table_column *column, const struct group *group)
{
	struct arena *arena = table->records->arena;
	struct table_entry entry = {NAN, NAN, NAN, 0, false};
	double *values, overlap = 0;
	const struct record *only = NULL;

	/* the objective of several betas is none */
	if (!group || (comparable_objective(column->name) &&
		       !comparable_group_key(group, column->name, NULL, arena)))
		return entry;
	values = ARENA_ARRAY(arena, double, group->count);
	for (size_t i = 0; i < group->count; i++) {
		const struct record *r = group->member[i];
		double value = records_ok(r) ? column->pick(r, column->what) : NAN;

		if (isnan(value))
			continue;
		values[entry.count++] = value;
		only = r;
		if (r->resampled && r->result.n_train > 0 && r->result.n_test > 0)
			overlap = r->result.n_test / r->result.n_train;
	}
	if (table_statistic(table->options) == TABLE_MEAN) {
		struct student mean = student_interval(values, entry.count, overlap);

		entry.value = mean.mean;
		entry.low = mean.low;
		entry.high = mean.high;
	} else {
		struct spread spread = sample_spread(values, entry.count);

		entry.value = spread.median;
		entry.low = spread.low;
		entry.high = spread.high;
	}
	if (entry.count == 1)
		entry.low = entry.high = NAN;
	if (entry.count == 1 && table->options->interval == TABLE_BRACKETS)
		wilson_of(column, only, &entry);
	return entry;
}

const struct table_entry *table_at(const struct table_grid *table, size_t row, size_t block,
				   size_t column)
{
	return &table->entry[(row * table->blocks + block) * table->columns + column];
}

static void fill_entries(struct table_grid *table)
{
	table->entry = ARENA_ARRAY(table->records->arena, struct table_entry,
				   table->rows * table->blocks * table->columns);
	for (size_t k = 0; k < table->rows * table->blocks * table->columns; k++) {
		const struct table_column *column = &table->column[k % table->columns];
		size_t place = k / table->columns;
		const struct table_row *row = &table->row[place / table->blocks];

		if (column->part == TABLE_NUMBER)
			table->entry[k] =
				entry_of(table, column, row->group[place % table->blocks]);
	}
}

/* --- which columns -------------------------------------------------------------------------- */

/* Of the usual columns those with values; where data sets stand across not their names. */
static void drop_empty(struct table_grid *table)
{
	size_t kept = 0;
	bool *keep = ARENA_ARRAY(table->records->arena, bool, table->columns);

	for (size_t c = 0; c < table->columns; c++) {
		keep[c] = table->column[c].part == TABLE_METHOD ||
			  (table->column[c].part == TABLE_DATA && !table->block[0]);
		for (size_t place = 0; place < table->rows * table->blocks; place++)
			keep[c] = keep[c] || table->entry[place * table->columns + c].count;
	}
	for (size_t c = 0; c < table->columns; c++)
		if (keep[c])
			table->column[kept++] = table->column[c];
	table->columns = kept;
	fill_entries(table);
}

/* Rows of several data sets that no column names would be taken for each other's: the first column
 * names them. */
static void tell_apart(struct table_grid *table)
{
	const char *first = NULL;
	bool several = false;

	for (size_t r = 0; r < table->rows && !table->block[0]; r++) {
		const char *problem = table->row[r].group[0]->problem;

		several = several || (first && strcmp(first, problem) != 0);
		first = problem;
	}
	if (!several || is_column(table, table_column_words[TABLE_DATA]))
		return;
	memmove(table->column + 1, table->column, table->columns * sizeof *table->column);
	table->column[0] =
		table_column_of(table->records, table_column_words[TABLE_DATA], table->options);
	table->columns++;
}

struct table_grid table_of(const struct records *records, const struct table_options *options,
			   const struct style *style)
{
	struct texts names = options->columns;
	struct style own = style_unset(), *look = ARENA_NEW(records->arena, struct style);
	struct table_grid table = {.options = options, .look = look};

	own.labels = options->labels;
	own.order = options->order;
	*look = style_below(&own, style, records->arena);
	table.records = look->order.count ? records_ordered(records, &look->order) : records;
	if (!names.count)
		names = table_column_usual;
	table.columns = names.count;
	table.column = ARENA_ARRAY(records->arena, struct table_column, names.count + 1);
	for (size_t c = 0; c < names.count; c++)
		table.column[c] = table_column_of(table.records, names.at[c], options);
	place_rows(&table, records);
	tell_apart(&table);
	fill_entries(&table);
	if (!options->columns.count)
		drop_empty(&table);
	return table;
}

bool table_has(const struct table_grid *table, const char *key)
{
	const struct text_entry entry = {key, key};
	const struct text_map map = {1, &entry};
	const char *rest;
	bool found = false;

	for (size_t c = 0; c < table->columns && !found; c++) {
		const struct table_column *column = &table->column[c];

		found = strcmp(column->name, key) == 0 ||
			(column->family && strcmp(column->family, key) == 0) ||
			(column->kind && column->kind->attack &&
			 strcmp(column->kind->attack, key) == 0);
	}
	for (size_t k = 0; k < table->rows * table->blocks && !found; k++) {
		const struct table_row *row = &table->row[k / table->blocks];
		const struct group *group = row->group[k % table->blocks];

		found = style_find(&map, row->name, &rest) ||
			(group && style_find(&map, group->problem, &rest));
	}
	return found;
}
