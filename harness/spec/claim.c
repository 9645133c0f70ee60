/* Rows of a claim. */
#include "harness/spec/claim.h"

#include "harness/spec/bind/bind.h"

#include <math.h>
#include <string.h>

#define TEXT(name, ...)
#define LATER_TEXT(name, ...)
#define NUMBER(name, ...) #name,
#define LATER(...) NUMBER(__VA_ARGS__)

const char *const claim_columns[] = {"robust_accuracy", "time", "seconds_per_iteration",
#include "harness/store/rows/result.fields"
				     NULL};
const char *const claim_traces[] = {
#include "harness/store/rows/trace.fields"
	NULL};

static const char *const statistics[] = {[CLAIM_VALUE] = "value",
					 [CLAIM_DIFFERENCE] = "difference",
					 [CLAIM_RATIO] = "ratio",
					 [CLAIM_SLOPE] = "slope",
					 NULL};
static const char *const fits[] = {
	[CLAIM_FIT_NONE] = "none", [CLAIM_FIT_GEOMETRIC] = "geometric", NULL};

const struct option claim_rows[] = {
	{OPTION_FIELD(struct claim_options, claim), .doc = "the sentence, as the paper says it"},
	{OPTION_FIELD(struct claim_options, place), .initial = "''",
	 .doc = "where it stands: paper, section, figure; or that it is our own"},
	{OPTION_FIELD(struct claim_options, published), .initial = "not readable",
	 .doc = "the published value"},
	{OPTION_FIELD(struct claim_options, statistic), .initial = "difference",
	 .names = statistics,
	 .doc = "value: the mean over repetitions; difference, ratio: of `method` and `against` "
		"in the same repetition; slope: of log value against log `x`"},
	{OPTION_FIELD(struct claim_options, of), .initial = "test_accuracy", .names = claim_columns,
	 .doc = "column of summary.csv; time: setup and solve; robust_accuracy: the lowest over "
		"the attacks at their largest eps"},
	{OPTION_FIELD(struct claim_options, trace), .initial = "null", .names = claim_traces,
	 .doc = "column of trace.csv in the place of `of`"},
	{OPTION_FIELD(struct claim_options, iteration), .initial = "null", .range = RANGE_FROM(0),
	 .doc = "of the trace: its last row up to this iteration; the last one of all by default"},
	{OPTION_FIELD(struct claim_options, fit), .initial = "none", .names = fits,
	 .doc = "geometric: the value is the mean squared residual of log `trace` against log "
		"iteration (a power law) over that against iteration (a geometric rate)"},
	{OPTION_FIELD(struct claim_options, method), .doc = "name of an entry of `train`"},
	{OPTION_FIELD(struct claim_options, against), .initial = "null",
	 .doc = "name of another one, or of several: the best of them in each case; end: the same "
		"cells at the end of their trace"},
	{OPTION_FIELD(struct claim_options, data), .initial = "null",
	 .doc = "name of a data set; each problem by itself by default"},
	{OPTION_FIELD(struct claim_options, quantile), .initial = "null",
	 .range = RANGE_WITHIN(0, 1),
	 .doc = "of the statistic over all cases (problem, loss and beta) of a repetition, with "
		"the "
		"best setting of each method: 1, the largest, 0.5, the median; each problem by "
		"itself by default"},
	{OPTION_FIELD(struct claim_options, where), .initial = "null",
	 .doc = "swept options and the values that `method` has: {patterns: 50}; by default the "
		"setting that is selected"},
	{OPTION_FIELD(struct claim_options, where_against), .initial = "null",
	 .doc = "the same of `against`"},
	{OPTION_FIELD(struct claim_options, x), .initial = "null",
	 .doc = "slope: path of a swept option with numbers, or a column of summary.csv"},
	{OPTION_FIELD(struct claim_options, at_least), .initial = "null",
	 .doc = "the claim holds where the statistic is not below"},
	{OPTION_FIELD(struct claim_options, at_most), .initial = "null",
	 .doc = "the claim holds where the statistic is not above"},
	{OPTION_FIELD(struct claim_options, margin), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "a miss by no more than this does not contradict the claim"},
	{OPTION_FIELD(struct claim_options, deviations), .initial = "[]",
	 .doc = "how the experiment deviates from the published setting"},
	{.name = NULL},
};

/* Names of the entries of `data` or `train`, from the tree: also of those with problems. */
static void add_names(const struct node *root, const char *key, struct names *names)
{
	const struct node *list = node_get(root, key);

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++) {
		const struct node *name = node_get(list->items[i], "name");

		if (!name)
			name = node_get(list->items[i], "solver");
		if (name && name->kind == NODE_SCALAR)
			expect_add_name(names, name->text);
	}
}

struct checked {
	struct problems *problems;
	const struct node *node; /* of the claim */
	const struct trail *trail;
};

static struct err_place place_of(const struct checked *c, const char *key)
{
	const struct node *value = node_get(c->node, key);

	return value ? value->at : c->node->at;
}

static void refuse(const struct checked *c, const char *key, const char *text)
{
	problem_add(c->problems, place_of(c, key), &(struct trail){c->trail, key, 0}, "%s", text);
}

bool claim_of_end(const struct claim_options *claim)
{
	return claim->against.count == 1 && strcmp(claim->against.at[0], "end") == 0;
}

static void check_name_of(const struct checked *c, const char *key, const char *given,
			  const struct names *names)
{
	char expected[EXPECT_ROOM], suggestion[EXPECT_ROOM / 8];

	for (size_t i = 0; i < names->count; i++)
		if (!given || strcmp(names->at[i], given) == 0)
			return;
	if (!given)
		return;
	expect_names(names, "one of ", expected, sizeof expected);
	expect_suggestion(names, given, suggestion, sizeof suggestion);
	problem_add(c->problems, place_of(c, key), &(struct trail){c->trail, key, 0},
		    "expected %s, got \"%.60s\"%s", expected, given, suggestion);
}

void claim_check(struct problems *problems, const struct node *root, const struct groups *claims)
{
	const struct claim_options *at = claims->at;
	struct names train = {0}, others = {0}, data = {0};
	struct trail top = {.key = "claims"}, trail = {.up = &top};
	struct checked c = {.problems = problems, .trail = &trail};

	add_names(root, "data", &data);
	add_names(root, "train", &train);
	expect_add_name(&others, "end");
	add_names(root, "train", &others);
	for (; trail.index < claims->count; trail.index++, at++) {
		bool pairs = at->statistic == CLAIM_DIFFERENCE || at->statistic == CLAIM_RATIO;
		bool traced = at->trace != SCALAR_UNSET_INT;
		const struct names *known = at->against.count > 1 ? &train : &others;

		c.node = node_get(root, "claims")->items[trail.index];
		check_name_of(&c, "method", at->method, &train);
		for (size_t i = 0; i < at->against.count; i++)
			check_name_of(&c, "against", at->against.at[i], known);
		check_name_of(&c, "data", at->data, &data);
		if (pairs && !at->against.count)
			refuse(&c, "against", "a difference and a ratio are to another method");
		if (claim_of_end(at) && isnan(at->iteration))
			refuse(&c, "iteration",
			       "against: end needs an iteration to compare with it");
		if (at->statistic == CLAIM_SLOPE && !at->x)
			refuse(&c, "x", "a slope needs the axis that it is along");
		if (at->statistic == CLAIM_SLOPE && !isnan(at->quantile))
			refuse(&c, "quantile", "a slope is one line through all cases");
		if ((at->fit != CLAIM_FIT_NONE || !isnan(at->iteration)) && !traced)
			refuse(&c, "trace", "a fit and an iteration are of a column of the trace");
		if (isnan(at->at_least) && isnan(at->at_most))
			refuse(&c, "at_least", "a claim needs at_least or at_most");
		if (at->at_least > at->at_most)
			refuse(&c, "at_most", "expected no less than at_least");
	}
}
