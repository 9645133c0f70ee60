/* Does an interval settle a claim? */
#ifndef STATS_FINDING_H
#define STATS_FINDING_H

#include "harness/stats/student.h"

enum finding {
	FINDING_UNDECIDED, /* values on both sides of what the others need are in the interval */
	FINDING_CONFIRMED, /* it lies within what is claimed */
	FINDING_NOT_CONFIRMED, /* it reaches out of that, but nowhere by more than the margin */
	FINDING_CONTRADICTED,  /* it lies out of it by more than the margin */
	FINDINGS
};
extern const char *const finding_names[FINDINGS];

/* low <= value <= high, either of them infinite; margin >= 0: a smaller deviation is of no
 * interest. */
struct finding_claim {
	double low, high, margin;
};

/* Without an interval undecided. */
enum finding finding_of(const struct student *interval, struct finding_claim claim);

/* Repetitions beside those that are there until the interval would decide, if mean and standard
 * deviation stayed what they are; 0: it decides now, or there is no interval; SIZE_MAX: more than
 * 10,000, or never, since `overlap` (student.h) keeps it wide. */
size_t finding_more(const struct student *interval, double overlap, struct finding_claim claim);

#endif
