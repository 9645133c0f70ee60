/* Names and swept values of a cell.json. */
#include "harness/store/cellfile.h"
#include "harness/file/csv.h"
#include "harness/file/folder.h"
#include "harness/file/jsonfile.h"
#include "solvers/core/desc.h"
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

/* As a spec has it: {logistic: {loss_scale: 2}}. */
static const char *spec_text(const json_t *value, struct arena *arena)
{
	const bool list = json_is_array(value);
	struct text text = text_new(arena);
	const json_t *member;
	const char *key;

	if (!list && !json_is_object(value))
		return value_text(value, arena);
	for (size_t i = 0; i < json_array_size(value); i++)
		text_item(&text, ", ", "%s", spec_text(json_array_get(value, i), arena));
	json_object_foreach((json_t *)value, key, member)
	{
		text_item(&text, ", ", "%s: %s", key, spec_text(member, arena));
	}
	return arena_format(arena, list ? "[%s]" : "{%s}", text.at ? text.at : "");
}

/* An item without the options that are at their defaults: logistic, {logistic: {loss_scale: 2}}. */
static const char *loss_text(const json_t *loss, struct arena *arena)
{
	const char *name = item_name(loss, arena), *text = name, *key;
	const struct desc *item = name ? registry_find(KIND_LOSS, name) : NULL;
	json_t *options = json_copy(json_object_get(loss, name ? name : ""));
	const json_t *value;
	void *next;

	json_object_foreach_safe(options, next, key, value)
	{
		const struct option *row = item ? item->options : NULL;

		while (row && row->name && strcmp(row->name, key) != 0)
			row++;
		if (row && row->name && row->initial &&
		    strcmp(value_text(value, arena), row->initial) == 0)
			json_object_del(options, key);
	}
	if (json_object_size(options))
		text = arena_format(arena, "{%s: %s}", name, spec_text(options, arena));
	json_decref(options);
	return text ? text : "";
}

/* What shapes a ball beside norm, radius and units: ", clip [0,1]"; "" if nothing. */
static const char *shape_text(const json_t *object, struct arena *arena)
{
	static const char *const shapes[] = {"clip", "not_attacked", "scale", NULL};
	struct text text = text_new(arena);

	for (const char *const *name = shapes; *name; name++) {
		const json_t *list = json_object_get(object, *name);

		if (json_array_size(list))
			text_format(&text, ", %s %s", *name, value_text(list, arena));
	}
	return text.at ? text.at : "";
}

/* "linf 0.1" of an object with `norm` and `eps` > 0; with what shapes the ball. "" otherwise. */
static const char *ball_text(const json_t *object, struct arena *arena)
{
	const json_t *eps = json_object_get(object, "eps");
	const char *norm = jsonfile_text(object, "norm", arena);

	if (!eps) /* of polynomial networks */
		eps = json_object_get(object, "radius");
	if (!norm || !json_is_number(eps) || !(json_number_value(eps) > 0))
		return "";
	return arena_format(arena, "%s %.6g%s%s", norm, json_number_value(eps),
			    shape_text(object, arena),
			    /* only where it is not the default */
			    json_object_get(object, "units") ? ", raw units" : "");
}

static struct texts shapes_of(const json_t *list, struct arena *arena)
{
	const char **text = ARENA_ARRAY(arena, const char *, json_array_size(list));
	const size_t separator = strlen(", ");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *shape = shape_text(json_array_get(list, i), arena);

		text[i] = *shape ? shape + separator : shape;
	}
	return (struct texts){json_array_size(list), text};
}

static struct cellfile_image image_of(const json_t *data)
{
	const json_t *side = json_object_get(json_object_get(data, "generate"), "side");
	size_t pixels = (size_t)json_integer_value(side);

	if (json_object_get(data, "cifar10"))
		return (struct cellfile_image){3, 32, 32};
	return (struct cellfile_image){pixels > 0, pixels, pixels};
}

static struct texts texts_of(const json_t *list, struct arena *arena)
{
	const char **text = ARENA_ARRAY(arena, const char *, json_array_size(list));
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *at = json_string_value(json_array_get(list, i));

		if (at)
			text[count++] = arena_text(arena, at);
	}
	return (struct texts){count, text};
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
				    spec_text(count ? count : patterns, arena));
	return neurons ? arena_format(arena, "%s neurons", value_text(neurons, arena)) : "";
}

static bool is_drawn(const json_t *share)
{
	return json_is_number(share) && json_number_value(share) > 0;
}

/* Is anything of the data drawn at random? */
static bool draws_data(const json_t *data)
{
	const json_t *split = json_object_get(data, "split");

	return json_object_get(data, "generate") || is_drawn(json_object_get(split, "test")) ||
	       is_drawn(json_object_get(split, "validation")) ||
	       is_drawn(json_object_get(split, "folds")) ||
	       json_is_true(json_object_get(json_object_get(data, "limit"), "random"));
}

static const char *sample_text(const json_t *root, struct arena *arena)
{
	json_t *data = json_copy(json_object_get(root, "data"));
	const char *text = "";
	char *dumped;

	json_object_del(data, "name");
	if (draws_data(data))
		json_object_set(data, "seed", json_object_get(root, "seed"));
	dumped = data ? json_dumps(data, JSON_COMPACT) : NULL;
	if (dumped)
		text = arena_text(arena, dumped);
	free(dumped);
	json_decref(data);
	return text;
}

static const char *file_name(const json_t *text)
{
	const char *slash = strrchr(json_string_value(text), '/');

	return slash ? slash + 1 : json_string_value(text);
}

static bool same_value(const json_t *a, const json_t *b)
{
	const json_t *value;
	const char *key;

	if (json_is_string(a) && json_is_string(b))
		return strcmp(file_name(a), file_name(b)) == 0;
	if (json_is_number(a) && json_is_number(b))
		return !(json_number_value(a) < json_number_value(b) ||
			 json_number_value(a) > json_number_value(b));
	if (!json_is_object(a) || !json_is_object(b))
		return json_equal(a, b);
	json_object_foreach((json_t *)a, key, value)
	{
		const json_t *other = json_object_get(b, key);

		if (other && !same_value(value, other))
			return false;
	}
	return true;
}

bool cellfile_same_sample(const char *a, const char *b)
{
	json_t *of_a, *of_b;
	bool same = strcmp(a, b) == 0;

	if (same)
		return true;
	of_a = json_loads(a, 0, NULL);
	of_b = json_loads(b, 0, NULL);
	same = of_a && of_b && same_value(of_a, of_b);
	json_decref(of_a);
	json_decref(of_b);
	return same;
}

/* Numbers of the draws; where `draw` says none they are the repetition. */
static void set_draws(const json_t *root, struct cellfile *out)
{
	const json_t *data = json_object_get(root, "data");
	const json_t *of_data = json_object_get(data, "draw");
	const json_t *of_method = json_object_get(json_object_get(root, "train"), "draw");

	out->data_draw = of_data ? json_number_value(of_data) : out->repetition;
	out->method_draw = of_method ? json_number_value(of_method) : out->repetition;
	if (!draws_data(data))
		out->data_draw = 0;
	out->resampled = out->resampled && !of_data;
}

static struct cellfile_objective objective_of(const json_t *train, const json_t *data,
					      struct arena *arena)
{
	const json_t *weights = json_object_get(data, "class_weights");
	static const char *const nested[] = {"adversary", "interval", NULL};
	const json_t *beta = json_object_get(train, "beta");
	struct cellfile_objective out = {
		.loss = loss_text(json_object_get(train, "loss"), arena),
		.beta = beta ? value_text(beta, arena) : "",
		.average = json_is_true(json_object_get(train, "average")) ? "mean" : "sum",
		.threat = ball_text(train, arena),
		.program = program_text(train, arena),
	};

	if (weights)
		out.loss = arena_format(arena, "class-weighted (%s) %s", spec_text(weights, arena),
					out.loss);
	/* of a program, or of the adversary or the intervals of backprop */
	for (const char *const *name = nested; !*out.threat && *name; name++)
		out.threat = ball_text(json_object_get(train, *name), arena);
	return out;
}

enum status cellfile_read(const char *path, struct arena *arena, struct cellfile *out,
			  struct err *err)
{
	const json_t *train, *data, *select, *test, *repetition, *swept, *fold, *inner;
	json_t *root;

	*out = (struct cellfile){.repetition = NAN, .fold = NAN, .inner_fold = NAN};
	TRY(jsonfile_read(path, arena, &root, err));
	train = json_object_get(root, "train");
	data = json_object_get(root, "data");
	select = json_object_get(train, "select");
	test = json_object_get(json_object_get(data, "split"), "test");
	repetition = json_object_get(root, "repetition");
	fold = json_object_get(root, "fold");
	inner = json_object_get(root, "inner_fold");
	swept = json_object_get(root, "swept");
	out->data = jsonfile_text(data, "name", arena);
	out->method = jsonfile_text(train, "name", arena);
	out->solver = item_name(json_object_get(train, "solver"), arena);
	out->select_by = jsonfile_text(select, "by", arena);
	if (out->select_by && strcmp(out->select_by, "none") == 0)
		out->select_by = NULL;
	out->select_per = jsonfile_text(select, "per", arena);
	out->objective = objective_of(train, data, arena);
	/* a generator draws new data in every repetition; a given test part stays the same */
	out->resampled = fold || (!json_object_get(data, "generate") && is_drawn(test));
	out->sample = sample_text(root, arena);
	out->attack_shapes = shapes_of(json_object_get(root, "attack"), arena);
	out->image = image_of(data);
	out->classes = texts_of(json_object_get(data, "classes"), arena);
	out->certify_shapes = shapes_of(json_object_get(root, "certify"), arena);
	if (json_is_number(repetition))
		out->repetition = json_number_value(repetition);
	out->fold = fold ? json_number_value(fold) : NAN; /* training parts of folds overlap */
	out->inner_fold = inner ? json_number_value(inner) : NAN;
	set_draws(root, out);
	out->swept = ARENA_ARRAY(arena, struct cellfile_swept, json_array_size(swept));
	for (size_t i = 0; i < json_array_size(swept); i++) {
		const json_t *entry = json_array_get(swept, i);
		const char *at = jsonfile_text(entry, "path", arena);

		if (at)
			out->swept[out->swept_count++] = (struct cellfile_swept){
				at, value_text(json_object_get(entry, "value"), arena)};
	}
	json_decref(root);
	return STATUS_OK;
}

const char *cellfile_with_method(const char *text, const struct cellfile_method *method,
				 struct arena *arena)
{
	static const char *const same[] = {"loss", "beta", "average"};
	static const char *const empty[] = {"attack", "certify", "selects", "swept"};
	json_t *root = json_loads(text, 0, NULL), *old = json_object_get(root, "train");
	json_t *train = json_pack("{s:s, s:s}", "name", method->name, "solver", method->solver);
	const char *out = NULL;
	char *dumped;

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (json_object_get(old, same[i]))
			json_object_set(train, same[i], json_object_get(old, same[i]));
	if (method->start_file)
		json_object_set_new(train, "start_file", json_string(method->start_file));
	json_object_set_new(root, "train", train);
	for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
		json_object_set_new(root, empty[i], json_array());
	json_object_set_new(root, "stop", json_pack("{s:f}", "seconds", method->seconds));
	dumped = root ? json_dumps(root, JSON_COMPACT) : NULL;
	if (dumped)
		out = arena_text(arena, dumped);
	free(dumped);
	json_decref(root);
	return out;
}
