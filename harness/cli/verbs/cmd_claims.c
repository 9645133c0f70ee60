/* relubench claims DIR... [--markdown]: what is claimed against what was measured. */
#include "harness/cli/cli.h"
#include "harness/report/claims/claims_sheet.h"

#include <stdio.h>

struct tally {
	size_t of[FINDINGS], count;
};

static enum status judge(struct cli_args *args, const char *folder, struct tally *tally,
			 struct err *err)
{
	struct experiment experiment;
	struct records records;
	struct claims claims;
	struct sheet sheet;
	enum status status = cli_load_results(folder, &args->arena, &experiment);

	if (status != STATUS_OK)
		return err_set(err, status, "%s", "");
	TRY(records_load(folder, &args->arena, &records, err));
	claims = claims_judge(&records, &experiment.claims);
	if (claims.count == 0)
		return err_at(err, STATUS_SPEC, (struct err_place){folder, 0, 0},
			      "the spec has no `claims`");
	if (args->markdown) {
		claims_sheet_page(&claims, &experiment, &records, stdout);
	} else {
		sheet = claims_sheet(&claims, &args->arena);
		cli_say(stdout, "%s\n\n", folder);
		sheet_terminal(&sheet, cli_width(), stdout);
		putchar('\n');
	}
	for (size_t i = 0; i < claims.count; i++)
		tally->of[claims.at[i].verdict]++;
	tally->count += claims.count;
	return records_tell(&records, stderr);
}

static int run(struct cli_args *args)
{
	enum status worst = STATUS_OK;
	struct tally tally = {{0}, 0};

	if (args->markdown)
		fputs("# What is claimed, and what was measured\n\n"
		      "Written by `relubench claims --markdown DIR...`; do not edit.\n\n",
		      stdout);
	for (size_t i = 0; i < args->count; i++) {
		struct err err = {0};
		enum status status = judge(args, args->operand[i], &tally, &err);

		if (err.status != STATUS_OK && err.text[0])
			cli_fail(&err);
		worst = worst == STATUS_OK ? status : worst;
	}
	if (args->markdown)
		cli_print_doc(0, 0, claims_sheet_note, stdout);
	printf("%zu claim%s:", tally.count, tally.count == 1 ? "" : "s");
	for (size_t v = 0; v < FINDINGS; v++)
		printf("%s %zu %s", v ? "," : "", tally.of[v], finding_names[v]);
	putchar('\n');
	return (int)worst;
}

static const struct cli_option options[] = {
	{CLI_FLAG(markdown, "as Markdown, with command, time and machine of each folder")},
	CLI_OPTIONS_END,
};

const struct cli_verb cmd_claims = {
	.name = "claims",
	.operands = "DIR...",
	.doc = "Verdicts on the claims of the specs of results folders.",
	.least = 1,
	.most = CLI_ANY,
	.options = options,
	.run = run,
};
