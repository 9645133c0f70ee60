/* Statistics of claims. */
#include "harness/report/claims/claims.h"
#include "harness/report/records/column.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/series.h"
#include "harness/spec/bind/bind.h"
#include "harness/stats/line.h"

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

static double value_of(const struct judge *j, const struct record *record, bool at_end)
{
	const struct claim_options *claim = j->claim;
	struct column column = {.kinds = &j->kinds};

	if (!record || !records_ok(record))
		return NAN;
	if (claim->trace == SCALAR_UNSET_INT) {
		column.name = claim_columns[claim->of];
		return column_value(record, &column);
	}
	if (claim->fit == CLAIM_FIT_GEOMETRIC)
		return geometric_fit(record, claim_traces[claim->trace], j->arena);
	return traced(record, claim_traces[claim->trace],
		      at_end || isnan(claim->iteration) ? HUGE_VAL : claim->iteration);
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
	const struct claim_options *c = j->claim;
	const char *column =
		c->trace == SCALAR_UNSET_INT ? claim_columns[c->of] : claim_traces[c->trace];

	return c->fit != CLAIM_FIT_NONE || !comparable_objective(column) ||
	       strcmp(comparable_key(a->member[0], column, NULL, j->arena),
		      comparable_key(b->member[0], column, NULL, j->arena)) == 0;
}

static void judge_problem(const struct judge *j, const char *problem, struct claim_case *out)
{
	const struct claim_options *c = j->claim;
	bool at_end = c->against && strcmp(c->against, "end") == 0;
	bool pairs = c->statistic != CLAIM_VALUE;
	const struct text_map *where_b = at_end ? &c->where : &c->where_against;
	size_t settings, others = 1;
	const struct group *a = cells_of(j, c->method, &c->where, problem, &settings), *b = a;
	double *values, overlap = 0, folds = 1;

	*out = (struct claim_case){.problem = problem, .note = "", .median = NAN};
	out->interval = (struct student){NAN, NAN, NAN, 0};
	if (pairs)
		b = cells_of(j, at_end ? c->method : c->against, where_b, problem, &others);
	if (!a || !b || settings > 1 || others > 1) {
		out->note = arena_format(
			j->arena, "%s has %s here", !a || settings > 1 ? c->method : c->against,
			!a || !b ? "no such cells" : "several settings: `where` says which");
		return;
	}
	if (pairs && !comparable(j, a, b)) {
		out->note = "their objectives are not the same: loss, beta or threat differ";
		return;
	}
	values = ARENA_ARRAY(j->arena, double, a->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct record *p = a->member[i];
		const struct record *q = records_at_draw(b, p);
		double x = value_of(j, p, false), y;
		const struct result *r = &p->result;

		y = pairs ? value_of(j, q, at_end) : 0;

		folds = fmax(folds, r->fold);
		/* Splits of one data set anew share samples (student.h). */
		overlap = p->resampled && r->n_train > 0 && r->n_test > 0 ? r->n_test / r->n_train
									  : 0;
		if (c->statistic == CLAIM_RATIO)
			values[i] = x > 0 && y > 0 ? log(x / y) : NAN;
		else
			values[i] = x - y;
	}
	conclude(j, out, values, a->count, overlap);
	if (out->more != SIZE_MAX) /* values: a repetition has one of each fold */
		out->more = (size_t)ceil((double)out->more / folds);
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
		size_t count = 0, first = 0; /* the record that stands for a draw of the data */
		double low = HUGE_VAL, high = -HUGE_VAL;
		const char *swept;

		while (!records_same_draw(&records->at[first].result, draw))
			first++;
		if (first < k)
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
		for (size_t g = 0; g < records->group_count; g++) {
			const struct group *group = &records->groups[g];

			if (given[i].statistic == CLAIM_SLOPE ||
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
