/* From records to the files of a plot. */
#include "harness/report/figure/plot.h"
#include "harness/report/figure/canvas.h"

#include <string.h>

static bool says_time(const char *label)
{
	return label && (strstr(label, "time") || strstr(label, " in s"));
}

/* Are times among what its axes or colours show? */
static bool shows_times(const struct figure *figure)
{
	bool shown = says_time(figure->bar_label);

	for (const struct figure_panel *p = figure->first; p && !shown; p = p->next) {
		shown = says_time(p->x.label) || says_time(p->y.label) || says_time(p->title);
		for (size_t i = 0; i < p->x.name_count && p->x.names && !shown; i++)
			shown = says_time(p->x.names[i]);
	}
	return shown;
}

/* What is to be known of records of several folders. */
static void warn(struct figure *figure, const struct records *records)
{
	if (records->warning)
		figure->caption =
			arena_format(figure->arena, "%s. %s", figure->caption, records->warning);
	if (records->time_warning && shows_times(figure))
		figure->caption = arena_format(figure->arena, "%s. %s", figure->caption,
					       records->time_warning);
}

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
	warn(&figure, records);
	TRY(canvas_write(&figure, records, stem, err));
	order->caption = figure.caption;
	order->unused = figure.unused;
	order->unused_count = figure.unused_count;
	return STATUS_OK;
}
