/* A figure of panels: writes <folder>/plots/<stem>.dat and <stem>.gp for gnuplot.
 *
 * The legend and the caption stand below the panels in room of their own, so that they can hide no
 * curve. Colours: Okabe and Ito, Color Universal Design (2008). Curves also differ by dashes and
 * markers. */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include "harness/report/records/records.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { FIGURE_COLOURS = 8 };

struct figure_style {
	size_t colour, dash; /* any index; they repeat */
};

enum figure_mark {
	FIGURE_LINE,   /* with a marker */
	FIGURE_STROKE, /* a line without */
	FIGURE_BAR,
	FIGURE_POINT
};

struct figure_entry {
	const char *label;
	struct figure_style style;
	enum figure_mark mark;
};

/* What must be known before anything is drawn. */
struct figure_plan {
	size_t panels;
	size_t entry_count;
	const struct figure_entry *entries;
	const char *caption; /* the statistic; number of cells and hardware are added */
	size_t columns;      /* of panels; 0 = choose */
	bool square;         /* panels with the same scale on both axes */
	double tic_room;     /* extra pixels below the panels for long tic labels */
};

struct figure {
	FILE *dat, *gp; /* further gnuplot commands may be written to gp after figure_panel */
	const char *dat_path, *gp_path;
	size_t blocks, items, panel, columns, rows;
	double width, height, panel_width, panel_height, tic_room; /* pixels */
};

enum status figure_open(struct figure *figure, const struct records *records, const char *stem,
			const struct figure_plan *plan, struct err *err);
/* Ends script and data; the first failure of any write is reported here. */
enum status figure_close(struct figure *figure, struct err *err);

/* Begin the next panel: title, labels and margins are set; NULL = none. */
void figure_panel(struct figure *figure, const char *title, const char *x_label,
		  const char *y_label);
/* Logarithmic axis 'x' or 'y' of this panel, for data between low and high, both > 0. */
void figure_log(struct figure *figure, char axis, double low, double high);
/* Room around the values of axis 'x' or 'y' where they are all the same. */
void figure_span(struct figure *figure, char axis, double low, double high);
/* A range wide enough for a logarithmic axis? */
bool figure_wants_log(double low, double high);

/* An option of plots; its names are figure_scale_names, which end with NULL. */
enum figure_scale { FIGURE_AUTO, FIGURE_LINEAR, FIGURE_LOGARITHMIC };
extern const char *const figure_scale_names[];
/* Is an axis of this option logarithmic for values between low and high? Never where none is > 0:
 * `low` is the smallest value > 0 if only those are drawn. */
bool figure_is_log(enum figure_scale scale, double low, double high);
/* Are ascending values spaced more evenly on a logarithmic axis than on a linear one? */
bool figure_geometric(const double *values, size_t count);
/* figure_log for these ascending values, with tics at them if they are few and geometric. */
void figure_log_at(struct figure *figure, char axis, const double *values, size_t count);

/* Begin a block of data (columns are named in a comment) and write its rows; NaN is written as "?".
 * Returns the gnuplot index of the block. */
size_t figure_block(struct figure *figure, const char *title, const char *columns);
void figure_row(struct figure *figure, size_t count, const double *values);
/* A blank line: the next rows are a curve of their own within the block. */
void figure_gap(struct figure *figure);

/* Add to the panel's plot command: a formatted gnuplot plot item (without the comma). */
void figure_item(struct figure *figure, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A band between columns 3 and 4 of a block, over column 1. */
void figure_band(struct figure *figure, size_t block, struct figure_style style);
/* A curve through columns 1:2 of a block of `rows` rows, with a band between columns 3 and 4. */
void figure_curve(struct figure *figure, size_t block, size_t rows, bool band,
		  struct figure_style style);
/* The share of `total` values that are at most x, drawn from x = from to x = to. */
struct figure_ecdf {
	const char *title;
	double *values; /* those that are finite; they are sorted */
	size_t count, total;
	double from, to;
};
void figure_steps(struct figure *figure, const struct figure_ecdf *ecdf, struct figure_style style);

/* End the panel's plot command. */
void figure_plot(struct figure *figure);

/* Colour "#0072B2", dash type and point type of a style. */
const char *figure_colour(struct figure_style style);
const char *figure_dash(struct figure_style style);
int figure_point(struct figure_style style);

/* Write a text in quotes, so that gnuplot draws it unchanged (with `noenhanced`); as the label of a
 * tic, which gnuplot takes for a format, with figure_tic. */
void figure_text(struct figure *figure, const char *text);
void figure_tic(struct figure *figure, const char *text);

/* What became of a plot's drawings. */
enum figure_fate {
	FIGURE_DRAWN,
	FIGURE_KEPT,      /* they show this already */
	FIGURE_UNDRAWN,   /* there is no gnuplot */
	FIGURE_IMPOSSIBLE /* gnuplot failed */
};

struct figure_drawing {
	enum figure_fate fate;
	const char *message; /* of FIGURE_IMPOSSIBLE: the first that gnuplot said */
};

/* Version of the gnuplot that is found, or NULL. */
const char *figure_gnuplot(struct arena *arena);

/* Draw <out>/plots/<stem>.{svg,png,pdf} of the records' folder `out` from the script and data
 * there. Those of the folder's earlier plots are copied instead if they are what <stem>.sha256
 * beside them says, and that is of the same script, data and gnuplot; what there is no gnuplot for
 * may be of any. `gnuplot`: its version. Messages of gnuplot go to <out>/plots/gnuplot.log. */
enum status figure_draw(const struct records *records, const char *stem, const char *gnuplot,
			struct figure_drawing *drawing, struct err *err);

/* What figure_draw is made of: run gnuplot on <folder>/<stem>.gp, without the user's start files
 * and the environment's wishes. FIGURE_DRAWN, FIGURE_UNDRAWN, or FIGURE_IMPOSSIBLE with a message
 * and without drawings. */
enum status figure_run(const char *folder, const char *stem, struct arena *arena,
		       struct figure_drawing *drawing, struct err *err);

#endif
