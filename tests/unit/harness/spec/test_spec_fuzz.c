/* Damaged specs, and the inputs that fuzzing has kept: whatever the bytes, loading ends with cells
 * whose text reads back, or with problems. */
#include "tests/close.h"
#include "tests/fuzz/words_target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>

static const char seed_text[] =
	"name: mammographic\nseed: 20220518\nrepeats: 2\nx-base: &base {beta: 1e-4}\n"
	"resources: {jobs: 2, threads: 1, time_limit: 10m, memory_limit: 4GiB}\n"
	"data:\n  - name: file\n    csv: {path: \"${RELUBENCH_DATA}/mm.data\", missing: drop}\n"
	"    split: {test: 0.3, validation: 0.1, stratified: true}\n"
	"    prepare: [standardize, {unit: {range: 255}}, bias]\n"
	"  - name: gen\n    generate: {kind: spirals, n: 300, noise: [0.1, 0.2], turns: 3}\n"
	"train:\n  - <<: *base\n    name: admm\n    solver: admm\n    loss: [squared, logistic]\n"
	"    patterns: [30, 60]\n    rho: {log: [1e-3, 1, 3]}\n    data: file\n"
	"    u_update: [dual, {pcg: {rank: [10, 50]}}]\n"
	"  - {solver: sgd, stop: {iterations: 5, seconds: 2m}}\n"
	"attack:\n  - {attack: pgd, eps: [0.2, 0, 8/255], steps: 40, clip: [0, 1]}\n"
	"plots:\n  - {plot: convergence, x: seconds}\n";

static const char *const words[] = {"null",  "[]",   "{}",     "{log: [1, 2, 3]}",
				    "*base", "&a ",  "<<: ",   "- ",
				    "\n",    ": ",   "\"",     "[",
				    "{",     "}",    "]",      "1e99",
				    "-1",    "${X",  "!!str ", "? ",
				    "|\n",   "\xff", "\t",     "solver: [admm, sgd]",
				    "---\n", "#",    ",",      "'"};

static uint64_t bits = 88172645463325252u;

static size_t draw(size_t below) /* xorshift */
{
	bits ^= bits << 13;
	bits ^= bits >> 7;
	bits ^= bits << 17;
	return (size_t)(bits % below);
}

/* Remove a piece, put a word in, or double a piece. */
static size_t mutate(char *text, size_t length)
{
	size_t at = draw(length), piece = draw(8) + 1;
	const char *word = words[draw(sizeof words / sizeof *words)];

	if (piece > length - at)
		piece = length - at;
	switch (draw(3)) {
	case 0:
		memmove(text + at, text + at + piece, length - at - piece + 1);
		return length - piece;
	case 1:
		piece = strlen(word);
		memmove(text + at + piece, text + at, length - at + 1);
		memcpy(text + at, word, piece);
		return length + piece;
	default:
		memmove(text + at + piece, text + at, length - at + 1);
		return length + piece;
	}
}

static void damaged_specs_end_in_cells_or_problems(void **state)
{
	enum { ROUNDS = 3000, MAX_DAMAGES = 6 };
	static char text[2 * sizeof seed_text];
	int good = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		size_t length = sizeof seed_text - 1;

		memcpy(text, seed_text, sizeof seed_text);
		for (size_t i = draw(MAX_DAMAGES); i > 0; i--)
			length = mutate(text, length);
		good += spec_target((const uint8_t *)text, length);
	}
	check_above(good, 0);
	check_below(good, ROUNDS);
}

static uint8_t bytes[1 << 16];

/* The number of bytes read. */
static size_t read_input(const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t length;

	assert_non_null(file);
	length = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	return length;
}

static void kept_inputs_are_survived(void **state)
{
	glob_t found;
	size_t good = 0;

	(void)state;
	assert_int_equal(glob("tests/fuzz/corpus/spec/*", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		good += spec_target(bytes, read_input(found.gl_pathv[i]));
	check_above(good, 0);
	check_below(good, found.gl_pathc);
	globfree(&found);
}

static void replay(const char *pattern, void (*target)(const uint8_t *data, size_t size))
{
	glob_t found;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		target(bytes, read_input(found.gl_pathv[i]));
	globfree(&found);
}

static void words_of_the_command_line_are_survived(void **state)
{
	(void)state;
	replay("tests/fuzz/corpus/filter/*", words_filter);
	replay("tests/fuzz/corpus/set/*", words_set);
	replay("tests/fuzz/corpus/attack/*", words_attack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_specs_end_in_cells_or_problems),
		cmocka_unit_test(kept_inputs_are_survived),
		cmocka_unit_test(words_of_the_command_line_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
