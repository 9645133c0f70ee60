/* gnuplot scripts and their data: layout, legend, caption, styles. */
#include "harness/report/figure/figure.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/report/records/ending.h"
#include "solvers/core/printable.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

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
#define LEGEND_ROW 20.0
#define LEGEND_SAMPLE 44.0 /* the piece of line before a label */
#define LEGEND_CHARACTER 7.4
#define TITLE_CHARACTER 7.0
#define SVG_LETTERS 13.0 /* sizes of letters, as write_terminals sets them */
#define OTHER_LETTERS 10.0
#define CAPTION_ROW 16.0
#define CAPTION_CHARACTER 5.9

enum {
	MARKERS = 8, /* markers along a curve */
	SQUARE_COLUMNS = 3,
	CAPTION_LINES = 8,
	LINE_BYTES = 512
};

/* Okabe and Ito's set; yellow, which is faint on white, is replaced by grey. */
static const char *const colours[FIGURE_COLOURS] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
						    "#E69F00", "#56B4E9", "#000000", "#8C8C8C"};
static const char *const dashes[] = {"1", "(9,4)", "(3,3)", "(9,3,2,3)", "(16,5)", "(9,3,2,3,2,3)"};
static const int points[] = {7, 5, 9, 13, 11, 6, 4, 8, 12, 10};

const char *figure_dash(struct figure_style style)
{
	return dashes[style.dash % (sizeof dashes / sizeof *dashes)];
}

const char *figure_colour(struct figure_style style)
{
	return colours[style.colour % FIGURE_COLOURS];
}

int figure_point(struct figure_style style)
{
	return points[style.dash % (sizeof points / sizeof *points)];
}

/* Legend: as many columns as fit. */
static size_t legend_columns(const struct figure *figure, const struct figure_plan *plan)
{
	size_t longest = 0, columns;

	for (size_t i = 0; i < plan->entry_count; i++) {
		size_t width = printable_width(plan->entries[i].label);

		longest = width > longest ? width : longest;
	}
	columns = (size_t)(figure->width /
			   (LEGEND_SAMPLE + LEGEND_CHARACTER * (double)(longest + 2)));
	columns = columns < 1 ? 1 : columns;
	return columns > plan->entry_count && plan->entry_count ? plan->entry_count : columns;
}

/* Cut a caption into lines that fit the width, at spaces; returns their number. */
static size_t wrap(const char *text, double width, char lines[CAPTION_LINES][LINE_BYTES])
{
	size_t room = (size_t)(width / CAPTION_CHARACTER), count = 0;

	room = room < LINE_BYTES ? room : LINE_BYTES - 1;
	while (*text && count < CAPTION_LINES) {
		size_t length = strlen(text), next;

		if (length > room) {
			for (length = room; length > 0 && text[length] != ' ';)
				length--;
			for (length = length ? length : room; (text[length] & 0xc0) == 0x80;)
				length--; /* a character is never cut */
		}
		next = length + (text[length] == ' ');
		snprintf(lines[count++], LINE_BYTES, "%.*s", (int)length, text);
		text += next;
	}
	return count;
}

static void write_terminals(const struct figure *figure, const char *stem)
{
	fprintf(figure->gp,
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
		stem, stem, stem, stem, figure->width, figure->height, stem);
}

/* The widths of the pieces of line alternate: to gnuplot's SVG two in one colour and width are one
 * path, which has the dash of the first. */
static void write_entry(struct figure *figure, const struct figure_entry *entry, double x, double y,
			bool odd)
{
	const char *colour = figure_colour(entry->style);
	double sx = x / figure->width, sy = 1 - y / figure->height, half = 6 / figure->height;
	double end = (x + LEGEND_SAMPLE - 12) / figure->width;

	if (entry->mark == FIGURE_BAR)
		fprintf(figure->gp,
			"set object rectangle from screen %.5f,%.5f to screen %.5f,%.5f "
			"fc rgb '%s' fs solid noborder\n",
			sx, sy - half, end, sy + half, colour);
	if (entry->mark == FIGURE_LINE || entry->mark == FIGURE_STROKE)
		fprintf(figure->gp,
			"set arrow from screen %.5f,%.5f to screen %.5f,%.5f nohead lc rgb '%s' lw "
			"%s dt %s\n",
			sx, sy, end, sy, colour, odd ? "2.01" : "2", figure_dash(entry->style));
	if (entry->mark == FIGURE_LINE || entry->mark == FIGURE_POINT)
		fprintf(figure->gp,
			"set label at screen %.5f,%.5f '' point pt %d ps 0.8 lc rgb '%s'\n",
			(sx + end) / 2, sy, figure_point(entry->style), colour);
	fprintf(figure->gp, "set label ");
	figure_text(figure, entry->label);
	fprintf(figure->gp, " at screen %.5f,%.5f left noenhanced\n",
		(x + LEGEND_SAMPLE - 4) / figure->width, sy);
}

/* Legend and caption are labels at fixed places, drawn with the first panel. */
static void write_below(struct figure *figure, const struct figure_plan *plan, size_t columns,
			char lines[CAPTION_LINES][LINE_BYTES], size_t count)
{
	double top = (double)figure->rows * figure->panel_height,
	       step = figure->width / (double)columns;
	size_t rows = (plan->entry_count + columns - 1) / columns;

	for (size_t i = 0; i < plan->entry_count; i++)
		write_entry(figure, &plan->entries[i], 14 + step * (double)(i % columns),
			    top + LEGEND_ROW * ((double)(i / columns) + 0.7), i % 2 == 1);
	top += LEGEND_ROW * (double)rows + 8;
	for (size_t i = 0; i < count; i++) {
		fprintf(figure->gp, "set label ");
		figure_text(figure, lines[i]);
		fprintf(figure->gp,
			" at screen %.5f,%.5f left noenhanced font ',%s' tc rgb '#555555'\n",
			14 / figure->width,
			1 - (top + CAPTION_ROW * ((double)i + 0.7)) / figure->height,
			"'.(form eq 'svg' ? '11' : '8').'");
	}
}

static void set_layout(struct figure *figure, const struct figure_plan *plan)
{
	size_t panels = plan->panels;

	figure->tic_room = plan->tic_room;
	if (plan->square) {
		double side = panels == 1 ? SQUARE_ALONE : SQUARE_SIDE;

		figure->columns = panels == 4               ? 2
				  : panels < SQUARE_COLUMNS ? panels
							    : SQUARE_COLUMNS;
		figure->panel_width = side + MARGIN_LEFT + MARGIN_RIGHT;
		figure->panel_height = side + MARGIN_TOP + MARGIN_BOTTOM;
	} else {
		figure->columns = panels == 1 ? 1 : panels <= 4 ? 2 : 3;
		figure->panel_width = panels == 1 ? SINGLE_WIDTH : PANEL_WIDTH;
		figure->panel_height = panels == 1 ? SINGLE_HEIGHT : PANEL_HEIGHT;
	}
	if (plan->columns)
		figure->columns = plan->columns;
	figure->panel_height += plan->tic_room;
	figure->rows = (panels + figure->columns - 1) / figure->columns;
	figure->width = fmax(figure->panel_width * (double)figure->columns, SINGLE_WIDTH);
}

enum status figure_open(struct figure *figure, const struct records *records, const char *stem,
			const struct figure_plan *plan, struct err *err)
{
	struct arena *arena = records->arena;
	char lines[CAPTION_LINES][LINE_BYTES];
	const char *marks = ending_marks(records);
	const char *caption = arena_format(arena, "%s%s%s. Hardware: %s.", plan->caption,
					   *marks ? "; of all cells " : "",
					   *marks ? marks + strlen("; ") : "", records->caption);
	size_t columns, count;

	*figure = (struct figure){
		.dat_path = arena_format(arena, "%s/plots/%s.dat", records->out, stem),
		.gp_path = arena_format(arena, "%s/plots/%s.gp", records->out, stem),
	};
	set_layout(figure, plan);
	columns = legend_columns(figure, plan);
	count = wrap(caption, figure->width - 28, lines);
	figure->height = (double)figure->rows * figure->panel_height +
			 LEGEND_ROW * (double)((plan->entry_count + columns - 1) / columns) + 16 +
			 CAPTION_ROW * (double)count;
	TRY(folder_make(arena_format(arena, "%s/plots", records->out), err));
	figure->dat = io_create(figure->dat_path);
	if (!figure->dat)
		return io_error(err, figure->dat_path, "write");
	figure->gp = io_create(figure->gp_path);
	if (!figure->gp) {
		io_error(err, figure->gp_path, "write");
		fclose(figure->dat);
		return STATUS_ENV;
	}
	write_terminals(figure, stem);
	write_below(figure, plan, columns, lines, count);
	return STATUS_OK;
}

enum status figure_close(struct figure *figure, struct err *err)
{
	fputs("unset multiplot\nset output\n}\n", figure->gp);
	if (!io_close(figure->gp))
		io_error(err, figure->gp_path, "write");
	if (!io_close(figure->dat))
		io_error(err, figure->dat_path, "write");
	return err->status;
}

static void write_label(struct figure *figure, const char *what, const char *text)
{
	fprintf(figure->gp, "set %s ", what);
	figure_text(figure, text ? text : "");
	fputs(" noenhanced\n", figure->gp);
}

/* Centred above the axes; smaller where it would leave the panel. */
static void write_title(struct figure *figure, const char *title)
{
	double room = figure->panel_width - MARGIN_LEFT + MARGIN_RIGHT;
	double width = TITLE_CHARACTER * (double)printable_width(title ? title : "");
	double share = width > room ? room / width : 1;

	fputs("set title ", figure->gp);
	figure_text(figure, title ? title : "");
	fprintf(figure->gp, " noenhanced font ','.(form eq 'svg' ? '%.1f' : '%.1f')\n",
		SVG_LETTERS * share, OTHER_LETTERS * share);
}

void figure_panel(struct figure *figure, const char *title, const char *x_label,
		  const char *y_label)
{
	double row = (double)(figure->panel / figure->columns);
	double col = (double)(figure->panel % figure->columns);
	double left = col * figure->panel_width, top = row * figure->panel_height;
	double bottom = top + figure->panel_height - MARGIN_BOTTOM - figure->tic_room;

	if (figure->panel++ > 0)
		fputs("unset label\nunset arrow\nunset object\n", figure->gp);
	fprintf(figure->gp,
		"\n# panel %zu\n"
		"set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
		"set tmargin at screen %.5f\nset bmargin at screen %.5f\n"
		"set xtics autofreq norotate\nset ytics autofreq\n"
		"unset logscale\nset format '%%h'\nset xrange [*:*]\nset yrange [*:*]\n"
		"set autoscale fix\nset offsets graph 0.02, graph 0.02, graph 0.05, graph 0.05\n",
		figure->panel, (left + MARGIN_LEFT) / figure->width,
		(left + figure->panel_width - MARGIN_RIGHT) / figure->width,
		1 - (top + MARGIN_TOP) / figure->height, 1 - bottom / figure->height);
	write_title(figure, title);
	write_label(figure, "xlabel", x_label);
	write_label(figure, "ylabel", y_label);
	/* the SVG terminal takes its letters for larger than they are drawn */
	fputs("set xlabel offset 0, form eq 'svg' ? 0.4 : 0.2\n"
	      "set ylabel offset form eq 'svg' ? 1.5 : 0, 0\n",
	      figure->gp);
	figure->items = 0;
}

size_t figure_block(struct figure *figure, const char *title, const char *columns)
{
	fprintf(figure->dat, "%s# ", figure->blocks ? "\n\n" : "");
	for (; *title; title++)
		putc((unsigned char)*title < ' ' ? ' ' : *title, figure->dat);
	fprintf(figure->dat, "\n# %s\n", columns);
	return figure->blocks++;
}

void figure_row(struct figure *figure, size_t count, const double *values)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			putc(' ', figure->dat);
		if (isfinite(values[i]))
			fprintf(figure->dat, "%.9g", values[i]);
		else
			putc('?', figure->dat);
	}
	putc('\n', figure->dat);
}

void figure_gap(struct figure *figure)
{
	putc('\n', figure->dat);
}

void figure_item(struct figure *figure, const char *format, ...)
{
	va_list args;

	fputs(figure->items++ ? ", \\\n\t" : "plot ", figure->gp);
	va_start(args, format);
	vfprintf(figure->gp, format, args);
	va_end(args);
}

void figure_band(struct figure *figure, size_t block, struct figure_style style)
{
	figure_item(figure,
		    "data index %zu using 1:3:4 with filledcurves fc rgb '%s' fs transparent solid "
		    "0.18 noborder",
		    block, figure_colour(style));
}

void figure_curve(struct figure *figure, size_t block, size_t rows, bool band,
		  struct figure_style style)
{
	size_t every = rows / MARKERS + 1;

	if (band)
		figure_band(figure, block, style);
	figure_item(figure,
		    "data index %zu using 1:2 with linespoints lc rgb '%s' lw 2 dt %s pt %d ps 0.8 "
		    "pi %zu",
		    block, figure_colour(style), figure_dash(style), figure_point(style), every);
}

void figure_plot(struct figure *figure)
{
	putc('\n', figure->gp);
}
