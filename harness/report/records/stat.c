/* Order statistics over repetitions. */
#include "harness/report/records/stat.h"
#include "harness/stats/wilson.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NUMBER_TEXT = 64,
	FEW = 32 /* members that need no memory of the arena */
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double stat_quantile(const double *sorted, size_t count, double q)
{
	double place, below;
	size_t i;

	if (count == 0)
		return NAN;
	place = q * (double)(count - 1);
	below = floor(place);
	i = (size_t)below;
	if (i + 1 >= count || place == below || sorted[i] == sorted[i + 1]) /* also infinite ones */
		return sorted[i];
	return sorted[i] + (place - below) * (sorted[i + 1] - sorted[i]);
}

struct stat stat_of(double *values, size_t count)
{
	size_t known = 0;

	for (size_t i = 0; i < count; i++)
		if (!isnan(values[i]))
			values[known++] = values[i];
	qsort(values, known, sizeof *values, by_value);
	return (struct stat){stat_quantile(values, known, 0.5), stat_quantile(values, known, 0.1),
			     stat_quantile(values, known, 0.9), known};
}

struct stat stat_group(const struct group *group, stat_pick *pick, const void *what,
		       struct arena *arena)
{
	double few[FEW], *values = few;
	size_t count = 0;

	if (group->count > FEW)
		values = ARENA_ARRAY(arena, double, group->count);
	for (size_t i = 0; i < group->count; i++)
		if (records_ok(group->member[i]))
			values[count++] = pick(group->member[i], what);
	return stat_of(values, count);
}

/* What a gap is about: of robust methods the worst case, and nothing where it is not known. */
static double headline(const struct result *r)
{
	bool worst = r->objective_of && strcmp(r->objective_of, "network") != 0;

	return worst ? r->objective : r->objective_network;
}

static double not_negative(double value)
{
	return value < 0 ? 0 : value;
}

double stat_column(const struct record *record, const void *what)
{
	const struct result *r = &record->result;
	const char *name = what;

	if (strcmp(name, "time") == 0)
		return r->setup_s + r->solve_s;
	if (strcmp(name, "headline") == 0)
		return headline(r);
	if (strcmp(name, "gap") == 0 || strcmp(name, "gap_zero") == 0)
		return not_negative(records_number(r, name));
	return records_number(r, name);
}

void stat_format(char *text, size_t room, const char *format, double value)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, room, format, value);
#pragma GCC diagnostic pop
}

const char *stat_text(struct stat stat, const char *format, double factor, struct arena *arena)
{
	char median[NUMBER_TEXT], low[NUMBER_TEXT], high[NUMBER_TEXT];

	if (stat.count == 0)
		return "";
	stat_format(median, sizeof median, format, stat.median * factor);
	stat_format(low, sizeof low, format, stat.low * factor);
	stat_format(high, sizeof high, format, stat.high * factor);
	if (strcmp(low, high) == 0) /* one value, or the same in every digit shown */
		return arena_text(arena, median);
	return arena_format(arena, "%s (%s\xe2\x80\x93%s)", median, low, high);
}

const char *stat_share_text(double share, double low, double high, struct arena *arena)
{
	if (isnan(share) || isnan(low) || isnan(high))
		return NULL;
	return arena_format(arena,
			    "%.1f [%.1f\xe2\x80\x93"
			    "%.1f]",
			    100 * share, 100 * low, 100 * high);
}

const char *stat_test_accuracy(const struct result *result, struct arena *arena)
{
	double low, high, share = result->test_accuracy;

	wilson_interval(share * result->n_test, result->n_test, &low, &high);
	return stat_share_text(share, low, high, arena);
}
