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

static void unknown_metric(const struct node_key *key, struct problems *problems)
{
	char expected[EXPECT_ROOM], suggestion[EXPECT_ROOM / 8];
	struct names names = {0};

	for (const struct compare_metric *m = compare_metrics; m->name; m++)
		expect_add_name(&names, m->name);
	expect_names(&names, "one of the metrics ", expected, sizeof expected);
	expect_suggestion(&names, key->text, suggestion, sizeof suggestion);
	problem_add(problems, key->at, NULL, "expected %s, got \"%.60s\"%s", expected, key->text,
		    suggestion);
}

static const char *metric_of(const char *name)
{
	for (const struct compare_metric *m = compare_metrics; m->name; m++)
		if (strcmp(m->name, name) == 0)
			return m->name;
	return NULL;
}

static bool is_empty(const struct gate_limits *limits)
{
	return isnan(limits->max_decrease) && isnan(limits->max_increase) &&
	       isnan(limits->max_decrease_factor) && isnan(limits->max_increase_factor);
}

static void bind_rules(const struct node *root, struct bind *bind, struct gate *out)
{
	struct gate_rule *rules = ARENA_ARRAY(bind->arena, struct gate_rule, root->count);

	for (size_t i = 0; i < root->count; i++) {
		const struct node_key *key = &root->keys[i];
		struct trail trail = {NULL, key->text, 0};
		struct gate_rule *rule = &rules[out->count];

		rule->metric = metric_of(key->text);
		if (!rule->metric) {
			unknown_metric(key, bind->problems);
			continue;
		}
		if (!bind_rows(bind, rows, root->items[i], &trail, &rule->limits))
			continue;
		if (is_empty(&rule->limits))
			problem_add(bind->problems, root->items[i]->at, &trail,
				    "expected a limit, got none");
		out->count++;
	}
	out->rule = rules;
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

enum { WHERE, METRIC, IN_A, IN_B, LIMIT, COLUMNS };

struct judge {
	const struct compare *compare;
	struct sheet sheet;
	size_t found;
};

static const char *number(double value, struct arena *arena)
{
	return isnan(value) ? "none" : arena_format(arena, "%.9g", value);
}

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

static void report(struct judge *judge, const char *const cells[COLUMNS])
{
	for (size_t j = 0; j < COLUMNS && judge->found < judge->sheet.rows; j++)
		sheet_set(&judge->sheet, judge->found, j, cells[j]);
	judge->found++;
}

static void check(struct judge *judge, const struct gate_rule *rule, const char *where, double a,
		  double b)
{
	struct arena *arena = judge->compare->arena;
	const char *limit = broken(&rule->limits, a, b, arena);

	if (limit)
		report(judge, (const char *[COLUMNS]){where, rule->metric, number(a, arena),
						      number(b, arena), limit});
}

/* Values of another objective can break no limit: that they are of another one does. */
static bool same_objective(struct judge *judge, const struct compare_pair *pair, const char *metric)
{
	bool same = compare_same_objective(judge->compare, pair, metric);

	if (!same)
		report(judge, (const char *[COLUMNS]){compare_name(judge->compare, pair), metric,
						      "", "", "the same loss, beta and threat"});
	return same;
}

static void check_median(struct judge *judge, const struct gate_rule *rule)
{
	const struct compare *compare = judge->compare;
	double *a = ARENA_ARRAY(compare->arena, double, compare->count);
	double *b = ARENA_ARRAY(compare->arena, double, compare->count);
	size_t count = 0;

	for (size_t i = 0; i < compare->count; i++) {
		if (!same_objective(judge, &compare->pair[i], rule->metric))
			continue;
		a[count] = compare_value(compare, compare->pair[i].a, rule->metric);
		b[count] = compare_value(compare, compare->pair[i].b, rule->metric);
		count += !isnan(a[count]) && !isnan(b[count]) ? 1u : 0u;
	}
	check(judge, rule, "median", sample_spread(a, count).median,
	      sample_spread(b, count).median);
}

static void check_cells(struct judge *judge, const struct gate_rule *rule)
{
	const struct compare *compare = judge->compare;

	for (size_t i = 0; i < compare->count; i++) {
		const struct compare_pair *pair = &compare->pair[i];

		/* a lost cell is told once, not for each metric */
		if (pair->a && pair->b && records_ok(pair->b) &&
		    same_objective(judge, pair, rule->metric))
			check(judge, rule, compare_name(compare, pair),
			      compare_value(compare, pair->a, rule->metric),
			      compare_value(compare, pair->b, rule->metric));
	}
}

static void judge_all(struct judge *judge, const struct gate *gate)
{
	const struct compare *compare = judge->compare;

	judge->found = 0;
	for (size_t i = 0; i < compare->count; i++) {
		const struct compare_pair *pair = &compare->pair[i];

		if (pair->a && records_ok(pair->a) && !(pair->b && records_ok(pair->b)))
			report(judge,
			       (const char *[COLUMNS]){compare_name(compare, pair), "status", "ok",
						       pair->b ? pair->b->result.status : "absent",
						       "ok stays ok"});
	}
	for (size_t i = 0; i < gate->count; i++)
		if (gate->rule[i].limits.over == GATE_MEDIAN)
			check_median(judge, &gate->rule[i]);
		else
			check_cells(judge, &gate->rule[i]);
}

struct sheet gate_violations(const struct gate *gate, const struct compare *compare)
{
	static const char *const heads[COLUMNS] = {"cell", "metric", "A", "B", "broken"};
	struct judge judge = {.compare = compare};

	judge_all(&judge, gate); /* only counts: the sheet has no rows yet */
	judge.sheet = sheet_new(compare->arena, judge.found, COLUMNS);
	judge.sheet.keys = IN_A;
	for (size_t j = 0; j < COLUMNS; j++) {
		judge.sheet.head[j] = heads[j];
		judge.sheet.numeric[j] = j == IN_A || j == IN_B;
	}
	judge_all(&judge, gate);
	return judge.sheet;
}
