/* samples.csv of a record, of a spec with `samples`: a row for each sample of the parts that are
 * attacked or certified, of the test part if none is.
 *
 * After the columns of rows_samples there is one for each attack and radius, "margin pgd linf 0.1":
 * the lowest margin found; for each kind of ball that is attacked, "worst linf 0.1", the lowest of
 * these, and "by linf 0.1", the attack that found it (of those that start from each other's points
 * the weakest; empty where no point is below the clean one, up to rounding); and for each
 * certificate, "lower exact linf 0.1": its lower bound. `raw` stands before the radius where units
 * are raw, " (2)" behind it where two entries would have one name. Empty: of another part, or not
 * known. */
#ifndef ASSESS_SAMPLES_H
#define ASSESS_SAMPLES_H

#include "harness/assess/assessed.h"

enum { SAMPLES_PARTS = 3 };

/* Numbers, or texts (NULL: empty). */
struct samples_column {
	const char *name;
	double *number;    /* rows; or NULL */
	const char **text; /* rows; or NULL */
	const struct finding
		*of[SAMPLES_PARTS]; /* by enum spec_part: what it is of; NULL: nothing */
};

struct samples {
	size_t rows, cols;
	struct samples_column *at;
	size_t first[SAMPLES_PARTS], count[SAMPLES_PARTS]; /* rows of each part */
};

/* Of what order->evidence holds about order->model; no rows without a network. */
struct samples samples_of(const struct assess_order *order, struct arena *arena);

/* STATUS_FAILED, with the sample: a lower bound is above a margin that was found in its ball. */
enum status samples_check(const struct samples *samples, struct err *err);

enum status samples_write(const struct samples *samples, const char *path, struct err *err);

#endif
