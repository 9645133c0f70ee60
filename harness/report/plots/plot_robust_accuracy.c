/* Robust accuracy against eps: a line per method and attack, a panel per data set, norm and units.
 */
#include "harness/report/figure/plot.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/panels.h"

#include <math.h>
#include <string.h>

struct robust_options { /* all zero = the defaults */
	long attacks, settings, part;
};

enum attacks { ATTACKS_AUTO, ATTACKS_EACH, ATTACKS_WORST };

static const char *const attacks_names[] = {"auto", "each", "worst", NULL};

static const char *const part_names[] = {"test", "train", "validation", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct robust_options, attacks), .initial = "auto", .names = attacks_names,
	 .doc = "a line for each attack, or one for the lowest accuracy over the attacks; auto: "
		"each "
		"where that stays readable"},
	{OPTION_FIELD(struct robust_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{OPTION_FIELD(struct robust_options, part), .initial = "test", .names = part_names,
	 .doc = "part of the data: of attacks and certificates with that `part`"},
	{.name = NULL},
};

/* The radii of one attack over the members of a group, ascending, each once. */
static size_t radii_of(const struct group *group, const struct attack_kind *kind, double **out,
		       struct arena *arena)
{
	size_t total = 0, count = 0, here;
	double *eps;

	for (size_t i = 0; i < group->count; i++) {
		attacks_rows(group->member[i], kind, &here);
		total += here;
	}
	eps = ARENA_ARRAY(arena, double, total);
	for (size_t i = 0; i < group->count; i++) {
		const struct attack_row *row = attacks_rows(group->member[i], kind, &here);

		for (size_t j = 0; j < here; j++)
			if (attacks_match(&row[j], kind))
				eps[count++] = row[j].eps;
	}
	*out = eps;
	return sample_distinct(eps, count);
}

/* With several attacks the colour is the method, and the attack sets dash and marker: others for
 * methods whose colour comes again. */
static struct figure_style style_of(const struct series *series, size_t kind, size_t kinds)
{
	size_t round = kinds > 1 ? series->entry / FIGURE_COLOURS : series->entry;

	return (struct figure_style){series->colour, round * kinds + kind};
}

static void add_line(struct figure *figure, struct figure_panel *panel, const struct series *s,
		     const struct attack_kinds *kinds, size_t k)
{
	struct arena *arena = figure->arena;
	struct attack_kind at = kinds->at[k];
	const char *both = arena_format(arena, "%s, %s", s->label, at.label);
	const struct figure_curve like = {.title = both,
					  .columns = "eps robust_accuracy low high",
					  .label = kinds->count > 1 ? both : s->label,
					  .entry = s->entry * kinds->count + k,
					  .style = style_of(s, k, kinds->count),
					  /* an area would be taken for the one below the attacks */
					  .band = !at.certified ||
						  figure->look->band == STYLE_BAND_BARS,
					  .every = true};
	struct figure_curve *line = figure_curve(figure, panel, &like);
	double *eps;
	size_t count = radii_of(s->group, &at, &eps, arena);

	at.eps = 0;
	if (count && eps[0] > 0) { /* the clean accuracy is the value at eps = 0 */
		figure_spread(line, 0, stat_group(s->group, attacks_clean, &at, arena));
		panels_points(line, 0, s->group, attacks_clean, &at);
	}
	for (size_t i = 0; i < count; i++) {
		struct spread robust;

		at.eps = eps[i];
		robust = panels_robust(s->group, &at, arena);
		if (robust.count > 0)
			figure_spread(line, eps[i], robust);
		panels_points(line, eps[i], s->group, attacks_robust, &at);
	}
	panels_cells(line, s->group, NAN, NAN);
}

/* The area between the lowest attacked accuracy and the certified one, where the truth lies. */
static void add_area(struct figure *figure, struct figure_panel *panel, const struct series *s,
		     const struct attack_kinds *kinds, size_t k)
{
	struct arena *arena = figure->arena;
	struct attack_kind below = kinds->at[k], above = kinds->at[k];
	const struct figure_curve like = {
		.title = arena_format(arena, "%s, between %s and attacked", s->label, below.label),
		.columns = "eps certified attacked",
		.layer = FIGURE_BETWEEN,
		.style = style_of(s, k, kinds->count)};
	struct figure_curve *area = figure_curve(figure, panel, &like);
	double *eps;
	size_t count = radii_of(s->group, &below, &eps, arena);

	above.certified = false;
	for (size_t i = 0; i < count; i++) {
		double row[] = {eps[i], 0, 0};

		below.eps = above.eps = eps[i];
		row[1] = stat_group(s->group, attacks_robust, &below, arena).median;
		row[2] = stat_group(s->group, attacks_robust, &above, arena).median;
		if (!isnan(row[1]) && !isnan(row[2]))
			figure_row(area, row);
	}
	panels_cells(area, s->group, NAN, NAN);
}

/* All attacks, or the lowest accuracy over them if the lines would be too many; and below them what
 * is certified. */
static struct attack_kinds choose_kinds(const struct robust_options *o,
					const struct records *records)
{
	struct attack_kinds all, certified;
	struct series_list best = series_of(records, SERIES_BEST, 1);
	size_t most = 0;

	attacks_of_part(records, o->part ? part_names[o->part] : NULL, &all, &certified);
	for (size_t i = 0; i < records->data_count; i++) {
		size_t here = series_count(&best, records->data[i]) * (all.count + certified.count);

		most = here > most ? here : most;
	}
	if (o->attacks == ATTACKS_WORST || (o->attacks == ATTACKS_AUTO && most > SERIES_READABLE))
		all = attacks_worst(&all, records->arena);
	return attacks_join(&all, &certified, records->arena);
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct robust_options *o = options;
	struct arena *arena = records->arena;
	struct attack_kinds kinds = choose_kinds(o, records);
	struct series_list list =
		series_of(records, (enum series_settings)o->settings, kinds.count);
	const char *part = !o->part ? "" : arena_format(arena, "; %s part", part_names[o->part]);

	figure->y.label = "robust accuracy";
	figure->y.share = true;
	for (size_t i = 0; i < list.count; i++) {
		const char *data = list.at[i].group->data;

		for (size_t k = 0; k < kinds.count; k++) {
			const struct attack_kind *kind = &kinds.at[k];
			struct figure_panel *panel = figure_panel(
				figure,
				arena_format(arena, "%s\n%s\n%s", data, kind->norm, kind->units),
				data, series_title(records, data));

			panel->x.label = arena_format(arena, "eps (%s, %s%s)", kind->norm,
						      rows_units_text(kind->units), part);
			if (kind->certified)
				add_area(figure, panel, &list.at[i], &kinds, k);
			add_line(figure, panel, &list.at[i], &kinds, k);
		}
	}
	figure->caption = arena_format(
		arena, "%s%s%s%s%s", series_caption(&list, figure),
		list.repeats <= 1 && figure_shows_range(figure) ? "; range: Wilson 95 % interval"
								: "",
		part,
		kinds.count && !kinds.at[0].attack ? "; the lowest accuracy over the attacks" : "",
		kinds.count && kinds.at[kinds.count - 1].certified
			? "; darker: between attacked and certified accuracy"
			: "");
}

const struct plot plot_robust_accuracy = {
	.base = {"robust_accuracy", "accuracy under attack against the radius eps", "", rows,
		 sizeof(struct robust_options)},
	.fill = fill,
};
