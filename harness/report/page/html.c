/* report.html: summary, attacks, plots, cells, spec and environment in one page. */
#include "harness/report/page/html.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/report/page/html_parts.h"
#include "harness/report/tables/sheet.h"

#include <string.h>
#include <unistd.h>

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

static void put_plot(const struct records *records, const struct html_plot *plot, size_t number,
		     FILE *to)
{
	struct arena *arena = records->arena;
	const char *path = arena_format(arena, "%s/plots/%s.svg", records->out, plot->stem);
	struct err ignored = {0}; /* a missing drawing is said in the page */
	enum drawing_fate fate = plot->drawing.fate;
	const char *svg = NULL;

	fputs("<figure><figcaption>", to);
	sheet_html_text(plot->title, to);
	fputs("</figcaption>\n", to);
	if ((fate == DRAWING_DRAWN || fate == DRAWING_KEPT) && access(path, R_OK) == 0 &&
	    store_read_text(path, arena, &svg, &ignored) == STATUS_OK && strstr(svg, "<svg")) {
		fputs("<div class=\"plot\">", to);
		put_svg(svg, number, to);
		fputs("</div>\n", to);
	} else {
		note(to, plot->drawing.fate == DRAWING_UNDRAWN
				 ? "gnuplot was not found: the script and its data are kept."
				 : arena_format(arena, "gnuplot failed: %s",
						plot->drawing.message ? plot->drawing.message
								      : "no drawing"));
	}
	fprintf(to, "<p class=\"dim\">plots/%s: .svg .png .pdf .gp .dat</p></figure>\n",
		plot->stem);
}

static void put_plots(const struct records *records, struct html_plots plots, FILE *to)
{
	section(to, "plots", "Plots");
	if (plots.count == 0)
		note(to, "The records hold nothing to plot yet.");
	for (size_t i = 0; i < plots.count; i++)
		put_plot(records, &plots.at[i], i + 1, to);
	fputs("</section>\n", to);
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
	if (table->sheet.rows)
		fprintf(to, "<a href=\"#%s\">%s</a>", table->id, table->title);
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
	fputs("<nav>", to);
	put_link(&tables->summary, to);
	put_link(&tables->claims, to);
	put_link(&tables->sweep, to);
	fputs("<a href=\"#plots\">Plots</a>", to);
	put_link(&tables->paired, to);
	put_link(&tables->samples, to);
	put_link(&tables->attacks, to);
	put_link(&tables->certificates, to);
	put_link(&tables->cells, to);
	put_file_link("spec", "Spec", spec_path(experiment, records), to);
	put_file_link("environment", "Environment", environment_path(records), to);
	fputs("</nav>\n", to);
}

static void put_head(const struct experiment *experiment, const struct records *records,
		     const struct html_tables *tables, FILE *to)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
	      to);
	sheet_html_text(experiment->name ? experiment->name : "", to);
	fprintf(to,
		" \xe2\x80\x93 relubench</title>\n<style>\n%s</style></head>\n<body><main>\n<h1>",
		html_parts_style);
	sheet_html_text(experiment->name ? experiment->name : "", to);
	fputs("</h1>\n", to);
	if (experiment->about) {
		fputs("<p class=\"about\">", to);
		sheet_html_text(experiment->about, to);
		fputs("</p>\n", to);
	}
	note(to,
	     "Only cells with status ok enter the numbers. Red rows: cells that did not finish; "
	     "amber rows: a degenerate result. Click a column to sort.");
	note(to, records->caption);
	put_links(experiment, records, tables, to);
}

static void put_table(const struct html_table *table, FILE *to)
{
	if (table->sheet.rows == 0)
		return;
	section(to, table->id, table->title);
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
	put_table(&tables->claims, to);
	put_table(&tables->sweep, to);
	put_plots(records, plots, to);
	put_table(&tables->paired, to);
	put_table(&tables->samples, to);
	put_table(&tables->attacks, to);
	put_table(&tables->certificates, to);
	put_table(&tables->cells, to);
	put_file(records, "spec", "Spec", spec_path(experiment, records), to);
	put_file(records, "environment", "Environment", environment_path(records), to);
	fprintf(to, "</main>\n<script>\n%s</script>\n</body></html>\n", html_parts_script);
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
