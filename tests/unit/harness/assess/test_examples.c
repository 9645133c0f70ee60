/* Samples stored before and after attacks, against the raw samples and the stored network. */
#include "harness/assess/keys.h"
#include "harness/file/npz.h"
#include "harness/store/modelfile.h"
#include "tests/unit/harness/run/test_run.h"

#include <math.h>
#include <unistd.h>

static const char train[] = "solver: sgd, width: 20, epochs: 10";

#define FGSM "  - {attack: fgsm, norm: linf, eps: [0, 0.1]}\n"
#define KEEP "  - {attack: pgd, norm: linf, eps: [0.1, 0.3], steps: 5, restarts: 2, keep: 5%s}\n"

enum { KEPT = 5, OUTPUTS = 3 };

struct stored {
	struct modelfile file;
	const double *clean, *attacked, *outputs;
};

static const double *array(const struct npz_file *file, const char *key, const char *side,
			   size_t cols)
{
	struct npy_array shape;
	struct err err = {0};
	double *values;

	assert_int_equal(npz_array(file, arena_format(&arena, "%s_%s.npy", key, side), &arena,
				   &shape, &values, &err),
			 STATUS_OK);
	assert_int_equal(shape.shape[0], KEPT);
	assert_int_equal(shape.shape[1], cols);
	return values;
}

static struct stored stored_of(const struct cell *cell)
{
	struct entries entries;
	struct npz_file file;
	struct stored out;
	struct err err = {0};
	const char *key;

	keys_of(cell, &arena, &entries);
	key = entries.of[ENTRY_ATTACK].at[0].key;
	assert_int_equal(npz_open(&file, path_in("examples.npz"), &arena, &err), STATUS_OK);
	out.clean = array(&file, key, "clean", 2);
	out.attacked = array(&file, key, "attacked", 2);
	out.outputs = array(&file, key, "outputs", OUTPUTS);
	assert_int_equal(modelfile_load(path_in("model.npz"), &arena, &out.file, &err), STATUS_OK);
	return out;
}

/* Prepared features in z; f there. */
static double output_at(const struct stored *stored, const double *raw, double *z)
{
	const struct model *model = stored->file.model;
	struct mat Z = mat_new(&arena, 1, model_features(model));
	double spare[8], f, size;

	memcpy(z, raw, 2 * sizeof *raw);
	stages_apply(&stored->file.stages, 0, z, spare);
	for (ptrdiff_t j = 0; j < model_features(model); j++)
		mat_set(Z, 0, j, (real)z[j]);
	model->kind->sample(model, Z, 0, &f, &size);
	return f;
}

static void expect_stored(const char *units, bool raw)
{
	struct stored stored;
	struct csv_table points;
	struct err err = {0};
	size_t row = 0;
	double widest = 0;
	const struct cell *cell = pose(train, arena_format(&arena, "attack:\n" KEEP, units));

	compute();
	stored = stored_of(cell);
	assert_int_equal(csv_read(path_in("points.csv"), &arena, &points, &err), STATUS_OK);
	for (size_t i = 0; i < KEPT; i++) {
		const double *clean = stored.clean + 2 * i, *attacked = stored.attacked + 2 * i;
		const double *outputs = stored.outputs + OUTPUTS * i;
		double z[2][8], f[2], sample[2], y;

		do { /* the next one that is classified correctly */
			while (strcmp(points.cell[row * points.cols], "test") != 0)
				row++;
			sample[0] = csv_value(&points, row, 1);
			sample[1] = csv_value(&points, row, 2);
			y = csv_value(&points, row++, 3);
		} while (!(y * output_at(&stored, sample, z[0]) > 0));
		f[0] = output_at(&stored, clean, z[0]);
		f[1] = output_at(&stored, attacked, z[1]);
		check_equal(outputs[0], y);
		check_close(outputs[1], f[0], 1e-9, 1e-9);
		check_close(outputs[2], f[1], 1e-9, 1e-9);
		for (size_t j = 0; j < 2; j++) {
			double added = raw ? attacked[j] - clean[j] : z[1][j] - z[0][j];

			check_close(clean[j], sample[j], 1e-12, 1e-12);
			widest = fmax(widest, fabs(added));
		}
	}
	check_close(widest, 0.3, 1e-9, 0); /* the largest radius, and a corner of its ball */
}

static void samples_are_raw_and_have_their_outputs(void **state)
{
	(void)state;
	expect_stored("", false);
}

static void balls_in_raw_units_are_raw(void **state)
{
	(void)state;
	expect_stored(", units: raw", true);
}

/* Without `keep` there is no file, and the key of the attack is what it was. */
static void nothing_is_stored_unasked(void **state)
{
	struct entries entries;

	(void)state;
	keys_of(pose(train, "attack:\n" FGSM), &arena, &entries);
	compute();
	assert_int_not_equal(access(path_in("examples.npz"), F_OK), 0);
	assert_string_equal(entries.of[ENTRY_ATTACK].at[0].key, "92b8ea30e1bdaae4");
}

static void a_completed_record_keeps_them(void **state)
{
	const struct cell *cell;
	struct run_order order = {.progress_fd = -1, .record = folder};
	struct npz_file before, after;
	struct entries entries;
	struct err err = {0};
	const char *key;

	(void)state;
	keys_of(pose(train, arena_format(&arena, "attack:\n" KEEP, "")), &arena, &entries);
	key = entries.of[ENTRY_ATTACK].at[0].key;
	compute();
	cell = pose(train, arena_format(&arena, "attack:\n" FGSM KEEP, ""));
	assert_int_equal(folder_make(path_in("new"), &err), STATUS_OK);
	write_text("new/cell.json", cell->text);
	assert_int_equal(run_cell(path_in("new"), &order, &err), STATUS_OK);
	assert_int_equal(npz_open(&before, path_in("examples.npz"), &arena, &err), STATUS_OK);
	assert_int_equal(npz_open(&after, path_in("new/examples.npz"), &arena, &err), STATUS_OK);
	assert_memory_equal(array(&before, key, "attacked", 2), array(&after, key, "attacked", 2),
			    2 * KEPT * sizeof(double));
	assert_memory_equal(array(&before, key, "outputs", OUTPUTS),
			    array(&after, key, "outputs", OUTPUTS),
			    OUTPUTS * KEPT * sizeof(double));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(samples_are_raw_and_have_their_outputs),
		IN_FOLDER(balls_in_raw_units_are_raw),
		IN_FOLDER(nothing_is_stored_unasked),
		IN_FOLDER(a_completed_record_keeps_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
