/* Logarithmic axes of a panel. */
#include "harness/report/figure.h"

#include <math.h>

/* Tics at 1, 2 and 5 times the powers of ten: decades alone would leave a short axis without any.
 */
static void short_log_tics(struct figure *figure, char axis, double low, double high)
{
	static const double steps[] = {1, 2, 5};
	const char *gap = "";

	fprintf(figure->gp, "set format %c '%%g'\nset %ctics (", axis, axis);
	for (double power = pow(10, floor(log10(low))); power <= high; power *= 10)
		for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
			if (steps[k] * power < 0.9 * low || steps[k] * power > 1.1 * high)
				continue;
			fprintf(figure->gp, "%s%g", gap, steps[k] * power);
			gap = ", ";
		}
	fputs(")\n", figure->gp);
}

/* Evenly spaced tics, about four of them, where 1, 2 and 5 are too far apart. */
static void even_tics(struct figure *figure, char axis, double low, double high)
{
	double step = pow(10, floor(log10((high - low) / 2)));
	const char *gap = "";

	while ((high - low) / step > 6)
		step *= (high - low) / step > 12 ? 5 : 2;
	fprintf(figure->gp, "set format %c '%%g'\nset %ctics (", axis, axis);
	for (double at = ceil(low / step) * step; at <= high; at += step) {
		fprintf(figure->gp, "%s%g", gap, at);
		gap = ", ";
	}
	fputs(")\n", figure->gp);
}

void figure_log(struct figure *figure, char axis, double low, double high)
{
	const double short_axis = 500, shorter_axis = 4;

	fprintf(figure->gp, "set logscale %c\nset format %c '10^{%%T}'\n", axis, axis);
	if (low > 0 && high > low && high / low < shorter_axis)
		even_tics(figure, axis, low, high);
	else if (low > 0 && high / low < short_axis)
		short_log_tics(figure, axis, low, high);
	if (axis == 'y') /* less than on a linear axis: its curves fill the panel */
		fputs("set offsets graph 0.02, graph 0.02, graph 0.02, graph 0.03\n", figure->gp);
}

void figure_span(struct figure *figure, char axis, double low, double high)
{
	double room = low != 0 ? 0.1 * fabs(low) : 1;

	if (!(high > low))
		fprintf(figure->gp, "set %crange [%.9g:%.9g]\n", axis, low - room, low + room);
}

bool figure_wants_log(double low, double high)
{
	const double decade = 10; /* less than one looks the same on both scales */

	return low > 0 && isfinite(high) && high / low >= decade;
}
