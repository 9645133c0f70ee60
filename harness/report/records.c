/* Loading of records: the order of plan.csv if there is one, else of the ids. */
#include "harness/report/records.h"
#include "harness/report/asked.h"
#include "harness/store/env.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CAPTION_BYTES = 256 };

const char *records_swept(const struct record *record, const char *path)
{
	for (size_t i = 0; i < record->swept_count; i++)
		if (strcmp(record->swept[i].path, path) == 0)
			return record->swept[i].value;
	return NULL;
}

bool records_of_data(const struct cellfile_swept *swept)
{
	return strncmp(swept->path, "data.", strlen("data.")) == 0;
}

const char *records_short(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

size_t records_ok_count(const struct group *group)
{
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++)
		count += records_ok(group->member[i]);
	return count;
}

bool records_ok(const struct record *record)
{
	return record->result.status &&
	       strcmp(record->result.status, cell_status_names[CELL_OK]) == 0;
}

static const struct result_field *field_of(const char *name, bool text)
{
	for (const struct result_field *field = result_fields; field->name; field++)
		if (field->text == text && strcmp(field->name, name) == 0)
			return field;
	return NULL;
}

const char *records_text(const struct result *result, const char *name)
{
	const struct result_field *field = field_of(name, true);
	const char *text =
		field ? *(const char *const *)(const void *)((const char *)result + field->offset)
		      : NULL;

	return text && *text ? text : NULL;
}

double records_number(const struct result *result, const char *name)
{
	const struct result_field *field = field_of(name, false);

	return field ? *(const double *)(const void *)((const char *)result + field->offset) : NAN;
}

bool records_wanted(const struct texts *names, const char *name)
{
	return names->count == 0 || records_index(names->at, names->count, name) < names->count;
}

size_t records_index(const char *const *names, size_t count, const char *name)
{
	size_t i = 0;

	while (i < count && strcmp(names[i], name) != 0)
		i++;
	return i;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the folders in <folder>/cells, sorted; a dot marks hidden and unfinished ones. */
static enum status list_cells(const char *folder, struct arena *arena, const char ***names,
			      size_t *count, struct err *err)
{
	const char *path = arena_format(arena, "%s/cells", folder);
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t room = 0;

	*count = 0;
	if (!dir)
		return err_at(err, STATUS_ENV, (struct err_place){path, 0, 0},
			      "cannot read the records: %s", strerror(errno));
	while (readdir(dir))
		room++;
	*names = ARENA_ARRAY(arena, const char *, room);
	rewinddir(dir);
	while (*count < room && (entry = readdir(dir))) {
		struct stat info;

		if (strchr(entry->d_name, '.') ||
		    fstatat(dirfd(dir), entry->d_name, &info, 0) != 0 || !S_ISDIR(info.st_mode))
			continue;
		(*names)[(*count)++] = arena_text(arena, entry->d_name);
	}
	closedir(dir);
	qsort(*names, *count, sizeof **names, by_text);
	return STATUS_OK;
}

static const char *text_at(const struct csv_table *table, size_t row, const char *name)
{
	int column = csv_column(table, name);

	return column < 0 ? "" : table->cell[row * table->cols + (size_t)column];
}

static double value_at(const struct csv_table *table, size_t row, const char *name)
{
	return csv_value(table, row, csv_column(table, name));
}

static enum status load_attacks(struct record *record, struct arena *arena, struct err *err)
{
	const char *path = arena_format(arena, "%s/attack.csv", record->folder);
	struct csv_table table;

	if (access(path, F_OK) != 0)
		return STATUS_OK;
	TRY(csv_read(path, arena, &table, err));
	record->attack = ARENA_ARRAY(arena, struct attack_row, table.rows);
	record->attack_count = table.rows;
	for (size_t i = 0; i < table.rows; i++)
		record->attack[i] = (struct attack_row){
			.attack = text_at(&table, i, "attack"),
			.norm = text_at(&table, i, "norm"),
			.units = text_at(&table, i, "units"),
			.eps = value_at(&table, i, "eps"),
			.accuracy = value_at(&table, i, "accuracy"),
			.robust_accuracy = value_at(&table, i, "robust_accuracy"),
			.lo = value_at(&table, i, "robust_accuracy_lo"),
			.hi = value_at(&table, i, "robust_accuracy_hi"),
			.n = value_at(&table, i, "n"),
			.steps = value_at(&table, i, "steps"),
			.restarts = value_at(&table, i, "restarts"),
			.seconds = value_at(&table, i, "seconds"),
			.zero_gradient = value_at(&table, i, "zero_gradient"),
		};
	return STATUS_OK;
}

static enum status load_certificates(struct record *record, struct arena *arena, struct err *err)
{
	const char *path = arena_format(arena, "%s/certify.csv", record->folder);
	struct csv_table table;

	if (access(path, F_OK) != 0)
		return STATUS_OK;
	TRY(csv_read(path, arena, &table, err));
	record->certificate = ARENA_ARRAY(arena, struct attack_row, table.rows);
	record->certificate_count = table.rows;
	for (size_t i = 0; i < table.rows; i++)
		record->certificate[i] = (struct attack_row){
			.attack = text_at(&table, i, "certificate"),
			.norm = text_at(&table, i, "norm"),
			.units = text_at(&table, i, "units"),
			.part = text_at(&table, i, "part"),
			.eps = value_at(&table, i, "eps"),
			.accuracy = value_at(&table, i, "accuracy"),
			.robust_accuracy = value_at(&table, i, "certified_accuracy"),
			.lo = value_at(&table, i, "certified_accuracy_lo"),
			.hi = value_at(&table, i, "certified_accuracy_hi"),
			.undecided = value_at(&table, i, "undecided"),
			.n = value_at(&table, i, "n"),
			.seconds = value_at(&table, i, "seconds"),
		};
	return STATUS_OK;
}

static enum status load_files(struct record *record, struct cellfile *cell, struct arena *arena,
			      struct err *err)
{
	const char *trace = arena_format(arena, "%s/trace.csv", record->folder);

	TRY(cellfile_read(arena_format(arena, "%s/cell.json", record->folder), arena, cell, err));
	TRY(result_read(arena_format(arena, "%s/result.json", record->folder), arena,
			&record->result, err));
	if (access(trace, F_OK) == 0)
		TRY(csv_read(trace, arena, &record->trace, err));
	TRY(load_attacks(record, arena, err));
	return load_certificates(record, arena, err);
}

/* A damaged record is kept as a failed cell that says what is wrong with it. */
static void load_record(struct record *record, const struct asked_row *row, struct arena *arena)
{
	struct result *result = &record->result;
	struct cellfile cell = {.repetition = NAN};
	struct err err = {0};

	*result = result_empty();
	if (load_files(record, &cell, arena, &err) != STATUS_OK) {
		result->status = cell_status_names[CELL_FAILED];
		result->message =
			arena_format(arena, "damaged record: %s: %s",
				     err.source[0] ? err.source : record->folder, err.text);
	}
	result->cell = record->id;
	if (!result->data)
		result->data = cell.data ? cell.data : "unknown";
	if (!result->method)
		result->method = cell.method ? cell.method : "unknown";
	if (!result->solver)
		result->solver = cell.solver;
	if (isnan(result->repetition))
		result->repetition = cell.repetition;
	record->swept_count = cell.swept_count;
	record->swept = cell.swept;
	record->select_by = cell.select_by;
	record->select_per = cell.select_per;
	record->objective = cell.objective;
	record->resampled = cell.resampled;
	asked_show(record, row, arena);
}

enum status records_load(const char *folder, struct arena *arena, struct records *out,
			 struct err *err)
{
	char caption[CAPTION_BYTES];
	const char **names = NULL;
	struct asked_row *rows;

	*out = (struct records){.arena = arena, .folder = folder};
	TRY(list_cells(folder, arena, &names, &out->count, err));
	rows = asked_rows(out, names, &out->count);
	out->at = ARENA_ARRAY(arena, struct record, out->count);
	for (size_t i = 0; i < out->count; i++) {
		out->at[i].id = rows[i].id;
		out->at[i].folder = arena_format(arena, "%s/cells/%s", folder, rows[i].id);
		load_record(&out->at[i], &rows[i], arena);
		out->incomplete += out->at[i].lacks && records_ok(&out->at[i]);
	}
	records_group(out);
	env_read_caption(arena_format(arena, "%s/env.json", folder), caption, sizeof caption);
	out->caption = arena_text(arena, caption);
	return STATUS_OK;
}
