/* Any bytes as what a user writes on the command line beside a good spec: --filter, several --set
 * (one a line), an attack. Each ends with something sound or with a problem that says something,
 * else the program aborts. The algorithms are those of the tests. Include it once per executable.
 */
#ifndef TESTS_WORDS_TARGET_H
#define TESTS_WORDS_TARGET_H

#include "harness/sched/filter.h"
#include "tests/fuzz/spec_target.h"

enum { MOST_SETS = 16 };

static const char words_spec[] =
	"name: words\nrepeats: 2\n"
	"data:\n  - name: gen\n    generate: {kind: spirals, n: 300, noise: [0.1, 0.2], turns: 3}\n"
	"train:\n  - {name: admm, solver: admm, rho: [0.1, 1], patterns: 30}\n"
	"  - {name: sgd, solver: sgd, width: 8}\n"
	"attack:\n  - {attack: pgd, eps: [0, 0.1]}\n";

static struct problems words_problems;

static void words_load(struct texts sets, struct arena *arena, struct experiment *out, bool good)
{
	enum status status =
		spec_load_text(words_spec, "folder/spec.yaml", sets, arena, out, &words_problems);

	require(!good || status == STATUS_OK);
	if (status == STATUS_OK)
		check_cells(out, arena);
	else
		check_problems(&words_problems);
}

/* The plan of the spec, made once: a filter changes only what it leaves out. */
static struct plan *words_plan(void)
{
	static struct experiment experiment;
	static struct plan plan;
	static struct arena arena;

	if (plan.count > 0)
		return &plan;
	words_load((struct texts){0}, &arena, &experiment, true);
	plan.count = experiment.cell_count;
	plan.at = ARENA_ARRAY(&arena, struct planned, plan.count);
	for (size_t i = 0; i < plan.count; i++) {
		snprintf(experiment.cells[i].id, sizeof experiment.cells[i].id, "%016zx", i);
		plan.at[i].cell = &experiment.cells[i];
	}
	return &plan;
}

static size_t words_kept(const struct plan *plan)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->count; i++)
		kept += !plan->at[i].left_out;
	return kept;
}

/* A filter keeps some cells, the same ones when it is asked again, or says what is wrong. */
static void words_filter(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct plan *plan = words_plan();
	const char *text = arena_text_n(&arena, (const char *)data, size);
	struct err err = {0};
	enum status status = filter_apply(plan, text, &err);
	size_t kept = words_kept(plan);

	require((status == STATUS_OK) == (err.text[0] == '\0'));
	if (status == STATUS_OK) {
		require(kept > 0);
		require(filter_apply(plan, text, &err) == STATUS_OK);
		require(words_kept(plan) == kept);
	}
	arena_release(&arena);
}

static void words_set(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct experiment experiment;
	char *text = arena_text_n(&arena, (const char *)data, size), *rest = NULL;
	const char *sets[MOST_SETS];
	size_t count = 0;

	for (char *line = strtok_r(text, "\n", &rest); line && count < MOST_SETS - 1;
	     line = strtok_r(NULL, "\n", &rest))
		sets[count++] = line;
	sets[count++] = "repeats=2"; /* a million repetitions are only slow */
	words_load((struct texts){count, sets}, &arena, &experiment, false);
	arena_release(&arena);
}

static void words_attack(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	const char *text = arena_text_n(&arena, (const char *)data, size);
	struct groups list = {0};
	struct err err = {0};
	enum status status = spec_read_attacks(arena_format(&arena, "attack:\n  - %s\n", text),
					       &arena, &list, &err);

	require((status == STATUS_OK) == (err.text[0] == '\0'));
	for (size_t i = 0; status == STATUS_OK && i < list.count; i++) {
		const struct attack_options *attack = (const struct attack_options *)list.at + i;

		require(attack->attack.item && attack->eps.count > 0);
		for (size_t k = 1; k < attack->eps.count; k++)
			require(attack->eps.at[k - 1] <= attack->eps.at[k]);
	}
	arena_release(&arena);
}

#endif
