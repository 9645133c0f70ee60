/* Numbers of the members of a group. */
#include "harness/report/records/stat.h"
#include "harness/stats/wilson.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	NUMBER_TEXT = 64,
	FEW = 32 /* members that need no memory of the arena */
};

size_t stat_values(const struct group *group, stat_pick *pick, const void *what, double *values)
{
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++)
		if (records_ok(group->member[i]))
			values[count++] = pick(group->member[i], what);
	return count;
}

struct spread stat_group(const struct group *group, stat_pick *pick, const void *what,
			 struct arena *arena)
{
	double few[FEW], *values = few;

	if (group->count > FEW)
		values = ARENA_ARRAY(arena, double, group->count);
	return sample_spread(values, stat_values(group, pick, what, values));
}

double stat_column(const struct record *record, const void *what)
{
	const struct result *r = &record->result;
	bool worst = r->objective_of && strcmp(r->objective_of, "network") != 0;
	const char *name = what;
	double value;

	if (strcmp(name, "time") == 0)
		return r->setup_s + r->solve_s;
	/* what a gap is about: of robust methods the worst case; nothing where it is not known */
	if (strcmp(name, "headline") == 0)
		return worst ? r->objective : r->objective_network;
	value = records_number(r, name);
	if (value < 0 && (strcmp(name, "gap") == 0 || strcmp(name, "gap_zero") == 0))
		return 0;
	return value;
}

void stat_format(char *text, size_t room, const char *format, double value)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, room, format, value);
#pragma GCC diagnostic pop
}

const char *stat_text(struct spread spread, const char *format, double factor, struct arena *arena)
{
	char median[NUMBER_TEXT], low[NUMBER_TEXT], high[NUMBER_TEXT];

	if (spread.count == 0)
		return "";
	stat_format(median, sizeof median, format, spread.median * factor);
	stat_format(low, sizeof low, format, spread.low * factor);
	stat_format(high, sizeof high, format, spread.high * factor);
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
