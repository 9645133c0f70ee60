/* Which rows of a part remain: the first ones or a random sample, of all or of each class. */
#include "harness/data/limit.h"

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
static enum status limit_part(const struct limit_options *o, bool test, size_t classes,
			      struct rng *rng, struct rows *rows, struct err *err)
{
	const char *part = test ? "test" : "train";
	const size_t most = (size_t)(test ? o->test : o->train), n = rows->n;
	const size_t per_class = (size_t)(test ? o->test_per_class : o->train_per_class);
	struct arena scratch = {0};
	struct split_strata strata;
	size_t *take;

	if (most > 0 && per_class > 0)
		return err_set(err, STATUS_SPEC, "limit: %s and %s_per_class cannot both be given",
			       part, part);
	if (per_class > 0 && classes == 0)
		return err_set(err, STATUS_SPEC, "limit.%s_per_class: regression has no classes",
			       part);
	if (per_class == 0 && (most == 0 || most >= n))
		return STATUS_OK;
	if (per_class == 0 && !o->random) {
		rows->n = most;
		return STATUS_OK;
	}
	strata = split_strata_of(
		&(struct split_rows){.n = n, .classes = classes, .label = rows->label}, &scratch);
	take = ARENA_ARRAY(&scratch, size_t, strata.count);
	for (size_t c = 0; c < strata.count; c++)
		take[c] = per_class < strata.left[c] ? per_class : strata.left[c];
	if (most > 0)
		split_quota(most, strata.count, strata.left, take);
	rows->n = 0;
	for (size_t i = 0; i < n; i++) {
		size_t c = split_stratum(&strata, i);
		bool wanted = o->random ? rng_below(rng, strata.left[c]) < take[c] : take[c] > 0;

		strata.left[c]--;
		if (!wanted)
			continue;
		take[c]--;
		rows_move(rows, i, rows);
	}
	arena_release(&scratch);
	return STATUS_OK;
}

enum status limit_apply(const struct limit_options *options, size_t classes, struct rng rng[2],
			struct rows parts[SPLIT_ROLES], struct err *err)
{
	TRY(limit_part(options, false, classes, &rng[0], &parts[SPLIT_TRAIN], err));
	return limit_part(options, true, classes, &rng[1], &parts[SPLIT_TEST], err);
}
