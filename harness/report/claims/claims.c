/* Statistics of claims. */
#include "harness/report/claims/claims.h"
#include "harness/report/records/column.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/series.h"
#include "harness/spec/bind/bind.h"
#include "harness/stats/line.h"
#include "harness/store/rows.h"
#include "solvers/core/index.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* --- a number of one cell -----------------------------------------------------------------------
 */

/* The last value of a trace up to an iteration. */
static double traced(const struct record *record, const char *column, double iteration)
{
	int value = csv_column(&record->trace, column);
	int at = csv_column(&record->trace, "iteration");
	double last = NAN;

	for (size_t i = 0; i < record->trace.rows; i++) {
		double here = csv_value(&record->trace, i, value);

		if (csv_value(&record->trace, i, at) <= iteration && !isnan(here))
			last = here;
	}
	return last;
}

/* Sum of squares around the least-squares line of y against x. */
static double residual(const double *x, const double *y, size_t count)
{
	struct line line = line_fit(x, y, count);
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		double off = y[i] - line.offset - line.slope * x[i];

		sum += off * off;
	}
	return sum;
}

/* CLAIM_FIT_GEOMETRIC, over the rows with iteration and value > 0. */
static double geometric_fit(const struct record *record, const char *column, struct arena *arena)
{
	const struct csv_table *trace = &record->trace;
	double *x = ARENA_ARRAY(arena, double, 3 * trace->rows + 1);
	double *log_x = x + trace->rows, *y = log_x + trace->rows;
	size_t count = 0;

	for (size_t i = 0; i < trace->rows; i++) {
		double at = csv_value(trace, i, csv_column(trace, "iteration"));
		double value = csv_value(trace, i, csv_column(trace, column));

		if (!(at > 0) || !(value > 0))
			continue;
		x[count] = at;
		log_x[count] = log(at);
		y[count++] = log(value);
	}
	if (count < 4 || !(x[count - 1] > x[0]))
		return NAN;
	return residual(log_x, y, count) / residual(x, y, count);
}

struct judge {
	const struct records *records;
	const struct claim_options *claim;
	struct arena *arena;
	struct attack_kinds kinds; /* of robust_accuracy */
	struct series_list best;   /* settings where a claim names none */
};

static const char *column_of(const struct claim_options *claim)
{
	return claim->trace == SCALAR_UNSET_INT ? claim_columns[claim->of]
						: claim_traces[claim->trace];
}

/* Of a cell that failed: how far it is below the bound that it contradicts, and nothing else. */
static double value_of(const struct judge *j, const struct record *record, bool at_end)
{
	const struct claim_options *claim = j->claim;
	struct column column = {column_of(claim), &j->kinds};
	bool below = record && record->contradicted && strcmp(column.name, "above_bound") == 0;

	if (!record || !(records_ok(record) || below))
		return NAN;
	if (claim->trace == SCALAR_UNSET_INT)
		return column_value(record, &column);
	if (claim->fit == CLAIM_FIT_GEOMETRIC)
		return geometric_fit(record, column.name, j->arena);
	return traced(record, column.name,
		      at_end || isnan(claim->iteration) ? HUGE_VAL : claim->iteration);
}

/* What a cell is compared with: the best of these at the same draw of the data. */
struct rivals {
	size_t count;
	const struct group **at;
	bool at_end; /* of their traces */
};

static struct rivals rivals_new(const struct judge *j)
{
	size_t most = j->best.count + j->claim->against.count;

	return (struct rivals){0, ARENA_ARRAY(j->arena, const struct group *, most + 1),
			       claim_of_end(j->claim)};
}

/* The statistic of one cell; of a ratio its logarithm. */
static double statistic_at(const struct judge *j, const struct record *record,
			   const struct rivals *rivals)
{
	bool higher = rows_higher_is_better(column_of(j->claim));
	double x = value_of(j, record, false), best = NAN;

	if (j->claim->statistic == CLAIM_VALUE)
		return x;
	for (size_t i = 0; i < rivals->count; i++) {
		double y = value_of(j, records_at_draw(rivals->at[i], record), rivals->at_end);

		best = higher ? fmax(best, y) : fmin(best, y);
	}
	if (j->claim->statistic == CLAIM_DIFFERENCE)
		return x - best;
	return x > 0 && best > 0 ? log(x / best) : NAN;
}

/* --- which cells --------------------------------------------------------------------------------
 */

static bool same_value(const char *a, const char *b)
{
	char *end_a, *end_b;
	double x = strtod(a, &end_a), y = strtod(b, &end_b);

	if (strcmp(a, b) == 0)
		return true;
	return end_a != a && !*end_a && end_b != b && !*end_b && x <= y && x >= y;
}

/* Does the record have these values of swept options, named by their paths or the ends of these? */
static bool matches(const struct record *record, const struct text_map *where)
{
	for (size_t i = 0; i < where->count; i++) {
		size_t k = 0;

		while (k < record->swept_count &&
		       strcmp(record->swept[k].path, where->at[i].key) != 0 &&
		       strcmp(records_short(record->swept[k].path), where->at[i].key) != 0)
			k++;
		if (k == record->swept_count ||
		    !same_value(record->swept[k].value, where->at[i].text))
			return false;
	}
	return true;
}

/* The cells of a method on a problem: those of the values given, else of its selected or best
 * setting. *count: how many settings are meant; the first one is given back. */
static const struct group *cells_of(const struct judge *j, const char *method,
				    const struct text_map *where, const char *problem,
				    size_t *count)
{
	const struct group *found = NULL;

	*count = 0;
	for (size_t g = 0; where->count && g < j->records->group_count; g++) {
		const struct group *group = &j->records->groups[g];

		if (group->composed || group->inner || strcmp(group->method, method) != 0 ||
		    strcmp(group->problem, problem) != 0 || !matches(group->member[0], where))
			continue;
		found = found ? found : group;
		++*count;
	}
	for (size_t i = 0; !where->count && i < j->best.count; i++) {
		const struct group *group = j->best.at[i].group;

		if (strcmp(group->method, method) != 0 || strcmp(group->problem, problem) != 0)
			continue;
		found = found ? found : group;
		++*count;
	}
	return found;
}

/* --- one case -----------------------------------------------------------------------------------
 */

/* Interval and verdict from a value for each repetition; of a ratio these are logarithms. */
static void conclude(const struct judge *j, struct claim_case *out, double *values, size_t count,
		     double overlap)
{
	const struct claim_options *c = j->claim;
	bool ratio = c->statistic == CLAIM_RATIO;
	struct finding_claim claim = {isnan(c->at_least) ? -HUGE_VAL : c->at_least,
				      isnan(c->at_most) ? HUGE_VAL : c->at_most, c->margin};

	if (ratio) {
		claim.low = claim.low > 0 ? log(claim.low) : -HUGE_VAL;
		claim.high = log(claim.high);
		claim.margin = log1p(claim.margin);
	}
	out->interval = student_interval(values, count, overlap);
	out->used = out->interval.count;
	out->left_out += count - out->used;
	out->verdict = finding_of(&out->interval, claim);
	out->more = finding_more(&out->interval, overlap, claim);
	out->median = sample_spread(values, count).median;
	if (ratio) {
		out->median = exp(out->median);
		out->interval.mean = exp(out->interval.mean);
		out->interval.low = exp(out->interval.low);
		out->interval.high = exp(out->interval.high);
	}
	if (out->used < 2)
		out->note = out->used ? "one repetition has no interval" : "no cell has a value";
}

/* Objectives, bounds and gaps of two methods are compared where what is minimised is the same. */
static bool comparable(const struct judge *j, const struct group *a, const struct group *b)
{
	const char *column = column_of(j->claim);

	return j->claim->fit != CLAIM_FIT_NONE || !comparable_objective(column) ||
	       strcmp(comparable_key(a->member[0], column, NULL, j->arena),
		      comparable_key(b->member[0], column, NULL, j->arena)) == 0;
}

/* The cells that those of `a` are compared with; NULL: there are, else why not. */
static const char *find_rivals(const struct judge *j, const struct group *a, const char *problem,
			       struct rivals *out)
{
	const struct claim_options *c = j->claim;

	if (out->at_end)
		out->at[out->count++] = a;
	for (size_t i = 0; !out->at_end && i < c->against.count; i++) {
		const char *method = c->against.at[i];
		size_t settings;
		const struct group *b = cells_of(j, method, &c->where_against, problem, &settings);

		if (!b || settings > 1)
			return arena_format(j->arena, "%s has %s here", method,
					    !b ? "no such cells"
					       : "several settings: `where_against` says which");
		if (!comparable(j, a, b))
			return "their objectives are not the same: loss, beta or threat differ";
		out->at[out->count++] = b;
	}
	return NULL;
}

/* Of the records of one draw of the data the first one stands for it. */
static bool is_first(const struct records *records, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (records_same_draw(&records->at[i].result, &records->at[at].result))
			return false;
	return true;
}

/* Splits of one data set anew, and folds, share samples (student.h). */
static double overlap_of(const struct record *record)
{
	const struct result *r = &record->result;

	return record->resampled && r->n_train > 0 && r->n_test > 0 ? r->n_test / r->n_train : 0;
}

static void judge_problem(const struct judge *j, const char *problem, struct claim_case *out)
{
	const struct claim_options *c = j->claim;
	struct rivals rivals = rivals_new(j);
	size_t settings;
	const struct group *a = cells_of(j, c->method, &c->where, problem, &settings);
	const char *why = NULL;
	double *values, overlap = 0, folds = 1;

	*out = (struct claim_case){.problem = problem, .note = "", .median = NAN};
	out->interval = (struct student){NAN, NAN, NAN, 0};
	if (!a || settings > 1)
		why = arena_format(j->arena, "%s has %s here", c->method,
				   !a ? "no such cells" : "several settings: `where` says which");
	else if (c->statistic != CLAIM_VALUE)
		why = find_rivals(j, a, problem, &rivals);
	if (why) {
		out->note = why;
		return;
	}
	values = ARENA_ARRAY(j->arena, double, a->count);
	for (size_t i = 0; i < a->count; i++) {
		folds = fmax(folds, a->member[i]->result.fold);
		overlap = overlap_of(a->member[i]);
		values[i] = statistic_at(j, a->member[i], &rivals);
	}
	conclude(j, out, values, a->count, overlap);
	if (out->more != SIZE_MAX) /* values: a repetition has one of each fold */
		out->more = (size_t)ceil((double)out->more / folds);
}

/* --- all cases together -------------------------------------------------------------------------
 */

/* A problem, loss and beta. */
struct trial {
	const struct group *group; /* of the method, the best one */
	struct rivals rivals;
};

/* Is the group one of the claim's method? */
static bool is_meant(const struct judge *j, const struct group *group)
{
	const struct claim_options *c = j->claim;

	return strcmp(group->method, c->method) == 0 && !group->inner &&
	       (!c->data || strcmp(group->data, c->data) == 0) &&
	       matches(group->member[0], &c->where);
}

static const char *trial_key(const struct group *group, struct arena *arena)
{
	return arena_format(arena, "%s\n%s", group->problem,
			    comparable_network_key(group->member[0], arena));
}

static struct trial *find_trials(const struct judge *j, size_t *count)
{
	const struct claim_options *c = j->claim;
	const struct records *records = j->records;
	struct trial *at = ARENA_ARRAY(j->arena, struct trial, records->group_count + 1);
	struct index index = index_new(records->group_count, j->arena);

	*count = 0;
	for (size_t i = 0; i < j->best.count + records->group_count; i++) {
		bool best = i < j->best.count; /* those without a cell that is ok are not there */
		const struct group *group =
			best ? j->best.at[i].group : &records->groups[i - j->best.count];
		struct rivals rivals = rivals_new(j);

		if (!is_meant(j, group) || (!best && records_ok_count(group)) ||
		    index_place(&index, trial_key(group, j->arena), *count) < *count)
			continue;
		if (rivals.at_end)
			rivals.at[rivals.count++] = group;
		at[(*count)++] = (struct trial){group, rivals};
	}
	for (size_t i = 0; i < j->best.count; i++) {
		const struct group *group = j->best.at[i].group;
		ptrdiff_t k = index_find(&index, trial_key(group, j->arena));

		for (size_t m = 0; k != INDEX_NONE && m < c->against.count; m++)
			if (strcmp(group->method, c->against.at[m]) == 0 &&
			    matches(group->member[0], &c->where_against))
				at[k].rivals.at[at[k].rivals.count++] = group;
	}
	return at;
}

/* What is told of the cases beside their quantile. */
struct told {
	const struct group *lacking; /* a case without a value */
	const struct group *extreme; /* where the quantile is the least or the largest: that case */
	double value;
};

/* The quantile at one draw of the data; NaN where a case has no value. */
static double quantile_at(const struct judge *j, const struct trial *trials, size_t count,
			  const struct record *draw, struct told *told)
{
	double *values = ARENA_ARRAY(j->arena, double, count + 1), q = j->claim->quantile;

	for (size_t k = 0; k < count; k++) {
		const struct group *group = trials[k].group;
		const struct record *record = records_at_draw(group, draw);
		double value = record ? statistic_at(j, record, &trials[k].rivals) : NAN;

		values[k] = value;
		if (isnan(value)) {
			told->lacking = told->lacking ? told->lacking : group;
			return NAN;
		}
		if ((q >= 1 && !(value <= told->value)) || (q <= 0 && !(value >= told->value))) {
			told->value = value;
			told->extreme = group;
		}
	}
	sample_sort(values, count);
	return sample_quantile(values, count, q);
}

static void judge_cases(const struct judge *j, struct claim_case *out)
{
	const struct records *records = j->records;
	double *values = ARENA_ARRAY(j->arena, double, records->count + 1), overlap = 0;
	struct told told = {.value = NAN};
	size_t count, draws = 0;
	const struct trial *trials = find_trials(j, &count);

	*out = (struct claim_case){.note = "", .median = NAN};
	for (size_t i = 0; i < records->count; i++) {
		const struct record *record = &records->at[i];

		if (strcmp(record->result.method, j->claim->method) == 0)
			overlap = fmax(overlap, overlap_of(record));
		if (is_first(records, i) && isnan(record->result.inner_fold))
			values[draws++] = quantile_at(j, trials, count, record, &told);
	}
	conclude(j, out, values, draws, overlap);
	out->problem =
		arena_format(j->arena, "%s%s%zu case%s", j->claim->data ? j->claim->data : "",
			     j->claim->data ? ", " : "", count, count == 1 ? "" : "s");
	if (told.extreme)
		out->problem = arena_format(j->arena, "%s: %s, %s", out->problem,
					    told.extreme->problem, told.extreme->setting);
	if (told.lacking)
		out->note = arena_format(j->arena, "%s, %s has no value", told.lacking->problem,
					 told.lacking->setting);
}

/* A line for each repetition, or fold of it, through its cells of all problems. */
static void judge_slope(const struct judge *j, struct claim_case *out)
{
	const struct claim_options *c = j->claim;
	const struct records *records = j->records;
	double *x = ARENA_ARRAY(j->arena, double, 3 * records->count + 1);
	double *y = x + records->count, *slopes = y + records->count, overlap = 0;
	size_t lines = 0;

	*out = (struct claim_case){.problem = c->data ? c->data : "all", .note = "", .median = NAN};
	for (size_t k = 0; k < records->count; k++) {
		const struct result *draw = &records->at[k].result;
		struct column column = {c->x, &j->kinds};
		size_t count = 0;
		double low = HUGE_VAL, high = -HUGE_VAL;
		const char *swept;

		if (!is_first(records, k))
			continue;
		if (!isnan(draw->fold) && draw->n_train > 0) /* folds share samples (student.h) */
			overlap = draw->n_test / draw->n_train;
		for (size_t i = 0; i < records->count; i++) {
			const struct record *r = &records->at[i];

			if (!records_same_draw(&r->result, draw) || !isnan(r->result.inner_fold) ||
			    strcmp(r->result.method, c->method) != 0 ||
			    (c->data && strcmp(r->result.data, c->data) != 0) ||
			    !matches(r, &c->where))
				continue;
			swept = records_swept(r, c->x);
			x[count] = log(swept ? strtod(swept, NULL) : column_value(r, &column));
			y[count] = log(value_of(j, r, false));
			if (!isfinite(x[count]) || !isfinite(y[count])) {
				out->left_out++;
				continue;
			}
			low = fmin(low, x[count]);
			high = fmax(high, x[count++]);
		}
		slopes[lines++] = high > low ? line_fit(x, y, count).slope : NAN;
	}
	conclude(j, out, slopes, lines, overlap);
}

/* --- all ----------------------------------------------------------------------------------------
 */

static enum finding joint(const struct claim_result *result)
{
	size_t of[FINDINGS] = {0};

	for (size_t i = 0; i < result->count; i++)
		of[result->at[i].verdict]++;
	if (of[FINDING_CONTRADICTED])
		return FINDING_CONTRADICTED;
	if (of[FINDING_UNDECIDED] || !result->count)
		return FINDING_UNDECIDED;
	return of[FINDING_NOT_CONFIRMED] ? FINDING_NOT_CONFIRMED : FINDING_CONFIRMED;
}

struct claims claims_judge(const struct records *records, const struct groups *claims)
{
	const struct claim_options *given = claims->at;
	struct arena *arena = records->arena;
	struct claims out = {.folder = records->folder, .count = claims->count};
	struct judge j = {.records = records,
			  .arena = arena,
			  .kinds = attacks_of(records, NULL),
			  .best = series_of(records, SERIES_BEST, 1)};

	out.at = ARENA_ARRAY(arena, struct claim_result, claims->count);
	for (size_t i = 0; i < claims->count; i++) {
		struct claim_result *result = &out.at[i];
		const char **seen = ARENA_ARRAY(arena, const char *, records->group_count + 1);

		j.claim = &given[i];
		*result = (struct claim_result){.claim = &given[i]};
		result->at = ARENA_ARRAY(arena, struct claim_case, records->group_count + 1);
		if (given[i].statistic == CLAIM_SLOPE)
			judge_slope(&j, &result->at[result->count++]);
		else if (!isnan(given[i].quantile))
			judge_cases(&j, &result->at[result->count++]);
		for (size_t g = 0; g < records->group_count; g++) {
			const struct group *group = &records->groups[g];

			if (given[i].statistic == CLAIM_SLOPE || !isnan(given[i].quantile) ||
			    strcmp(group->method, given[i].method) != 0 ||
			    (given[i].data && strcmp(group->data, given[i].data) != 0) ||
			    records_index(seen, result->count, group->problem) < result->count)
				continue;
			seen[result->count] = group->problem;
			judge_problem(&j, group->problem, &result->at[result->count++]);
		}
		result->verdict = joint(result);
	}
	return out;
}
