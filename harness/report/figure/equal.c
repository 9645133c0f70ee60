/* Curves that lie on each other, so that one would hide another. */
#include "harness/report/figure/equal.h"

#include <math.h>
#include <string.h>

static const double resolved = 1.0 / 400; /* of an axis: less than the width of a line */

/* Where numbers are drawn: from 0 to 1 along the axes. */
struct frame {
	struct figure_extent x, y;
	bool log_x, log_y;
};

static struct figure_extent ends_of(const struct figure_axis *axis, struct figure_extent extent)
{
	if (axis->starts)
		extent.bottom = extent.low = axis->low;
	if (axis->ends)
		extent.high = axis->high;
	return extent;
}

static struct frame frame_of(const struct figure_panel *panel)
{
	struct frame f = {.x = ends_of(&panel->x, figure_extent(panel, FIGURE_X)),
			  .y = ends_of(&panel->y, figure_extent(panel, FIGURE_Y)),
			  .log_y = figure_log_y(panel)};

	f.log_x = figure_is_log(panel->x.scale, f.x.bottom, f.x.high);
	return f;
}

static double across(const struct frame *f, double x)
{
	return figure_share(x, f->x, f->log_x);
}

/* What is beyond an end of the axis is at it. */
static double up(const struct frame *f, double y)
{
	return fmin(1, fmax(0, figure_share(y, f->y, f->log_y)));
}

static bool near(double a, double b)
{
	return fabs(a - b) <= resolved || (isnan(a) && isnan(b));
}

/* Where the k-th numbers of a curve are at x, both along the axes: between two rows on the straight
 * line that is drawn; NaN beyond the ends. */
static double height_at(const struct frame *f, const struct figure_curve *c, size_t k, double x)
{
	size_t columns = figure_numbers(c->layer), i = 0;
	const double *row = c->at, *last;
	double here, share;

	while (i + 1 < c->count && across(f, row[0]) < x)
		row = c->at + ++i * columns;
	here = across(f, row[0]);
	if (i == 0 || here < x)
		return near(here, x) ? up(f, row[k]) : NAN;
	last = row - columns;
	share = (x - across(f, last[0])) / (here - across(f, last[0]));
	return (1 - share) * up(f, last[k]) + share * up(f, row[k]);
}

/* Is curve b where the k-th numbers of curve a are? */
static bool follows(const struct frame *f, const struct figure_curve *a,
		    const struct figure_curve *b, size_t k)
{
	size_t columns = figure_numbers(a->layer);

	for (size_t i = 0; i < a->count; i++) {
		const double *row = a->at + i * columns;

		if (!near(height_at(f, b, k, across(f, row[0])), up(f, row[k])))
			return false;
	}
	return true;
}

/* Do curves agree row by row, in the numbers from `first` to before `end`? */
static bool same_rows(const struct frame *f, const struct figure_curve *a,
		      const struct figure_curve *b, size_t first, size_t end)
{
	const char *roles = figure_roles(a->layer);
	size_t columns = strlen(roles);

	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = first; k < end; k++) {
			double p = a->at[i * columns + k], q = b->at[i * columns + k];

			if (roles[k] == 'y' ? !near(up(f, p), up(f, q))
					    : !near(across(f, p), across(f, q)))
				return false;
		}
	return true;
}

static bool is_line(const struct figure_curve *c)
{
	return c->layer == FIGURE_LINE || c->layer == FIGURE_LEVEL;
}

/* Can the curve lie on another one? */
static bool is_curve(const struct figure_curve *c)
{
	return c->label && c->count &&
	       (is_line(c) || c->layer == FIGURE_STEPS || c->layer == FIGURE_RANGES ||
		c->layer == FIGURE_CROSSES);
}

/* Do all numbers that are shown agree: the middles and, `wholly`, ranges and repetitions? */
static bool agree(const struct frame *f, struct figure_curve *a, struct figure_curve *b,
		  bool wholly)
{
	bool ranges = a->spread == STYLE_BAND_AREA || a->spread == STYLE_BAND_BARS;
	const size_t middles = 2; /* x and y come first */

	if (is_line(a) ? !is_line(b) : a->layer != b->layer)
		return false;
	if (is_line(a))
		for (size_t k = 1; k < (wholly && ranges ? figure_numbers(a->layer) : middles); k++)
			if (!follows(f, a, b, k) || !follows(f, b, a, k))
				return false;
	if (!is_line(a) &&
	    !same_rows(f, a, b, 0, wholly && ranges ? figure_numbers(a->layer) : middles))
		return false;
	if (!wholly || a->spread != STYLE_BAND_POINTS || !a->points || !b->points)
		return true;
	figure_order(a->points, middles);
	figure_order(b->points, middles);
	return same_rows(f, a->points, b->points, 0, middles);
}

/* What another label says after the parts that both begin with: "certified" of "admm, certified"
 * behind "admm, worst". */
static const char *rest_of(const char *label, const char *other)
{
	const char *rest = other;

	for (size_t i = 0; label[i] && label[i] == other[i]; i++)
		if (i > 0 && other[i - 1] == ',' && other[i] == ' ')
			rest = other + i + 1;
	return rest;
}

/* "admm = ipm, sgd = adam in the median" of a panel; "": none. Curves below others get wider. */
static const char *mark_panel(struct figure *figure, struct figure_panel *panel)
{
	struct frame f = frame_of(panel);
	const char *text = "";

	for (struct figure_curve *c = panel->first; c; c = c->next) {
		const char *here = "", *middle = "";

		if (!is_curve(c) || c->equal)
			continue;
		for (struct figure_curve *d = c->next; d; d = d->next) {
			bool wholly;

			if (!is_curve(d) || d->equal || !agree(&f, c, d, false))
				continue;
			wholly = agree(&f, c, d, true);
			d->equal = c;
			d->wholly = wholly;
			for (struct figure_curve *below = c; below != d; below = below->next)
				below->below += below == c || below->equal == c;
			if (wholly)
				here = arena_format(figure->arena, "%s = %s", here,
						    rest_of(c->label, d->label));
			else
				middle = arena_format(figure->arena, "%s = %s", middle,
						      rest_of(c->label, d->label));
		}
		if (*here)
			text = arena_format(figure->arena, "%s%s%s%s", text, *text ? ", " : "",
					    c->label, here);
		if (*middle)
			text = arena_format(figure->arena, "%s%s%s%s in the median", text,
					    *text ? ", " : "", c->label, middle);
	}
	return text;
}

/* Do curves of these labels agree in each panel that has both? */
static bool always(const struct figure *figure, const char *label, const char *other)
{
	for (const struct figure_panel *p = figure->first; p; p = p->next) {
		const struct figure_curve *c = p->first, *d = p->first;

		while (c && !(is_curve(c) && strcmp(c->label, label) == 0))
			c = c->next;
		while (d && !(is_curve(d) && strcmp(d->label, other) == 0))
			d = d->next;
		if (c && d && (c->equal != d || !c->wholly))
			return false;
	}
	return true;
}

/* What the legend says, "admm = ipm", if the curves agree wherever both are and it is not too long:
 * of every curve of that label. */
static void set_entry(struct figure *figure, const struct figure_curve *curve)
{
	const size_t readable = 38; /* two columns below a figure of usual width */
	const char *label = curve->label, *other = curve->equal->label;
	const char *rest = rest_of(label, other);

	if (!always(figure, label, other) || strlen(label) + strlen(rest) > readable)
		return;
	for (struct figure_panel *p = figure->first; p; p = p->next)
		for (struct figure_curve *c = p->first; c; c = c->next)
			if (c->label && strcmp(c->label, label) == 0)
				c->entry_label =
					arena_format(figure->arena, "%s = %s", label, rest);
}

void equal_mark(struct figure *figure)
{
	const char *all = "", *first = NULL;
	bool same = true;

	for (struct figure_panel *p = figure->first; p; p = p->next) {
		const char *text = figure_drawn(p) ? mark_panel(figure, p) : "";

		if (!figure_drawn(p))
			continue;
		same = same && (!first || strcmp(first, text) == 0);
		first = first ? first : text;
		if (*text)
			all = arena_format(figure->arena, "%s%s%s in %s", all, *all ? "; " : "",
					   text, p->title);
	}
	if (!*all)
		return;
	figure->caption =
		arena_format(figure->arena, "%s; equal to within what the plot resolves: %s",
			     figure->caption, same ? first : all);
	for (struct figure_panel *p = figure->first; p; p = p->next)
		for (struct figure_curve *c = p->first; c; c = c->next)
			if (c->equal)
				set_entry(figure, c);
}
