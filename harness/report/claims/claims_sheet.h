/* Claims as a table, and as a section of a page. */
#ifndef REPORT_CLAIMS_SHEET_H
#define REPORT_CLAIMS_SHEET_H

#include "harness/report/claims/claims.h"
#include "harness/report/tables/sheet.h"

/* A row for each case. */
struct sheet claims_sheet(const struct claims *claims, struct arena *arena);

/* A section of a Markdown page: the experiment, its command, cells, time and machine, the table.
 * Numbers and command alone do not depend on where the folder lies. */
void claims_sheet_page(const struct claims *claims, const struct experiment *experiment,
		       const struct records *records, FILE *to);

/* What the numbers of the table are. */
extern const char claims_sheet_note[];

#endif
