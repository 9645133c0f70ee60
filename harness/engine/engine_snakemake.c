/* Snakemake: a Snakefile with a rule for each group, whose jobs Snakemake runs here or by any of
 * its executors (`--options '--executor slurm --jobs 50'`, or a profile). TERM goes to all
 * processes of the group: Snakemake itself would wait for its jobs. */
#include "harness/engine/launch.h"
#include "harness/engine/script.h"
#include "solvers/core/text.h"

#include <math.h>
#include <string.h>

static const char *snakefile(const struct batch *batch, struct arena *arena)
{
	const double mib = 1024.0 * 1024;
	struct text out = text_new(arena);

	text_format(&out, "rule all:\n    default_target: True\n    input:\n");
	for (size_t i = 0; i < batch->count; i++)
		text_format(&out,
			    "        expand(\"round-%ld/%zu-{task}.done\", task=range(1, %zu)),\n",
			    batch->round, batch->group[i].number, batch->group[i].tasks + 1);
	for (size_t i = 0; i < batch->count; i++) {
		const struct batch_group *group = &batch->group[i];

		/* a task that its time limit ended is for the next round */
		text_format(
			&out,
			"\n\nrule group_%zu:\n    output: touch(\"round-%ld/%zu-{task}.done\")\n"
			"    threads: %ld\n    resources: mem_mb=%.0f, runtime=%ld\n"
			"    shell: \"sh round-%ld-group-%zu.sh {wildcards.task} || true\"\n",
			group->number, batch->round, group->number, group->cores,
			ceil(group->bytes / mib), group->minutes, batch->round, group->number);
	}
	return out.at;
}

static const char *script_of(const struct batch *batch, struct arena *arena)
{
	struct text out = text_new(arena);

	text_format(&out, "#!/bin/sh\ncd %s || exit 4\n", text_quoted(batch->folder, arena));
	text_format(&out, "rm -f round-%ld/*.done\n", batch->round);
	text_format(&out, "snakemake --snakefile round-%ld.smk --quiet --nolock", batch->round);
	if (batch->throttle > 0)
		text_format(&out, " --jobs %ld", batch->throttle);
	text_format(&out, " %s &\n", batch->options ? batch->options : "--cores all");
	text_add(&out, "tasks=$! ended=\n"
		       "trap 'ended=1; trap \"\" TERM; kill -TERM 0' TERM INT HUP\n"
		       "wait $tasks; status=$?\n"
		       "[ -z \"$ended\" ] || { wait $tasks; exit 5; }\n"
		       "[ $status -eq 0 ] || exit 4\n");
	text_format(&out, "exec sh round-%ld-next.sh\n", batch->round);
	return out.at;
}

static void write_snakemake(const struct batch *batch, struct arena *arena, struct batch_files *out)
{
	script_add(out, arena_format(arena, "round-%ld.sh", batch->round), script_of(batch, arena));
	script_add(out, arena_format(arena, "round-%ld.smk", batch->round),
		   snakefile(batch, arena));
	launch_write(batch, arena, out);
}

const struct engine engine_snakemake = {
	.base = {.name = "snakemake",
		 .doc = "Snakemake, here or by any of its executors and profiles",
		 .cite = ""},
	.write = write_snakemake,
	.start = launch_start,
	.wait = launch_wait,
	.cancel = launch_end,
};
