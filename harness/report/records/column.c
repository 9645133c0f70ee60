/* Columns by name. */
#include "harness/report/records/column.h"
#include "harness/report/records/stat.h"

#include <math.h>
#include <string.h>

const char *const column_names[] = {"test_accuracy",
				    "train_accuracy",
				    "validation_accuracy",
				    "validation_robust_accuracy",
				    "robust_accuracy",
				    "majority",
				    "objective",
				    "objective_network",
				    "lower_bound",
				    "gap",
				    "gap_zero",
				    "gap_raw",
				    "objective_zero",
				    "feasibility",
				    "iterations",
				    "time",
				    "load_s",
				    "setup_s",
				    "solve_s",
				    "eval_s",
				    "certificate_s",
				    "attack_s",
				    "select_s",
				    "certify_s",
				    "load_cpu_s",
				    "setup_cpu_s",
				    "solve_cpu_s",
				    "eval_cpu_s",
				    "certificate_cpu_s",
				    "violation_cpu_s",
				    "attack_cpu_s",
				    "select_cpu_s",
				    "certify_cpu_s",
				    "evaluations",
				    "switches_voluntary",
				    "switches_involuntary",
				    "core_share",
				    "load_average",
				    "peak_mem_bytes",
				    "threads",
				    "patterns",
				    "neurons",
				    "train_rmse",
				    "test_rmse",
				    "train_r2",
				    "test_r2",
				    "fresh",
				    "violation",
				    "violation_lo",
				    "violation_hi",
				    "violation_s",
				    "n_train",
				    "n_validation",
				    "n_test",
				    "d",
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
	if (strcmp(name, "seconds_per_iteration") == 0)
		return "time of an iteration in s";
	if (strcmp(name, "peak_mem_bytes") == 0)
		return "peak memory in bytes";
	label[seconds ? length - 2 : length] = '\0';
	for (char *at = label; *at; at++)
		if (*at == '_')
			*at = ' ';
	return seconds ? arena_format(arena, "%s in s", label) : label;
}
