/* Columns by name. */
#include "harness/report/records/column.h"
#include "harness/report/records/stat.h"

#include <math.h>
#include <string.h>

#define TEXT(name, ...)
#define LATER_TEXT(name, ...)
#define LATER(...) NUMBER(__VA_ARGS__)

/* The numbers of a result in their order. */
#define NUMBER(name, ...) NUMBER_##name,
enum {
#include "harness/store/rows/result.fields"
};
#undef NUMBER

/* The default of an option is the first name: test_accuracy goes before the others. */
#define PLACE(number)                         \
	((number) == NUMBER_test_accuracy ? 0 \
					  : (number) + ((number) < NUMBER_test_accuracy ? 3 : 2))
#define NUMBER(name, ...) [PLACE(NUMBER_##name)] = #name,

const char *const column_names[] = {[1] = "robust_accuracy",
				    [2] = "time",
#include "harness/store/rows/result.fields"
				    NULL};

double column_value(const struct record *record, const void *what)
{
	const struct column *column = what;
	const struct attack_kinds *kinds = column->kinds;
	double lowest = NAN;

	if (strcmp(column->name, "seconds_per_iteration") == 0)
		return record->result.iterations > 0
			       ? record->result.solve_s / record->result.iterations
			       : NAN;
	if (strcmp(column->name, "robust_accuracy") != 0)
		return stat_column(record, column->name);
	for (size_t k = 0; kinds && k < kinds->count; k++)
		lowest = fmin(lowest, attacks_robust(record, &kinds->at[k]));
	return lowest;
}

const char *column_label(const char *name, struct arena *arena)
{
	size_t length = strlen(name);
	char *label = arena_text(arena, name);
	bool seconds = length > 2 && strcmp(name + length - 2, "_s") == 0;

	if (strcmp(name, "time") == 0)
		return "time of setup and solve in s";
	if (strcmp(name, "objective_network") == 0)
		return "network objective";
	if (strcmp(name, "above_bound") == 0)
		return "share above the best network, at most";
	if (strcmp(name, "seconds_per_iteration") == 0)
		return "time of an iteration in s";
	if (strcmp(name, "ranks_share") == 0)
		return "share of an iteration in sums over ranks";
	if (strcmp(name, "peak_mem_bytes") == 0)
		return "peak memory in bytes";
	label[seconds ? length - 2 : length] = '\0';
	for (char *at = label; *at; at++)
		if (*at == '_')
			*at = ' ';
	return seconds ? arena_format(arena, "%s in s", label) : label;
}
