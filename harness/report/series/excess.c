/* A column of all records, as it is or relative to another method's. */
#include "harness/report/series/excess.h"
#include "harness/report/records/comparable.h"
#include "solvers/core/index.h"

#include <math.h>
#include <string.h>

/* What two methods are compared on: problem, repetition, and the objective of an objective. */
static const char *key_of(const struct records *records, const struct record *record,
			  const char *column)
{
	return arena_format(records->arena, "%s\n%g\n%s", records->groups[record->group].problem,
			    record->result.repetition,
			    comparable_key(record, column, NULL, records->arena));
}

/* x <- (x - reference) / |reference| */
static void subtract(const struct records *records, const char *column, const char *base,
		     double *values)
{
	struct index index = index_new(records->count, records->arena);
	double *reference = ARENA_ARRAY(records->arena, double, records->count);
	size_t known = 0;

	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];

		if (strcmp(r->result.method, base) != 0 || isnan(values[i]))
			continue;
		if (index_place(&index, key_of(records, r, column), known) == known)
			reference[known++] = values[i];
	}
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];
		ptrdiff_t place = index_find(&index, key_of(records, r, column));

		if (place == INDEX_NONE || strcmp(r->result.method, base) == 0)
			values[i] = NAN;
		else
			values[i] = (values[i] - reference[place]) / fabs(reference[place]);
	}
}

const double *excess_of(const struct records *records, const struct column *column,
			const char *base)
{
	double *values = ARENA_ARRAY(records->arena, double, records->count);

	for (size_t i = 0; i < records->count; i++)
		values[i] =
			records_ok(&records->at[i]) ? column_value(&records->at[i], column) : NAN;
	if (base)
		subtract(records, column->name, base, values);
	return values;
}

double excess_value(const struct record *record, const void *what)
{
	const struct excess *excess = what;

	return excess->values[record - excess->records->at];
}
