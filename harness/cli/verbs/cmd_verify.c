/* relubench verify DIR CELL: figures of a stored cell recomputed from its data and its network. */
#include "harness/cli/cli.h"
#include "harness/verify/verify.h"

static int run(struct cli_args *args)
{
	static const char *const states[] = {[VERIFY_AGREES] = "agrees",
					     [VERIFY_DIFFERS] = "DIFFERS",
					     [VERIFY_UNKNOWN] = "CANNOT VERIFY"};
	struct arena *arena = &args->arena;
	const char *id, *record = cli_enter_cell(args, &id);
	struct verify verify;
	struct err err = {0};

	if (!record)
		return STATUS_ENV;
	if (verify_record(record, args->data, arena, &verify, &err) != STATUS_OK)
		return cli_fail(&err);
	for (size_t i = 0; i < verify.count; i++) {
		const struct verify_figure *f = &verify.figure[i];

		printf("%-27s stored %-22.15g computed %-22.15g %s%s%s\n", f->name, f->stored,
		       f->computed, states[f->state], f->how ? ": " : "", f->how ? f->how : "");
	}
	printf("%s: %s\n", id, verify_good(&verify) ? "verified" : "not verified");
	return verify_good(&verify) ? STATUS_OK : 1;
}

static const struct cli_option options[] = {CLI_OPTION_DATA, CLI_OPTIONS_END};

const struct cli_verb cmd_verify = {
	.name = "verify",
	.operands = "DIR CELL",
	.doc = "Compute the figures of a stored cell from its data and network alone.",
	.least = 2,
	.most = 2,
	.options = options,
	.run = run,
};
