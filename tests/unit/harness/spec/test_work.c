/* What the checks of a spec take from elsewhere: which steps of `prepare` mix columns, which paths
 * a cell names, and that a stored spec is read for its names and plots alone. */
#include "harness/data/data.h"
#include "harness/spec/spec.h"
#include "solvers/core/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct experiment load(const char *text)
{
	struct problems *problems = ARENA_NEW(&arena, struct problems);
	struct experiment out;

	if (spec_load_text(text, "folder/spec.yaml", (struct texts){0}, &arena, &out, problems) !=
	    STATUS_OK)
		fail_msg("%d: %s", problems->at[0].line, problems->at[0].text);
	return out;
}

/* A step with the options that it must be given. */
static const char *step_text(const char *name)
{
	if (strcmp(name, "pca") == 0)
		return "{pca: {components: 2}}";
	if (strcmp(name, "patches") == 0) /* of images of 2 x 2 pixels */
		return "{patches: {patch: 2, filters: 4, pool: 1}}";
	if (strcmp(name, "stride") == 0)
		return "{stride: {side: 2, step: 1}}";
	return name;
}

/* `mixes` is what the fitted stages say, of every step that there is. */
static void steps_that_mix_columns_say_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < registry_count(KIND_PREPARE); i++) {
		const struct prepare *step = (const void *)registry_at(KIND_PREPARE, i);
		struct experiment experiment = load(arena_format(
			&arena,
			"data: [{name: a, generate: {kind: xor_clusters_rotated, n: 40, d: 4}, "
			"prepare: [%s]}]\ntrain: [{solver: admm}]\n",
			step_text(step->base.name)));
		struct stage_columns columns;
		struct dataset data;
		struct err err = {0};

		if (data_load(&experiment.cells[0].data, 7, 0, &arena, &data, &err) != STATUS_OK)
			fail_msg("%s: %s", step->base.name, err.text);
		if (step->mixes != (stages_columns(&data.stages, &arena, &columns) != NULL))
			fail_msg("%s: mixes is %d", step->base.name, step->mixes);
	}
}

struct seen {
	size_t count;
	const char *path[8];
};

static void see(const struct option *row, const char **path, void *context)
{
	struct seen *seen = context;

	assert_int_not_equal(row->path, PATH_NONE);
	seen->path[seen->count++] = *path;
	if (strcmp(*path, "folder/D.npy") == 0)
		*path = "/moved/D.npy";
}

/* Of lists, of nested groups, and of choices in a list; what is no path is left alone. */
static void every_path_of_a_cell_is_visited(void **state)
{
	struct experiment experiment =
		load("data: [{name: D.npy, cifar10: {train: [a.bin, /b.bin], test: [c.bin]}, "
		     "classes: [D.npy, '2']}]\n"
		     "train: [{name: folder/D.npy, solver: robust_restriction, loss: hinge, "
		     "start_file: D.npy}]\n");
	const char *const expected[] = {"folder/a.bin", "/b.bin", "folder/c.bin", "folder/D.npy"};
	struct cell cell = experiment.cells[0], again;
	struct seen seen = {0};
	struct err err = {0};
	const char *text;

	(void)state;
	option_each_path(&cell.data.source, see, &seen);
	assert_int_equal(seen.count, 3);
	option_each_path(&cell.train.solver, see, &seen);
	assert_int_equal(seen.count, 4);
	for (size_t i = 0; i < seen.count; i++)
		assert_string_equal(seen.path[i], expected[i]);
	text = spec_cell_text(&cell, &arena);
	assert_non_null(strstr(text, "\"/moved/D.npy\""));
	assert_int_equal(spec_read_cell(text, "cell.json", &arena, &again, &err), STATUS_OK);
	assert_string_equal(again.data.name, "D.npy");
	assert_string_equal(again.data.classes.at[0], "D.npy");
	assert_string_equal(again.train.name, "folder/D.npy");
}

/* spec_load_shown: a file of another version. */
static void names_and_plots_of_another_version(void **state)
{
	const char *const sets[] = {"train.admm.old=1", "about=set", "aboutness=2"};
	struct problems *problems = ARENA_NEW(&arena, struct problems);
	struct experiment out;
	FILE *file = tmpfile();
	char path[64];

	(void)state;
	assert_non_null(file);
	fputs("name: old\nabout: text\nwords: {no: longer}\ntrain: 3\ndata: [{csv: {lable: 1}}]\n"
	      "repeats: many\nplots: [{plot: convergence, y: objective}]\n",
	      file);
	fflush(file);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
	if (spec_load_shown(path, (struct texts){3, sets}, &arena, &out, problems) != STATUS_OK)
		fail_msg("%d: %s", problems->at[0].line, problems->at[0].text);
	assert_string_equal(out.name, "old");
	assert_string_equal(out.about, "set");
	assert_int_equal(out.plots.count, 1);
	assert_int_equal(out.cell_count, 0);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_that_mix_columns_say_so),
		cmocka_unit_test(every_path_of_a_cell_is_visited),
		cmocka_unit_test(names_and_plots_of_another_version),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
