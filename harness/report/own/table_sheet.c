/* A table that a spec asks for as texts, and the note below it. */
#include "harness/report/own/table_sheet.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/ending.h"
#include "harness/spec/bind/bind.h"
#include "solvers/core/text.h"

#include <math.h>
#include <string.h>

#define DASH "\xe2\x80\x93"
#define PLUS_MINUS "\xc2\xb1"

/* --- cells ---------------------------------------------------------------------------------- */

/* The half of the interval behind +-, or its ends in brackets; NULL: it is not shown. */
static const char *interval_text(const struct table_grid *table, const struct table_column *column,
				 const struct table_entry *entry)
{
	struct arena *arena = table->records->arena;
	const char *low = table_column_text(column, entry->low, arena);
	const char *high = table_column_text(column, entry->high, arena);
	const char *value = table_column_text(column, entry->value, arena);
	const char *point = strchr(value, '.');
	struct table_column like = *column;

	if (table->options->interval == TABLE_NO_INTERVAL || !*low || !*high)
		return NULL;
	if (table->options->interval == TABLE_BRACKETS)
		return strcmp(low, high) == 0 ? NULL : arena_format(arena, "[%s, %s]", low, high);
	if (!strchr(value, 'e')) { /* as many decimals as the value has */
		like.form = 'f';
		like.digits = point ? (int)strlen(point + 1) : 0;
	}
	return arena_format(arena, PLUS_MINUS " %s",
			    table_column_text(&like, (entry->high - entry->low) / 2, arena));
}

/* "0.1", of settings composed of several ones "0.1, 1". */
static const char *swept_text(const struct group *group, const char *path, struct arena *arena)
{
	const char **seen = ARENA_ARRAY(arena, const char *, group->count);
	struct text text = text_new(arena);
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++) {
		const char *value = records_swept(group->member[i], path);

		if (!value || records_index(seen, count, value) < count)
			continue;
		seen[count++] = value;
		text_item(&text, ", ", "%s", value);
	}
	return text.at;
}

static const char *cell_text(const struct table_grid *table, const struct table_column *column,
			     const struct table_row *row, const struct group *group)
{
	struct arena *arena = table->records->arena;

	switch (column->part) {
	case TABLE_DATA:
		return style_shown(table->look, group->problem, arena);
	case TABLE_METHOD:
		return style_shown(table->look, row->name, arena);
	case TABLE_SETTING:
		return group->setting;
	case TABLE_OBJECTIVE_OF:
		return comparable_difference(group->member[0], table->records, group->data,
					     "objective", arena);
	case TABLE_CELLS:
		return arena_format(arena, "%zu of %zu", records_ok_count(group), group->count);
	case TABLE_ENDED:
		return ending_text(group->member, group->count, arena);
	case TABLE_SWEPT:
		return swept_text(group, column->name, arena);
	default:
		return "";
	}
}

/* --- columns -------------------------------------------------------------------------------- */

/* A column of the sheet: one of the table, in one block. */
struct place {
	size_t column, block;
	bool of_row; /* the same in every block */
};

static bool is_of_row(const struct table_grid *table, const struct table_column *column)
{
	const struct cellfile_swept swept = {column->name, NULL};

	return !table->block[0] || column->part == TABLE_METHOD || column->part == TABLE_SETTING ||
	       (column->part == TABLE_SWEPT && !records_of_data(&swept));
}

/* Those of the rows first where data sets stand across, then block by block. */
static struct place *places_of(const struct table_grid *table, size_t *count)
{
	struct place *at = ARENA_ARRAY(table->records->arena, struct place,
				       table->columns * (table->blocks + 1));

	*count = 0;
	for (size_t c = 0; c < table->columns; c++)
		if (is_of_row(table, &table->column[c]))
			at[(*count)++] = (struct place){c, 0, true};
	for (size_t b = 0; b < table->blocks; b++)
		for (size_t c = 0; c < table->columns; c++)
			if (!is_of_row(table, &table->column[c]))
				at[(*count)++] = (struct place){c, b, false};
	return at;
}

/* The place of a neighbour that is a radius of the same attack? */
static bool is_family(const struct table_grid *table, size_t c)
{
	const struct table_column *column = &table->column[c],
				  *end = table->column + table->columns;
	const char *rest;

	if (!column->family || table->block[0] || table->options->groups.count ||
	    style_find(&table->look->labels, column->name, &rest))
		return false;
	return (c > 0 && column[-1].family && strcmp(column[-1].family, column->family) == 0) ||
	       (column + 1 < end && column[1].family &&
		strcmp(column[1].family, column->family) == 0);
}

/* "pgd linf" under its own label, or under that of "pgd". */
static const char *family_text(const struct table_grid *table, const struct table_column *column)
{
	struct arena *arena = table->records->arena;
	const char *attack = column->kind->attack, *rest;
	const char *label = style_find(&table->look->labels, column->family, &rest);
	const char *before = column->distance ? table_column_distance : "";

	if (label || !attack)
		return label ? arena_format(arena, "%s%s", label, rest) : column->family;
	label = style_find(&table->look->labels, attack, &rest);
	rest = column->family + strlen(before) + strlen(attack);
	return label ? arena_format(arena, "%s%s%s", before, label, rest) : column->family;
}

/* "Accuracy", "PGD linf 0.1": a column by itself. */
static const char *head_of(const struct table_grid *table, const struct table_column *column)
{
	const char *rest, *label = style_find(&table->look->labels, column->name, &rest);

	if (label || !column->family)
		return label ? label : column->head;
	return arena_format(table->records->arena, "%s%s", family_text(table, column),
			    column->radius);
}

static void fill_head(const struct table_grid *table, const struct place *place, size_t j,
		      struct sheet *sheet)
{
	const struct table_column *column = &table->column[place->column];
	struct arena *arena = table->records->arena;
	const char *rest, *label = style_find(&table->look->labels, column->name, &rest);
	const char *group = style_find(&table->options->groups, column->name, &rest);

	sheet->head[j] = head_of(table, column);
	sheet->unit[j] = *column->unit ? column->unit : NULL;
	sheet->numeric[j] = column->part == TABLE_NUMBER;
	sheet->over[j] = group;
	if (!place->of_row)
		sheet->over[j] = style_shown(table->look, table->block[place->block], arena);
	if (!label && is_family(table, place->column)) {
		sheet->over[j] = family_text(table, column);
		sheet->head[j] = arena_format(arena, "eps%s", column->radius);
	}
}

static void fill_column(const struct table_grid *table, const struct place *place, size_t j,
			struct sheet *sheet)
{
	const struct table_column *column = &table->column[place->column];
	bool numbers = column->part == TABLE_SWEPT;
	double number;

	for (size_t i = 0; i < table->rows; i++) {
		const struct table_row *row = &table->row[i];
		const struct table_entry *entry = table_at(table, i, place->block, place->column);
		const struct group *group = row->group[place->block];
		size_t at = i * sheet->cols + j;

		for (size_t b = 0; place->of_row && !group && b < table->blocks; b++)
			group = row->group[b];
		if (group && column->part != TABLE_NUMBER)
			sheet->cell[at] = cell_text(table, column, row, group);
		numbers = numbers && (!group || !*sheet->cell[at] ||
				      scalar_real(sheet->cell[at], UNIT_NONE, &number));
		if (column->part != TABLE_NUMBER)
			continue;
		sheet->cell[at] = table_column_text(column, entry->value, table->records->arena);
		sheet->tail[at] = interval_text(table, column, entry);
		sheet->bold[at] = entry->best;
	}
	sheet->numeric[j] = sheet->numeric[j] || numbers;
}

struct sheet table_sheet(const struct table_grid *table)
{
	struct arena *arena = table->records->arena;
	size_t count, keys = 0;
	struct place *places = places_of(table, &count);
	struct sheet sheet = sheet_new(arena, table->rows, count);

	sheet.unit = ARENA_ARRAY(arena, const char *, count);
	sheet.over = ARENA_ARRAY(arena, const char *, count);
	sheet.tail = ARENA_ARRAY(arena, const char *, table->rows *count);
	sheet.bold = ARENA_ARRAY(arena, bool, table->rows *count);
	for (size_t j = 0; j < count; j++) {
		fill_head(table, &places[j], j, &sheet);
		fill_column(table, &places[j], j, &sheet);
	}
	while (keys < count && table->column[places[keys].column].part <= TABLE_SETTING)
		keys++;
	sheet.keys = keys ? keys : 1;
	for (size_t i = 0; i < table->rows; i++)
		for (size_t b = 0; b < table->blocks; b++) {
			const struct group *group = table->row[i].group[b];

			if (group && records_ok_count(group) < group->count)
				sheet.state[i] = "bad";
		}
	return sheet;
}

/* --- the note ------------------------------------------------------------------------------- */

static void say_statistic(const struct table_grid *table, struct text *text)
{
	const bool mean = table_statistic(table->options) == TABLE_MEAN;
	size_t repeats = 0;
	bool single = false;

	for (size_t k = 0; k < table->rows * table->blocks; k++) {
		const struct group *group = table->row[k / table->blocks].group[k % table->blocks];

		repeats = group && group->count > repeats ? group->count : repeats;
	}
	for (size_t k = 0; k < table->rows * table->blocks * table->columns; k++)
		single = single || (table->entry[k].count == 1 && !isnan(table->entry[k].low));
	if (repeats > 1) {
		text_item(text, " ", "%s", mean ? "Means" : "Medians");
		if (table->options->interval == TABLE_PLUS_MINUS)
			text_add(text, " " PLUS_MINUS " half of Student's 95 % interval");
		else if (table->options->interval == TABLE_BRACKETS)
			text_add(text, mean ? " [Student's 95 % interval]"
					    : " [10" DASH "90 % quantiles]");
		text_format(text, " of %s.", records_repeats(table->records, repeats));
	}
	if (single)
		text_item(text, " ", "[Wilson's 95 %% interval] of accuracies of one cell.");
}

/* Which numbers are of which part of the data. */
static void say_parts(const struct table_grid *table, struct text *text)
{
	static const char *const parts[][2] = {{"train", "Training part"},
					       {"validation", "Validation part"},
					       {"test", "Test part"}};

	for (size_t p = 0; p < 3; p++) {
		struct text names = text_new(table->records->arena);

		for (size_t c = 0; c < table->columns; c++)
			if (table->column[c].part == TABLE_NUMBER &&
			    strcmp(table->column[c].data, parts[p][0]) == 0)
				text_item(&names, ", ", "%s", head_of(table, &table->column[c]));
		if (names.length)
			text_item(text, " ", "%s: %s.", parts[p][1], names.at);
	}
	for (size_t c = 0; c < table->columns; c++)
		if (strcmp(table->column[c].name, "time") == 0)
			text_item(text, " ", "%s: setup and solve.",
				  head_of(table, &table->column[c]));
		else if (strcmp(table->column[c].name, "robust_accuracy") == 0)
			text_item(text, " ",
				  "%s: the lowest over the attacks at their largest eps.",
				  head_of(table, &table->column[c]));
		else if (table->column[c].distance)
			text_item(text, " ",
				  "%s: how far the nearest point found across the boundary is, "
				  "the median over points (inf: none within eps).",
				  head_of(table, &table->column[c]));
}

static void say_bold(const struct table_grid *table, struct text *text)
{
	bool lower = false, higher = false, paired = false;

	for (size_t k = 0; k < table->rows * table->blocks * table->columns; k++) {
		const struct table_entry *entry = &table->entry[k];

		paired = paired || (entry->best && entry->count > 1);
		lower = lower ||
			(entry->best && table->column[k % table->columns].better == TABLE_LOWER);
		higher = higher ||
			 (entry->best && table->column[k % table->columns].better == TABLE_HIGHER);
	}
	if (!lower && !higher)
		return;
	text_item(text, " ",
		  "Bold: the %s value of those that can be compared (same data set and column, of "
		  "objectives, gaps and times also same loss, beta, average and threat)",
		  lower && higher ? "best (highest accuracy or R2, lowest of others)"
		  : lower         ? "lowest"
				  : "highest");
	text_add(
		text,
		paired ? ", and those whose difference to it is not significant: the 95 % "
			 "interval of the mean paired difference over repetitions, as in the table "
			 "of paired differences, reaches 0 (not corrected for the number of "
			 "comparisons); of one repetition those with the same digits."
		       : "; of one repetition there is no interval of a difference.");
}

/* What the objective of a group is of; of settings chosen per repetition each one. */
static const char *program_of(const struct table_grid *table, const struct group *group)
{
	struct arena *arena = table->records->arena;
	struct text programs = text_new(arena);

	for (size_t i = 0; group && i < group->count; i++) {
		const char *one = comparable_difference(group->member[i], table->records,
							group->data, "objective", arena);

		if (*one && !strstr(arena_format(arena, "%s or ", programs.at),
				    arena_format(arena, "%s or ", one)))
			text_item(&programs, " or ", "%s", one);
	}
	return programs.at;
}

/* Is it in a column of a swept option of the row? */
static bool has_column(const struct table_grid *table, const struct group *group, const char *name)
{
	for (size_t c = 0; c < table->columns; c++)
		if (table->column[c].part == TABLE_SWEPT &&
		    strcmp(table->column[c].name, name) == 0)
			return records_swept(group->member[0], name) != NULL;
	return false;
}

/* Do columns of the row say all of "logistic loss, beta 0.1"? */
static bool is_told(const struct table_grid *table, const struct group *group, const char *program)
{
	static const char beta[] = "beta ", loss[] = " loss";

	if (!group || group->composed)
		return false;
	for (const char *at = program; *at;) {
		size_t length = strcspn(at, ",");
		bool is_loss = length >= strlen(loss) &&
			       strncmp(at + length - strlen(loss), loss, strlen(loss)) == 0;

		if (!(is_loss && has_column(table, group, "loss")) &&
		    !(strncmp(at, beta, strlen(beta)) == 0 && has_column(table, group, "beta")))
			return false;
		at += length;
		at += strspn(at, ", ");
	}
	return true;
}

/* Has another row of this name, or another block of it, another program? */
static bool has_others(const struct table_grid *table, const char *const *of, size_t at)
{
	const char *name = table->row[at / table->blocks].name;

	for (size_t k = 0; k < table->rows * table->blocks; k++) {
		const struct table_row *row = &table->row[k / table->blocks];

		if (row->group[k % table->blocks] && strcmp(row->name, name) == 0 &&
		    strcmp(of[k], of[at]) != 0)
			return true;
	}
	return false;
}

/* What objectives, gaps and times are of, where rows of a data set differ in that and columns do
 * not say so; with the data set where the same row has others elsewhere. */
static void say_objectives(const struct table_grid *table, struct text *text)
{
	struct arena *arena = table->records->arena;
	const size_t count = table->rows * table->blocks;
	const char **of = ARENA_ARRAY(arena, const char *, count);
	const char **said = ARENA_ARRAY(arena, const char *, count);
	struct text names = text_new(arena);
	bool asked = false;

	for (size_t c = 0; c < table->columns; c++) {
		const struct table_column *column = &table->column[c];

		asked = asked ||
			(column->part == TABLE_NUMBER &&
			 (comparable_objective(column->name) || comparable_cost(column->name)));
		if (column->part == TABLE_OBJECTIVE_OF)
			return;
	}
	for (size_t k = 0; k < count && asked; k++)
		of[k] = program_of(table, table->row[k / table->blocks].group[k % table->blocks]);
	for (size_t k = 0, n = 0; k < count && asked; k++) {
		const struct table_row *row = &table->row[k / table->blocks];
		const char *item = style_shown(table->look, row->name, arena);

		if (is_told(table, row->group[k % table->blocks], of[k]))
			continue;
		if (*of[k] && has_others(table, of, k))
			item = arena_format(arena, "%s on %s", item,
					    style_shown(table->look,
							row->group[k % table->blocks]->problem,
							arena));
		item = arena_format(arena, "%s: %s", item, of[k]);
		if (*of[k] && records_index(said, n, item) == n) {
			said[n++] = item;
			text_item(&names, "; ", "%s", item);
		}
	}
	if (names.length)
		text_item(text, " ", "Objectives, gaps and times are of different programs: %s.",
			  names.at);
}

static void say_missing(const struct table_grid *table, struct text *text)
{
	struct arena *arena = table->records->arena;
	struct text names = text_new(arena);

	for (size_t i = 0; i < table->rows; i++)
		for (size_t b = 0; b < table->blocks; b++) {
			const struct group *group = table->row[i].group[b];

			if (!group || records_ok_count(group) == group->count)
				continue;
			text_item(&names, ", ", "%s on %s %zu of %zu",
				  style_shown(table->look, table->row[i].name, arena),
				  style_shown(table->look, group->problem, arena),
				  records_ok_count(group), group->count);
		}
	if (names.length)
		text_item(text, " ", "Cells that are ok and in the numbers: %s; of others all.",
			  names.at);
}

static void say_choice(const struct table_grid *table, struct text *text)
{
	struct arena *arena = table->records->arena;

	text_item(text, " ", "Of a swept method the ");
	if (table->best.selected)
		text_format(text, "setting selected by %s or, without selection, the one",
			    series_scores(&table->best, true, arena));
	else
		text_add(text, "setting");
	text_format(text, " with the best %s (without validation part the lowest objective).",
		    series_scores(&table->best, false, arena));
}

const char *table_sheet_note(const struct table_grid *table)
{
	struct text text = text_new(table->records->arena);

	if (table->options->caption == TABLE_NO_CAPTION)
		return "";
	say_statistic(table, &text);
	say_bold(table, &text);
	if (table->options->caption == TABLE_SHORT)
		return text.at;
	say_parts(table, &text);
	say_objectives(table, &text);
	say_missing(table, &text);
	if (table->options->settings == TABLE_BEST)
		say_choice(table, &text);
	return text.at;
}
