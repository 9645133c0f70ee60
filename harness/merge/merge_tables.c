/* Specs, data, plan and environment of two results folders. */
#include "harness/merge/merge_tables.h"
#include "harness/file/folder.h"
#include "harness/sched/plan.h"
#include "harness/store/checksums.h"
#include "harness/store/command.h"
#include "harness/store/result.h"

#include <sha256.h>
#include <string.h>
#include <unistd.h>

enum { SHORT_HASH = 8 };

/* The next line of a text, without its end, that does not start with `skip` (NULL: nothing); NULL
 * behind the last one. */
static const char *next_line(const char **at, const char *skip, struct arena *arena)
{
	const char *line;

	do {
		size_t length = strcspn(*at, "\n");

		if (!**at)
			return NULL;
		line = arena_text_n(arena, *at, length);
		*at += length + ((*at)[length] == '\n');
	} while (skip && strncmp(line, skip, strlen(skip)) == 0);
	return line;
}

static enum status same_lines(const char *ours, const char *theirs, const char *skip,
			      const char *file, struct arena *arena, struct err *err)
{
	const char *a, *b;
	int line = 0;

	do {
		a = next_line(&ours, skip, arena);
		b = next_line(&theirs, skip, arena);
		line++;
		if ((a || b) && (!a || !b || strcmp(a, b) != 0))
			return err_at(err, STATUS_SPEC, (struct err_place){file, line, 0},
				      "differs from the folder that is merged into: \"%.80s\" "
				      "instead of \"%.80s\"; --force merges all the same",
				      b ? b : "(nothing)", a ? a : "(nothing)");
	} while (a);
	return STATUS_OK;
}

/* What was set, from the second line of origin.txt on. */
static enum status read_sets(const char *folder, struct arena *arena, const char **text,
			     struct err *err)
{
	const char *path = arena_format(arena, "%s/" COMMAND_ORIGIN_FILE, folder);

	*text = "";
	if (access(path, F_OK) != 0)
		return STATUS_OK;
	TRY(store_read_text(path, arena, text, err));
	next_line(text, NULL, arena);
	return STATUS_OK;
}

enum status merge_tables_check_specs(const char *dest, const char *source, struct arena *arena,
				     struct err *err)
{
	const char *file = arena_format(arena, "%s/spec.yaml", source), *ours, *theirs;

	TRY(store_read_text(arena_format(arena, "%s/spec.yaml", dest), arena, &ours, err));
	TRY(store_read_text(file, arena, &theirs, err));
	TRY(same_lines(ours, theirs, NULL, file, arena, err));
	TRY(read_sets(dest, arena, &ours, err));
	TRY(read_sets(source, arena, &theirs, err));
	return same_lines(ours, theirs, "resources.", /* they change no result */
			  arena_format(arena, "--set of %s", source), arena, err);
}

/* --- tables -------------------------------------------------------------------------------------
 */

static void *row_of(const struct field_table *table, const struct field_rows *rows, size_t i)
{
	return (char *)rows->at + i * table->size;
}

/* A row of the same key. *at is where the search begins, and where it ended: tables of one plan
 * have their rows in one order. */
static bool has_row(const struct field_table *table, const struct field_rows *rows, const void *row,
		    size_t *at)
{
	bool is_data = table == &rows_data;
	const struct field *first = field_find(table, is_data ? "data" : "cell");
	const struct field *second = is_data ? field_find(table, "swept") : first;

	for (size_t i = 0; i < rows->count; i++) {
		const void *other;

		*at = *at + 1 < rows->count ? *at + 1 : 0;
		other = row_of(table, rows, *at);
		if (strcmp(field_text(first, other), field_text(first, row)) == 0 &&
		    strcmp(field_text(second, other), field_text(second, row)) == 0)
			return true;
	}
	return false;
}

enum status merge_tables_check_data(const char *dest, const char *source, struct arena *arena,
				    struct err *err)
{
	const char *file = arena_format(arena, "%s/data.csv", source);
	const struct data_row *our, *their;
	struct field_rows ours, theirs;
	size_t at = 0;

	TRY(field_read_any(arena_format(arena, "%s/data.csv", dest), &rows_data, arena, &ours,
			   err));
	TRY(field_read_any(file, &rows_data, arena, &theirs, err));
	our = ours.at;
	their = theirs.at;
	for (size_t i = 0; i < theirs.count; i++)
		if (has_row(&rows_data, &ours, &their[i], &at) &&
		    strcmp(our[at].sha256, their[i].sha256) != 0)
			return err_at(err, STATUS_ENV, (struct err_place){file, (int)i + 2, 0},
				      "the files of \"%s\" differ: SHA-256 %s instead of %s; "
				      "--force merges all the same",
				      their[i].data, their[i].sha256, our[at].sha256);
	return STATUS_OK;
}

/* Their rows, each once. */
static enum status write_table(const struct field_table *table, const char *dest, const char *path,
			       const struct field_rows both[2], struct err *err)
{
	struct arena scratch = {0};
	char *rows = ARENA_ARRAY(&scratch, char, (both[0].count + both[1].count) * table->size);
	size_t count = 0, at = 0;
	enum status status;

	for (size_t t = 0; t < 2; t++)
		for (size_t i = 0; i < both[t].count; i++) {
			void *row = row_of(table, &both[t], i);
			struct plan_row *cell = table == &rows_plan ? row : NULL;
			struct err unreadable = {0};
			struct result result;

			if (t == 1 && has_row(table, &both[0], row, &at))
				continue;
			if (cell) { /* the status of the record that the destination holds now */
				const char *record = arena_format(
					&scratch, "%s/cells/%s/result.json", dest, cell->cell);

				cell->status =
					access(record, R_OK) == 0 &&
							result_read(record, &scratch, &result,
								    &unreadable) == STATUS_OK
						? result.status
						: NULL;
			}
			memcpy(rows + count++ * table->size, row, table->size);
		}
	status = field_write(path, table, rows, count, err);
	arena_release(&scratch);
	return status;
}

enum status merge_tables_unite(const char *dest, const char *source, struct arena *arena,
			       struct err *err)
{
	const struct field_table *const tables[] = {&rows_plan, &rows_data};

	for (size_t t = 0; t < 2; t++) {
		const struct field_table *table = tables[t];
		const char *path = arena_format(arena, "%s/%s", dest, table->file);
		const char *from = arena_format(arena, "%s/%s", source, table->file);
		const char *tmp = store_beside(path, arena);
		struct field_rows both[2];
		enum status status;

		TRY(field_read_any(path, table, arena, &both[0], err));
		TRY(field_read_any(from, table, arena, &both[1], err));
		status = write_table(table, dest, tmp, both, err);
		if (status == STATUS_OK)
			status = checksums_put(dest, table->file, tmp, err);
		if (status != STATUS_OK) {
			unlink(tmp);
			return status;
		}
	}
	return STATUS_OK;
}

enum status merge_tables_environment(const char *dest, const char *source, struct arena *arena,
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
