/* Figures as CSV. */
#include "harness/report/figure/tidy.h"
#include "harness/file/csv.h"

#include <math.h>

enum { NUMBERS = 6 /* most of a row */ };

static void put_curve(struct csv *csv, const struct figure_panel *p, const struct figure_curve *c)
{
	size_t columns = figure_numbers(c->layer);

	for (size_t i = 0; i < c->count; i++) {
		csv_text(csv, p->title);
		csv_text(csv, c->label ? c->label : c->title);
		csv_text(csv, c->columns);
		for (size_t k = 0; k < NUMBERS; k++)
			csv_number(csv, k < columns ? c->at[i * columns + k] : NAN);
		csv_end_row(csv);
	}
}

enum status tidy_write(const struct figure *figure, const char *path, struct err *err)
{
	static const char *const head[] = {"panel", "curve", "columns", "1", "2",
					   "3",     "4",     "5",       "6", NULL};
	struct csv csv;

	TRY(csv_open(&csv, path, head, err));
	for (const struct figure_panel *p = figure->first; p; p = p->next)
		for (const struct figure_curve *c = p->first; c; c = c->next)
			put_curve(&csv, p, c);
	return csv_close(&csv, err);
}
