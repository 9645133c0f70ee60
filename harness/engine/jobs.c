/* The file of jobs, and the files of tasks. */
#include "harness/engine/jobs.h"
#include "harness/file/folder.h"
#include "solvers/core/text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_ROOM = 32 };

static const char *path_of(const char *folder, struct arena *arena)
{
	return arena_format(arena, "%s/jobs", folder);
}

enum status jobs_add(const char *folder, const struct batch_jobs *jobs, struct err *err)
{
	struct arena arena = {0};
	const char *path = path_of(folder, &arena), *before = "";
	enum status status = STATUS_OK;

	if (jobs->round > 1 && access(path, F_OK) == 0)
		status = store_read_text(path, &arena, &before, err);
	if (status == STATUS_OK)
		status = store_write_text(path,
					  arena_format(&arena, "%s%s %ld %zu %s\n", before,
						       jobs->engine->name, jobs->round, jobs->tasks,
						       jobs->jobs),
					  err);
	arena_release(&arena);
	return status;
}

/* "slurm 1 4 17 18". The jobs become words of a shell: a folder may come from anyone. */
static bool take_line(const char *line, struct arena *arena, struct batch_jobs *out)
{
	char name[NAME_ROOM];
	int used = 0;

	*out = (struct batch_jobs){0};
	if (sscanf(line, "%31s %ld %zu %n", name, &out->round, &out->tasks, &used) != 3 || !used)
		return false;
	out->engine = registry_find(KIND_ENGINE, name);
	out->jobs = arena_text_n(arena, line + used, strcspn(line + used, "\n"));
	return out->engine && *out->jobs &&
	       !out->jobs[strspn(out->jobs, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
					    "stuvwxyz._-: ")];
}

enum status jobs_read(const char *folder, struct arena *arena, struct batch_jobs **out,
		      size_t *count, struct err *err)
{
	const char *path = path_of(folder, arena), *text = "";
	size_t lines = 0;

	*count = 0;
	if (access(path, F_OK) == 0)
		TRY(store_read_text(path, arena, &text, err));
	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	*out = ARENA_ARRAY(arena, struct batch_jobs, lines + 1);
	for (const char *line = text; *line && *count < lines; line = strchr(line, '\n') + 1)
		if (!take_line(line, arena, &(*out)[(*count)++]))
			return err_at(err, STATUS_ENV, (struct err_place){path, (int)*count, 1},
				      "is not a line that submit has written");
	return STATUS_OK;
}

/* "1-3.ended" */
static void take_task(const char *folder, const char *name, struct batch_tally *out,
		      struct arena *arena)
{
	const char *dot = strrchr(name, '.'), *text, *ended;
	struct err ignored = {0};
	long status;

	if (!dot || strcmp(dot, ".started") != 0)
		return;
	name = arena_text_n(arena, name, (size_t)(dot - name));
	ended = arena_format(arena, "%s/%s.ended", folder, name);
	if (access(ended, F_OK) != 0 ||
	    store_read_text(ended, arena, &text, &ignored) != STATUS_OK) {
		out->started++;
		return;
	}
	status = strtol(text, NULL, 10);
	out->ended += status == 0;
	out->failed += status != 0;
	if (status != 0 && !out->first_failed)
		out->first_failed = arena_format(arena, "%s (exit status %ld)", name, status);
}

struct batch_tally jobs_tally(const char *folder, long round, struct arena *arena)
{
	const char *path = arena_format(arena, "%s/round-%ld", folder, round);
	struct batch_tally out = {0};
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		take_task(path, entry->d_name, &out, arena);
	if (dir)
		closedir(dir);
	return out;
}
