/* Errors, arenas with failing allocations, matrix views. */
#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/core/status.h"
#include "tests/close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void first_error_wins(void **state)
{
	struct err err = {0};
	struct err_place at = {"data.csv", 7, 3};

	(void)state;
	assert_int_equal(err_at(&err, STATUS_ENV, at, "expected %s, got %d", "a number", 5),
			 STATUS_ENV);
	assert_int_equal(err_set(&err, STATUS_SPEC, "later"), STATUS_SPEC);
	assert_int_equal(err_at(&err, STATUS_SPEC, (struct err_place){"b", 1, 1}, "later"),
			 STATUS_SPEC);
	assert_int_equal(err.status, STATUS_ENV);
	assert_string_equal(err.source, "data.csv");
	assert_string_equal(err.text, "expected a number, got 5");
	assert_int_equal(err.line, 7);
	assert_int_equal(err.col, 3);
}

static void check_print(struct err_place at, const char *expected)
{
	struct err err = {0};
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	err_at(&err, STATUS_SPEC, at, "wrong");
	err_print(&err, to);
	fclose(to);
	assert_string_equal(text, expected);
	free(text);
}

static void printed_errors_leave_out_what_is_not_known(void **state)
{
	(void)state;
	check_print((struct err_place){"a.yaml", 12, 9}, "a.yaml:12:9: wrong\n");
	check_print((struct err_place){"a.yaml", 12, 0}, "a.yaml:12: wrong\n");
	check_print((struct err_place){"a.yaml", 0, 0}, "a.yaml: wrong\n");
	check_print((struct err_place){NULL, 0, 0}, "wrong\n");
}

static void long_errors_are_cut(void **state)
{
	struct err err = {0};
	char text[4096];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	err_at(&err, STATUS_ENV, (struct err_place){text, 1, 1}, "%s", text);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
	assert_int_equal(strlen(err.source), sizeof err.source - 1);
}

static void every_outcome_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int a = OUTCOME_RUNNING; a <= OUTCOME_DIVERGED; a++)
		for (int b = OUTCOME_RUNNING; b < a; b++)
			assert_string_not_equal(outcome_name((enum outcome)a),
						outcome_name((enum outcome)b));
}

static enum status passed_on(enum status status, int *reached)
{
	TRY(status);
	*reached = 1;
	return STATUS_OK;
}

static void try_returns_at_a_failure_only(void **state)
{
	int reached = 0;

	(void)state;
	assert_int_equal(passed_on(STATUS_GATE, &reached), STATUS_GATE);
	assert_int_equal(reached, 0);
	assert_int_equal(passed_on(STATUS_OK, &reached), STATUS_OK);
	assert_int_equal(reached, 1);
}

/* Sizes around an alignment and around a shared block, in an order that mixes them. */
static const size_t sizes[] = {1,     64,    0,     65,    33000, 7,     40000,  1 << 20, 3,
			       32767, 32768, 32769, 65536, 65537, 30000, 300000, 12,      1};

enum { SIZES = sizeof sizes / sizeof *sizes };

static void memory_is_zeroed_aligned_and_apart(void **state)
{
	struct arena arena = {0};
	unsigned char *at[SIZES];

	(void)state;
	for (int round = 0; round < 2; round++) { /* the second in an arena that was released */
		for (size_t i = 0; i < SIZES; i++) {
			at[i] = arena_alloc(&arena, sizes[i], 1);
			assert_non_null(at[i]);
			assert_int_equal((uintptr_t)at[i] % 64, 0);
			for (size_t b = 0; b < sizes[i]; b++)
				assert_int_equal(at[i][b], 0);
			memset(at[i], (int)i + 1, sizes[i]);
		}
		for (size_t i = 0; i < SIZES; i++)
			for (size_t b = 0; b < sizes[i]; b++)
				assert_int_equal(at[i][b], i + 1);
		assert_int_equal(arena.calls, SIZES);
		arena_release(&arena);
		assert_int_equal(arena.calls, 0);
		assert_int_equal(arena.bytes, 0);
		assert_null(arena.head);
	}
}

static void bytes_count_what_was_asked_for(void **state)
{
	struct arena arena = {0};
	size_t asked = 0;

	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		arena_alloc(&arena, sizes[i], 8);
		asked += sizes[i] * 8;
		check_at_least(arena.bytes, asked);
		check_below(arena.bytes, asked + 64 * (i + 1));
	}
	arena_release(&arena);
}

static void texts_are_copies(void **state)
{
	struct arena arena = {0};
	char text[] = "columns";
	char *copy = arena_text(&arena, text), *part = arena_text_n(&arena, text, 3);

	(void)state;
	text[0] = 'X';
	assert_string_equal(copy, "columns");
	assert_string_equal(part, "col");
	assert_string_equal(arena_format(&arena, "%s/%d", copy, -3), "columns/-3");
	assert_string_equal(arena_format(&arena, "%s", ""), "");
	arena_release(&arena);
}

static jmp_buf on_exhausted;
static size_t exhausted_bytes;

static void jump(size_t bytes)
{
	exhausted_bytes = bytes;
	longjmp(on_exhausted, 1);
}

/* Whether an allocation ended in the handler. */
static bool is_refused(struct arena *arena, size_t count, size_t size)
{
	if (setjmp(on_exhausted))
		return true;
	arena_alloc(arena, count, size);
	return false;
}

static void kth_call_fails_and_only_that(void **state)
{
	struct arena arena = {0};

	(void)state;
	arena_on_exhausted(jump);
	for (size_t k = 1; k <= 5; k++) {
		arena_fail_after(k);
		for (size_t call = 1; call <= 8; call++)
			assert_int_equal(is_refused(&arena, 10, 3), call == k);
		assert_int_equal(exhausted_bytes, 30);
	}
	arena_fail_after(2);
	arena_fail_after(0); /* off again */
	for (int call = 0; call < 4; call++)
		assert_false(is_refused(&arena, 1, 1));
	arena_on_exhausted(NULL);
	arena_release(&arena);
}

static void sizes_beyond_the_address_space_are_refused(void **state)
{
	struct arena arena = {0};
	size_t calls;

	(void)state;
	arena_on_exhausted(jump);
	arena_alloc(&arena, 1, 1);
	calls = arena.calls;
	assert_true(is_refused(&arena, SIZE_MAX / 2, 3)); /* the product wraps around */
	assert_true(is_refused(&arena, SIZE_MAX, 1));
	assert_true(is_refused(&arena, SIZE_MAX - 63, 1)); /* rounding up would wrap around */
	assert_true(is_refused(&arena, PTRDIFF_MAX, 1));
	assert_int_equal(arena.calls, calls);
	assert_false(is_refused(&arena, 1, 1));
	if (!setjmp(on_exhausted)) {
		mat_new(&arena, (ptrdiff_t)1 << 40, (ptrdiff_t)1 << 40);
		fail_msg("a matrix of 2^80 elements was handed out");
	}
	arena_on_exhausted(NULL);
	arena_release(&arena);
}

static real numbered(ptrdiff_t i, ptrdiff_t j)
{
	return (real)(1000 * i + j + 1);
}

static struct mat numbered_new(struct arena *arena, ptrdiff_t rows, ptrdiff_t cols)
{
	struct mat A = mat_new(arena, rows, cols);

	for (ptrdiff_t j = 0; j < cols; j++)
		for (ptrdiff_t i = 0; i < rows; i++)
			mat_set(A, i, j, numbered(i, j));
	return A;
}

static void views_are_column_major_and_share_elements(void **state)
{
	struct arena arena = {0};
	struct mat A = numbered_new(&arena, 5, 7), B = mat_rows(mat_cols(A, 2, 4), 1, 3);

	(void)state;
	check_equal(A.at[3 + 5 * 6], numbered(3, 6));
	assert_int_equal(B.rows, 3);
	assert_int_equal(B.cols, 4);
	assert_int_equal(B.stride, 5);
	for (ptrdiff_t j = 0; j < 4; j++)
		for (ptrdiff_t i = 0; i < 3; i++)
			assert_ptr_equal(mat_col(B, j) + i, &A.at[i + 1 + 5 * (j + 2)]);
	arena_release(&arena);
}

static void fill_stays_inside_its_view(void **state)
{
	struct arena arena = {0};
	struct mat A = numbered_new(&arena, 5, 7);

	(void)state;
	mat_fill(mat_rows(mat_cols(A, 2, 4), 1, 3), -1);
	for (ptrdiff_t j = 0; j < 7; j++)
		for (ptrdiff_t i = 0; i < 5; i++) {
			bool inside = j >= 2 && j < 6 && i >= 1 && i < 4;

			check_equal(mat_get(A, i, j), inside ? -1 : numbered(i, j));
		}
	arena_release(&arena);
}

static void copies_and_transposes_of_views(void **state)
{
	/* smaller than a tile, one tile, ragged tiles in both directions, nothing */
	static const ptrdiff_t shapes[][2] = {{3, 2}, {32, 32}, {33, 65}, {70, 31}, {0, 4}, {1, 1}};
	struct arena arena = {0};

	(void)state;
	for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
		ptrdiff_t rows = shapes[s][0], cols = shapes[s][1];
		struct mat A = mat_rows(numbered_new(&arena, rows + 3, cols), 2, rows);
		struct mat B = mat_rows(mat_new(&arena, rows + 1, cols), 1, rows);
		struct mat C = mat_rows(mat_new(&arena, cols + 2, rows), 0, cols);

		mat_copy(B, A);
		mat_transpose(C, A);
		for (ptrdiff_t j = 0; j < cols; j++)
			for (ptrdiff_t i = 0; i < rows; i++) {
				check_equal(mat_get(B, i, j), numbered(i + 2, j));
				check_equal(mat_get(C, j, i), numbered(i + 2, j));
			}
		for (ptrdiff_t j = 0; j < rows; j++) /* below the view */
			check_equal(C.at[cols + j * C.stride], 0);
	}
	arena_release(&arena);
}

/* Bytes of this process that are no pages of files. */
static size_t bytes_held(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	size_t kb = 0;

	assert_non_null(file);
	while (fgets(line, sizeof line, file))
		if (sscanf(line, "RssAnon: %zu kB", &kb) == 1)
			break;
	fclose(file);
	return 1024 * kb;
}

static void what_is_spilled_lies_in_a_file(void **state)
{
	enum { COUNT = 1 << 22 };
	static const char *const folders[] = {".", "no such folder"};
	struct arena_tally tally = {.real_size = sizeof(real)};
	struct arena counting = arena_counting(&tally);
	struct arena arena = {0};

	(void)state;
	for (int f = 0; f < 2; f++) { /* where there is none, it is memory */
		size_t before = bytes_held(), held;
		real *at, *small;

		setenv("TMPDIR", folders[f], 1);
		at = arena_spilled_reals(&arena, COUNT);
		small = arena_spilled_reals(&arena, 3);
		assert_int_equal((uintptr_t)at % 64, 0);
		for (size_t i = 0; i < COUNT; i += 4096 / sizeof(real)) {
			check_equal(at[i], 0);
			at[i] = 1;
		}
		small[2] = at[COUNT - 1];
		held = bytes_held() - before;
		if (f == 0)
			check_at_most((double)held, COUNT / 4.0 * sizeof(real));
		else
			check_above((double)held, COUNT / 4.0 * sizeof(real) - 1);
		arena_release(&arena);
	}
	unsetenv("TMPDIR");
	arena_spilled_reals(&counting, COUNT);
	check_at_most((double)tally.held, COUNT);
	arena_release(&counting);
	assert_int_equal(tally.held, 0);
	check_at_most((double)tally.peak, COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_error_wins),
		cmocka_unit_test(printed_errors_leave_out_what_is_not_known),
		cmocka_unit_test(long_errors_are_cut),
		cmocka_unit_test(every_outcome_has_a_name_of_its_own),
		cmocka_unit_test(try_returns_at_a_failure_only),
		cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(what_is_spilled_lies_in_a_file),
		cmocka_unit_test(bytes_count_what_was_asked_for),
		cmocka_unit_test(texts_are_copies),
		cmocka_unit_test(kth_call_fails_and_only_that),
		cmocka_unit_test(sizes_beyond_the_address_space_are_refused),
		cmocka_unit_test(views_are_column_major_and_share_elements),
		cmocka_unit_test(fill_stays_inside_its_view),
		cmocka_unit_test(copies_and_transposes_of_views),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
