/* The claims of a spec against the records: for each problem the statistic with its interval, and
 * what follows (verdict.h). */
#ifndef REPORT_CLAIMS_H
#define REPORT_CLAIMS_H

#include "harness/report/records/records.h"
#include "harness/report/tables/sheet.h"
#include "harness/spec/spec.h"
#include "harness/stats/verdict.h"

#include <stddef.h>

/* One claim on one problem; of a slope along an option of the data on all of them. */
struct claim_case {
	const char *problem;
	struct student interval; /* of the statistic; of a ratio the geometric mean */
	double median;
	size_t used, left_out; /* repetitions with and without a value */
	enum verdict verdict;
	size_t more;      /* verdict_more */
	const char *note; /* why there is no interval, or "" */
};

struct claim_result {
	const struct claim_options *claim;
	size_t count;
	struct claim_case *at;
	enum verdict verdict; /* confirmed if it is everywhere, contradicted if it is anywhere, else
				 undecided if it is anywhere */
};

struct claims {
	const char *folder;
	size_t count;
	struct claim_result *at;
};

/* `claims`: struct claim_options. */
struct claims claims_judge(const struct records *records, const struct groups *claims);

/* A row for each case. */
struct sheet claims_sheet(const struct claims *claims, struct arena *arena);

/* A section of a Markdown page: the experiment, its command, cells, time and machine, the table.
 * Numbers and command alone do not depend on where the folder lies. */
void claims_markdown(const struct claims *claims, const struct experiment *experiment,
		     const struct records *records, FILE *to);

/* What the numbers of the table are. */
extern const char claims_note[];

#endif
