/* Exported worst points, in the units of the source: against the stored network, the samples and
 * the margins that the attack has told. */
#include "harness/assess/adversarial.h"
#include "harness/assess/findings.h"
#include "harness/assess/keys.h"
#include "harness/file/npy_file.h"
#include "harness/store/modelfile.h"
#include "tests/unit/harness/run/test_run.h"

#include <math.h>
#include <unistd.h>

static const char train[] = "solver: sgd, width: 20, epochs: 10";

#define FGSM "  - {attack: fgsm, norm: linf, eps: 0.1}\n"
#define EXPORT "  - {attack: pgd, norm: linf, eps: [0.1, 0.3], steps: 5, export: true%s}\n"

static const char *key_of(const struct cell *cell, size_t entry)
{
	struct entries entries;

	keys_of(cell, &arena, &entries);
	return entries.of[ENTRY_ATTACK].at[entry].key;
}

static double *array_in(const char *path, const char *name, size_t *rows, size_t *cols)
{
	struct npy_array shape;
	struct npz_file file;
	struct err err = {0};
	double *values;

	assert_int_equal(npz_open(&file, path, &arena, &err), STATUS_OK);
	assert_int_equal(npz_array(&file, name, &arena, &shape, &values, &err), STATUS_OK);
	*rows = shape.shape[0];
	*cols = shape.dimensions > 1 ? shape.shape[1] : 0;
	return values;
}

/* Prepared features of a raw point; y f there. */
static double margin_at(const struct modelfile *stored, const double *raw, double y, double *z)
{
	struct mat Z = mat_new(&arena, 1, model_features(stored->model));
	double spare[8], f, size;

	memcpy(z, raw, 2 * sizeof *raw);
	stages_apply(&stored->stages, 0, z, spare);
	for (ptrdiff_t j = 0; j < Z.cols; j++)
		mat_set(Z, 0, j, (real)z[j]);
	stored->model->kind->sample(stored->model, Z, 0, &f, &size);
	return y * f;
}

/* The i-th radius: points of the ball around their samples, with the margins of findings.npz. */
static void check_radius(const char *key, size_t i, double eps, bool raw)
{
	const char *path = path_in(ADVERSARIAL_FILE);
	struct csv_table points = table("points.csv");
	struct modelfile stored;
	struct err err = {0};
	size_t n, p, count, none, sample = 0;
	double *at = array_in(path, adversarial_name(key, i, &arena), &n, &p), *upper, widest = 0;

	assert_int_equal(p, 2);
	assert_int_equal(modelfile_load(path_in("model.npz"), &arena, &stored, &err), STATUS_OK);
	upper = array_in(path_in("findings.npz"), arena_format(&arena, "%s_%zu_upper.npy", key, i),
			 &count, &none);
	assert_int_equal(count, n);
	for (size_t k = 0; k < n; k++, sample++) {
		double clean[2], z[2][8], y;

		while (strcmp(text(&points, sample, "part"), "test") != 0)
			sample++;
		for (size_t j = 0; j < 2; j++)
			clean[j] = csv_value(&points, sample, (int)j + 1);
		y = csv_value(&points, sample, 3);
		margin_at(&stored, clean, y, z[0]);
		check_close(margin_at(&stored, at + 2 * k, y, z[1]), upper[k], 1e-6, 1e-6);
		for (size_t j = 0; j < 2; j++)
			widest = fmax(widest,
				      fabs(raw ? at[2 * k + j] - clean[j] : z[1][j] - z[0][j]));
	}
	check_close(widest, eps, 1e-6, 0); /* a corner of the ball */
}

static void check_export(const char *more, bool raw)
{
	const struct cell *cell =
		pose(train, arena_format(&arena, "samples: true\nattack:\n" FGSM EXPORT, more));
	const char *key = key_of(cell, 1), *path = path_in(ADVERSARIAL_FILE);
	double *columns, *rows;
	struct csv_table samples;
	size_t n, cols;

	compute();
	columns = array_in(path, "columns.npy", &n, &cols);
	assert_int_equal(n, 2); /* not the bias */
	check_equal(columns[0], 0);
	check_equal(columns[1], 1);
	rows = array_in(path, arena_format(&arena, "%s_rows.npy", key), &n, &cols);
	samples = table("samples.csv");
	assert_int_equal(n, samples.rows);
	for (size_t k = 0; k < n; k++)
		check_equal(rows[k], value(&samples, k, "row"));
	check_radius(key, 0, 0.1, raw);
	check_radius(key, 1, 0.3, raw);
}

static void points_are_in_the_units_of_the_source(void **state)
{
	(void)state;
	check_export("", false);
}

static void balls_in_raw_units_are_of_the_source_too(void **state)
{
	(void)state;
	check_export(", units: raw", true);
}

static void files_are_named_by_attack_ball_and_part(void **state)
{
	static const char *const names[] = {"columns", "a_b_linf_0.1_test",
					    "a_b_linf_0.1_test_rows", "a_b_linf_0.3_test",
					    "a_b_linf_0.3_test_rows"};
	struct err err = {0};
	const char *key;
	size_t n, p;

	(void)state;
	key = key_of(pose(train, arena_format(&arena, "attack:\n" EXPORT, ", name: a/b")), 0);
	compute();
	assert_int_equal(folder_make(path_in("out"), &err), STATUS_OK);
	assert_int_equal(adversarial_export(folder, path_in("out"), &err), STATUS_OK);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *path =
			arena_format(&arena, "%s/adversarial_%s.npy", path_in("out"), names[i]);

		if (access(path, F_OK) != 0)
			fail_msg("%s is not there", path);
	}
	array_in(path_in(ADVERSARIAL_FILE), adversarial_name(key, 1, &arena), &n, &p);
	check_above(n, 0);
}

/* Without `export` there are no points, neither in the record nor as files. */
static void nothing_is_stored_unasked(void **state)
{
	struct err err = {0};

	(void)state;
	pose(train, "attack:\n" FGSM);
	compute();
	assert_int_not_equal(access(path_in(ADVERSARIAL_FILE), F_OK), 0);
	assert_int_equal(folder_make(path_in("out"), &err), STATUS_OK);
	assert_int_equal(adversarial_export(folder, path_in("out"), &err), STATUS_OK);
	assert_int_not_equal(access(path_in("out/adversarial_columns.npy"), F_OK), 0);
}

static void a_completed_record_keeps_them(void **state)
{
	struct run_order order = {.progress_fd = -1, .record = folder};
	const struct cell *cell = pose(train, arena_format(&arena, "attack:\n" EXPORT, ""));
	const char *key = key_of(cell, 0), *names[3];
	struct err err = {0};

	(void)state;
	names[0] = adversarial_name(key, 0, &arena);
	names[1] = adversarial_name(key, 1, &arena);
	names[2] = arena_format(&arena, "%s_rows.npy", key);
	compute();
	cell = pose(train, arena_format(&arena, "attack:\n" FGSM EXPORT, ""));
	assert_int_equal(folder_make(path_in("new"), &err), STATUS_OK);
	write_text("new/cell.json", cell->text);
	assert_int_equal(run_cell(path_in("new"), &order, &err), STATUS_OK);
	for (size_t i = 0; i < 3; i++) {
		size_t n[2], p[2];
		const double *before = array_in(path_in(ADVERSARIAL_FILE), names[i], &n[0], &p[0]);
		const double *after =
			array_in(path_in("new/" ADVERSARIAL_FILE), names[i], &n[1], &p[1]);

		assert_int_equal(n[0], n[1]);
		assert_int_equal(p[0], p[1]);
		assert_memory_equal(before, after, n[0] * (p[0] ? p[0] : 1) * sizeof *before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(points_are_in_the_units_of_the_source),
		IN_FOLDER(balls_in_raw_units_are_of_the_source_too),
		IN_FOLDER(files_are_named_by_attack_ball_and_part),
		IN_FOLDER(nothing_is_stored_unasked),
		IN_FOLDER(a_completed_record_keeps_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
