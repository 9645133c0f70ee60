/* Transferred attacks, from transfer.csv. */
#ifndef REPORT_TRANSFER_H
#define REPORT_TRANSFER_H

#include "harness/report/records/records.h"
#include "harness/report/tables/sheet.h"

/* One row per problem, attack, radius and pair of settings, the source itself left out. No rows if
 * there is no transfer.csv. */
struct sheet transfer_sheet(const struct records *records);

/* What the numbers are. */
extern const char transfer_note[];

#endif
