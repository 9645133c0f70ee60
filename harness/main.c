/* relubench: the table of verbs. A verb is a file cli/verbs/cmd_*.c, a name in cli.h and one
 * here. */
#include "harness/cli/cli.h"
#include "harness/executor/environment.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HELP_COLUMN = 34 }; /* where the docs of the verbs start */

static int run_help(struct cli_args *args);

static const struct cli_verb cmd_help = {
	.name = "help",
	.operands = "[VERB]",
	.doc = "The verbs, or operands and options of one.",
	.most = 1,
	.run = run_help,
};

static int run_version(struct cli_args *args)
{
	(void)args;
	printf("relubench " BUILD_VERSION "\n");
	return STATUS_OK;
}

static const struct cli_verb cmd_version = {
	.name = "version",
	.doc = "The version.",
	.run = run_version,
};

/* In the order of the help. */
static const struct cli_verb *const verbs[] = {
	&cmd_run,      &cmd_submit,  &cmd_cancel,  &cmd_plan,  &cmd_validate, &cmd_list,
	&cmd_describe, &cmd_status,  &cmd_show,    &cmd_rerun, &cmd_verify,   &cmd_attack,
	&cmd_transfer, &cmd_predict, &cmd_export,  &cmd_plot,  &cmd_report,   &cmd_claims,
	&cmd_compare,  &cmd_merge,   &cmd_archive, &cmd_bound, &cmd_bounds,   &cmd_env,
	&cmd_help,     &cmd_version};

enum { VERBS = sizeof verbs / sizeof *verbs };

static void print_help(FILE *to)
{
	fprintf(to, "usage: relubench VERB ...\n\n");
	for (size_t i = 0; i < VERBS; i++) {
		const struct cli_verb *verb = verbs[i];
		int used = fprintf(to, "  %-9s %-20s", verb->name,
				   verb->operands ? verb->operands : "");

		cli_print_doc((size_t)used, HELP_COLUMN, verb->doc, to);
	}
	fputs("\nrelubench help VERB shows the options of a verb, relubench version the version.\n",
	      to);
}

static const struct cli_verb *find_verb(const char *name)
{
	const char *names[VERBS];

	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(name, verbs[i]->name) == 0)
			return verbs[i];
		names[i] = verbs[i]->name;
	}
	cli_unknown("verb", name, names, VERBS);
	return NULL;
}

static int run_help(struct cli_args *args)
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
	const char *name;

	open_standard_streams();
	signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error with a message */
	arena_on_exhausted(out_of_memory);
	choose_kernels(argv);
	if (argc < 2) {
		print_help(stderr);
		return STATUS_SPEC;
	}
	name = argv[1];
	if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0)
		name = "help";
	verb = find_verb(strcmp(name, "--version") == 0 ? "version" : name);
	return verb ? cli_run_verb(verb, argc - 2, argv + 2) : STATUS_SPEC;
}
