/* Uniting the records of results folders. */
#include "harness/merge/merge.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/merge/merge_tables.h"
#include "harness/sched/layout.h"
#include "harness/sched/lock.h"
#include "harness/store/cellfile.h"
#include "harness/store/checksums.h"
#include "harness/store/command.h"
#include "harness/store/entries.h"
#include "harness/store/manifest.h"
#include "harness/store/result.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct merge {
	const struct merge_order *order;
	struct merge_summary *summary;
	struct layout layout;
	const char *source;
};

/* Of one record, what the rule looks at. */
struct standing {
	bool there, whole, newer;
	int rank; /* 2: ok, 1: failed, timeout, oom, crashed, 0: skipped, interrupted */
	bool disturbed;
	double date; /* s since 1970; far in the past if it is not known */
	const char *status;
	const char *why; /* it is not whole */
	struct entries held;
};

/* *newer: it is of a later version of this program, which says what is in it. */
static enum status read_record(const char *folder, struct arena *arena, struct result *result,
			       bool *newer, struct err *err)
{
	enum manifest_state state = MANIFEST_DAMAGED;
	const char *path = arena_format(arena, "%s/result.json", folder);
	struct cellfile cell;

	manifest_check(folder, arena, NULL, &state, err);
	*newer = state == MANIFEST_NEWER;
	if (err->status != STATUS_OK)
		return err->status;
	TRY(cellfile_read(arena_format(arena, "%s/cell.json", folder), arena, &cell, err));
	TRY(result_read(path, arena, result, err));
	return result->status
		       ? STATUS_OK
		       : err_at(err, STATUS_ENV, (struct err_place){path, 0, 0}, "has no status");
}

static struct standing standing_of(const char *folder, struct arena *arena)
{
	struct standing out = {.there = access(folder, F_OK) == 0};
	struct result result;
	struct tm when = {0};
	struct err err = {0};

	if (!out.there)
		return out;
	out.whole = read_record(folder, arena, &result, &out.newer, &err) == STATUS_OK;
	if (!out.whole) {
		out.why = arena_format(
			arena, "%s: %s%s", err.source,
			strstr(err.text, "record") ? "" : "damaged record: ", err.text);
		return out;
	}
	out.status = result.status;
	if (strcmp(out.status, cell_status_names[CELL_OK]) == 0)
		out.rank = 2;
	else
		out.rank = strcmp(out.status, cell_status_names[CELL_SKIPPED]) != 0 &&
			   strcmp(out.status, cell_status_names[CELL_INTERRUPTED]) != 0;
	out.disturbed = result.timing && *result.timing;
	/* "2026-11-28T10:00:03+00:00" */
	out.date = -1e300;
	if (result.date && strptime(result.date, "%Y-%m-%dT%H:%M:%S%z", &when)) {
		double east = (double)when.tm_gmtoff;

		out.date = (double)timegm(&when) - east; /* takes it for UTC, says so in `when` */
	}
	entries_read(arena_format(arena, "%s/entries.json", folder), arena, &out.held,
		     &(struct err){0}); /* one of an earlier version has none */
	return out;
}

/* Why the source's record is the better one, or NULL. */
static const char *better(const struct standing *ours, const struct standing *theirs,
			  struct arena *arena)
{
	if (!ours->whole)
		return "whole instead of damaged";
	if (theirs->rank != ours->rank)
		return theirs->rank > ours->rank ? arena_format(arena, "%s instead of %s",
								theirs->status, ours->status)
						 : NULL;
	if (entries_lacking(&ours->held, &theirs->held) !=
	    entries_lacking(&theirs->held, &ours->held))
		return entries_lacking(&theirs->held, &ours->held)
			       ? NULL
			       : "with attacks, certificates or selections more";
	if (theirs->disturbed != ours->disturbed)
		return theirs->disturbed ? NULL : "undisturbed times instead of disturbed ones";
	return theirs->date > ours->date ? "of a later date" : NULL;
}

static enum status merge_cell(const struct merge *merge, const char *id, struct arena *arena,
			      struct err *err)
{
	const char *from = arena_format(arena, "%s/cells/%s", merge->source, id), *why;
	const char *to = arena_format(arena, "%s/%s", merge->layout.cells, id);
	const char *tmp = arena_format(arena, "%s/%s", merge->layout.tmp, id);
	struct standing theirs = standing_of(from, arena), ours = standing_of(to, arena);
	struct result copied;
	bool newer;
	enum status status;
	DIR *dir;
	struct dirent *entry;

	if (ours.newer)
		return err_set(err, STATUS_ENV, "%s", ours.why);
	if (!theirs.whole) {
		fprintf(merge->order->warn, "not taken: %s\n", theirs.why);
		merge->summary->damaged++;
		return STATUS_OK;
	}
	why = ours.there ? better(&ours, &theirs, arena) : "new";
	if (!why) {
		merge->summary->kept++;
		return STATUS_OK;
	}

	/* Copied beside, looked at again, and put in its place at once. */
	TRY(folder_make(tmp, err));
	/* Its regular files; a link is not followed and not copied. */
	status = STATUS_OK;
	dir = opendir(from);
	if (!dir)
		return io_error(err, from, "read");
	while (status == STATUS_OK && (entry = readdir(dir))) {
		struct stat info;
		int fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
			status = io_copy(fd, arena_format(arena, "%s/%s", tmp, entry->d_name), err);
		if (fd >= 0)
			close(fd);
	}
	closedir(dir);
	TRY(status);
	TRY(read_record(tmp, arena, &copied, &newer, err));
	TRY(folder_commit(tmp, to, false, err));
	merge->summary->added += !ours.there;
	merge->summary->replaced += ours.there;
	if (ours.there)
		fprintf(merge->order->to, "%s: that of %s, %s\n", id, merge->source, why);
	return STATUS_OK;
}

/* A dot marks hidden and unfinished ones. */
static int is_record(const struct dirent *entry)
{
	return !strchr(entry->d_name, '.');
}

static enum status merge_cells(const struct merge *merge, struct arena *arena, struct err *err)
{
	const char *cells = arena_format(arena, "%s/cells", merge->source);
	struct dirent **entry = NULL;
	int count = scandir(cells, &entry, is_record, alphasort); /* by bytes: no setlocale */
	enum status status = count < 0 ? io_error(err, cells, "read") : STATUS_OK;

	for (int i = 0; i < count; i++) {
		struct arena scratch = {0};

		if (status == STATUS_OK)
			status = merge_cell(merge, entry[i]->d_name, &scratch, err);
		arena_release(&scratch);
		free(entry[i]);
	}
	free(entry);
	return status;
}

static enum status merge_one(struct merge *merge, struct arena *arena, struct err *err)
{
	const struct merge_summary before = *merge->summary, *now = merge->summary;

	if (!merge->order->force) {
		TRY(merge_tables_check_specs(merge->order->dest, merge->source, arena, err));
		TRY(merge_tables_check_data(merge->order->dest, merge->source, arena, err));
	}
	TRY(merge_cells(merge, arena, err));
	TRY(merge_tables_unite(merge->order->dest, merge->source, arena, err));
	TRY(merge_tables_environment(merge->order->dest, merge->source, arena, err));
	fprintf(merge->order->to, "%s: %zu cells added, %zu replaced by better ones, %zu kept",
		merge->source, now->added - before.added, now->replaced - before.replaced,
		now->kept - before.kept);
	if (now->damaged > before.damaged)
		fprintf(merge->order->to, ", %zu damaged, not taken",
			now->damaged - before.damaged);
	fputc('\n', merge->order->to);
	return STATUS_OK;
}

static enum status check_source(const char *dest, const char *source, struct arena *arena,
				struct err *err)
{
	char *a = realpath(dest, NULL), *b = realpath(source, NULL);
	bool same = a && b && strcmp(a, b) == 0;
	struct err_place at = {source, 0, 0};

	free(a);
	free(b);
	if (same)
		return err_at(err, STATUS_SPEC, at, "is the folder that is merged into");
	if (access(arena_format(arena, "%s/spec.yaml", source), R_OK) != 0)
		return err_at(err, STATUS_ENV, at, "is not a results folder: it has no spec.yaml");
	if (lock_is_held(arena_format(arena, "%s/" LOCK_FILE, source)))
		return err_at(err, STATUS_ENV, at,
			      "a run is writing to this folder; wait for it or stop it");
	return STATUS_OK;
}

/* A new destination starts with the spec of the first source. */
static enum status start(const char *dest, const char *source, struct arena *arena, struct err *err)
{
	static const char *const files[] = {COMMAND_ORIGIN_FILE, "env.json", "spec.yaml"};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const char *from = arena_format(arena, "%s/%s", source, files[i]), *text;

		if (access(from, F_OK) != 0)
			continue;
		TRY(store_read_text(from, arena, &text, err));
		TRY(checksums_put_text(dest, files[i], text, err));
	}
	return STATUS_OK;
}

enum status merge_folders(const struct merge_order *order, struct arena *arena,
			  struct merge_summary *out, struct err *err)
{
	const char *spec = arena_format(arena, "%s/spec.yaml", order->dest);
	struct merge merge = {.order = order, .summary = out};
	enum status status = STATUS_OK;

	*out = (struct merge_summary){0};
	for (size_t i = 0; i < order->count; i++)
		TRY(check_source(order->dest, order->source[i], arena, err));
	if (access(order->dest, F_OK) == 0 && access(spec, R_OK) != 0 &&
	    access(arena_format(arena, "%s/cells", order->dest), R_OK) != 0 && /* a merge killed */
	    rmdir(order->dest) != 0)
		return err_at(err, STATUS_ENV, (struct err_place){order->dest, 0, 0},
			      "is not a results folder: it has no spec.yaml");
	TRY(layout_open(&merge.layout, order->dest, (struct sched_shard){.count = 1}, arena, err));
	if (access(spec, F_OK) != 0)
		status = start(order->dest, order->source[0], arena, err);
	for (size_t i = 0; i < order->count && status == STATUS_OK; i++) {
		merge.source = order->source[i];
		status = merge_one(&merge, arena, err);
	}
	layout_close(&merge.layout);
	return status;
}
