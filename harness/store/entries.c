/* entries.json, and the same as one line for the plan. */
#include "harness/store/entries.h"
#include "harness/file/jsonfile.h"
#include "solvers/core/text.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

const char *const entry_kind_names[] = {[ENTRY_ATTACK] = "attack",
					[ENTRY_CERTIFY] = "certify",
					[ENTRY_SELECT] = "select",
					[ENTRY_SAMPLES] = "samples",
					NULL};

/* In messages. */
static const char *const plural[] = {[ENTRY_ATTACK] = "attacks",
				     [ENTRY_CERTIFY] = "certificates",
				     [ENTRY_SELECT] = "selections",
				     [ENTRY_SAMPLES] = "samples"};

/* --- writing ------------------------------------------------------------------------------------
 */

static void set_text(json_t *object, const char *name, const char *text)
{
	if (text)
		json_object_set_new(object, name, field_json_text(text));
}

static void set_lists(json_t *object, const struct entries *entries)
{
	for (size_t kind = 0; kind < ENTRY_KINDS; kind++) {
		json_t *list;

		if (kind == ENTRY_SAMPLES && entries->of[kind].count == 0)
			continue; /* it came later */
		list = json_array();
		for (size_t i = 0; i < entries->of[kind].count; i++) {
			json_t *entry = json_object();

			field_to_json(&rows_entry, &entries->of[kind].at[i], false, entry);
			json_array_append_new(list, entry);
		}
		json_object_set_new(object, entry_kind_names[kind], list);
	}
}

enum status entries_write(const struct entries *entries, const char *path, struct err *err)
{
	json_t *object = json_object();

	json_object_set_new(object, "begun", json_boolean(entries->begun));
	json_object_set_new(object, "trained", json_boolean(entries->trained));
	set_text(object, "asked", entries->asked);
	set_lists(object, entries);
	return jsonfile_write(object, path, 2, err);
}

const char *request_text(const struct request *request, struct arena *arena)
{
	json_t *object = json_object(), *swept = json_array();

	set_lists(object, &request->entries);
	set_text(object, "by", request->select_by);
	set_text(object, "per", request->select_per);
	if (request->rung > 0)
		json_object_set_new(object, "rung", json_integer(request->rung));
	for (size_t i = 0; i < request->swept_count; i++) {
		json_t *one = json_object();

		set_text(one, "path", request->swept[i].path);
		set_text(one, "value", request->swept[i].value);
		json_array_append_new(swept, one);
	}
	json_object_set_new(object, "swept", swept);
	return jsonfile_line(object, arena);
}

/* --- reading ------------------------------------------------------------------------------------
 */

static bool read_lists(const json_t *root, struct arena *arena, struct entries *out)
{
	const double most = 1e9; /* none of ours has so many */

	*out = (struct entries){.begun = json_is_true(json_object_get(root, "begun")),
				.trained = json_is_true(json_object_get(root, "trained")),
				.asked = jsonfile_text(root, "asked", arena)};
	for (size_t kind = 0; kind < ENTRY_KINDS; kind++) {
		const json_t *list = json_object_get(root, entry_kind_names[kind]);
		size_t count = json_array_size(list);
		struct entry_note *note = ARENA_ARRAY(arena, struct entry_note, count);

		out->of[kind] = (struct entry_list){count, note};
		for (size_t i = 0; i < count; i++) {
			const struct field *wrong = field_from_json(
				&rows_entry, json_array_get(list, i), arena, &note[i]);
			double rows = note[i].rows; /* a number of rows, or none */

			if (wrong || !note[i].key || !note[i].name ||
			    !(isnan(rows) || (rows >= 0 && rows <= most && rows == floor(rows))))
				return false;
		}
		if (!json_is_array(list) && kind != ENTRY_SAMPLES)
			return false;
	}
	return true;
}

enum status entries_read(const char *path, struct arena *arena, struct entries *out,
			 struct err *err)
{
	struct err_place at = {path, 0, 0};
	json_t *root;
	bool good;

	*out = (struct entries){0};
	TRY(jsonfile_read(path, arena, &root, err));
	good = read_lists(root, arena, out);
	json_decref(root);
	return good ? STATUS_OK
		    : err_at(err, STATUS_ENV, at, "expected lists of entries with their keys");
}

bool request_read(const char *text, struct arena *arena, struct request *out)
{
	json_t *root = json_loads(text, 0, NULL);
	const json_t *swept = json_object_get(root, "swept");
	bool good = root && read_lists(root, arena, &out->entries);

	out->select_by = jsonfile_text(root, "by", arena);
	out->select_per = jsonfile_text(root, "per", arena);
	out->rung = (long)json_integer_value(json_object_get(root, "rung"));
	out->swept_count = json_array_size(swept);
	out->swept = ARENA_ARRAY(arena, struct cellfile_swept, out->swept_count);
	for (size_t i = 0; i < out->swept_count; i++) {
		const json_t *one = json_array_get(swept, i);

		out->swept[i] = (struct cellfile_swept){jsonfile_text(one, "path", arena),
							jsonfile_text(one, "value", arena)};
		good = good && out->swept[i].path && out->swept[i].value;
	}
	json_decref(root);
	return good;
}

/* --- looking up ---------------------------------------------------------------------------------
 */

size_t entries_find(const struct entry_list *list, const char *key)
{
	size_t i = 0;

	while (i < list->count && strcmp(list->at[i].key, key) != 0)
		i++;
	return i;
}

size_t entries_rows(const struct entry_list *list, size_t entry)
{
	return entry < list->count && !isnan(list->at[entry].rows) ? (size_t)list->at[entry].rows
								   : 0;
}

size_t entries_row(const struct entry_list *list, size_t entry)
{
	size_t row = 0;

	for (size_t i = 0; i < entry; i++)
		row += entries_rows(list, i);
	return row;
}

unsigned entries_lacking(const struct entries *held, const struct entries *wanted)
{
	unsigned kinds = 0;

	for (size_t kind = 0; kind < ENTRY_KINDS; kind++)
		for (size_t i = 0; i < wanted->of[kind].count; i++)
			if (entries_find(&held->of[kind], wanted->of[kind].at[i].key) ==
			    held->of[kind].count)
				kinds |= 1u << kind;
	return kinds;
}

const char *entries_text(unsigned kinds, struct arena *arena)
{
	struct text text = text_new(arena);

	for (size_t kind = 0; kind < ENTRY_KINDS; kind++)
		if (kinds >> kind & 1)
			text_item(&text, ", ", "%s", plural[kind]);
	return text.at;
}
