/* A small registry for the tests of harness/spec, in the place of harness/registry.c: items of
 * every kind of row, so that the tests do not change whenever an algorithm is added. Include it
 * once per executable. */
#ifndef TESTS_SPEC_REGISTRY_H
#define TESTS_SPEC_REGISTRY_H

#include "harness/data/data.h"
#include "solvers/core/desc.h"
#include "solvers/gates/pattern.h"
#include "solvers/loss/loss.h"
#include "solvers/model/attack.h"
#include "solvers/model/trainer.h"

#include <math.h>
#include <string.h>

struct fake_patterns {
	long count;
	struct choice from;
	const char *file;
};

struct fake_admm {
	double rho;
	struct fake_patterns patterns;
	struct choice u_update;
	bool polish;
};

struct fake_sgd {
	long width;
	double learning_rate;
	struct reals milestones;
	double budget;
};

struct fake_scp {
	long neurons;
};

struct fake_pcg {
	long rank;
	double tolerance;
};

struct fake_logistic {
	double scale;
};

struct fake_generate {
	struct choice kind;
	long n;
	double noise;
};

struct fake_csv {
	const char *path, *test;
	struct texts drop;
	long missing;
};

struct fake_unit {
	double range;
};

struct fake_crown {
	long steps;
};

struct fake_pgd {
	long steps, restarts;
};

struct fake_convergence {
	const char *x, *y;
};

struct fake_turns {
	double turns;
};

static const char *const fake_count_words[] = {"all", "auto", NULL};

static const struct option fake_pattern_rows[] = {
	{OPTION_FIELD(struct fake_patterns, count), .initial = "64", .range = RANGE_FROM(1),
	 .words = fake_count_words},
	{OPTION_FIELD(struct fake_patterns, from), .initial = "gaussian", .kind = KIND_PATTERNS},
	{OPTION_FIELD(struct fake_patterns, file), .initial = "null", .path = PATH_OTHER},
	{.name = NULL},
};

static const struct option fake_admm_rows[] = {
	{OPTION_FIELD(struct fake_admm, rho), .initial = "1", .range = RANGE_ABOVE(0),
	 .doc = "penalty"},
	{OPTION_FIELD(struct fake_admm, patterns), .rows = fake_pattern_rows, .shorthand = "count",
	 .doc = "activation patterns"},
	{OPTION_FIELD(struct fake_admm, u_update), .initial = "dual", .kind = KIND_U_UPDATE,
	 .doc = "how the linear system is solved"},
	{OPTION_FIELD(struct fake_admm, polish), .initial = "false"},
	{.name = NULL},
};

static const struct option fake_sgd_rows[] = {
	{OPTION_FIELD(struct fake_sgd, width), .initial = "64", .range = RANGE_FROM(1)},
	{OPTION_FIELD(struct fake_sgd, learning_rate), .initial = "0.01",
	 .range = RANGE_BETWEEN(0, 10)},
	{OPTION_FIELD(struct fake_sgd, milestones), .initial = "[0.5, 0.75]",
	 .range = RANGE_WITHIN(0, 1)},
	{OPTION_FIELD(struct fake_sgd, budget), .initial = "null", .unit = UNIT_BYTES},
	{.name = NULL},
};

static const struct option fake_scp_rows[] = {
	{OPTION_FIELD(struct fake_scp, neurons), .range = RANGE_FROM(1)},
	{.name = NULL},
};

static const struct option fake_pcg_rows[] = {
	{OPTION_FIELD(struct fake_pcg, rank), .initial = "50", .range = RANGE_FROM(1)},
	{OPTION_FIELD(struct fake_pcg, tolerance), .initial = "1e-6", .range = RANGE_ABOVE(0)},
	{.name = NULL},
};

static const struct option fake_logistic_rows[] = {
	{OPTION_FIELD(struct fake_logistic, scale), .initial = "1", .range = RANGE_ABOVE(0)},
	{.name = NULL},
};

static const struct option fake_generate_rows[] = {
	{OPTION_FIELD(struct fake_generate, kind), .kind = KIND_GENERATOR, .style = CHOICE_FLAT},
	{OPTION_FIELD(struct fake_generate, n), .initial = "200", .range = RANGE_FROM(2)},
	{OPTION_FIELD(struct fake_generate, noise), .initial = "0", .range = RANGE_FROM(0)},
	{.name = NULL},
};

static const char *const fake_missing_names[] = {"error", "drop", "mean", NULL};

static const struct option fake_csv_rows[] = {
	{OPTION_FIELD(struct fake_csv, path), .path = PATH_OTHER},
	{OPTION_FIELD(struct fake_csv, test), .initial = "null", .path = PATH_OTHER},
	{OPTION_FIELD(struct fake_csv, drop), .initial = "[]"},
	{OPTION_FIELD(struct fake_csv, missing), .initial = "error", .names = fake_missing_names},
	{.name = NULL},
};

static const struct option fake_unit_rows[] = {
	{OPTION_FIELD(struct fake_unit, range), .initial = "1", .range = RANGE_ABOVE(0)},
	{.name = NULL},
};

static const struct option fake_crown_rows[] = {
	{OPTION_FIELD(struct fake_crown, steps), .initial = "20", .range = RANGE_FROM(0)},
	{.name = NULL},
};

static const struct option fake_pgd_rows[] = {
	{OPTION_FIELD(struct fake_pgd, steps), .initial = "40", .range = RANGE_FROM(1)},
	{OPTION_FIELD(struct fake_pgd, restarts), .initial = "1", .range = RANGE_FROM(1)},
	{.name = NULL},
};

static const struct option fake_convergence_rows[] = {
	{OPTION_FIELD(struct fake_convergence, x), .initial = "seconds"},
	{OPTION_FIELD(struct fake_convergence, y), .initial = "objective"},
	{.name = NULL},
};

static const struct option fake_turns_rows[] = {
	{OPTION_FIELD(struct fake_turns, turns), .initial = "2", .range = RANGE_ABOVE(0)},
	{.name = NULL},
};

static double fake_finite(const void *options)
{
	(void)options;
	return 1;
}

static double fake_none(const void *options)
{
	(void)options;
	return HUGE_VAL;
}

static bool fake_takes(const struct problem *problem, const void *options, const char **wanted)
{
	(void)options;
	*wanted = "a loss with a finite second derivative";
	return problem->loss.loss->curvature(problem->loss.options) < HUGE_VAL;
}

#define FAKE(name_, rows_, structure)                                \
	{                                                            \
		name_, "doc of " name_, "", rows_, sizeof(structure) \
	}
#define FAKE_PLAIN(name_)                           \
	{                                           \
		name_, "doc of " name_, "", NULL, 0 \
	}

static const struct trainer fake_admm = {.base = FAKE("admm", fake_admm_rows, struct fake_admm)};
static const struct trainer fake_scp = {.base = FAKE("scp", fake_scp_rows, struct fake_scp),
					.takes = fake_takes};
static const struct trainer fake_sgd = {.base = FAKE("sgd", fake_sgd_rows, struct fake_sgd),
					.takes = fake_takes};
static const struct loss fake_squared = {
	.base = FAKE_PLAIN("squared"), .regression = true, .curvature = fake_finite};
static const struct loss fake_logistic = {
	.base = FAKE("logistic", fake_logistic_rows, struct fake_logistic),
	.curvature = fake_finite};
static const struct loss fake_hinge = {.base = FAKE_PLAIN("hinge"), .curvature = fake_none};

static const struct desc fake_dual = FAKE_PLAIN("dual");
static const struct desc fake_cholesky = FAKE_PLAIN("cholesky");
static const struct desc fake_pcg = FAKE("pcg", fake_pcg_rows, struct fake_pcg);
static const struct desc fake_gaussian = FAKE_PLAIN("gaussian");
static const struct desc fake_perturbed = FAKE_PLAIN("perturbed");
static const struct desc fake_generate = FAKE("generate", fake_generate_rows, struct fake_generate);
static const struct desc fake_csv = FAKE("csv", fake_csv_rows, struct fake_csv);
static const struct desc fake_spirals = FAKE("spirals", fake_turns_rows, struct fake_turns);
static const struct desc fake_moons = FAKE_PLAIN("moons");
static const struct desc fake_standardize = FAKE_PLAIN("standardize");
static const struct desc fake_unit = FAKE("unit", fake_unit_rows, struct fake_unit);
static const struct desc fake_bias = FAKE_PLAIN("bias");
static const struct desc fake_fgsm = FAKE_PLAIN("fgsm");
static const struct desc fake_pgd = FAKE("pgd", fake_pgd_rows, struct fake_pgd);
static const struct desc fake_interval = FAKE_PLAIN("interval");
static const struct desc fake_crown = FAKE("crown", fake_crown_rows, struct fake_crown);
static const struct desc fake_convergence =
	FAKE("convergence", fake_convergence_rows, struct fake_convergence);
static const struct desc fake_local = FAKE_PLAIN("local");
static const struct desc fake_robust = FAKE_PLAIN("robust_accuracy");

enum { FAKE_ROOM = 6 };

static const struct {
	const char *title;
	const struct desc *items[FAKE_ROOM];
} fake_tables[KIND_COUNT] = {
	[KIND_SOLVER] = {"solvers", {&fake_admm.base, &fake_scp.base}},
	[KIND_BASELINE] = {"baselines", {&fake_sgd.base}},
	[KIND_TRAINER] = {"trainers", {&fake_admm.base, &fake_scp.base, &fake_sgd.base}},
	[KIND_U_UPDATE] = {"u_updates", {&fake_dual, &fake_cholesky, &fake_pcg}},
	[KIND_LOSS] = {"losses", {&fake_squared.base, &fake_logistic.base, &fake_hinge.base}},
	[KIND_PATTERNS] = {"patterns", {&fake_gaussian, &fake_perturbed}},
	[KIND_DATA] = {"data", {&fake_generate, &fake_csv}},
	[KIND_GENERATOR] = {"generators", {&fake_spirals, &fake_moons}},
	[KIND_PREPARE] = {"prepare", {&fake_standardize, &fake_unit, &fake_bias}},
	[KIND_ATTACK] = {"attacks", {&fake_fgsm, &fake_pgd}},
	[KIND_CERTIFICATE] = {"certificates", {&fake_interval, &fake_crown}},
	[KIND_PLOT] = {"plots", {&fake_convergence, &fake_robust}},
	[KIND_EXECUTOR] = {"executors", {&fake_local}},
};

size_t registry_count(enum kind kind)
{
	size_t count = 0;

	while (count < FAKE_ROOM && fake_tables[kind].items[count])
		count++;
	return count;
}

const struct desc *registry_at(enum kind kind, size_t index)
{
	return fake_tables[kind].items[index];
}

const struct desc *registry_find(enum kind kind, const char *name)
{
	for (size_t i = 0; i < registry_count(kind); i++)
		if (strcmp(registry_at(kind, i)->name, name) == 0)
			return registry_at(kind, i);
	return NULL;
}

const char *registry_title(enum kind kind)
{
	return fake_tables[kind].title;
}

#endif
