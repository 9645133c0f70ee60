/* Reading of limits, and what breaks them. */
#include "harness/report/compare/gate.h"
#include "harness/file/folder.h"
#include "harness/report/records/stat.h"
#include "harness/spec/bind/bind.h"

#include <math.h>
#include <string.h>

static const char *const over_names[] = {"cell", "median", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct gate_limits, max_decrease), .initial = "null", .range = RANGE_FROM(0),
	 .doc = "B may be lower than A by this"},
	{OPTION_FIELD(struct gate_limits, max_increase), .initial = "null", .range = RANGE_FROM(0),
	 .doc = "B may be higher than A by this"},
	{OPTION_FIELD(struct gate_limits, max_decrease_factor), .initial = "null",
	 .range = RANGE_FROM(1), .doc = "A may be this many times B"},
	{OPTION_FIELD(struct gate_limits, max_increase_factor), .initial = "null",
	 .range = RANGE_FROM(1), .doc = "B may be this many times A"},
	{OPTION_FIELD(struct gate_limits, over), .initial = "cell", .names = over_names,
	 .doc = "each cell for itself, or the medians over all cells"},
	{.name = NULL},
};

static void bind_rules(const struct node *root, struct bind *bind, struct gate *out)
{
	struct gate_rule *rules = ARENA_ARRAY(bind->arena, struct gate_rule, root->count);
	struct names names = {0};

	out->rule = rules;
	for (const struct compare_metric *m = compare_metrics; m->name; m++)
		expect_add_name(&names, m->name);
	for (size_t i = 0; i < root->count; i++) {
		const struct node_key *key = &root->keys[i];
		const struct compare_metric *metric = compare_metrics;
		struct trail trail = {NULL, key->text, 0};
		struct gate_limits *limits = &rules[out->count].limits;

		while (metric->name && strcmp(metric->name, key->text) != 0)
			metric++;
		if (!metric->name) {
			char expected[EXPECT_ROOM], suggestion[EXPECT_ROOM / 8];

			expect_names(&names, "one of the metrics ", expected, sizeof expected);
			expect_suggestion(&names, key->text, suggestion, sizeof suggestion);
			problem_add(bind->problems, key->at, NULL, "expected %s, got \"%.60s\"%s",
				    expected, key->text, suggestion);
			continue;
		}
		if (!bind_rows(bind, rows, root->items[i], &trail, limits))
			continue;
		if (isnan(limits->max_decrease) && isnan(limits->max_increase) &&
		    isnan(limits->max_decrease_factor) && isnan(limits->max_increase_factor))
			problem_add(bind->problems, root->items[i]->at, &trail,
				    "expected a limit, got none");
		rules[out->count++].metric = metric->name;
	}
}

enum status gate_read(const char *path, struct arena *arena, struct gate *out,
		      struct problems *problems)
{
	struct bind bind = {.arena = arena, .problems = problems};
	const struct node *root;
	struct err err = {0};
	const char *text;

	*out = (struct gate){0};
	if (store_read_text(path, arena, &text, &err) != STATUS_OK) {
		problem_add(problems, (struct err_place){path, 0, 0}, NULL, "%s", err.text);
		return STATUS_SPEC;
	}
	root = node_read(text, path, arena, problems);
	if (root && root->kind != NODE_MAP)
		problem_add(problems, root->at, NULL, "expected a map of metrics");
	else if (root)
		bind_rules(root, &bind, out);
	return problems->count ? STATUS_SPEC : STATUS_OK;
}

/* What is told; the first pass only counts: the sheet has no rows yet. */
struct judge {
	const struct compare *compare;
	struct sheet sheet;
	size_t found;
};

/* The limit that is broken, in words, or NULL. */
static const char *broken(const struct gate_limits *limits, double a, double b, struct arena *arena)
{
	const double slack = 1e-12 * fmax(fabs(a), fabs(b)); /* 0.9 - 0.01 is not 0.89 */

	if (isnan(a))
		return NULL;
	if (isnan(b))
		return "a value";
	if (b < a - limits->max_decrease - slack)
		return arena_format(arena, "max_decrease %.6g", limits->max_decrease);
	if (b > a + limits->max_increase + slack)
		return arena_format(arena, "max_increase %.6g", limits->max_increase);
	if (b * limits->max_decrease_factor < a - slack)
		return arena_format(arena, "max_decrease_factor %.6g", limits->max_decrease_factor);
	if (b > a * limits->max_increase_factor + slack)
		return arena_format(arena, "max_increase_factor %.6g", limits->max_increase_factor);
	return NULL;
}

static void check(struct judge *judge, const struct gate_rule *rule, const char *where, double a,
		  double b)
{
	struct arena *arena = judge->compare->arena;
	const char *limit = broken(&rule->limits, a, b, arena);
	const char *in_b = isnan(b) ? "none" : sheet_number(b, "%.9g", arena);

	if (limit) /* so that A has a value */
		sheet_row(&judge->sheet, judge->found++,
			  (const char *[]){where, rule->metric, sheet_number(a, "%.9g", arena),
					   in_b, limit});
}

static void check_rule(struct judge *judge, const struct gate_rule *rule)
{
	const struct compare *compare = judge->compare;
	double *a = ARENA_ARRAY(compare->arena, double, compare->count);
	double *b = ARENA_ARRAY(compare->arena, double, compare->count);
	bool median = rule->limits.over == GATE_MEDIAN;
	size_t count = 0;

	for (size_t i = 0; i < compare->count; i++) {
		const struct compare_pair *pair = &compare->pair[i];
		double in_a = compare_value(compare, pair->a, rule->metric);
		double in_b = compare_value(compare, pair->b, rule->metric);

		/* a lost cell is told once, not for each metric */
		if (!median && !(pair->a && pair->b && records_ok(pair->b)))
			continue;
		if (!compare_same_objective(compare, pair, rule->metric)) {
			/* its values can break no limit: that it is another one does */
			sheet_row(&judge->sheet, judge->found++,
				  (const char *[]){compare_name(compare, pair), rule->metric, "",
						   "", "the same loss, beta and threat"});
			continue;
		}
		if (!median)
			check(judge, rule, compare_name(compare, pair), in_a, in_b);
		a[count] = in_a;
		b[count] = in_b;
		count += !isnan(in_a) && !isnan(in_b);
	}
	if (median)
		check(judge, rule, "median", sample_spread(a, count).median,
		      sample_spread(b, count).median);
}

struct sheet gate_violations(const struct gate *gate, const struct compare *compare)
{
	static const char *const heads[] = {"cell", "metric", "A", "B", "broken"};
	struct judge judge = {.compare = compare};

	for (int pass = 0; pass < 2; pass++) {
		judge.found = 0;
		for (size_t i = 0; i < compare->count; i++) {
			const struct compare_pair *pair = &compare->pair[i];

			if (!pair->a || !records_ok(pair->a) || (pair->b && records_ok(pair->b)))
				continue;
			sheet_row(&judge.sheet, judge.found++,
				  (const char *[]){compare_name(compare, pair), "status", "ok",
						   pair->b ? pair->b->result.status : "absent",
						   "ok stays ok"});
		}
		for (size_t i = 0; i < gate->count; i++)
			check_rule(&judge, &gate->rule[i]);
		if (pass == 0)
			judge.sheet = sheet_headed(compare->arena, judge.found, "llrrl", heads);
	}
	judge.sheet.keys = 2;
	return judge.sheet;
}
