/* Activation patterns against their definition [X h >= 0], and patterns from a file. */
#include "solvers/gates/pattern.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct patterns sample(struct toy *toy, long count)
{
	struct pattern_options options =
		toy_patterns(arena_format(&toy->arena, "{count: %ld}", count), &toy->arena);
	struct patterns out;
	struct err err = {0};

	assert_int_equal(pattern_sample(&options, &toy->problem, 0, &toy->arena, &out, &err),
			 STATUS_OK);
	return out;
}

/* x_k' h_i */
static double margin(struct mat X, struct mat H, ptrdiff_t k, ptrdiff_t i)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < X.cols; j++)
		sum += (double)mat_get(X, k, j) * (double)mat_get(H, j, i);
	return sum;
}

static void columns_are_the_patterns_of_their_directions(void **state)
{
	struct toy toy = toy_make(40, 5, "squared", 1);
	struct patterns p = sample(&toy, 60);

	(void)state;
	assert_int_equal(p.D.rows, 40);
	assert_int_equal(p.D.cols, 60); /* many more exist */
	assert_int_equal(p.H.rows, 5);
	assert_int_equal(p.H.cols, 60);
	for (ptrdiff_t i = 0; i < p.D.cols; i++) {
		int active = 0;

		for (ptrdiff_t k = 0; k < p.D.rows; k++) {
			check_equal(gates_get(p.D, k, i), margin(toy.problem.X, p.H, k, i) >= 0);
			active += gates_get(p.D, k, i);
		}
		check_above(active, 0); /* a neuron without active sample adds nothing */
	}
	assert_true(toy_distinct(p.D));
	arena_release(&toy.arena);
}

static void larger_sets_extend_smaller_ones(void **state)
{
	struct toy toy = toy_make(8, 3, "squared", 1); /* so few that duplicates are drawn */
	struct patterns few = sample(&toy, 10), many = sample(&toy, 30), other;

	(void)state;
	assert_int_equal(few.D.cols, 10);
	assert_int_equal(many.D.cols, 30);
	for (ptrdiff_t i = 0; i < 10; i++) {
		assert_true(gates_same(few.D, i, many.D, i));
		assert_true(toy_same_column(few.H, i, many.H, i));
	}
	assert_true(toy_distinct(many.D));
	toy.problem.seed++;
	other = sample(&toy, 10);
	assert_false(toy_same_column(few.H, 0, other.H, 0));
	arena_release(&toy.arena);
}

/* n lines through the origin of the plane cut it into 2 n sectors: points at the given share of a
 * full turn around. */
static void check_plane(ptrdiff_t n, double turn, ptrdiff_t expected)
{
	struct arena arena = {0};
	struct mat X = mat_new(&arena, n, 2);
	struct toy toy = {.problem = {.X = X, .seed = 3}};
	struct patterns p;

	for (ptrdiff_t k = 0; k < n; k++) {
		double angle = turn * 6.283185307179586 * ((double)k + 0.3) / (double)n;

		mat_set(X, k, 0, (real)(cos(angle) * (double)(k + 1)));
		mat_set(X, k, 1, (real)(sin(angle) * (double)(k + 1)));
	}
	p = sample(&toy, 5 * n);
	assert_int_equal(p.D.cols, expected);
	assert_int_equal(p.H.cols, expected);
	assert_true(toy_distinct(p.D));
	arena_release(&toy.arena);
	arena_release(&arena);
}

static void check_note(const struct pattern_options *options, ptrdiff_t used, const char *expected)
{
	struct arena arena = {0};
	struct facts facts = {.arena = &arena};

	pattern_facts(options, used, &facts);
	check_equal(facts_find(&facts, "patterns")->number, used);
	if (expected)
		assert_string_equal(facts_find(&facts, "note")->text, expected);
	else
		assert_null(facts_find(&facts, "note"));
	arena_release(&arena);
}

static void patterns_asked_for_in_vain_are_told(void **state)
{
	struct pattern_options options = {.count = 100}, all = {.count = PATTERN_ALL};
	struct pattern_options given = {.count = 64, .file = "D.npy"};
	struct arena arena = {0};

	(void)state;
	check_note(&options, 12, "12 patterns found, 100 asked for");
	check_note(&options, 1, "1 pattern found, 100 asked for");
	check_note(&options, 99, "99 patterns found, 100 asked for");
	check_note(&options, 100, NULL);
	check_note(&all, 12, NULL);
	check_note(&given, 3, NULL); /* the count means nothing beside a file */
	arena_release(&arena);
}

static void the_plane_has_2n_patterns(void **state)
{
	(void)state;
	check_plane(7, 1, 14);   /* all around: one of 7 lines is never twice the same */
	check_plane(6, 0.4, 11); /* within a half plane one of the 12 is all zero */
	check_plane(12, 0.45, 23);
	check_plane(1, 1, 1);
}

static void up(const struct pattern_stream *stream, uint64_t index, real *h)
{
	(void)index;
	for (ptrdiff_t j = 0; j < stream->problem->X.cols; j++)
		h[j] = 1;
}

static const struct pattern_source always_up = {.base = {.name = "up"}, .direction = up};

static void drawing_ends_when_nothing_new_is_found(void **state)
{
	struct arena arena = {0};
	struct mat X = mat_new(&arena, 3, 2);
	struct problem problem = {.X = X};
	struct choice from = {.item = &always_up.base};
	struct pattern_options options = {.count = 9, .from = {1, &from}};
	struct patterns p;
	struct err err = {0};

	(void)state;
	mat_set(X, 1, 0, 1);
	mat_set(X, 0, 1, -1);
	assert_int_equal(pattern_sample(&options, &problem, 0, &arena, &p, &err), STATUS_OK);
	assert_int_equal(p.D.cols, 1);
	check_equal(gates_get(p.D, 0, 0), 0);
	check_equal(gates_get(p.D, 1, 0), 1);
	check_equal(gates_get(p.D, 2, 0), 1); /* x = 0: 0 >= 0 */
	mat_fill(X, -1);
	assert_int_equal(pattern_sample(&options, &problem, 0, &arena, &p, &err), STATUS_ENV);
	assert_non_null(strstr(err.text, "no activation pattern"));
	arena_release(&arena);
}

static enum status give(struct toy *toy, const struct mat *given, struct patterns *out,
			struct err *err)
{
	struct pattern_options options = {.count = 1, .file = "D.npy"};

	*err = (struct err){0};
	toy->problem.file_count = 0;
	toy_file(&toy->problem, (struct problem_file){.path = "D.npy", .array = *given},
		 &toy->arena);
	return pattern_sample(&options, &toy->problem, 0, &toy->arena, out, err);
}

static void check_refused(struct toy *toy, const struct mat *given, const char *expected)
{
	struct patterns out;
	struct err err;

	assert_int_equal(give(toy, given, &out, &err), STATUS_ENV);
	assert_string_equal(err.source, "D.npy");
	assert_string_equal(err.text, expected);
}

static void damaged_files_are_refused(void **state)
{
	static const double wrong[] = {0.5, -1, 2, 1e-300};
	struct toy toy = toy_make(9, 3, "squared", 1);
	struct mat D = mat_new(&toy.arena, 9, 2), rows = mat_rows(D, 0, 8),
		   none = mat_cols(D, 0, 0);

	(void)state;
	check_refused(&toy, &rows, "patterns: expected 9 rows, one per training sample, got 8");
	check_refused(&toy, &none, "patterns: expected at least one column");
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		mat_set(D, 4, 1, (real)wrong[i]);
		check_refused(&toy, &D,
			      arena_format(&toy.arena, "patterns[4, 1]: expected 0 or 1, got %g",
					   wrong[i]));
	}
	mat_set(D, 4, 1, (real)NAN);
	check_refused(&toy, &D, "patterns[4, 1]: expected 0 or 1, got nan");
	arena_release(&toy.arena);
}

/* The direction found for a given pattern lies strictly inside its cone. */
static void given_patterns_get_an_interior_direction(void **state)
{
	struct toy toy = toy_make(30, 4, "squared", 1);
	struct mat D;
	struct patterns sampled = sample(&toy, 25), out;
	struct err err;

	(void)state;
	D = gates_matrix(sampled.D, &toy.arena);
	assert_int_equal(give(&toy, &D, &out, &err), STATUS_OK);
	assert_int_equal(out.D.cols, 25);
	for (ptrdiff_t i = 0; i < 25; i++) {
		assert_true(gates_same(out.D, i, sampled.D, i));
		for (ptrdiff_t k = 0; k < 30; k++)
			check_above((2 * (double)gates_get(out.D, k, i) - 1) *
					    margin(toy.problem.X, out.H, k, i),
				    0);
	}
	arena_release(&toy.arena);
}

static void impossible_patterns_get_no_direction(void **state)
{
	struct arena arena = {0};
	struct toy toy = {.problem = {.X = mat_new(&arena, 3, 2)}};
	struct mat D = mat_new(&arena, 3, 2);
	struct patterns out;
	struct err err;

	(void)state;
	mat_set(toy.problem.X, 0, 0, 1);
	mat_set(toy.problem.X, 1, 0, -1); /* opposite points: never both active */
	mat_set(toy.problem.X, 2, 1, 1);
	mat_set(D, 0, 0, 1);
	mat_set(D, 1, 0, 1);
	mat_set(D, 0, 1, 1);
	assert_int_equal(give(&toy, &D, &out, &err), STATUS_OK);
	check_equal(mat_get(out.H, 0, 0), 0);
	check_equal(mat_get(out.H, 1, 0), 0);
	check_above(mat_get(out.H, 0, 1), 0);
	check_below(mat_get(out.H, 1, 1), 0);
	arena_release(&toy.arena);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_the_patterns_of_their_directions),
		cmocka_unit_test(larger_sets_extend_smaller_ones),
		cmocka_unit_test(the_plane_has_2n_patterns),
		cmocka_unit_test(drawing_ends_when_nothing_new_is_found),
		cmocka_unit_test(patterns_asked_for_in_vain_are_told),
		cmocka_unit_test(damaged_files_are_refused),
		cmocka_unit_test(given_patterns_get_an_interior_direction),
		cmocka_unit_test(impossible_patterns_get_no_direction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
