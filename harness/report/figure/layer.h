/* Layers: how gnuplot draws the rows of a curve, and what stands for it in the legend. */
#ifndef REPORT_LAYER_H
#define REPORT_LAYER_H

#include "harness/report/figure/figure.h"
#include "harness/report/figure/script.h"

/* Colours of tiles: the same in all panels. */
struct layer_colours {
	bool used; /* are there tiles? */
	bool logarithmic;
	bool numbers;     /* is there room for them in a tile? */
	int lines;        /* of numbers that there is room for in a tile of counts: 0 to 2 */
	double low, high; /* of all values */
	double middle;    /* the dark half of the colours ends here */
	double width;     /* of lines */
};
struct layer_colours layer_colours(const struct figure *figure);

/* What a panel of this width with its margins, and height without, has room for. */
void layer_numbers(struct layer_colours *colours, const struct figure_panel *panel, double width,
		   double height);

/* What a panel needs before its plot command: palettes, and no room around tiles. */
void layer_prepare(struct script *script, const struct figure_panel *panel);

/* The data of a curve and the items that draw it. */
void layer_write(struct script *script, const struct figure_panel *panel,
		 const struct figure_curve *curve, const struct layer_colours *colours);

/* A piece in the legend, from (x, y) to (end, y) of the screen; half: of the height of a bar.
 * `odd`: widths of lines alternate, since to gnuplot's SVG two in one colour and width are one
 * path, which has the dash of the first. */
struct layer_sample {
	enum figure_layer layer;
	struct figure_style style;
	const char *color;
	int mark;
	double width;
	double x, y, end, half;
	bool odd;
	struct arena *arena; /* for texts */
};
void layer_sample(struct script *script, const struct layer_sample *sample);

#endif
