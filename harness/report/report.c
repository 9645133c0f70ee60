/* Everything that is derived from the records of a results folder. */
#include "harness/report/report.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/report/claims/claims_sheet.h"
#include "harness/report/draw.h"
#include "harness/report/own/own.h"
#include "harness/report/page/html.h"
#include "harness/report/records/ending.h"
#include "harness/report/records/mixed.h"
#include "harness/report/records/records.h"
#include "harness/report/records/select.h"
#include "harness/report/tables/paired.h"
#include "harness/report/tables/path.h"
#include "harness/report/tables/samples.h"
#include "harness/report/tables/sheet.h"
#include "harness/report/tables/sheet_latex.h"
#include "harness/report/tables/summary.h"
#include "harness/report/tables/transfer.h"
#include "solvers/core/printable.h"

#include <string.h>

/* The tables that are kept as files too, as Markdown and LaTeX; empty ones are left out. */
static enum status write_tables(const struct records *records, const struct html_tables *tables,
				struct err *err)
{
	static const char *const ends[] = {"md", "tex"};
	struct arena *arena = records->arena;
	const struct html_table *const kept[] = {
		&tables->summary, &tables->claims,  &tables->sweep,   &tables->paired,
		&tables->path,    &tables->samples, &tables->transfer};

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

/* Everything, in the folder `out` of the records. */
static enum status write_all(const struct experiment *experiment, const struct records *r,
			     struct html_plots *plots, struct err *err)
{
	const char *path = experiment->path ? experiment->path : "SPEC";
	struct claims claims = claims_judge(r, &experiment->claims);
	struct html_tables tables;
	const char *captions;
	struct texts shown;

	TRY(summary_write_cells(r, err));
	TRY(summary_write_attacks(r, err));
	TRY(summary_write_certificates(r, err));
	TRY(summary_write_columns(r, err));
	tables = (struct html_tables){
		.summary = {"summary", "Summary", summary_caption(r), summary_sheet(r)},
		.claims = {"claims", "Claims", marked(claims_sheet_note, true, r),
			   claims_sheet(&claims, r->arena)},
		.sweep = {"sweep", "Selection", marked(summary_select_note, true, r),
			  summary_select_sheet(r)},
		.paired = {"paired", "Paired differences", marked(paired_note(r), true, r),
			   paired_sheet(r)},
		.path = {"path", "Paths of penalties", marked(path_note, true, r), path_sheet(r)},
		.samples = {"samples", "Samples", marked(samples_note, true, r), samples_sheet(r)},
		.attacks = {"attacks", "Attacks", marked(summary_attack_note, true, r),
			    summary_attack_sheet(r)},
		.certificates = {"certificates", "Certificates",
				 marked(summary_certify_note, true, r), summary_certify_sheet(r)},
		.transfer = {"transfer", "Transferred attacks", marked(transfer_note, true, r),
			     transfer_sheet(r)},
		.cells = {"cells", "Cells", marked(summary_cell_note, false, r),
			  summary_cell_sheet(r, path)}};
	TRY(write_tables(r, &tables, err));
	TRY(own_write(experiment, r, &tables, &shown, err));
	TRY(folder_make(arena_format(r->arena, "%s/plots", r->out), err));
	TRY(draw_plots(experiment, r, &shown, plots, &captions, err));
	TRY(store_write_text(arena_format(r->arena, "%s/plots/captions.md", r->out), captions,
			     err));
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
	enum status status, told;
	size_t failed;

	TRY(records_load(folder, arena, &records, err));
	TRY(folder_scratch(folder, arena, &records.out, err));
	status = write_all(experiment, &records, &plots, err);
	if (status == STATUS_OK)
		status = put_in_place(&records, err);
	folder_remove(records.out, &ignored);
	failed = status == STATUS_OK ? draw_tell(&records, &plots, stderr) : 0;
	told = status == STATUS_OK ? records_tell(&records, stderr) : STATUS_OK;
	if (told != STATUS_OK && records.contradicted)
		status = err_at(err, STATUS_FAILED, (struct err_place){folder, 0, 0},
				"%zu of %zu records contradict others, as said above",
				records.contradicted, records.count);
	else if (told != STATUS_OK)
		status = err_at(err, STATUS_FAILED, (struct err_place){folder, 0, 0},
				"damaged: what is named above (%zu of %zu records); `relubench "
				"run` mends it",
				records.damaged, records.count);
	if (status == STATUS_OK && failed)
		status = err_at(err, STATUS_FAILED, (struct err_place){folder, 0, 0},
				"%zu of %zu plots could not be drawn", failed, plots.count);
	return status;
}

bool report_wants_transfer(const struct experiment *experiment)
{
	const struct plot_options *plots = experiment->plots.at;

	for (size_t i = 0; i < experiment->plots.count; i++)
		if (((const struct plot *)(const void *)plots[i].plot.item)->exported)
			return true;
	return false;
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
