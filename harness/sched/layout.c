/* The results folder of a running experiment. */
#include "harness/sched/layout.h"
#include "harness/file/folder.h"
#include "harness/sched/lock.h"
#include "harness/share/share.h"
#include "harness/store/checksums.h"
#include "harness/store/command.h"
#include "harness/store/rows.h"
#include "solvers/core/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "x.old": folders moved aside by a commit that was killed half-way; the new one is complete, or
 * the cell is missing and will be computed again. */
static bool is_moved_aside(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && strcmp(dot, ".old") == 0;
}

/* "plan.csv.1234.tmp" (store_beside): of a run that was killed before it was renamed. */
static bool is_unfinished(const char *name)
{
	const char *end = strstr(name, ".tmp");
	size_t digits = 0;

	if (!end || end[strlen(".tmp")])
		return false;
	while (end - digits > name && isdigit((unsigned char)end[-1 - (ptrdiff_t)digits]))
		digits++;
	return digits > 0 && end - digits > name && end[-1 - (ptrdiff_t)digits] == '.';
}

static enum status remove_leftovers(const char *folder, bool (*is_one)(const char *name),
				    struct arena *arena, struct err *err)
{
	DIR *dir = opendir(folder);
	enum status status = STATUS_OK;
	struct dirent *entry;

	if (!dir)
		return err_at(err, STATUS_ENV, (struct err_place){folder, 0, 0}, "cannot read: %s",
			      strerror(errno));
	while (status == STATUS_OK && (entry = readdir(dir)))
		if (is_one(entry->d_name))
			status = folder_remove(arena_format(arena, "%s/%s", folder, entry->d_name),
					       err);
	closedir(dir);
	return status;
}

/* Another shard may remove the empty folder of all shards between the two steps. */
static enum status make_tmp(const struct layout *layout, struct arena *arena, struct err *err)
{
	enum { TRIES = 100 };
	const char *all = arena_format(arena, "%s/tmp", layout->folder);
	enum status status = STATUS_ENV;
	struct err found;

	for (int i = 0; i < TRIES; i++) {
		found = (struct err){0};
		TRY(folder_make_own(all, err));
		status = folder_make(layout->tmp, &found);
		if (status == STATUS_OK)
			return status;
		if (errno != ENOENT)
			break;
	}
	return err_at(err, status, (struct err_place){found.source, 0, 0}, "%s", found.text);
}

/* The temporary folder and that of the records, without what a run left that was killed. With the
 * lock held, no temporary folder can belong to a living run. */
static enum status make_folders(const struct layout *layout, bool alone, struct arena *arena,
				struct err *err)
{
	TRY(folder_remove(layout->tmp, err));
	TRY(make_tmp(layout, arena, err));
	TRY(folder_make_own(layout->cells, err));
	if (!alone)
		return STATUS_OK;
	TRY(folder_remove(arena_format(arena, "%s/claims", layout->folder), err));
	TRY(remove_leftovers(layout->folder, is_unfinished, arena, err));
	return remove_leftovers(layout->cells, is_moved_aside, arena, err);
}

enum status layout_open(struct layout *out, const char *folder, struct sched_shard shard,
			struct arena *arena, struct err *err)
{
	const char *no_locks;
	enum status status;

	out->folder = folder;
	out->cells = arena_format(arena, "%s/cells", folder);
	out->tmp = arena_format(arena, "%s/tmp", folder);
	TRY(folder_make(folder, err));
	TRY(lock_take(arena_format(arena, "%s/" LOCK_FILE, folder), shard, &out->lock, &no_locks,
		      err));
	if (shard.claims) {
		out->tmp = arena_format(arena, "%s/%s", out->tmp, lease_owner(arena));
	} else if (no_locks) {
		fprintf(stderr,
			"%s: note: no locks on this file system (%s): that no other run writes to "
			"this folder is for you to see\n",
			folder, no_locks);
		/* other runs may be at work: each has a temporary folder of its own, and of a cell
		 * that two of them compute the first record is kept */
		out->tmp = arena_format(arena, "%s/process-%ld", out->tmp, (long)getpid());
	} else if (shard.count > 1) {
		out->tmp = arena_format(arena, "%s/%zu-of-%zu", out->tmp, shard.index + 1,
					shard.count);
	}
	status = make_folders(out, shard.count <= 1 && !shard.claims && !no_locks, arena, err);
	if (status != STATUS_OK)
		close(out->lock);
	return status;
}

void layout_close(struct layout *layout)
{
	struct err ignored = {0}; /* a leftover is removed by the next run */
	struct arena arena = {0};

	folder_remove(layout->tmp, &ignored);
	rmdir(arena_format(&arena, "%s/tmp", layout->folder)); /* fails while a shard uses it */
	arena_release(&arena);
	close(layout->lock);
}

/* Folders of cells in `tmp` (<id>.<process>), and those in the folders of shards. */
static size_t count_cells(const char *tmp, bool in_shard, struct arena *arena)
{
	DIR *dir = opendir(tmp);
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (strchr(entry->d_name, '.'))
			count++;
		else if (!in_shard)
			count += count_cells(arena_format(arena, "%s/%s", tmp, entry->d_name), true,
					     arena);
	}
	if (dir)
		closedir(dir);
	return count;
}

size_t layout_count_running(const char *folder)
{
	struct arena arena = {0};
	size_t count = 0;

	if (lock_is_held(arena_format(&arena, "%s/" LOCK_FILE, folder)))
		count = count_cells(arena_format(&arena, "%s/tmp", folder), false, &arena);
	arena_release(&arena);
	return count;
}

enum status layout_write_origin(const struct layout *layout, const struct experiment *experiment,
				struct texts sets, const struct env_workers *workers,
				struct err *err)
{
	struct arena arena = {0};
	const char *spec, *env = arena_format(&arena, "%s/new-env.json", layout->folder);
	char *absolute = realpath(experiment->path, NULL);
	struct text origin = text_new(&arena); /* the path of the spec; then each --set */
	enum status status;

	env = store_beside(env, &arena);
	text_format(&origin, "%s\n", absolute ? absolute : experiment->path);
	free(absolute);
	for (size_t i = 0; i < sets.count; i++)
		text_format(&origin, "%s\n", sets.at[i]);

	lock_files(layout->lock);
	status = store_read_text(experiment->path, &arena, &spec, err);
	if (status == STATUS_OK)
		status = checksums_put_text(layout->folder, "spec.yaml", spec, err);
	if (status == STATUS_OK && experiment->style.file)
		status = store_read_text(experiment->style.file, &arena, &spec, err);
	if (status == STATUS_OK && experiment->style.file)
		status = checksums_put_text(layout->folder, SPEC_STYLE_FILE, spec, err);
	if (status == STATUS_OK)
		status = checksums_put_text(layout->folder, COMMAND_ORIGIN_FILE, origin.at, err);
	if (status == STATUS_OK)
		status = env_write(env, workers, err);
	if (status == STATUS_OK)
		status = checksums_put(layout->folder, "env.json", env, err);
	lock_free_files(layout->lock);
	arena_release(&arena);
	return status;
}

static enum status write_cells(const struct plan *plan, const char *path, struct err *err)
{
	struct arena arena = {0};
	struct plan_row *rows = ARENA_ARRAY(&arena, struct plan_row, plan->count);
	enum status status;

	for (size_t i = 0; i < plan->count; i++) {
		const struct planned *at = &plan->at[i];

		rows[i] = (struct plan_row){.cell = at->cell->id,
					    .data = at->cell->data.name,
					    .method = at->cell->train.name,
					    .repetition = (double)at->cell->repetition,
					    .fold = spec_fold(at->cell),
					    .inner_fold = spec_inner_fold(at->cell),
					    .swept = sched_swept(at->cell, ";", &arena),
					    .status = at->record.status,
					    .request = request_text(&at->request, &arena)};
	}
	status = field_write(path, &rows_plan, rows, plan->count, err);
	arena_release(&arena);
	return status;
}

static enum status write_data(const struct plan *plan, const char *path, struct err *err)
{
	struct arena arena = {0};
	struct data_row *rows = ARENA_ARRAY(&arena, struct data_row, plan->data_count);
	enum status status;

	for (size_t i = 0; i < plan->data_count; i++) {
		const struct planned_data *data = &plan->data[i];

		rows[i] = (struct data_row){.data = data->name,
					    .swept = data->swept,
					    .sha256 = *data->files ? data->checksum : NULL,
					    .files = data->files};
	}
	status = field_write(path, &rows_data, rows, plan->data_count, err);
	arena_release(&arena);
	return status;
}

/* Written beside and renamed, so that a reader never sees half of it. */
static enum status replace_file(
	const struct plan *plan, const struct layout *layout, const char *name,
	enum status (*write)(const struct plan *, const char *, struct err *), struct err *err)
{
	struct arena arena = {0};
	const char *tmp = store_beside(arena_format(&arena, "%s/%s", layout->folder, name), &arena);
	enum status status;

	unlink(tmp); /* of a process that had this number before */
	status = write(plan, tmp, err);
	if (status == STATUS_OK)
		status = checksums_put(layout->folder, name, tmp, err);
	if (status != STATUS_OK)
		unlink(tmp);
	arena_release(&arena);
	return status;
}

enum status layout_write_plan(const struct layout *layout, const struct plan *plan, struct err *err)
{
	enum status status;

	lock_files(layout->lock);
	status = replace_file(plan, layout, "plan.csv", write_cells, err);
	if (status == STATUS_OK)
		status = replace_file(plan, layout, "data.csv", write_data, err);
	lock_free_files(layout->lock);
	return status;
}
