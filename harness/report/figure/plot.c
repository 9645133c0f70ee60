/* From records to the files of a plot. */
#include "harness/report/figure/plot.h"
#include "harness/report/figure/canvas.h"

enum status plot_write(struct plot_order *order, const struct records *records, const char *stem,
		       bool *written, struct err *err)
{
	struct figure figure = figure_new(records->arena);

	*written = false;
	figure.look = order->look;
	if (order->look->order.count)
		records = records_ordered(records, &order->look->order);
	order->plot->fill(order->options, records, &figure);
	for (const struct figure_panel *panel = figure.first; panel; panel = panel->next)
		*written = *written || figure_drawn(panel);
	if (!*written)
		return STATUS_OK;
	TRY(canvas_write(&figure, records, stem, err));
	order->caption = figure.caption;
	order->unused = figure.unused;
	order->unused_count = figure.unused_count;
	return STATUS_OK;
}
