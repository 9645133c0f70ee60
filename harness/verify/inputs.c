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
	size_t count;
	const char **path; /* NULL: they are only counted, one at times more than once */
};

static void add_path(const struct option *row, const char **path, void *context)
{
	struct list *list = context;

	(void)row;
	if (list->path && list->count > 0 && strcmp(list->path[list->count - 1], *path) == 0)
		return;
	if (list->path)
		list->path[list->count] = *path;
	list->count++;
}

static void each(const struct cell *cell, bool trains, option_path_visit *visit, void *context)
{
	option_each_path(&cell->data.source, visit, context);
	if (trains)
		option_each_path(&cell->train.solver, visit, context);
}

static struct list list_of(const struct cell *cell, bool trains, struct arena *arena)
{
	struct list list = {0};

	each(cell, trains, add_path, &list);
	list.path = ARENA_ARRAY(arena, const char *, list.count);
	list.count = 0;
	each(cell, trains, add_path, &list);
	return list;
}

/* NULL: it cannot be read, as the worker will say. */
static const struct inputs_known *look_up(struct inputs *inputs, const char *path)
{
	struct inputs_known *known = inputs->known;

	while (known && strcmp(known->path, path) != 0)
		known = known->next;
	if (known)
		return known;
	known = ARENA_NEW(&inputs->arena, struct inputs_known);
	known->path = arena_text(&inputs->arena, path);
	if (data_file_checksum(path, known->sha256, &known->bytes, &(struct err){0}) != STATUS_OK)
		return NULL;
	known->next = inputs->known;
	inputs->known = known;
	return known;
}

enum status inputs_write(struct inputs *inputs, const struct cell *cell, const char *folder,
			 struct err *err)
{
	struct arena scratch = {0};
	const char *path = arena_format(&scratch, "%s/" INPUTS_FILE, folder);
	struct list list = list_of(cell, true, &scratch);
	struct input_row *rows = ARENA_ARRAY(&scratch, struct input_row, list.count);
	enum status status = STATUS_OK;
	size_t count = 0;

	while (count < list.count) {
		const struct inputs_known *known = look_up(inputs, list.path[count]);

		if (!known)
			break;
		rows[count++] = (struct input_row){
			.file = known->path, .bytes = known->bytes, .sha256 = known->sha256};
	}
	if (count > 0 && count == list.count)
		status = field_write(path, &rows_inputs, rows, count, err);
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

/* Whether `to` is another path, which the cell now has. */
static bool moves(struct cell *cell, bool trains, const char *from, const char *to)
{
	struct change change = {from, to};

	if (strcmp(from, to) == 0)
		return false;
	each(cell, trains, replace, &change);
	return true;
}

/* By the one checksum of all files of the data set, "" where data.csv has no row of them. */
static const char *sum_of_all(const struct inputs_search *search, const struct list *list,
			      struct arena *arena)
{
	const char *path = arena_format(arena, "%s/../../data.csv", search->record);
	struct text files = text_new(arena);
	const struct data_row *row;
	struct field_rows rows;

	for (size_t i = 0; i < list->count; i++)
		text_item(&files, ";", "%s", list->path[i]);
	if (field_read(path, &rows_data, arena, &rows, &(struct err){0}) != STATUS_OK)
		return ""; /* as of a file without a row */
	row = rows.at;
	for (size_t i = 0; i < rows.count; i++)
		if (strcmp(row[i].files, files.at) == 0)
			return row[i].sha256;
	return "";
}

/* A record of an earlier version: files by name, those of the data judged by their common checksum.
 * Of a file of the method nothing is known, but that the cell comes out the same. */
static enum status find_unlisted(const struct inputs_search *search, struct cell *cell,
				 struct arena *arena, bool *moved, struct err *err)
{
	struct list list = list_of(cell, search->trains, arena);
	struct list data = list_of(cell, false, arena);
	const char *expected = sum_of_all(search, &data, arena), *found;
	char sum[65];

	for (size_t i = 0; i < list.count && search->data; i++) {
		TRY(inputs_search_file(search, list.path[i], NULL, arena, &found, err));
		*moved |= moves(cell, search->trains, list.path[i], found);
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
	const struct input_row *row;
	struct field_rows rows;

	*moved = false;
	if (list.count == 0)
		return STATUS_OK;
	if (access(path, R_OK) != 0)
		return find_unlisted(search, cell, arena, moved, err);
	TRY(field_read(path, &rows_inputs, arena, &rows, err));
	row = rows.at;
	for (size_t i = 0; i < list.count; i++) {
		const char *sha256 = NULL, *found;

		for (size_t k = 0; k < rows.count && !sha256; k++)
			if (strcmp(row[k].file, list.path[i]) == 0)
				sha256 = row[k].sha256;
		if (!sha256)
			return err_at(err, STATUS_ENV, (struct err_place){search->record, 0, 0},
				      "damaged record: " INPUTS_FILE " lacks the file %s",
				      list.path[i]);
		TRY(inputs_search_file(search, list.path[i], sha256, arena, &found, err));
		*moved |= moves(cell, search->trains, list.path[i], found);
	}
	return STATUS_OK;
}
