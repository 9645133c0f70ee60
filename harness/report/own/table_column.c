/* Columns of tables by their names. */
#include "harness/report/own/table_column.h"
#include "harness/report/records/column.h"
#include "harness/report/records/comparable.h"
#include "harness/spec/bind/bind.h"
#include "harness/spec/spec.h"
#include "harness/store/rows.h"
#include "solvers/model/threat.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <string.h>

const char *const table_column_words[] = {
	[TABLE_DATA] = "data",       [TABLE_METHOD] = "method",
	[TABLE_SETTING] = "setting", [TABLE_OBJECTIVE_OF] = "objective_of",
	[TABLE_CELLS] = "cells",     [TABLE_ENDED] = "ended",
	[TABLE_SWEPT] = NULL};

const char table_column_distance[] = "distance ";

static const char *const usual[] = {"data",      "method", "test_accuracy", "robust_accuracy",
				    "objective", "gap",    "time",          "neurons"};
const struct texts table_column_usual = {sizeof usual / sizeof *usual, usual};

static bool is_in(const char *const *names, const char *name)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static bool ends(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

/* "solve_s" -> "Solve", "train_rmse" -> "Train RMSE": without the unit. */
static const char *head_of(const char *name, struct arena *arena)
{
	static const char *const special[][2] = {
		{"time", "Time"},
		{"seconds_per_iteration", "Time of an iteration"},
		{"peak_mem_bytes", "Peak memory"},
		{"train_rmse", "Train RMSE"},
		{"validation_rmse", "Validation RMSE"},
		{"test_rmse", "Test RMSE"},
		{"train_r2", "Train R2"},
		{"validation_r2", "Validation R2"},
		{"test_r2", "Test R2"},
		{"train_macro_f1", "Train macro F1"},
		{"validation_macro_f1", "Validation macro F1"},
		{"test_macro_f1", "Test macro F1"},
		{"train_auc", "Train AUC"},
		{"validation_auc", "Validation AUC"},
		{"test_auc", "Test AUC"},
		{"test_subset_accuracy", "Test subset accuracy"},
		{"test_subset_accuracy_optimistic", "The same, threshold of the test labels"},
		{"n_train", "Training samples"},
		{"n_validation", "Validation samples"},
		{"n_test", "Test samples"},
		{"d", "d"}};
	char *text;

	for (size_t i = 0; i < sizeof special / sizeof *special; i++)
		if (strcmp(special[i][0], name) == 0)
			return special[i][1];
	text = arena_text(arena, name);
	if (ends(name, "_s"))
		text[strlen(text) - 2] = '\0';
	for (char *at = text; *at; at++)
		*at = *at == '_' ? ' ' : *at;
	text[0] = (char)toupper((unsigned char)text[0]);
	return text;
}

/* --- attacks and certificates --------------------------------------------------------------- */

/* Cut the last word off; NULL if there is no other before it. */
static char *last_word(char *text)
{
	char *space = strrchr(text, ' ');

	if (!space || space == text)
		return NULL;
	*space = '\0';
	return space + 1;
}

bool table_column_probe(const char *name, struct arena *arena, struct attack_kind *out)
{
	char *text = arena_text(arena, name), *eps = last_word(text), *norm;

	*out = (struct attack_kind){0};
	if (eps && is_in(spec_parts, eps)) {
		out->part = strcmp(eps, spec_parts[SPEC_TEST]) == 0 ? NULL : eps;
		eps = last_word(text);
	}
	if (!eps || !scalar_real(eps, UNIT_NONE, &out->eps))
		return false;
	out->label = out->part ? arena_format(arena, "%s, %s", text, out->part)
			       : arena_text(arena, text);
	norm = last_word(text);
	if (norm && is_in(threat_units, norm)) {
		out->units = norm;
		norm = last_word(text);
	}
	if (!norm || !is_in(threat_norms, norm))
		return false;
	out->norm = norm;
	if (begins(text, table_column_distance))
		text += strlen(table_column_distance);
	out->certified = strcmp(text, "certified") == 0;
	out->attack = out->certified || strcmp(text, "worst") == 0 ? NULL : text;
	return true;
}

/* The units in which some record has it, raw ones if its name says so. */
static const char *units_of(const struct records *records, struct attack_kind kind)
{
	const char *asked = kind.units;

	for (size_t i = 0; i < records->count; i++) {
		size_t count;
		const struct attack_row *row = attacks_rows(&records->at[i], &kind, &count);

		for (size_t j = 0; j < count; j++) {
			kind.units = row[j].units;
			if (attacks_match(&row[j], &kind) &&
			    (!asked || rows_units_raw(asked) == rows_units_raw(kind.units)) &&
			    fabs(row[j].eps - kind.eps) <= DBL_EPSILON * kind.eps)
				return row[j].units;
		}
	}
	return asked ? asked : threat_units[0];
}

static void fill_probe(const struct records *records, struct attack_kind kind,
		       struct table_column *out)
{
	struct arena *arena = records->arena;
	struct attack_kind *own = ARENA_NEW(arena, struct attack_kind);
	char *name = arena_text(arena, out->name);

	kind.units = units_of(records, kind);
	*own = kind;
	if (kind.part)
		last_word(name);
	out->head = out->name;
	out->family = kind.label;
	out->radius = strrchr(name, ' ');
	out->pick = attacks_robust;
	out->what = out->kind = own;
	out->data = kind.part ? kind.part : spec_parts[SPEC_TEST];
	if (begins(name, table_column_distance)) {
		out->distance = true;
		out->pick = attacks_distance;
		out->stored = arena_format(arena, "%s units", kind.units);
		out->meaning = "median over points of the distance to the nearest point found "
			       "across the boundary, an upper bound; inf: none within the radius";
		return;
	}
	out->meaning = kind.certified ? "share of points whose class no point of the ball changes, "
					"proven"
				      : "share of points that stay right under the attack";
}

/* --- recalls -------------------------------------------------------------------------------- */

static double recall_of(const struct record *record, const void *what)
{
	const struct table_recall *recall = what;

	for (size_t i = 0; i < record->decision_count; i++) {
		const struct confusion_row *row = &record->decision[i];

		if (strcmp(row->part, recall->part) == 0 &&
		    strcmp(row->class, recall->class) == 0 &&
		    strcmp(row->decided, recall->class) == 0)
			return row->share;
	}
	return NAN;
}

bool table_column_recall(const char *name, struct arena *arena, struct table_recall *out)
{
	static const char *const parts[] = {"train", "validation", "test", NULL};
	const char *end = strstr(name, "_recall ");

	if (!end)
		return false;
	out->part = arena_format(arena, "%.*s", (int)(end - name), name);
	out->class = end + strlen("_recall ");
	return is_in(parts, out->part);
}

static void fill_recall(struct table_recall recall, struct arena *arena, struct table_column *out)
{
	struct table_recall *own = ARENA_NEW(arena, struct table_recall);

	*own = recall;
	out->head =
		arena_format(arena, "%s recall of %s", head_of(recall.part, arena), recall.class);
	out->pick = recall_of;
	out->what = own;
	out->data = own->part;
	out->meaning = "share of the samples of the class that are decided to be of it";
}

/* --- numbers of summary.csv ----------------------------------------------------------------- */

/* A gap stands in a table only if the record says what objective it is about. */
static double told_gap(const struct record *record, const void *what)
{
	return record->result.objective_of ? stat_column(record, what) : NAN;
}

static enum table_better better_of(const char *name)
{
	static const char *const neither[] = {"lower_bound", "objective_zero", NULL};
	static const char *const lower[] = {"peak_mem_bytes", "violation", "above_bound",
					    "seconds_per_iteration", NULL};

	if (is_in(neither, name))
		return TABLE_NEITHER;
	if (rows_higher_is_better(name))
		return TABLE_HIGHER;
	return comparable_objective(name) || comparable_cost(name) || is_in(lower, name) ||
			       ends(name, "_rmse") || ends(name, "_s")
		       ? TABLE_LOWER
		       : TABLE_NEITHER;
}

/* How its numbers are written. */
static void fill_form(const char *name, struct table_column *out)
{
	static const char *const counts[] = {"repetition",
					     "iterations",
					     "evaluations",
					     "threads",
					     "patterns",
					     "neurons",
					     "fresh",
					     "seed",
					     "n_train",
					     "n_test",
					     "n_validation",
					     "d",
					     "switches_voluntary",
					     "switches_involuntary",
					     NULL};

	out->form = 'g';
	out->digits = 3;
	if (ends(name, "_auc") || ends(name, "_r2")) {
		out->form = 'f';
	} else if (rows_higher_is_better(name) || ends(name, "majority")) {
		out->unit = "%";
		out->factor = 100;
		out->form = 'f';
		out->digits = 1;
	} else if (strcmp(name, "above_bound") == 0) {
		out->unit = "%";
		out->factor = 100;
	} else if (ends(name, "_bytes")) {
		out->unit = "MiB";
		out->factor = 1.0 / (1 << 20);
	} else if (strcmp(out->stored, "s") == 0 || strcmp(out->stored, "CPU s") == 0) {
		out->unit = out->stored;
	} else if (is_in(counts, name)) {
		out->form = 'f';
		out->digits = 0;
	} else if (begins(name, "gap") || strcmp(name, "feasibility") == 0) {
		out->form = 'e';
		out->digits = 2;
	} else if (begins(name, "objective") || strcmp(name, "lower_bound") == 0) {
		out->digits = 4;
	}
}

/* robust_accuracy and time are no fields of the file. */
static void fill_number(const struct records *records, struct table_column *out)
{
	struct arena *arena = records->arena;
	const struct field *field = field_find(&rows_result, out->name);
	bool seconds =
		strcmp(out->name, "time") == 0 || strcmp(out->name, "seconds_per_iteration") == 0;

	out->head = head_of(out->name, arena);
	out->stored = field ? field->unit : seconds ? "s" : "share";
	out->data = field ? field->part : seconds ? "" : "test";
	out->meaning = field ? field->doc : "";
	out->pick = stat_column;
	out->what = out->name;
	if (strcmp(out->name, "time") == 0)
		out->meaning = "setup_s + solve_s";
	if (strcmp(out->name, "objective") == 0)
		out->what = "headline";
	else if (strcmp(out->name, "gap") == 0)
		out->pick = told_gap;
	if (!field && strcmp(out->name, "time") != 0) {
		struct attack_kinds *kinds = ARENA_NEW(arena, struct attack_kinds);
		struct column *column = ARENA_NEW(arena, struct column);

		*kinds = attacks_of(records, NULL);
		*column = (struct column){out->name, kinds};
		out->pick = column_value;
		out->what = column;
		out->meaning = seconds ? "solve_s / iterations"
				       : "the lowest over the attacks at their largest eps";
	}
}

/* --- any ------------------------------------------------------------------------------------ */

static const char *option_of(const struct text_map *map, const char *name)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->at[i].key, name) == 0)
			return map->at[i].text;
	return NULL;
}

struct table_column table_column_of(const struct records *records, const char *name,
				    const struct table_options *options)
{
	struct table_column out = {.name = name,
				   .part = TABLE_DATA,
				   .head = name,
				   .unit = "",
				   .factor = 1,
				   .stored = "share",
				   .data = "",
				   .meaning = ""};
	const char *digits = option_of(&options->digits, name);
	const char *better = option_of(&options->better, name);
	struct attack_kind kind;
	struct table_recall recall;

	while (table_column_words[out.part] && strcmp(table_column_words[out.part], name) != 0)
		out.part++;
	if (out.part < TABLE_SWEPT) {
		out.head = head_of(name, records->arena);
		return out;
	}
	if (records_index(records->paths, records->path_count, name) < records->path_count)
		return out;
	out.part = TABLE_NUMBER;
	if (table_column_probe(name, records->arena, &kind))
		fill_probe(records, kind, &out);
	else if (table_column_recall(name, records->arena, &recall))
		fill_recall(recall, records->arena, &out);
	else
		fill_number(records, &out);
	fill_form(out.kind && !out.distance ? "accuracy" : name, &out);
	out.better = out.kind ? TABLE_HIGHER : better_of(name);
	if (digits)
		out.digits = digits[0] - '0';
	for (size_t i = 0; better && table_betters[i]; i++)
		if (strcmp(table_betters[i], better) == 0)
			out.better = (enum table_better)i;
	return out;
}

const char *table_column_text(const struct table_column *column, double value, struct arena *arena)
{
	int digits = column->form == 'e' && column->digits ? column->digits - 1 : column->digits;
	/* zeros at the end are digits too */
	const char *format = arena_format(arena, "%%%s.%d%c", column->form == 'g' ? "#" : "",
					  digits, column->form);
	char text[CSV_NUMBER_BYTES * 2], *point;

	if (isnan(value))
		return "";
	stat_format(text, sizeof text, format, value * column->factor);
	point = strchr(text, '.');
	if (point && !isdigit((unsigned char)point[1]))
		memmove(point, point + 1, strlen(point));
	return arena_text(arena, text);
}
