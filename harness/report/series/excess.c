/* A column of all records, as it is or relative to another method's. */
#include "harness/report/series/excess.h"
#include "harness/report/records/comparable.h"
#include "solvers/core/index.h"

#include <math.h>
#include <string.h>

/* The name, or that of its folder: then the reference is of the same folder. */
static bool is_base(const struct record *record, const char *base)
{
	return strcmp(record->result.method, base) == 0 ||
	       (record->origin && strcmp(record->origin->method, base) == 0);
}

/* Does the method's name stand for one in each folder? */
static bool is_shared(const struct records *records, const char *base)
{
	return records_index(records->methods, records->method_count, base) ==
	       records->method_count;
}

const double *excess_of(const struct records *records, const struct column *column,
			const char *base)
{
	struct arena *arena = records->arena;
	double *values = ARENA_ARRAY(arena, double, records->count);
	double *reference = ARENA_ARRAY(arena, double, records->count);
	const char **key = ARENA_ARRAY(arena, const char *, records->count);
	struct index index = index_new(records->count, arena);
	bool shared = base && is_shared(records, base);
	size_t known = 0;

	for (size_t i = 0; i < records->count; i++)
		values[i] =
			records_ok(&records->at[i]) ? column_value(&records->at[i], column) : NAN;
	if (!base)
		return values;

	/* methods are compared on: problem, repetition, and the objective of an objective */
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];

		key[i] = arena_format(arena, "%s\n%s\n%s\n%s", records->groups[r->group].problem,
				      records_draw(&r->result, arena),
				      comparable_key(r, column->name, NULL, arena),
				      shared && r->origin ? r->origin->label : "");
		if (!is_base(r, base) || isnan(values[i]))
			continue;
		if (index_place(&index, key[i], known) == known)
			reference[known++] = values[i];
	}
	for (size_t i = 0; i < records->count; i++) {
		ptrdiff_t place = index_find(&index, key[i]);

		if (place == INDEX_NONE || is_base(&records->at[i], base))
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
