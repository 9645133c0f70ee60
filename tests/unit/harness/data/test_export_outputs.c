/* export_dataset: several outputs, class numbers, weights of samples, names. */
#include "harness/data/export.h"
#include "harness/file/npy_file.h"
#include "tests/close.h"
#include "tests/unit/harness/data/test_data_load.h"

#include <jansson.h>

/* Elements in the order of the file, and its header. */
static double *array(struct place *place, const char *name, struct npy_array *shape)
{
	struct arena *arena = &place->room.arena;
	const char *path = arena_format(arena, "%s/%s", place->room.folder, name), *data;
	struct err err = {0};
	double *at;

	if (npy_read_raw(path, arena, shape, &data, &err) != STATUS_OK)
		fail_msg("%s: %s", err.source, err.text);
	at = ARENA_ARRAY(arena, double, shape->rows * shape->cols);
	npy_convert(shape, data, at);
	unlink(path);
	return at;
}

static json_t *about(struct place *place)
{
	const char *path = arena_format(&place->room.arena, "%s/data.json", place->room.folder);
	json_t *json = json_load_file(path, 0, NULL);

	assert_non_null(json);
	unlink(path);
	return json;
}

static void write_out(struct place *place, const struct dataset *data)
{
	struct err err = {0};

	if (export_dataset(data, place->room.folder, "{}", &err) != STATUS_OK)
		fail_msg("%s: %s", err.source, err.text);
}

static void remove_rest(struct place *place)
{
	static const char *const stems[] = {"X", "y", "labels", "weights", "rows"},
				 *const parts[] = {"train", "validation", "test"};

	for (size_t s = 0; s < 5; s++)
		for (size_t p = 0; p < 3; p++)
			unlink(arena_format(&place->room.arena, "%s/%s_%s.npy", place->room.folder,
					    stems[s], parts[p]));
	unlink(arena_format(&place->room.arena, "%s/preparation.npz", place->room.folder));
}

static void classes_and_weights(void **state)
{
	static const struct text_entry balanced = {"balanced", NULL};
	const char *text = "5,a\n6,b\n7,c\n8,b\n9,a\n4,a\n3,a\n2,b\n";
	struct place *place = *state;
	struct dataset data;
	struct npy_array shape;
	double *y, *label, *weight;
	json_t *json;

	files_write(place->path, text, strlen(text));
	place->csv.test = place->path;
	place->options.class_weights = (struct text_map){1, &balanced};
	data = load(place, 0);
	write_out(place, &data);
	y = array(place, "y_train.npy", &shape);
	assert_int_equal(shape.dimensions, 2);
	assert_int_equal(shape.rows, 8);
	assert_int_equal(shape.cols, 3);
	label = array(place, "labels_train.npy", &shape);
	assert_int_equal(shape.dimensions, 1);
	assert_int_equal(shape.kind, 'i');
	weight = array(place, "weights_train.npy", &shape);
	for (size_t i = 0; i < 8; i++) {
		int own = text[4 * i + 2] - 'a';

		check_equal(label[i], own);
		check_equal(weight[i], (real)(8.0 / (3 * ((double[]){4, 3, 1})[own])));
		for (int j = 0; j < 3; j++)
			check_equal(y[3 * i + (size_t)j], j == own);
	}
	label = array(place, "labels_test.npy", &shape);
	assert_int_equal(shape.rows, 8);
	check_equal(label[2], 2);
	json = about(place);
	assert_int_equal(json_array_size(json_object_get(json, "classes")), 3);
	assert_string_equal(json_string_value(json_array_get(json_object_get(json, "classes"), 2)),
			    "c");
	json_decref(json);
	remove_rest(place);
}

static void targets(void **state)
{
	static const char *const names[] = {"u", "v"};
	const char *text = "u,v,x\n1,10,5\n3,30,6\n5,20,7\n";
	struct place *place = *state;
	struct dataset data;
	struct npy_array shape;
	double *y;
	json_t *json;

	files_write(place->path, text, strlen(text));
	place->csv.targets = (struct texts){2, names};
	place->csv.header = CSV_HEADER_YES;
	place->options.task = DATA_REGRESSION;
	data = load(place, 0);
	write_out(place, &data);
	y = array(place, "y_train.npy", &shape);
	assert_int_equal(shape.rows, 3);
	assert_int_equal(shape.cols, 2);
	for (size_t i = 0; i < 6; i++)
		check_equal(y[i], ((double[]){1, 10, 3, 30, 5, 20})[i]);
	json = about(place);
	assert_int_equal(json_array_size(json_object_get(json, "classes")), 0);
	assert_string_equal(json_string_value(json_array_get(json_object_get(json, "targets"), 1)),
			    "v");
	check_equal(json_number_value(json_array_get(json_object_get(json, "target_scale"), 1)), 1);
	json_decref(json);
	assert_int_not_equal(
		access(arena_format(&place->room.arena, "%s/labels_train.npy", place->room.folder),
		       F_OK),
		0);
	remove_rest(place);
}

/* As it was: one dimension, one number, no class numbers. */
static void two_classes(void **state)
{
	struct place *place = *state;
	struct npy_array shape;
	struct dataset data;
	double *y;
	json_t *json;

	write_rows(place, 9, 3);
	data = load(place, 0);
	write_out(place, &data);
	y = array(place, "y_train.npy", &shape);
	assert_int_equal(shape.dimensions, 1);
	for (size_t i = 0; i < 9; i++)
		check_equal(y[i], i % 3 ? -1 : 1);
	json = about(place);
	check_equal(json_number_value(json_object_get(json, "target_scale")), 1);
	json_decref(json);
	remove_rest(place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(classes_and_weights),
		CASE(targets),
		CASE(two_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
