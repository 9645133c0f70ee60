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
	"best validation accuracy or, of a regression, validation rmse, chosen in each repetition "
	"by itself where these split the same "
	"data anew (without validation part: of each loss, beta and threat the lowest "
	"objective). The interval is Student's for the mean, 95 %; where repetitions split the "
	"same "
	"data anew their overlap is taken into account (Nadeau and Bengio 2003). It is not "
	"corrected for the number of comparisons. Unpaired: repetitions in which a cell of the two "
	"failed, is missing, has no value or another objective.";

enum { DATA, FIRST, SECOND, MEASURE, MEDIAN, MEAN, RANGE, HIGHER, PAIRS, UNPAIRED };

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
	return of && strcmp(of, "worst case") == 0 ? record->result.objective : NAN;
}

/* The robust accuracies stand behind the first. */
static const struct paired_measure measures[] = {
	{"test acc %", "%+.2f", stat_column, "test_accuracy", 100, NULL},
	{"objective", "%+.4g", stat_column, "objective_network", 1, "objective_network"},
	{"worst-case objective", "%+.4g", worst_case, NULL, 1, "objective"}};

enum { MEASURES = sizeof measures / sizeof *measures };

static struct pairs pairs_of(const struct group *a, const struct group *b,
			     const struct paired_measure *measure, struct arena *arena)
{
	struct pairs pairs = {.difference = ARENA_ARRAY(arena, double, a->count)};
	const char *column = measure->column;
	size_t matched = 0;

	for (size_t i = 0; i < a->count; i++) {
		const struct record *p = a->member[i], *q;
		const struct result *r = &p->result;
		bool split = p->resampled && r->n_train > 0 && r->n_test > 0;
		double value = NAN;

		q = records_at_draw(b, p);
		matched += q != NULL;
		/* an objective of another loss, beta or threat is another quantity */
		if (q && records_ok(p) && records_ok(q) &&
		    (!column || strcmp(comparable_key(p, column, NULL, arena),
				       comparable_key(q, column, NULL, arena)) == 0))
			value = measure->factor * measure->pick(p, measure->what) -
				measure->factor * measure->pick(q, measure->what);
		if (isnan(value)) {
			pairs.unpaired++;
			continue;
		}
		pairs.difference[pairs.count++] = value;
		pairs.higher += value > 0;
		pairs.overlap = split ? r->n_test / r->n_train : 0;
	}
	pairs.unpaired += b->count - matched;
	return pairs;
}

struct student paired_interval(const struct group *a, const struct group *b,
			       const struct paired_measure *measure, struct arena *arena)
{
	struct pairs pairs = pairs_of(a, b, measure, arena);

	return student_interval(pairs.difference, pairs.count, pairs.overlap);
}

/* The rows of two groups: of each measure that has pairs. */
static void add_rows(struct sheet *sheet, const struct series *a, const struct series *b,
		     const struct paired_measure *measure, size_t count, struct arena *arena)
{
	for (const struct paired_measure *m = measure; m < measure + count; m++) {
		struct pairs pairs = pairs_of(a->group, b->group, m, arena);
		struct student interval;
		struct spread stat;
		size_t row = sheet->rows;

		if (pairs.count == 0)
			continue;
		interval = student_interval(pairs.difference, pairs.count, pairs.overlap);
		stat = sample_spread(pairs.difference, pairs.count);
		stat.low = stat.high = stat.median; /* the interval has a column of its own */
		sheet_set(sheet, row, DATA, a->group->problem);
		sheet_set(sheet, row, FIRST, a->name);
		sheet_set(sheet, row, SECOND, b->name);
		sheet_set(sheet, row, MEASURE, m->label);
		sheet_set(sheet, row, MEDIAN, stat_text(stat, m->format, 1, arena));
		stat.median = stat.low = stat.high = interval.mean;
		sheet_set(sheet, row, MEAN, stat_text(stat, m->format, 1, arena));
		if (!isnan(interval.low)) {
			char low[CSV_NUMBER_BYTES], high[CSV_NUMBER_BYTES];

			stat_format(low, sizeof low, m->format, interval.low);
			stat_format(high, sizeof high, m->format, interval.high);
			sheet_set(sheet, row, RANGE, arena_format(arena, "%s to %s", low, high));
		}
		sheet_set(sheet, row, HIGHER, arena_format(arena, "%zu", pairs.higher));
		sheet_set(sheet, row, PAIRS, arena_format(arena, "%zu", pairs.count));
		sheet_set(sheet, row, UNPAIRED, arena_format(arena, "%zu", pairs.unpaired));
		sheet->state[row] = pairs.unpaired ? "bad" : NULL;
		sheet->rows++;
	}
}

const char *paired_note(const struct records *records)
{
	struct series_list list = series_of(records, SERIES_BEST, 1);
	struct arena *arena = records->arena;
	const char *text = note;
	size_t count = 0; /* pairs of one problem whose objectives are nowhere the same */

	for (size_t i = 0; i < list.count; i++)
		for (size_t j = i + 1; j < list.count; j++) {
			const struct group *a = list.at[i].group, *b = list.at[j].group;
			const char *p = comparable_group_key(a, "objective", NULL, arena);
			const char *q = comparable_group_key(b, "objective", NULL, arena);

			count += strcmp(a->problem, b->problem) == 0 && p && q && strcmp(p, q) != 0;
		}
	if (records->folds)
		text = arena_format(arena,
				    "%s With folds the same repetition and fold are compared, and "
				    "the overlap is that of their training parts: values of folds "
				    "are not independent.",
				    note);
	if (!count)
		return text;
	return arena_format(
		arena,
		"%s Left out: the objectives of %zu pairs of methods, whose loss, beta, "
		"average or threat differ.",
		text, count);
}

struct sheet paired_sheet(const struct records *records)
{
	static const char *const heads[] = {
		"data",          "A",        "B",     "measure", "median A-B", "mean A-B",
		"95 % interval", "A higher", "pairs", "unpaired"};
	struct arena *arena = records->arena;
	struct series_list list = series_of(records, SERIES_BEST, 1);
	struct attack_kinds all = attacks_of(records, NULL), worst = attacks_worst(&all, arena);
	struct paired_measure *wanted =
		ARENA_ARRAY(arena, struct paired_measure, MEASURES + worst.count);
	size_t count = 0, pairs = 0;
	struct sheet sheet;

	wanted[count++] = measures[0];
	for (size_t k = 0; k < worst.count; k++) {
		const struct attack_kind *kind = &worst.at[k];
		bool raw = rows_units_raw(kind->units);
		const char *label = arena_format(arena, "%s %s%.3g %%", kind->label,
						 raw ? "raw " : "", kind->eps);

		wanted[count++] =
			(struct paired_measure){label, "%+.2f", attacks_robust, kind, 100, NULL};
	}
	for (size_t m = 1; m < MEASURES; m++)
		wanted[count++] = measures[m];
	for (size_t i = 0; i < list.count; i++)
		for (size_t j = i + 1; j < list.count; j++)
			pairs += strcmp(list.at[i].group->problem, list.at[j].group->problem) == 0;
	sheet = sheet_headed(arena, pairs * count, "llllrrrrrr", heads);
	sheet.rows = 0;
	for (size_t i = 0; i < list.count; i++)
		for (size_t j = i + 1; j < list.count; j++)
			if (strcmp(list.at[i].group->problem, list.at[j].group->problem) == 0)
				add_rows(&sheet, &list.at[i], &list.at[j], wanted, count, arena);
	return sheet;
}
