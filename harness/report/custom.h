/* plots/custom: scripts that a user has changed, kept and drawn again from the same data. */
#ifndef REPORT_CUSTOM_H
#define REPORT_CUSTOM_H

#include "harness/report/records/records.h"
#include "solvers/core/option.h"
#include "solvers/core/status.h"

/* Copy the files of <folder>/plots/custom of the records to <out>/plots/custom. *stems: what to
 * draw there, "custom/NAME" of each NAME.gp, in alphabetical order. Links are left out. */
enum status custom_copy(const struct records *records, struct texts *stems, struct err *err);

#endif
