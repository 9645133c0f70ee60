/* Input files of a cell: their checksums, and finding them again. */
#include "harness/verify/inputs.h"
#include "harness/verify/inputs_search.h"

#include "harness/data/data.h"
#include "harness/spec/spec.h"
#include "harness/store/rows.h"
#include "solvers/core/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct inputs_known {
	const char *path;
	char sha256[65];
	double bytes;
	struct inputs_known *next;
};

/* The files of a cell, in order. */
struct list {
	struct arena *arena;
	size_t count;
	const char **path;
};

static void add_path(const struct option *row, const char **path, void *context)
{
	struct list *list = context;

	(void)row;
	if (!list->path)
		list->count++; /* at first they are only counted */
	else if (list->count == 0 || strcmp(list->path[list->count - 1], *path) != 0)
		list->path[list->count++] = *path;
}

static void each(const struct cell *cell, bool trains, option_path_visit *visit, void *context)
{
	option_each_path(&cell->data.source, visit, context);
	if (trains)
		option_each_path(&cell->train.solver, visit, context);
}

static struct list list_of(const struct cell *cell, bool trains, struct arena *arena)
{
	struct list list = {.arena = arena};

	each(cell, trains, add_path, &list);
	list.path = ARENA_ARRAY(arena, const char *, list.count);
	list.count = 0;
	each(cell, trains, add_path, &list);
	return list;
}

enum status inputs_write(struct inputs *inputs, const struct cell *cell, const char *folder,
			 struct err *err)
{
	struct arena scratch = {0};
	struct list list = list_of(cell, true, &scratch);
	struct input_row *rows = ARENA_ARRAY(&scratch, struct input_row, list.count);
	struct err unreadable = {0}; /* the worker will say so */
	enum status status = STATUS_OK;
	size_t read = 0;

	for (; read < list.count; read++) {
		struct inputs_known *known = inputs->known;

		while (known && strcmp(known->path, list.path[read]) != 0)
			known = known->next;
		if (!known) {
			known = ARENA_NEW(&inputs->arena, struct inputs_known);
			known->path = arena_text(&inputs->arena, list.path[read]);
			if (data_file_checksum(known->path, known->sha256, &known->bytes,
					       &unreadable) != STATUS_OK)
				break;
			known->next = inputs->known;
			inputs->known = known;
		}
		rows[read] = (struct input_row){
			.file = known->path, .bytes = known->bytes, .sha256 = known->sha256};
	}
	if (list.count > 0 && read == list.count)
		status = field_write(arena_format(&scratch, "%s/" INPUTS_FILE, folder),
				     &rows_inputs, rows, read, err);
	arena_release(&scratch);
	return status;
}

/* --- finding them again -------------------------------------------------------------------------
 */

/* A change of one path for another. */
struct change {
	const char *from, *to;
};

static void replace(const struct option *row, const char **path, void *context)
{
	const struct change *change = context;

	(void)row;
	if (strcmp(*path, change->from) == 0)
		*path = change->to;
}

/* By the one checksum of all files of the data set, "" where data.csv has no row of them. */
static const char *sum_of_all(const struct inputs_search *search, const struct list *list,
			      struct arena *arena)
{
	const char *path = arena_format(arena, "%s/../../data.csv", search->record);
	struct text files = text_new(arena);
	struct err ignored = {0}; /* a file that cannot be read has no row */
	const struct data_row *row;
	struct field_rows rows;

	for (size_t i = 0; i < list->count; i++)
		text_item(&files, ";", "%s", list->path[i]);
	if (field_read(path, &rows_data, arena, &rows, &ignored) != STATUS_OK)
		return "";
	row = rows.at;
	for (size_t i = 0; i < rows.count; i++)
		if (strcmp(row[i].files, files.at) == 0)
			return row[i].sha256;
	return "";
}

/* A record of an earlier version: files by name, those of the data judged by their common checksum.
 * Of a file of the method nothing is known, but that the cell comes out the same. */
static enum status find_unlisted(const struct inputs_search *search, const struct list *list,
				 struct cell *cell, bool *moved, struct err *err)
{
	struct list data = list_of(cell, false, list->arena);
	const char *expected = sum_of_all(search, &data, list->arena);
	char sum[65];

	for (size_t i = 0; i < list->count && search->data; i++) {
		struct change change = {list->path[i], NULL};

		TRY(inputs_search_file(search, list->path[i], NULL, list->arena, &change.to, err));
		if (strcmp(change.from, change.to) == 0)
			continue;
		each(cell, search->trains, replace, &change);
		*moved = true;
	}
	if (!*moved)
		return STATUS_OK;
	TRY(data_checksum(&cell->data, sum, err));
	if (strcmp(sum, expected) == 0)
		return STATUS_OK;
	return err_at(err, STATUS_ENV, (struct err_place){search->record, 0, 0},
		      "the data found in %s are not those of this record: expected the SHA-256 %s "
		      "over the files of \"%s\", found %s",
		      search->data, *expected ? expected : "(not recorded)", cell->data.name, sum);
}

enum status inputs_find(const struct inputs_search *search, struct cell *cell, struct arena *arena,
			bool *moved, struct err *err)
{
	const char *path = arena_format(arena, "%s/" INPUTS_FILE, search->record);
	struct list list = list_of(cell, search->trains, arena);
	struct field_rows rows;
	const struct input_row *row;

	*moved = false;
	if (list.count == 0)
		return STATUS_OK;
	if (access(path, R_OK) != 0)
		return find_unlisted(search, &list, cell, moved, err);
	TRY(field_read(path, &rows_inputs, arena, &rows, err));
	row = rows.at;
	for (size_t i = 0; i < list.count; i++) {
		struct change change = {list.path[i], NULL};
		size_t at = 0;

		while (at < rows.count && strcmp(row[at].file, change.from) != 0)
			at++;
		if (at == rows.count || !row[at].sha256)
			return err_at(err, STATUS_ENV, (struct err_place){search->record, 0, 0},
				      "damaged record: " INPUTS_FILE " lacks the file %s",
				      change.from);
		TRY(inputs_search_file(search, change.from, row[at].sha256, arena, &change.to,
				       err));
		if (strcmp(change.from, change.to) == 0)
			continue;
		each(cell, search->trains, replace, &change);
		*moved = true;
	}
	return STATUS_OK;
}
