/* Which of two styles says what, and the names that are shown in the place of others. */
#include "harness/spec/spec.h"
#include "tests/close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

static struct arena arena;

static void a_plot_goes_before_the_style_and_that_before_the_preset(void **state)
{
	static const struct text_entry own[] = {{"admm", "blue"}};
	static const struct text_entry shared[] = {{"admm", "green"}, {"sgd", "#123456"}};
	struct style plot = style_unset(), style = style_unset(), out;
	const char *rest;

	(void)state;
	out = style_over(&plot, &style, &arena);
	assert_int_equal(out.caption, STYLE_FULL);
	check_nan(out.width);
	assert_int_equal(out.export.count, 3);
	style.preset = STYLE_COLUMN;
	style.legend = STYLE_INSIDE;
	style.font_size = 7;
	plot.legend = STYLE_OUTSIDE;
	plot.colors = (struct text_map){1, own};
	style.colors = (struct text_map){2, shared};
	out = style_over(&plot, &style, &arena);
	assert_int_equal(out.legend, STYLE_OUTSIDE);
	assert_int_equal(out.caption, STYLE_CAPTION_NONE);
	check_close(out.width, 3.25, 0, 0);
	check_close(out.font_size, 7, 0, 0);
	assert_string_equal(style_find(&out.colors, "admm", &rest), "blue");
	assert_string_equal(style_find(&out.colors, "sgd", &rest), "#123456");
	plot.preset = STYLE_PAGE;
	plot.width = 5;
	out = style_over(&plot, &style, &arena);
	check_close(out.width, 5, 0, 0);
}

static void a_name_stands_for_the_settings_of_its_method(void **state)
{
	static const struct text_entry at[] = {
		{"admm", "ADMM (ours)"}, {"admm, rho=1", "one"}, {"", "nothing"}};
	const struct style style = {.labels = {3, at}};

	(void)state;
	assert_string_equal(style_shown(&style, "admm", &arena), "ADMM (ours)");
	assert_string_equal(style_shown(&style, "admm, rho=0.1", &arena), "ADMM (ours), rho=0.1");
	assert_string_equal(style_shown(&style, "admm, rho=1", &arena), "one");
	assert_string_equal(style_shown(&style, "admm_rbcd", &arena), "admm_rbcd");
}

static void colours_and_fonts_are_what_they_say(void **state)
{
	(void)state;
	assert_string_equal(style_color("blue"), "#0072B2");
	assert_string_equal(style_color("#abCD09"), "#abCD09");
	assert_null(style_color("#abCD0"));
	assert_null(style_color("#abCD0g"));
	assert_null(style_color(""));
	assert_true(style_is_font("Latin Modern-10"));
	assert_false(style_is_font(""));
	assert_false(style_is_font("a'b"));
	assert_int_equal(style_mark("square"), 1);
	assert_int_equal(style_mark("sqare"), -1);
}

/* Keys of a file lie below those of the spec, and mistakes in it have its positions. */
static void a_file_is_a_style_for_several_specs(void **state)
{
	static const char text[] = "name: a\n"
				   "data: [{name: s, generate: {kind: spirals, n: 60}}]\n"
				   "train: [{solver: scp, neurons: 20}]\n"
				   "style: {file: test_style.house.yaml, theme: dark}\n";
	static struct problems problems;
	struct experiment experiment;
	FILE *file = fopen("test_style.house.yaml", "w");
	const char *rest;

	(void)state;
	assert_non_null(file);
	fputs("theme: grey\nwidth: 10cm\ncolors: {scp: sky}\n", file);
	fclose(file);
	assert_int_equal(spec_load_text(text, "test_style.yaml", (struct texts){0}, &arena,
					&experiment, &problems),
			 STATUS_OK);
	assert_int_equal(experiment.style.look.theme, STYLE_DARK);
	check_close(experiment.style.look.width, 10 / 2.54, 1e-15, 0);
	assert_string_equal(style_find(&experiment.style.look.colors, "scp", &rest), "sky");
	file = fopen("test_style.house.yaml", "w");
	assert_non_null(file);
	fputs("theme: grey\nwidht: 10cm\n", file);
	fclose(file);
	assert_int_equal(spec_load_text(text, "test_style.yaml", (struct texts){0}, &arena,
					&experiment, &problems),
			 STATUS_SPEC);
	assert_string_equal(problems.at[0].source, "test_style.house.yaml");
	assert_int_equal(problems.at[0].line, 2);
	unlink("test_style.house.yaml");
	assert_int_equal(spec_load_text(text, "test_style.yaml", (struct texts){0}, &arena,
					&experiment, &problems),
			 STATUS_SPEC);
	assert_int_equal(problems.at[0].line, 4);
}

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plot_goes_before_the_style_and_that_before_the_preset),
		cmocka_unit_test(a_name_stands_for_the_settings_of_its_method),
		cmocka_unit_test(colours_and_fonts_are_what_they_say),
		cmocka_unit_test(a_file_is_a_style_for_several_specs),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
