/* Slurm: an array of tasks for each group, and a job behind all of them. */
#include "harness/engine/script.h"
#include "solvers/core/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINE_ROOM = 1024, HOUR = 60 /* min */, DAY = 24 /* hours */ };

static void add_head(const struct batch *batch, struct text *out)
{
	text_format(out,
		    "#!/bin/sh\n#SBATCH --job-name=%s\n#SBATCH --output=\"%s/%%x-%%A_%%a.log\"\n"
		    "#SBATCH --open-mode=append\n",
		    batch->name, batch->folder);
	if (batch->partition)
		text_format(out, "#SBATCH --partition=%s\n", batch->partition);
	if (batch->account)
		text_format(out, "#SBATCH --account=%s\n", batch->account);
}

/* What a group may have at once of the throttle, by its share of the tasks. */
static long throttle_of(const struct batch *batch, const struct batch_group *group)
{
	size_t all = 0;
	long share;

	for (size_t i = 0; i < batch->count; i++)
		all += batch->group[i].tasks;
	share = all > 0 ? (long)((size_t)batch->throttle * group->tasks / all) : 1;
	return share > 1 ? share : 1;
}

/* The shell gets TERM before the limit, for its worker. */
static const char *array_of(const struct batch *batch, const struct batch_group *group,
			    struct arena *arena)
{
	const double mib = 1024.0 * 1024;
	struct text out = text_new(arena);

	add_head(batch, &out);
	text_format(&out, "#SBATCH --array=1-%zu", group->tasks);
	if (batch->throttle > 0)
		text_format(&out, "%%%ld", throttle_of(batch, group));
	text_add(&out, "\n");
	if (group->ranks > 1) /* srun and mpirun start so many processes and no more */
		text_format(&out, "#SBATCH --nodes=%ld\n#SBATCH --ntasks=%ld\n", group->nodes,
			    group->ranks);
	text_format(&out,
		    "#SBATCH --cpus-per-task=%ld\n#SBATCH --mem=%.0fM\n#SBATCH --time=%ld\n"
		    "#SBATCH --signal=B:TERM@%ld\n#SBATCH --requeue\n",
		    group->cores / group->ranks, ceil(group->bytes / mib), group->minutes,
		    batch->grace);
	text_add(&out, script_task(batch, group, "$SLURM_ARRAY_TASK_ID", false, arena));
	return out.at;
}

/* "2-00:30:00", "30:00" or "infinite" in minutes; 0: neither. */
static long minutes_of(const char *text)
{
	const char *dash = strchr(text, '-');
	long part[3] = {0}, days = dash ? strtol(text, NULL, 10) : 0;
	int count = sscanf(dash ? dash + 1 : text, "%ld:%ld:%ld", &part[0], &part[1], &part[2]);

	if (count == 3)
		return (days * DAY + part[0]) * HOUR + part[1] + (part[2] > 0);
	return count == 2 ? part[0] + (part[1] > 0) : 0;
}

/* The limit of the partition; the default one has a star. None is known where further words for
 * sbatch may choose another. */
static long longest_of(const struct batch *batch, struct arena *arena)
{
	const char *name = batch->partition, *options = batch->options ? batch->options : "";
	FILE *answer;
	char line[LINE_ROOM];
	long minutes = 0;

	if (strncmp(options, "-p", 2) == 0 || strstr(options, " -p") ||
	    strstr(options, "--partition"))
		return 0;
	answer = popen(name ? arena_format(arena, "sinfo -h -p %s -o '%%P|%%l' 2>/dev/null",
					   text_quoted(name, arena))
			    : "sinfo -h -o '%P|%l' 2>/dev/null",
		       "re");
	while (answer && fgets(line, sizeof line, answer)) {
		char *limit = strchr(line, '|');

		if (limit && limit > line && (name || limit[-1] == '*'))
			minutes = minutes_of(limit + 1);
	}
	if (answer)
		pclose(answer);
	return minutes;
}

static void write_slurm(const struct batch *batch, struct arena *arena, struct batch_files *out)
{
	struct text next = text_new(arena);

	for (size_t i = 0; i < batch->count; i++)
		script_add(out, script_name(batch, batch->group[i].number, arena),
			   array_of(batch, &batch->group[i], arena));
	add_head(batch, &next);
	text_format(&next, "#SBATCH --time=%ld\n#SBATCH --requeue\ncd %s || exit 4\n%s\n",
		    batch->longest > 0 && batch->longest < HOUR ? batch->longest : HOUR,
		    text_quoted(batch->start, arena), batch->next);
	script_add(out, script_name(batch, 0, arena), next.at);
}

/* Give a script to sbatch; the first line of its answer is the number of the job. */
static enum status give(const struct batch *batch, const char *options, size_t group, char id[32],
			struct err *err)
{
	struct arena arena = {0};
	const char *name = script_name(batch, group, &arena);
	const char *path = arena_format(&arena, "%s/%s", batch->folder, name);
	FILE *answer =
		popen(arena_format(&arena, "sbatch --parsable %s %s %s", options,
				   batch->options ? batch->options : "", text_quoted(path, &arena)),
		      "re");
	bool got = answer && fgets(id, 32, answer);
	int ended = answer ? pclose(answer) : -1;
	enum status status = STATUS_OK;

	if (!got || ended != 0)
		status = err_set(err, STATUS_ENV, "sbatch did not take %s", path);
	else
		id[strcspn(id, ";\n")] = '\0';
	arena_release(&arena);
	return status;
}

static void cancel_jobs(const char *jobs)
{
	struct arena arena = {0};

	if (*jobs && system(arena_format(&arena, "scancel --quiet %s", jobs)) != 0)
		fprintf(stderr, "scancel %s has failed\n", jobs);
	arena_release(&arena);
}

/* What is given already is taken back if one is refused. */
static enum status start(const struct batch *batch, struct arena *arena, const char **jobs,
			 struct err *err)
{
	struct text all = text_new(arena), behind = text_new(arena);
	enum status status = STATUS_OK;
	char id[32];

	for (size_t i = 0; i < batch->count && status == STATUS_OK; i++) {
		status = give(batch, "", batch->group[i].number, id, err);
		if (status == STATUS_OK) {
			text_item(&all, " ", "%s", id);
			text_format(&behind, ":%s", id);
		}
	}
	if (status == STATUS_OK)
		status = give(batch, arena_format(arena, "--dependency=afterany%s", behind.at), 0,
			      id, err);
	if (status != STATUS_OK)
		cancel_jobs(all.at);
	else
		text_item(&all, " ", "%s", id);
	*jobs = all.at;
	return status;
}

/* "1 2" to "1,2" */
static const char *with_commas(const char *jobs, struct arena *arena)
{
	char *list = arena_text(arena, jobs);

	for (char *at = list; *at; at++)
		if (*at == ' ')
			*at = ',';
	return list;
}

/* "STATE|node or reason" in words of ours: one row per state, with all places or reasons. */
static void take_line(char *line, struct batch_states *out, struct arena *arena)
{
	char *about = strchr(line, '|'), *reason = about ? strchr(about + 1, '|') : NULL;
	struct batch_state *row = out->at;
	bool waits;

	if (!reason)
		return;
	*about++ = '\0';
	*reason++ = '\0';
	reason[strcspn(reason, "\n")] = '\0';
	for (char *at = line; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	waits = strcmp(line, "pending") == 0;
	about = waits || (!*about && strcmp(reason, "None") != 0) ? reason : about;
	while (row < out->at + out->count && strcmp(row->state, line) != 0)
		row++;
	if (row == out->at + out->count)
		*row = (struct batch_state){0, arena_text(arena, line), ""}, out->count++;
	row->tasks++;
	if (!strstr(row->about, about))
		row->about = *row->about ? arena_format(arena, "%s, %s", row->about, about)
					 : arena_text(arena, about);
}

/* squeue tells of ended jobs too, for as long as the controller keeps them (MinJobAge). */
static void look(const char *jobs, struct arena *arena, struct batch_states *out)
{
	enum { MOST_STATES = 32 };
	const char *command =
		arena_format(arena, "squeue -h -r -t all -j %s -o '%%T|%%N|%%r' 2>/dev/null",
			     with_commas(jobs, arena));
	FILE *answer = popen(command, "re");
	char line[LINE_ROOM];

	*out = (struct batch_states){.at = ARENA_ARRAY(arena, struct batch_state, MOST_STATES)};
	while (answer && fgets(line, sizeof line, answer))
		if (out->count < MOST_STATES)
			take_line(line, out, arena);
	if (!answer || (pclose(answer) != 0 && out->count == 0))
		out->none = "squeue does not know its jobs (any more)";
}

/* Whether the queue is empty of them, within so many half seconds. */
static bool are_gone(const char *jobs, int moments)
{
	const struct timespec moment = {.tv_nsec = 500 * 1000 * 1000};
	struct arena arena = {0};
	const char *left = arena_format(&arena, "[ -z \"$(squeue -h -j %s 2>/dev/null)\" ]",
					with_commas(jobs, &arena));
	bool gone = system(left) == 0;

	for (int i = 0; i < moments && !gone; i++) {
		nanosleep(&moment, NULL);
		gone = system(left) == 0;
	}
	arena_release(&arena);
	return gone;
}

/* First what waits, the next round included; then TERM to the scripts alone, whose workers give
 * their cells back; to all processes, as scancel sends it, only where that was not enough: a cell
 * would seem to have crashed by itself. */
static enum status cancel_slurm(const char *jobs, struct err *err)
{
	enum { SOON = 60, LATE = 240 };
	struct arena arena = {0};
	bool gone;

	cancel_jobs(arena_format(&arena, "--state=PENDING %s", jobs));
	cancel_jobs(arena_format(&arena, "--batch --signal=TERM %s", jobs));
	gone = are_gone(jobs, SOON);
	if (!gone) {
		cancel_jobs(jobs);
		gone = are_gone(jobs, LATE);
	}
	arena_release(&arena);
	return gone ? STATUS_OK
		    : err_set(err, STATUS_ENV, "jobs %s are still there after two minutes", jobs);
}

const struct engine engine_slurm = {
	.base = {.name = "slurm",
		 .doc = "arrays of jobs of a Slurm cluster, and one behind them",
		 .cite = ""},
	.queues = true,
	.longest = longest_of,
	.write = write_slurm,
	.start = start,
	.look = look,
	.cancel = cancel_slurm,
};
