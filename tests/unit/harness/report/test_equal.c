/* Which curves are said to be equal. */
#include "harness/report/figure/dress.h"
#include "harness/report/figure/equal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;

/* A curve of straight pieces between these (x, y), with ranges of y +- around. */
static struct figure_curve *add(struct figure *figure, struct figure_panel *panel, const char *name,
				size_t count, const double (*at)[2], double around)
{
	size_t place = figure_place(figure, name);
	struct figure_curve *curve = figure_curve(figure, panel,
						  &(struct figure_curve){.title = name,
									 .columns = "x y low high",
									 .label = name,
									 .entry = place,
									 .style = {place, place},
									 .band = around > 0});

	for (size_t i = 0; i < count; i++)
		figure_row(curve,
			   (double[]){at[i][0], at[i][1], at[i][1] - around, at[i][1] + around});
	return curve;
}

/* What is said of curves of [0, 10] x [0, 100], the first of which runs from corner to corner. */
static const double corner[][2] = {{0, 0}, {5, 50}, {10, 100}};

static const char *said(size_t count, const double (*at)[2], double around, double others)
{
	struct figure figure = figure_new(&arena);
	struct figure_panel *panel = figure_panel(&figure, "", "", "panel");

	add(&figure, panel, "one", 3, corner, around);
	add(&figure, panel, "two", count, at, others);
	dress_figure(&figure);
	equal_mark(&figure);
	return figure.caption;
}

static void what_the_plot_resolves_is_not_equal(void **state)
{
	const char *equal = "; equal to within what the plot resolves: one = two";

	(void)state;
	assert_string_equal(said(3, corner, 0, 0), equal);
	/* 0.1 % of the axis is less than the width of a line, 1 % is more */
	assert_string_equal(said(3, (const double[][2]){{0, 0}, {5, 50.1}, {10, 100}}, 0, 0),
			    equal);
	assert_string_equal(said(3, (const double[][2]){{0, 0}, {5, 51}, {10, 100}}, 0, 0), "");
	/* other rows of the same line; one that ends before */
	assert_string_equal(said(4, (const double[][2]){{0, 0}, {1, 10}, {7, 70}, {10, 100}}, 0, 0),
			    equal);
	assert_string_equal(said(2, (const double[][2]){{0, 0}, {9, 90}}, 0, 0), "");
	assert_string_equal(said(1, (const double[][2]){{0, 0}}, 0, 0), "");
}

static void ranges_are_numbers_too(void **state)
{
	(void)state;
	assert_string_equal(said(3, corner, 9, 9),
			    "; equal to within what the plot resolves: one = two");
	assert_string_equal(said(3, corner, 9, 4),
			    "; equal to within what the plot resolves: one = two in the median");
}

static void panels_that_differ_are_named(void **state)
{
	const double other[][2] = {{0, 0}, {5, 10}, {10, 100}};
	struct figure figure = figure_new(&arena);
	struct figure_curve *lower, *upper, *apart;
	struct figure_panel *panel;

	(void)state;
	panel = figure_panel(&figure, "a", "a", "first");
	lower = add(&figure, panel, "one", 3, corner, 0);
	upper = add(&figure, panel, "two", 3, corner, 0);
	add(&figure, panel, "three", 3, corner, 0);
	panel = figure_panel(&figure, "b", "b", "second");
	add(&figure, panel, "one", 3, corner, 0);
	apart = add(&figure, panel, "two", 3, other, 0);
	add(&figure, panel, "three", 3, corner, 0);
	dress_figure(&figure);
	equal_mark(&figure);
	assert_string_equal(figure.caption, "; equal to within what the plot resolves: one = two = "
					    "three in first; one = three in second");
	assert_int_equal(lower->below, 2);
	assert_int_equal(upper->below, 1);
	assert_int_equal(apart->below, 0);
	/* for the legend: "two" is another curve in the second panel, "three" is none anywhere */
	assert_null(upper->entry_label);
	assert_string_equal(upper->next->entry_label, "three = one");
	assert_string_equal(apart->next->entry_label, "three = one");
}

/* Of "admm, certified" and "admm, worst" the method is said once. */
static void what_both_begin_with_is_said_once(void **state)
{
	struct figure figure = figure_new(&arena);
	struct figure_panel *panel = figure_panel(&figure, "", "", "panel");
	struct figure_curve *upper;

	(void)state;
	add(&figure, panel, "admm, worst", 3, corner, 0);
	upper = add(&figure, panel, "admm, certified", 3, corner, 0);
	add(&figure, panel, "admm 2, worst", 3, corner, 0);
	dress_figure(&figure);
	equal_mark(&figure);
	assert_string_equal(figure.caption, "; equal to within what the plot resolves: admm, worst "
					    "= certified = admm 2, worst");
	assert_string_equal(upper->entry_label, "admm, certified = worst");
	assert_string_equal(upper->next->entry_label, "admm 2, worst = admm, worst");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_plot_resolves_is_not_equal),
		cmocka_unit_test(ranges_are_numbers_too),
		cmocka_unit_test(panels_that_differ_are_named),
		cmocka_unit_test(what_both_begin_with_is_said_once),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	arena_release(&arena);
	return failed;
}
