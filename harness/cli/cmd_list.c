/* relubench list [KIND] */
#include "harness/cli/cli.h"
#include "solvers/core/desc.h"

#include <string.h>

static void list_kind(enum kind kind)
{
	int width = 0;

	for (size_t i = 0; i < registry_count(kind); i++) {
		int length = (int)strlen(registry_at(kind, i)->name);

		width = length > width ? length : width;
	}
	printf("%s\n", registry_title(kind));
	for (size_t i = 0; i < registry_count(kind); i++)
		cli_print_doc((size_t)printf("  %-*s", width, registry_at(kind, i)->name),
			      (size_t)width + 4, registry_at(kind, i)->doc, stdout);
}

static int run(struct cli_args *args)
{
	const char *titles[KIND_COUNT];

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		titles[kind] = registry_title((enum kind)kind);
		if (args->count && strcmp(args->operand[0], titles[kind]) == 0) {
			list_kind((enum kind)kind);
			return STATUS_OK;
		}
	}
	if (args->count)
		return cli_unknown("kind", args->operand[0], titles, KIND_COUNT);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		/* trainers are solvers and baselines together */
		if (kind != KIND_TRAINER && registry_count((enum kind)kind))
			list_kind((enum kind)kind);
	return STATUS_OK;
}

const struct cli_verb cmd_list = {
	.name = "list",
	.operands = "[KIND]",
	.doc = "Names that a spec can use, with one line each.",
	.most = 1,
	.run = run,
};
