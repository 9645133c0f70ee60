/* entries.json, and the same as one line for the plan. */
#include "harness/store/entries.h"
#include "harness/file/folder.h"
#include "harness/file/json_read.h"
#include "solvers/core/text.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const entry_kind_names[] = {
	[ENTRY_ATTACK] = "attack", [ENTRY_CERTIFY] = "certify", [ENTRY_SELECT] = "select", NULL};

/* In messages. */
static const char *const plural[] = {[ENTRY_ATTACK] = "attacks",
				     [ENTRY_CERTIFY] = "certificates",
				     [ENTRY_SELECT] = "selections"};

/* --- writing ------------------------------------------------------------------------------------
 */

static void set_text(json_t *object, const char *name, const char *text)
{
	if (text)
		json_object_set_new(object, name, json_string(text));
}

static void set_number(json_t *object, const char *name, double value)
{
	if (isfinite(value))
		json_object_set_new(object, name, json_real(value));
}

static json_t *note_json(const struct entry_note *note)
{
	json_t *object = json_object();

	set_text(object, "key", note->key);
	set_text(object, "name", note->name);
	if (isfinite(note->rows))
		json_object_set_new(object, "rows", json_integer((json_int_t)note->rows));
	set_number(object, "wall_s", note->wall_s);
	set_number(object, "cpu_s", note->cpu_s);
	set_number(object, "accuracy", note->accuracy);
	set_text(object, "date", note->date);
	set_text(object, "blas_core", note->blas_core);
	set_text(object, "program", note->program);
	set_text(object, "host", note->host);
	set_text(object, "cpu", note->cpu);
	set_number(object, "threads", note->threads);
	return object;
}

static void set_lists(json_t *object, const struct entries *entries)
{
	for (size_t kind = 0; kind < ENTRY_KINDS; kind++) {
		json_t *list = json_array();

		for (size_t i = 0; i < entries->of[kind].count; i++)
			json_array_append_new(list, note_json(&entries->of[kind].at[i]));
		json_object_set_new(object, entry_kind_names[kind], list);
	}
}

static const char *dump(json_t *object, size_t flags, const char *end, struct arena *arena)
{
	char *text = json_dumps(object, flags | JSON_REAL_PRECISION(17));
	const char *kept = text ? arena_format(arena, "%s%s", text, end) : NULL;

	json_decref(object);
	free(text);
	return kept;
}

enum status entries_write(const struct entries *entries, const char *path, struct err *err)
{
	struct arena arena = {0};
	json_t *object = json_object();
	enum status status;
	const char *text;

	json_object_set_new(object, "begun", json_boolean(entries->begun));
	json_object_set_new(object, "trained", json_boolean(entries->trained));
	set_text(object, "asked", entries->asked);
	set_lists(object, entries);
	text = dump(object, JSON_INDENT(2), "\n", &arena);
	status = text ? store_write_text(path, text, err)
		      : err_set(err, STATUS_ENV, "out of memory while writing %s", path);
	arena_release(&arena);
	return status;
}

const char *request_text(const struct request *request, struct arena *arena)
{
	json_t *object = json_object(), *swept = json_array();
	const char *text;

	set_lists(object, &request->entries);
	set_text(object, "by", request->select_by);
	set_text(object, "per", request->select_per);
	for (size_t i = 0; i < request->swept_count; i++) {
		json_t *one = json_object();

		set_text(one, "path", request->swept[i].path);
		set_text(one, "value", request->swept[i].value);
		json_array_append_new(swept, one);
	}
	json_object_set_new(object, "swept", swept);
	text = dump(object, JSON_COMPACT, "", arena);
	return text ? text : "";
}

/* --- reading ------------------------------------------------------------------------------------
 */

static double number_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* A number of rows, or none. */
static bool is_count(double rows)
{
	const double most = 1e9; /* none of ours has so many */

	return isnan(rows) || (rows >= 0 && rows <= most && rows == floor(rows));
}

static bool read_list(const json_t *list, struct arena *arena, struct entry_list *out)
{
	size_t count = json_array_size(list);

	*out = (struct entry_list){count, ARENA_ARRAY(arena, struct entry_note, count)};
	for (size_t i = 0; i < count; i++) {
		const json_t *entry = json_array_get(list, i);

		out->at[i] =
			(struct entry_note){.key = json_read_text(entry, "key", arena),
					    .name = json_read_text(entry, "name", arena),
					    .rows = number_of(entry, "rows"),
					    .wall_s = number_of(entry, "wall_s"),
					    .cpu_s = number_of(entry, "cpu_s"),
					    .accuracy = number_of(entry, "accuracy"),
					    .date = json_read_text(entry, "date", arena),
					    .blas_core = json_read_text(entry, "blas_core", arena),
					    .program = json_read_text(entry, "program", arena),
					    .host = json_read_text(entry, "host", arena),
					    .cpu = json_read_text(entry, "cpu", arena),
					    .threads = number_of(entry, "threads")};
		if (!out->at[i].key || !out->at[i].name || !is_count(out->at[i].rows))
			return false;
	}
	return json_is_array(list);
}

static bool read_lists(const json_t *root, struct arena *arena, struct entries *out)
{
	bool good = true;

	*out = (struct entries){0};
	for (size_t kind = 0; good && kind < ENTRY_KINDS; kind++)
		good = read_list(json_object_get(root, entry_kind_names[kind]), arena,
				 &out->of[kind]);
	out->begun = json_is_true(json_object_get(root, "begun"));
	out->trained = json_is_true(json_object_get(root, "trained"));
	out->asked = json_read_text(root, "asked", arena);
	return good;
}

enum status entries_read(const char *path, struct arena *arena, struct entries *out,
			 struct err *err)
{
	struct err_place at = {path, 0, 0};
	json_t *root;
	bool good;

	*out = (struct entries){0};
	TRY(json_read_file(path, arena, &root, err));
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

	out->select_by = json_read_text(root, "by", arena);
	out->select_per = json_read_text(root, "per", arena);
	out->swept_count = json_array_size(swept);
	out->swept = ARENA_ARRAY(arena, struct cellfile_swept, out->swept_count);
	for (size_t i = 0; i < out->swept_count; i++) {
		const json_t *one = json_array_get(swept, i);

		out->swept[i] = (struct cellfile_swept){json_read_text(one, "path", arena),
							json_read_text(one, "value", arena)};
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
