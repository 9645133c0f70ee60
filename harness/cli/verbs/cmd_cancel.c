/* relubench cancel DIR: what was submitted ends; its workers give their cells back. */
#include "harness/cli/cli.h"
#include "harness/engine/engine.h"

/* The last round first, so that none follows. */
static int run(struct cli_args *args)
{
	struct arena *arena = &args->arena;
	const char *folder = arena_format(arena, "%s/submit", args->operand[0]);
	struct batch_jobs *jobs;
	struct err err = {0};
	size_t count;

	if (jobs_read(folder, arena, &jobs, &count, &err) != STATUS_OK)
		return cli_fail(&err);
	if (!count) {
		cli_say(stderr, "%s: nothing was submitted from here\n", args->operand[0]);
		return STATUS_ENV;
	}
	for (size_t i = count; i-- > 0;) {
		const struct engine *engine = (const struct engine *)(const void *)jobs[i].engine;

		if (engine->cancel(jobs[i].jobs, &err) != STATUS_OK)
			return cli_fail(&err);
	}
	cli_say(stdout, "%s %s: ended; what is finished is kept\n", jobs[count - 1].engine->name,
		jobs[count - 1].jobs);
	return STATUS_OK;
}

const struct cli_verb cmd_cancel = {
	.name = "cancel",
	.operands = "DIR",
	.doc = "End what was submitted; its workers give their cells back.",
	.least = 1,
	.most = 1,
	.run = run,
};
