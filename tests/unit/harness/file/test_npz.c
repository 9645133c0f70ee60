/* Stored models: what is written is read back, and damage is found. */
#include "harness/file/npy_file.h"
#include "harness/store/modelfile.h"
#include "solvers/model/net.h"
#include "tests/close.h"
#include "tests/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROOM = 4096 };

struct place {
	struct room room;
	const char *path;
};

static int set_up(void **state)
{
	struct place *place = room_enter(state, sizeof *place);

	place->path = room_path(&place->room, "model.npz");
	return 0;
}

/* Four raw features, every kind of stage, d = 3 with the bias, m = 2; U is a view with a stride. */
static struct modelfile example(struct arena *arena)
{
	static const double select[] = {3, 0, 2}, shift[] = {0.5, -3, 1}, scale[] = {2, 0.125, 1};
	static const double target[] = {-1.5, 0.25}, two[] = {2}, one[] = {1},
			    map[] = {1, 0, 0.5, -1, 0, 2};
	static const real alpha[] = {(real)1.5, (real)-0.1};
	struct mat whole = mat_new(arena, 5, 2);
	struct modelfile model = {.stages = stages_none(4),
				  .targets = 1,
				  .target_shift = target,
				  .target_scale = target + 1};

	stages_add(&model.stages, STAGE_SELECT, 3, select, arena);
	stages_add(&model.stages, STAGE_SHIFT, 3, shift, arena);
	stages_add(&model.stages, STAGE_SCALE, 3, scale, arena);
	stages_add(&model.stages, STAGE_NORM, 3, two, arena);
	stages_add(&model.stages, STAGE_MAP, 2, map, arena);
	stages_add(&model.stages, STAGE_BIAS, 3, one, arena);
	for (ptrdiff_t k = 0; k < 10; k++)
		whole.at[k] = (real)(k * k) / 7;
	model.model = model_new(&model_relu, arena, (struct model_size){3, 2, 1});
	net_of(model.model)->U = mat_rows(whole, 1, 3);
	memcpy(net_of(model.model)->alpha, alpha, sizeof alpha);
	return model;
}

static size_t read_bytes(const char *path, unsigned char *at)
{
	FILE *file = fopen(path, "rb");
	size_t count = fread(at, 1, ROOM, file);

	fclose(file);
	check_above(count, 0);
	check_below(count, ROOM);
	return count;
}

static void write_bytes(const char *path, const unsigned char *at, size_t count)
{
	FILE *file = fopen(path, "wb");

	assert_int_equal(fwrite(at, 1, count, file), count);
	fclose(file);
}

static void expect_stages(const struct stages *got, const struct stages *want)
{
	assert_int_equal(got->raw_d, want->raw_d);
	assert_int_equal(got->d, want->d);
	assert_int_equal(got->count, want->count);
	for (size_t i = 0; i < want->count; i++) {
		const struct stage *a = &got->at[i], *b = &want->at[i];

		assert_int_equal(a->kind, b->kind);
		assert_int_equal(a->d_in, b->d_in);
		assert_int_equal(a->d_out, b->d_out);
		assert_memory_equal(a->at, b->at, stage_size(b) * sizeof *b->at);
	}
}

static void round_trip(void **state)
{
	struct place *place = *state;
	struct arena arena = {0};
	struct modelfile in = example(&arena), out = {0};
	struct err err = {0};

	for (int with_bias = 1; with_bias >= 0; with_bias--) {
		if (!with_bias) {
			in.stages.d = 2;
			in.stages.count--;
			net_of(in.model)->U.rows = 2;
		}
		if (modelfile_save(place->path, &in, &err) != STATUS_OK ||
		    modelfile_load(place->path, &arena, &out, &err) != STATUS_OK)
			fail_msg("%s", err.text);
		expect_stages(&out.stages, &in.stages);
		assert_int_equal(out.targets, 1);
		check_equal(out.target_shift[0], -1.5);
		check_equal(out.target_scale[0], 0.25);
		assert_memory_equal(net_of(out.model)->alpha, net_of(in.model)->alpha,
				    2 * sizeof(real));
		assert_int_equal(net_of(out.model)->U.rows, net_of(in.model)->U.rows);
		assert_int_equal(net_of(out.model)->U.cols, net_of(in.model)->U.cols);
		for (ptrdiff_t j = 0; j < 2; j++)
			assert_memory_equal(mat_col(net_of(out.model)->U, j),
					    mat_col(net_of(in.model)->U, j),
					    (size_t)net_of(in.model)->U.rows * sizeof(real));
	}
	arena_release(&arena);
}

/* Arrays that do not fit behind each other, in the order of the stages of the example. */
static void stages_that_do_not_fit(void **state)
{
	static const double bad[] = {3, 0, 4};
	struct place *place = *state;
	struct arena arena = {0};
	char text[1024];

	for (int wrong = 0; wrong < 3; wrong++) {
		static const char *const messages[] = {
			"damaged .npz file: stage_0_select.npy does not fit behind 4 features",
			"damaged .npz file: stage_1_shift.npy does not fit behind 3 features",
			"damaged .npz file: the shapes of U, alpha and the stages do not agree"};
		struct modelfile in = example(&arena), out = {0};
		struct err err = {0};

		if (wrong == 0)
			in.stages.at[0].at = bad; /* there is no column 4 */
		if (wrong == 1)
			in.stages.at[1].d_out = 2;
		if (wrong == 2)
			in.stages.count--; /* no bias, but U has a row for it */
		assert_int_equal(modelfile_save(place->path, &in, &err), STATUS_OK);
		assert_int_equal(modelfile_load(place->path, &arena, &out, &err), STATUS_ENV);
		snprintf(text, sizeof text, "%s", err.text);
		assert_string_equal(text, messages[wrong]);
	}
	arena_release(&arena);
}

static void no_neuron(void **state)
{
	struct place *place = *state;
	struct arena arena = {0};
	struct modelfile in = example(&arena), out = {0};
	struct err err = {0};

	net_of(in.model)->U.cols = 0;
	assert_int_equal(modelfile_save(place->path, &in, &err), STATUS_OK);
	assert_int_equal(modelfile_load(place->path, &arena, &out, &err), STATUS_OK);
	assert_int_equal(net_of(out.model)->U.rows, 3);
	assert_int_equal(net_of(out.model)->U.cols, 0);
	arena_release(&arena);
}

static void same_model_same_bytes(void **state)
{
	struct place *place = *state;
	struct arena arena = {0};
	struct modelfile in = example(&arena);
	unsigned char first[ROOM], second[ROOM];
	struct err err = {0};
	size_t count;

	assert_int_equal(modelfile_save(place->path, &in, &err), STATUS_OK);
	count = read_bytes(place->path, first);
	assert_int_equal(modelfile_save(place->path, &in, &err), STATUS_OK);
	assert_int_equal(read_bytes(place->path, second), count);
	assert_memory_equal(first, second, count);
	arena_release(&arena);
}

static enum status load(const char *path, char *text, size_t room)
{
	struct arena arena = {0};
	struct modelfile out = {0};
	struct err err = {0};
	enum status status = modelfile_load(path, &arena, &out, &err);

	snprintf(text, room, "%s", err.text);
	arena_release(&arena);
	return status;
}

/* A flipped bit anywhere is noticed, but for the few bytes that nothing depends on (dates,
 * versions, the copies of sizes and names in local headers). */
static void every_flip_in_data_is_found(void **state)
{
	struct place *place = *state;
	struct arena arena = {0};
	struct modelfile in = example(&arena);
	unsigned char bytes[ROOM];
	struct err err = {0};
	char text[1024];
	size_t count, missed = 0;
	const size_t data = 30 + strlen("U.npy"), entry = 128 + 6 * sizeof(real);

	assert_int_equal(modelfile_save(place->path, &in, &err), STATUS_OK);
	count = read_bytes(place->path, bytes);
	for (size_t i = 0; i < count; i++) {
		bytes[i] ^= 0x10;
		write_bytes(place->path, bytes, count);
		if (load(place->path, text, sizeof text) == STATUS_OK) {
			missed++;
			if (i >= data)
				check_at_least(i, data + entry);
		} else {
			assert_string_not_equal(text, "");
		}
		bytes[i] ^= 0x10;
	}
	check_below(missed, 11 * (28 + 30 + 12)); /* headers only, of 11 arrays */
	bytes[data + 128] ^= 1;
	write_bytes(place->path, bytes, count);
	assert_int_equal(load(place->path, text, sizeof text), STATUS_ENV);
	assert_string_equal(text, "damaged .npz file: a wrong checksum of the entry at byte 35");
	arena_release(&arena);
}

static void every_cut_is_found(void **state)
{
	struct place *place = *state;
	struct arena arena = {0};
	struct modelfile in = example(&arena);
	unsigned char bytes[ROOM];
	struct err err = {0};
	char text[1024];
	size_t count;

	assert_int_equal(modelfile_save(place->path, &in, &err), STATUS_OK);
	count = read_bytes(place->path, bytes);
	for (size_t n = 0; n < count; n++) {
		write_bytes(place->path, bytes, n);
		assert_int_equal(load(place->path, text, sizeof text), STATUS_ENV);
	}
	write_bytes(place->path, bytes, count - 1);
	load(place->path, text, sizeof text);
	assert_non_null(strstr(text, "truncated: no end record of a .npz file"));
	write_bytes(place->path, (const unsigned char *)"hello, world", 12);
	load(place->path, text, sizeof text);
	assert_string_equal(text, "wrong magic number at byte 0: not a .npz file");
	arena_release(&arena);
}

static void cannot_write(void **state)
{
	struct arena arena = {0};
	struct modelfile in = example(&arena);
	struct err absent = {0}, full = {0};

	(void)state;
	assert_int_equal(modelfile_save("/no/such/folder/model.npz", &in, &absent), STATUS_ENV);
	assert_string_equal(absent.source, "/no/such/folder/model.npz");
	if (access("/dev/full", W_OK) == 0) {
		assert_int_equal(modelfile_save("/dev/full", &in, &full), STATUS_ENV);
		assert_string_equal(full.text, "cannot write the file: No space left on device");
	}
	arena_release(&arena);
}

/* Arrays written by numpy 1.24: np.arange(8.).reshape(4, 2) and np.array([0, 1, 0, 1]). */
static void reads_numpy_arrays(void **state)
{
	struct arena arena = {0};
	struct npy x = {0}, y = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(npy_read("tests/golden/data/x.npy", &arena, &x, &err), STATUS_OK);
	assert_int_equal(npy_read("tests/golden/data/y.npy", &arena, &y, &err), STATUS_OK);
	assert_int_equal(x.rows, 4);
	assert_int_equal(x.cols, 2);
	assert_int_equal(y.rows, 4);
	assert_int_equal(y.cols, 1);
	for (size_t i = 0; i < 8; i++)
		check_equal(x.at[i], i);
	for (size_t i = 0; i < 4; i++)
		check_equal(y.at[i], i % 2);
	arena_release(&arena);
}

/* A hand-made array: the header `text`, then `count` bytes. */
static void expect_values(const char *path, const char *text, const void *data, size_t count,
			  const double want[4])
{
	unsigned char bytes[ROOM] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
	struct arena arena = {0};
	struct npy out = {0};
	struct err err = {0};

	bytes[8] = (unsigned char)strlen(text);
	memcpy(bytes + 10, text, strlen(text));
	memcpy(bytes + 10 + strlen(text), data, count);
	write_bytes(path, bytes, 10 + strlen(text) + count);
	if (npy_read(path, &arena, &out, &err) != STATUS_OK)
		fail_msg("%s: %s", text, err.text);
	assert_int_equal(out.rows, 2);
	assert_int_equal(out.cols, 2);
	for (size_t i = 0; i < 4; i++)
		check_equal(out.at[i], want[i]);
	arena_release(&arena);
}

static void types_and_orders(void **state)
{
	static const int8_t small[] = {-1, 2, -128, 127};
	static const uint16_t big[] = {0x0100, 0x0001, 0xffff, 0}; /* read as big-endian */
	static const float narrow[] = {0.5f, -1, 3, 1e10f};
	static const uint64_t wide[] = {0, 1, 1ull << 63, 7};
	static const int64_t negative[] = {INT64_MIN, -1, 0, 1};
	const char *path = ((struct place *)*state)->path;

	expect_values(path, "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 2), }", small, 4,
		      (double[]){-1, 2, -128, 127});
	expect_values(path, "{'descr': '|i1', 'fortran_order': True, 'shape': (2, 2), }", small, 4,
		      (double[]){-1, -128, 2, 127});
	expect_values(path, "{'shape':(2,2),'fortran_order':False,'descr':'>u2'}", big, 8,
		      (double[]){1, 256, 65535, 0});
	expect_values(path, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", narrow,
		      16, (double[]){0.5, -1, 3, 1e10});
	expect_values(path, "{'descr': '<u8', 'fortran_order': False, 'shape': (2, 2), }", wide, 32,
		      (double[]){0, 1, 0x1p63, 7});
	expect_values(path, "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 2), }", negative,
		      32, (double[]){-0x1p63, -1, 0, 1});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(stages_that_do_not_fit),
		cmocka_unit_test(no_neuron),
		cmocka_unit_test(same_model_same_bytes),
		cmocka_unit_test(every_flip_in_data_is_found),
		cmocka_unit_test(every_cut_is_found),
		cmocka_unit_test(cannot_write),
		cmocka_unit_test(reads_numpy_arrays),
		cmocka_unit_test(types_and_orders),
	};

	return cmocka_run_group_tests(tests, set_up, room_leave);
}
