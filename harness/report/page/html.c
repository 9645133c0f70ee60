/* report.html: summary, attacks, plots, cells, spec and environment in one page. */
#include "harness/report/page/html.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/report/page/html_live.h"
#include "harness/report/page/html_text.h"
#include "harness/report/records/ending.h"
#include "harness/report/tables/sheet.h"

#include <string.h>
#include <unistd.h>

enum { FEW = 8 /* cells that are listed at the top unfolded */ };

static void section(FILE *to, const char *id, const char *title)
{
	fprintf(to, "<section id=\"%s\"><h2>%s</h2>\n", id, title);
}

static void note(FILE *to, const char *text)
{
	fputs("<p class=\"dim\">", to);
	sheet_html_text(text, to);
	fputs("</p>\n", to);
}

/* The drawing with its ids made unique: every gnuplot drawing uses the same ones, and the page
 * holds several. What precedes the <svg> element belongs to a file of its own. */
static void put_svg(const char *svg, size_t number, FILE *to)
{
	static const char *const marks[] = {"id=\"", "id='", "href='#", "href=\"#", "url(#", NULL};

	svg = strstr(svg, "<svg");
	while (svg && *svg) {
		const char *const *mark = marks;

		while (*mark && strncmp(svg, *mark, strlen(*mark)) != 0)
			mark++;
		if (*mark) {
			fprintf(to, "%sp%zu-", *mark, number);
			svg += strlen(*mark);
		} else {
			putc(*svg++, to);
		}
	}
}

/* Links to those files of a plot that are there. */
static void put_plot_files(const struct records *records, const char *stem, FILE *to)
{
	static const char *const forms[] = {"svg", "pdf", "png", "tex", "dat", "csv", "gp", NULL};

	fputs("<p class=\"files dim\">", to);
	for (const char *const *form = forms; *form; form++) {
		const char *name = arena_format(records->arena, "plots/%s.%s", stem, *form);

		if (access(arena_format(records->arena, "%s/%s", records->out, name), R_OK) == 0)
			fprintf(to, "<a href=\"%s\">.%s</a> ", name, *form);
	}
	fputs("<a href=\"#cells\">cells</a></p>\n", to);
}

static void put_plot(const struct records *records, const struct html_plot *plot, size_t number,
		     FILE *to)
{
	struct arena *arena = records->arena;
	const char *path = arena_format(arena, "%s/plots/%s.svg", records->out, plot->stem);
	struct err ignored = {0}; /* a missing drawing is said in the page */
	enum drawing_fate fate = plot->drawing.fate;
	const char *svg = NULL;

	fprintf(to, "<figure id=\"figure-%zu\" aria-labelledby=\"caption-%zu\">\n", number, number);
	if ((fate == DRAWING_DRAWN || fate == DRAWING_KEPT) && access(path, R_OK) == 0 &&
	    store_read_text(path, arena, &svg, &ignored) == STATUS_OK && strstr(svg, "<svg")) {
		fputs("<div class=\"plot\" tabindex=\"0\" role=\"group\" "
		      "aria-label=\"drawing, scrolls when it is wide\">",
		      to);
		put_svg(svg, number, to);
		fputs("</div>\n", to);
	} else {
		note(to, fate == DRAWING_UNDRAWN
				 ? "gnuplot was not found: the script and its data are kept."
				 : arena_format(arena, "gnuplot failed: %s",
						plot->drawing.message ? plot->drawing.message
								      : "no drawing"));
	}
	fprintf(to, "<figcaption id=\"caption-%zu\"><b>Figure %zu.</b> ", number, number);
	sheet_html_text(plot->title, to);
	fputs(". ", to);
	sheet_html_text(plot->order ? plot->order->caption : "", to);
	fputs("</figcaption>\n", to);
	put_plot_files(records, plot->stem, to);
	html_live(plot->order, to);
	fputs("</figure>\n", to);
}

static void put_file(const struct records *records, const char *id, const char *title,
		     const char *path, FILE *to)
{
	struct err ignored = {0}; /* a page without this text is still of use */
	const char *text;

	if (access(path, R_OK) != 0 ||
	    store_read_text(path, records->arena, &text, &ignored) != STATUS_OK)
		return;
	section(to, id, title);
	fputs("<pre>", to);
	sheet_html_text(text, to);
	fputs("</pre></section>\n", to);
}

static void put_link(const struct html_table *table, FILE *to)
{
	if (!table->sheet.rows)
		return;
	fprintf(to, "<a href=\"#%s\">", table->id);
	sheet_html_text(table->title, to);
	fputs("</a>", to);
}

/* The spec as it was run, or the file it is read from now. */
static const char *spec_path(const struct experiment *experiment, const struct records *records)
{
	const char *kept = arena_format(records->arena, "%s/spec.yaml", records->folder);

	return access(kept, R_OK) == 0 || !experiment->path ? kept : experiment->path;
}

/* Figures over several folders have no environment of a run, and need no spec. */
static void put_file_link(const char *id, const char *title, const char *path, FILE *to)
{
	if (access(path, R_OK) == 0)
		fprintf(to, "<a href=\"#%s\">%s</a>", id, title);
}

static const char *environment_path(const struct records *records)
{
	return arena_format(records->arena, "%s/env.json", records->folder);
}

static void put_links(const struct experiment *experiment, const struct records *records,
		      const struct html_tables *tables, FILE *to)
{
	fputs("<nav aria-label=\"sections\"><a href=\"#state\">State</a>", to);
	put_link(&tables->summary, to);
	for (size_t i = 0; i < tables->own_count; i++)
		put_link(&tables->own[i], to);
	put_link(&tables->claims, to);
	put_link(&tables->sweep, to);
	fputs("<a href=\"#plots\">Figures</a>", to);
	put_link(&tables->paired, to);
	put_link(&tables->path, to);
	put_link(&tables->samples, to);
	put_link(&tables->attacks, to);
	put_link(&tables->certificates, to);
	put_link(&tables->transfer, to);
	put_link(&tables->cells, to);
	put_link(&tables->inputs, to);
	put_file_link("spec", "Spec", spec_path(experiment, records), to);
	put_file_link("environment", "Environment", environment_path(records), to);
	fputs("</nav>\n", to);
}

/* A cell of which something is to be said at the top, with a link to its row. */
static void put_cell(const struct record *record, const char *what, FILE *to)
{
	fprintf(to, "<li><a href=\"#filter=cells,%s\">%s</a> ", record->id, record->id);
	sheet_html_text(record->result.data ? record->result.data : "", to);
	fputs(", ", to);
	sheet_html_text(record->result.method ? record->result.method : "", to);
	fputs(": ", to);
	sheet_html_text(what, to);
	fputs("</li>\n", to);
}

static const char *failure(const struct record *record, struct arena *arena)
{
	const char *status = record->result.status ? record->result.status : "no status";
	const char *why = record->result.message;

	if (records_ok(record))
		return NULL;
	return why && *why ? arena_format(arena, "%s: %s", status, why) : status;
}

static const char *disturbance(const struct record *record, struct arena *arena)
{
	(void)arena;
	return ending_cell_timing(record);
}

/* The cells that `say` has a text for, folded away where they are many. */
static void put_cells(const struct records *records, const char *title,
		      const char *(*say)(const struct record *record, struct arena *arena),
		      FILE *to)
{
	size_t count = 0;

	for (size_t i = 0; i < records->count; i++)
		count += say(&records->at[i], records->arena) != NULL;
	if (count == 0) {
		fprintf(to, "<p><b>%s:</b> none</p>\n", title);
		return;
	}
	fprintf(to, "<details%s><summary><b>%s:</b> %zu of %zu cells</summary><ul>\n",
		count <= FEW ? " open" : "", title, count, records->count);
	for (size_t i = 0; i < records->count; i++) {
		const char *text = say(&records->at[i], records->arena);

		if (text)
			put_cell(&records->at[i], text, to);
	}
	fputs("</ul></details>\n", to);
}

/* When and where it was computed, what disturbed it, what failed and why. */
static void put_state(const struct records *records, FILE *to)
{
	const char *ended = ending_caption(records);

	section(to, "state", "State");
	fprintf(to, "<p><b>Cells:</b> %zu%s", records->count, records->count ? "" : " so far");
	sheet_html_text(ended, to);
	if (records->missing)
		fprintf(to, "; %zu not computed yet", records->missing);
	if (records->incomplete)
		fprintf(to, "; %zu lack a part", records->incomplete);
	if (records->damaged)
		fprintf(to, "; %zu damaged", records->damaged);
	fputs("</p>\n<p><b>Machine:</b> ", to);
	sheet_html_text(records->caption && *records->caption ? records->caption : "not recorded",
			to);
	fputs("</p>\n", to);
	put_cells(records, "Failed", failure, to);
	put_cells(records, "Timing disturbed", disturbance, to);
	note(to,
	     "Only cells with status ok enter the numbers. Red rows: cells that did not finish; "
	     "amber rows: a degenerate result. A column's head sorts by it.");
	fputs("</section>\n", to);
}

static void put_head(const struct experiment *experiment, const struct records *records,
		     const struct html_tables *tables, FILE *to)
{
	/* the policy keeps browsers from any request */
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src "
	      "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
	      to);
	sheet_html_text(experiment->name ? experiment->name : "", to);
	fprintf(to,
		" \xe2\x80\x93 relubench</title>\n<style>\n%s</style></head>\n<body><main>\n<h1>",
		html_text_style);
	sheet_html_text(experiment->name ? experiment->name : "", to);
	fputs("</h1>\n", to);
	if (experiment->about) {
		fputs("<p class=\"about\">", to);
		sheet_html_text(experiment->about, to);
		fputs("</p>\n", to);
	}
	put_links(experiment, records, tables, to);
	put_state(records, to);
}

static void put_table(const struct html_table *table, FILE *to)
{
	if (table->sheet.rows == 0)
		return;
	fprintf(to, "<section id=\"%s\"><h2>", table->id);
	sheet_html_text(table->title, to);
	fputs("</h2>\n", to);
	note(to, table->note);
	fprintf(to,
		"<p><input class=\"filter\" type=\"search\" placeholder=\"filter rows\" "
		"aria-label=\"filter rows of %s\"> <span class=\"dim shown\"></span></p>\n",
		table->id);
	sheet_html(&table->sheet, table->id, to);
	fputs("</section>\n", to);
}

static void put_page(const struct experiment *experiment, const struct records *records,
		     const struct html_tables *tables, struct html_plots plots, FILE *to)
{
	put_head(experiment, records, tables, to);
	put_table(&tables->summary, to);
	for (size_t i = 0; i < tables->own_count; i++)
		put_table(&tables->own[i], to);
	put_table(&tables->claims, to);
	put_table(&tables->sweep, to);
	section(to, "plots", "Figures");
	if (plots.count == 0)
		note(to, "The records hold nothing to plot yet.");
	for (size_t i = 0; i < plots.empty.count; i++)
		note(to, arena_format(records->arena, "Not drawn: %s.", plots.empty.at[i]));
	for (size_t i = 0; i < plots.count; i++)
		put_plot(records, &plots.at[i], i + 1, to);
	fputs("</section>\n", to);
	put_table(&tables->paired, to);
	put_table(&tables->path, to);
	put_table(&tables->samples, to);
	put_table(&tables->attacks, to);
	put_table(&tables->certificates, to);
	put_table(&tables->transfer, to);
	put_table(&tables->cells, to);
	put_table(&tables->inputs, to);
	put_file(records, "spec", "Spec", spec_path(experiment, records), to);
	put_file(records, "environment", "Environment", environment_path(records), to);
	fprintf(to, "</main>\n<script>\n%s</script>\n</body></html>\n", html_text_script);
}

enum status html_write(const struct experiment *experiment, const struct records *records,
		       const struct html_tables *tables, struct html_plots plots, struct err *err)
{
	const char *path = arena_format(records->arena, "%s/report.html", records->out);
	FILE *to = io_create(path);

	if (to)
		put_page(experiment, records, tables, plots, to);
	return to && io_close(to) ? STATUS_OK : io_error(err, path, "write");
}
