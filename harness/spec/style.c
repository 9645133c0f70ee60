/* Names of colours, marks and presets, and which of two looks says what. */
#include "harness/spec/style.h"

#include "harness/spec/bind/bind.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

const char *const style_bands[] = {"auto", "none", "band", "bars", "points", NULL};
const char *const style_legends[] = {"auto", "inside", "outside", "below", "none", NULL};
const char *const style_captions[] = {"full", "short", "none", NULL};
const char *const style_presets[] = {"screen", "column", "page", NULL};
const char *const style_themes[] = {"light", "dark", "grey", NULL};
const char *const style_exports[] = {"svg", "png", "pdf", "tikz", "csv", NULL};
const char *const style_marks[] = {"circle",       "square",      "triangle",    "diamond",
				   "nabla",        "circle-open", "square-open", "triangle-open",
				   "diamond-open", "nabla-open",  "none",        NULL};

/* Okabe and Ito's set (Color Universal Design, 2008), with grey for its yellow. */
static const struct text_entry colors[] = {
	{"blue", "#0072B2"},   {"vermilion", "#D55E00"}, {"green", "#009E73"},
	{"purple", "#CC79A7"}, {"orange", "#E69F00"},    {"sky", "#56B4E9"},
	{"black", "#000000"},  {"grey", "#8C8C8C"},
};

const char *style_color(const char *name)
{
	bool hex = name[0] == '#' && strlen(name) == 7;

	for (size_t i = 1; hex && i < 7; i++)
		hex = isxdigit((unsigned char)name[i]);
	for (size_t i = 0; !hex && i < sizeof colors / sizeof *colors; i++)
		if (strcmp(colors[i].key, name) == 0)
			return colors[i].text;
	return hex ? name : NULL;
}

bool style_is_color(const char *text)
{
	return style_color(text) != NULL;
}

/* It stands in a script of gnuplot, in quotes. */
bool style_is_font(const char *text)
{
	for (size_t i = 0; text[i]; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != ' ' && text[i] != '-')
			return false;
	return text[0] != '\0';
}

long style_mark(const char *name)
{
	for (long i = 0; style_marks[i]; i++)
		if (strcmp(style_marks[i], name) == 0)
			return i;
	return -1;
}

struct style style_unset(void)
{
	return (struct style){.band = SCALAR_UNSET_INT,
			      .legend = SCALAR_UNSET_INT,
			      .caption = SCALAR_UNSET_INT,
			      .width = NAN,
			      .height = NAN,
			      .font_size = NAN,
			      .line_width = NAN,
			      .preset = SCALAR_UNSET_INT,
			      .theme = SCALAR_UNSET_INT};
}

/* --- one over the other ----------------------------------------------------------------------- */

static struct text_map join(struct text_map first, struct text_map second, struct arena *arena)
{
	struct text_entry *at = ARENA_ARRAY(arena, struct text_entry, first.count + second.count);

	if (!first.count || !second.count)
		return first.count ? first : second;
	memcpy(at, first.at, first.count * sizeof *at);
	memcpy(at + first.count, second.at, second.count * sizeof *at);
	return (struct text_map){first.count + second.count, at};
}

static long chosen(long above, long below)
{
	return above != SCALAR_UNSET_INT ? above : below;
}

static double measure(double above, double below)
{
	return !isnan(above) ? above : below;
}

struct style style_below(const struct style *above, const struct style *below, struct arena *arena)
{
	struct style out = *above;

	out.order = above->order.count ? above->order : below->order;
	out.labels = join(above->labels, below->labels, arena);
	out.colors = join(above->colors, below->colors, arena);
	out.marks = join(above->marks, below->marks, arena);
	out.band = chosen(above->band, below->band);
	out.legend = chosen(above->legend, below->legend);
	out.caption = chosen(above->caption, below->caption);
	out.width = measure(above->width, below->width);
	out.height = measure(above->height, below->height);
	out.font = above->font ? above->font : below->font;
	out.font_size = measure(above->font_size, below->font_size);
	out.line_width = measure(above->line_width, below->line_width);
	out.export = above->export.count ? above->export : below->export;
	out.preset = chosen(above->preset, below->preset);
	out.theme = chosen(above->theme, below->theme);
	return out;
}

struct style style_over(const struct style *plot, const struct style *style, struct arena *arena)
{
	static const char *const forms[] = {"svg", "png", "pdf"};
	static const double widths[] = {
		[STYLE_SCREEN] = NAN, [STYLE_COLUMN] = 3.25, [STYLE_PAGE] = 6.75};
	struct style usual = style_unset(), said = style_below(plot, style, arena);
	bool print;

	usual.preset = chosen(said.preset, STYLE_SCREEN);
	print = usual.preset != STYLE_SCREEN;
	usual.theme = STYLE_LIGHT;
	usual.band = STYLE_BAND_AUTO;
	usual.legend = STYLE_LEGEND_AUTO;
	usual.caption = print ? STYLE_CAPTION_NONE : STYLE_FULL;
	usual.width = widths[usual.preset];
	usual.font = "Helvetica";
	usual.font_size = print ? 8 : 9.75; /* 13 pixels on a screen */
	usual.line_width = print ? 1 : 1.5;
	usual.export = (struct texts){sizeof forms / sizeof *forms, forms};
	return style_below(&said, &usual, arena);
}

/* --- names ------------------------------------------------------------------------------------ */

const char *style_find(const struct text_map *map, const char *name, const char **rest)
{
	const char *found = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->at[i].key, name) == 0) {
			*rest = name + strlen(name);
			return map->at[i].text;
		}
	for (size_t i = 0; i < map->count; i++) {
		size_t length = strlen(map->at[i].key);

		if (length > longest && strncmp(map->at[i].key, name, length) == 0 &&
		    (strncmp(name + length, ", ", 2) == 0 || strncmp(name + length, ": ", 2) == 0 ||
		     strncmp(name + length, " (", 2) == 0)) {
			*rest = name + length;
			found = map->at[i].text;
			longest = length;
		}
	}
	return found;
}

const char *style_shown(const struct style *style, const char *name, struct arena *arena)
{
	const char *rest, *text = style_find(&style->labels, name, &rest);

	if (!text)
		return name;
	return *rest ? arena_format(arena, "%s%s", text, rest) : text;
}
