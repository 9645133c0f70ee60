/* relubench compare A B [--gate FILE] [--figures] [--out DIR]: differences of two results folders,
 * also drawn; with a gate, status 3 if a limit is broken. */
#include "harness/cli/cli.h"
#include "harness/report/compare/compare.h"
#include "harness/report/compare/gate.h"
#include "harness/report/overview.h"
#include "solvers/core/desc.h"

#include <stdio.h>

static void print_differences(const struct compare *compare)
{
	struct sheet summary = compare_summary(compare), cells = compare_cells(compare);

	cli_say(stdout, "A: %s (%zu cells)\nB: %s (%zu cells)\n%zu cells in both\n\n",
		compare->a.folder, compare->a.count, compare->b.folder, compare->b.count,
		compare->matched);
	if (summary.rows) {
		sheet_terminal(&summary, cli_width(), stdout);
		putchar('\n');
	}
	if (cells.rows)
		sheet_terminal(&cells, cli_width(), stdout);
	else
		cli_print_doc(0, 0, "No cell differs in more than time and memory.", stdout);
	if (*compare_mixed(compare))
		printf("\n%s\n", compare_mixed(compare));
}

/* The plot `changes` of both. */
static enum status draw(const struct folders *folders, const char *out, struct err *err)
{
	struct problems *problems = ARENA_NEW(folders->arena, struct problems);
	struct plot_options changes = {.plot.item = registry_find(KIND_PLOT, "changes"),
				       .look = style_unset()};
	const struct experiment experiment = {.plots = {1, &changes}, .style.look = style_unset()};
	enum status status = overview_write(&experiment, folders, out, problems, err);

	if (status == STATUS_OK || status == STATUS_FAILED)
		cli_say(stdout, "\n%s/plots\n", out);
	return status;
}

static int run(struct cli_args *args)
{
	struct problems *problems = ARENA_NEW(&args->arena, struct problems);
	struct compare compare;
	struct gate gate = {0};
	struct err err = {0};
	struct folders folders = {0};
	bool figures = args->figures || args->out, damaged = false;
	const char *a = args->operand[0], *b = args->operand[1];

	if (args->gate && gate_read(args->gate, &args->arena, &gate, problems) != STATUS_OK) {
		cli_print_problems(problems);
		return STATUS_SPEC;
	}
	if (figures) {
		if (folders_load(args->operand, 2, &args->arena, &folders, &err) != STATUS_OK)
			return cli_fail(&err);
		a = folders.at[0].path;
		b = folders.at[1].path;
	}
	if (compare_load(a, b, &args->arena, &compare, &err) != STATUS_OK)
		return cli_fail(&err);
	if (!figures) { /* they tell it themselves */
		damaged = records_tell(&compare.a, stderr) != STATUS_OK;
		damaged = records_tell(&compare.b, stderr) != STATUS_OK || damaged;
	}
	print_differences(&compare);
	if (figures && draw(&folders, args->out ? args->out : "figures", &err) != STATUS_OK) {
		cli_fail(&err);
		if (err.status != STATUS_FAILED)
			return (int)err.status;
		damaged = true;
	}
	if (args->gate) {
		struct sheet broken = gate_violations(&gate, &compare);

		if (compare.matched == 0)
			cli_say(stdout, "\n%s: failed: no cell to compare\n", args->gate);
		else if (broken.rows == 0)
			cli_say(stdout, "\n%s: passed\n", args->gate);
		else
			cli_say(stdout, "\n%s: %zu limits broken\n\n", args->gate, broken.rows);
		if (compare.matched > 0 && broken.rows > 0)
			sheet_terminal(&broken, cli_width(), stdout);
		if (compare.matched == 0 || broken.rows > 0)
			return STATUS_GATE;
	}
	return damaged ? STATUS_FAILED : STATUS_OK;
}

static const struct cli_option options[] = {
	{CLI_PATH(gate, "FILE",
		  "limits, as in test_accuracy: {max_decrease: 0.01}; status 3 if one breaks")},
	{CLI_FLAG(figures, "draw the paired differences of each method")},
	{CLI_PATH(out, "DIR", "draw them, and put them there (default: figures)"), .letter = 'o'},
	CLI_OPTIONS_END,
};

const struct cli_verb cmd_compare = {
	.name = "compare",
	.operands = "[LABEL=]A [LABEL=]B",
	.doc = "Differences of two results folders, cell by cell and metric by metric.",
	.least = 2,
	.most = 2,
	.options = options,
	.run = run,
};
