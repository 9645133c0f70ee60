/* relubench archive DIR: pack a results folder. */
#include "harness/cli/cli.h"
#include "harness/merge/archive.h"
#include "harness/sched/forecast.h"

#include <libgen.h>
#include <stdlib.h>

static int run(struct cli_args *args)
{
	struct arena *arena = &args->arena;
	const char *folder = args->operand[0];
	char *resolved = realpath(folder, NULL);
	const char *name = basename(arena_text(arena, resolved ? resolved : folder));
	const char *path = args->output ? args->output : arena_format(arena, "%s.tar.gz", name);
	struct archive_summary summary;
	struct err err = {0};
	char bytes[32];

	free(resolved);
	if (archive_write(folder, path, arena, &summary, &err) != STATUS_OK)
		return cli_fail(&err);
	forecast_bytes_text(summary.bytes, bytes, sizeof bytes);
	printf("%s: %zu files, %s; " ARCHIVE_SUMS " of these", path, summary.files, bytes);
	if (summary.data_files > 0)
		printf(", " ARCHIVE_DATA_SUMS " of the %zu that the cells read",
		       summary.data_files);
	if (summary.damaged > 0)
		printf("; %zu damaged records, packed as they are", summary.damaged);
	putchar('\n');
	return summary.damaged ? STATUS_FAILED : STATUS_OK;
}

static const struct cli_option options[] = {
	{CLI_PATH(output, "FILE", "the archive (default: <name of DIR>.tar.gz)"), .letter = 'o'},
	CLI_OPTIONS_END,
};

const struct cli_verb cmd_archive = {
	.name = "archive",
	.operands = "DIR",
	.doc = "Pack a results folder with checksums of its files and of its data.",
	.least = 1,
	.most = 1,
	.options = options,
	.run = run,
};
