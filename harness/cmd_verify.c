/* relubench verify DIR CELL: figures of a stored cell recomputed from its data and its network. */
#include "harness/cli.h"
#include "harness/run/verify.h"

int cmd_verify(struct cli_args *args)
{
	struct arena *arena = &args->arena;
	const char *id, *record = cli_enter_cell(args, &id);
	struct verify verify;
	struct err err = {0};
	bool agrees = true;

	if (!record)
		return STATUS_ENV;
	if (verify_record(record, arena, &verify, &err) != STATUS_OK)
		return cli_fail(&err);
	for (size_t i = 0; i < verify.count; i++) {
		const struct verify_figure *f = &verify.figure[i];

		printf("%-20s stored %-22.15g computed %-22.15g %s\n", f->name, f->stored,
		       f->computed, f->agrees ? "agrees" : "DIFFERS");
		agrees = agrees && f->agrees;
	}
	printf("%s: %s\n", id, agrees ? "verified" : "not verified");
	return agrees ? STATUS_OK : 1;
}
