/* Rows of the experiment, of an entry of `train` and `attack`, and of a cell. */
#include "harness/spec/schema.h"
#include "harness/spec/sheet.h"

#include "harness/spec/bind/bind.h"
#include "solvers/model/attack.h"

#include <string.h>

static const char *const gap_scales[] = {
	[GAP_SCALE_OBJECTIVE] = "objective", [GAP_SCALE_ZERO] = "zero", NULL};
const char *const spec_parts[] = {
	[SPEC_TEST] = "test", [SPEC_TRAIN] = "train", [SPEC_VALIDATION] = "validation", NULL};
static const char *const timings[] = {
	[TIMING_SHARED] = "shared", [TIMING_EXCLUSIVE] = "exclusive", NULL};
static const char *const draw_words[] = {"repetition", NULL};
const char *const spec_precisions[] = {"double", "single", NULL};

/* One place for documentation and ranges of the stopping rules; only the defaults differ. */
#define STOP_ROWS(iterations_, gap_, gap_scale_, patience_, seconds_)                             \
	{OPTION_FIELD(struct stop_options, iterations), .initial = (iterations_),                 \
	 .range = RANGE_FROM(1), .doc = "stop after this many outer iterations"},                 \
		{OPTION_FIELD(struct stop_options, gap), .initial = (gap_),                       \
		 .range = RANGE_ABOVE(0),                                                         \
		 .doc = "stop at this certified gap, a share of what gap_scale says"},            \
		{OPTION_FIELD(struct stop_options, gap_scale), .initial = (gap_scale_),           \
		 .names = gap_scales,                                                             \
		 .doc = "what the gap is a share of: the objective, or that of the "              \
			"network without neurons"},                                               \
		{OPTION_FIELD(struct stop_options, residual), .initial = "null",                  \
		 .range = RANGE_ABOVE(0),                                                         \
		 .doc = "stop when the relative primal and dual residuals that the "              \
			"method reports are both this small"},                                    \
		{OPTION_FIELD(struct stop_options, patience), .initial = (patience_),             \
		 .range = RANGE_FROM(0),                                                          \
		 .doc = "stop after this many evaluations without a lower objective or a higher " \
			"bound; 0 = never"},                                                      \
		{OPTION_FIELD(struct stop_options, seconds), .initial = (seconds_),               \
		 .range = RANGE_ABOVE(0), .unit = UNIT_SECONDS,                                   \
		 .doc = "stop after this time of setup and solve"},                               \
	{                                                                                         \
		.name = NULL                                                                      \
	}

static const struct option stop_rows[] = {STOP_ROWS("1000", "null", "objective", "0", "null")};
static const struct option stop_override_rows[] = {
	STOP_ROWS("null", "null", "null", "null", "null")};

static const struct option resource_rows[] = {
	{OPTION_FIELD(struct resource_options, jobs), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "cells computed at the same time; 0 = choose"},
	{OPTION_FIELD(struct resource_options, threads), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "threads per cell; 0 = cores divided by jobs, or one where a cell is too small "
		"for more"},
	{OPTION_FIELD(struct resource_options, ranks), .initial = "1",
	 .range = RANGE_WITHIN(1, 4096),
	 .doc = "processes that share the rows of a cell by MPI; needs a build with `make MPI=1`, "
		"and threads are those of each"},
	{OPTION_FIELD(struct resource_options, nodes), .initial = "1",
	 .range = RANGE_WITHIN(1, 4096),
	 .doc = "machines that the ranks of a cell are spread over, as many on each, by a batch "
		"system or by `launch`; its memory is that of the one which needs most"},
	{OPTION_FIELD(struct resource_options, launch), .initial = "mpirun -n",
	 .doc = "command that starts ranks; their number and the worker follow, as in srun "
		"--mpi=pmi2 -n"},
	{OPTION_FIELD(struct resource_options, time_limit), .initial = "null",
	 .range = RANGE_ABOVE(0), .unit = UNIT_SECONDS, .doc = "wall-clock limit of a cell"},
	{OPTION_FIELD(struct resource_options, grace), .initial = "null", .range = RANGE_FROM(0),
	 .unit = UNIT_SECONDS,
	 .doc = "time after the limit to evaluate, attack and record what there is; a fifth of the "
		"limit by default, at least 2 s"},
	{OPTION_FIELD(struct resource_options, timing), .initial = "shared", .names = timings,
	 .doc = "exclusive: one cell at a time, and no other run of this user beside it"},
	{OPTION_FIELD(struct resource_options, memory_limit), .initial = "null",
	 .range = RANGE_ABOVE(0), .unit = UNIT_BYTES, .doc = "memory limit of a cell"},
	{OPTION_FIELD(struct resource_options, executor), .initial = "local", .kind = KIND_EXECUTOR,
	 .doc = "where the cells are computed"},
	{.name = NULL},
};

const char *spec_attack_name(const struct attack_options *o)
{
	return o->name ? o->name : o->attack.item->name;
}

const struct attack_options *spec_select_attack(const struct select_options *select,
						const struct groups *attack)
{
	const struct attack_options *entry = attack->at;

	for (size_t i = 0; i < attack->count; i++)
		if (!select->attack || strcmp(spec_attack_name(&entry[i]), select->attack) == 0)
			return &entry[i];
	for (size_t i = 0; i < attack->count; i++) /* none is called so */
		if (strcmp(entry[i].attack.item->name, select->attack) == 0)
			return &entry[i];
	return NULL;
}

const struct option schema_attack[] = {
	{OPTION_FIELD(struct attack_options, name), .initial = "null",
	 .doc = "name in tables; the attack's by default"},
	{OPTION_FIELD(struct attack_options, attack), .kind = KIND_ATTACK, .style = CHOICE_FLAT,
	 .doc = "name of the attack; its options are keys beside it"},
	THREAT_NORM(struct attack_options, threat_norms),
	{OPTION_FIELD(struct attack_options, eps), .range = RANGE_FROM(0), .shape = LIST_SET,
	 .doc = "radii of the ball, in `units`"},
	THREAT_REST(struct attack_options, NULL, THREAT_OLD_CLIP | THREAT_OLD_UNITS),
	{OPTION_FIELD(struct attack_options, keep), .initial = "0", .range = RANGE_WITHIN(0, 100),
	 .later = true,
	 .doc = "samples stored before and after the attack at its largest eps, for the plot "
		"`pictures`: the first ones of the part that are classified correctly"},
	{OPTION_FIELD(struct attack_options, part), .initial = "test", .names = spec_parts,
	 .later = true, .doc = "points that are attacked"},
	{OPTION_FIELD(struct attack_options, export), .initial = "false", .later = true,
	 .doc = "store the worst points of every radius, in the units of the source, with their "
		"rows in adversarial.npz; needs steps of prepare that act column by column"},
	{.name = NULL},
};

const struct option schema_certify[] = {
	{OPTION_FIELD(struct certify_options, certificate), .kind = KIND_CERTIFICATE,
	 .style = CHOICE_FLAT, .doc = "name of the certificate; its options are keys beside it"},
	THREAT_NORM(struct certify_options, threat_norms),
	{OPTION_FIELD(struct certify_options, eps), .range = RANGE_FROM(0), .shape = LIST_SET,
	 .doc = "radii of the ball, in `units`"},
	THREAT_REST(struct certify_options, NULL, THREAT_OLD_CLIP | THREAT_OLD_UNITS),
	{OPTION_FIELD(struct certify_options, part), .initial = "test", .names = spec_parts,
	 .doc = "points that are certified"},
	{.name = NULL},
};

static const struct option plot_rows[] = {
	{OPTION_FIELD(struct plot_options, plot), .kind = KIND_PLOT, .style = CHOICE_FLAT,
	 .doc = "name of the plot; its options are keys beside it"},
	STYLE_OF_ONE_ROWS(struct plot_options, look),
	STYLE_ROWS(struct plot_options, look),
	{.name = NULL},
};

static const struct option style_rows[] = {
	{OPTION_FIELD(struct style_options, file), .initial = "null", .path = PATH_OTHER,
	 .doc = "YAML file of such keys, for several specs; what stands here comes before it"},
	STYLE_ROWS(struct style_options, look),
	{.name = NULL},
};

struct style_file {
	struct style look;
};

const struct option schema_style[] = {STYLE_ROWS(struct style_file, look), {.name = NULL}};

static const char *const halving_budgets[] = {
	[HALVING_ITERATIONS] = "iterations", [HALVING_SECONDS] = "seconds", NULL};

static const struct option halving_rows[] = {
	{OPTION_FIELD(struct halving_options, rungs), .initial = "0", .range = RANGE_WITHIN(0, 30),
	 .fixed = true,
	 .doc = "rounds of training; the settings that are best on the validation part of one are "
		"run in the next"},
	{OPTION_FIELD(struct halving_options, budget), .initial = "iterations",
	 .names = halving_budgets, .fixed = true, .doc = "rule of `stop` that is the budget"},
	{OPTION_FIELD(struct halving_options, from), .initial = "null", .range = RANGE_ABOVE(0),
	 .fixed = true, .doc = "budget of the first rung, of each setting"},
	{OPTION_FIELD(struct halving_options, eta), .initial = "3", .range = RANGE_WITHIN(2, 1000),
	 .fixed = true,
	 .doc = "each rung has so many times the budget of the one before, and one in so many of "
		"its settings, rounded down, but at least one"},
	{.name = NULL},
};

size_t spec_survivors(const struct halving_options *halving, size_t settings)
{
	size_t left = halving->rungs ? settings / (size_t)halving->eta : settings;

	return left > 0 ? left : 1;
}

#define TRAIN_NAME                                                       \
	{                                                                \
		OPTION_FIELD(struct train_options, name),                \
			.initial = "null", .fixed = true,                \
			.doc = "name in tables; the solver's by default" \
	}
#define TRAIN_METHOD                                                                             \
	{OPTION_FIELD(struct train_options, solver), .kind = KIND_TRAINER, .style = CHOICE_FLAT, \
	 .doc = "name of the trainer; its options are keys beside it"},                          \
		{OPTION_FIELD(struct train_options, loss), .initial = "squared",                 \
		 .kind = KIND_LOSS, .doc = "loss to train with"},                                \
		{OPTION_FIELD(struct train_options, beta), .initial = "1e-4",                    \
		 .range = RANGE_ABOVE(0),                                                        \
		 .doc = "weight of the regularisation; or {path: [first, last, count]}, a path " \
			"of falling penalties, each solved from the one before (first: max, "    \
			"the least one whose model is zero)"},                                   \
		{OPTION_FIELD(struct train_options, penalties), .initial = "1",                  \
		 .range = RANGE_WITHIN(1, 10000), .later = true,                                 \
		 .doc = "their count, which `beta: {path: ...}` sets"},                          \
		{OPTION_FIELD(struct train_options, first_penalty), .initial = "null",           \
		 .range = RANGE_ABOVE(0), .later = true,                                         \
		 .doc = "the first one of them; unset: max"},                                    \
		{OPTION_FIELD(struct train_options, bound),                                      \
		 .initial = "null",                                                              \
		 .kind = KIND_TRAINER,                                                           \
		 .shorthand = "all_networks",                                                    \
		 .later = true,                                                                  \
		 .doc = "after training bound the objective over networks of every width, from " \
			"the one trained: true, or a method of bounds with its options; of a "   \
			"path each penalty. For methods without a bound of their own"},          \
		{OPTION_FIELD(struct train_options, bound_seconds),                              \
		 .initial = "60",                                                                \
		 .range = RANGE_ABOVE(0),                                                        \
		 .unit = UNIT_SECONDS,                                                           \
		 .later = true,                                                                  \
		 .doc = "that this bound may take, of a path all of them; no part of training"}, \
		{OPTION_FIELD(struct train_options, average), .initial = "false",                \
		 .doc = "mean instead of sum over samples"},                                     \
		{OPTION_FIELD(struct train_options, fresh), .initial = "0",                      \
		 .range = RANGE_FROM(0),                                                         \
		 .doc = "patterns or neurons drawn anew after training, to estimate the share "  \
			"that would lower the optimum; needs a gap below 1e-3"},                 \
		{OPTION_FIELD(struct train_options, draw),                                       \
		 .initial = "repetition",                                                        \
		 .range = RANGE_FROM(0),                                                         \
		 .words = draw_words,                                                            \
		 .later = true,                                                                  \
		 .doc = "which draw of patterns, of the start and of batches: the same in all "  \
			"repetitions if it is a number; swept beside `draw` of the data for "    \
			"the plot `variance`"},                                                  \
	{                                                                                        \
		OPTION_FIELD(struct train_options, select),                                      \
			.rows = select_rows, .shorthand = "by", .fixed = true,                   \
			.doc = "choice among the variants of a sweep by their validation part"   \
	}

const struct option schema_train[] = {
	TRAIN_NAME,
	TRAIN_METHOD,
	{OPTION_FIELD(struct train_options, halving), .rows = halving_rows, .fixed = true,
	 .doc = "successive halving of the variants of a sweep; needs `select`"},
	{OPTION_FIELD(struct train_options, data), .initial = "null", .fixed = true,
	 .doc = "names of the data sets to run on; all by default"},
	{OPTION_FIELD(struct train_options, stop), .rows = stop_override_rows,
	 .doc = "stopping rules that differ from the experiment's"},
	{.name = NULL},
};

/* A cell has one data set and its stopping rules merged, so neither belongs to its `train`. */
static const struct option cell_train_rows[] = {TRAIN_NAME, TRAIN_METHOD, {.name = NULL}};

static const struct option swept_rows[] = {
	{OPTION_FIELD(struct swept, path), .doc = "path of a swept option"},
	{OPTION_FIELD(struct swept, value), .doc = "its value in this cell"},
	{.name = NULL},
};

#define ATTACK_LIST                                                \
	OPTION_FIELD(struct sheet, attack), .rows = schema_attack, \
					    .size = sizeof(struct attack_options)

const struct option schema_attacks[] = {{ATTACK_LIST}, {.name = NULL}};

#define SHEET_NAMES                                                                        \
	{OPTION_FIELD(struct sheet, name), .initial = "null",                              \
	 .doc = "results go to results/<name>; the file's name without .yaml by default"}, \
	{                                                                                  \
		OPTION_FIELD(struct sheet, about), .initial = "''",                        \
						   .doc = "one line for the report"        \
	}
#define SHEET_PLOTS                                                                     \
	{                                                                               \
		OPTION_FIELD(struct sheet, plots), .initial = "[]", .rows = plot_rows,  \
						   .size = sizeof(struct plot_options), \
						   .doc = "plots of the report"         \
	}
#define SHEET_TABLES                                                                      \
	{                                                                                 \
		OPTION_FIELD(struct sheet, tables), .initial = "[]", .rows = table_rows,  \
						    .size = sizeof(struct table_options), \
						    .doc = "tables of one's own: which "  \
							   "columns and rows, how shown"  \
	}

#define SHEET_STYLE                                                                           \
	{                                                                                     \
		OPTION_FIELD(struct sheet, style), .initial = "null", .rows = style_rows,     \
						   .shorthand = "preset",                     \
						   .doc = "how plots look where they say no " \
							  "other"                             \
	}

#define SHEET_CLAIMS                                                                      \
	{                                                                                 \
		OPTION_FIELD(struct sheet, claims), .initial = "[]", .rows = claim_rows,  \
						    .size = sizeof(struct claim_options), \
						    .doc = "what a paper says, and what " \
							   "tests it"                     \
	}

const struct option schema_shown[] = {SHEET_NAMES, SHEET_PLOTS,  SHEET_TABLES,
				      SHEET_STYLE, SHEET_CLAIMS, {.name = NULL}};

const struct option schema_figures[] = {SHEET_PLOTS, SHEET_STYLE, {.name = NULL}};

const struct option schema_sheet[] = {
	SHEET_NAMES,
	{OPTION_FIELD(struct sheet, seed), .initial = "20220518", .range = RANGE_FROM(0),
	 .doc = "master seed of every random stream"},
	{OPTION_FIELD(struct sheet, repeats), .initial = "1", .range = RANGE_WITHIN(1, 1000000),
	 .doc = "repetitions of every cell, with different streams"},
	{OPTION_FIELD(struct sheet, precision), .initial = "double", .names = spec_precisions,
	 .doc = "scalar type of the solvers"},
	{OPTION_FIELD(struct sheet, resources), .rows = resource_rows, .doc = "limits of a run"},
	{OPTION_FIELD(struct sheet, data), .doc = "data sets"},
	{OPTION_FIELD(struct sheet, train), .doc = "methods"},
	{OPTION_FIELD(struct sheet, stop), .rows = stop_rows, .doc = "stopping rules"},
	{ATTACK_LIST, .initial = "[]", .doc = "attacks on every trained model"},
	{OPTION_FIELD(struct sheet, certify), .initial = "[]", .rows = schema_certify,
	 .size = sizeof(struct certify_options),
	 .doc = "certificates of every trained model: lower bounds where attacks are upper ones"},
	{OPTION_FIELD(struct sheet, samples), .initial = "false",
	 .doc = "write for each cell samples.csv: row, label, prediction and margin of each "
		"sample, what attacks found, what certificates prove"},
	SHEET_PLOTS,
	SHEET_TABLES,
	SHEET_STYLE,
	SHEET_CLAIMS,
	{.name = NULL},
};

/* What the result of training depends on. */
#define TRAINING_ROWS                                                                             \
	{OPTION_FIELD(struct cell, seed), .range = RANGE_FROM(0)},                                \
		{OPTION_FIELD(struct cell, repetition), .range = RANGE_FROM(0)},                  \
		{OPTION_FIELD(struct cell, precision), .names = spec_precisions},                 \
		{OPTION_FIELD(struct cell, data), .rows = data_rows},                             \
		{OPTION_FIELD(struct cell, train), .rows = cell_train_rows},                      \
		{OPTION_FIELD(struct cell, stop), .rows = stop_rows},                             \
		{OPTION_AS("fold", struct cell, data.split.fold), .initial = "0", .later = true}, \
	{                                                                                         \
		OPTION_AS("inner_fold", struct cell, data.split.inner_fold), .initial = "0",      \
									     .later = true        \
	}

const struct option schema_training[] = {TRAINING_ROWS, {.name = NULL}};

const struct option schema_cell[] = {
	TRAINING_ROWS,
	{OPTION_FIELD(struct cell, attack), .rows = schema_attack,
	 .size = sizeof(struct attack_options)},
	{OPTION_FIELD(struct cell, certify), .rows = schema_certify,
	 .size = sizeof(struct certify_options)},
	{OPTION_FIELD(struct cell, samples), .initial = "false", .later = true},
	{OPTION_FIELD(struct cell, selects), .initial = "[]", .rows = schema_attack,
	 .size = sizeof(struct attack_options)},
	{OPTION_FIELD(struct cell_text, swept), .rows = swept_rows, .size = sizeof(struct swept)},
	{.name = NULL},
};

const struct option *spec_option(const char *path)
{
	const struct option *rows = schema_sheet, *found = NULL;

	while (rows && rows->name) {
		size_t length = strcspn(path, ".");

		if (strncmp(rows->name, path, length) != 0 || rows->name[length]) {
			rows++;
			continue;
		}
		found = path[length] ? NULL : rows;
		rows = path[length] ? rows->rows : NULL;
		path += length + (path[length] == '.');
	}
	return found;
}
