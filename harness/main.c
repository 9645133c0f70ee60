/* relubench: the table of verbs. */
#include "harness/cli/cli.h"
#include "harness/executor/environment.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLAG(field, doc_) \
	.row = {OPTION_FIELD(struct cli_args, field), .initial = "false", .doc = (doc_)}
#define FLAG_AS(name, field, doc_) \
	.row = {OPTION_AS(name, struct cli_args, field), .initial = "false", .doc = (doc_)}
#define TEXT(field, argument_, doc_)                                                     \
	.row = {OPTION_FIELD(struct cli_args, field), .initial = "null", .doc = (doc_)}, \
	.argument = (argument_)
#define PATH(field, argument_, doc_)                                                         \
	.row = {OPTION_FIELD(struct cli_args, field), .initial = "null", .path = PATH_OTHER, \
		.doc = (doc_)},                                                              \
	.argument = (argument_)
#define SPEC(name_, path_, argument_, doc_)                                              \
	.row = {.name = (name_), .type = OPTION_TEXT, .initial = "null", .doc = (doc_)}, \
	.argument = (argument_), .path = (path_)
#define NUMBER(field, argument_, range_, doc_)                                         \
	.row = {OPTION_FIELD(struct cli_args, field), .range = range_, .doc = (doc_)}, \
	.argument = (argument_)

#define OPTIONS_OF_SPEC                                                                 \
	{SPEC("set", "", "PATH=VALUE", "change a value of the spec: train[0].rho=0.1"), \
	 .letter = 's'},                                                                \
		{SPEC("seed", "seed", "N", "the master seed")},                         \
	{                                                                               \
		SPEC("precision", "precision", "TYPE", "scalar type of the solvers")    \
	}
#define OPTIONS_OF_PLAN                                                                          \
	{SPEC("jobs", "resources.jobs", "N", "workers at once, cores / threads by default"),     \
	 .letter = 'j'},                                                                         \
		{SPEC("threads", "resources.threads", "N",                                       \
		      "threads of each, cores / jobs by default"),                               \
		 .letter = 't'},                                                                 \
		{SPEC("timeout", "resources.time_limit", "TIME", "wall-clock limit of a cell")}, \
		{TEXT(filter, "EXPR", "only these cells: method=admm,rho=0.1,repetition=0")},    \
		{TEXT(shard, "I/N",                                                              \
		      "only every N-th cell, from the I-th on; shards may run at once")},        \
	{                                                                                        \
		PATH(out, "DIR", "results go to DIR/<name> (default: results)"), .letter = 'o'   \
	}
#define OPTION_JSON                      \
	{                                \
		FLAG(json, "print JSON") \
	}
#define OPTIONS_END                    \
	{                              \
		.row = {.name = NULL } \
	}

static const struct cli_option run_options[] = {
	OPTIONS_OF_SPEC,
	OPTIONS_OF_PLAN,
	{FLAG(force, "compute finished cells again")},
	{FLAG_AS("retry-failed", retry_failed, "compute again the cells whose status is not ok")},
	{FLAG(retime, "compute again the cells whose timing was disturbed")},
	{FLAG_AS("fail-fast", fail_fast, "start no further cell after one that is not ok")},
	{FLAG(quiet, "no progress"), .letter = 'q'},
	{FLAG_AS("no-color", no_color, "no colours (also with NO_COLOR set)")},
	OPTIONS_END,
};

static const struct cli_option plan_options[] = {OPTIONS_OF_SPEC, OPTIONS_OF_PLAN, OPTION_JSON,
						 OPTIONS_END};
static const struct cli_option look_options[] = {OPTION_JSON, OPTIONS_END};
static const struct cli_option describe_options[] = {
	{FLAG(markdown, "the whole reference instead (experiments/OPTIONS.md)")},
	OPTIONS_END,
};
static const struct cli_option data_options[] = {
	{PATH(data, "DIR",
	      "look here for data that are not where they were; their checksums decide"),
	 .letter = 'd'},
	OPTIONS_END,
};
static const struct cli_option merge_options[] = {
	{FLAG(force, "also where specs or data differ")},
	OPTIONS_END,
};
static const struct cli_option archive_options[] = {
	{PATH(output, "FILE", "the archive (default: <name of DIR>.tar.gz)"), .letter = 'o'},
	OPTIONS_END,
};
static const struct cli_option validate_options[] = {OPTIONS_OF_SPEC, OPTIONS_END};

static const struct cli_option compare_options[] = {
	{PATH(gate, "FILE",
	      "limits, as in test_accuracy: {max_decrease: 0.01}; status 3 if one breaks")},
	OPTIONS_END,
};

static const struct cli_option bounds_options[] = {
	{NUMBER(n, "N", RANGE_FROM(1), "training samples"), .letter = 'n'},
	{NUMBER(psi, "PSI", RANGE_BETWEEN(0, 1), "1 - confidence")},
	{NUMBER(xi, "XI", RANGE_BETWEEN(0, 1),
		"probability that a further pattern lowers the optimum")},
	OPTION_JSON,
	OPTIONS_END,
};

enum {
	HELP_COLUMN = 34, /* where the docs of the verbs start */
	ANY = 1 << 16     /* operands: as many as the shell passes */
};

static int cmd_help(struct cli_args *args);
static int cmd_version(struct cli_args *args);

static const struct cli_verb verbs[] = {
	{"run", "SPEC", "Plan, compute the missing cells, aggregate, plot, report.", 1, 1,
	 run_options, cmd_run},
	{"plan", "SPEC", "Show the cells, which are done, and the memory and work of the others.",
	 1, 1, plan_options, cmd_plan},
	{"validate", "SPEC...", "Show all problems of specs with their positions.", 1, ANY,
	 validate_options, cmd_validate},
	{"list", "[KIND]", "Names that a spec can use, with one line each.", 0, 1, NULL, cmd_list},
	{"describe", "[NAME]", "Options of one item: type, default, range, unit, meaning, source.",
	 0, 1, describe_options, cmd_describe},
	{"status", "DIR", "Progress of a running or finished experiment.", 1, 1, look_options,
	 cmd_status},
	{"show", "DIR CELL", "One cell: its options, its result, the command that repeats it.", 2,
	 2, look_options, cmd_show},
	{"rerun", "DIR CELL", "Compute a stored cell again and say whether its record is the same.",
	 2, 2, data_options, cmd_rerun},
	{"verify", "DIR CELL",
	 "Compute the figures of a stored cell from its data and network alone.", 2, 2,
	 data_options, cmd_verify},
	{"attack", "DIR CELL [ATTACK...]",
	 "Attack a stored cell: '{attack: strong, eps: 0.1}' ...; its own attacks by default.", 2,
	 ANY, data_options, cmd_attack},
	{"predict", "DIR CELL [PART]",
	 "Outputs of a stored cell's network: train, validation or test part.", 2, 3, data_options,
	 cmd_predict},
	{"plot", "DIR", "Draw the plots of a results folder again.", 1, 1, NULL, cmd_plot},
	{"report", "DIR", "Rebuild tables, plots and report of a results folder.", 1, 1, NULL,
	 cmd_report},
	{"compare", "A B", "Differences of two results folders, cell by cell and metric by metric.",
	 2, 2, compare_options, cmd_compare},
	{"merge", "DEST SOURCE...",
	 "Unite results folders: shards and late results, the better of two records.", 2, ANY,
	 merge_options, cmd_merge},
	{"archive", "DIR", "Pack a results folder with checksums of its files and of its data.", 1,
	 1, archive_options, cmd_archive},
	{"bounds", NULL, "How many sampled patterns or neurons are enough, before anything is run.",
	 0, 0, bounds_options, cmd_bounds},
	{"env", NULL, "Build, BLAS, CPU, memory, versions.", 0, 0, NULL, cmd_env},
	{"help", "[VERB]", "The verbs, or operands and options of one.", 0, 1, NULL, cmd_help},
	{"version", NULL, "The version.", 0, 0, NULL, cmd_version},
	{NULL, NULL, NULL, 0, 0, NULL, NULL},
};

static void print_help(FILE *to)
{
	fprintf(to, "usage: relubench VERB ...\n\n");
	for (const struct cli_verb *verb = verbs; verb->name; verb++) {
		int used = fprintf(to, "  %-9s %-20s", verb->name,
				   verb->operands ? verb->operands : "");

		cli_print_doc((size_t)used, HELP_COLUMN, verb->doc, to);
	}
	fputs("\nrelubench help VERB shows the options of a verb, relubench version the version.\n",
	      to);
}

static const struct cli_verb *find_verb(const char *name)
{
	const char *names[sizeof verbs / sizeof *verbs];
	size_t count = 0;

	for (const struct cli_verb *verb = verbs; verb->name; verb++) {
		if (strcmp(name, verb->name) == 0)
			return verb;
		names[count++] = verb->name;
	}
	cli_unknown("verb", name, names, count);
	return NULL;
}

static int cmd_help(struct cli_args *args)
{
	const struct cli_verb *verb = args->count ? find_verb(args->operand[0]) : NULL;

	if (args->count && !verb)
		return STATUS_SPEC;
	if (verb)
		cli_help(verb);
	else
		print_help(stdout);
	return STATUS_OK;
}

static int cmd_version(struct cli_args *args)
{
	(void)args;
	printf("relubench " BUILD_VERSION "\n");
	return STATUS_OK;
}

/* The verb that an option before any stands for. */
static const char *meant(const char *word)
{
	if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
		return "help";
	return strcmp(word, "--version") == 0 ? "version" : word;
}

static void out_of_memory(size_t bytes)
{
	fprintf(stderr, "relubench: out of memory: %zu bytes were asked for\n", bytes);
	_exit(STATUS_ENV);
}

/* OpenBLAS picks its kernels before main starts; a better choice needs a fresh start, so that what
 * is recorded of this process is also true of its workers. If that fails the default does. */
static void choose_kernels(char **argv)
{
	const char *type = environment_core_type();
	struct arena arena = {0};
	const char *program = cli_program(&arena);

	if (type && program && setenv("OPENBLAS_CORETYPE", type, 1) == 0)
		execv(program, argv);
	arena_release(&arena);
}

/* Without them the first files to be opened would take their numbers, and get what is printed. */
static void open_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const struct cli_verb *verb;

	open_standard_streams();
	signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error with a message */
	arena_on_exhausted(out_of_memory);
	choose_kernels(argv);
	if (argc < 2) {
		print_help(stderr);
		return STATUS_SPEC;
	}
	verb = find_verb(meant(argv[1]));
	return verb ? cli_run_verb(verb, argc - 2, argv + 2) : STATUS_SPEC;
}
