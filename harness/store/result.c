/* result.json. */
#include "harness/store/result.h"
#include "harness/file/jsonfile.h"

#include <math.h>

const char *const cell_status_names[] = {[CELL_OK] = "ok",
					 [CELL_FAILED] = "failed",
					 [CELL_TIMEOUT] = "timeout",
					 [CELL_OOM] = "oom",
					 [CELL_CRASHED] = "crashed",
					 [CELL_SKIPPED] = "skipped",
					 [CELL_INTERRUPTED] = "interrupted",
					 [CELL_DAMAGED] = "damaged",
					 NULL};

struct result result_empty(void)
{
	struct result result;

	field_clear(&rows_result, &result);
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
	const struct field *field = field_find(&rows_result, fact->name);
	bool fits =
		field && (fact->text ? field_set_text(field, result, arena_text(arena, fact->text))
				     : field_set_number(field, result, fact->number));

	if (!fits)
		set_further(result, fact, arena);
}

static const struct fact *further(const struct result *result, const char *name)
{
	return facts_find(&(struct facts){.first = (struct fact *)result->facts}, name);
}

double result_number(const struct result *result, const char *name)
{
	const struct field *field = field_find(&rows_result, name);
	const struct fact *fact = field ? NULL : further(result, name);

	return fact && !fact->text ? fact->number : field_number(field, result);
}

const char *result_text(const struct result *result, const char *name)
{
	const struct field *field = field_find(&rows_result, name);
	const struct fact *fact = field ? NULL : further(result, name);

	return fact ? fact->text : field_text(field, result);
}

enum status result_write(const struct result *result, const char *path, struct err *err)
{
	json_t *object = json_object(), *facts = json_object();

	if (result->format)
		json_object_set_new(object, "format", json_integer(result->format));
	field_to_json(&rows_result, result, true, object);
	for (const struct fact *fact = result->facts; fact; fact = fact->next)
		json_object_set_new(facts, fact->name,
				    fact->text ? field_json_text(fact->text)
					       : field_json_number(fact->number));
	if (result->facts)
		json_object_set(object, "facts", facts);
	json_decref(facts);
	return jsonfile_write(object, path, 2, err);
}

enum status result_read(const char *path, struct arena *arena, struct result *out, struct err *err)
{
	struct err_place at = {path, 0, 0};
	enum status status = STATUS_OK;
	const struct field *wrong;
	const char *name;
	json_t *root, *value;

	*out = result_empty();
	TRY(jsonfile_read(path, arena, &root, err));
	wrong = field_from_json(&rows_result, root, arena, out);
	if (!json_is_object(root))
		status = err_at(err, STATUS_ENV, at, "expected an object");
	else if (wrong)
		status = err_at(err, STATUS_ENV, at, "%s: expected a %s", wrong->name,
				field_is_text(wrong) ? "text" : "number");
	out->format = (int)json_integer_value(json_object_get(root, "format"));
	json_object_foreach(json_object_get(root, "facts"), name, value)
	{
		const struct fact fact = {.name = name,
					  .text = json_string_value(value),
					  .number = json_is_number(value) ? json_number_value(value)
									  : NAN};

		set_further(out, &fact, arena);
	}
	json_decref(root);
	return status;
}
