/* Everything that is derived from the records of a results folder. */
#include "harness/report/report.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/report/claims/claims_sheet.h"
#include "harness/report/custom.h"
#include "harness/report/figure/drawing.h"
#include "harness/report/figure/plot.h"
#include "harness/report/page/html.h"
#include "harness/report/records/ending.h"
#include "harness/report/records/mixed.h"
#include "harness/report/records/records.h"
#include "harness/report/records/select.h"
#include "harness/report/tables/paired.h"
#include "harness/report/tables/samples.h"
#include "harness/report/tables/sheet.h"
#include "harness/report/tables/summary.h"
#include "solvers/core/printable.h"

#include <string.h>

/* The tables that are kept as files too, as Markdown and LaTeX; empty ones are left out. */
static enum status write_tables(const struct records *records, const struct html_tables *tables,
				struct err *err)
{
	static const char *const ends[] = {"md", "tex"};
	struct arena *arena = records->arena;
	const struct html_table *const kept[] = {&tables->summary, &tables->claims, &tables->sweep,
						 &tables->paired, &tables->samples};

	TRY(folder_make(arena_format(arena, "%s/tables", records->out), err));
	for (size_t i = 0; i < 2 * sizeof kept / sizeof *kept; i++) {
		const struct html_table *table = kept[i / 2];
		const char *path = arena_format(arena, "%s/tables/%s.%s", records->out, table->id,
						ends[i % 2]);
		FILE *to;

		if (table != &tables->summary && table->sheet.rows == 0)
			continue;
		to = io_create(path);
		if (!to)
			return io_error(err, path, "write");
		if (i % 2) {
			sheet_latex(&table->sheet, table->note, to);
		} else {
			sheet_markdown(&table->sheet, to);
			fprintf(to, "\n%s\n", table->note);
		}
		if (!io_close(to))
			return io_error(err, path, "write");
	}
	return STATUS_OK;
}

/* A note, before it how the cells ended where not all converged undisturbed, if that is `told`, and
 * what they mix. */
static const char *marked(const char *note, bool told, const struct records *records)
{
	const char *marks = ending_marks(records), *mixed = mixed_records(records);

	if (told && *marks)
		note = arena_format(records->arena, "%s Of all cells %s.", note,
				    marks + strlen("; "));
	return *mixed ? arena_format(records->arena, "%s %s", note, mixed) : note;
}

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

/* Names that a plot's own style has and the plot has not, or `style` has and no plot. */
static void tell_unused(const struct experiment *experiment, const struct plot_order *orders,
			size_t count, FILE *to)
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
			else if (j == count &&
				 !is_among(orders[0].unused, i ? orders[0].unused_count : 0, name))
				fprintf(to, "note: style: no plot has the name of %s of \"%s\"\n",
					name.kind, name.name);
		}
}

/* The plots of the spec or, if it names none, every one; those that need an option have nothing to
 * plot then. */
static enum status draw_plots(const struct experiment *experiment, const struct records *records,
			      struct html_plots *plots, struct err *err)
{
	struct arena *arena = records->arena;
	const char *gnuplot = drawing_gnuplot(arena);
	const struct plot_options *given = experiment->plots.at;
	const struct style unset = style_unset();
	size_t named = experiment->plots.count;
	size_t most = named ? named : registry_count(KIND_PLOT);
	struct plot_order *orders = ARENA_ARRAY(arena, struct plot_order, most);
	struct text captions = text_new(arena);
	struct html_plot *at;
	struct texts custom;

	TRY(custom_copy(records, &custom, err));
	at = ARENA_ARRAY(arena, struct html_plot, most + custom.count);
	*plots = (struct html_plots){0, at};
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
		if (!written)
			continue;
		plot->order = &orders[i];
		TRY(drawing_make(records, plot->stem, gnuplot, &plot->drawing, err));
		plots->count++;
		text_format(&captions, "**%s**: %s.\n\n", plot->stem, orders[i].caption);
	}
	for (size_t i = 0; i < custom.count; i++) {
		struct html_plot *plot = at + plots->count++;

		plot->stem = custom.at[i];
		plot->title = arena_format(arena, "%s: a script of the user's", plot->stem);
		TRY(drawing_make(records, plot->stem, gnuplot, &plot->drawing, err));
	}
	tell_unused(experiment, orders, most, stderr);
	return store_write_text(arena_format(arena, "%s/plots/captions.md", records->out),
				captions.at, err);
}

/* Plots that could not be drawn are named; how many gnuplot failed at. */
static size_t tell_plots(const struct records *records, const struct html_plots *plots, FILE *to)
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
	if (undrawn)
		fprintf(to,
			"note: gnuplot was not found: %zu plot%s not drawn, scripts and data are "
			"kept\n",
			undrawn, undrawn == 1 ? " is" : "s are");
	return failed;
}

/* Everything, in the folder `out` of the records. */
static enum status write_all(const struct experiment *experiment, const struct records *r,
			     struct html_plots *plots, struct err *err)
{
	const char *path = experiment->path ? experiment->path : "SPEC";
	struct claims claims = claims_judge(r, &experiment->claims);
	struct html_tables tables;

	TRY(summary_write_cells(r, err));
	TRY(summary_write_attacks(r, err));
	TRY(summary_write_certificates(r, err));
	TRY(summary_write_columns(r, err));
	tables = (struct html_tables){
		{"summary", "Summary", summary_caption(r), summary_sheet(r)},
		{"claims", "Claims", marked(claims_sheet_note, true, r),
		 claims_sheet(&claims, r->arena)},
		{"sweep", "Selection", marked(summary_select_note, true, r),
		 summary_select_sheet(r)},
		{"paired", "Paired differences", marked(paired_note(r), true, r), paired_sheet(r)},
		{"samples", "Samples", marked(samples_note, true, r), samples_sheet(r)},
		{"attacks", "Attacks", marked(summary_attack_note, true, r),
		 summary_attack_sheet(r)},
		{"certificates", "Certificates", marked(summary_certify_note, true, r),
		 summary_certify_sheet(r)},
		{"cells", "Cells", marked(summary_cell_note, false, r),
		 summary_cell_sheet(r, path)}};
	TRY(write_tables(r, &tables, err));
	TRY(folder_make(arena_format(r->arena, "%s/plots", r->out), err));
	TRY(draw_plots(experiment, r, plots, err));
	return html_write(experiment, r, &tables, *plots, err);
}

/* What was built is renamed into place: the folders, in which nothing of an earlier report stays,
 * and the files; the page comes last. */
static enum status put_in_place(const struct records *records, struct err *err)
{
	static const char *const folders[] = {"tables", "plots"};
	static const char *const files[] = {"summary.csv", "attack.csv", "certify.csv",
					    "columns.csv", "report.html"};
	struct arena *arena = records->arena;

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		TRY(folder_replace(arena_format(arena, "%s/%s", records->out, folders[i]),
				   arena_format(arena, "%s/%s", records->folder, folders[i]), err));
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const char *to = arena_format(arena, "%s/%s", records->folder, files[i]);
		const char *from = arena_format(arena, "%s/%s", records->out, files[i]);

		if (!io_rename(from, to))
			return io_error(err, to, "write");
	}
	return STATUS_OK;
}

static enum status build(const struct experiment *experiment, const char *folder,
			 struct arena *arena, struct err *err)
{
	struct err ignored = {0}; /* a leftover is removed by a later report */
	struct html_plots plots = {0};
	struct records records;
	enum status status;
	size_t failed;

	TRY(records_load(folder, arena, &records, err));
	TRY(folder_scratch(folder, arena, &records.out, err));
	status = write_all(experiment, &records, &plots, err);
	if (status == STATUS_OK)
		status = put_in_place(&records, err);
	folder_remove(records.out, &ignored);
	failed = status == STATUS_OK ? tell_plots(&records, &plots, stderr) : 0;
	if (status == STATUS_OK && records_tell(&records, stderr) != STATUS_OK)
		status = err_at(err, STATUS_FAILED, (struct err_place){folder, 0, 0},
				"damaged: what is named above (%zu of %zu records); `relubench "
				"run` mends it",
				records.damaged, records.count);
	if (status == STATUS_OK && failed)
		status = err_at(err, STATUS_FAILED, (struct err_place){folder, 0, 0},
				"%zu of %zu plots could not be drawn", failed, plots.count);
	return status;
}

enum status report_build(const struct experiment *experiment, const char *folder, struct err *err)
{
	struct arena arena = {0};
	enum status status = build(experiment, folder, &arena, err);

	arena_release(&arena);
	return status;
}

enum status report_print_table(const struct experiment *experiment, const char *folder,
			       size_t width, FILE *to, struct err *err)
{
	struct arena arena = {0};
	struct records records;
	enum status status = records_load(folder, &arena, &records, err);

	(void)experiment;
	if (status == STATUS_OK) {
		struct sheet sheet = summary_sheet(&records);

		sheet_terminal(&sheet, width, to);
		putc('\n', to);
		printable_wrap(summary_caption(&records), 0, 0, width, to);
		putc('\n', to);
	}
	arena_release(&arena);
	return status;
}
