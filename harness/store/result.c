/* result.json: one table of fields serves writer, reader and the columns of summary.csv. */
#include "harness/store/result.h"
#include "harness/file/folder.h"
#include "harness/file/json_read.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const cell_status_names[] = {[CELL_OK] = "ok",
					 [CELL_FAILED] = "failed",
					 [CELL_TIMEOUT] = "timeout",
					 [CELL_OOM] = "oom",
					 [CELL_CRASHED] = "crashed",
					 [CELL_SKIPPED] = "skipped",
					 [CELL_INTERRUPTED] = "interrupted",
					 [CELL_DAMAGED] = "damaged",
					 NULL};

#define TEXT(field)                                          \
	{                                                    \
#field, offsetof(struct result, field), true \
	}
#define NUMBER(field)                                         \
	{                                                     \
#field, offsetof(struct result, field), false \
	}

const struct result_field result_fields[] = {
	TEXT(cell),
	TEXT(data),
	TEXT(method),
	TEXT(solver),
	TEXT(loss),
	NUMBER(repetition),
	TEXT(status),
	TEXT(outcome),
	TEXT(suspect),
	NUMBER(n_train),
	NUMBER(n_validation),
	NUMBER(n_test),
	NUMBER(d),
	NUMBER(iterations),
	NUMBER(objective),
	TEXT(objective_of),
	NUMBER(objective_network),
	NUMBER(objective_zero),
	NUMBER(lower_bound),
	TEXT(bound_scope),
	NUMBER(gap),
	NUMBER(gap_zero),
	NUMBER(gap_raw),
	TEXT(delivered),
	NUMBER(feasibility),
	NUMBER(train_accuracy),
	NUMBER(validation_accuracy),
	NUMBER(validation_robust_accuracy),
	NUMBER(test_accuracy),
	NUMBER(majority),
	NUMBER(train_rmse),
	NUMBER(test_rmse),
	NUMBER(train_r2),
	NUMBER(test_r2),
	NUMBER(load_s),
	NUMBER(setup_s),
	NUMBER(solve_s),
	NUMBER(eval_s),
	NUMBER(certificate_s),
	NUMBER(violation_s),
	NUMBER(attack_s),
	NUMBER(select_s),
	NUMBER(certify_s),
	NUMBER(load_cpu_s),
	NUMBER(setup_cpu_s),
	NUMBER(solve_cpu_s),
	NUMBER(eval_cpu_s),
	NUMBER(certificate_cpu_s),
	NUMBER(violation_cpu_s),
	NUMBER(attack_cpu_s),
	NUMBER(select_cpu_s),
	NUMBER(certify_cpu_s),
	NUMBER(evaluations),
	TEXT(date),
	TEXT(timing),
	NUMBER(switches_voluntary),
	NUMBER(switches_involuntary),
	NUMBER(core_share),
	NUMBER(load_average),
	NUMBER(peak_mem_bytes),
	NUMBER(threads),
	TEXT(threads_reason),
	TEXT(blas_core),
	TEXT(program),
	TEXT(host),
	TEXT(cpu),
	NUMBER(patterns),
	NUMBER(neurons),
	NUMBER(fresh),
	NUMBER(violation),
	NUMBER(violation_lo),
	NUMBER(violation_hi),
	TEXT(precision),
	NUMBER(seed),
	TEXT(note),
	TEXT(message),
	{NULL, 0, false},
};

static const double *number_at(const struct result *result, const struct result_field *field)
{
	return (const double *)(const void *)((const char *)result + field->offset);
}

static const char *const *text_at(const struct result *result, const struct result_field *field)
{
	return (const char *const *)(const void *)((const char *)result + field->offset);
}

struct result result_empty(void)
{
	struct result result = {0};

	for (const struct result_field *field = result_fields; field->name; field++)
		if (!field->text)
			*(double *)(void *)((char *)&result + field->offset) = NAN;
	return result;
}

/* A further fact, at its place or behind the others. */
static void set_further(struct result *result, const struct fact *fact, struct arena *arena)
{
	struct facts list = {.arena = arena, .first = (struct fact *)result->facts};

	if (fact->text)
		facts_text(&list, arena_text(arena, fact->name), arena_text(arena, fact->text));
	else
		facts_number(&list, arena_text(arena, fact->name), fact->number);
	result->facts = list.first;
}

void result_set(struct result *result, const struct fact *fact, struct arena *arena)
{
	const struct result_field *field = result_fields;
	void *at;

	while (field->name && (strcmp(field->name, fact->name) != 0 || field->text != !!fact->text))
		field++;
	at = (char *)result + field->offset;
	if (!field->name)
		set_further(result, fact, arena);
	else if (field->text)
		*(const char **)at = arena_text(arena, fact->text);
	else
		*(double *)at = fact->number;
}

/* Whole numbers are written as such; JSON has no infinity, so an infinite value is written as null.
 */
static json_t *number_json(double value)
{
	const double exact = 9007199254740992.0; /* 2^53: whole doubles below it are exact */

	if (!isfinite(value))
		return json_null();
	if (value == floor(value) && fabs(value) < exact)
		return json_integer((json_int_t)value);
	return json_real(value);
}

static json_t *text_json(const char *text)
{
	json_t *json = text ? json_string(text) : json_null();

	/* JSON cannot hold a message from outside that is not UTF-8 */
	return json ? json : json_string("(not UTF-8)");
}

/* {"name": value}; NULL: none. */
static json_t *facts_json(const struct fact *facts)
{
	json_t *object = facts ? json_object() : NULL;

	for (; facts; facts = facts->next)
		json_object_set_new(object, facts->name,
				    facts->text ? text_json(facts->text)
						: number_json(facts->number));
	return object;
}

enum status result_write(const struct result *result, const char *path, struct err *err)
{
	json_t *object = json_object();
	enum status status;
	char *text, *line;
	size_t length;

	if (result->format)
		json_object_set_new(object, "format", json_integer(result->format));
	for (const struct result_field *field = result_fields; field->name; field++)
		json_object_set_new(object, field->name,
				    field->text ? text_json(*text_at(result, field))
						: number_json(*number_at(result, field)));
	if (result->facts)
		json_object_set_new(object, "facts", facts_json(result->facts));
	text = json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
	json_decref(object);
	length = text ? strlen(text) : 0;
	line = realloc(text, length + 2);
	if (!line) {
		free(text);
		return err_set(err, STATUS_ENV, "out of memory while writing %s", path);
	}
	memcpy(line + length, "\n", 2);
	status = store_write_text(path, line, err);
	free(line);
	return status;
}

static enum status read_field(const json_t *value, const struct result_field *field,
			      struct arena *arena, struct result *out)
{
	void *at = (char *)out + field->offset;

	if (!value || json_is_null(value))
		return STATUS_OK;
	if (field->text && json_is_string(value))
		*(const char **)at = arena_text(arena, json_string_value(value));
	else if (!field->text && json_is_number(value))
		*(double *)at = json_number_value(value);
	else
		return STATUS_ENV;
	return STATUS_OK;
}

static void read_facts(const json_t *object, struct arena *arena, struct result *out)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value) set_further(
		out,
		&(struct fact){.name = name,
			       .text = json_string_value(value),
			       .number = json_is_number(value) ? json_number_value(value) : NAN},
		arena);
}

enum status result_read(const char *path, struct arena *arena, struct result *out, struct err *err)
{
	struct err_place at = {path, 0, 0};
	enum status status = STATUS_OK;
	json_t *root;

	*out = result_empty();
	TRY(json_read_file(path, arena, &root, err));
	if (!json_is_object(root))
		status = err_at(err, STATUS_ENV, at, "expected an object");
	out->format = json_is_integer(json_object_get(root, "format"))
			      ? (int)json_integer_value(json_object_get(root, "format"))
			      : 0;
	for (const struct result_field *field = result_fields; field->name; field++)
		if (status == STATUS_OK &&
		    read_field(json_object_get(root, field->name), field, arena, out) != STATUS_OK)
			status = err_at(err, STATUS_ENV, at, "%s: expected a %s", field->name,
					field->text ? "text" : "number");
	read_facts(json_object_get(root, "facts"), arena, out);
	json_decref(root);
	return status;
}
