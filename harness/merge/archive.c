/* Packing a results folder. */
#include "harness/merge/archive.h"
#include "harness/data/data.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/file/tar.h"
#include "harness/sched/lock.h"
#include "harness/store/manifest.h"
#include "harness/verify/inputs.h"
#include "solvers/core/text.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct packed {             /* a file or a folder */
	const char *name;   /* below the results folder; a folder's ends with a slash */
	const char *sha256; /* NULL: a folder */
	double bytes;
};

struct list {
	size_t count, room;
	struct packed *at;
};

struct archive {
	const char *folder, *top; /* top: the folder's own name */
	struct arena *arena;
	struct list held, data; /* data: the files that its cells read, as they name them */
};

static void add(struct list *list, struct packed one, struct arena *arena)
{
	if (list->count == list->room) {
		struct packed *more;

		list->room = list->room ? 2 * list->room : 256;
		more = ARENA_ARRAY(arena, struct packed, list->room);
		if (list->count > 0)
			memcpy(more, list->at, list->count * sizeof *more);
		list->at = more;
	}
	list->at[list->count++] = one;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcmp(text + length - tail, end) == 0;
}

static enum status list_folder(struct archive *a, const char *below, struct err *err);

static enum status list_entry(struct archive *a, const char *below, const char *entry,
			      struct err *err)
{
	struct packed one = {.name = arena_format(a->arena, "%s%s", below, entry)};
	const char *path = arena_format(a->arena, "%s/%s", a->folder, one.name);
	struct err_place at = {path, 0, 0};
	struct stat info;
	char sha256[65];

	/* Of a run that is going on, or that was killed; or not of the results. */
	if (entry[0] == '.' || ends_with(entry, ".tmp") || ends_with(entry, ".old") ||
	    (!*below &&
	     (strcmp(entry, LOCK_FILE) == 0 || strcmp(entry, "tmp") == 0 ||
	      strcmp(entry, ARCHIVE_SUMS) == 0 || strcmp(entry, ARCHIVE_DATA_SUMS) == 0)))
		return STATUS_OK;
	if (lstat(path, &info) != 0)
		return io_error(err, path, "read");
	if (S_ISDIR(info.st_mode)) {
		one.name = arena_format(a->arena, "%s/", one.name);
		add(&a->held, one, a->arena);
		return list_folder(a, one.name, err);
	}
	if (!S_ISREG(info.st_mode))
		return err_at(err, STATUS_ENV, at,
			      "expected a file or a folder, got %s: it cannot be packed",
			      S_ISLNK(info.st_mode) ? "a link" : "something else");
	if (strpbrk(one.name, "\n\\"))
		return err_at(err, STATUS_ENV, at, "a name with this character cannot be packed");
	TRY(data_file_checksum(path, sha256, &one.bytes, err));
	one.sha256 = arena_text(a->arena, sha256);
	add(&a->held, one, a->arena);
	return STATUS_OK;
}

static enum status list_folder(struct archive *a, const char *below, struct err *err)
{
	const char *path = arena_format(a->arena, "%s/%s", a->folder, below);
	enum status status = STATUS_OK;
	struct dirent **entry = NULL;
	int count = scandir(path, &entry, NULL, alphasort); /* by bytes: there is no setlocale */

	if (count < 0)
		return io_error(err, path, "read");
	for (int i = 0; i < count; i++) {
		if (status == STATUS_OK)
			status = list_entry(a, below, entry[i]->d_name, err);
		free(entry[i]);
	}
	free(entry);
	return status;
}

/* Each damaged record, a folder cells/<id>/, is named on stderr. */
static size_t name_damaged(const struct archive *a)
{
	size_t damaged = 0;

	for (size_t i = 0; i < a->held.count; i++) {
		const char *name = a->held.at[i].name;
		struct arena scratch = {0};
		struct err err = {0};
		const char *record =
			arena_format(&scratch, "%s/%.*s", a->folder, (int)strlen(name) - 1, name);

		if (fnmatch("cells/*/", name, FNM_PATHNAME) == 0 &&
		    manifest_check(record, &scratch, NULL, NULL, &err) != STATUS_OK) {
			err_print(&err, stderr);
			damaged++;
		}
		arena_release(&scratch);
	}
	return damaged;
}

static int compare(const void *a, const void *b)
{
	const struct packed *one = a, *two = b;
	int order = strcmp(one->name, two->name);

	return order ? order : strcmp(one->sha256, two->sha256);
}

/* Of the lists of inputs of all records, each file once. */
static enum status list_data(struct archive *a, struct err *err)
{
	struct list *data = &a->data;
	size_t kept = 0;

	for (size_t i = 0; i < a->held.count; i++) {
		const char *name = a->held.at[i].name;
		const struct input_row *row;
		struct field_rows rows;

		if (!ends_with(name, "/" INPUTS_FILE))
			continue;
		TRY(field_read(arena_format(a->arena, "%s/%s", a->folder, name), &rows_inputs,
			       a->arena, &rows, err));
		row = rows.at;
		for (size_t k = 0; k < rows.count; k++)
			add(data, (struct packed){row[k].file, row[k].sha256, 0}, a->arena);
	}
	if (data->count > 0)
		qsort(data->at, data->count, sizeof *data->at, compare);
	for (size_t i = 0; i < data->count; i++)
		if (kept == 0 || compare(&data->at[kept - 1], &data->at[i]) != 0)
			data->at[kept++] = data->at[i];
	data->count = kept;
	return STATUS_OK;
}

/* Lines "sha256  name" of the files. */
static const char *sums_of(const struct list *list, struct arena *arena)
{
	struct text text = text_new(arena);

	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].sha256)
			text_format(&text, "%s  %s\n", list->at[i].sha256, list->at[i].name);
	return text.at;
}

static enum status pack(const struct archive *a, struct tar *tar, struct err *err)
{
	struct arena *arena = a->arena;

	TRY(tar_folder(tar, arena_format(arena, "%s/", a->top), err));
	TRY(tar_text(tar, arena_format(arena, "%s/" ARCHIVE_SUMS, a->top), sums_of(&a->held, arena),
		     err));
	if (a->data.count > 0)
		TRY(tar_text(tar, arena_format(arena, "%s/" ARCHIVE_DATA_SUMS, a->top),
			     sums_of(&a->data, arena), err));
	for (size_t i = 0; i < a->held.count; i++) {
		const struct packed *one = &a->held.at[i];
		const char *name = arena_format(arena, "%s/%s", a->top, one->name);
		const char *path = arena_format(arena, "%s/%s", a->folder, one->name);

		TRY(one->sha256 ? tar_file(tar, name, path, err) : tar_folder(tar, name, err));
	}
	return STATUS_OK;
}

/* Written beside and renamed, so that nobody takes half an archive for one. */
static enum status write_file(const struct archive *a, const char *path, struct err *err)
{
	const char *tmp = store_beside(path, a->arena);
	struct err closing = {0};
	enum status status;
	struct tar tar;

	TRY(tar_open(&tar, tmp, err));
	status = pack(a, &tar, err);
	if (tar_close(&tar, &closing) != STATUS_OK && status == STATUS_OK) {
		*err = closing;
		status = closing.status;
	}
	if (status == STATUS_OK && !io_rename(tmp, path))
		status = io_error(err, path, "write");
	if (status != STATUS_OK)
		unlink(tmp);
	return status;
}

enum status archive_write(const char *folder, const char *path, struct arena *arena,
			  struct archive_summary *out, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *resolved = realpath(folder, NULL), *parent;
	struct archive a = {.folder = folder, .arena = arena};
	struct err_place at = {folder, 0, 0};
	size_t length;
	bool inside;

	if (!resolved || access(arena_format(arena, "%s/spec.yaml", folder), R_OK) != 0) {
		free(resolved);
		return err_at(err, STATUS_ENV, at, "is not a results folder: it has no spec.yaml");
	}
	a.top = arena_text(arena, strrchr(resolved, '/') + 1);
	length = strlen(resolved);
	parent =
		realpath(slash ? arena_text_n(arena, path, (size_t)(slash - path) + 1) : ".", NULL);
	inside = parent && strncmp(parent, resolved, length) == 0 &&
		 (parent[length] == '/' || parent[length] == '\0');
	free(parent);
	free(resolved);
	if (inside)
		return err_at(err, STATUS_SPEC, (struct err_place){path, 0, 0},
			      "lies in the folder that is packed; --output FILE puts it elsewhere");
	if (lock_is_held(arena_format(arena, "%s/" LOCK_FILE, folder)))
		return err_at(err, STATUS_ENV, at,
			      "a run is writing to this folder; wait for it or stop it");
	TRY(list_folder(&a, "", err));
	TRY(list_data(&a, err));
	TRY(write_file(&a, path, err));
	*out = (struct archive_summary){.data_files = a.data.count, .damaged = name_damaged(&a)};
	for (size_t i = 0; i < a.held.count; i++) {
		out->files += a.held.at[i].sha256 != NULL;
		out->bytes += a.held.at[i].bytes;
	}
	return STATUS_OK;
}
