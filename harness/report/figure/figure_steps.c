/* Empirical distribution functions. */
#include "harness/report/figure/figure.h"
#include "harness/stats/sample.h"

enum { MARKERS = 6 }; /* along a curve */

void figure_steps(struct figure *figure, const struct figure_ecdf *ecdf, struct figure_style style)
{
	double total = (double)ecdf->total, share = 0;
	size_t block = figure_block(figure, ecdf->title, "x share"), rows = 2;

	sample_sort(ecdf->values, ecdf->count);
	if (ecdf->count == 0 || ecdf->values[0] > ecdf->from)
		figure_row(figure, 2, (double[2]){ecdf->from, 0});
	for (size_t i = 0; i < ecdf->count; i++) {
		if (i + 1 < ecdf->count && ecdf->values[i + 1] == ecdf->values[i])
			continue;
		share = (double)(i + 1) / total;
		figure_row(figure, 2, (double[2]){ecdf->values[i], share});
		rows++;
	}
	figure_row(figure, 2, (double[2]){ecdf->to, share});
	figure_item(figure, "data index %zu using 1:2 with steps lc rgb '%s' lw 2 dt %s", block,
		    figure_colour(style), figure_dash(style));
	figure_item(figure,
		    "data index %zu every %zu using 1:2 with points lc rgb '%s' pt %d ps 0.8",
		    block, rows / MARKERS + 1, figure_colour(style), figure_point(style));
}
