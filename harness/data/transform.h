/* From raw rows to prepared matrices. */
#ifndef DATA_TRANSFORM_H
#define DATA_TRANSFORM_H

#include "harness/data/data_options.h"
#include "harness/data/split.h"
#include "harness/data/table.h"

struct dataset {
	struct part train, validation, test;
	ptrdiff_t bias;   /* index of the bias column, or -1 */
	bool mapped;      /* the features of the training part lie in a mapped file */
	struct mat slice; /* rows of the training part of this rank, where each has read its own;
			     train has the targets of all on the first rank, of these on others */
	const char **columns; /* names of the columns of X, NULL where there is none */
	size_t raw_d;
	struct stages stages; /* from raw_d raw features to the columns of X */
	ptrdiff_t k;          /* outputs: data_outputs of classes, or the targets of a regression */
	const double *target_shift,
		*target_scale; /* k: y = (target - shift) * scale; 0 and 1 unless asked for */
	size_t dropped;        /* rows the source left out because a value is missing */
	size_t filled;         /* missing values that got the training mean */
	const char *note;      /* what a user should know of how it was read; NULL: nothing */
	bool regression;
	bool feature_space;   /* data_in_feature_space */
	size_t class_count;   /* 0 for a regression */
	const char **classes; /* labels or groups: behind one output -1 and +1, else by number */
	const char **targets; /* k: names of the targets of a regression; NULL: they have none */
};

/* Missing values become the mean of their column over the training part; the steps of `prepare` are
 * fitted to the training part in order and applied to all parts, in place; targets get mean 0 and
 * variance 1 over the training part if asked for; the rows become matrices of `real`. `names` are
 * those of the raw columns, or NULL. Errors, with the position: a column to fill that has no value,
 * a value that `real` cannot hold, a column of which it leaves zeros only, targets whose deviation
 * has no reciprocal. Where the training rows are shared by ranks (struct rows_shared), each has
 * its own in out->slice. memory[0] keeps the result, memory[1] is scratch. */
enum status transform_data(const struct data_options *options, struct rows parts[SPLIT_ROLES],
			   const char **names, struct arena *memory[2], struct dataset *out,
			   struct err *err);

#endif
