/* Specs, data, plan and environment of two results folders. */
#include "harness/file/csv.h"
#include "harness/file/folder.h"
#include "harness/merge/merge.h"
#include "harness/sched/sched.h"
#include "harness/store/checksums.h"
#include "harness/store/result.h"

#include <sha256.h>
#include <string.h>
#include <unistd.h>

enum { SHORT_HASH = 8 };

/* The next line of a text, without its end; NULL behind the last one. */
static const char *next_line(const char **at, struct arena *arena)
{
	size_t length = strcspn(*at, "\n");
	const char *line;

	if (!**at)
		return NULL;
	line = arena_text_n(arena, *at, length);
	*at += length + ((*at)[length] == '\n');
	return line;
}

/* The next value that was set and changes a result. */
static const char *next_set(const char **at, struct arena *arena)
{
	const char *line;

	do {
		line = next_line(at, arena);
	} while (line && strncmp(line, "resources.", strlen("resources.")) == 0);
	return line;
}

static enum status differ(const char *file, int line, const char *ours, const char *theirs,
			  struct err *err)
{
	return err_at(err, STATUS_SPEC, (struct err_place){file, line, 0},
		      "differs from the folder that is merged into: \"%.80s\" instead of "
		      "\"%.80s\"; --force merges all the same",
		      theirs ? theirs : "(nothing)", ours ? ours : "(nothing)");
}

/* `next` steps through two texts. */
static enum status same_lines(const char *ours, const char *theirs, const char *file,
			      const char *(*next)(const char **, struct arena *),
			      struct arena *arena, struct err *err)
{
	const char *a, *b;
	int line = 0;

	do {
		a = next(&ours, arena);
		b = next(&theirs, arena);
		line++;
		if ((a || b) && (!a || !b || strcmp(a, b) != 0))
			return differ(file, line, a, b, err);
	} while (a);
	return STATUS_OK;
}

/* What was set, from the second line of origin.txt on. */
static enum status read_sets(const char *folder, struct arena *arena, const char **text,
			     struct err *err)
{
	const char *path = arena_format(arena, "%s/" SCHED_ORIGIN_FILE, folder);

	*text = "";
	if (access(path, F_OK) != 0)
		return STATUS_OK;
	TRY(store_read_text(path, arena, text, err));
	next_line(text, arena);
	return STATUS_OK;
}

enum status merge_check_specs(const char *dest, const char *source, struct arena *arena,
			      struct err *err)
{
	const char *file = arena_format(arena, "%s/spec.yaml", source), *ours, *theirs;

	TRY(store_read_text(arena_format(arena, "%s/spec.yaml", dest), arena, &ours, err));
	TRY(store_read_text(file, arena, &theirs, err));
	TRY(same_lines(ours, theirs, file, next_line, arena, err));
	TRY(read_sets(dest, arena, &ours, err));
	TRY(read_sets(source, arena, &theirs, err));
	return same_lines(ours, theirs, arena_format(arena, "--set of %s", source), next_set, arena,
			  err);
}

/* --- tables -------------------------------------------------------------------------------------
 */

static const char *value(const struct csv_table *table, size_t row, const char *column)
{
	int at = csv_column(table, column);

	return at < 0 ? "" : table->cell[row * table->cols + (size_t)at];
}

/* A table that is not there has no rows. */
static enum status read_table(const char *path, struct arena *arena, struct csv_table *out,
			      struct err *err)
{
	*out = (struct csv_table){0};
	return access(path, F_OK) == 0 ? csv_read(path, arena, out, err) : STATUS_OK;
}

/* A row with the same values in the columns `key` (ends with NULL). *at is where the search begins,
 * and where it ended: tables of one plan have their rows in one order. */
static bool has_row(const struct csv_table *table, const struct csv_table *other, size_t row,
		    const char *const *key, size_t *at)
{
	for (size_t i = 0; i < table->rows; i++) {
		const char *const *name = key;

		*at = *at + 1 < table->rows ? *at + 1 : 0;
		while (*name && strcmp(value(table, *at, *name), value(other, row, *name)) == 0)
			name++;
		if (!*name)
			return true;
	}
	return false;
}

static const char *const data_key[] = {"data", "swept", NULL};
static const char *const plan_key[] = {"cell", NULL};

enum status merge_check_data(const char *dest, const char *source, struct arena *arena,
			     struct err *err)
{
	const char *file = arena_format(arena, "%s/data.csv", source);
	struct csv_table ours, theirs;
	size_t at = 0;

	TRY(read_table(arena_format(arena, "%s/data.csv", dest), arena, &ours, err));
	TRY(read_table(file, arena, &theirs, err));
	for (size_t row = 0; row < theirs.rows; row++)
		if (has_row(&ours, &theirs, row, data_key, &at) &&
		    strcmp(value(&ours, at, "sha256"), value(&theirs, row, "sha256")) != 0)
			return err_at(err, STATUS_ENV, (struct err_place){file, (int)row + 2, 0},
				      "the files of \"%s\" differ: SHA-256 %s instead of %s; "
				      "--force merges all the same",
				      value(&theirs, row, "data"), value(&theirs, row, "sha256"),
				      value(&ours, at, "sha256"));
	return STATUS_OK;
}

/* The status of the record that the destination holds now, or "". */
static const char *status_now(const char *dest, const char *id, struct arena *arena)
{
	const char *path = arena_format(arena, "%s/cells/%s/result.json", dest, id);
	struct err unreadable = {0};
	struct result result;

	if (access(path, R_OK) != 0 ||
	    result_read(path, arena, &result, &unreadable) != STATUS_OK || !result.status)
		return "";
	return result.status;
}

static void write_row(struct csv *csv, const struct field_table *columns,
		      const struct csv_table *table, size_t row, const char *status)
{
	for (const struct field *f = columns->field; f->name; f++)
		csv_text(csv, status && strcmp(f->name, "status") == 0
				      ? status
				      : value(table, row, f->name));
	csv_end_row(csv);
}

/* One of the two tables of a results folder. */
struct united {
	const struct field_table *columns;
	const char *const *key;
	bool status; /* has one, which is looked up */
};

static enum status write_table(const struct united *table, const char *dest, const char *path,
			       const struct csv_table both[2], struct err *err)
{
	struct arena scratch = {0};
	struct csv csv;
	size_t at = 0;

	TRY(field_open(&csv, path, table->columns, err));
	for (size_t t = 0; t < 2; t++)
		for (size_t row = 0; row < both[t].rows; row++) {
			if (t == 1 && has_row(&both[0], &both[1], row, table->key, &at))
				continue;
			write_row(&csv, table->columns, &both[t], row,
				  table->status
					  ? status_now(dest, value(&both[t], row, "cell"), &scratch)
					  : NULL);
		}
	arena_release(&scratch);
	return csv_close(&csv, err);
}

static enum status unite(const struct united *table, const char *dest, const char *source,
			 struct arena *arena, struct err *err)
{
	const char *path = arena_format(arena, "%s/%s", dest, table->columns->file);
	const char *tmp = store_beside(path, arena);
	struct csv_table both[2];
	enum status status;

	TRY(read_table(path, arena, &both[0], err));
	TRY(read_table(arena_format(arena, "%s/%s", source, table->columns->file), arena, &both[1],
		       err));
	status = write_table(table, dest, tmp, both, err);
	if (status == STATUS_OK)
		status = checksums_put(dest, table->columns->file, tmp, err);
	if (status != STATUS_OK)
		unlink(tmp);
	return status;
}

enum status merge_tables(const char *dest, const char *source, struct arena *arena, struct err *err)
{
	static const struct united plan = {&rows_plan, plan_key, true},
				   data = {&rows_data, data_key, false};

	TRY(unite(&plan, dest, source, arena, err));
	return unite(&data, dest, source, arena, err);
}

enum status merge_environment(const char *dest, const char *source, struct arena *arena,
			      struct err *err)
{
	const char *from = arena_format(arena, "%s/env.json", source), *text, *ours = "";
	const char *kept = arena_format(arena, "%s/env.json", dest);
	char hex[SHA256_DIGEST_STRING_LENGTH];

	if (access(from, F_OK) != 0)
		return STATUS_OK;
	TRY(store_read_text(from, arena, &text, err));
	if (access(kept, F_OK) == 0)
		TRY(store_read_text(kept, arena, &ours, err));
	if (strcmp(text, ours) == 0)
		return STATUS_OK;
	SHA256Data((const uint8_t *)text, strlen(text), hex);
	return store_write_text(arena_format(arena, "%s/env-%.*s.json", dest, SHORT_HASH, hex),
				text, err);
}
