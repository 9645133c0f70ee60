/* Intervals against claims. */
#include "harness/stats/finding.h"

#include <math.h>
#include <stdint.h>

const char *const finding_names[FINDINGS] = {[FINDING_UNDECIDED] = "undecided",
					     [FINDING_CONFIRMED] = "confirmed",
					     [FINDING_NOT_CONFIRMED] = "not confirmed",
					     [FINDING_CONTRADICTED] = "contradicted"};

enum finding finding_of(const struct student *interval, struct finding_claim claim)
{
	double low = claim.low - claim.margin, high = claim.high + claim.margin;

	if (isnan(interval->low))
		return FINDING_UNDECIDED;
	if (interval->low >= claim.low && interval->high <= claim.high)
		return FINDING_CONFIRMED;
	if (interval->high < low || interval->low > high)
		return FINDING_CONTRADICTED;
	if (interval->low >= low && interval->high <= high)
		return FINDING_NOT_CONFIRMED;
	/* all of it on one side, some of it within the margin */
	if (interval->high < claim.low || interval->low > claim.high)
		return FINDING_NOT_CONFIRMED;
	return FINDING_UNDECIDED;
}

size_t finding_more(const struct student *interval, double overlap, struct finding_claim claim)
{
	enum { MOST = 10000, NORMAL = 200 /* degrees of freedom: t is 1.97 */ };
	double n = (double)interval->count, half = (interval->high - interval->low) / 2, deviation;

	if (isnan(interval->low) || finding_of(interval, claim) != FINDING_UNDECIDED)
		return 0;
	deviation = half / student_quantile(0.95, interval->count - 1) / sqrt(1 / n + overlap);
	for (size_t count = interval->count + 1; count <= interval->count + MOST;
	     count += 1 + count / 50) {
		size_t freedom = count - 1 < NORMAL ? count - 1 : NORMAL;
		double reach = student_quantile(0.95, freedom) * deviation *
			       sqrt(1 / (double)count + overlap);
		struct student more = {interval->mean, interval->mean - reach,
				       interval->mean + reach, count};

		if (finding_of(&more, claim) != FINDING_UNDECIDED)
			return count - interval->count;
	}
	return SIZE_MAX;
}
