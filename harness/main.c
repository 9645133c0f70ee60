/* relubench: the table of verbs. */
#include "harness/cli/cli.h"
#include "harness/executor/environment.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLAG(field) CLI_FLAG, offsetof(struct cli_args, field), NULL
#define TEXT(field) CLI_TEXT, offsetof(struct cli_args, field), NULL
#define SETS(path) CLI_SET, 0, (path)

#define OPTIONS_OF_SPEC                                                                    \
	{"set", "PATH=VALUE", "change a value of the spec: train[0].rho=0.1", SETS(NULL)}, \
	{                                                                                  \
		"seed", "N", "the master seed: --set seed=N", SETS("seed")                 \
	}
#define OPTIONS_OF_PLAN                                                                            \
	{"jobs", "N", "workers at once (default: cores / threads)", SETS("resources.jobs")},       \
		{"threads", "N", "threads of each (default: cores / jobs)",                        \
		 SETS("resources.threads")},                                                       \
		{"timeout", "TIME", "wall-clock limit of a cell: 30s, 10m, 2h",                    \
		 SETS("resources.time_limit")},                                                    \
		{"filter", "EXPR", "only these cells: method=admm,rho=0.1,repetition=0",           \
		 TEXT(filter)},                                                                    \
		{"shard", "I/N", "only every N-th cell, from the I-th on; shards may run at once", \
		 TEXT(shard)},                                                                     \
	{                                                                                          \
		"out", "DIR", "results go to DIR/<name> (default: results)", TEXT(out)             \
	}
#define OPTION_JSON                                    \
	{                                              \
		"json", NULL, "print JSON", FLAG(json) \
	}
#define OPTIONS_END                                 \
	{                                           \
		NULL, NULL, NULL, CLI_FLAG, 0, NULL \
	}

static const struct cli_option run_options[] = {
	OPTIONS_OF_SPEC,
	OPTIONS_OF_PLAN,
	{"force", NULL, "compute finished cells again", FLAG(force)},
	{"retry-failed", NULL, "compute again the cells whose status is not ok",
	 FLAG(retry_failed)},
	{"retime", NULL, "compute again the cells whose timing was disturbed", FLAG(retime)},
	{"fail-fast", NULL, "start no further cell after one that is not ok", FLAG(fail_fast)},
	{"quiet", NULL, "no progress", FLAG(quiet)},
	{"no-color", NULL, "no colours (also with NO_COLOR set)", FLAG(no_color)},
	OPTIONS_END,
};

static const struct cli_option plan_options[] = {OPTIONS_OF_SPEC, OPTIONS_OF_PLAN, OPTION_JSON,
						 OPTIONS_END};
static const struct cli_option look_options[] = {OPTION_JSON, OPTIONS_END};
static const struct cli_option describe_options[] = {
	{"markdown", NULL, "the whole reference instead (experiments/OPTIONS.md)", FLAG(markdown)},
	OPTIONS_END,
};
static const struct cli_option data_options[] = {
	{"data", "DIR", "look here for data that are not where they were; their checksums decide",
	 TEXT(data)},
	OPTIONS_END,
};
static const struct cli_option merge_options[] = {
	{"force", NULL, "also where specs or data differ", FLAG(force)},
	OPTIONS_END,
};
static const struct cli_option archive_options[] = {
	{"output", "FILE", "the archive (default: <name of DIR>.tar.gz)", TEXT(output)},
	OPTIONS_END,
};
static const struct cli_option validate_options[] = {OPTIONS_OF_SPEC, OPTIONS_END};

static const struct cli_option compare_options[] = {
	{"gate", "FILE",
	 "limits, as in test_accuracy: {max_decrease: 0.01}; status 3 if one breaks", TEXT(gate)},
	OPTIONS_END,
};

static const struct cli_option bounds_options[] = {
	{"n", "N", "training samples", TEXT(n)},
	{"psi", "PSI", "1 - confidence, in (0, 1)", TEXT(psi)},
	{"xi", "XI", "probability that a further pattern lowers the optimum, in (0, 1)", TEXT(xi)},
	OPTION_JSON,
	OPTIONS_END,
};

enum {
	HELP_COLUMN = 34, /* where the docs of the verbs start */
	ANY = 1 << 16     /* operands: as many as the shell passes */
};

const struct cli_verb cli_verbs[] = {
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
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		int used = fprintf(to, "  %-9s %-20s", verb->name,
				   verb->operands ? verb->operands : "");

		cli_print_doc((size_t)used, HELP_COLUMN, verb->doc, to);
	}
	fputs("\nrelubench help VERB shows the options of a verb, relubench version the version.\n",
	      to);
}

static const struct cli_verb *find_verb(const char *name)
{
	const char *names[sizeof cli_verbs / sizeof *cli_verbs];
	size_t count = 0;

	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (strcmp(name, verb->name) == 0)
			return verb;
		names[count++] = verb->name;
	}
	cli_unknown("verb", name, names, count);
	return NULL;
}

int cmd_help(struct cli_args *args)
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

int cmd_version(struct cli_args *args)
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
