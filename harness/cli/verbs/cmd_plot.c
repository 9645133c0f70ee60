/* relubench plot DIR: the plots of a results folder, drawn again. relubench plot DIR...
 * [--spec FILE] [--out DIR]: figures over one or more folders, in a folder of their own. */
#include "harness/cli/cli.h"
#include "harness/report/overview.h"

#include <stdio.h>

/* The plots of a file of figures, or those of the first folder in the style of the file. */
static enum status load_figures(struct cli_args *args, const char *first,
				struct experiment *experiment)
{
	struct problems *problems = ARENA_NEW(&args->arena, struct problems);
	struct experiment figures = {0};
	enum status status = STATUS_OK;

	if (args->spec)
		status = spec_load_figures(args->spec, &args->arena, &figures, problems);
	cli_print_problems(problems);
	if (status != STATUS_OK)
		return status;
	if (figures.plots.count == 0)
		TRY(cli_load_results(first, &args->arena, experiment));
	if (!args->spec)
		return STATUS_OK;
	if (figures.plots.count == 0)
		figures.plots = experiment->plots;
	*experiment = figures;
	return STATUS_OK;
}

static int run(struct cli_args *args)
{
	const char *out = args->out ? args->out : "figures";
	struct problems *problems = ARENA_NEW(&args->arena, struct problems);
	struct experiment experiment;
	struct folders folders;
	struct err err = {0};
	enum status status;

	if (args->count == 1 && !args->spec && !args->out)
		return cli_report_again(args, false);
	status = folders_load(args->operand, args->count, &args->arena, &folders, &err);
	if (status != STATUS_OK)
		return cli_fail(&err);
	status = load_figures(args, folders.at[0].path, &experiment);
	if (status != STATUS_OK)
		return (int)status;
	status = overview_write(&experiment, &folders, out, problems, &err);
	cli_print_problems(problems);
	if (status == STATUS_OK || status == STATUS_FAILED)
		cli_say(stdout, "%s/plots\n", out);
	return status == STATUS_OK || problems->count ? (int)status : cli_fail(&err);
}

static const struct cli_option options[] = {
	{CLI_PATH(spec, "FILE",
		  "`plots` and `style` of the figures; without plots those of the first folder")},
	{CLI_PATH(out, "DIR", "where figures over folders go (default: figures)"), .letter = 'o'},
	CLI_OPTIONS_END,
};

const struct cli_verb cmd_plot = {
	.name = "plot",
	.operands = "[LABEL=]DIR...",
	.doc = "Draw the plots of a results folder again, or figures over several.",
	.least = 1,
	.most = CLI_ANY,
	.options = options,
	.run = run,
};
