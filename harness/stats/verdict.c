/* Intervals against claims. */
#include "harness/stats/verdict.h"

#include <math.h>
#include <stdint.h>

const char *const verdict_names[VERDICTS] = {[VERDICT_UNDECIDED] = "undecided",
					     [VERDICT_CONFIRMED] = "confirmed",
					     [VERDICT_NOT_CONFIRMED] = "not confirmed",
					     [VERDICT_CONTRADICTED] = "contradicted"};

enum verdict verdict_of(const struct student *interval, struct verdict_claim claim)
{
	double low = claim.low - claim.margin, high = claim.high + claim.margin;

	if (isnan(interval->low))
		return VERDICT_UNDECIDED;
	if (interval->low >= claim.low && interval->high <= claim.high)
		return VERDICT_CONFIRMED;
	if (interval->high < low || interval->low > high)
		return VERDICT_CONTRADICTED;
	if (interval->low >= low && interval->high <= high)
		return VERDICT_NOT_CONFIRMED;
	/* all of it on one side, some of it within the margin */
	if (interval->high < claim.low || interval->low > claim.high)
		return VERDICT_NOT_CONFIRMED;
	return VERDICT_UNDECIDED;
}

size_t verdict_more(const struct student *interval, double overlap, struct verdict_claim claim)
{
	enum { MOST = 10000, NORMAL = 200 /* degrees of freedom: t is 1.97 */ };
	double n = (double)interval->count, half = (interval->high - interval->low) / 2, deviation;

	if (isnan(interval->low) || verdict_of(interval, claim) != VERDICT_UNDECIDED)
		return 0;
	deviation = half / student_quantile(0.95, interval->count - 1) / sqrt(1 / n + overlap);
	for (size_t count = interval->count + 1; count <= interval->count + MOST;
	     count += 1 + count / 50) {
		size_t freedom = count - 1 < NORMAL ? count - 1 : NORMAL;
		double reach = student_quantile(0.95, freedom) * deviation *
			       sqrt(1 / (double)count + overlap);
		struct student more = {interval->mean, interval->mean - reach,
				       interval->mean + reach, count};

		if (verdict_of(&more, claim) != VERDICT_UNDECIDED)
			return count - interval->count;
	}
	return SIZE_MAX;
}
