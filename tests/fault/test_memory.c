/* Memory that runs out at the k-th allocation, for every k until none fails: the process ends at
 * the one place that handles it, and what it leaves behind is never taken for a result.
 *
 * Each attempt is a process of its own, as it is in use. Nothing here starts threads, so fork is
 * safe. */
#include "harness/report/report.h"
#include "harness/run/run.h"
#include "harness/sched/sched.h"
#include "harness/store/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char spec[] =
	"name: tiny\n"
	"seed: 7\n"
	"data:\n"
	"  - name: moons\n"
	"    generate: {kind: moons, n: 20, noise: 0.1}\n"
	"    split: {test: 0.3}\n"
	"    prepare: [bias]\n"
	"train:\n"
	"  - {name: admm, solver: admm, patterns: [3, 4], beta: 0.1}\n"
	"  - {name: sgd, solver: sgd, width: 4, epochs: 2, batch: 8, learning_rate: 0.05}\n"
	"stop: {iterations: 3}\n"
	"attack:\n"
	"  - {attack: fgsm, norm: linf, eps: [0, 0.1]}\n";

enum {
	EVERY = 200, /* each of so many first allocations fails; later ones about 5 % apart */
	APART = 20
};

struct room {
	char root[64];
	const char *spec, *results, *cell;
	struct arena arena;
};

static void out_of_memory(size_t bytes)
{
	(void)bytes;
	_exit(RUN_EXIT_OOM);
}

/* Exit status of `attempt` in a process whose k-th allocation fails; k = 0: none does. */
static int outcome(int (*attempt)(struct room *room), struct room *room, size_t k)
{
	pid_t child = fork();
	int wait_status = 0;

	if (child == 0) {
		arena_on_exhausted(out_of_memory);
		arena_fail_after(k);
		_exit(attempt(room));
	}
	assert_true(child > 0 && waitpid(child, &wait_status, 0) == child);
	if (!WIFEXITED(wait_status))
		fail_msg("allocation %zu: killed by signal %d", k, WTERMSIG(wait_status));
	return WEXITSTATUS(wait_status);
}

/* `check` is asked after each attempt that ran out of memory. Returns how many did. */
static size_t exhaust(struct room *room, int (*attempt)(struct room *room),
		      void (*check)(struct room *room))
{
	size_t failures = 0;

	for (size_t k = 1;; k += k < EVERY ? 1 : k / APART) {
		int status = outcome(attempt, room, k);

		if (status == STATUS_OK)
			return failures;
		if (status != RUN_EXIT_OOM)
			fail_msg("allocation %zu: exit status %d", k, status);
		failures++;
		if (check)
			check(room);
	}
}

static int load(struct room *room)
{
	struct problems *problems = calloc(1, sizeof *problems);
	struct experiment experiment;
	struct arena arena = {0};
	enum status status = STATUS_ENV;

	if (problems)
		status = spec_load(room->spec, (struct texts){0, NULL}, &arena, &experiment,
				   problems);
	arena_release(&arena);
	free(problems);
	return (int)status;
}

/* All cells into the results folder, as a run does it. */
static enum status compute_all(struct room *room, struct err *err)
{
	struct problems *problems = ARENA_NEW(&room->arena, struct problems);
	struct experiment experiment;
	struct plan plan;

	TRY(spec_load(room->spec, (struct texts){0, NULL}, &room->arena, &experiment, problems));
	TRY(sched_plan(&experiment, room->results, &room->arena, &plan, err));
	for (size_t i = 0; i < plan.count; i++) {
		const char *cell = arena_format(&room->arena, "%s/cells/%s", room->results,
						plan.at[i].cell->id);

		TRY(folder_make(cell, err));
		TRY(store_write_text(arena_format(&room->arena, "%s/cell.json", cell),
				     plan.at[i].cell->text, err));
		TRY(run_cell(cell, -1, err));
	}
	return STATUS_OK;
}

static int compute(struct room *room)
{
	struct err err = {0};

	return (int)compute_all(room, &err);
}

static int compute_one(struct room *room)
{
	struct err err = {0};

	return (int)run_cell(room->cell, -1, &err);
}

static void expect_no_result(struct room *room)
{
	assert_int_equal(access(room->cell, F_OK), 0);
	assert_int_equal(access(arena_format(&room->arena, "%s/result.json", room->cell), F_OK),
			 -1);
}

static int report(struct room *room)
{
	struct problems *problems = ARENA_NEW(&room->arena, struct problems);
	struct experiment experiment;
	struct err err = {0};
	enum status status =
		spec_load(room->spec, (struct texts){0, NULL}, &room->arena, &experiment, problems);

	if (status == STATUS_OK)
		status = report_build(&experiment, room->results, &err);
	return (int)status;
}

static int set_up(void **state)
{
	struct room *room = calloc(1, sizeof *room);
	const char *tmp = getenv("TMPDIR");
	struct err err = {0};

	assert_non_null(room);
	snprintf(room->root, sizeof room->root, "%s/memory.XXXXXX",
		 tmp && strlen(tmp) < 32 ? tmp : "/tmp");
	assert_non_null(mkdtemp(room->root));
	room->spec = arena_format(&room->arena, "%s/tiny.yaml", room->root);
	room->results = arena_format(&room->arena, "%s/results/tiny", room->root);
	assert_int_equal(store_write_text(room->spec, spec, &err), STATUS_OK);
	*state = room;
	return 0;
}

static int tear_down(void **state)
{
	struct room *room = *state;
	struct err err = {0};

	folder_remove(room->root, &err);
	arena_release(&room->arena);
	free(room);
	return 0;
}

static void loading_a_spec(void **state)
{
	assert_true(exhaust(*state, load, NULL) > 10);
}

static void computing_a_cell(void **state)
{
	struct room *room = *state;
	struct experiment experiment;
	struct problems *problems = ARENA_NEW(&room->arena, struct problems);
	struct err err = {0};

	assert_int_equal(
		spec_load(room->spec, (struct texts){0, NULL}, &room->arena, &experiment, problems),
		STATUS_OK);
	room->cell = arena_format(&room->arena, "%s/cell", room->root);
	assert_int_equal(folder_make(room->cell, &err), STATUS_OK);
	assert_int_equal(store_write_text(arena_format(&room->arena, "%s/cell.json", room->cell),
					  experiment.cells[0].text, &err),
			 STATUS_OK);
	assert_true(exhaust(room, compute_one, expect_no_result) > 10);
}

static void building_a_report(void **state)
{
	struct room *room = *state;

	assert_int_equal(outcome(compute, room, 0), STATUS_OK);
	assert_true(exhaust(room, report, NULL) > 10);
	assert_int_equal(access(arena_format(&room->arena, "%s/report.html", room->results), F_OK),
			 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(loading_a_spec),
		CASE(computing_a_cell),
		CASE(building_a_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
