/* Scripts of tasks. */
#include "harness/engine/script.h"
#include "solvers/core/text.h"

const char *script_name(const struct batch *batch, size_t group, struct arena *arena)
{
	return group ? arena_format(arena, "round-%ld-group-%zu.sh", batch->round, group)
		     : arena_format(arena, "round-%ld-next.sh", batch->round);
}

void script_add(struct batch_files *files, const char *name, const char *text)
{
	files->at[files->count++] = (struct batch_file){name, text};
}

/* The limit of a task that no batch system watches over. */
static const char *limit_of(const struct batch *batch, const struct batch_group *group,
			    struct arena *arena)
{
	const long minute = 60;
	long seconds = group->minutes * minute - batch->grace;

	return arena_format(arena, "timeout -k %ld %ld ", batch->grace, seconds > 1 ? seconds : 1);
}

/* Cells that are not ok end no task: their records say so, and the next round sees them. */
const char *script_task(const struct batch *batch, const struct batch_group *group,
			const char *number, bool limited, struct arena *arena)
{
	struct text out = text_new(arena);

	text_format(&out, "cd %s || exit 4\n", text_quoted(batch->start, arena));
	text_format(&out, "state=%s/round-%ld/%zu-%s\n", text_quoted(batch->folder, arena),
		    batch->round, group->number, number);
	if (limited)
		text_add(&out, "exec >>\"$state.log\" 2>&1 </dev/null\n");
	text_add(&out, "rm -f \"$state.ended\"\n"
		       "echo \"$(uname -n) $$\" >\"$state.started\"\n"
		       "trap 'kill -TERM $worker' TERM INT HUP\n");
	text_format(&out, "%s%s &\nworker=$!\n", limited ? limit_of(batch, group, arena) : "",
		    group->command);
	text_add(&out, "wait $worker; status=$?\n"
		       "[ $status -le 128 ] || { wait $worker; status=$?; }\n"
		       "[ $status -ne 1 ] || status=0 # cells that are not ok: their records tell\n"
		       "echo $status >\"$state.ended\"\n"
		       "exit $status\n");
	return out.at;
}
