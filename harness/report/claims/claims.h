/* The claims of a spec against the records: for each problem the statistic with its interval, and
 * what follows (finding.h). */
#ifndef REPORT_CLAIMS_H
#define REPORT_CLAIMS_H

#include "harness/report/records/records.h"
#include "harness/spec/spec.h"
#include "harness/stats/finding.h"

#include <stddef.h>

/* One claim on one problem; of a slope along an option of the data on all of them. */
struct claim_case {
	const char *problem;
	struct student interval; /* of the statistic; of a ratio the geometric mean */
	double median;
	size_t used, left_out; /* repetitions with and without a value */
	enum finding verdict;
	size_t more;      /* finding_more */
	const char *note; /* why there is no interval, or "" */
};

struct claim_result {
	const struct claim_options *claim;
	size_t count;
	struct claim_case *at;
	enum finding verdict; /* confirmed if it is everywhere, contradicted if it is anywhere, else
				 undecided if it is anywhere */
};

struct claims {
	const char *folder;
	size_t count;
	struct claim_result *at;
};

/* `claims`: struct claim_options. */
struct claims claims_judge(const struct records *records, const struct groups *claims);

#endif
