/* How plots are to look: the options that an entry of `plots` has beside the plot's own, and
 * `style`, which says the same for all of them. Names that are shown are no names that identify:
 * nothing here has a part in ids and records. */
#ifndef SPEC_STYLE_H
#define SPEC_STYLE_H

#include "solvers/core/arena.h"
#include "solvers/core/option.h"

enum style_preset {
	STYLE_SCREEN, /* as large as its panels need */
	STYLE_COLUMN, /* 3.25 in wide with letters of 8 pt: a column of a two-column paper */
	STYLE_PAGE    /* 6.75 in wide, the same letters: the width of the text */
};

enum style_theme {
	STYLE_LIGHT,
	STYLE_DARK,
	STYLE_GREY /* told apart without colours */
};

/* What shows the spread over repetitions. */
enum style_band {
	STYLE_BAND_AUTO, /* an area along curves, bars at few x, points of few repetitions */
	STYLE_BAND_NONE,
	STYLE_BAND_AREA,
	STYLE_BAND_BARS,
	STYLE_BAND_POINTS /* every repetition */
};

enum style_legend {
	STYLE_LEGEND_AUTO,
	STYLE_INSIDE,
	STYLE_OUTSIDE,
	STYLE_BELOW,
	STYLE_LEGEND_NONE
};

enum style_caption {
	STYLE_FULL,  /* what is shown, of how many cells, how they ended and where they ran */
	STYLE_SHORT, /* what is shown */
	STYLE_CAPTION_NONE
};

/* NULL, NaN, an empty list and SCALAR_UNSET_INT: not said. */
struct style {
	/* of one plot */
	const char *title, *x_label, *y_label;
	struct reals x_range, y_range; /* none or two */
	/* of a plot or of all */
	struct texts order;            /* names of methods, the first ones of legends and bars */
	struct text_map labels;        /* what is shown in the place of names */
	struct text_map colors, marks; /* of methods and of other names of a legend */
	long band, legend, caption;    /* enum style_band, style_legend, style_caption */
	double width, height;          /* in */
	const char *font;              /* family */
	double font_size, line_width;  /* pt */
	struct texts export;           /* forms beside .gp and .dat */
	long preset, theme;            /* enum style_preset, style_theme */
};

extern const char *const style_marks[];   /* names of marks, in the order of style_mark */
extern const char *const style_exports[]; /* svg, png, pdf, tikz, csv */

/* Nothing is said. */
struct style style_unset(void);

/* Index of a mark, or -1. */
long style_mark(const char *name);
/* "#rrggbb" of a colour given so or by its name; NULL: it is none. */
const char *style_color(const char *name);

/* What one says, and what another says where it does not. Pairs of both are joined, its own
 * first. */
struct style style_below(const struct style *above, const struct style *below, struct arena *arena);

/* What a plot says, over what `style` says, over the preset, which leaves out only ranges, texts
 * and sizes that follow the panels. */
struct style style_over(const struct style *plot, const struct style *style, struct arena *arena);

/* The text of a key, or NULL. A key that ends at ", ", ": " or " (" of `name` stands for that part
 * of it: "admm" of "admm, rho=0.1"; *rest is behind it. The longest one counts. */
const char *style_find(const struct text_map *map, const char *name, const char **rest);

/* The name as it is to be shown. */
const char *style_shown(const struct style *style, const char *name, struct arena *arena);

/* Rows of what one plot says alone, and of what `style` can say for all. */
#define STYLE_OF_ONE_ROWS(structure, prefix)                                                    \
	{OPTION_AS("title", structure, prefix.title), .initial = "null",                        \
	 .doc = "above the plot; the panels' own by default"},                                  \
		{OPTION_AS("x_label", structure, prefix.x_label), .initial = "null",            \
		 .doc = "of the horizontal axes"},                                              \
		{OPTION_AS("y_label", structure, prefix.y_label), .initial = "null",            \
		 .doc = "of the vertical axes"},                                                \
		{OPTION_AS("x_range", structure, prefix.x_range), .initial = "null",            \
		 .shape = LIST_INTERVAL, .doc = "ends of the horizontal axes, in their units"}, \
	{                                                                                       \
		OPTION_AS("y_range", structure, prefix.y_range),                                \
			.initial = "null", .shape = LIST_INTERVAL,                              \
			.doc = "ends of the vertical axes, in their units"                      \
	}
#define STYLE_ROWS(structure, prefix)                                                              \
	{OPTION_AS("order", structure, prefix.order), .initial = "null",                           \
	 .doc = "methods that come first in legends, bars and colours; the others keep the order " \
		"of the spec"},                                                                    \
		{OPTION_AS("labels", structure, prefix.labels), .initial = "null",                 \
		 .doc = "texts shown in the place of names of methods, settings, data sets, "      \
			"attacks "                                                                 \
			"and columns: {admm: \"ADMM (ours)\"}"},                                   \
		{OPTION_AS("colors", structure, prefix.colors), .initial = "null",                 \
		 .is_valid = style_is_color, .valid = STYLE_COLOR_WORDS,                           \
		 .doc = "colours of methods or other entries of the legend: {admm: \"#0072B2\"}"}, \
		{OPTION_AS("marks", structure, prefix.marks), .initial = "null",                   \
		 .names = style_marks, .doc = "marks of methods: {admm: circle}"},                 \
		{OPTION_AS("band", structure, prefix.band), .initial = "null",                     \
		 .names = style_bands,                                                             \
		 .doc = "spread over repetitions: an area (band; bars where there is no "          \
			"curve), bars, every repetition behind the median (points), none; auto: "  \
			"the points of up to three repetitions, else an area along curves, bars "  \
			"at up to twelve values of x and where there is no curve"},                \
		{OPTION_AS("legend", structure, prefix.legend), .initial = "null",                 \
		 .names = style_legends,                                                           \
		 .doc = "place of the legend; below by default, and where it does not fit "        \
			"inside"},                                                                 \
		{OPTION_AS("caption", structure, prefix.caption), .initial = "null",               \
		 .names = style_captions,                                                          \
		 .doc = "text below: full; short: what is shown; print presets: none, it is in "   \
			"captions.md"},                                                            \
		{OPTION_AS("width", structure, prefix.width), .initial = "null",                   \
		 .range = RANGE_WITHIN(1, 40), .unit = UNIT_INCHES,                                \
		 .doc = "of the whole drawing"},                                                   \
		{OPTION_AS("height", structure, prefix.height), .initial = "null",                 \
		 .range = RANGE_WITHIN(1, 40), .unit = UNIT_INCHES,                                \
		 .doc = "of the whole drawing"},                                                   \
		{OPTION_AS("font", structure, prefix.font), .initial = "null",                     \
		 .is_valid = style_is_font, .valid = "letters, digits, blanks and -",              \
		 .doc = "family of letters; Helvetica by default"},                                \
		{OPTION_AS("font_size", structure, prefix.font_size), .initial = "null",           \
		 .range = RANGE_WITHIN(4, 40), .doc = "of labels in pt; print presets: 8"},        \
		{OPTION_AS("line_width", structure, prefix.line_width), .initial = "null",         \
		 .range = RANGE_WITHIN(0.1, 10), .doc = "of curves in pt; print presets: 1"},      \
		{OPTION_AS("export", structure, prefix.export), .initial = "null",                 \
		 .names = style_exports,                                                           \
		 .doc = "forms that are drawn beside the script and its data; svg, png and pdf "   \
			"by "                                                                      \
			"default"},                                                                \
		{OPTION_AS("preset", structure, prefix.preset), .initial = "null",                 \
		 .names = style_presets,                                                           \
		 .doc = "screen, column (3.25 in wide, letters of 8 pt) or page (6.75 in, 8 pt)"}, \
	{                                                                                          \
		OPTION_AS("theme", structure, prefix.theme),                                       \
			.initial = "null", .names = style_themes,                                  \
			.doc = "light, dark, or grey: told apart by lightness, dashes and marks"   \
	}

#define STYLE_COLOR_WORDS \
	"a colour as \"#0072B2\", or blue, vermilion, green, purple, orange, sky, black, grey"

extern const char *const style_bands[],
	*const style_legends[], *const style_captions[], *const style_presets[],
								 *const style_themes[];
bool style_is_color(const char *text);
bool style_is_font(const char *text);

#endif
