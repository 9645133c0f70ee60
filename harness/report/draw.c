/* Plots in order, with names of their own; what of a style and of gnuplot is to be told. */
#include "harness/report/draw.h"
#include "harness/report/custom.h"
#include "harness/report/figure/drawing.h"
#include "harness/report/figure/plot.h"
#include "solvers/core/text.h"

#include <string.h>

static bool has_key(const struct text_map *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->at[i].key, key) == 0)
			return true;
	return false;
}

/* Does `names` have the name, as this kind? */
static bool is_among(const struct figure_name *names, size_t count, struct figure_name name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i].kind, name.kind) == 0 && strcmp(names[i].name, name.name) == 0)
			return true;
	return false;
}

/* Is it one of the labels of `texts`? */
static bool is_text(const struct texts *texts, struct figure_name name)
{
	return strcmp(name.kind, "label") == 0 &&
	       records_index(texts->at, texts->count, name.name) < texts->count;
}

/* Names that a plot's own style has and the plot has not, or `style` has and no plot. */
static void tell_unused(const struct experiment *experiment, const struct plot_order *orders,
			size_t count, const struct texts *elsewhere, FILE *to)
{
	const struct plot_options *given = experiment->plots.at;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < orders[i].unused_count; k++) {
			struct figure_name name = orders[i].unused[k];
			const struct style *own = experiment->plots.count ? &given[i].look : NULL;
			bool plots = own && (has_key(&own->labels, name.name) ||
					     has_key(&own->colors, name.name) ||
					     has_key(&own->marks, name.name));
			size_t j = 0;

			while (!plots && j < count &&
			       (!orders[j].caption ||
				is_among(orders[j].unused, orders[j].unused_count, name)))
				j++;
			if (plots)
				fprintf(to,
					"note: %s: nothing in it has the name of %s of \"%s\"\n",
					orders[i].plot->base.name, name.kind, name.name);
			else if (j == count && !is_text(elsewhere, name) &&
				 !is_among(orders[0].unused, i ? orders[0].unused_count : 0, name))
				fprintf(to, "note: style: no plot has the name of %s of \"%s\"\n",
					name.kind, name.name);
		}
}

/* What is said of a plot that was asked for and not drawn. */
static const char *nothing_of(const struct plot_order *order, const char *stem, struct arena *arena)
{
	return arena_format(arena, "%s: %s", stem,
			    order->lacks ? order->lacks : "the records have nothing for it");
}

enum status draw_plots(const struct experiment *experiment, const struct records *records,
		       const struct texts *elsewhere, struct html_plots *plots,
		       const char **captions, struct err *err)
{
	struct arena *arena = records->arena;
	const char *gnuplot = drawing_gnuplot(arena);
	const struct plot_options *given = experiment->plots.at;
	const struct style unset = style_unset();
	size_t named = experiment->plots.count;
	size_t most = named ? named : registry_count(KIND_PLOT);
	struct plot_order *orders = ARENA_ARRAY(arena, struct plot_order, most);
	struct text text = text_new(arena);
	const char **empty = ARENA_ARRAY(arena, const char *, named);
	struct html_plot *at;
	struct texts custom;

	TRY(custom_copy(records, &custom, err));
	at = ARENA_ARRAY(arena, struct html_plot, most + custom.count);
	*plots = (struct html_plots){.at = at, .empty.at = empty};
	for (size_t i = 0; i < most; i++) {
		const struct desc *item = named ? given[i].plot.item : registry_at(KIND_PLOT, i);
		struct style *look = ARENA_NEW(arena, struct style);
		struct html_plot *plot = at + plots->count;
		size_t number = 1; /* "convergence", and "convergence-2" for the second one */
		bool written = false;

		*look = style_over(named ? &given[i].look : &unset, &experiment->style.look, arena);
		/* zero bytes are the defaults of every plot's options */
		orders[i] =
			(struct plot_order){.plot = (const struct plot *)(const void *)item,
					    .options = named ? given[i].plot.options
							     : arena_alloc(arena, 1, item->size),
					    .look = look};
		for (size_t j = 0; j < i && named; j++)
			number += given[j].plot.item == item;
		plot->stem = number == 1 ? item->name
					 : arena_format(arena, "%s-%zu", item->name, number);
		plot->title = arena_format(arena, "%s: %s", plot->stem, item->doc);
		TRY(plot_write(&orders[i], records, plot->stem, &written, err));
		if (!written && named)
			empty[plots->empty.count++] = nothing_of(&orders[i], plot->stem, arena);
		if (!written)
			continue;
		plot->order = &orders[i];
		TRY(drawing_make(records, plot->stem, gnuplot, &plot->drawing, err));
		plots->count++;
		text_format(&text, "**%s**: %s.\n\n", plot->stem, orders[i].caption);
	}
	for (size_t i = 0; i < custom.count; i++) {
		struct html_plot *plot = at + plots->count++;

		plot->stem = custom.at[i];
		plot->title = arena_format(arena, "%s: a script of the user's", plot->stem);
		TRY(drawing_make(records, plot->stem, gnuplot, &plot->drawing, err));
	}
	tell_unused(experiment, orders, most, elsewhere, stderr);
	*captions = text.at;
	return STATUS_OK;
}

size_t draw_tell(const struct records *records, const struct html_plots *plots, FILE *to)
{
	size_t failed = 0, undrawn = 0;

	for (size_t i = 0; i < plots->count; i++) {
		const struct html_plot *plot = &plots->at[i];
		struct err told = {0};

		undrawn += plot->drawing.fate == DRAWING_UNDRAWN;
		if (plot->drawing.fate != DRAWING_IMPOSSIBLE)
			continue;
		failed++;
		err_at(&told, STATUS_FAILED,
		       (struct err_place){arena_format(records->arena, "%s/plots/%s.gp",
						       records->folder, plot->stem),
					  0, 0},
		       "gnuplot failed: %s", plot->drawing.message);
		err_print(&told, to);
	}
	for (size_t i = 0; i < plots->empty.count; i++)
		fprintf(to, "note: not drawn: %s\n", plots->empty.at[i]);
	if (undrawn)
		fprintf(to,
			"note: gnuplot was not found: %zu plot%s not drawn, scripts and data are "
			"kept\n",
			undrawn, undrawn == 1 ? " is" : "s are");
	return failed;
}
