/* Options of a descriptor for tests. */
#include "tests/options.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void store(const struct option *row, void *options, double value)
{
	char *at = (char *)options + row->offset;

	if (row->type == OPTION_BOOL)
		*(bool *)(void *)at = value > 0;
	else if (row->type == OPTION_INT)
		*(long *)(void *)at = (long)value;
	else if (row->type == OPTION_REAL)
		*(double *)(void *)at = value;
}

static double parse(const struct option *row)
{
	if (row->type == OPTION_BOOL)
		return strcmp(row->initial, "true") == 0;
	for (long i = 0; row->names && row->names[i]; i++)
		if (strcmp(row->initial, row->names[i]) == 0)
			return (double)i;
	return strcmp(row->initial, "null") == 0 ? NAN : strtod(row->initial, NULL);
}

void *options_default(const struct desc *desc, struct arena *arena)
{
	void *options = arena_alloc(arena, 1, desc->size > 0 ? desc->size : 1);

	for (const struct option *row = desc->options; row && row->name; row++)
		if (row->initial)
			store(row, options, parse(row));
	return options;
}

void options_set(const struct desc *desc, void *options, const char *name, double value)
{
	const struct option *row = desc->options;

	while (row && row->name && strcmp(row->name, name) != 0)
		row++;
	assert(row && row->name);
	store(row, options, value);
}
