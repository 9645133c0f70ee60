/* Lengths and checksums of the files of a record. */
#include "harness/store/manifest.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/file/jsonfile.h"
#include "harness/store/result.h"
#include "solvers/core/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <search.h>
#include <sha256.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOKS = 3,    /* at a record that is replaced while it is looked at */
	SETTLED_S = 2 /* after a write, two of them have had different times for certain */
};

/* None of them may be there without being listed. */
const struct manifest_file manifest_files[] = {{"cell.json", NULL, true},
					       {"result.json", NULL, true},
					       {"entries.json", NULL, true},
					       {"inputs.csv", &rows_inputs, true},
					       {"trace.csv", &rows_trace, false},
					       {"patterns.csv", &rows_patterns, false},
					       {"path.csv", &rows_path, false},
					       {"models.npz", NULL, false},
					       {"attack.csv", &rows_attack, true},
					       {"attack_validation.csv", &rows_attack, true},
					       {"certify.csv", &rows_certify, true},
					       {"findings.npz", NULL, true},
					       {"examples.npz", NULL, true},
					       {"samples.csv", NULL, true},
					       {"adversarial.npz", NULL, true},
					       {"points.csv", &rows_points, false},
					       {"confusion.csv", &rows_confusion, false},
					       {"model.npz", NULL, false},
					       {"outputs.npz", NULL, false},
					       {"log.txt", NULL, false},
					       {NULL, NULL, false}};

/* The plain files of a folder but record.json, sorted. */
static enum status list_files(const char *folder, struct arena *arena, const char ***names,
			      size_t *count, struct err *err)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct stat info;
	size_t room = 0;

	*count = 0;
	if (!dir)
		return io_error(err, folder, "open");
	while (readdir(dir))
		room++;
	*names = ARENA_ARRAY(arena, const char *, room);
	rewinddir(dir);
	while (*count < room && (entry = readdir(dir)))
		if (fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(info.st_mode) && strcmp(entry->d_name, MANIFEST_FILE) != 0)
			(*names)[(*count)++] = arena_text(arena, entry->d_name);
	closedir(dir);
	qsort(*names, *count, sizeof **names, text_compare);
	return STATUS_OK;
}

/* SHA-256 of what the object says, whatever its layout in the file. */
static void hash_object(const json_t *object, char hex[SHA256_DIGEST_STRING_LENGTH])
{
	char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);

	SHA256Data((const uint8_t *)(text ? text : ""), text ? strlen(text) : 0, hex);
	free(text);
}

static enum status object_of(const char *folder, const struct manifest *about, json_t *object,
			     struct arena *arena, struct err *err)
{
	json_t *files = json_array();
	char hex[SHA256_DIGEST_STRING_LENGTH];
	const char **names;
	size_t count;

	json_object_set_new(object, "format", json_integer(MANIFEST_FORMAT));
	json_object_set_new(object, "cell", field_json_text(about->cell));
	json_object_set_new(object, "key", field_json_text(about->key));
	json_object_set_new(object, "data", field_json_text(about->data));
	json_object_set_new(object, "files", files);
	TRY(list_files(folder, arena, &names, &count, err));
	for (size_t i = 0; i < count; i++) {
		const char *path = arena_format(arena, "%s/%s", folder, names[i]);
		struct stat info;

		if (stat(path, &info) != 0 || !SHA256File(path, hex))
			return io_error(err, path, "read");
		json_array_append_new(files, json_pack("{s:s, s:I, s:s}", "name", names[i], "bytes",
						       (json_int_t)info.st_size, "sha256", hex));
	}
	hash_object(object, hex);
	json_object_set_new(object, "sha256", json_string(hex));
	return STATUS_OK;
}

enum status manifest_write(const char *folder, const struct manifest *about, struct err *err)
{
	json_t *object = json_object();
	struct arena arena = {0};
	const char *path = arena_format(&arena, "%s/" MANIFEST_FILE, folder);
	enum status status = object_of(folder, about, object, &arena, err);

	if (status == STATUS_OK)
		status = jsonfile_write(object, path, 1, err);
	else
		json_decref(object);
	arena_release(&arena);
	return status;
}

/* One look at one record. */
struct look {
	const char *folder;
	struct arena *arena;
	struct err *err;
	enum manifest_state state;
};

static enum status damaged(struct look *look, const char *file, const char *what)
{
	struct err_place at = {
		file ? arena_format(look->arena, "%s/%s", look->folder, file) : look->folder, 0, 0};

	look->state = MANIFEST_DAMAGED;
	return err_at(look->err, STATUS_FAILED, at, "damaged record: %s%s%s", file ? file : "",
		      file ? " " : "", what);
}

static enum status check_file(struct look *look, const json_t *file)
{
	const char *name = json_string_value(json_object_get(file, "name"));
	const char *wanted = json_string_value(json_object_get(file, "sha256"));
	json_int_t bytes = json_integer_value(json_object_get(file, "bytes"));
	char hex[SHA256_DIGEST_STRING_LENGTH];
	struct stat info;
	const char *path;

	if (!name || !wanted || strchr(name, '/'))
		return damaged(look, MANIFEST_FILE, "does not name its files");
	path = arena_format(look->arena, "%s/%s", look->folder, name);
	if (lstat(path, &info) != 0)
		return damaged(look, name, "is missing");
	if (!S_ISREG(info.st_mode))
		return damaged(look, name, "is not a file");
	if (info.st_size != bytes)
		return damaged(look, name,
			       arena_format(look->arena, "has %lld bytes instead of %lld",
					    (long long)info.st_size, (long long)bytes));
	if (!SHA256File(path, hex))
		return damaged(look, name,
			       arena_format(look->arena, "cannot be read: %s", strerror(errno)));
	if (strcmp(hex, wanted) != 0)
		return damaged(look, name, "was changed: its checksum differs");
	return STATUS_OK;
}

/* What the inodes of a record say: it changes with every write to one of its files. False of one
 * that was written just now, when the clock of the file system may not tell two writes apart. */
static bool stamp_of(const struct look *look, char hex[SHA256_DIGEST_STRING_LENGTH])
{
	const char **names;
	size_t count;
	time_t now = time(NULL);
	SHA2_CTX hash;

	if (list_files(look->folder, look->arena, &names, &count, &(struct err){0}) != STATUS_OK)
		return false;
	SHA256Init(&hash);
	SHA256Update(&hash, (const uint8_t *)look->folder, strlen(look->folder));
	for (size_t i = 0; i <= count; i++) {
		const char *name = i < count ? names[i] : MANIFEST_FILE;
		struct stat info;

		if (lstat(arena_format(look->arena, "%s/%s", look->folder, name), &info) != 0 ||
		    info.st_ctim.tv_sec + SETTLED_S > now)
			return false;
		SHA256Update(&hash, (const uint8_t *)name, strlen(name) + 1);
		SHA256Update(&hash, (const uint8_t *)&info.st_dev, sizeof info.st_dev);
		SHA256Update(&hash, (const uint8_t *)&info.st_ino, sizeof info.st_ino);
		SHA256Update(&hash, (const uint8_t *)&info.st_size, sizeof info.st_size);
		SHA256Update(&hash, (const uint8_t *)&info.st_ctim, sizeof info.st_ctim);
	}
	SHA256End(&hash, hex);
	return true;
}

static int by_stamp(const void *a, const void *b)
{
	return strcmp(a, b);
}

static enum status check_files(struct look *look, const json_t *files)
{
	static struct arena kept; /* of stamps, for the life of the process */
	static void *whole;       /* those of records that were found whole: a tree (tsearch) */
	char stamp[SHA256_DIGEST_STRING_LENGTH];
	bool has_stamp = stamp_of(look, stamp);

	if (has_stamp && tfind(stamp, &whole, by_stamp))
		return STATUS_OK;
	for (size_t i = 0; i < json_array_size(files); i++)
		TRY(check_file(look, json_array_get(files, i)));
	for (const struct manifest_file *file = manifest_files; file->name; file++) {
		size_t i = 0;

		for (; i < json_array_size(files); i++) {
			const json_t *name = json_object_get(json_array_get(files, i), "name");

			if (json_is_string(name) &&
			    strcmp(json_string_value(name), file->name) == 0)
				break;
		}
		if (i == json_array_size(files) &&
		    access(arena_format(look->arena, "%s/%s", look->folder, file->name), F_OK) == 0)
			return damaged(look, file->name, "is not of this record");
	}
	if (has_stamp)
		tsearch(arena_text(&kept, stamp), &whole, by_stamp);
	return STATUS_OK;
}

static enum status check_object(struct look *look, const char *path, json_t *object)
{
	const json_t *format = json_object_get(object, "format");
	const char *cell = json_string_value(json_object_get(object, "cell"));
	const char *sum = json_string_value(json_object_get(object, "sha256"));
	size_t length = strlen(look->folder), first;
	char hex[SHA256_DIGEST_STRING_LENGTH];

	if (!json_is_integer(format) || json_integer_value(format) < 1)
		return damaged(look, MANIFEST_FILE, "has no format number");
	if (json_integer_value(format) > MANIFEST_FORMAT) {
		look->state = MANIFEST_NEWER;
		return err_at(look->err, STATUS_ENV, (struct err_place){path, 0, 0},
			      "this record has format %lld, written by a later relubench; this one "
			      "reads formats up to %d",
			      (long long)json_integer_value(format), MANIFEST_FORMAT);
	}
	sum = sum ? arena_text(look->arena, sum) : "";
	json_object_del(object, "sha256");
	hash_object(object, hex);
	if (strcmp(hex, sum) != 0)
		return damaged(look, MANIFEST_FILE, "was changed: its checksum differs");
	/* the last part of the path is the id of the cell */
	while (length > 1 && look->folder[length - 1] == '/')
		length--;
	for (first = length; first > 0 && look->folder[first - 1] != '/';)
		first--;
	if (!cell || strlen(cell) != length - first ||
	    memcmp(cell, look->folder + first, length - first) != 0)
		return damaged(look, NULL,
			       arena_format(look->arena, "it is of cell %s", cell ? cell : "none"));
	return check_files(look, json_object_get(object, "files"));
}

static enum status look_at(struct look *look, struct manifest *out)
{
	const char *path = arena_format(look->arena, "%s/" MANIFEST_FILE, look->folder), *text;
	struct err unreadable = {0};
	struct result result;
	json_t *object;
	enum status status;

	look->state = MANIFEST_WHOLE;
	if (access(look->folder, F_OK) != 0)
		return damaged(look, NULL, "its folder is missing");
	if (access(path, F_OK) != 0) { /* of an earlier version, unless its result says otherwise */
		look->state = MANIFEST_UNCHECKED;
		if (result_read(arena_format(look->arena, "%s/result.json", look->folder),
				look->arena, &result, &unreadable) != STATUS_OK)
			return STATUS_OK; /* for who reads it to say */
		return result.format > 0 ? damaged(look, MANIFEST_FILE, "is missing") : STATUS_OK;
	}
	if (store_read_text(path, look->arena, &text, &unreadable) != STATUS_OK)
		return damaged(look, MANIFEST_FILE, unreadable.text);
	object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (!object)
		return damaged(look, MANIFEST_FILE, "is not JSON");
	status = check_object(look, path, object);
	if (status == STATUS_OK && out)
		*out = (struct manifest){jsonfile_text(object, "cell", look->arena),
					 jsonfile_text(object, "key", look->arena),
					 jsonfile_text(object, "data", look->arena)};
	json_decref(object);
	return status;
}

enum status manifest_check(const char *folder, struct arena *arena, struct manifest *out,
			   enum manifest_state *state, struct err *err)
{
	struct look look = {.folder = folder, .arena = arena};
	struct stat before, after;
	struct err found;
	enum status status;

	if (out)
		*out = (struct manifest){0};
	for (int i = 0;; i++) {
		found = (struct err){0};
		look.err = &found;
		if (stat(folder, &before) != 0)
			before.st_ino = 0;
		status = look_at(&look, out);
		if (stat(folder, &after) != 0)
			after.st_ino = 0;
		if (status == STATUS_OK || before.st_ino == after.st_ino || i + 1 == LOOKS)
			break;
	}
	if (state)
		*state = look.state;
	return status == STATUS_OK ? status
				   : err_at(err, status, (struct err_place){found.source, 0, 0},
					    "%s", found.text);
}
