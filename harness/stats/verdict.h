/* Does an interval settle a claim? */
#ifndef STATS_VERDICT_H
#define STATS_VERDICT_H

#include "harness/stats/student.h"

enum verdict {
	VERDICT_UNDECIDED, /* values on both sides of what the others need are in the interval */
	VERDICT_CONFIRMED, /* it lies within what is claimed */
	VERDICT_NOT_CONFIRMED, /* it reaches out of that, but nowhere by more than the margin */
	VERDICT_CONTRADICTED,  /* it lies out of it by more than the margin */
	VERDICTS
};
extern const char *const verdict_names[VERDICTS];

/* low <= value <= high, either of them infinite; margin >= 0: a smaller deviation is of no
 * interest. */
struct verdict_claim {
	double low, high, margin;
};

/* Without an interval undecided. */
enum verdict verdict_of(const struct student *interval, struct verdict_claim claim);

/* Repetitions beside those that are there until the interval would decide, if mean and standard
 * deviation stayed what they are; 0: it decides now, or there is no interval; SIZE_MAX: more than
 * 10,000, or never, since `overlap` (student.h) keeps it wide. */
size_t verdict_more(const struct student *interval, double overlap, struct verdict_claim claim);

#endif
