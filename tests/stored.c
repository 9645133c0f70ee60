/* Files of a record from bytes in memory. */
#include "tests/stored.h"
#include "harness/file/csv.h"
#include "harness/file/folder.h"
#include "harness/store/cellfile.h"
#include "harness/store/entries.h"
#include "harness/store/manifest.h"
#include "harness/store/result.h"

#include <jansson.h>
#include <math.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROOM = 64 };

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* The path of a file in memory with these bytes; one per `slot`. */
static const char *file_of(int slot, const uint8_t *data, size_t size)
{
	static int fd[2] = {-1, -1};
	static char path[2][ROOM];

	if (fd[slot] < 0) {
		fd[slot] = memfd_create("stored", MFD_CLOEXEC);
		require(fd[slot] >= 0);
		snprintf(path[slot], ROOM, "/proc/self/fd/%d", fd[slot]);
	}
	require(ftruncate(fd[slot], 0) == 0);
	require(pwrite(fd[slot], data, size, 0) == (ssize_t)size);
	return path[slot];
}

static void check_error(enum status status, const struct err *err)
{
	require(err->status == status && err->source[0] != '\0' && err->text[0] != '\0');
}

static bool same_field(const struct result *a, const struct result *b, const struct field *field)
{
	const char *s = field_text(field, a), *t = field_text(field, b);
	double x = field_number(field, a), y = field_number(field, b);

	return (s && t ? strcmp(s, t) == 0 : s == t) && (x == y || (isnan(x) && isnan(y)));
}

/* What can be read can be written, and is then read as the same. */
void stored_result(const uint8_t *data, size_t size)
{
	const char *path = file_of(0, data, size);
	char copy[] = "/tmp/relubench-XXXXXX";
	struct result result, again;
	struct arena arena = {0};
	struct err err = {0};
	enum status status = result_read(path, &arena, &result, &err);

	if (status == STATUS_OK) {
		int fd = mkstemp(copy);

		require(fd >= 0);
		require(result_write(&result, copy, &err) == STATUS_OK);
		require(result_read(copy, &arena, &again, &err) == STATUS_OK);
		for (const struct field *field = rows_result.field; field->name; field++)
			require(same_field(&result, &again, field));
		close(fd);
		unlink(copy);
	} else {
		check_error(status, &err);
	}
	arena_release(&arena);
}

/* Rows of an entry come after those of the entries before it. */
static void check_entries(const struct entries *entries)
{
	for (size_t kind = 0; kind < ENTRY_KINDS; kind++) {
		const struct entry_list *list = &entries->of[kind];

		for (size_t i = 0; i < list->count; i++) {
			require(list->at[i].key && list->at[i].name);
			require(entries_find(list, list->at[i].key) <= i);
			require(entries_row(list, i + 1) ==
				entries_row(list, i) + entries_rows(list, i));
		}
	}
	require(entries_lacking(entries, entries) == 0);
}

void stored_entries(const uint8_t *data, size_t size)
{
	const char *path = file_of(0, data, size);
	struct arena arena = {0};
	struct request request;
	struct entries entries;
	struct err err = {0};
	enum status status = entries_read(path, &arena, &entries, &err);

	if (status == STATUS_OK)
		check_entries(&entries);
	else
		check_error(status, &err);
	if (request_read(arena_text_n(&arena, (const char *)data, size), &arena, &request)) {
		check_entries(&request.entries);
		require(request_read(request_text(&request, &arena), &arena, &request));
	}
	arena_release(&arena);
}

void stored_cell(const uint8_t *data, size_t size)
{
	const char *path = file_of(0, data, size);
	struct cellfile cell = {0};
	struct arena arena = {0};
	struct err err = {0};
	enum status status = cellfile_read(path, &arena, &cell, &err);

	if (status != STATUS_OK)
		check_error(status, &err);
	for (size_t i = 0; status == STATUS_OK && i < cell.swept_count; i++)
		require(cell.swept[i].path && cell.swept[i].value);
	arena_release(&arena);
}

void stored_table(const uint8_t *data, size_t size)
{
	const char *path = file_of(0, data, size);
	struct csv_table table = {0};
	struct arena arena = {0};
	struct err err = {0};
	enum status status = csv_read(path, &arena, &table, &err);

	if (status != STATUS_OK)
		check_error(status, &err);
	for (size_t i = 0; status == STATUS_OK && i < table.rows * table.cols; i++) {
		double value = csv_value(&table, i / table.cols, (int)(i % table.cols));

		require(table.cell[i] != NULL);
		require(isnan(value) || table.cell[i][0] != '\0');
	}
	arena_release(&arena);
}

/* The bytes with the checksum that they should have, if they are an object, so that what lies
 * behind it is reached; to be freed. NULL if they are none. */
static char *signed_text(const uint8_t *data, size_t size)
{
	json_t *object = json_loadb((const char *)data, size, 0, NULL);
	char hex[SHA256_DIGEST_STRING_LENGTH], *text = NULL;

	if (json_is_object(object)) {
		json_object_del(object, "sha256");
		text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
		SHA256Data((const uint8_t *)text, strlen(text), hex);
		json_object_set_new(object, "sha256", json_string(hex));
		free(text);
		text = json_dumps(object, JSON_INDENT(1));
	}
	json_decref(object);
	return text;
}

/* A record of its own, removed at the end. */
static char record_folder[64];

static void remove_record(void)
{
	struct err ignored = {0};

	*strrchr(record_folder, '/') = '\0';
	folder_remove(record_folder, &ignored);
}

static void make_record(const char *id)
{
	char room[] = "/tmp/relubench-XXXXXX", path[80];
	struct err err = {0};

	require(mkdtemp(room) != NULL);
	snprintf(record_folder, sizeof record_folder, "%s/%s", room, id);
	require(folder_make(record_folder, &err) == STATUS_OK);
	snprintf(path, sizeof path, "%s/trace.csv", record_folder);
	require(store_write_text(path, "iteration,gap\n1,0.5\n", &err) == STATUS_OK);
	atexit(remove_record);
}

static void check_manifest(const char *text, size_t length, const char *id)
{
	enum manifest_state state;
	struct manifest manifest;
	struct arena arena = {0};
	struct err err = {0};
	enum status status;
	char path[80];
	FILE *file;

	snprintf(path, sizeof path, "%s/" MANIFEST_FILE, record_folder);
	file = fopen(path, "wb");
	require(file && fwrite(text, 1, length, file) == length && fclose(file) == 0);
	status = manifest_check(record_folder, &arena, &manifest, &state, &err);
	if (status == STATUS_OK)
		require(state == MANIFEST_WHOLE && strcmp(manifest.cell, id) == 0);
	else
		check_error(status, &err);
	require(status == STATUS_OK || state == MANIFEST_DAMAGED || state == MANIFEST_NEWER);
	arena_release(&arena);
}

void stored_manifest(const uint8_t *data, size_t size)
{
	static const char id[] = "0123456789abcdef";
	char *text = signed_text(data, size);

	if (!*record_folder)
		make_record(id);
	check_manifest((const char *)data, size, id);
	if (text)
		check_manifest(text, strlen(text), id);
	free(text);
}
