/* relubench export DIR CELL: the data that a stored cell trains on, as .npy files.
 * Points that its attacks have exported lie beside them.
 * relubench export DIR --format arrow|mlflow: the results themselves, by a script in Python. */
#include "harness/assess/adversarial.h"
#include "harness/cli/cli.h"
#include "harness/file/folder.h"
#include "harness/merge/repeat.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char *const formats[] = {"arrow", "mlflow"};

enum { FORMATS = sizeof formats / sizeof *formats };

/* In the place of this program, so that its messages and its exit status are ours. */
static int run_script(const struct cli_args *args, struct arena *arena)
{
	const char *script =
		arena_format(arena, "%s/to_%s.py", cli_worker_folder(arena), args->format);
	const char *to = args->out ? args->out : args->format;
	size_t known = 0;

	while (known < FORMATS && strcmp(args->format, formats[known]) != 0)
		known++;
	if (known == FORMATS)
		return cli_unknown("format", args->format, formats, FORMATS);
	if (args->count > 1) {
		cli_say(stderr,
			"relubench: export --format takes a results folder alone, got \"%s\"\n",
			args->operand[1]);
		return STATUS_SPEC;
	}
	execlp("python3", "python3", script, args->operand[0], to, (char *)NULL);
	cli_say(stderr, "python3 %s: %s\n", script, strerror(errno));
	return STATUS_ENV;
}

static int run(struct cli_args *args)
{
	struct arena *arena = &args->arena;
	char *folder = args->operand[0];
	const char *id, *to;
	struct repeat_order order;
	struct err err = {0};

	if (args->format)
		return run_script(args, arena);
	if (args->count < 2) {
		cli_say(stderr, "relubench: export needs a cell, or --format\n");
		return STATUS_SPEC;
	}
	id = cli_find_cell(folder, args->operand[1], arena);
	if (!id || !cli_find_data(args))
		return STATUS_ENV;
	to = args->out ? args->out : arena_format(arena, "data-%s", id);
	if (!args->out && access(to, F_OK) == 0) {
		cli_say(stderr, "%s: is there already; --out %s writes to it all the same\n", to,
			to);
		return STATUS_ENV;
	}
	order = (struct repeat_order){.worker_folder = cli_worker_folder(arena),
				      .data = args->data};
	if (folder_make(to, &err) != STATUS_OK ||
	    repeat_data(folder, id, &order, folder_absolute(to, arena), arena, &err) != STATUS_OK ||
	    adversarial_export(arena_format(arena, "%s/cells/%s", folder, id), to, &err) !=
		    STATUS_OK)
		return cli_fail(&err);
	cli_say(stdout, "%s\n", to);
	return STATUS_OK;
}

static const struct cli_option options[] = {
	{CLI_PATH(out, "DIR",
		  "where to, made if need be (default: a new folder data-<id of CELL>)"),
	 .letter = 'o'},
	{CLI_TEXT(
		format, "FORMAT",
		"the results instead of a cell's data: arrow or mlflow, to a folder of that name")},
	CLI_OPTION_DATA,
	CLI_OPTIONS_END,
};

const struct cli_verb cmd_export = {
	.name = "export",
	.operands = "DIR [CELL]",
	.doc = "The prepared data of a stored cell as .npy files, with their rows in the source.",
	.least = 1,
	.most = 2,
	.options = options,
	.run = run,
};
