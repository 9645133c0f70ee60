/* GNU parallel: tasks on this host, or on others by ssh that see the same folders.
 *
 * A log of the tasks (--joblog) lies beside the script: run again by hand after it was interrupted,
 * the script does what is missing or has failed (--resume-failed). TERM sent twice is what makes
 * parallel pass it on to its tasks. */
#include "harness/engine/launch.h"
#include "harness/engine/script.h"
#include "solvers/core/text.h"

#include <string.h>

/* GROUP TASK, the groups in turn. */
static const char *list_of(const struct batch *batch, struct arena *arena)
{
	struct text out = text_new(arena);

	for (size_t i = 0; i < batch->count; i++)
		for (size_t task = 1; task <= batch->group[i].tasks; task++)
			text_format(&out, "%zu %zu\n", batch->group[i].number, task);
	return out.at;
}

static const char *script_of(const struct batch *batch, struct arena *arena)
{
	const long ms = 1000;
	const char *folder = text_quoted(batch->folder, arena);
	struct text out = text_new(arena);

	text_format(&out, "#!/bin/sh\ncd %s || exit 4\n", folder);
	text_format(&out,
		    "parallel --will-cite --colsep ' ' --joblog round-%ld.joblog --resume-failed ",
		    batch->round);
	text_format(&out, "--termseq TERM,%ld,KILL,100", batch->grace * ms);
	if (batch->hosts)
		text_format(&out, " --sshlogin %s", text_quoted(batch->hosts, arena));
	if (batch->throttle > 0)
		text_format(&out, " --jobs %ld", batch->throttle);
	if (batch->options)
		text_format(&out, " %s", batch->options);
	text_format(&out, " sh %s/round-%ld-group-{1}.sh {2} <round-%ld.tasks &\n",
		    text_quoted(folder, arena), batch->round, batch->round);
	text_add(&out,
		 "tasks=$! ended=\n"
		 "trap 'ended=1; kill -TERM $tasks; sleep 1; kill -TERM $tasks' TERM INT HUP\n"
		 "wait $tasks\n"
		 "[ -z \"$ended\" ] || { wait $tasks; exit 5; }\n");
	text_format(&out, "exec sh round-%ld-next.sh\n", batch->round);
	return out.at;
}

static void write_parallel(const struct batch *batch, struct arena *arena, struct batch_files *out)
{
	script_add(out, arena_format(arena, "round-%ld.sh", batch->round), script_of(batch, arena));
	script_add(out, arena_format(arena, "round-%ld.tasks", batch->round),
		   list_of(batch, arena));
	/* empty: one of an earlier submission would have its tasks left out */
	script_add(out, arena_format(arena, "round-%ld.joblog", batch->round), "");
	launch_write(batch, arena, out);
}

const struct engine engine_parallel = {
	.base = {.name = "parallel",
		 .doc = "GNU parallel, on this host or by ssh on others",
		 .cite = ""},
	.hosts = true,
	.write = write_parallel,
	.start = launch_start,
	.wait = launch_wait,
	.cancel = launch_end,
};
