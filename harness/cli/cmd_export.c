/* relubench export DIR CELL: the data that a stored cell trains on, as .npy files. */
#include "harness/cli/cli.h"
#include "harness/file/folder.h"
#include "harness/merge/repeat.h"

#include <unistd.h>

static int run(struct cli_args *args)
{
	struct arena *arena = &args->arena;
	char *folder = args->operand[0];
	const char *id = cli_find_cell(folder, args->operand[1], arena), *to;
	struct repeat_order order;
	struct err err = {0};

	if (!id || !cli_find_data(args))
		return STATUS_ENV;
	to = args->out ? args->out : arena_format(arena, "data-%s", id);
	if (!args->out && access(to, F_OK) == 0) {
		cli_say(stderr, "%s: is there already; --out %s writes to it all the same\n", to,
			to);
		return STATUS_ENV;
	}
	order = (struct repeat_order){cli_worker_folder(arena), args->data};
	if (folder_make(to, &err) != STATUS_OK ||
	    repeat_data(folder, id, &order, folder_absolute(to, arena), arena, &err) != STATUS_OK)
		return cli_fail(&err);
	cli_say(stdout, "%s\n", to);
	return STATUS_OK;
}

static const struct cli_option options[] = {
	{CLI_PATH(out, "DIR",
		  "folder for the files, made if need be (default: a new one, data-<id of CELL>)"),
	 .letter = 'o'},
	CLI_OPTION_DATA,
	CLI_OPTIONS_END,
};

const struct cli_verb cmd_export = {
	.name = "export",
	.operands = "DIR CELL",
	.doc = "The prepared data of a stored cell as .npy files, with their rows in the source.",
	.least = 2,
	.most = 2,
	.options = options,
	.run = run,
};
