/* relubench list [KIND] */
#include "harness/cli/cli.h"
#include "solvers/core/desc.h"

#include <string.h>

static int run(struct cli_args *args)
{
	const char *wanted = args->count ? args->operand[0] : NULL, *titles[KIND_COUNT];
	bool found = !wanted;

	for (int k = 0; k < KIND_COUNT; k++) {
		enum kind kind = (enum kind)k;
		size_t count = registry_count(kind);
		int width = 0;

		titles[k] = registry_title(kind);
		/* trainers are solvers and baselines together: only if they are asked for */
		if (wanted ? strcmp(wanted, titles[k]) != 0 : kind == KIND_TRAINER || !count)
			continue;
		found = true;
		for (size_t i = 0; i < count; i++) {
			int length = (int)strlen(registry_at(kind, i)->name);

			width = length > width ? length : width;
		}
		printf("%s\n", titles[k]);
		for (size_t i = 0; i < count; i++)
			cli_print_doc((size_t)printf("  %-*s", width, registry_at(kind, i)->name),
				      (size_t)width + 4, registry_at(kind, i)->doc, stdout);
	}
	return found ? STATUS_OK : cli_unknown("kind", wanted, titles, KIND_COUNT);
}

const struct cli_verb cmd_list = {
	.name = "list",
	.operands = "[KIND]",
	.doc = "Names that a spec can use, with one line each.",
	.most = 1,
	.run = run,
};
