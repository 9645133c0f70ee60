/* Axes of a panel: scale, tics and range. */
#include "harness/report/figure/axis.h"
#include "solvers/core/printable.h"

#include <math.h>

#define NAME_PIXELS 7.0  /* of a character of a name */
#define GROUP_PIXELS 350 /* of all names of a panel; longer ones are turned */
#define DEGREE (3.14159265358979323846 / 180)
#define SAME 1e-8 /* relative; the data file has nine digits */

enum {
	TILTED = 40,
	UPRIGHT = 90,
	SHORT_NAME = 7,     /* beside the vertical axis as a number */
	TILTED_LETTERS = 17 /* longer ones of the first bar would be cut at the left edge */
};

static size_t longest_name(const struct figure *figure)
{
	size_t longest = 0;

	for (const struct figure_panel *panel = figure->first; panel; panel = panel->next)
		for (size_t i = 0; i < panel->x.name_count; i++) {
			size_t here = printable_width(panel->x.names[i]);

			longest = here > longest ? here : longest;
		}
	return longest;
}

int axis_angle(const struct figure *figure)
{
	size_t longest = longest_name(figure), most = 0;

	for (const struct figure_panel *panel = figure->first; panel; panel = panel->next)
		most = panel->x.name_count > most ? panel->x.name_count : most;
	if (NAME_PIXELS * (double)(longest + 1) * (double)most <= GROUP_PIXELS)
		return 0;
	return longest <= TILTED_LETTERS ? TILTED : UPRIGHT;
}

double axis_left(const struct figure *figure)
{
	size_t longest = SHORT_NAME;

	for (const struct figure_panel *panel = figure->first; panel; panel = panel->next)
		for (size_t i = 0; i < panel->y.name_count; i++) {
			size_t here = printable_width(panel->y.names[i]);

			longest = here > longest ? here : longest;
		}
	return NAME_PIXELS * (double)(longest - SHORT_NAME);
}

double axis_room(const struct figure *figure)
{
	double length = NAME_PIXELS * (double)longest_name(figure);
	int angle = axis_angle(figure);

	/* less the room of a flat name */
	return angle == 0 ? 0 : sin(angle * DEGREE) * length - (angle == TILTED ? 6 : 0);
}

/* --- tics ------------------------------------------------------------------------------------- */

/* "200M" rather than 2e+08 */
static const char *tic_format(double high)
{
	return high >= 1e6 ? "%.0s%c" : "%g";
}

/* Tics at 1, 2 and 5 times the powers of ten: decades alone would leave a short axis without any.
 */
static void short_log_tics(FILE *gp, char axis, double low, double high)
{
	static const double steps[] = {1, 2, 5};
	const char *gap = "";

	fprintf(gp, "set format %c '%s'\nset %ctics (", axis, tic_format(high), axis);
	for (double power = pow(10, floor(log10(low))); power <= high; power *= 10)
		for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
			if (steps[k] * power < 0.9 * low || steps[k] * power > 1.1 * high)
				continue;
			fprintf(gp, "%s%g", gap, steps[k] * power);
			gap = ", ";
		}
	fputs(")\n", gp);
}

/* Of about four tics, evenly spaced. */
static double even_step(double span)
{
	double step = pow(10, floor(log10(span / 2)));

	while (span / step > 6)
		step *= span / step > 12 ? 5 : 2;
	return step;
}

/* Evenly spaced tics where 1, 2 and 5 are too far apart. */
static void even_tics(FILE *gp, char axis, double low, double high)
{
	double step = even_step(high - low);
	const char *gap = "";

	fprintf(gp, "set format %c '%s'\nset %ctics (", axis, tic_format(high), axis);
	for (double at = ceil(low / step) * step; at <= high; at += step) {
		fprintf(gp, "%s%g", gap, at);
		gap = ", ";
	}
	fputs(")\n", gp);
}

static void log_tics(FILE *gp, char axis, double low, double high)
{
	const double short_axis = 500, shorter_axis = 4;

	fprintf(gp, "set logscale %c\nset format %c '10^{%%T}'\n", axis, axis);
	if (low > 0 && high > low && high / low < shorter_axis)
		even_tics(gp, axis, low, high);
	else if (low > 0 && high / low < short_axis)
		short_log_tics(gp, axis, low, high);
	else if (axis == 'y') /* the SVG terminal takes exponents for larger than they are drawn */
		fputs("set ylabel offset form eq 'svg' ? 0.9 : 0, 0\n", gp);
}

/* Variance of the steps of x, or of log x, relative to their mean square. */
static double unevenness(const double *x, size_t count, bool logs)
{
	double steps = (double)count - 1, sum = 0, squares = 0;

	for (size_t i = 0; i + 1 < count; i++) {
		double step = logs ? log(x[i + 1] / x[i]) : x[i + 1] - x[i];

		sum += step;
		squares += step * step;
	}
	return 1 - sum * sum / (steps * squares);
}

bool axis_geometric(const double *values, size_t count)
{
	const double rounding = 1e-9; /* two values are as even on both scales */

	return count > 1 && values[0] > 0 &&
	       unevenness(values, count, true) <= unevenness(values, count, false) + rounding;
}

/* Tics at these ascending values, if they are few and geometric. */
static void value_tics(FILE *gp, char axis, const double *values, size_t count)
{
	const size_t most = 12, readable = 8; /* tics; labels, else every second one is left out */

	if (count > most || !axis_geometric(values, count))
		return;
	fprintf(gp, "set format %c '%%g'\nset %ctics (", axis, axis);
	for (size_t i = 0; i < count; i++)
		fprintf(gp, "%s%s%.9g", i ? ", " : "",
			count > readable && (count - 1 - i) % 2 ? "'' " : "", values[i]);
	fputs(")\n", gp);
}

/* An axis so short that its tics would all be the same number, in the six digits that are drawn:
 * they are written less `offset`, in units of `unit`, and the label says so. */
struct fine {
	bool is;
	double low, high, offset, unit;
};

static struct fine fine_of(const struct figure_axis *axis, struct figure_extent e)
{
	struct fine fine = {.low = axis->starts ? axis->low : e.bottom,
			    .high = axis->ends ? axis->high : e.high};
	double largest = fmax(fabs(fine.low), fabs(fine.high)), span = fine.high - fine.low;
	double tens;

	if (axis->names || !(span > SAME * largest) || !isfinite(span) ||
	    span >= 1e-4 * pow(10, floor(log10(largest))))
		return fine;
	tens = pow(10, ceil(log10(span)));
	fine.is = true;
	fine.unit = tens / 10;
	fine.offset = floor(fine.low / tens) * tens;
	return fine;
}

static void fine_tics(FILE *gp, char name, const struct figure_axis *axis, struct fine fine)
{
	const char *gap = "";
	double step, room, last;

	if (!fine.is)
		return;
	step = even_step(fine.high - fine.low);
	room = axis->ends ? 0 : step;
	last = floor((fine.high + room - fine.offset) / step + SAME);
	room = axis->starts ? 0 : step;
	fprintf(gp, "set %ctics (", name);
	for (double k = ceil((fine.low - room - fine.offset) / step - SAME); k <= last; k++) {
		fprintf(gp, "%s'%g' %.13g", gap, k * step / fine.unit, fine.offset + k * step);
		gap = ", ";
	}
	fputs(")\n", gp);
}

static void name_tics(struct script *script, char name, const struct figure_axis *axis, int angle)
{
	fprintf(script->gp, "set %ctics (", name);
	for (size_t i = 0; i < axis->name_count; i++) {
		fputs(i ? ", " : "", script->gp);
		script_tic(script, axis->names[i]);
		fprintf(script->gp, " %zu", i);
	}
	fputs(") noenhanced", script->gp);
	if (name == 'x' && angle)
		fprintf(script->gp, " rotate by %d right", angle);
	else if (name == 'x')
		fputs(" norotate", script->gp);
	fputs(axis->room > 0 ? " scale 0\n" : "\n", script->gp);
	if (axis->room > 0)
		fprintf(script->gp, "set %crange [%g:%g]\n", name, -axis->room,
			(double)axis->name_count - 1 + axis->room);
}

/* --- ranges ----------------------------------------------------------------------------------- */

/* Are they all one value, as far as the data file tells them apart? */
static bool is_one(double low, double high)
{
	return isfinite(low) && high - low <= SAME * fmax(fabs(low), fabs(high));
}

/* Where no end is given: room around values that are all the same, or a share's own ends. */
static struct figure_axis ranged(struct figure_axis axis, struct figure_extent e)
{
	const double part = axis.percent ? 0.2 : 20; /* it begins at a multiple of 1 / part */
	const double one = axis.percent ? 100 : 1;
	double room = e.bottom != 0 ? 0.1 * fabs(e.bottom) : 1;

	if (axis.share) {
		axis.low = fmin(0.9 * one, fmax(0, floor(part * e.bottom - 0.5) / part));
		axis.high = 1.01 * one;
		axis.starts = axis.ends = true;
	} else if (is_one(e.bottom, e.high) && !axis.starts && !axis.ends) {
		axis.low = e.bottom - room;
		axis.high = e.bottom + room;
		if (axis.percent && e.bottom <= one) /* no accuracy is above 100 % */
			axis.high = fmin(axis.high, 1.01 * one);
		axis.starts = axis.ends = true;
	}
	return axis;
}

static void write_range(FILE *gp, char name, const struct figure_axis *axis)
{
	if (!axis->starts && !axis->ends)
		return;
	fprintf(gp, "set %crange [", name);
	if (axis->starts)
		fprintf(gp, "%.9g", axis->low);
	else
		putc('*', gp);
	if (axis->ends)
		fprintf(gp, ":%.9g]\n", axis->high);
	else
		fputs(":*]\n", gp);
}

/* Room between the data and the ends of the axes that follow them: a share of the panel. */
static void write_offsets(FILE *gp, const struct figure_axis *x, const struct figure_axis *y,
			  bool log_y)
{
	bool fixed[] = {x->starts, x->ends, y->ends, y->starts}; /* left, right, top, bottom */
	double room[] = {0.02, 0.02, log_y ? 0.02 : 0.05, log_y ? 0.03 : 0.05};

	fputs("set offsets ", gp);
	for (size_t i = 0; i < 4; i++) {
		if (fixed[i])
			fputs("0", gp);
		else
			fprintf(gp, "graph %.2f", room[i]);
		fputs(i < 3 ? ", " : "\n", gp);
	}
}

/* --- axes ------------------------------------------------------------------------------------- */

/* The x of all rows, ascending, each once. */
static size_t values_of(const struct figure_panel *panel, double **out)
{
	size_t total = 0, count = 0;

	for (const struct figure_curve *c = panel->first; c; c = c->next)
		total += c->layer == FIGURE_LEVEL || c->layer == FIGURE_STROKE ? 0 : c->count;
	*out = ARENA_ARRAY(panel->first->arena, double, total);
	for (const struct figure_curve *c = panel->first; c; c = c->next)
		for (size_t i = 0; count < total && i < c->count; i++)
			if (c->layer != FIGURE_LEVEL && c->layer != FIGURE_STROKE)
				(*out)[count++] = c->at[i * figure_numbers(c->layer)];
	return sample_distinct(*out, count);
}

static void write_x(struct script *script, struct figure_panel *panel, struct figure_axis *x,
		    int angle)
{
	struct figure_extent e = figure_extent(panel, FIGURE_X);
	double *values = NULL;
	size_t count = x->few ? values_of(panel, &values) : 0;
	double low = x->few ? e.bottom : e.low;
	bool even = x->few && x->scale == FIGURE_AUTO && !axis_geometric(values, count);

	if (x->starts) {
		low = x->low;
		e.high = x->ends ? x->high : e.high;
	}
	if (x->names) {
		name_tics(script, 'x', x, angle);
		x->starts = x->ends = x->room > 0;
		return;
	}
	write_range(script->gp, 'x', x);
	if (!figure_is_log(x->scale, low, e.high) || even) {
		*x = ranged(*x, e);
		write_range(script->gp, 'x', x);
		fine_tics(script->gp, 'x', x, fine_of(x, e));
		return;
	}
	log_tics(script->gp, 'x', low, e.high);
	value_tics(script->gp, 'x', values, count);
	fine_tics(script->gp, 'x', x, fine_of(x, e));
	/* A logarithmic axis has no place for a start at 0. */
	for (struct figure_curve *c = panel->first; c; c = c->next)
		while (c->count > 0 && c->at[0] <= 0) {
			c->at += figure_numbers(c->layer);
			c->count--;
		}
}

/* Returns whether it is logarithmic. */
static bool write_y(struct script *script, struct figure_panel *panel, struct figure_axis *y)
{
	struct figure_extent all = figure_extent(panel, FIGURE_Y);

	if (y->names) {
		name_tics(script, 'y', y, 0);
		y->starts = y->ends = y->room > 0;
		return false;
	}
	if (!figure_log_y(panel)) {
		*y = ranged(*y, all);
		write_range(script->gp, 'y', y);
		fine_tics(script->gp, 'y', y, fine_of(y, all));
		return false;
	}
	if (is_one(all.low, all.high) && !y->starts && !y->ends) { /* room around a single value */
		y->starts = y->ends = true;
		y->low = all.low / 2;
		y->high = 2 * all.high;
	}
	write_range(script->gp, 'y', y);
	log_tics(script->gp, 'y', all.low, all.high);
	fine_tics(script->gp, 'y', y, fine_of(y, all));
	for (struct figure_curve *c = panel->first; c; c = c->next) {
		size_t columns = figure_numbers(c->layer);

		if (c->layer != FIGURE_LINE && c->layer != FIGURE_LEVEL &&
		    c->layer != FIGURE_POINTS)
			continue;
		for (double *row = c->at; row < c->at + c->count * columns; row += columns) {
			if (row[1] < all.low)
				row[0] = row[1] = NAN;
			for (size_t k = 2; k < columns; k++)
				row[k] = fmax(row[k], all.low);
		}
	}
	return true;
}

const char *axis_label(const struct figure_panel *panel, bool vertical, struct arena *arena)
{
	struct figure_extent e = figure_extent(panel, vertical ? FIGURE_Y : FIGURE_X);
	struct figure_axis axis = ranged(vertical ? panel->y : panel->x, e);
	struct fine fine = fine_of(&axis, e);

	if (!fine.is)
		return axis.label;
	if (!axis.label)
		return arena_format(arena, "difference from %.12g in %g", fine.offset, fine.unit);
	return arena_format(arena, "%s %c %.12g, in %g", axis.label, fine.offset < 0 ? '+' : '-',
			    fabs(fine.offset), fine.unit);
}

void axis_write(struct script *script, struct figure_panel *panel, int angle)
{
	struct figure_axis x = panel->x, y = panel->y;
	bool log_y;

	log_y = write_y(script, panel, &y); /* first: it takes rows away */
	write_x(script, panel, &x, angle);
	write_offsets(script->gp, &x, &y, log_y);
}
