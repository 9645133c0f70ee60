/* relubench verify DIR CELL: figures of a stored cell recomputed from its data and its network. */
#include "harness/cli.h"
#include "harness/run/verify.h"
#include "harness/store/env.h"

#include <stdlib.h>
#include <unistd.h>

/* The record's absolute path, from the folder that the run was started in: paths of data may be
 * relative. */
static const char *enter(const char *folder, const char *id, struct arena *arena)
{
	const char *start = env_read_folder(arena_format(arena, "%s/env.json", folder), arena);
	const char *record = arena_format(arena, "%s/cells/%s", folder, id);
	char *path = realpath(record, NULL);

	if (path)
		record = arena_text(arena, path);
	free(path);
	if (start && chdir(start) != 0)
		return record; /* that folder is gone: absolute paths still work */
	return record;
}

int cmd_verify(struct cli_args *args)
{
	struct arena *arena = &args->arena;
	char *folder = args->operand[0];
	const char *id = cli_find_cell(folder, args->operand[1], arena), *record;
	struct verify verify;
	struct err err = {0};
	bool agrees = true;

	if (!id)
		return STATUS_ENV;
	record = enter(folder, id, arena);
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
