/* Figures over several results folders, and where they come from. */
#include "harness/report/overview.h"
#include "harness/file/csv.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/report/draw.h"
#include "harness/report/page/html.h"
#include "harness/report/records/ending.h"
#include "harness/report/report.h"
#include "harness/report/tables/summary.h"
#include "harness/store/manifest.h"
#include "solvers/core/text.h"

#include <dirent.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUTS "inputs.csv"
#define FIGURES "figures.yaml"

/* --- the spec on records of several folders -------------------------------------------------- */

/* What the plots of a spec name, against names and swept options of the records. */
static enum status check_names(const struct experiment *experiment, const struct records *records,
			       struct problems *problems)
{
	struct arena *arena = records->arena;
	struct experiment shown = *experiment;

	if (!experiment->tree || !node_get(experiment->tree, "plots"))
		return STATUS_OK;
	shown.cells = ARENA_ARRAY(arena, struct cell, 2 * records->count);
	for (size_t i = 0; i < 2 * records->count; i++) { /* with the label, and without */
		const struct record *r = &records->at[i / 2];
		struct swept *swept = ARENA_ARRAY(arena, struct swept, r->swept_count + 1);
		struct cell *cell = &shown.cells[shown.cell_count++];

		for (size_t k = 0; k < r->swept_count; k++)
			swept[k] = (struct swept){.path = r->swept[k].path,
						  .value = r->swept[k].value};
		*cell = (struct cell){.swept_count = r->swept_count, .swept = swept};
		cell->data.name = i % 2 ? r->origin->data : r->result.data;
		cell->train.name = i % 2 ? r->origin->method : r->result.method;
	}
	return report_check_plots(&shown, problems);
}

/* The option of a plot with every name of a list in the place of the one that stands for them. */
static const void *spread_options(const struct choice *plot, const struct records *records)
{
	char *options = arena_alloc(records->arena, 1, plot->item->size);

	if (plot->options)
		memcpy(options, plot->options, plot->item->size);
	for (const struct option *row = plot->item->options; row && row->name; row++) {
		struct texts *names = (struct texts *)(void *)(options + row->offset);

		if (row->type == OPTION_TEXTS && strcmp(row->name, "methods") == 0)
			*names = folders_methods(records, names);
		else if (row->type == OPTION_TEXTS && strcmp(row->name, "data") == 0)
			*names = folders_data(records, names);
	}
	return options;
}

/* The experiment whose figures these are. */
static struct experiment spread_names(const struct experiment *experiment,
				      const struct folders *folders, const struct records *records)
{
	struct arena *arena = records->arena;
	struct experiment out = *experiment;
	const struct plot_options *given = experiment->plots.at;
	struct plot_options *plots =
		ARENA_ARRAY(arena, struct plot_options, experiment->plots.count + 1);
	struct text name = text_new(arena), about = text_new(arena);

	for (size_t i = 0; i < experiment->plots.count; i++) {
		plots[i] = given[i];
		plots[i].plot.options = spread_options(&given[i].plot, records);
		plots[i].look.order = folders_methods(records, &given[i].look.order);
	}
	out.plots.at = plots;
	out.style.look.order = folders_methods(records, &out.style.look.order);
	for (size_t f = 0; f < folders->count; f++)
		text_item(&name, ", ", "%s", folders->at[f].label);
	if (records->warning)
		text_item(&about, " ", "Warning: %s.", records->warning);
	if (records->time_warning)
		text_item(&about, " ", "Warning: %s.", records->time_warning);
	out.name = name.at;
	out.about = about.length ? about.at : NULL;
	return out;
}

/* --- where they come from -------------------------------------------------------------------- */

/* SHA-256 of the record.json of all records, in order of their ids; NULL where one has none. */
static const char *sum_of(const struct records *records)
{
	struct arena *arena = records->arena;
	const char **ids = ARENA_ARRAY(arena, const char *, records->count + 1);
	char hex[SHA256_DIGEST_STRING_LENGTH];
	SHA256_CTX sum;

	for (size_t i = 0; i < records->count; i++)
		ids[i] = records->at[i].id;
	qsort(ids, records->count, sizeof *ids, text_compare);
	SHA256Init(&sum);
	for (size_t i = 0; i < records->count; i++) {
		const char *path =
			arena_format(arena, "%s/cells/%s/" MANIFEST_FILE, records->folder, ids[i]);
		struct err ignored = {0}; /* told as damage, or of an earlier version */
		const char *text;

		if (i > 0 && strcmp(ids[i], ids[i - 1]) == 0) /* two names of one record */
			continue;
		if (store_read_text(path, arena, &text, &ignored) != STATUS_OK)
			return NULL;
		SHA256Update(&sum, (const uint8_t *)text, strlen(text));
	}
	return arena_text(arena, SHA256End(&sum, hex));
}

static const char *dates_of(const struct records *records)
{
	const char *first = NULL, *last = NULL;

	for (size_t i = 0; i < records->count; i++) {
		const char *date = ending_cell_date(&records->at[i]);

		if (!date)
			continue;
		first = first && strcmp(first, date) <= 0 ? first : date;
		last = last && strcmp(last, date) >= 0 ? last : date;
	}
	if (!first || strcmp(first, last) == 0)
		return first;
	return arena_format(records->arena, "%s to %s", first, last);
}

static const char *const heads[] = {"label",    "folder",         "cells",   "ok",
				    "computed", "program",        "machine", "precision",
				    "seed",     "records_sha256", NULL};

enum { COLUMNS = sizeof heads / sizeof *heads - 1 };

static struct sheet inputs_of(const struct folders *folders)
{
	struct arena *arena = folders->arena;
	struct sheet sheet = sheet_headed(arena, folders->count, "llrrllllrl", heads);

	for (size_t f = 0; f < folders->count; f++) {
		const struct records *r = &folders->at[f].records;
		size_t ok = 0;

		for (size_t i = 0; i < r->count; i++)
			ok += records_ok(&r->at[i]);
		sheet_row(&sheet, f,
			  (const char *[COLUMNS]){folders->at[f].label,
						  folder_absolute(folders->at[f].path, arena),
						  arena_format(arena, "%zu", r->count),
						  arena_format(arena, "%zu", ok), dates_of(r),
						  folders_values(r, folders_program),
						  folders_values(r, folders_machine),
						  folders_values(r, folders_precision),
						  folders_values(r, folders_seed), sum_of(r)});
	}
	return sheet;
}

static enum status write_inputs(const struct sheet *sheet, const char *path, struct err *err)
{
	struct csv csv;

	TRY(csv_open(&csv, path, heads, err));
	for (size_t row = 0; row < sheet->rows; row++) {
		for (size_t col = 0; col < sheet->cols; col++)
			csv_text(&csv, sheet->cell[row * sheet->cols + col]);
		csv_end_row(&csv);
	}
	return csv_close(&csv, err);
}

static enum status write_captions(const struct experiment *experiment, const struct sheet *inputs,
				  const char *captions, const char *path, struct err *err)
{
	FILE *to = io_create(path);

	if (!to)
		return io_error(err, path, "write");
	fprintf(to, "# Figures of %s\n\n", experiment->name);
	if (experiment->about)
		fprintf(to, "%s\n\n", experiment->about);
	sheet_markdown(inputs, to);
	fprintf(to, "\n%s", captions);
	return io_close(to) ? STATUS_OK : io_error(err, path, "write");
}

/* --- the folder ------------------------------------------------------------------------------ */

static const char *const files[] = {"captions.md", INPUTS, FIGURES, "report.html"};

/* The folder that a path is in or will be, without links. */
static const char *place_of(const char *path, struct arena *arena)
{
	char *at = arena_text(arena, path);

	while (access(at, F_OK) != 0) {
		char *slash = strrchr(at, '/');

		if (!slash)
			return folder_absolute(".", arena);
		slash[slash == at] = '\0';
	}
	return folder_absolute(at, arena);
}

/* Is it made by this, empty or not there, and not in the folders that are read? */
static enum status check_out(const struct folders *folders, const char *out, struct err *err)
{
	struct arena *arena = folders->arena;
	const char *path = place_of(out, arena);
	struct err_place place = {out, 0, 0};
	struct dirent *entry;
	size_t held = 0;
	DIR *dir;

	for (size_t f = 0; f < folders->count; f++) {
		const char *read = folder_absolute(folders->at[f].path, arena);
		size_t length = strlen(read);

		if (strncmp(read, path, length) == 0 && (!path[length] || path[length] == '/'))
			return err_at(err, STATUS_SPEC, place,
				      "is in %s, which is only read: --out must be elsewhere",
				      folders->at[f].path);
	}
	if (access(out, F_OK) != 0 || access(arena_format(arena, "%s/" INPUTS, out), F_OK) == 0)
		return STATUS_OK;
	dir = opendir(out);
	if (!dir)
		return io_error(err, out, "write");
	while ((entry = readdir(dir)))
		held += entry->d_name[0] != '.';
	closedir(dir);
	return held ? err_at(err, STATUS_SPEC, place,
			     "holds something else: --out must be new, empty, or of this verb")
		    : STATUS_OK;
}

static enum status write_all(const struct experiment *experiment, const struct folders *folders,
			     const struct records *records, struct html_plots *plots,
			     struct err *err)
{
	struct arena *arena = records->arena;
	struct sheet inputs = inputs_of(folders);
	struct html_tables tables = {
		.summary = {"summary", "Summary", summary_caption(records), summary_sheet(records)},
		.cells = {"cells", "Cells", summary_cell_note, summary_cell_sheet(records, "")},
		.inputs = {
			"inputs", "Inputs",
			"The folders that the figures are of. records_sha256: of the record.json "
			"of their cells, in order of the ids.",
			inputs}};
	const char *captions, *text;

	TRY(folder_make(arena_format(arena, "%s/plots", records->out), err));
	TRY(draw_plots(experiment, records, &(struct texts){0}, plots, &captions, err));
	TRY(write_captions(experiment, &inputs, captions,
			   arena_format(arena, "%s/captions.md", records->out), err));
	TRY(write_inputs(&inputs, arena_format(arena, "%s/" INPUTS, records->out), err));
	if (experiment->tree) {
		TRY(store_read_text(experiment->path, arena, &text, err));
		TRY(store_write_text(arena_format(arena, "%s/" FIGURES, records->out), text, err));
	}
	return html_write(experiment, records, &tables, *plots, err);
}

static enum status put_in_place(const struct records *records, struct err *err)
{
	struct arena *arena = records->arena;

	TRY(folder_replace(arena_format(arena, "%s/plots", records->out),
			   arena_format(arena, "%s/plots", records->folder), err));
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const char *to = arena_format(arena, "%s/%s", records->folder, files[i]);
		const char *from = arena_format(arena, "%s/%s", records->out, files[i]);

		if (access(from, F_OK) != 0)
			unlink(to); /* of an earlier spec */
		else if (!io_rename(from, to))
			return io_error(err, to, "write");
	}
	return STATUS_OK;
}

/* Damage, warnings and failures on standard error; STATUS_FAILED if there is one of the first and
 * last. */
static enum status tell(const struct folders *folders, const struct experiment *shown,
			const struct records *records, const struct html_plots *plots,
			struct err *err)
{
	size_t failed = draw_tell(records, plots, stderr), damaged = 0;

	for (size_t f = 0; f < folders->count; f++)
		damaged += records_tell(&folders->at[f].records, stderr) != STATUS_OK;
	if (shown->about)
		fprintf(stderr, "%s\n", shown->about);
	if (damaged)
		return err_set(err, STATUS_FAILED,
			       "damaged: what is named above, in %zu of %zu "
			       "folders",
			       damaged, folders->count);
	if (failed)
		return err_set(err, STATUS_FAILED, "%zu of %zu plots could not be drawn", failed,
			       plots->count);
	return STATUS_OK;
}

enum status overview_write(const struct experiment *experiment, const struct folders *folders,
			   const char *out, struct problems *problems, struct err *err)
{
	struct records records = folders_join(folders);
	struct experiment shown = spread_names(experiment, folders, &records);
	struct err ignored = {0}; /* a leftover is removed by a later call */
	struct html_plots plots = {0};
	enum status status;

	TRY(check_names(experiment, &records, problems));
	TRY(check_out(folders, out, err));
	TRY(folder_make(out, err));
	records.folder = out;
	TRY(folder_scratch(out, folders->arena, &records.out, err));
	status = write_all(&shown, folders, &records, &plots, err);
	if (status == STATUS_OK)
		status = put_in_place(&records, err);
	folder_remove(records.out, &ignored);
	return status == STATUS_OK ? tell(folders, &shown, &records, &plots, err) : status;
}
