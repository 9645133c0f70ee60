/* Layout, legend and caption of a figure. */
#include "harness/report/figure/canvas.h"
#include "harness/report/figure/axis.h"
#include "harness/report/figure/dress.h"
#include "harness/report/figure/equal.h"
#include "harness/report/figure/layer.h"
#include "harness/report/figure/script.h"
#include "harness/report/figure/tidy.h"
#include "harness/report/records/ending.h"
#include "harness/report/records/mixed.h"
#include "solvers/core/printable.h"

#include <math.h>
#include <string.h>

/* Pixels of a drawing with letters of SVG_LETTERS; all but panels grow with the letters. */
#define PANEL_WIDTH 440.0
#define PANEL_HEIGHT 330.0
#define SINGLE_WIDTH 680.0 /* one panel alone */
#define SINGLE_HEIGHT 400.0
#define PANEL_SHAPE 0.75  /* height over width, where the width is given */
#define LEAST_PANEL 200.0 /* of the plotting area then, in letters of this size */
#define SQUARE_SIDE 250.0 /* of the plotting area alone */
#define SQUARE_ALONE 400.0
#define MARGIN_LEFT 80.0
#define MARGIN_RIGHT 16.0
#define LABEL_SIDE 12.0 /* of a label left of long names */
#define MARGIN_TOP 38.0
#define MARGIN_BOTTOM 56.0
#define TITLE_ROOM 28.0 /* of a title above several panels */
#define BAR_ROOM 76.0   /* of the colour bar */
#define BAR_LEFT 80.0
#define BAR_WIDTH 260.0
#define BAR_HEIGHT 10.0
#define LEGEND_ROW 20.0
#define LEGEND_SAMPLE 44.0 /* the piece of line before a label */
#define LEGEND_CHARACTER 7.4
#define LEGEND_INSET 10.0 /* of one inside a panel */
#define TITLE_CHARACTER 7.0
#define SVG_LETTERS 13.0
#define CAPTION_LETTERS 11.0
#define CAPTION_ROW 16.0
#define CAPTION_CHARACTER 5.9
#define PIXELS_PER_INCH 96.0
#define PIXELS_PER_POINT (96.0 / 72)

enum { SQUARE_COLUMNS = 3, MOST_IN_ROW = 4, CAPTION_LINES = 12, LINE_BYTES = 512 };

struct canvas {
	struct script script;
	const struct figure *figure;
	const struct style *look;
	struct dress_theme theme;
	double unit;             /* letters over SVG_LETTERS */
	enum style_legend place; /* of the legend: not STYLE_LEGEND_AUTO */
	double top, side;        /* room above the panels, and beside them */
	double left;             /* of each panel, in pixels of SVG_LETTERS: MARGIN_LEFT or more */
	struct layer_colours colours;
	int angle;   /* of names */
	double room; /* below each panel, of turned names and the colour bar */
	size_t panels, columns, rows, entries, legend_columns;
	struct figure_entry *entry; /* of the legend */
	double width, height, panel_width, panel_height;
	size_t lines; /* of the caption */
	char line[CAPTION_LINES][LINE_BYTES];
};

/* Of letters in pt where it is not the SVG; on a screen 10 in the place of 9.75. */
static double other_letters(const struct canvas *canvas)
{
	return canvas->look->preset == STYLE_SCREEN ? canvas->look->font_size / 0.975
						    : canvas->look->font_size;
}

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
		canvas->entry[i] = (struct figure_entry){
			of[i]->entry_label ? of[i]->entry_label : of[i]->label, of[i]->style,
			of[i]->layer, of[i]->color, of[i]->mark};
	if (figure->extra)
		canvas->entry[canvas->entries++] = *figure->extra;
}

/* Width of the longest entry. */
static double entry_width(const struct canvas *canvas)
{
	size_t longest = 0;

	for (size_t i = 0; i < canvas->entries; i++) {
		size_t width = printable_width(canvas->entry[i].label);

		longest = width > longest ? width : longest;
	}
	return canvas->unit * (LEGEND_SAMPLE + LEGEND_CHARACTER * (double)(longest + 2));
}

/* As many columns as fit. */
static size_t legend_columns(const struct canvas *canvas)
{
	size_t columns = (size_t)(canvas->width / entry_width(canvas));

	columns = columns > canvas->entries ? canvas->entries : columns;
	return columns < 1 || canvas->place != STYLE_BELOW ? 1 : columns;
}

/* Cut the caption into lines that fit the width, at spaces. */
static void wrap_caption(struct canvas *canvas, const char *text)
{
	size_t room =
		(size_t)((canvas->width - 28 * canvas->unit) / (CAPTION_CHARACTER * canvas->unit));

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

/* What is shown; in full also how its cells ended, what they mix, and where they were computed. */
static const char *caption_of(const struct figure *figure, const struct records *records)
{
	const char *marks = ending_marks(records), *mixed = mixed_records(records);

	if (figure->look->caption == STYLE_CAPTION_NONE)
		return "";
	if (figure->look->caption == STYLE_SHORT)
		return arena_format(figure->arena, "%s.", figure->caption);
	return arena_format(figure->arena, "%s%s%s. %s%sHardware: %s.", figure->caption,
			    *marks ? "; of all cells " : "", *marks ? marks + strlen("; ") : "",
			    mixed, *mixed ? " " : "", records->caption);
}

static size_t legend_rows(const struct canvas *canvas)
{
	return (canvas->entries + canvas->legend_columns - 1) / canvas->legend_columns;
}

/* The upper left corner of the legend: below the panels; right of them; or in that corner of the
 * first panel which the fewest rows of its curves are in. */
static void legend_corner(const struct canvas *canvas, double *x, double *y)
{
	double rows = LEGEND_ROW * canvas->unit * (double)legend_rows(canvas);
	double inset = LEGEND_INSET * canvas->unit;
	double left = canvas->left * canvas->unit,
	       right = canvas->panel_width - MARGIN_RIGHT * canvas->unit;
	double top = canvas->top + MARGIN_TOP * canvas->unit;
	double bottom =
		canvas->top + canvas->panel_height - canvas->room - MARGIN_BOTTOM * canvas->unit;
	bool at_right, at_bottom;

	*x = 14 * canvas->unit;
	*y = canvas->top + (double)canvas->rows * canvas->panel_height;
	if (canvas->place == STYLE_OUTSIDE) {
		*x = canvas->width - canvas->side;
		*y = top;
	}
	if (canvas->place != STYLE_INSIDE)
		return;
	figure_corner(canvas->figure, &at_right, &at_bottom);
	*x = at_right ? right - entry_width(canvas) - inset : left + inset;
	*y = at_bottom ? bottom - rows - inset : top + inset;
}

static void write_entry(struct canvas *canvas, size_t i, double left, double top)
{
	const struct figure_entry *entry = &canvas->entry[i];
	double unit = canvas->unit, step = canvas->width / (double)canvas->legend_columns;
	double x = left + step * (double)(i % canvas->legend_columns);
	double y = top + LEGEND_ROW * unit * ((double)(i / canvas->legend_columns) + 0.7);
	struct layer_sample sample = {.layer = entry->layer,
				      .style = entry->style,
				      .color = entry->color,
				      .mark = entry->mark,
				      .width = canvas->colours.width,
				      .x = x / canvas->width,
				      .y = 1 - y / canvas->height,
				      .end = (x + (LEGEND_SAMPLE - 12) * unit) / canvas->width,
				      .half = 6 * unit / canvas->height,
				      .odd = i % 2 == 1,
				      .arena = canvas->figure->arena};

	layer_sample(&canvas->script, &sample);
	fputs("set label ", canvas->script.gp);
	script_text(&canvas->script, entry->label);
	fprintf(canvas->script.gp, " at screen %.5f,%.5f left noenhanced tc rgb '%s'\n",
		(x + (LEGEND_SAMPLE - 4) * unit) / canvas->width, sample.y, canvas->theme.ink);
}

/* Title, legend and caption are labels at fixed places, drawn with the first panel. */
static void write_around(struct canvas *canvas)
{
	double x, y, unit = canvas->unit;
	FILE *gp = canvas->script.gp;

	if (canvas->top > 0) {
		fputs("set label ", gp);
		script_text(&canvas->script, canvas->look->title);
		fprintf(gp, " at screen 0.5,%.5f center noenhanced tc rgb '%s'\n",
			1 - 18 * unit / canvas->height, canvas->theme.ink);
	}
	legend_corner(canvas, &x, &y);
	for (size_t i = 0; i < canvas->entries && canvas->place != STYLE_LEGEND_NONE; i++)
		write_entry(canvas, i, x, y);
	y = canvas->height - (8 + CAPTION_ROW * (double)canvas->lines) * unit;
	for (size_t i = 0; i < canvas->lines; i++) {
		fputs("set label ", gp);
		script_text(&canvas->script, canvas->line[i]);
		fprintf(gp,
			" at screen %.5f,%.5f left noenhanced font ','.(form eq 'svg' ? '%.3g' : "
			"'%.3g') tc rgb '%s'\n",
			14 * unit / canvas->width,
			1 - (y + CAPTION_ROW * unit * ((double)i + 0.7)) / canvas->height,
			CAPTION_LETTERS * unit, 0.8 * other_letters(canvas), canvas->theme.dim);
	}
}

/* --- colours ---------------------------------------------------------------------------------- */

/* Colours of the map "viridis" (van der Walt and Smith 2015), which also reads in grey. */
static void write_colours(struct canvas *canvas)
{
	double unit = canvas->unit;
	double bottom =
		canvas->top + (double)canvas->rows * canvas->panel_height - (BAR_ROOM - 24) * unit;
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
		low, high, BAR_LEFT * unit / canvas->width,
		1 - (bottom + BAR_HEIGHT * unit) / canvas->height,
		fmin(BAR_WIDTH * unit, canvas->width - 2 * BAR_LEFT * unit) / canvas->width,
		BAR_HEIGHT * unit / canvas->height);
	if (canvas->figure->bar_label) {
		fputs("set cblabel ", gp);
		script_text(&canvas->script, canvas->figure->bar_label);
		fputs(" noenhanced offset 0, 0.6\n", gp);
	}
	/* Five values from end to end. */
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

/* Columns and sizes of panels as large as they need. */
static void natural_layout(struct canvas *canvas, double *width, double *height)
{
	size_t panels = canvas->panels, columns = asked_columns(canvas->figure);
	double unit = canvas->unit;

	if (canvas->figure->square) {
		double side = panels == 1 ? SQUARE_ALONE : SQUARE_SIDE;

		canvas->columns = panels == 4               ? 2
				  : panels < SQUARE_COLUMNS ? panels
							    : SQUARE_COLUMNS;
		*width = side + (canvas->left + MARGIN_RIGHT) * unit;
		*height = side + (MARGIN_TOP + MARGIN_BOTTOM) * unit;
	} else {
		canvas->columns = panels == 1 ? 1 : panels <= 4 ? 2 : 3;
		*width = (panels == 1 ? SINGLE_WIDTH : PANEL_WIDTH) +
			 (canvas->left - MARGIN_LEFT) * unit;
		*height = panels == 1 ? SINGLE_HEIGHT : PANEL_HEIGHT;
	}
	if (columns && columns < panels)
		canvas->columns = columns;
}

/* Places of panels; `beside`: width that the legend takes. */
static void set_layout(struct canvas *canvas, double beside)
{
	const struct style *look = canvas->look;
	double unit = canvas->unit, width, height, given = look->width * PIXELS_PER_INCH;
	double margins = (canvas->left + MARGIN_RIGHT) * unit;
	double above = (MARGIN_TOP + MARGIN_BOTTOM) * unit;

	canvas->side = canvas->place == STYLE_OUTSIDE ? beside : 0;
	natural_layout(canvas, &width, &height);
	if (!isnan(given)) {
		double room = given - canvas->side, least = margins + LEAST_PANEL * unit;

		while (canvas->columns > 1 && room / (double)canvas->columns < least)
			canvas->columns--;
		width = room / (double)canvas->columns;
		height = canvas->figure->square ? width - margins + above : PANEL_SHAPE * width;
	}
	canvas->panel_width = width;
	canvas->panel_height = height + canvas->room;
	canvas->rows = (canvas->panels + canvas->columns - 1) / canvas->columns;
	canvas->width = width * (double)canvas->columns + canvas->side;
	if (isnan(given))
		canvas->width = fmax(canvas->width, SINGLE_WIDTH);
}

/* The height, with what is below the panels; where it is given they take what is left. */
static void set_height(struct canvas *canvas)
{
	double unit = canvas->unit, given = canvas->look->height * PIXELS_PER_INCH;
	double below = (16 + CAPTION_ROW * (double)canvas->lines) * unit, least;

	if (canvas->place == STYLE_BELOW)
		below += LEGEND_ROW * unit * (double)legend_rows(canvas);
	least = (MARGIN_TOP + MARGIN_BOTTOM) * unit + canvas->room + 20;
	if (!isnan(given))
		canvas->panel_height =
			fmax(least, (given - canvas->top - below) / (double)canvas->rows);
	canvas->height = canvas->top + (double)canvas->rows * canvas->panel_height + below;
	if (canvas->place == STYLE_OUTSIDE)
		canvas->height =
			fmax(canvas->height, canvas->top + MARGIN_TOP * unit +
						     LEGEND_ROW * unit * (double)canvas->entries);
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
	double room = canvas->panel_width - (canvas->left - MARGIN_RIGHT) * canvas->unit;
	double width = TITLE_CHARACTER * canvas->unit * (double)printable_width(title);
	double share = width > room ? room / width : 1;

	fputs("set title ", canvas->script.gp);
	script_text(&canvas->script, title);
	fprintf(canvas->script.gp, " noenhanced font ','.(form eq 'svg' ? '%.1f' : '%.1f')\n",
		SVG_LETTERS * canvas->unit * share, other_letters(canvas) * share);
}

/* Place, title and labels of the panel; axes that follow the data. */
static void begin_panel(struct canvas *canvas, const struct figure_panel *panel, size_t index)
{
	double left = (double)(index % canvas->columns) * canvas->panel_width;
	double top = canvas->top + (double)(index / canvas->columns) * canvas->panel_height;
	double unit = canvas->unit;
	double bottom = top + canvas->panel_height - MARGIN_BOTTOM * unit - canvas->room;
	const char *vertical = axis_label(panel, true, canvas->figure->arena);
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
		index + 1, (left + canvas->left * unit) / canvas->width,
		(left + canvas->panel_width - MARGIN_RIGHT * unit) / canvas->width,
		1 - (top + MARGIN_TOP * unit) / canvas->height, 1 - bottom / canvas->height);
	write_title(canvas, canvas->look->title && canvas->panels == 1 ? canvas->look->title
								       : panel->title);
	write_label(&canvas->script, "xlabel", axis_label(panel, false, canvas->figure->arena));
	write_label(&canvas->script, "ylabel", vertical);
	/* the SVG terminal takes its letters for larger than they are drawn */
	fputs("set xlabel offset 0, form eq 'svg' ? 0.4 : 0.2\n"
	      "set ylabel offset form eq 'svg' ? 0.5 : 0, 0\n",
	      gp);
	if (!(canvas->left > MARGIN_LEFT))
		return;
	/* gnuplot takes long names for longer than they are */
	write_label(&canvas->script, "ylabel ''\nset label 99", vertical);
	fprintf(gp, "set label 99 at screen %.5f,%.5f center rotate\n",
		(left + LABEL_SIDE * unit) / canvas->width,
		1 - (top + MARGIN_TOP * unit + bottom) / 2 / canvas->height);
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
	layer_numbers(&canvas->colours, panel, canvas->panel_width / canvas->unit,
		      (canvas->panel_height - canvas->room) / canvas->unit - MARGIN_TOP -
			      MARGIN_BOTTOM);
	script->items = 0;
	for (const struct figure_curve *curve = panel->first; curve; curve = curve->next)
		if (curve->count)
			layer_write(script, panel, curve, &canvas->colours);
	putc('\n', script->gp);
}

/* --- all -------------------------------------------------------------------------------------- */

static bool exports(const struct style *look, const char *form)
{
	for (size_t i = 0; i < look->export.count; i++)
		if (strcmp(look->export.at[i], form) == 0)
			return true;
	return false;
}

/* A plot may have been copied to a folder below, to be changed: its data are here or above. */
static void write_head(const struct canvas *canvas, const char *stem)
{
	fprintf(canvas->script.gp,
		"# Draws %s.svg and other forms from %s.dat beside this file or in the folder "
		"above: gnuplot %s.gp\n"
		"here = exists('ARG0') && strlen(ARG0) ? system(\"dirname '\".ARG0.\"'\").'/' : "
		"''\n"
		"data = here.'%s.dat'\n"
		"if (system(\"test -e '\".data.\"' && echo 1\") ne '1') {\n"
		"data = here.'../%s.dat'\n"
		"}\n"
		"width = %.0f\n"
		"height = %.0f\n"
		"has(name) = strstrt(' '.GPVAL_TERMINALS.' ', ' '.name.' ') > 0\n"
		"forms = has('svg') ? 'svg ' : ''\n",
		stem, stem, stem, stem, stem, canvas->width, canvas->height);
	if (exports(canvas->look, "png"))
		fputs("forms = forms.(has('pngcairo') || has('png') ? 'png ' : '')\n",
		      canvas->script.gp);
	if (exports(canvas->look, "pdf"))
		fputs("forms = forms.(has('pdfcairo') ? 'pdf ' : '')\n", canvas->script.gp);
	if (exports(canvas->look, "tikz"))
		fputs("forms = forms.(has('tikz') ? 'tex' : '')\n", canvas->script.gp);
}

static void write_terminals(const struct canvas *canvas, const char *stem)
{
	const char *font = canvas->look->font;
	double letters = other_letters(canvas);

	write_head(canvas, stem);
	/* letters of the PDF terminal are in 1/96 in at a scale of 1 */
	fprintf(canvas->script.gp,
		"set encoding utf8\n"
		"set datafile missing '?'\n"
		"do for [form in forms] {\n"
		"if (form eq 'svg') {\n"
		"set terminal svg size width,height font '%s,%.3g' background '%s' standalone\n"
		"}\n"
		"if (form eq 'png' && has('pngcairo')) {\n"
		"set terminal pngcairo size 2*width,2*height font '%s,%.3g' fontscale 2 linewidth "
		"2 pointscale 2 background '%s'\n"
		"}\n"
		"if (form eq 'png' && !has('pngcairo')) {\n"
		"set terminal png size width,height\n"
		"}\n"
		"if (form eq 'pdf') {\n"
		"set terminal pdfcairo size width/96.0,height/96.0 font '%s,%.3g' fontscale 0.75 "
		"background '%s'\n"
		"}\n",
		font, SVG_LETTERS * canvas->unit, canvas->theme.paper, font, letters,
		canvas->theme.paper, font, letters, canvas->theme.paper);
	if (exports(canvas->look, "tikz"))
		fprintf(canvas->script.gp,
			"if (form eq 'tex') {\n"
			"set terminal tikz size %.4gin,%.4gin\n"
			"}\n",
			canvas->width / PIXELS_PER_INCH, canvas->height / PIXELS_PER_INCH);
	fprintf(canvas->script.gp,
		"set output here.'%s.'.form\n"
		"set multiplot\n"
		"unset key\nunset label\nunset arrow\nunset object\n"
		"set tics nomirror out scale 0.6 textcolor rgb '%s'\n"
		"set border 3 lc rgb '%s'\n"
		"set grid lc rgb '%s' lw 0.7 dt 1\n"
		"set style fill noborder\n",
		stem, canvas->theme.ink, canvas->theme.border, canvas->theme.grid);
	if (canvas->look->theme == STYLE_DARK)
		fprintf(canvas->script.gp,
			"set title tc rgb '%s'\nset xlabel tc rgb '%s'\nset ylabel tc rgb '%s'\n",
			canvas->theme.ink, canvas->theme.ink, canvas->theme.ink);
}

enum status canvas_write(struct figure *figure, const struct records *records, const char *stem,
			 struct err *err)
{
	const struct style *look = figure->look;
	const char *folder = arena_format(figure->arena, "%s/plots", records->out);
	struct canvas canvas = {.figure = figure,
				.look = look,
				.theme = dress_theme(look),
				.unit = look->font_size * PIXELS_PER_POINT / SVG_LETTERS,
				.place = (enum style_legend)look->legend};
	const double inside = 0.6; /* of a panel at most is for a legend */
	double inner[2];
	size_t index = 0;

	if (canvas.place == STYLE_LEGEND_AUTO)
		canvas.place = STYLE_BELOW;
	dress_figure(figure);
	equal_mark(figure);
	canvas.colours = layer_colours(figure);
	canvas.colours.width = look->line_width * PIXELS_PER_POINT;
	canvas.angle = axis_angle(figure);
	canvas.left = MARGIN_LEFT + axis_left(figure);
	canvas.room = canvas.unit * (axis_room(figure) + (canvas.colours.used ? BAR_ROOM : 0));
	for (const struct figure_panel *panel = figure->first; panel; panel = panel->next)
		canvas.panels += figure_drawn(panel);
	if (look->title && canvas.panels > 1)
		canvas.top = TITLE_ROOM * canvas.unit;
	collect_entries(&canvas);
	set_layout(&canvas, entry_width(&canvas));
	inner[0] = canvas.panel_width - (canvas.left + MARGIN_RIGHT) * canvas.unit;
	inner[1] = canvas.panel_height - canvas.room - (MARGIN_TOP + MARGIN_BOTTOM) * canvas.unit;
	if (canvas.place == STYLE_INSIDE &&
	    (entry_width(&canvas) > inside * inner[0] ||
	     LEGEND_ROW * canvas.unit * (double)canvas.entries > inside * inner[1]))
		canvas.place = STYLE_BELOW;
	canvas.legend_columns = legend_columns(&canvas);
	wrap_caption(&canvas, caption_of(figure, records));
	set_height(&canvas);
	TRY(script_open(&canvas.script, folder, stem, figure->arena, err));
	write_terminals(&canvas, stem);
	write_around(&canvas);
	for (struct figure_panel *panel = figure->first; panel; panel = panel->next)
		if (figure_drawn(panel))
			write_panel(&canvas, panel, index++);
	fputs("unset multiplot\nset output\n}\n", canvas.script.gp);
	TRY(script_close(&canvas.script, err));
	return exports(look, "csv")
		       ? tidy_write(figure, arena_format(figure->arena, "%s/%s.csv", folder, stem),
				    err)
		       : STATUS_OK;
}
