/* Layout, legend and caption of a figure. */
#include "harness/report/figure/canvas.h"
#include "harness/report/figure/axis.h"
#include "harness/report/figure/layer.h"
#include "harness/report/figure/script.h"
#include "harness/report/records/ending.h"
#include "harness/report/records/mixed.h"
#include "solvers/core/printable.h"

#include <math.h>
#include <string.h>

/* Pixels of the drawing; the other forms scale with it. */
#define PANEL_WIDTH 440.0
#define PANEL_HEIGHT 330.0
#define SINGLE_WIDTH 680.0 /* one panel alone */
#define SINGLE_HEIGHT 400.0
#define SQUARE_SIDE 250.0 /* of the plotting area alone */
#define SQUARE_ALONE 400.0
#define MARGIN_LEFT 80.0
#define MARGIN_RIGHT 16.0
#define MARGIN_TOP 34.0
#define MARGIN_BOTTOM 56.0
#define BAR_ROOM 54.0 /* of the colour bar */
#define BAR_LEFT 80.0
#define BAR_WIDTH 260.0
#define BAR_HEIGHT 10.0
#define TILE_TEXT 34.0 /* of a tile that shows its number */
#define LEGEND_ROW 20.0
#define LEGEND_SAMPLE 44.0 /* the piece of line before a label */
#define LEGEND_CHARACTER 7.4
#define TITLE_CHARACTER 7.0
#define SVG_LETTERS 13.0 /* sizes of letters, as write_terminals sets them */
#define OTHER_LETTERS 10.0
#define CAPTION_ROW 16.0
#define CAPTION_CHARACTER 5.9

enum { SQUARE_COLUMNS = 3, MOST_IN_ROW = 4, CAPTION_LINES = 12, LINE_BYTES = 512 };

struct canvas {
	struct script script;
	const struct figure *figure;
	struct layer_colours colours;
	int angle;   /* of names */
	double room; /* below each panel, of turned names and the colour bar */
	size_t panels, columns, rows, entries, legend_columns;
	struct figure_entry *entry; /* of the legend */
	double width, height, panel_width, panel_height;
	size_t lines; /* of the caption */
	char line[CAPTION_LINES][LINE_BYTES];
};

/* --- legend and caption ----------------------------------------------------------------------- */

/* Each label once, in the order that the curves ask for. */
static void collect_entries(struct canvas *canvas)
{
	const struct figure *figure = canvas->figure;
	const struct figure_curve **of;
	size_t room = 1;

	for (const struct figure_panel *p = figure->first; p; p = p->next)
		for (const struct figure_curve *c = p->first; c; c = c->next)
			room++;
	canvas->entry = ARENA_ARRAY(figure->arena, struct figure_entry, room);
	of = ARENA_ARRAY(figure->arena, const struct figure_curve *, room);
	for (const struct figure_panel *p = figure->first; p; p = p->next)
		for (const struct figure_curve *c = p->first; c; c = c->next) {
			size_t at = 0;

			while (at < canvas->entries &&
			       (!c->label || strcmp(of[at]->label, c->label) != 0))
				at++;
			if (!c->label || !c->count || at < canvas->entries)
				continue;
			for (at = canvas->entries++; at > 0 && of[at - 1]->entry > c->entry; at--)
				of[at] = of[at - 1];
			of[at] = c;
		}
	for (size_t i = 0; i < canvas->entries; i++)
		canvas->entry[i] = (struct figure_entry){of[i]->label, of[i]->style, of[i]->layer};
	if (figure->extra)
		canvas->entry[canvas->entries++] = *figure->extra;
}

/* As many columns as fit. */
static size_t legend_columns(const struct canvas *canvas)
{
	size_t longest = 0, columns;

	for (size_t i = 0; i < canvas->entries; i++) {
		size_t width = printable_width(canvas->entry[i].label);

		longest = width > longest ? width : longest;
	}
	columns = (size_t)(canvas->width /
			   (LEGEND_SAMPLE + LEGEND_CHARACTER * (double)(longest + 2)));
	columns = columns > canvas->entries ? canvas->entries : columns;
	return columns < 1 ? 1 : columns;
}

/* Cut the caption into lines that fit the width, at spaces. */
static void wrap_caption(struct canvas *canvas, const char *text)
{
	size_t room = (size_t)((canvas->width - 28) / CAPTION_CHARACTER);

	room = room < LINE_BYTES ? room : LINE_BYTES - 1;
	while (*text && canvas->lines < CAPTION_LINES) {
		size_t length = strlen(text), next;

		if (length > room) {
			for (length = room; length > 0 && text[length] != ' ';)
				length--;
			for (length = length ? length : room; (text[length] & 0xc0) == 0x80;)
				length--; /* a character is never cut */
		}
		next = length + (text[length] == ' ');
		snprintf(canvas->line[canvas->lines++], LINE_BYTES, "%.*s", (int)length, text);
		text += next;
	}
}

/* What is shown; how its cells ended, what they mix, and where they were computed. */
static const char *caption_of(const struct figure *figure, const struct records *records)
{
	const char *marks = ending_marks(records), *mixed = mixed_records(records);

	return arena_format(figure->arena, "%s%s%s. %s%sHardware: %s.", figure->caption,
			    *marks ? "; of all cells " : "", *marks ? marks + strlen("; ") : "",
			    mixed, *mixed ? " " : "", records->caption);
}

static size_t legend_rows(const struct canvas *canvas)
{
	return (canvas->entries + canvas->legend_columns - 1) / canvas->legend_columns;
}

static void write_entry(struct canvas *canvas, size_t i, double top)
{
	double step = canvas->width / (double)canvas->legend_columns;
	double x = 14 + step * (double)(i % canvas->legend_columns);
	double y = top + LEGEND_ROW * ((double)(i / canvas->legend_columns) + 0.7);
	struct layer_sample sample = {.layer = canvas->entry[i].layer,
				      .style = canvas->entry[i].style,
				      .x = x / canvas->width,
				      .y = 1 - y / canvas->height,
				      .end = (x + LEGEND_SAMPLE - 12) / canvas->width,
				      .half = 6 / canvas->height,
				      .odd = i % 2 == 1};

	layer_sample(&canvas->script, &sample);
	fputs("set label ", canvas->script.gp);
	script_text(&canvas->script, canvas->entry[i].label);
	fprintf(canvas->script.gp, " at screen %.5f,%.5f left noenhanced\n",
		(x + LEGEND_SAMPLE - 4) / canvas->width, sample.y);
}

/* Legend and caption are labels at fixed places, drawn with the first panel. */
static void write_below(struct canvas *canvas)
{
	double top = (double)canvas->rows * canvas->panel_height;
	FILE *gp = canvas->script.gp;

	for (size_t i = 0; i < canvas->entries; i++)
		write_entry(canvas, i, top);
	top += LEGEND_ROW * (double)legend_rows(canvas) + 8;
	for (size_t i = 0; i < canvas->lines; i++) {
		fputs("set label ", gp);
		script_text(&canvas->script, canvas->line[i]);
		fprintf(gp, " at screen %.5f,%.5f left noenhanced font ',%s' tc rgb '#555555'\n",
			14 / canvas->width,
			1 - (top + CAPTION_ROW * ((double)i + 0.7)) / canvas->height,
			"'.(form eq 'svg' ? '11' : '8').'");
	}
}

/* --- colours ---------------------------------------------------------------------------------- */

/* Five values from end to end. */
static void write_bar_tics(FILE *gp, double low, double high)
{
	enum { STEPS = 4 };
	bool logarithmic = figure_wants_log(low, high);

	fputs(logarithmic ? "set logscale cb\nset cbtics (" : "set cbtics (", gp);
	for (int i = 0; i <= STEPS; i++) {
		double share = (double)i / STEPS;
		double at = logarithmic ? low * pow(high / low, share) : low + share * (high - low);

		fprintf(gp, "%s'%.3g' %.9g", i ? ", " : "", at, at);
	}
	fputs(") font ',10' scale 0.4\n", gp);
}

/* Colours of the map "viridis" (van der Walt and Smith 2015), which also reads in grey. */
static void write_colours(const struct canvas *canvas)
{
	double bottom = (double)canvas->rows * canvas->panel_height - BAR_ROOM + 20;
	double low = canvas->colours.low, high = canvas->colours.high;
	FILE *gp = canvas->script.gp;

	if (!(high > low)) { /* gnuplot needs a range */
		low -= fmax(fabs(low), 1e-9) / 100;
		high += fmax(fabs(high), 1e-9) / 100;
	}
	fprintf(gp,
		"set palette defined (0 '#440154', 1 '#414487', 2 '#2a788e', 3 '#22a884', "
		"4 '#7ad151', 5 '#fde725')\n"
		"set cbrange [%.9g:%.9g]\n"
		"set colorbox horizontal user origin screen %.5f,%.5f size screen %.5f,%.5f\n"
		"unset grid\n",
		low, high, BAR_LEFT / canvas->width, 1 - (bottom + BAR_HEIGHT) / canvas->height,
		BAR_WIDTH / canvas->width, BAR_HEIGHT / canvas->height);
	write_bar_tics(gp, low, high);
}

/* --- panels ----------------------------------------------------------------------------------- */

/* Panels in each row, if the texts that ask for one have equally many and those fit; else 0. */
static size_t asked_columns(const struct figure *figure)
{
	size_t columns = 0, run = 0;

	for (const struct figure_panel *p = figure->first; p; p = p->next) {
		run++;
		if (!p->row)
			return 0;
		if (p->next && strcmp(p->next->row, p->row) == 0)
			continue;
		if (columns && run != columns)
			return 0;
		columns = run;
		run = 0;
	}
	return columns > 1 && columns <= MOST_IN_ROW ? columns : 0;
}

static void set_layout(struct canvas *canvas)
{
	const struct figure *figure = canvas->figure;
	size_t panels = canvas->panels, columns = asked_columns(figure);

	if (figure->square) {
		double side = panels == 1 ? SQUARE_ALONE : SQUARE_SIDE;

		canvas->columns = panels == 4               ? 2
				  : panels < SQUARE_COLUMNS ? panels
							    : SQUARE_COLUMNS;
		canvas->panel_width = side + MARGIN_LEFT + MARGIN_RIGHT;
		canvas->panel_height = side + MARGIN_TOP + MARGIN_BOTTOM;
	} else {
		canvas->columns = panels == 1 ? 1 : panels <= 4 ? 2 : 3;
		canvas->panel_width = panels == 1 ? SINGLE_WIDTH : PANEL_WIDTH;
		canvas->panel_height = panels == 1 ? SINGLE_HEIGHT : PANEL_HEIGHT;
	}
	if (columns && columns < panels)
		canvas->columns = columns;
	canvas->panel_height += canvas->room;
	canvas->rows = (panels + canvas->columns - 1) / canvas->columns;
	canvas->width = fmax(canvas->panel_width * (double)canvas->columns, SINGLE_WIDTH);
}

static void write_label(struct script *script, const char *what, const char *text)
{
	fprintf(script->gp, "set %s ", what);
	script_text(script, text ? text : "");
	fputs(" noenhanced\n", script->gp);
}

/* Centred above the axes; smaller where it would leave the panel. */
static void write_title(struct canvas *canvas, const char *title)
{
	double room = canvas->panel_width - MARGIN_LEFT + MARGIN_RIGHT;
	double width = TITLE_CHARACTER * (double)printable_width(title);
	double share = width > room ? room / width : 1;

	fputs("set title ", canvas->script.gp);
	script_text(&canvas->script, title);
	fprintf(canvas->script.gp, " noenhanced font ','.(form eq 'svg' ? '%.1f' : '%.1f')\n",
		SVG_LETTERS * share, OTHER_LETTERS * share);
}

/* Place, title and labels of the panel; axes that follow the data. */
static void begin_panel(struct canvas *canvas, const struct figure_panel *panel, size_t index)
{
	double left = (double)(index % canvas->columns) * canvas->panel_width;
	double top = (double)(index / canvas->columns) * canvas->panel_height;
	double bottom = top + canvas->panel_height - MARGIN_BOTTOM - canvas->room;
	FILE *gp = canvas->script.gp;

	if (index > 0)
		fputs("unset label\nunset arrow\nunset object\n", gp);
	fprintf(gp,
		"\n# panel %zu\n"
		"set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
		"set tmargin at screen %.5f\nset bmargin at screen %.5f\n"
		"set xtics autofreq norotate\nset ytics autofreq\n"
		"unset logscale\nset format '%%h'\nset xrange [*:*]\nset yrange [*:*]\n"
		"set autoscale fix\n",
		index + 1, (left + MARGIN_LEFT) / canvas->width,
		(left + canvas->panel_width - MARGIN_RIGHT) / canvas->width,
		1 - (top + MARGIN_TOP) / canvas->height, 1 - bottom / canvas->height);
	write_title(canvas, panel->title);
	write_label(&canvas->script, "xlabel", panel->x.label);
	write_label(&canvas->script, "ylabel", panel->y.label);
	/* the SVG terminal takes its letters for larger than they are drawn */
	fputs("set xlabel offset 0, form eq 'svg' ? 0.4 : 0.2\n"
	      "set ylabel offset form eq 'svg' ? 1.5 : 0, 0\n",
	      gp);
}

static void write_panel(struct canvas *canvas, struct figure_panel *panel, size_t index)
{
	struct script *script = &canvas->script;

	begin_panel(canvas, panel, index);
	axis_write(script, panel, canvas->angle);
	layer_prepare(script, panel);
	if (canvas->colours.used && index == 0)
		write_colours(canvas);
	else if (canvas->colours.used)
		fputs("unset colorbox\n", script->gp);
	canvas->colours.numbers =
		canvas->panel_width > TILE_TEXT * (double)(panel->x.name_count + 3);
	script->items = 0;
	for (const struct figure_curve *curve = panel->first; curve; curve = curve->next)
		if (curve->count)
			layer_write(script, panel, curve, &canvas->colours);
	putc('\n', script->gp);
}

/* --- all -------------------------------------------------------------------------------------- */

static void write_terminals(const struct canvas *canvas, const char *stem)
{
	fprintf(canvas->script.gp,
		"# Draws %s.svg, .png and .pdf from %s.dat beside this file: gnuplot %s.gp\n"
		"here = exists('ARG0') && strlen(ARG0) ? system(\"dirname '\".ARG0.\"'\").'/' : "
		"''\n"
		"data = here.'%s.dat'\n"
		"width = %.0f\n"
		"height = %.0f\n"
		"has(name) = strstrt(' '.GPVAL_TERMINALS.' ', ' '.name.' ') > 0\n"
		"forms = (has('svg') ? 'svg ' : '').(has('pngcairo') || has('png') ? 'png ' : '')"
		".(has('pdfcairo') ? 'pdf' : '')\n"
		"set encoding utf8\n"
		"set datafile missing '?'\n"
		"do for [form in forms] {\n"
		"if (form eq 'svg') {\n"
		"set terminal svg size width,height font 'Helvetica,13' background 'white' "
		"standalone\n"
		"}\n"
		"if (form eq 'png' && has('pngcairo')) {\n"
		"set terminal pngcairo size 2*width,2*height font 'Helvetica,10' fontscale 2 "
		"linewidth 2 pointscale 2\n"
		"}\n"
		"if (form eq 'png' && !has('pngcairo')) {\n"
		"set terminal png size width,height\n"
		"}\n"
		"if (form eq 'pdf') {\n"
		"set terminal pdfcairo size width/96.0,height/96.0 font 'Helvetica,10' fontscale "
		"1\n"
		"}\n"
		"set output here.'%s.'.form\n"
		"set multiplot\n"
		"unset key\nunset label\nunset arrow\nunset object\n"
		"set tics nomirror out scale 0.6\n"
		"set border 3 lc rgb '#444444'\n"
		"set grid lc rgb '#e4e4e4' lw 0.7 dt 1\n"
		"set style fill noborder\n",
		stem, stem, stem, stem, canvas->width, canvas->height, stem);
}

enum status canvas_write(struct figure *figure, const struct records *records, const char *stem,
			 struct err *err)
{
	struct canvas canvas = {.figure = figure,
				.colours = layer_colours(figure),
				.angle = axis_angle(figure),
				.room = axis_room(figure)};
	size_t index = 0;

	canvas.room += canvas.colours.used ? BAR_ROOM : 0;
	for (const struct figure_panel *panel = figure->first; panel; panel = panel->next)
		canvas.panels += figure_drawn(panel);
	set_layout(&canvas);
	collect_entries(&canvas);
	canvas.legend_columns = legend_columns(&canvas);
	wrap_caption(&canvas, caption_of(figure, records));
	canvas.height = (double)canvas.rows * canvas.panel_height +
			LEGEND_ROW * (double)legend_rows(&canvas) + 16 +
			CAPTION_ROW * (double)canvas.lines;
	TRY(script_open(&canvas.script, arena_format(figure->arena, "%s/plots", records->out), stem,
			figure->arena, err));
	write_terminals(&canvas, stem);
	write_below(&canvas);
	for (struct figure_panel *panel = figure->first; panel; panel = panel->next)
		if (figure_drawn(panel))
			write_panel(&canvas, panel, index++);
	fputs("unset multiplot\nset output\n}\n", canvas.script.gp);
	return script_close(&canvas.script, err);
}
