/* Packing a results folder. */
#include "harness/merge/archive.h"
#include "harness/data/data.h"
#include "harness/file/io.h"
#include "harness/file/tar.h"
#include "harness/sched/lock.h"
#include "harness/store/manifest.h"
#include "harness/verify/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct packed {           /* a file or a folder */
	const char *name; /* below the results folder; a folder's ends with a slash */
	char sha256[65];  /* of a file */
	double bytes;
};

struct archive {
	const char *folder, *top; /* top: the folder's own name */
	struct arena *arena;
	size_t count, room;
	struct packed *at;
	size_t data_count, data_room;
	const char **data; /* lines "sha256  path" */
};

static void add(struct archive *a, struct packed one)
{
	if (a->count == a->room) {
		struct packed *more;

		a->room = a->room ? 2 * a->room : 256;
		more = ARENA_ARRAY(a->arena, struct packed, a->room);
		if (a->count > 0)
			memcpy(more, a->at, a->count * sizeof *more);
		a->at = more;
	}
	a->at[a->count++] = one;
}

static void add_data(struct archive *a, const char *line)
{
	if (a->data_count == a->data_room) {
		const char **more;

		a->data_room = a->data_room ? 2 * a->data_room : 64;
		more = ARENA_ARRAY(a->arena, const char *, a->data_room);
		if (a->data_count > 0)
			memcpy(more, a->data, a->data_count * sizeof *more);
		a->data = more;
	}
	a->data[a->data_count++] = line;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Of a run that is going on, or that was killed; or not of the results. */
static bool is_left_out(const char *below, const char *name)
{
	if (name[0] == '.' || ends_with(name, ".tmp") || ends_with(name, ".old"))
		return true;
	return !*below && (strcmp(name, LOCK_FILE) == 0 || strcmp(name, "tmp") == 0 ||
			   strcmp(name, ARCHIVE_SUMS) == 0 || strcmp(name, ARCHIVE_DATA_SUMS) == 0);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum status list_folder(struct archive *a, const char *below, struct err *err);

static enum status list_entry(struct archive *a, const char *below, const char *entry,
			      struct err *err)
{
	struct packed one = {.name = arena_format(a->arena, "%s%s", below, entry)};
	const char *path = arena_format(a->arena, "%s/%s", a->folder, one.name);
	struct err_place at = {path, 0, 0};
	struct stat info;

	if (lstat(path, &info) != 0)
		return io_error(err, path, "read");
	if (S_ISDIR(info.st_mode)) {
		one.name = arena_format(a->arena, "%s/", one.name);
		add(a, one);
		return list_folder(a, one.name, err);
	}
	if (!S_ISREG(info.st_mode))
		return err_at(err, STATUS_ENV, at,
			      "expected a file or a folder, got %s: it cannot be packed",
			      S_ISLNK(info.st_mode) ? "a link" : "something else");
	if (strpbrk(one.name, "\n\\"))
		return err_at(err, STATUS_ENV, at, "a name with this character cannot be packed");
	TRY(data_file_checksum(path, one.sha256, &one.bytes, err));
	add(a, one);
	return STATUS_OK;
}

static enum status list_folder(struct archive *a, const char *below, struct err *err)
{
	const char *path = arena_format(a->arena, "%s/%s", a->folder, below);
	enum status status = STATUS_OK;
	struct dirent **entry = NULL;
	int count = scandir(path, &entry, NULL, by_name);

	if (count < 0)
		return io_error(err, path, "read");
	for (int i = 0; i < count; i++) {
		if (status == STATUS_OK && !is_left_out(below, entry[i]->d_name))
			status = list_entry(a, below, entry[i]->d_name, err);
		free(entry[i]);
	}
	free(entry);
	return status;
}

/* "sha256  file" of the rows of one record's list of inputs. */
static enum status read_inputs(struct archive *a, const char *name, struct err *err)
{
	struct field_rows rows;
	const struct input_row *row;

	TRY(field_read(arena_format(a->arena, "%s/%s", a->folder, name), &rows_inputs, a->arena,
		       &rows, err));
	row = rows.at;
	for (size_t i = 0; i < rows.count; i++)
		add_data(a, arena_format(a->arena, "%s  %s\n", row[i].sha256, row[i].file));
	return STATUS_OK;
}

static int by_file(const void *a, const void *b)
{
	const char *one = *(const char *const *)a, *two = *(const char *const *)b;
	int order = strcmp(strchr(one, ' '), strchr(two, ' '));

	return order ? order : strcmp(one, two);
}

/* "cells/<id>/" */
static bool is_record(const char *name)
{
	const char *id =
		strncmp(name, "cells/", strlen("cells/")) == 0 ? name + strlen("cells/") : "";
	const char *slash = strchr(id, '/');

	return slash && slash[1] == '\0';
}

/* Each damaged record is named on stderr. */
static size_t name_damaged(const struct archive *a)
{
	size_t damaged = 0;

	for (size_t i = 0; i < a->count; i++) {
		struct arena scratch = {0};
		struct err err = {0};
		int length = (int)strlen(a->at[i].name) - 1; /* without its slash */

		if (is_record(a->at[i].name) &&
		    manifest_check(
			    arena_format(&scratch, "%s/%.*s", a->folder, length, a->at[i].name),
			    &scratch, NULL, NULL, &err) != STATUS_OK) {
			err_print(&err, stderr);
			damaged++;
		}
		arena_release(&scratch);
	}
	return damaged;
}

static enum status list_data(struct archive *a, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->count; i++)
		if (ends_with(a->at[i].name, "/" INPUTS_FILE))
			TRY(read_inputs(a, a->at[i].name, err));
	if (a->data_count > 0)
		qsort(a->data, a->data_count, sizeof *a->data, by_file);
	for (size_t i = 0; i < a->data_count; i++)
		if (kept == 0 || strcmp(a->data[kept - 1], a->data[i]) != 0)
			a->data[kept++] = a->data[i];
	a->data_count = kept;
	return STATUS_OK;
}

/* All lines in one text. */
static const char *join(const char *const *line, size_t count, struct arena *arena)
{
	size_t length = 0, at = 0;
	char *text;

	for (size_t i = 0; i < count; i++)
		length += strlen(line[i]);
	text = arena_alloc(arena, length + 1, 1);
	for (size_t i = 0; i < count; i++) {
		memcpy(text + at, line[i], strlen(line[i]));
		at += strlen(line[i]);
	}
	text[length] = '\0';
	return text;
}

static const char *sums_text(const struct archive *a)
{
	const char **line = ARENA_ARRAY(a->arena, const char *, a->count + 1);
	size_t count = 0;

	for (size_t i = 0; i < a->count; i++)
		if (a->at[i].sha256[0])
			line[count++] =
				arena_format(a->arena, "%s  %s\n", a->at[i].sha256, a->at[i].name);
	return join(line, count, a->arena);
}

static const char *in_top(const struct archive *a, const char *name)
{
	return arena_format(a->arena, "%s/%s", a->top, name);
}

static enum status pack(const struct archive *a, struct tar *tar, struct err *err)
{
	TRY(tar_folder(tar, in_top(a, ""), err));
	TRY(tar_text(tar, in_top(a, ARCHIVE_SUMS), sums_text(a), err));
	if (a->data_count > 0)
		TRY(tar_text(tar, in_top(a, ARCHIVE_DATA_SUMS),
			     join(a->data, a->data_count, a->arena), err));
	for (size_t i = 0; i < a->count; i++) {
		const char *name = in_top(a, a->at[i].name);

		if (!a->at[i].sha256[0])
			TRY(tar_folder(tar, name, err));
		else
			TRY(tar_file(tar, name,
				     arena_format(a->arena, "%s/%s", a->folder, a->at[i].name),
				     err));
	}
	return STATUS_OK;
}

/* Written beside and renamed, so that nobody takes half an archive for one. */
static enum status write_file(const struct archive *a, const char *path, struct err *err)
{
	const char *tmp = arena_format(a->arena, "%s.%ld.tmp", path, (long)getpid());
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

/* Is `path` a file in the folder `resolved` (an absolute path) or below it? */
static bool lies_in(const char *path, const char *resolved, struct arena *arena)
{
	const char *slash = strrchr(path, '/');
	char *parent =
		realpath(slash ? arena_text_n(arena, path, (size_t)(slash - path) + 1) : ".", NULL);
	size_t length = strlen(resolved);
	bool below = parent && strncmp(parent, resolved, length) == 0 &&
		     (parent[length] == '/' || parent[length] == '\0');

	free(parent);
	return below;
}

enum status archive_write(const char *folder, const char *path, struct arena *arena,
			  struct archive_summary *out, struct err *err)
{
	char *resolved = realpath(folder, NULL);
	struct archive a = {.folder = folder, .arena = arena};
	struct err_place at = {folder, 0, 0};
	bool inside;

	if (!resolved || access(arena_format(arena, "%s/spec.yaml", folder), R_OK) != 0) {
		free(resolved);
		return err_at(err, STATUS_ENV, at, "is not a results folder: it has no spec.yaml");
	}
	a.top = arena_text(arena, strrchr(resolved, '/') + 1);
	inside = lies_in(path, resolved, arena);
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
	*out = (struct archive_summary){.data_files = a.data_count, .damaged = name_damaged(&a)};
	for (size_t i = 0; i < a.count; i++) {
		out->files += a.at[i].sha256[0] != '\0';
		out->bytes += a.at[i].bytes;
	}
	return STATUS_OK;
}
