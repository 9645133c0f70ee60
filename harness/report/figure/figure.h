/* A figure: panels of curves, given as rows of numbers, and how they are to be drawn.
 *
 * A plot fills it (plot.h). Scales, ranges, tics, legend, caption and layout follow from what is in
 * it; panels and curves without rows are left out. */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include "harness/spec/style.h"
#include "harness/stats/sample.h"
#include "solvers/core/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum { FIGURE_COLOURS = 8 };

struct figure_style {
	size_t colour, dash; /* any index; they repeat. dash: of a line, and the form of markers */
};

/* How a curve is drawn; in brackets the numbers of a row. */
enum figure_layer {
	FIGURE_LINE,    /* (x, y, low, high) a line with markers */
	FIGURE_STROKE,  /* (x, y) a line without */
	FIGURE_LEVEL,   /* (x, y, low, high) a horizontal line with its band: figure_level */
	FIGURE_STEPS,   /* (x, y) steps with markers */
	FIGURE_BETWEEN, /* (x, low, high) an area */
	FIGURE_RANGES,  /* (x, y, low, high) points with the range of y */
	FIGURE_CROSSES, /* (x, y, x low, x high, y low, y high) points with both ranges */
	FIGURE_BARS,    /* (place, y, low, high) bars from 0 with their ranges */
	FIGURE_STACK,   /* (place, bottom, top) pieces of bars */
	FIGURE_TILES,   /* (column, row, value) coloured squares with their numbers */
	FIGURE_COUNTS,  /* (column, row, value, count) the same with count and value in per cent */
	FIGURE_SIGNS,   /* (x, y, -1 or 1) a grid of two pale colours */
	FIGURE_REGIONS, /* (x, y, class) a grid of pale colours, those of the dots in order */
	FIGURE_PIECES,  /* (x, y) pieces of a line, two rows each */
	FIGURE_DOTS,    /* (x, y, half side, half side) small points, and boxes around them */
	FIGURE_PIXELS,  /* (x, y, red, green, blue) a grid of colours, 0 to 255 */
	FIGURE_POINTS,  /* (x, y) every repetition of a curve, small and behind it */
	FIGURE_LAYERS
};

/* A record that rows of a curve are of: of those at x and y (NaN: at any). */
struct figure_cell {
	const char *id;
	double x, y;
};

struct figure_curve {
	const char *title;   /* in the data file, behind the name of the panel */
	const char *columns; /* there: names of the numbers of a row */
	const char *label;   /* in the legend; NULL: the curve is not there */
	size_t entry;        /* order in the legend */
	enum figure_layer layer;
	struct figure_style style;
	bool band;                         /* FIGURE_LINE: it has a range; FIGURE_DOTS: boxes */
	enum style_band spread;            /* what shows its range, by the style (dress.h) */
	struct figure_curve *points;       /* its repetitions, or NULL (figure_point) */
	const struct figure_curve *behind; /* FIGURE_POINTS: the curve that they are of */
	double shift; /* of x there, so that bars do not hide each other: a share of the axis */
	struct figure_curve *equal; /* the one below that it lies on, or NULL (equal.h) */
	bool wholly;                /* in all numbers that are shown, not in the middles alone */
	const char *entry_label;    /* what the legend says then, or NULL: the label */
	size_t below;               /* so many curves lie on it */
	bool every;                 /* a marker at every row, not about eight of them */
	double width;               /* of the line, or of a bar; 0: usual */
	const char *color;          /* "#0072B2", by the style (dress.h) */
	int mark;                   /* of gnuplot; 0: none */
	size_t marker;              /* form of its markers and 1, or 0: by style.dash */
	const void *of;             /* for the plot: what it shows */
	size_t count;               /* rows */
	double *at;                 /* count x numbers of a row */
	size_t cell_count;
	struct figure_cell *cells;
	struct figure_curve *next;
	struct arena *arena;
};

/* The option `scale` of plots; its names are figure_scale_names, which end with NULL. */
enum figure_scale {
	/* logarithmic where all values (of y: medians) are > 0 and span a decade, but no shares */
	FIGURE_AUTO,
	FIGURE_LINEAR,
	FIGURE_LOGARITHMIC /* linear where no value is > 0 */
};
extern const char *const figure_scale_names[];

struct figure_axis {
	const char *label; /* NULL: none */
	enum figure_scale scale;
	bool starts, ends; /* at `low`, at `high`; else where the data do, with some room */
	double low, high;
	bool share;   /* of values from 0 to 1: it ends at 1 and begins not far below them */
	bool percent; /* the share is shown so (dress.h) */
	bool ratio;   /* of two values: no percentages, whatever they are of */
	bool few;     /* values of its own: tics at them; FIGURE_AUTO is logarithmic only where they
			     are spaced more evenly then */
	size_t name_count;
	const char *const *names; /* instead of the numbers 0, 1, ... */
	double room;              /* before the first name and behind the last one */
};

struct figure_panel {
	const char *key;  /* of all panels another one */
	const char *name; /* in the data file, before the titles of its curves; "": none */
	const char *title;
	const char *row; /* or NULL: panels of a text share a row, if all have equally many */
	struct figure_axis x, y;
	struct figure_curve *first, *last;
	struct figure_panel *next;
};

/* An entry of the legend that is no curve's own. */
struct figure_entry {
	const char *label;
	struct figure_style style;
	enum figure_layer layer;
	const char *color; /* as of a curve */
	int mark;
};

/* A name that a style has a label, colour or mark for. */
struct figure_name {
	const char *kind, *name;
};

struct figure {
	struct arena *arena;
	const struct style *look;         /* all of it said (style_over) */
	const struct figure_name *unused; /* in the look, but not in the figure (dress.h) */
	size_t unused_count;
	const char *caption;     /* what is shown; marks, mixtures and hardware are added */
	const char *lacks;       /* why there may be nothing to show, or NULL: not known */
	struct figure_axis x, y; /* of every new panel: linear from the start */
	bool square;             /* the same scale on both axes */
	size_t repeats;          /* most repetitions of a curve (figure_repeats) */
	const char *bar_label;   /* of the colours of tiles, or NULL */
	double bar_end;          /* they go from 0 to this; 0: from the lowest to the highest */
	const struct figure_entry *extra; /* or NULL: the last entry of the legend */
	struct figure_panel *first, *last;
};

/* Nothing in it yet. */
struct figure figure_new(struct arena *arena);

/* The panel of a key; a new one gets the name and the title. */
struct figure_panel *figure_panel(struct figure *figure, const char *key, const char *name,
				  const char *title);

/* Is there a panel of this key? */
bool figure_known(const struct figure *figure, const char *key);
/* Leave a panel out. */
void figure_drop(struct figure_panel *panel);

/* Add a curve like this one, without rows. */
struct figure_curve *figure_curve(struct figure *figure, struct figure_panel *panel,
				  const struct figure_curve *like);

/* The curve of a title in a panel, or NULL. */
struct figure_curve *figure_find(const struct figure_panel *panel, const char *title);
/* The place of a label in the legend; a new one comes last. */
size_t figure_place(const struct figure *figure, const char *label);
/* How many places there are. */
size_t figure_entries(const struct figure *figure);

/* Add a row of as many numbers as the layer has. */
void figure_row(struct figure_curve *curve, const double *row);
/* A repetition of a curve; one that is not finite is none. */
void figure_point(struct figure_curve *curve, double x, double y);
/* The curves are of so many repetitions at most. Returns what is shown of them: "Median and 10-90 %
 * range". */
const char *figure_repeats(struct figure *figure, size_t most);
/* Are the repetitions shown, and not a range? By default up to three of them are. */
bool figure_shows_points(const struct figure *figure);
/* Is a range shown? */
bool figure_shows_range(const struct figure *figure);
/* (x, median, low, high) */
void figure_spread(struct figure_curve *curve, double x, struct spread spread);
/* A value among those at x: they become (x, median, low, high) by figure_pool. */
void figure_value(struct figure_curve *curve, double x, double value);
/* Say which record rows are of. */
void figure_cell(struct figure_curve *curve, struct figure_cell cell);
/* Rows ascending in their first `keys` numbers, one or two; equal ones keep their order. */
void figure_order(struct figure_curve *curve, size_t keys);
/* Rows that agree in their first `keys` numbers become one, with the median of the number behind
 * these and, where there is room, its quantiles; ascending. Those of (x, y, low, high) are its
 * repetitions. */
void figure_pool(struct figure_curve *curve, size_t keys);
/* Rows of FIGURE_LEVEL from end to end of the curves in its panel so far; its repetitions are at
 * the right end. */
void figure_level(struct figure_panel *panel, struct figure_curve *curve, struct spread spread);
/* Rows of FIGURE_STEPS: the share of `total` values that are at most x, from end to end of the x
 * axis. `values`: those that are finite; they are sorted. */
void figure_steps(struct figure_panel *panel, struct figure_curve *curve, double *values,
		  size_t count, size_t total);

/* A marker stands at every so many of the rows of a line. */
size_t figure_marker_step(const struct figure_curve *line, size_t rows);

/* Numbers of a row; what they are: x, y, or -, which has no say in the axes. */
size_t figure_numbers(enum figure_layer layer);
const char *figure_roles(enum figure_layer layer);

/* Has the panel curves with rows? */
bool figure_drawn(const struct figure_panel *panel);

/* Smallest value, smallest > 0, largest. */
struct figure_extent {
	double bottom, low, high;
};
enum figure_values { FIGURE_X, FIGURE_Y, FIGURE_MIDDLE /* y without the ends of ranges */ };
/* Ranges that are not shown have no say in it. */
struct figure_extent figure_extent(const struct figure_panel *panel, enum figure_values values);

/* Where a value lies between the ends of an axis, from 0 to 1. */
double figure_share(double value, struct figure_extent extent, bool logarithmic);

/* The corner of the first panel that the fewest rows of its lines are in. */
void figure_corner(const struct figure *figure, bool *right, bool *bottom);

/* Will the vertical axis be logarithmic? */
bool figure_log_y(const struct figure_panel *panel);
/* Does an axis that is logarithmic from a decade on become so? */
bool figure_wants_log(double low, double high);
/* Is an axis of this option logarithmic for values between low and high? */
bool figure_is_log(enum figure_scale scale, double low, double high);

#endif
