/* From records to the files of a plot. */
#include "harness/report/figure/plot.h"
#include "harness/report/figure/canvas.h"

enum status plot_write(const struct plot *plot, const void *options, const struct records *records,
		       const char *stem, bool *written, struct err *err)
{
	struct figure figure = figure_new(records->arena);

	*written = false;
	plot->fill(options, records, &figure);
	for (const struct figure_panel *panel = figure.first; panel; panel = panel->next)
		*written = *written || figure_drawn(panel);
	return *written ? canvas_write(&figure, records, stem, err) : STATUS_OK;
}
