/* What a classifier decides on the samples of each part: confusion.csv, and the scores of the
 * record that follow from it. */
#ifndef ASSESS_DECISIONS_H
#define ASSESS_DECISIONS_H

#include "harness/data/data.h"
#include "harness/stats/confusion.h"
#include "harness/store/result.h"
#include "solvers/model/trainer.h"

struct decisions {
	bool known;                         /* false of a regression */
	struct confusion of[OUTPUTS_PARTS]; /* of an empty part: nothing is counted */
	double auc[OUTPUTS_PARTS];          /* NaN but of two classes */
};

/* The class decided by the outputs f of a sample, `step` apart: the one of k > 1 outputs
 * that is above all others, of one its sign; the number of classes, k or 2: none. */
size_t decisions_class(const real *f, ptrdiff_t step, size_t k);

/* Of outputs f (rows x k, an output behind the other) on each part. */
void decisions_of(const struct dataset *data, const real *const f[OUTPUTS_PARTS],
		  struct arena *arena, struct decisions *out);

/* Fields of the record. */
void decisions_fill(const struct decisions *decisions, struct result *result);

/* confusion.csv; nothing of a regression. */
enum status decisions_write(const struct decisions *decisions, const struct dataset *data,
			    const char *path, struct err *err);

#endif
