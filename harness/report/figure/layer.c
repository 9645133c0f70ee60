/* How gnuplot draws the rows of a curve. */
#include "harness/report/figure/layer.h"

#include <math.h>
#include <stdlib.h>

enum { STEP_MARKERS = 6 /* along a curve */ };

enum { DASHES = 6, PIECES = 6 /* of a dash, which ends at 0 */ };

/* Pieces and gaps in widths of a line; one piece: solid. */
static const double dashes[DASHES][PIECES + 1] = {{1},          {9, 4},  {3, 3},
						  {9, 3, 2, 3}, {16, 5}, {9, 3, 2, 3, 2, 3}};

/* As gnuplot has them; of a line that is `wider` than others they are as long as theirs. */
static const char *dash_of(struct figure_style style, double wider, struct arena *arena)
{
	const double *dash = dashes[style.dash % DASHES];
	const char *text = "(";

	if (!(dash[1] > 0))
		return "1";
	for (size_t i = 0; dash[i] > 0; i++)
		text = arena_format(arena, "%s%s%.4g", text, i ? "," : "", dash[i] / wider);
	return arena_format(arena, "%s)", text);
}

/* A curve whose data are written. */
struct drawn {
	struct script *script;
	const struct figure_panel *panel;
	const struct figure_curve *curve;
	const struct layer_colours *colours;
	size_t block;
	double width; /* of its lines */
	double size;  /* of its markers, as a factor */
	const char *colour, *dash;
	int point;
};

static void put_band(const struct drawn *d)
{
	script_item(d->script,
		    "data index %zu using 1:3:4 with filledcurves fc rgb '%s' fs transparent solid "
		    "0.18 noborder",
		    d->block, d->colour);
}

/* gnuplot's expression of x: shifted so that curves do not hide each other. */
static const char *place_of(const struct drawn *d)
{
	struct figure_extent x = figure_extent(d->panel, FIGURE_X);
	double shift = d->curve->shift;

	if (!(shift > 0 || shift < 0))
		return "1";
	if (figure_is_log(d->panel->x.scale, x.bottom, x.high))
		return arena_format(d->curve->arena, "($1*%.6g)", pow(x.high / x.bottom, shift));
	return arena_format(d->curve->arena, "($1+%.6g)", (x.high - x.bottom) * shift);
}

static void draw_line(const struct drawn *d)
{
	size_t every = figure_marker_step(d->curve, d->curve->count);
	const char *place = place_of(d);

	if (d->curve->spread == STYLE_BAND_AREA)
		put_band(d);
	if (d->curve->spread == STYLE_BAND_BARS)
		script_item(
			d->script,
			"data index %zu every %zu using %s:2:3:4 with yerrorbars lc rgb '%s' lw "
			"%g pt 0",
			d->block, every, place, d->colour, d->width / 2);
	script_item(d->script,
		    "data index %zu using %s:2 with linespoints lc rgb '%s' lw %g dt %s pt %d ps "
		    "%g pi %zu",
		    d->block, place, d->colour, d->width, d->dash, d->point, 0.8 * d->size, every);
}

static void draw_stroke(const struct drawn *d)
{
	script_item(d->script, "data index %zu using 1:2 with lines lc rgb '%s' lw %g dt %s",
		    d->block, d->colour, d->curve->width, d->dash);
}

static void draw_level(const struct drawn *d)
{
	if (d->curve->spread == STYLE_BAND_AREA)
		put_band(d);
	if (d->curve->spread == STYLE_BAND_BARS) /* at the right end */
		script_item(d->script,
			    "data index %zu every ::1 using 1:2:3:4 with yerrorbars lc rgb '%s' lw "
			    "%g pt 0",
			    d->block, d->colour, d->width / 2);
	script_item(d->script, "data index %zu using 1:2 with lines lc rgb '%s' lw %g dt %s",
		    d->block, d->colour, d->width, d->dash);
}

static void draw_steps(const struct drawn *d)
{
	script_item(d->script, "data index %zu using 1:2 with steps lc rgb '%s' lw %g dt %s",
		    d->block, d->colour, d->width, d->dash);
	script_item(
		d->script, "data index %zu every %zu using 1:2 with points lc rgb '%s' pt %d ps %g",
		d->block, d->curve->count / STEP_MARKERS + 1, d->colour, d->point, 0.8 * d->size);
}

static void draw_between(const struct drawn *d)
{
	script_item(d->script,
		    "data index %zu using 1:2:3 with filledcurves fc rgb '%s' fs transparent solid "
		    "0.2 noborder",
		    d->block, d->colour);
}

static void draw_ranges(const struct drawn *d)
{
	if (d->curve->spread == STYLE_BAND_AREA)
		put_band(d);
	if (d->curve->spread == STYLE_BAND_BARS)
		script_item(d->script,
			    "data index %zu using 1:2:3:4 with yerrorbars lc rgb '%s' lw 1 pt 0",
			    d->block, d->colour);
	script_item(d->script, "data index %zu using 1:2 with points lc rgb '%s' pt %d ps %g",
		    d->block, d->colour, d->point, 0.9 * d->size);
}

static void draw_crosses(const struct drawn *d)
{
	if (d->curve->spread == STYLE_BAND_BARS)
		script_item(d->script,
			    "data index %zu using 1:2:3:4:5:6 with xyerrorbars lc rgb '%s' lw 0.7 "
			    "pt %d ps "
			    "0.1",
			    d->block, d->colour, d->point);
	script_item(d->script, "data index %zu using 1:2 with points lc rgb '%s' pt %d ps %g",
		    d->block, d->colour, d->point, 1.1 * d->size);
}

static void draw_bars(const struct drawn *d)
{
	script_item(d->script, "data index %zu using 1:2:(%.4f) with boxes fs solid fc rgb '%s'",
		    d->block, 0.92 * d->curve->width, d->colour);
	if (d->curve->spread == STYLE_BAND_BARS)
		script_item(d->script,
			    "data index %zu using 1:3:(0):($4-$3) with vectors heads size screen "
			    "0.003,90 "
			    "lw 1 lc rgb '#333333'",
			    d->block);
}

static void draw_stack(const struct drawn *d)
{
	script_item(d->script,
		    "data index %zu using 1:2:($1-0.32):($1+0.32):2:3 with boxxyerror fs solid "
		    "noborder fc rgb '%s'",
		    d->block, d->colour);
}

/* Numbers are white on the dark half of the colours, black on the other. */
static void draw_tiles(const struct drawn *d)
{
	script_item(d->script,
		    "data index %zu using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with "
		    "boxxyerror fs solid noborder lc palette",
		    d->block);
	for (int dark = 0; d->colours->numbers && dark < 2; dark++)
		script_item(d->script,
			    "data index %zu using 1:($3 %s %.9g ? $2 : NaN):(sprintf('%%.3g', $3)) "
			    "with labels font ',10' tc rgb '%s'",
			    d->block, dark ? "<=" : ">", d->colours->middle,
			    dark ? "#ffffff" : "#000000");
}

/* Count above, share below; the count alone where there is no room for both. */
static void draw_counts(const struct drawn *d)
{
	script_item(d->script,
		    "data index %zu using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with "
		    "boxxyerror fs solid noborder lc palette",
		    d->block);
	for (int dark = 0; d->colours->lines > 0 && dark < 2; dark++)
		script_item(d->script,
			    "data index %zu using 1:($3 %s %.9g ? $2 : NaN):(sprintf('%s', $4, "
			    "$3)) with labels offset 0, %s font ',9' tc rgb '%s'",
			    d->block, dark ? "<=" : ">", d->colours->middle,
			    d->colours->lines > 1 ? "%.0f\\n%.0f %%" : "%.0f",
			    /* the SVG terminal begins at the middle */
			    d->colours->lines > 1 ? "form eq 'svg' ? 0.5 : 0" : "0",
			    dark ? "#ffffff" : "#000000");
}

static void draw_signs(const struct drawn *d)
{
	script_item(d->script, "data index %zu using 1:2:3 with image", d->block);
}

static void draw_pieces(const struct drawn *d)
{
	script_item(d->script, "data index %zu using 1:2 with lines lw 1.6 lc rgb '%s'", d->block,
		    d->colour);
}

static void draw_dots(const struct drawn *d)
{
	if (d->curve->band)
		script_item(d->script,
			    "data index %zu using 1:2:3:4 with boxxyerror lc rgb '%s' lw 0.6 fs "
			    "empty border",
			    d->block, d->colour);
	script_item(d->script, "data index %zu using 1:2 with points pt %d ps 0.45 lc rgb '%s'",
		    d->block, d->point, d->colour);
}

static void draw_pixels(const struct drawn *d)
{
	script_item(d->script, "data index %zu using 1:2:3:4:5 with rgbimage", d->block);
}

/* On bars they are dark, as ranges are there. */
static void draw_points(const struct drawn *d)
{
	script_item(d->script, "data index %zu using %s:2 with points pt 7 ps 0.45 lc rgb '%s'",
		    d->block, place_of(d),
		    d->curve->behind->layer == FIGURE_BARS ? "#333333" : d->colour);
}

/* What stands in the legend. */
enum mark { MARK_LINE, MARK_STROKE, MARK_BAR, MARK_POINT };

static const struct {
	void (*draw)(const struct drawn *drawn);
	enum mark mark;
} layers[FIGURE_LAYERS] = {
	[FIGURE_LINE] = {draw_line, MARK_LINE},        [FIGURE_STROKE] = {draw_stroke, MARK_STROKE},
	[FIGURE_LEVEL] = {draw_level, MARK_STROKE},    [FIGURE_STEPS] = {draw_steps, MARK_LINE},
	[FIGURE_BETWEEN] = {draw_between, MARK_BAR},   [FIGURE_RANGES] = {draw_ranges, MARK_LINE},
	[FIGURE_CROSSES] = {draw_crosses, MARK_POINT}, [FIGURE_BARS] = {draw_bars, MARK_BAR},
	[FIGURE_STACK] = {draw_stack, MARK_BAR},       [FIGURE_TILES] = {draw_tiles, MARK_BAR},
	[FIGURE_COUNTS] = {draw_counts, MARK_BAR},     [FIGURE_SIGNS] = {draw_signs, MARK_BAR},
	[FIGURE_REGIONS] = {draw_signs, MARK_BAR},     [FIGURE_PIECES] = {draw_pieces, MARK_STROKE},
	[FIGURE_DOTS] = {draw_dots, MARK_POINT},       [FIGURE_POINTS] = {draw_points, MARK_POINT},
	[FIGURE_PIXELS] = {draw_pixels, MARK_BAR}};

void layer_numbers(struct layer_colours *colours, const struct figure_panel *panel, double width,
		   double height)
{
	const double number = 34, count = 30, line = 13; /* with the space around them */
	double columns = (double)panel->x.name_count + 3,
	       rows = fmax(1, (double)panel->y.name_count);

	colours->numbers = width > number * columns;
	colours->lines = width > count * columns ? (int)fmin(2, height / line / rows) : 0;
}

void layer_write(struct script *script, const struct figure_panel *panel,
		 const struct figure_curve *curve, const struct layer_colours *shared)
{
	struct arena *arena = curve->arena;
	const char *title = *panel->name ? arena_format(arena, "%s: %s", panel->name, curve->title)
					 : curve->title;
	size_t columns = figure_numbers(curve->layer);
	/* what lies on it would hide it, unless they are side by side */
	double below = curve->shift < 0 || curve->shift > 0 ? 0 : fmin(4, (double)curve->below);
	struct drawn drawn = {.script = script,
			      .panel = panel,
			      .curve = curve,
			      .colours = shared,
			      .block = script_block(script, title, curve->columns),
			      .width = (1 + below) * shared->width,
			      .size = 1 + 0.5 * below,
			      .colour = curve->color,
			      .dash = dash_of(curve->style, 1 + below, arena),
			      .point = curve->mark};

	for (size_t i = 0; i < curve->count; i++) {
		script_row(script, columns, curve->at + i * columns);
		if (curve->layer == FIGURE_PIECES && i % 2)
			putc('\n', script->dat);
	}
	layers[curve->layer].draw(&drawn);
}

void layer_sample(struct script *script, const struct layer_sample *s)
{
	enum mark mark = layers[s->layer].mark;
	const char *colour = s->color;

	if (mark == MARK_BAR)
		fprintf(script->gp,
			"set object rectangle from screen %.5f,%.5f to screen %.5f,%.5f "
			"fc rgb '%s' fs solid noborder\n",
			s->x, s->y - s->half, s->end, s->y + s->half, colour);
	if (mark == MARK_LINE || mark == MARK_STROKE)
		fprintf(script->gp,
			"set arrow from screen %.5f,%.5f to screen %.5f,%.5f nohead lc rgb '%s' lw "
			"%g dt %s\n",
			s->x, s->y, s->end, s->y, colour, s->width + (s->odd ? 0.01 : 0),
			dash_of(s->style, 1, s->arena));
	if (mark == MARK_LINE || mark == MARK_POINT)
		fprintf(script->gp,
			"set label at screen %.5f,%.5f '' point pt %d ps 0.8 lc rgb '%s'\n",
			(s->x + s->end) / 2, s->y, s->mark, colour);
}

/* A fifth of a colour "#RRGGBB" and four of white. */
static unsigned pale_of(const char *colour)
{
	enum { BITS = 8, BYTE = 255, WHITE = 4, PARTS = 5, HEX = 16 };
	unsigned whole = (unsigned)strtoul(colour + 1, NULL, HEX), pale = 0;

	for (int shift = 0; shift < 3 * BITS; shift += BITS)
		pale |= ((whole >> shift & BYTE) + WHITE * BYTE) / PARTS << shift;
	return pale;
}

/* One colour for each class: bands of the palette, half a number to both sides. */
static void prepare_regions(struct script *script, const struct figure_panel *panel)
{
	size_t class = 0;

	fputs("set palette maxcolors 0\nset palette defined (", script->gp);
	for (const struct figure_curve *c = panel->first; c; c = c->next)
		if (c->layer == FIGURE_DOTS) {
			fprintf(script->gp, "%s%g '#%06X', %g '#%06X'", class ? ", " : "",
				(double)class - 0.5, pale_of(c->color), (double)class + 0.5,
				pale_of(c->color));
			class ++;
		}
	fprintf(script->gp, ")\nset cbrange [-0.5:%g]\nunset colorbox\n", (double)class - 0.5);
}

void layer_prepare(struct script *script, const struct figure_panel *panel)
{
	const struct figure_curve *curve = panel->first;

	while (curve &&
	       ((curve->layer != FIGURE_SIGNS && curve->layer != FIGURE_REGIONS) || !curve->count))
		curve = curve->next;
	if (curve && curve->layer == FIGURE_REGIONS)
		prepare_regions(script, panel);
	else if (curve)
		fputs("set palette defined (-1 '#FBE6D8', 1 '#D6E8F5')\nset cbrange [-1:1]\n"
		      "unset colorbox\n",
		      script->gp);
}

static bool is_tiles(enum figure_layer layer)
{
	return layer == FIGURE_TILES || layer == FIGURE_COUNTS;
}

struct layer_colours layer_colours(const struct figure *figure)
{
	struct layer_colours out = {.low = HUGE_VAL, .high = -HUGE_VAL};
	enum { VALUE = 2 /* of a row of tiles */ };

	for (const struct figure_panel *p = figure->first; p; p = p->next)
		for (const struct figure_curve *c = p->first; c; c = c->next)
			for (size_t i = 0; is_tiles(c->layer) && i < c->count; i++) {
				double value = c->at[i * figure_numbers(c->layer) + VALUE];

				out.used = true;
				out.low = fmin(out.low, value);
				out.high = fmax(out.high, value);
			}
	if (figure->bar_end > 0) {
		out.low = 0;
		out.high = figure->bar_end;
	}
	out.logarithmic = figure_wants_log(out.low, out.high);
	out.middle = out.logarithmic ? sqrt(out.low * out.high) : (out.low + out.high) / 2;
	return out;
}
