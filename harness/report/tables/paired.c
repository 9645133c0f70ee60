/* Paired differences with Student's interval. */
#include "harness/report/tables/paired.h"
#include "harness/report/records/attacks.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/series.h"
#include "harness/stats/student.h"

#include <math.h>
#include <string.h>

static const char note[] =
	"Differences A - B of cells with the same data and repetition; accuracies in percentage "
	"points; objectives and worst-case objectives only where loss, beta, average and threat "
	"are equal. Of a swept method the selected setting or, without selection, the one with the "
	"best validation accuracy, chosen in each repetition by itself where these split the same "
	"data anew (without validation part: of each loss, beta and threat the lowest "
	"objective). The interval is Student's for the mean, 95 %; where repetitions split the "
	"same "
	"data anew their overlap is taken into account (Nadeau and Bengio 2003). It is not "
	"corrected for the number of comparisons. Unpaired: repetitions in which a cell of the two "
	"failed, is missing, has no value or another objective.";

enum { DATA, FIRST, SECOND, MEASURE, MEDIAN, MEAN, RANGE, HIGHER, PAIRS, UNPAIRED, COLUMNS };

struct measure {
	const char *label, *format;
	stat_pick *pick;
	const void *what;
	double factor;
	const char *column; /* of an objective: its cells must be comparable by it; else NULL */
};

struct measures {
	size_t count;
	struct measure *at;
};

struct pairs {
	size_t count, higher, unpaired;
	double *difference;
	double overlap;
};

/* The certified or exact worst case of a robust method, over the balls it is trained for. */
static double worst_case(const struct record *record, const void *what)
{
	const char *of = record->result.objective_of;

	(void)what;
	return of && strcmp(of, "network") != 0 ? record->result.objective : NAN;
}

static struct measures measures_of(const struct records *records)
{
	struct arena *arena = records->arena;
	struct attack_kinds all = attacks_of(records, NULL), worst = attacks_worst(&all, arena);
	struct measures out = {.at = ARENA_ARRAY(arena, struct measure, worst.count + 3)};

	out.at[out.count++] =
		(struct measure){"test acc %", "%+.2f", stat_column, "test_accuracy", 100, NULL};
	for (size_t k = 0; k < worst.count; k++)
		out.at[out.count++] = (struct measure){
			arena_format(arena, "%s %s%.3g %%", worst.at[k].label,
				     strcmp(worst.at[k].units, "raw") == 0 ? "raw " : "",
				     worst.at[k].eps),
			"%+.2f",
			attacks_robust,
			&worst.at[k],
			100,
			NULL};
	out.at[out.count++] = (struct measure){"objective",         "%+.4g", stat_column,
					       "objective_network", 1,       "objective_network"};
	out.at[out.count++] =
		(struct measure){"worst-case objective", "%+.4g", worst_case, NULL, 1, "objective"};
	return out;
}

static const struct record *at_repetition(const struct group *group, double repetition)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->member[i]->result.repetition == repetition)
			return group->member[i];
	return NULL;
}

static double value_of(const struct record *record, const struct measure *measure)
{
	return record && records_ok(record) ? measure->factor * measure->pick(record, measure->what)
					    : NAN;
}

/* An objective of another loss, beta or threat is another quantity. */
static bool comparable(const struct record *a, const struct record *b,
		       const struct measure *measure, struct arena *arena)
{
	return !measure->column || !b ||
	       strcmp(comparable_key(a, measure->column, NULL, arena),
		      comparable_key(b, measure->column, NULL, arena)) == 0;
}

static double overlap_of(const struct record *record)
{
	const struct result *r = &record->result;

	return record->resampled && r->n_train > 0 && r->n_test > 0 ? r->n_test / r->n_train : 0;
}

static struct pairs pairs_of(const struct group *a, const struct group *b,
			     const struct measure *measure, struct arena *arena)
{
	struct pairs pairs = {.difference = ARENA_ARRAY(arena, double, a->count)};
	size_t matched = 0;

	for (size_t i = 0; i < a->count; i++) {
		const struct record *p = a->member[i];
		const struct record *q = at_repetition(b, p->result.repetition);
		double value = value_of(p, measure) - value_of(q, measure);

		matched += q != NULL;
		if (isnan(value) || !comparable(p, q, measure, arena)) {
			pairs.unpaired++;
			continue;
		}
		pairs.difference[pairs.count++] = value;
		pairs.higher += value > 0;
		pairs.overlap = overlap_of(p);
	}
	pairs.unpaired += b->count - matched;
	return pairs;
}

static void fill_row(struct sheet *sheet, size_t row, const struct pairs *pairs,
		     const struct measure *measure, struct arena *arena)
{
	struct student interval = student_interval(pairs->difference, pairs->count, pairs->overlap);
	struct spread stat = sample_spread(pairs->difference, pairs->count);
	char low[CSV_NUMBER_BYTES], high[CSV_NUMBER_BYTES];

	stat.low = stat.high = stat.median; /* the interval has a column of its own */
	sheet_set(sheet, row, MEASURE, measure->label);
	sheet_set(sheet, row, MEDIAN, stat_text(stat, measure->format, 1, arena));
	stat.median = stat.low = stat.high = interval.mean;
	sheet_set(sheet, row, MEAN, stat_text(stat, measure->format, 1, arena));
	if (!isnan(interval.low)) {
		stat_format(low, sizeof low, measure->format, interval.low);
		stat_format(high, sizeof high, measure->format, interval.high);
		sheet_set(sheet, row, RANGE, arena_format(arena, "%s to %s", low, high));
	}
	sheet_set(sheet, row, HIGHER, arena_format(arena, "%zu", pairs->higher));
	sheet_set(sheet, row, PAIRS, arena_format(arena, "%zu", pairs->count));
	sheet_set(sheet, row, UNPAIRED, arena_format(arena, "%zu", pairs->unpaired));
	sheet->state[row] = pairs->unpaired ? "bad" : NULL;
}

/* Fill, or only count if `sheet` has no rows yet, the rows of two groups. */
static size_t put_pair(struct sheet *sheet, size_t row, const struct series *const pair[2],
		       const struct measures *measures, struct arena *arena)
{
	const struct group *a = pair[0]->group, *b = pair[1]->group;
	size_t start = row;

	for (size_t m = 0; m < measures->count; m++) {
		struct pairs pairs;

		pairs = pairs_of(a, b, &measures->at[m], arena);
		if (pairs.count == 0)
			continue;
		if (sheet->rows) {
			sheet_set(sheet, row, DATA, a->problem);
			sheet_set(sheet, row, FIRST, pair[0]->name);
			sheet_set(sheet, row, SECOND, pair[1]->name);
			fill_row(sheet, row, &pairs, &measures->at[m], arena);
		}
		row++;
	}
	return row - start;
}

static size_t put_pairs(struct sheet *sheet, const struct series_list *list,
			const struct measures *measures, struct arena *arena)
{
	size_t row = 0;

	for (size_t i = 0; i < list->count; i++)
		for (size_t j = i + 1; j < list->count; j++) {
			const struct series *const pair[2] = {&list->at[i], &list->at[j]};

			if (strcmp(pair[0]->group->problem, pair[1]->group->problem) == 0)
				row += put_pair(sheet, row, pair, measures, arena);
		}
	return row;
}

/* Pairs of methods of one problem whose objectives are nowhere the same. */
static size_t other_objectives(const struct series_list *list, struct arena *arena)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		for (size_t j = i + 1; j < list->count; j++) {
			const struct group *a = list->at[i].group, *b = list->at[j].group;
			const char *p = comparable_group_key(a, "objective", NULL, arena);
			const char *q = comparable_group_key(b, "objective", NULL, arena);

			count += strcmp(a->problem, b->problem) == 0 && p && q && strcmp(p, q) != 0;
		}
	return count;
}

const char *paired_note(const struct records *records)
{
	struct series_list list = series_of(records, SERIES_BEST, 1);
	size_t count = other_objectives(&list, records->arena);

	if (!count)
		return note;
	return arena_format(
		records->arena,
		"%s Left out: the objectives of %zu pairs of methods, whose loss, beta, "
		"average or threat differ.",
		note, count);
}

struct sheet paired_sheet(const struct records *records)
{
	static const char *const heads[COLUMNS] = {
		"data",          "A",        "B",     "measure", "median A-B", "mean A-B",
		"95 % interval", "A higher", "pairs", "unpaired"};
	struct series_list list = series_of(records, SERIES_BEST, 1);
	struct measures measures = measures_of(records);
	struct sheet sheet = {0};
	size_t rows = put_pairs(&sheet, &list, &measures, records->arena);

	sheet = sheet_new(records->arena, rows, COLUMNS);
	for (size_t j = 0; j < COLUMNS; j++) {
		sheet.head[j] = heads[j];
		sheet.numeric[j] = j >= MEDIAN;
	}
	if (rows)
		put_pairs(&sheet, &list, &measures, records->arena);
	return sheet;
}
