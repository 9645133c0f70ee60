/* A column of all records, as it is or relative to another method's. */
#include "harness/report/series/excess.h"
#include "harness/report/records/comparable.h"
#include "solvers/core/index.h"

#include <math.h>
#include <string.h>

const double *excess_of(const struct records *records, const struct column *column,
			const char *base)
{
	struct arena *arena = records->arena;
	double *values = ARENA_ARRAY(arena, double, records->count);
	double *reference = ARENA_ARRAY(arena, double, records->count);
	const char **key = ARENA_ARRAY(arena, const char *, records->count);
	struct index index = index_new(records->count, arena);
	size_t known = 0;

	for (size_t i = 0; i < records->count; i++)
		values[i] =
			records_ok(&records->at[i]) ? column_value(&records->at[i], column) : NAN;
	if (!base)
		return values;

	/* methods are compared on: problem, repetition, and the objective of an objective */
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];

		key[i] = arena_format(arena, "%s\n%s\n%s", records->groups[r->group].problem,
				      records_draw(&r->result, arena),
				      comparable_key(r, column->name, NULL, arena));
		if (strcmp(r->result.method, base) != 0 || isnan(values[i]))
			continue;
		if (index_place(&index, key[i], known) == known)
			reference[known++] = values[i];
	}
	for (size_t i = 0; i < records->count; i++) {
		ptrdiff_t place = index_find(&index, key[i]);

		if (place == INDEX_NONE || strcmp(records->at[i].result.method, base) == 0)
			values[i] = NAN;
		else
			values[i] = (values[i] - reference[place]) / fabs(reference[place]);
	}
	return values;
}

double excess_value(const struct record *record, const void *what)
{
	const struct excess *excess = what;

	return excess->values[record - excess->records->at];
}
