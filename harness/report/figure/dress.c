/* A style put on a figure. */
#include "harness/report/figure/dress.h"

#include <math.h>
#include <string.h>

/* Okabe and Ito's set (Color Universal Design, 2008); yellow, which is faint on white, is replaced
 * by grey. Curves also differ by dashes and markers. */
static const char *const palettes[][FIGURE_COLOURS] = {
	[STYLE_LIGHT] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9",
			 "#000000", "#8C8C8C"},
	[STYLE_DARK] = {"#4FA8DC", "#F0803C", "#2FC79B", "#E3A2C8", "#F2BC4B", "#8FD0F5", "#F0F0F0",
			"#A0A0A0"},
	[STYLE_GREY] = {"#000000", "#7A7A7A", "#3D3D3D", "#A3A3A3", "#5C5C5C", "#BDBDBD", "#1F1F1F",
			"#8C8C8C"}};

/* gnuplot's numbers: circle, square, triangles, diamond, and their outlines. */
static const int forms[] = {7, 5, 9, 13, 11, 6, 4, 8, 12, 10};

struct dress_theme dress_theme(const struct style *look)
{
	if (look->theme == STYLE_DARK)
		return (struct dress_theme){"#1B1B1B", "#EDEDED", "#B5B5B5", "#BDBDBD", "#3A3A3A"};
	return (struct dress_theme){"white", "#000000", "#555555", "#444444", "#e4e4e4"};
}

struct dress {
	struct figure *figure;
	const struct style *look;
	struct arena *arena;
	bool *labels, *colors, *marks; /* that something had */
};

/* The text of a name in a map, noted as used; NULL: it is not there. */
static const char *text_of(const struct text_map *map, bool *used, const char *name,
			   const char **rest)
{
	const char *text = name ? style_find(map, name, rest) : NULL;

	for (size_t i = 0; text && i < map->count; i++)
		if (map->at[i].text == text)
			used[i] = true;
	return text;
}

/* Of "admm, test accuracy" both parts can have a text. */
static const char *shown(const struct dress *d, const char *name)
{
	const char *rest, *text = text_of(&d->look->labels, d->labels, name, &rest), *comma;

	if (!name || (text && !*rest))
		return text ? text : name;
	rest = text ? rest : name;
	comma = strstr(rest, ", ");
	if (!comma)
		return text ? arena_format(d->arena, "%s%s", text, rest) : name;
	return arena_format(d->arena, "%s%.*s, %s", text ? text : "", (int)(comma - rest), rest,
			    shown(d, comma + strlen(", ")));
}

static const char *color_of(const struct dress *d, const char *label, struct figure_style style)
{
	const char *rest, *given = text_of(&d->look->colors, d->colors, label, &rest);

	return given ? style_color(given) : palettes[d->look->theme][style.colour % FIGURE_COLOURS];
}

/* Of a method all settings have its mark. */
static int mark_of(const struct dress *d, const char *label, size_t form)
{
	const size_t count = sizeof forms / sizeof *forms;
	const char *rest, *given = text_of(&d->look->marks, d->marks, label, &rest);
	size_t index = given ? (size_t)style_mark(given) : form % count;

	return index < count ? forms[index] : 0;
}

static void set_range(struct figure_axis *axis, const struct reals *range)
{
	if (range->count != 2)
		return;
	axis->starts = axis->ends = true;
	axis->low = range->at[0];
	axis->high = range->at[1];
	axis->share = false;
}

/* What is a share in the records and per cent in figures: accuracies, F1, recalls. */
static bool is_percent(const char *label)
{
	return strstr(label, "accuracy") || strstr(label, "macro f1") || strstr(label, "recall");
}

/* Axes of such a label. */
static void to_percent(const struct dress *d, struct figure_panel *panel, struct figure_axis *axis,
		       char role)
{
	if (axis->ratio || !axis->label || !is_percent(axis->label) || strchr(axis->label, '%') ||
	    axis->names)
		return;
	axis->label = arena_format(d->arena, "%s in %%", axis->label);
	axis->low *= 100;
	axis->high *= 100;
	axis->percent = true;
	if (axis->scale == FIGURE_AUTO) /* of a share near 0 a decade is no news */
		axis->scale = FIGURE_LINEAR;
	for (struct figure_curve *c = panel->first; c; c = c->next) {
		const char *roles = figure_roles(c->layer);
		size_t columns = strlen(roles);

		for (size_t k = 0; k < c->count * columns; k++)
			if (roles[k % columns] == role)
				c->at[k] *= 100;
		for (size_t k = 0; k < c->cell_count; k++)
			*(role == 'x' ? &c->cells[k].x : &c->cells[k].y) *= 100;
	}
}

/* What shows the range of a curve, if it is of a layer that has one; `few`: values of x. */
static enum style_band spread_of(const struct dress *d, const struct figure_curve *curve, bool few)
{
	enum style_band band = (enum style_band)d->look->band;
	bool line = curve->layer == FIGURE_LINE, level = curve->layer == FIGURE_LEVEL;
	/* an area has no place there */
	bool apart = curve->layer == FIGURE_CROSSES || curve->layer == FIGURE_BARS;

	if (!line && !level && !apart && curve->layer != FIGURE_RANGES)
		return STYLE_BAND_AUTO;
	if (figure_shows_points(d->figure))
		return STYLE_BAND_POINTS;
	if (line && !curve->band)
		return STYLE_BAND_NONE;
	if (band == STYLE_BAND_AUTO)
		return level || (line && !few) ? STYLE_BAND_AREA : STYLE_BAND_BARS;
	return band == STYLE_BAND_AREA && apart ? STYLE_BAND_BARS : band;
}

/* Of a line's repetitions those at its markers stay; a logarithmic axis has no place for x <= 0. */
static void thin_points(const struct figure_panel *panel, const struct figure_curve *line)
{
	size_t columns = figure_numbers(line->layer), first = 0, kept = 0, step;
	struct figure_curve *points = line->points;

	while (panel->x.scale == FIGURE_LOGARITHMIC && first < line->count &&
	       line->at[first * columns] <= 0)
		first++;
	step = figure_marker_step(line, line->count - first);
	for (size_t i = 0; i < points->count; i++)
		for (size_t k = first; k < line->count; k += step)
			if (!(line->at[k * columns] < points->at[2 * i]) &&
			    !(line->at[k * columns] > points->at[2 * i])) {
				memmove(points->at + 2 * kept++, points->at + 2 * i,
					2 * sizeof *points->at);
				break;
			}
	points->count = kept;
}

/* The least distance of two values of x on lines, as a share of the axis. */
static double closest(const struct figure_panel *panel)
{
	struct figure_extent x = figure_extent(panel, FIGURE_X);
	bool logarithmic = figure_is_log(panel->x.scale, x.bottom, x.high);
	double least = 1;

	for (const struct figure_curve *c = panel->first; c; c = c->next)
		for (size_t i = 1; c->layer == FIGURE_LINE && i < c->count; i++) {
			const double *row = c->at + i * figure_numbers(c->layer);
			double a = row[-(ptrdiff_t)figure_numbers(c->layer)], b = row[0];
			double share = fabs(figure_share(b, x, logarithmic) -
					    figure_share(a, x, logarithmic));

			if (share > 0)
				least = fmin(least, share);
		}
	return least;
}

/* Decide how ranges are shown: repetitions come behind their curves, bars and repetitions at few
 * values of x side by side. */
static void show_spreads(const struct dress *d, struct figure_panel *panel)
{
	const double STEP = 0.012; /* of the axis */
	enum { FEW = 12 };
	size_t beside = 0, at = 0, most = 0;
	bool areas = false;
	double step;

	for (const struct figure_curve *c = panel->first; c; c = c->next)
		areas = areas || (c->layer == FIGURE_BETWEEN && c->count);
	for (const struct figure_curve *c = panel->first; c; c = c->next)
		most = c->layer == FIGURE_LINE && c->count > most ? c->count : most;
	for (struct figure_curve *c = panel->first, **link = &panel->first; c;
	     link = &c->next, c = c->next) {
		c->spread = spread_of(d, c, most <= FEW);
		beside += c->layer == FIGURE_LINE && c->count && c->spread >= STYLE_BAND_BARS;
		if (c->spread == STYLE_BAND_POINTS && c->points) {
			if (c->layer == FIGURE_LINE)
				thin_points(panel, c);
			c->points->next = c;
			*link = c->points;
		}
	}
	/* those at one value of x stay together, and at areas that end in them */
	step = beside && !areas ? fmin(STEP, closest(panel) / (double)(4 * beside)) : 0;
	for (struct figure_curve *c = panel->first; c && most <= FEW; c = c->next) {
		if (c->layer != FIGURE_LINE || !c->count || c->spread < STYLE_BAND_BARS)
			continue;
		c->shift = step * ((double)at++ - (double)(beside - 1) / 2);
		if (c->points)
			c->points->shift = c->shift;
	}
}

static void dress_panel(struct dress *d, struct figure_panel *panel)
{
	const struct style *look = d->look;

	show_spreads(d, panel);
	to_percent(d, panel, &panel->x, 'x');
	to_percent(d, panel, &panel->y, 'y');
	panel->title = shown(d, panel->title);
	panel->x.label = look->x_label ? look->x_label : shown(d, panel->x.label);
	panel->y.label = look->y_label ? look->y_label : shown(d, panel->y.label);
	set_range(&panel->x, &look->x_range);
	set_range(&panel->y, &look->y_range);
	if (panel->x.names) {
		const char **names = ARENA_ARRAY(d->arena, const char *, panel->x.name_count);

		for (size_t i = 0; i < panel->x.name_count; i++)
			names[i] = shown(d, panel->x.names[i]);
		panel->x.names = names;
	}
	for (struct figure_curve *c = panel->first; c; c = c->next) {
		const struct figure_curve *of = c->behind ? c->behind : c;
		const char *name = of->label ? of->label : of->title;

		c->color = color_of(d, name, of->style);
		c->mark = mark_of(d, name, of->marker ? of->marker - 1 : of->style.dash);
	}
	for (struct figure_curve *c = panel->first; c; c = c->next)
		c->label = shown(d, c->label);
}

static void add_unused(const struct dress *d, const struct text_map *map, const bool *used,
		       const char *kind, struct figure_name *to)
{
	const char *rest;

	for (size_t i = 0; i < map->count; i++) /* of equal names the first one counts */
		if (!used[i] && style_find(map, map->at[i].key, &rest) == map->at[i].text)
			to[d->figure->unused_count++] = (struct figure_name){kind, map->at[i].key};
}

/* The same of the colours of tiles. */
static void bar_to_percent(const struct dress *d)
{
	enum { VALUE = 2 };
	struct figure *figure = d->figure;

	if (!figure->bar_label || !is_percent(figure->bar_label))
		return;
	figure->bar_label = arena_format(d->arena, "%s in %%", figure->bar_label);
	for (struct figure_panel *p = figure->first; p; p = p->next)
		for (struct figure_curve *c = p->first; c; c = c->next)
			for (size_t i = 0; c->layer == FIGURE_TILES && i < c->count; i++)
				c->at[i * figure_numbers(c->layer) + VALUE] *= 100;
}

void dress_figure(struct figure *figure)
{
	const struct style *look = figure->look;
	struct dress d = {.figure = figure, .look = look, .arena = figure->arena};
	struct figure_name *unused;

	d.labels = ARENA_ARRAY(d.arena, bool, look->labels.count + 1);
	d.colors = ARENA_ARRAY(d.arena, bool, look->colors.count + 1);
	d.marks = ARENA_ARRAY(d.arena, bool, look->marks.count + 1);
	for (struct figure_panel *panel = figure->first; panel; panel = panel->next)
		dress_panel(&d, panel);
	bar_to_percent(&d);
	if (figure->extra) {
		struct figure_entry *extra = ARENA_NEW(d.arena, struct figure_entry);

		*extra = *figure->extra;
		extra->color = color_of(&d, extra->label, extra->style);
		extra->mark = mark_of(&d, extra->label, extra->style.dash);
		extra->label = shown(&d, extra->label);
		figure->extra = extra;
	}
	figure->unused = unused =
		ARENA_ARRAY(d.arena, struct figure_name,
			    look->labels.count + look->colors.count + look->marks.count + 1);
	add_unused(&d, &look->labels, d.labels, "label", unused);
	add_unused(&d, &look->colors, d.colors, "colour", unused);
	add_unused(&d, &look->marks, d.marks, "mark", unused);
}
