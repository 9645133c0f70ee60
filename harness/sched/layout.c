/* The results folder of a running experiment. */
#include "harness/sched/layout.h"
#include "harness/store/csv.h"
#include "harness/store/env.h"
#include "harness/store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	FILE_MODE = 0666 /* the user's umask decides */
};

static enum status take_lock(struct layout *layout, struct arena *arena, struct err *err)
{
	const char *path = arena_format(arena, "%s/lock", layout->folder);
	struct err_place at = {path, 0, 0};
	char holder[32] = "";

	layout->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (layout->lock < 0)
		return err_at(err, STATUS_ENV, at, "cannot write: %s", strerror(errno));
	if (flock(layout->lock, LOCK_EX | LOCK_NB) != 0) {
		ssize_t got = read(layout->lock, holder, sizeof holder - 1);

		close(layout->lock);
		return err_at(err, STATUS_ENV, at,
			      "another run is writing to this folder (process %ld); wait for it or "
			      "stop it",
			      got > 0 ? strtol(holder, NULL, 10) : 0);
	}
	/* the number only helps the message above: a lock without it is as good */
	if (ftruncate(layout->lock, 0) == 0)
		dprintf(layout->lock, "%ld\n", (long)getpid());
	return STATUS_OK;
}

/* Folders moved aside by a commit that was killed half-way: the new one is complete, or the cell is
 * missing and will be computed again. */
static enum status remove_moved_aside(const char *cells, struct arena *arena, struct err *err)
{
	DIR *dir = opendir(cells);
	enum status status = STATUS_OK;
	struct dirent *entry;

	if (!dir)
		return err_at(err, STATUS_ENV, (struct err_place){cells, 0, 0}, "cannot read: %s",
			      strerror(errno));
	while (status == STATUS_OK && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (dot && strcmp(dot, ".old") == 0)
			status = folder_remove(arena_format(arena, "%s/%s", cells, entry->d_name),
					       err);
	}
	closedir(dir);
	return status;
}

static enum status make_folders(const struct layout *layout, struct arena *arena, struct err *err)
{
	/* with the lock held, no temporary folder can belong to a living run */
	TRY(folder_remove(layout->tmp, err));
	TRY(folder_make(layout->tmp, err));
	TRY(folder_make(layout->cells, err));
	return remove_moved_aside(layout->cells, arena, err);
}

enum status layout_open(struct layout *out, const char *folder, struct arena *arena, struct err *err)
{
	enum status status;

	out->folder = folder;
	out->tmp = arena_format(arena, "%s/tmp", folder);
	out->cells = arena_format(arena, "%s/cells", folder);
	TRY(folder_make(folder, err));
	TRY(take_lock(out, arena, err));
	status = make_folders(out, arena, err);
	if (status != STATUS_OK)
		close(out->lock);
	return status;
}

void layout_close(struct layout *layout)
{
	struct err ignored = {0}; /* a leftover is removed by the next run */

	folder_remove(layout->tmp, &ignored);
	close(layout->lock);
}

enum status layout_write_origin(const struct layout *layout, const struct experiment *experiment,
				struct texts sets, struct err *err)
{
	struct arena arena = {0};
	char *absolute = realpath(experiment->path, NULL);
	const char *origin =
		arena_format(&arena, "%s\n", absolute ? absolute : experiment->path);
	const char *spec;
	enum status status;

	free(absolute);
	for (size_t i = 0; i < sets.count; i++)
		origin = arena_format(&arena, "%s%s\n", origin, sets.at[i]);
	status = store_read_text(experiment->path, &arena, &spec, err);
	if (status == STATUS_OK)
		status = store_write_text(arena_format(&arena, "%s/spec.yaml", layout->folder),
					  spec, err);
	if (status == STATUS_OK)
		status = store_write_text(
			arena_format(&arena, "%s/" SCHED_ORIGIN_FILE, layout->folder), origin, err);
	if (status == STATUS_OK)
		status = env_write(arena_format(&arena, "%s/env.json", layout->folder), err);
	arena_release(&arena);
	return status;
}

static void write_row(struct csv *csv, const struct planned *at, struct arena *arena)
{
	const struct cell *cell = at->cell;

	csv_text(csv, cell->id);
	csv_text(csv, cell->data.name);
	csv_text(csv, cell->train.name);
	csv_number(csv, (double)cell->repetition);
	csv_text(csv, sched_swept(cell, ";", arena));
	csv_text(csv, at->status);
	csv_end_row(csv);
}

enum status layout_write_plan(const struct layout *layout, const struct plan *plan, struct err *err)
{
	static const char *const header[] = {"cell",  "data",   "method", "repetition",
					     "swept", "status", NULL};
	struct arena arena = {0};
	const char *path = arena_format(&arena, "%s/plan.csv", layout->folder);
	const char *tmp = arena_format(&arena, "%s.tmp", path);
	struct csv csv;
	enum status status = csv_open(&csv, tmp, header, err);

	if (status == STATUS_OK) {
		for (size_t i = 0; i < plan->count; i++)
			write_row(&csv, &plan->at[i], &arena);
		status = csv_close(&csv, err);
	}
	if (status == STATUS_OK && rename(tmp, path) != 0)
		status = err_at(err, STATUS_ENV, (struct err_place){path, 0, 0},
				"cannot write: %s", strerror(errno));
	arena_release(&arena);
	return status;
}
