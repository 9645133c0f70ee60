/* Numbers of figures as JSON in the page; drawn when they are asked for. */
#include "harness/report/page/html_live.h"
#include "solvers/core/printable.h"

#include <math.h>
#include <string.h>

enum { MOST_ROWS = 300 };

/* How the page draws a layer, and which numbers of a row are x, y and y's low and high end (-1:
 * there is none). */
static const struct {
	char form; /* line, steps, points, bars, pieces of bars, area, tiles; 0: not at all */
	signed char at[4];
} layers[FIGURE_LAYERS] = {
	[FIGURE_LINE] = {'l', {0, 1, 2, 3}},     [FIGURE_STROKE] = {'l', {0, 1, -1, -1}},
	[FIGURE_LEVEL] = {'l', {0, 1, 2, 3}},    [FIGURE_STEPS] = {'s', {0, 1, -1, -1}},
	[FIGURE_RANGES] = {'p', {0, 1, 2, 3}},   [FIGURE_CROSSES] = {'p', {0, 1, 4, 5}},
	[FIGURE_BARS] = {'b', {0, 1, 2, 3}},     [FIGURE_STACK] = {'k', {0, 2, 1, 2}},
	[FIGURE_TILES] = {'t', {0, 1, 2, -1}},   [FIGURE_COUNTS] = {'t', {0, 1, 2, 3}},
	[FIGURE_BETWEEN] = {'a', {0, -1, 1, 2}}, [FIGURE_POINTS] = {'p', {0, 1, -1, -1}}};

static bool suits(const struct figure_panel *panel)
{
	bool all = figure_drawn(panel);

	for (const struct figure_curve *c = panel->first; c; c = c->next)
		all = all && (c->count == 0 || layers[c->layer].form);
	return all;
}

/* A string of JSON that holds no end of a script element. */
static void put_string(const char *text, FILE *to)
{
	char shown[PRINTABLE_BYTES];

	putc('"', to);
	while (text && *text) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == '"' || c == '\\' || c == '<') {
			fprintf(to, "\\u%04x", c);
			text++;
		} else {
			printable_next(&text, shown);
			if (*shown == '\\')
				putc('\\', to);
			fputs(shown, to);
		}
	}
	putc('"', to);
}

static void put_number(double value, FILE *to)
{
	if (isfinite(value))
		fprintf(to, "%.5g", value);
	else
		fputs("null", to);
}

/* x, y, low, high of each row; null where a row has none. */
static void put_curve(const struct figure_curve *curve, FILE *to)
{
	size_t step = curve->count / MOST_ROWS + 1, numbers = figure_numbers(curve->layer);
	bool ranged = curve->spread != STYLE_BAND_NONE && curve->spread != STYLE_BAND_POINTS;
	const struct figure_curve *named = curve->behind ? curve->behind : curve;

	fputs("{\"name\":", to);
	put_string(named->label ? named->label : named->title, to);
	fputs(",\"title\":", to);
	put_string(curve->title, to);
	fputs(",\"color\":", to);
	put_string(curve->color, to);
	fprintf(to,
		",\"form\":\"%c\",\"bars\":%d,\"width\":%.4g,\"rows\":%zu,\"step\":%zu,\"at\":[",
		layers[curve->layer].form, curve->spread == STYLE_BAND_BARS, curve->width,
		curve->count, step);
	for (size_t i = 0; i < curve->count; i += step)
		for (size_t k = 0; k < 4; k++) {
			int at = layers[curve->layer].at[k];

			if (i || k)
				putc(',', to);
			put_number(at < 0 || (k > 1 && !ranged && curve->layer != FIGURE_COUNTS)
					   ? NAN
					   : curve->at[i * numbers + (size_t)at],
				   to);
		}
	fputs("],\"cells\":[", to);
	for (size_t i = 0; i < named->cell_count; i++) {
		const struct figure_cell *cell = &named->cells[i];
		bool at_median = named != curve && isfinite(cell->x) && isfinite(cell->y);

		fprintf(to, "%s\"%s\",", i ? "," : "", cell->id);
		put_number(at_median ? NAN : cell->x, to);
		putc(',', to);
		put_number(at_median ? NAN : cell->y, to);
	}
	fputs("]}", to);
}

static void put_axis(const struct figure_axis *axis, const char *name, bool logarithmic, FILE *to)
{
	fprintf(to, ",\"%s\":{\"label\":", name);
	put_string(axis->label, to);
	fprintf(to, ",\"log\":%d,\"names\":[", logarithmic);
	for (size_t i = 0; i < axis->name_count; i++) {
		fputs(i ? "," : "", to);
		put_string(axis->names[i], to);
	}
	fputs("]}", to);
}

static void put_panel(const struct figure *figure, const struct figure_panel *panel, FILE *to)
{
	struct figure_extent x = figure_extent(panel, FIGURE_X);
	const char *gap = "";

	fputs("{\"title\":", to);
	put_string(panel->title, to);
	fputs(",\"key\":", to);
	put_string(panel->name, to);
	fputs(",\"value\":", to); /* of tiles */
	put_string(figure->bar_label, to);
	put_axis(&panel->x, "x", figure_is_log(panel->x.scale, x.low, x.high), to);
	put_axis(&panel->y, "y", figure_log_y(panel), to);
	fputs(",\"curves\":[", to);
	for (const struct figure_curve *c = panel->first; c; c = c->next)
		if (c->count) {
			fputs(gap, to);
			put_curve(c, to);
			gap = ",";
		}
	fputs("]}", to);
}

/* One way to draw it: its name and its panels. */
static void put_view(const struct figure *figure, const char *name, FILE *to)
{
	const char *gap = "";

	fputs("{\"name\":", to);
	put_string(name, to);
	fputs(",\"panels\":[", to);
	for (const struct figure_panel *p = figure->first; p; p = p->next)
		if (suits(p)) {
			fputs(gap, to);
			put_panel(figure, p, to);
			gap = ",";
		}
	fputs("]}", to);
}

void html_live(const struct plot_order *order, FILE *to)
{
	const struct figure_panel *panel = order && order->figure ? order->figure->first : NULL;

	while (panel && !suits(panel))
		panel = panel->next;
	if (!panel)
		return;
	fputs("<details class=\"live\"><summary>Values, curves and scales</summary>"
	      "<script type=\"application/json\">[",
	      to);
	put_view(order->figure, order->x_name, to);
	for (size_t i = 0; i < order->view_count; i++) {
		putc(',', to);
		put_view(order->view[i].figure, order->view[i].name, to);
	}
	fputs("]</script></details>\n", to);
}
