/* Which rows of a part remain: the first ones or a random sample, of all or of each class. */
#include "harness/data/limit.h"

#include <string.h>

enum { CLASSES = 2 };

const struct option limit_rows[] = {
	{OPTION_FIELD(struct limit_options, train), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "rows of the training part to keep at most; 0 = all"},
	{OPTION_FIELD(struct limit_options, test), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "rows of the test part to keep at most; 0 = all"},
	{OPTION_FIELD(struct limit_options, train_per_class), .initial = "0",
	 .range = RANGE_FROM(0), .doc = "the same for each class of the training part"},
	{OPTION_FIELD(struct limit_options, test_per_class), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "the same for each class of the test part"},
	{OPTION_FIELD(struct limit_options, random), .initial = "false",
	 .doc = "draw the rows, in the proportions of the classes, instead of taking the first"},
	{0},
};

/* Selection sampling (Knuth, TAOCP 2, algorithm S): a row is kept with probability take / left,
 * which leaves exactly `take` of them; without a draw the first ones are kept. */
static enum status limit_part(const struct limit_options *o, bool test, bool regression,
			      struct rng *rng, struct rows *rows, struct err *err)
{
	const char *part = test ? "test" : "train";
	const size_t most = (size_t)(test ? o->test : o->train);
	const size_t per_class = (size_t)(test ? o->test_per_class : o->train_per_class);
	size_t left[CLASSES] = {0}, take[CLASSES], kept = 0;

	if (most > 0 && per_class > 0)
		return err_set(err, STATUS_SPEC, "limit: %s and %s_per_class cannot both be given",
			       part, part);
	if (per_class > 0 && regression)
		return err_set(err, STATUS_SPEC, "limit.%s_per_class: regression has no classes",
			       part);
	if (per_class == 0 && (most == 0 || most >= rows->n))
		return STATUS_OK;
	if (per_class == 0 && !o->random) {
		rows->n = most;
		return STATUS_OK;
	}
	for (size_t i = 0; i < rows->n; i++)
		left[!regression && rows->y[i] > 0]++;
	for (size_t c = 0; c < CLASSES; c++)
		take[c] = per_class < left[c] ? per_class : left[c];
	if (most > 0)
		split_quota(most, left, take);
	for (size_t i = 0; i < rows->n; i++) {
		size_t c = !regression && rows->y[i] > 0;
		bool wanted = o->random ? rng_below(rng, left[c]) < take[c] : take[c] > 0;

		left[c]--;
		if (!wanted)
			continue;
		take[c]--;
		memmove(rows->x + kept * rows->d, rows->x + i * rows->d, rows->d * sizeof *rows->x);
		rows->row[kept] = rows->row[i];
		rows->y[kept++] = rows->y[i];
	}
	rows->n = kept;
	return STATUS_OK;
}

enum status limit_apply(const struct limit_options *options, bool regression, struct rng rng[2],
			struct rows parts[SPLIT_ROLES], struct err *err)
{
	TRY(limit_part(options, false, regression, &rng[0], &parts[SPLIT_TRAIN], err));
	return limit_part(options, true, regression, &rng[1], &parts[SPLIT_TEST], err);
}
