/* Good specs: bound values, defaults, sweeps, anchors, --set, canonical text. */
#include "harness/spec/spec.h"
#include "tests/close.h"
#include "tests/unit/harness/spec/spec_registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

static char file[64]; /* a spec of its own for each test */
static struct arena arena;
static struct problems problems;
static struct experiment experiment;

static const char data_toy[] = "data:\n  - name: toy\n    generate: {kind: moons}\n";

static int make_file(void **state)
{
	int fd;

	(void)state;
	strcpy(file, "/tmp/spec_XXXXXX.yaml");
	fd = mkstemps(file, 5);
	return fd < 0 || close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	arena_release(&arena);
	return unlink(file);
}

static enum status load_with(const char *head, const char *rest, struct texts sets)
{
	FILE *to = fopen(file, "w");

	assert_non_null(to);
	fputs(head, to);
	fputs(rest, to);
	fclose(to);
	return spec_load(file, sets, &arena, &experiment, &problems);
}

/* Load data_toy and the rest of a spec. */
static void load(const char *head, const char *rest)
{
	enum status status = load_with(head, rest, (struct texts){0});

	if (status != STATUS_OK)
		err_print(&problems.at[0], stderr);
	assert_int_equal(status, STATUS_OK);
	assert_int_equal(problems.count, 0);
}

static const struct fake_admm *admm_of(size_t cell)
{
	check_below(cell, experiment.cell_count);
	assert_string_equal(experiment.cells[cell].train.solver.item->name, "admm");
	return experiment.cells[cell].train.solver.options;
}

static void check_swept(size_t cell, size_t index, const char *path, const char *value)
{
	check_below(index, experiment.cells[cell].swept_count);
	assert_string_equal(experiment.cells[cell].swept[index].path, path);
	assert_string_equal(experiment.cells[cell].swept[index].value, value);
}

static void defaults_fill_what_is_not_given(void **state)
{
	const struct cell *cell;

	(void)state;
	load(data_toy, "train:\n  - solver: admm\n");
	cell = experiment.cells;
	assert_int_equal(experiment.cell_count, 1);
	assert_memory_equal(experiment.name, "spec_", 5);
	assert_null(strchr(experiment.name, '.'));
	assert_string_equal(experiment.about, "");
	assert_int_equal(experiment.seed, 20220518);
	assert_int_equal(experiment.repeats, 1);
	assert_int_equal(experiment.precision, 0);
	check_nan(experiment.resources.time_limit);
	check_nan(experiment.resources.memory_limit);
	assert_int_equal(experiment.attack.count, 0);
	assert_int_equal(experiment.plots.count, 0);
	assert_int_equal(cell->stop.iterations, 1000);
	check_nan(cell->stop.gap);
	assert_int_equal(cell->stop.patience, 0);
	check_nan(cell->stop.residual);
	assert_string_equal(cell->train.name, "admm");
	assert_string_equal(cell->train.loss.item->name, "squared");
	assert_false(cell->train.average);
	check_equal(admm_of(0)->rho, 1);
	assert_int_equal(admm_of(0)->patterns.count, 64);
	assert_null(admm_of(0)->patterns.file);
	assert_string_equal(admm_of(0)->patterns.from.item->name, "gaussian");
	assert_string_equal(admm_of(0)->u_update.item->name, "dual");
	assert_string_equal(cell->data.source.item->name, "generate");
	assert_int_equal(cell->swept_count, 0);
	assert_string_equal(cell->id, "");
}

static void expect_assault_and_certificate(void)
{
	const struct attack_options *attack;
	const struct certify_options *certify;

	attack = experiment.attack.at;
	assert_int_equal(attack->threat.norm, NORM_L2);
	check_equal(attack->threat.units, 1);
	check_equal(attack->eps.count, 3);
	check_equal(attack->eps.at[0], 0);
	check_equal(attack->eps.at[1], 0.1);
	check_equal(attack->threat.clip.at[0], -1);
	check_equal(attack->threat.clip.at[1], 1);
	certify = experiment.certify.at;
	assert_int_equal(certify->threat.norm, NORM_L1);
	check_equal(certify->part, 1);
	check_equal(certify->eps.at[0], 0.1);
	assert_int_equal(((const struct fake_crown *)certify->certificate.options)->steps, 4);
}

static void every_type_is_bound(void **state)
{
	const struct data_options *data;
	const struct fake_sgd *sgd;

	(void)state;
	load("name: all_types\nabout: \"a: b\"\nseed: 7\nprecision: single\n"
	     "resources: {jobs: 2, threads: 1, time_limit: 10m, memory_limit: 4GiB}\n"
	     "stop: {iterations: 1e3, gap: 1e-4, residual: 1e-5, patience: 20, seconds: 1.5h}\n",
	     "data:\n"
	     "  - name: spirals\n"
	     "    generate: {kind: spirals, n: 50, turns: 3/2}\n"
	     "    classes: [2, eight]\n"
	     "    split: {test: 0.3, stratified: false}\n"
	     "    prepare: [standardize, {unit: {range: 255}}, {bias: }]\n"
	     "train:\n"
	     "  - {solver: sgd, width: 3, milestones: [8/255, 1], loss: {logistic: {scale: 2}},\n"
	     "     stop: {iterations: 5}, budget: 1.5kB}\n"
	     "attack:\n"
	     "  - {attack: pgd, norm: l2, eps: [0.2, 0, 0.1], steps: 4, clip: [-1, 1], units: "
	     "raw}\n"
	     "certify:\n"
	     "  - {certificate: crown, norm: l1, eps: [0.2, 0.1], steps: 4, part: train}\n"
	     "plots: [{plot: convergence, x: iterations}, {plot: robust_accuracy}]\n");
	assert_string_equal(experiment.name, "all_types");
	assert_string_equal(experiment.about, "a: b");
	assert_int_equal(experiment.precision, 1);
	check_equal(experiment.resources.time_limit, 600);
	check_equal(experiment.resources.memory_limit, 4294967296.0);
	assert_int_equal(experiment.stop.iterations, 1000);
	check_equal(experiment.stop.seconds, 5400);
	assert_int_equal(experiment.plots.count, 2);
	data = &experiment.cells[0].data;
	assert_int_equal(((const struct fake_generate *)data->source.options)->n, 50);
	assert_int_equal(data->classes.count, 2);
	assert_string_equal(data->classes.at[0], "2");
	check_equal(data->split.test, 0.3);
	assert_true(!data->split.stratified);
	assert_int_equal(data->prepare.count, 3);
	check_equal(((const struct fake_unit *)data->prepare.at[1].options)->range, 255);
	sgd = experiment.cells[0].train.solver.options;
	check_equal(sgd->width, 3);
	check_equal(sgd->budget, 1500);
	check_equal(sgd->milestones.at[0], 8.0 / 255);
	assert_int_equal(experiment.cells[0].stop.iterations, 5);
	assert_int_equal(experiment.cells[0].stop.patience, 20);
	check_equal(experiment.cells[0].stop.residual, 1e-5);
	expect_assault_and_certificate();
}

/* An entry's own stopping rules replace those of the spec for its cells alone. */
static void stopping_rules_stay_with_their_entry(void **state)
{
	(void)state;
	load("stop: {iterations: 100, gap: 1e-3}\n",
	     "data: [{name: toy, generate: {kind: moons, n: 50}}]\n"
	     "train:\n"
	     "  - {name: a, solver: sgd, stop: {gap: 1e-8, gap_scale: zero}}\n"
	     "  - {name: b, solver: sgd}\n"
	     "  - {name: c, solver: sgd, stop: {iterations: 5, patience: 7, residual: 0.1, "
	     "seconds: 2}}\n"
	     "  - {name: d, solver: sgd}\n");
	check_equal(experiment.cells[0].stop.gap, 1e-8);
	check_equal(experiment.cells[2].stop.gap, 1e-3);
	assert_int_equal(experiment.cells[2].stop.iterations, 5);
	for (size_t i = 1; i < 4; i += 2) {
		const struct stop_options *stop = &experiment.cells[i].stop;

		assert_memory_equal(stop, &experiment.stop, sizeof *stop);
	}
}

static void cells_come_in_spec_order(void **state)
{
	(void)state;
	load("repeats: 2\n", "data:\n"
			     "  - {name: a, generate: {kind: moons, noise: [0.1, 0.2]}}\n"
			     "  - {name: b, generate: {kind: moons}}\n"
			     "train:\n"
			     "  - {solver: admm, patterns: [30, 60], rho: {log: [1e-3, 1, 3]}}\n"
			     "  - {solver: sgd, data: [b]}\n");
	/* a: 2 noises x 6; b: 6 + 1; each twice */
	assert_int_equal(experiment.cell_count, 2 * (12 + 7));
	check_swept(0, 0, "data.generate.noise", "0.1");
	check_swept(0, 1, "patterns", "30");
	check_swept(0, 2, "rho", "0.001");
	check_swept(3, 2, "rho", "0.0316228");
	check_swept(4, 2, "rho", "1");
	check_swept(6, 1, "patterns", "60");
	check_swept(12, 0, "data.generate.noise", "0.2");
	assert_int_equal(experiment.cells[1].repetition, 1);
	assert_string_equal(experiment.cells[24].data.name, "b");
	assert_int_equal(experiment.cells[24].swept_count, 2);
	assert_string_equal(experiment.cells[36].train.name, "sgd");
	check_equal(admm_of(3)->rho, 0.0316228);
	assert_int_equal(admm_of(6)->patterns.count, 60);
}

static void choices_and_what_lies_in_them_are_swept(void **state)
{
	(void)state;
	load(data_toy, "train:\n  - solver: admm\n    average: [true, false]\n"
		       "    u_update: [dual, {pcg: {rank: [10, 50]}}]\n"
		       "    patterns: {count: {linear: [10, 30, 3]}}\n");
	assert_int_equal(experiment.cell_count, 2 * 3 * 3);
	assert_int_equal(experiment.cells[0].swept_count, 3);
	check_swept(0, 0, "average", "true");
	check_swept(0, 1, "u_update", "dual");
	check_swept(0, 2, "patterns.count", "10");
	assert_int_equal(experiment.cells[3].swept_count, 4);
	check_swept(3, 1, "u_update", "pcg");
	check_swept(3, 2, "u_update.pcg.rank", "10");
	check_swept(8, 2, "u_update.pcg.rank", "50");
	check_swept(8, 3, "patterns.count", "30");
	assert_int_equal(((const struct fake_pcg *)admm_of(8)->u_update.options)->rank, 50);
}

static void a_choice_named_twice_is_shown_with_its_options(void **state)
{
	(void)state;
	load(data_toy,
	     "train:\n  - {solver: admm, u_update: [{pcg: {rank: 3}}, {pcg: {rank: 4}}, dual]}\n");
	check_swept(0, 0, "u_update", "{\"pcg\":{\"rank\":3,\"tolerance\":1e-6}}");
	check_swept(2, 0, "u_update", "dual");
}

static void the_solver_is_swept(void **state)
{
	(void)state;
	load(data_toy, "train:\n  - {solver: [admm, sgd], loss: [squared, logistic]}\n");
	assert_int_equal(experiment.cell_count, 4);
	check_swept(0, 0, "solver", "admm");
	check_swept(3, 0, "solver", "sgd");
	check_swept(3, 1, "loss", "logistic");
	assert_string_equal(experiment.cells[3].train.name, "sgd");
}

static void anchors_and_merge_keys_work(void **state)
{
	(void)state;
	load("x-base: &base {rho: 3, beta: 0.5}\nx-list: &rhos [1, 2]\n",
	     "data: [{name: toy, generate: {kind: moons}}]\n"
	     "train:\n"
	     "  - {<<: *base, solver: admm, beta: 0.25}\n"
	     "  - {<<: [{beta: 0.125}, *base], solver: admm, name: other, rho: *rhos}\n");
	assert_int_equal(experiment.cell_count, 3);
	check_equal(admm_of(0)->rho, 3);
	check_equal(experiment.cells[0].train.beta, 0.25);
	check_equal(admm_of(1)->rho, 1);
	check_equal(experiment.cells[1].train.beta, 0.125);
	check_equal(admm_of(2)->rho, 2);
}

static void variables_need_no_quotes_in_a_map(void **state)
{
	(void)state;
	unsetenv("RELUBENCH_DATA");
	load("data:\n  - {name: \"${x} ${1 {y}\", csv: {path: ${RELUBENCH_DATA}/a.csv, drop: "
	     "[${a}b]}}\n",
	     "train:\n  - solver: admm\n");
	assert_string_equal(experiment.cells[0].data.name, "${x} ${1 {y}");
	assert_non_null(strstr(experiment.cells[0].text, "\"path\":\"data/a.csv\""));
	assert_non_null(strstr(experiment.cells[0].text, "\"drop\":[\"${a}b\"]"));
}

static const char *csv_path(const char *path)
{
	char spec[256];

	snprintf(spec, sizeof spec, "data:\n  - {name: a, csv: {path: \"%s\"}}\n", path);
	load(spec, "train:\n  - solver: admm\n");
	return ((const struct fake_csv *)experiment.cells[0].data.source.options)->path;
}

static void paths_are_relative_to_the_spec(void **state)
{
	(void)state;
	setenv("SPEC_TEST_FOLDER", "/some/where", 1);
	unsetenv("RELUBENCH_DATA");
	assert_string_equal(csv_path("a.csv"), "/tmp/a.csv");
	assert_string_equal(csv_path("/abs/a.csv"), "/abs/a.csv");
	assert_string_equal(csv_path("${SPEC_TEST_FOLDER}/a.csv"), "/some/where/a.csv");
	assert_string_equal(csv_path("x/${SPEC_TEST_FOLDER}/${SPEC_TEST_FOLDER}"),
			    "/tmp/x//some/where//some/where");
	assert_string_equal(csv_path("${RELUBENCH_DATA}/a.csv"), "data/a.csv");
	setenv("RELUBENCH_DATA", "/sets", 1);
	assert_string_equal(csv_path("${RELUBENCH_DATA}/a.csv"), "/sets/a.csv");
	unsetenv("RELUBENCH_DATA");
}

static void set_replaces_and_adds(void **state)
{
	static const char *const sets[] = {"train[0].rho=0.1",
					   "train.second.u_update.pcg.rank=7",
					   "train.second.patterns=[5, 6]",
					   "stop.iterations=50",
					   "seed=99",
					   "data.toy.generate.noise=0.5"};
	static const char rest[] = "train:\n  - &a {solver: admm, rho: 3}\n"
				   "  - {<<: *a, name: second, u_update: dual}\n";

	(void)state;
	assert_int_equal(load_with(data_toy, rest, (struct texts){6, sets}), STATUS_OK);
	assert_int_equal(experiment.cell_count, 3);
	check_equal(admm_of(0)->rho, 0.1);
	check_equal(admm_of(1)->rho, 3); /* the anchor's own node is not changed */
	assert_int_equal(((const struct fake_pcg *)admm_of(1)->u_update.options)->rank, 7);
	check_swept(2, 0, "patterns", "6");
	assert_int_equal(experiment.cells[0].stop.iterations, 50);
	assert_int_equal(experiment.seed, 99);
}

static void check_set_problem(const char *set, const char *message)
{
	assert_int_equal(load_with(data_toy, "train:\n  - solver: admm\n", (struct texts){1, &set}),
			 STATUS_SPEC);
	assert_string_equal(problems.at[0].source, "--set");
	assert_int_equal(problems.at[0].line, 0);
	assert_string_equal(problems.at[0].text, message);
}

static void problems_of_set_name_it(void **state)
{
	(void)state;
	check_set_problem("rho", "expected path=value, got \"rho\"");
	check_set_problem("train[0].rho=-1", "train[0].rho: expected a number > 0, got \"-1\"");
	check_set_problem("train[1].rho=1",
			  "train[1].rho: expected an index in brackets below 1 or the name "
			  "of an entry, got \"[1].rho\"");
	check_set_problem("train[0].rho=[1",
			  "train[0].rho: expected YAML, but did not find expected ',' "
			  "or ']' while parsing a flow sequence");
	check_set_problem("stop.=1", "stop.: expected a key, got \"\"");
	check_set_problem("stop[0]=1", "stop[0]: expected a list before brackets, got \"[0]\"");
	check_set_problem("train[0]rho=1",
			  "train[0]rho: expected \".\" or \"[\" behind the brackets, got \"rho\"");
	check_set_problem("sed=1",
			  "sed: expected one of the keys name, about, seed, repeats, precision, "
			  "resources, data, train, stop, attack, certify, samples, plots, tables, "
			  "style, claims, "
			  "got \"sed\"; did you "
			  "mean \"seed\"?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(defaults_fill_what_is_not_given, make_file,
						remove_file),
		cmocka_unit_test_setup_teardown(every_type_is_bound, make_file, remove_file),
		cmocka_unit_test_setup_teardown(stopping_rules_stay_with_their_entry, make_file,
						remove_file),
		cmocka_unit_test_setup_teardown(cells_come_in_spec_order, make_file, remove_file),
		cmocka_unit_test_setup_teardown(choices_and_what_lies_in_them_are_swept, make_file,
						remove_file),
		cmocka_unit_test_setup_teardown(a_choice_named_twice_is_shown_with_its_options,
						make_file, remove_file),
		cmocka_unit_test_setup_teardown(the_solver_is_swept, make_file, remove_file),
		cmocka_unit_test_setup_teardown(anchors_and_merge_keys_work, make_file,
						remove_file),
		cmocka_unit_test_setup_teardown(paths_are_relative_to_the_spec, make_file,
						remove_file),
		cmocka_unit_test_setup_teardown(variables_need_no_quotes_in_a_map, make_file,
						remove_file),
		cmocka_unit_test_setup_teardown(set_replaces_and_adds, make_file, remove_file),
		cmocka_unit_test_setup_teardown(problems_of_set_name_it, make_file, remove_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
