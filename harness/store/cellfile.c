/* Names and swept values of a cell.json. */
#include "harness/store/cellfile.h"
#include "harness/file/csv.h"
#include "harness/file/folder.h"
#include "harness/file/jsonfile.h"
#include "solvers/core/text.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A solver is a text, or an object whose only key is its name. */
static const char *item_name(const json_t *value, struct arena *arena)
{
	const char *text = json_string_value(value);

	if (!text && json_object_size(value) == 1)
		text = json_object_iter_key(json_object_iter((json_t *)value));
	return text ? arena_text(arena, text) : NULL;
}

static const char *value_text(const json_t *value, struct arena *arena)
{
	char number[CSV_NUMBER_BYTES];
	const char *text;
	char *dumped;

	if (json_is_string(value))
		return arena_text(arena, json_string_value(value));
	if (json_is_real(value)) {
		csv_format(json_real_value(value), number);
		return arena_text(arena, number);
	}
	dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	text = arena_text(arena, dumped ? dumped : "");
	free(dumped);
	return text;
}

static void read_swept(const json_t *list, struct arena *arena, struct cellfile *out)
{
	size_t count = json_array_size(list);

	out->swept = ARENA_ARRAY(arena, struct cellfile_swept, count);
	for (size_t i = 0; i < count; i++) {
		const json_t *entry = json_array_get(list, i);
		const char *path = jsonfile_text(entry, "path", arena);

		if (!path)
			continue;
		out->swept[out->swept_count++] = (struct cellfile_swept){
			path, value_text(json_object_get(entry, "value"), arena)};
	}
}

/* "squared"; with options their JSON too. */
static const char *loss_text(const json_t *loss, struct arena *arena)
{
	const char *name = item_name(loss, arena);
	const json_t *options = name ? json_object_get(loss, name) : NULL;

	if (!name)
		return "";
	return json_object_size(options)
		       ? arena_format(arena, "%s %s", name, value_text(options, arena))
		       : name;
}

/* "linf 0.1" of an object with `norm` and `eps` > 0; with what shapes the ball. "" otherwise. */
static const char *ball_text(const json_t *object, struct arena *arena)
{
	static const char *const shapes[] = {"clip", "not_attacked", "scale", NULL};
	const json_t *eps = json_object_get(object, "eps");
	const char *norm = jsonfile_text(object, "norm", arena);
	struct text text;

	if (!norm || !json_is_number(eps) || !(json_number_value(eps) > 0))
		return "";
	text = text_new(arena);
	text_format(&text, "%s %.6g", norm, json_number_value(eps));
	for (const char *const *name = shapes; *name; name++) {
		const json_t *list = json_object_get(object, *name);

		if (json_array_size(list))
			text_format(&text, ", %s %s", *name, value_text(list, arena));
	}
	if (json_object_get(object, "units")) /* only where it is not the default */
		text_format(&text, ", raw units");
	return text.at;
}

/* The balls of robust training: of a program, or of the adversary or the intervals of backprop. */
static const char *threat_text(const json_t *train, struct arena *arena)
{
	static const char *const nested[] = {"adversary", "interval", NULL};
	const char *text = ball_text(train, arena);

	for (const char *const *name = nested; !*text && *name; name++)
		text = ball_text(json_object_get(train, *name), arena);
	return text;
}

static const char *program_text(const json_t *train, struct arena *arena)
{
	const json_t *patterns = json_object_get(train, "patterns");
	const json_t *count = json_object_get(patterns, "count");
	const json_t *neurons = json_object_get(train, "neurons");
	const char *file = jsonfile_text(patterns, "file", arena);

	if (file)
		return arena_format(arena, "patterns of %s", file);
	if (patterns)
		return arena_format(arena, "%s patterns",
				    value_text(count ? count : patterns, arena));
	return neurons ? arena_format(arena, "%s neurons", value_text(neurons, arena)) : "";
}

enum status cellfile_read(const char *path, struct arena *arena, struct cellfile *out,
			  struct err *err)
{
	const json_t *train, *data, *select, *test, *beta, *repetition;
	json_t *root;

	*out = (struct cellfile){.repetition = NAN};
	TRY(jsonfile_read(path, arena, &root, err));
	train = json_object_get(root, "train");
	data = json_object_get(root, "data");
	select = json_object_get(train, "select");
	test = json_object_get(json_object_get(data, "split"), "test");
	beta = json_object_get(train, "beta");
	repetition = json_object_get(root, "repetition");
	out->data = jsonfile_text(data, "name", arena);
	out->method = jsonfile_text(train, "name", arena);
	out->solver = item_name(json_object_get(train, "solver"), arena);
	out->select_by = jsonfile_text(select, "by", arena);
	if (out->select_by && strcmp(out->select_by, "none") == 0)
		out->select_by = NULL;
	out->select_per = jsonfile_text(select, "per", arena);
	out->objective = (struct cellfile_objective){
		.loss = loss_text(json_object_get(train, "loss"), arena),
		.beta = beta ? value_text(beta, arena) : "",
		.average = json_is_true(json_object_get(train, "average")) ? "mean" : "sum",
		.threat = threat_text(train, arena),
		.program = program_text(train, arena),
	};
	/* a generator draws new data in every repetition; a given test part stays the same */
	out->resampled = !json_object_get(data, "generate") && json_is_number(test) &&
			 json_number_value(test) > 0;
	if (json_is_number(repetition))
		out->repetition = json_number_value(repetition);
	read_swept(json_object_get(root, "swept"), arena, out);
	json_decref(root);
	return STATUS_OK;
}
