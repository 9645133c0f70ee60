/* relubench describe NAME, relubench describe results, relubench describe --markdown */
#include "harness/cli/cli.h"
#include "harness/store/rows.h"
#include "solvers/core/desc.h"
#include "solvers/core/printable.h"

#include <string.h>

static void describe(enum kind kind, const struct desc *item)
{
	int used = printf("%s (%s): ", item->name, registry_title(kind));

	printable_wrap(item->doc, (size_t)used, 4, cli_width(), stdout);
	putchar('\n');
	if (item->cite && item->cite[0]) {
		used = printf("source: ");
		printable_wrap(item->cite, (size_t)used, 4, cli_width(), stdout);
		putchar('\n');
	}
	if (item->options && item->options[0].name) {
		printf("\n");
		spec_describe(item, cli_width(), stdout);
	}
	printf("\n");
}

static int run(struct cli_args *args)
{
	size_t found = 0, count = 0, room = 0;
	const char **names;

	if (args->markdown) {
		spec_reference(stdout);
		return STATUS_OK;
	}
	if (!args->count) {
		cli_say(stderr, "relubench: describe needs the name of an item, `results`, or "
				"--markdown\n");
		return STATUS_SPEC;
	}
	if (strcmp(args->operand[0], "results") == 0) {
		rows_describe(stdout);
		return STATUS_OK;
	}
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const struct desc *item = registry_find((enum kind)kind, args->operand[0]);

		if (!item || kind == KIND_TRAINER) /* a solver or a baseline by its own kind */
			continue;
		describe((enum kind)kind, item);
		found++;
	}
	if (found)
		return STATUS_OK;

	/* unknown: names of all items, each once per kind that has it */
	for (int kind = 0; kind < KIND_COUNT; kind++)
		room += registry_count((enum kind)kind);
	names = ARENA_ARRAY(&args->arena, const char *, room + 1);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		for (size_t i = 0; kind != KIND_TRAINER && i < registry_count((enum kind)kind); i++)
			names[count++] = registry_at((enum kind)kind, i)->name;
	return cli_unknown("name", args->operand[0], names, count);
}

static const struct cli_option options[] = {
	{CLI_FLAG(markdown, "the whole reference instead (experiments/OPTIONS.md)")},
	CLI_OPTIONS_END,
};

const struct cli_verb cmd_describe = {
	.name = "describe",
	.operands = "[NAME]",
	.doc = "Options of one item: type, default, range, unit, meaning, source.",
	.most = 1,
	.options = options,
	.run = run,
};
