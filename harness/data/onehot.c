/* Categories of the training part alone. See onehot.h. */
#include "harness/data/onehot.h"

/* Drop the columns that are not kept, in place; returns the rows that had one of them. */
static size_t narrow(struct rows *rows, const bool *keep, size_t d)
{
	size_t touched = 0;

	for (size_t i = 0; i < rows->n; i++) {
		const double *from = rows->x + i * rows->d;
		double *to = rows->x + i * d;
		bool had = false;

		for (size_t j = 0; j < rows->d; j++) {
			had = had || (!keep[j] && from[j] > 0);
			if (keep[j])
				*to++ = from[j];
		}
		touched += had;
	}
	rows->d = d;
	return touched;
}

size_t onehot_prune(struct rows parts[SPLIT_ROLES], const bool *one_hot, const char **names,
		    struct arena *scratch, size_t *rows_touched)
{
	const struct rows *train = &parts[SPLIT_TRAIN];
	size_t before = train->d, d = 0;
	bool *keep = ARENA_ARRAY(scratch, bool, before);

	*rows_touched = 0;
	for (size_t j = 0; j < before; j++) {
		keep[j] = !one_hot[j];
		for (size_t i = 0; i < train->n && !keep[j]; i++)
			keep[j] = train->x[i * before + j] > 0; /* NaN is unknown */
		if (keep[j])
			names[d++] = names[j];
	}
	if (d == before)
		return 0;
	for (int role = 0; role < SPLIT_ROLES; role++)
		*rows_touched += narrow(&parts[role], keep, d);
	return before - d;
}
