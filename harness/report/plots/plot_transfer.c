/* Transferred attacks: points found against the network of a row on that of a column, a panel per
 * problem and attack. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/pairs.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <string.h>

enum { ROBUST, TRANSFERRED };

struct transfer_options { /* all zero = the defaults */
	double eps;
	const char *attack;
	long value, settings;
	struct texts methods;
};

static const char *const values[] = {
	[ROBUST] = "robust_accuracy", [TRANSFERRED] = "transferred", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct transfer_options, value), .initial = "robust_accuracy",
	 .names = values,
	 .doc = "robust_accuracy: samples that the target has right without attack and at the "
		"point, and a row of the accuracy without attack; transferred: of the points that "
		"break the source, of samples that both have right, those that break the target"},
	{OPTION_FIELD(struct transfer_options, eps), .initial = "null", .range = RANGE_ABOVE(0),
	 .doc = "radius of the attacks; unset: the largest of each attack"},
	{OPTION_FIELD(struct transfer_options, attack), .initial = "null",
	 .doc = "name of the attack; unset: a panel for each"},
	{OPTION_FIELD(struct transfer_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{OPTION_FIELD(struct transfer_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default"},
	{.name = NULL},
};

/* Is the kind of this plot: its radius is the one asked for, or the largest of its attack? */
static bool is_shown(const struct transfer_options *o, const struct pairs_kinds *kinds, size_t k)
{
	const struct transfer_row *kind = kinds->first[k];

	if (o->attack && strcmp(o->attack, kind->attack) != 0)
		return false;
	if (o->eps > 0)
		return !(fabs(kind->eps - o->eps) > 0);
	for (size_t i = 0; i < kinds->count; i++)
		if (pairs_same(kinds->first[i], kind, false) && kinds->first[i]->eps > kind->eps)
			return false;
	return true;
}

/* A panel while its tiles are laid. */
struct board {
	const struct records *records;
	const struct transfer_options *o;
	const struct transfer_row *kind;
	size_t count; /* series */
	const struct series **of;
	struct figure_curve *tiles;
	size_t most; /* pairs of cells behind a tile */
};

/* A series stands in its row as a source and in its column as a target: in none without tiles. */
static bool lay(struct board *b, const bool *is_source, const bool *is_target)
{
	struct arena *arena = b->records->arena;
	double factor = b->o->value == ROBUST ? 1 : 100; /* accuracies become per cent in dress.h */
	size_t sources = 0, row = 0;

	for (size_t s = 0; s < b->count; s++)
		sources += is_source[s];
	for (size_t s = 0; s < b->count; s++) {
		size_t col = 0;

		for (size_t t = 0; t < b->count && is_source[s]; t++) {
			struct pairs_rows found;
			struct spread value;

			if (!is_target[t])
				continue;
			found = pairs_rows(b->records, b->kind, b->of[s]->group, b->of[t]->group);
			value = pairs_spread(&found, values[b->o->value], arena);
			if (value.count)
				figure_row(b->tiles,
					   (double[]){(double)col, (double)(sources - 1 - row),
						      factor * value.median});
			for (size_t i = 0; i < found.count; i++)
				figure_cell(b->tiles, (struct figure_cell){
							      found.at[i]->target_cell, (double)col,
							      (double)(sources - 1 - row)});
			if (row == 0 && found.count && b->o->value == ROBUST)
				figure_row(
					b->tiles,
					(double[]){(double)col, (double)sources,
						   pairs_spread(&found, "accuracy", arena).median});
			b->most = found.count > b->most ? found.count : b->most;
			col++;
		}
		row += is_source[s];
	}
	return b->most > 0;
}

static void name_axes(const struct board *b, const bool *is_source, const bool *is_target,
		      struct figure_panel *panel)
{
	struct arena *arena = b->records->arena;
	const char **down = ARENA_ARRAY(arena, const char *, b->count + 1);
	const char **across = ARENA_ARRAY(arena, const char *, b->count);

	for (size_t s = b->count; s-- > 0;)
		if (is_source[s])
			down[panel->y.name_count++] = b->of[s]->label;
	if (b->o->value == ROBUST)
		down[panel->y.name_count++] = "none";
	for (size_t t = 0; t < b->count; t++)
		if (is_target[t])
			across[panel->x.name_count++] = b->of[t]->label;
	panel->x.names = across;
	panel->y.names = down;
	panel->x.room = panel->y.room = 0.5;
}

/* The series of one problem that take part. */
static void add_panel(struct board *b, const char *problem, const struct series_list *list,
		      struct figure *figure)
{
	struct arena *arena = figure->arena;
	const struct transfer_row *kind = b->kind;
	bool *is_source = ARENA_ARRAY(arena, bool, list->count);
	bool *is_target = ARENA_ARRAY(arena, bool, list->count);
	bool test = strcmp(kind->part, "test") == 0;
	const char *title = arena_format(arena, "%s: %s %s%s %.4g%s%s", problem, kind->attack,
					 kind->norm, rows_units_aside(kind->units), kind->eps,
					 test ? "" : ", ", test ? "" : kind->part);
	struct figure_panel *panel;

	b->count = b->most = 0;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->at[i].group->problem, problem) == 0)
			b->of[b->count++] = &list->at[i];
	for (size_t s = 0; s < b->count; s++)
		for (size_t t = 0; t < b->count; t++)
			if (pairs_rows(b->records, kind, b->of[s]->group, b->of[t]->group).count)
				is_source[s] = is_target[t] = true;
	panel = figure_panel(figure, title, "", title);
	b->tiles = figure_curve(figure, panel,
				&(struct figure_curve){.title = title,
						       .columns = "target source share",
						       .layer = FIGURE_TILES});
	if (lay(b, is_source, is_target))
		name_axes(b, is_source, is_target, panel);
	else
		figure_drop(panel);
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct transfer_options *o = options;
	struct series_list list =
		series_of_methods(records, (enum series_settings)o->settings, 1, o->methods);
	struct pairs_kinds kinds = pairs_kinds(records);
	struct arena *arena = records->arena;
	struct board board = {.records = records,
			      .o = o,
			      .of = ARENA_ARRAY(arena, const struct series *, list.count)};
	size_t most = 0;

	figure->x = (struct figure_axis){.label = "target", .scale = FIGURE_LINEAR};
	figure->y = (struct figure_axis){.label = "points found against", .scale = FIGURE_LINEAR};
	figure->bar_label = o->value == ROBUST ? "accuracy of the target"
					       : "points that break the target too, in %";
	for (size_t k = 0; k < kinds.count; k++)
		for (size_t i = 0; i < list.count && is_shown(o, &kinds, k); i++) {
			const char *problem = list.at[i].group->problem;
			size_t seen = 0;

			while (strcmp(list.at[seen].group->problem, problem) != 0)
				seen++;
			if (seen < i)
				continue;
			board.kind = kinds.first[k];
			add_panel(&board, problem, &list, figure);
			most = board.most > most ? board.most : most;
		}
	figure->caption = arena_format(
		arena, "%s%s%s%s%s",
		o->value == ROBUST
			? "Samples that the network of the column has right without attack and at "
			  "the "
			  "point that the attack found against that of the row; on the diagonal "
			  "the "
			  "attack's own accuracy, in the row \"none\" that without attack"
			: "Of the points that break the network of the row, of samples that both "
			  "have right without attack, those that break that of the column too",
		most > 1 ? "; median of up to " : "",
		most > 1 ? records_repeats(records, most) : "", series_choice(&list, arena),
		records->transfer_outdated
			? "; rows of transfer.csv that are of other networks are left out: "
			  "`relubench transfer` computes them again"
			: "");
}

const struct plot plot_transfer = {
	.base = {"transfer", "attacks on one network given to the others: source by target", "",
		 rows, sizeof(struct transfer_options)},
	.fill = fill,
	.exported = true,
};
