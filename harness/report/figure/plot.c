/* From records to the files of a plot. */
#include "harness/report/figure/plot.h"
#include "harness/report/figure/canvas.h"
#include "harness/report/figure/dress.h"
#include "solvers/core/index.h"
#include "solvers/core/text.h"

#include <string.h>

static bool is_drawn(const struct figure *figure)
{
	bool drawn = false;

	for (const struct figure_panel *panel = figure->first; panel; panel = panel->next)
		drawn = drawn || figure_drawn(panel);
	return drawn;
}

static struct figure *fill(const struct plot_order *order, const void *options,
			   const struct style *look, const struct records *records)
{
	struct figure *figure = ARENA_NEW(records->arena, struct figure);

	*figure = figure_new(records->arena);
	figure->look = look;
	order->plot->fill(options, records, figure);
	return figure;
}

/* The row of an option of the plot; NULL: it has none. */
static const struct option *row_of(const struct plot_order *order, const char *name)
{
	const struct option *row = order->plot->base.options;

	while (row && row->name && strcmp(row->name, name) != 0)
		row++;
	return row && row->name ? row : NULL;
}

/* A plot whose option `x` is one of few names, filled for each of the others. */
static void fill_views(struct plot_order *order, const struct records *records)
{
	const struct desc *desc = &order->plot->base;
	const struct option *row = row_of(order, "x");
	struct style *look = ARENA_NEW(records->arena, struct style);
	size_t count = 0;
	long chosen;

	if (!row || row->type != OPTION_INT || !row->names)
		return;
	while (row->names[count])
		count++;
	order->view = ARENA_ARRAY(records->arena, struct plot_view, count);
	*look = *order->look; /* but for what is said of its x axis */
	look->x_label = NULL;
	look->x_range = (struct reals){0};
	chosen = *(const long *)(const void *)((const char *)order->options + row->offset);
	order->x_name = row->names[chosen];
	for (long i = 0; i < (long)count; i++) {
		char *options = arena_alloc(records->arena, 1, desc->size);
		struct figure *figure;

		if (i == chosen)
			continue;
		memcpy(options, order->options, desc->size);
		*(long *)(void *)(options + row->offset) = i;
		figure = fill(order, options, look, records);
		if (!is_drawn(figure))
			continue;
		dress_figure(figure);
		order->view[order->view_count++] = (struct plot_view){row->names[i], figure};
	}
}

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

/* Ids of the cells that rows of the figure lead to. */
static struct index cells_of(const struct figure *figure)
{
	struct index ids;
	size_t count = 0;

	for (const struct figure_panel *p = figure->first; p; p = p->next)
		for (const struct figure_curve *c = p->first; c; c = c->next)
			count += c->cell_count;
	ids = index_new(count, figure->arena);
	for (const struct figure_panel *p = figure->first; p; p = p->next)
		for (const struct figure_curve *c = p->first; c && figure_drawn(p); c = c->next)
			for (size_t k = 0; k < c->cell_count; k++)
				index_place(&ids, c->cells[k].id, 0);
	return ids;
}

/* The names that the plot is restricted to; none: it is not. */
static struct texts restricted_to(const struct plot_order *order)
{
	const struct option *row = row_of(order, "methods");

	if (!row || row->type != OPTION_TEXTS)
		return (struct texts){0};
	return *(const struct texts *)(const void *)((const char *)order->options + row->offset);
}

/* Methods that have results, but none that this figure shows. */
static void tell_absent(struct figure *figure, const struct plot_order *order,
			const struct records *records)
{
	struct texts only = restricted_to(order);
	struct text names = text_new(figure->arena);
	struct index shown = cells_of(figure);
	size_t any = 0;

	for (size_t i = 0; i < records->method_count; i++) {
		const char *method = records->methods[i];
		bool asked = only.count == 0, has = false, seen = false;

		for (size_t k = 0; k < only.count; k++)
			asked = asked || strcmp(only.at[k], method) == 0;
		for (size_t k = 0; k < records->count && asked && !seen; k++) {
			const struct record *record = &records->at[k];

			if (strcmp(record->result.method, method) != 0 || !records_ok(record))
				continue;
			has = true;
			seen = index_find(&shown, record->id) >= 0;
		}
		any += seen;
		if (has && !seen)
			text_item(&names, ", ", "%s", method);
	}
	if (any && names.length)
		figure->caption = arena_format(figure->arena, "%s; without such values: %s",
					       figure->caption, names.at);
}

enum status plot_write(struct plot_order *order, const struct records *records, const char *stem,
		       bool *written, struct err *err)
{
	struct figure *figure;

	if (order->look->order.count)
		records = records_ordered(records, &order->look->order);
	figure = fill(order, order->options, order->look, records);
	*written = is_drawn(figure);
	order->lacks = figure->lacks;
	if (!*written)
		return STATUS_OK;
	tell_absent(figure, order, records);
	warn(figure, records);
	TRY(canvas_write(figure, records, stem, err));
	order->figure = figure;
	order->caption = figure->caption;
	order->unused = figure->unused;
	order->unused_count = figure->unused_count;
	fill_views(order, records);
	return STATUS_OK;
}
