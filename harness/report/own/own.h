/* The tables that a spec asks for: made, written, and what is to be told of them. */
#ifndef REPORT_OWN_TABLES_H
#define REPORT_OWN_TABLES_H

#include "harness/report/page/html.h"
#include "harness/report/records/records.h"
#include "harness/spec/spec.h"

/* Add a problem for every column of a table that its cells cannot have, with the names near it, and
 * for every key of `digits`, `better` and `groups` that is none of its columns. */
void own_check(const struct experiment *experiment, struct problems *problems);

/* tables/<name>.md, .tex and .csv of each, tables/columns.csv of the last, in the folder `out` of
 * the records, whose folder of tables is there already; sections of the page. *shown: labels of
 * `style` that they show. Labels of a table for nothing that it has, and LaTeX that is estimated
 * wider than it should be, are told on standard error. */
enum status own_write(const struct experiment *experiment, const struct records *records,
		      struct html_tables *out, struct texts *shown, struct err *err);

#endif
