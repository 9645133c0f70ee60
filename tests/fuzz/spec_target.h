/* Any bytes as a spec: the part before the first NUL is the file, the rest one --set. Loading ends
 * with cells whose canonical text reads back as itself, or with problems that say something; else
 * the program aborts. The algorithms are those of the tests, so that kept inputs stay meaningful.
 * Include it once per executable. */
#ifndef TESTS_SPEC_TARGET_H
#define TESTS_SPEC_TARGET_H

#include "harness/spec/spec.h"
#include "tests/unit/harness/spec/spec_registry.h"

#include <stdint.h>
#include <stdlib.h>

enum { CHECKED_CELLS = 8 };

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_cells(const struct experiment *experiment, struct arena *arena)
{
	struct cell again;
	struct err err = {0};

	require(experiment->cell_count > 0);
	for (size_t i = 0; i < experiment->cell_count && i < CHECKED_CELLS; i++) {
		const char *text = experiment->cells[i].text;

		require(spec_read_cell(text, "cell.json", arena, &again, &err) == STATUS_OK);
		require(strcmp(again.text, text) == 0);
	}
}

static void check_problems(const struct problems *problems)
{
	const size_t room = sizeof problems->at / sizeof *problems->at;

	require(problems->count > 0);
	for (size_t i = 0; i < problems->count && i < room; i++)
		require(problems->at[i].source[0] && problems->at[i].text[0]);
}

/* Returns whether the text is a good spec. */
static bool spec_target(const uint8_t *data, size_t size)
{
	static struct problems problems;
	struct arena arena = {0};
	struct experiment experiment;
	const char *text = arena_text_n(&arena, (const char *)data, size);
	const char *sets[] = {"repeats=2", NULL}; /* a million repetitions are only slow */
	size_t length = strlen(text);
	bool good;

	sets[1] = text + length + 1;
	good = spec_load_text(text, "folder/spec.yaml", (struct texts){length < size ? 2 : 1, sets},
			      &arena, &experiment, &problems) == STATUS_OK;
	if (good)
		check_cells(&experiment, &arena);
	else
		check_problems(&problems);
	arena_release(&arena);
	return good;
}

#endif
