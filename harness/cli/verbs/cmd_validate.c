/* relubench validate SPEC... */
#include "harness/cli/cli.h"

static int run(struct cli_args *args)
{
	struct texts sets = {args->set_count, args->set};
	int worst = STATUS_OK;

	for (size_t i = 0; i < args->count; i++) {
		struct arena arena = {0};
		struct experiment experiment;
		struct err err = {0};
		int status = (int)cli_load(args->operand[i], sets, false, &arena, &experiment);

		if (status == STATUS_OK && cli_glance(&experiment, false, &err) != STATUS_OK)
			status = cli_fail(&err);
		if (status == STATUS_OK)
			status = cli_count(&experiment);
		if (status == STATUS_OK)
			cli_say(stdout, "%s: ok (%s%zu cell%s)\n", args->operand[i],
				experiment.most_cells < experiment.cell_count ? "at most " : "",
				experiment.most_cells, experiment.most_cells == 1 ? "" : "s");
		worst = status > worst ? status : worst;
		arena_release(&arena);
	}
	return worst;
}

static const struct cli_option options[] = {CLI_OPTIONS_OF_SPEC, CLI_OPTIONS_END};

const struct cli_verb cmd_validate = {
	.name = "validate",
	.operands = "SPEC...",
	.doc = "Show all problems of specs with their positions.",
	.least = 1,
	.most = CLI_ANY,
	.options = options,
	.run = run,
};
