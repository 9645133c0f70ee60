/* Loading of records, in the order of plan.csv if there is one, else of the ids; the names that
 * occur in them, and their groups over repetitions. */
#include "harness/machine/env.h"
#include "harness/report/records/asked.h"
#include "harness/report/records/global_bound.h"
#include "harness/report/records/records.h"
#include "harness/report/records/select.h"
#include "harness/store/manifest.h"
#include "harness/store/transfers.h"
#include "solvers/core/index.h"
#include "solvers/core/text.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CAPTION_BYTES = 256 };

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
	qsort(*names, *count, sizeof **names, text_compare);
	return STATUS_OK;
}

static enum status load_files(struct record *record, struct cellfile *cell, struct arena *arena,
			      struct err *err)
{
	const char *trace = arena_format(arena, "%s/trace.csv", record->folder);
	struct field_rows attacks, certificates, decisions;

	TRY(cellfile_read(arena_format(arena, "%s/cell.json", record->folder), arena, cell, err));
	TRY(result_read(arena_format(arena, "%s/result.json", record->folder), arena,
			&record->result, err));
	if (access(trace, F_OK) == 0)
		TRY(csv_read(trace, arena, &record->trace, err));
	TRY(field_read_any(arena_format(arena, "%s/attack.csv", record->folder), &rows_attack,
			   arena, &attacks, err));
	TRY(field_read_any(arena_format(arena, "%s/certify.csv", record->folder), &rows_certify,
			   arena, &certificates, err));
	TRY(field_read_any(arena_format(arena, "%s/confusion.csv", record->folder), &rows_confusion,
			   arena, &decisions, err));
	record->decision = decisions.at;
	record->decision_count = decisions.count;
	record->attack = attacks.at;
	record->attack_count = attacks.count;
	record->certificate = certificates.at;
	record->certificate_count = certificates.count;
	return STATUS_OK;
}

/* A damaged record says why. It is of what its cell.json says if that is of the cell that the plan
 * names, else of what the plan says. */
static void mark_damaged(struct record *record, const struct err *err,
			 const struct field_rows *plan, struct arena *arena, struct cellfile *cell)
{
	const char *prefix = "damaged record: ";
	bool told = strncmp(err->text, prefix, strlen(prefix)) == 0;
	const struct plan_row *row = plan->at;
	size_t named = 0;
	struct err ignored = {0}; /* the damage is told already */
	char *copy;
	char *rest;

	*record = (struct record){.id = record->id, .folder = record->folder};
	record->result = result_empty();
	record->result.status = cell_status_names[CELL_DAMAGED];
	record->result.message =
		told ? arena_text(arena, err->text)
		     : arena_format(arena, "%s%s: %s", prefix,
				    err->source[0] ? err->source : record->folder, err->text);

	*cell = (struct cellfile){.repetition = NAN, .fold = NAN, .inner_fold = NAN};
	cellfile_read(arena_format(arena, "%s/cell.json", record->folder), arena, cell, &ignored);
	while (named < plan->count && strcmp(row[named].cell, record->id) != 0)
		named++;
	if (named == plan->count)
		return;
	row += named;
	if (!*row->method ||
	    (cell->data && strcmp(cell->data, row->data) == 0 && cell->method &&
	     strcmp(cell->method, row->method) == 0 && cell->repetition == row->repetition))
		return;
	*cell = (struct cellfile){.data = row->data,
				  .method = row->method,
				  .repetition = row->repetition,
				  .fold = row->fold,
				  .inner_fold = row->inner_fold};
	/* "rho=0.1;patterns=60" */
	copy = arena_text(arena, row->swept);
	rest = NULL;
	cell->swept = ARENA_ARRAY(arena, struct cellfile_swept, strlen(row->swept) + 1);
	cell->swept_count = 0;
	for (char *part = strtok_r(copy, ";", &rest); part; part = strtok_r(NULL, ";", &rest)) {
		char *equals = strchr(part, '=');

		if (!equals)
			continue;
		*equals = '\0';
		cell->swept[cell->swept_count++] = (struct cellfile_swept){part, equals + 1};
	}
}

static enum status load_record(struct records *records, struct record *record,
			       const struct asked_row *row, const struct field_rows *plan,
			       struct err *err)
{
	struct arena *arena = records->arena;
	struct cellfile cell = {.repetition = NAN, .fold = NAN, .inner_fold = NAN};
	struct result *result = &record->result;
	struct manifest manifest = {0};
	enum manifest_state state;
	struct err found = {0};
	enum status status;

	*result = result_empty();
	status = manifest_check(record->folder, arena, &manifest, &state, &found);
	if (state == MANIFEST_NEWER)
		return err_at(err, status, (struct err_place){found.source, 0, 0}, "%s",
			      found.text);
	if (status == STATUS_OK)
		status = load_files(record, &cell, arena, &found);
	if (status != STATUS_OK) {
		mark_damaged(record, &found, plan, arena, &cell);
		records->damaged++;
	}
	records->checked += state == MANIFEST_WHOLE;
	records->unchecked += state == MANIFEST_UNCHECKED && status == STATUS_OK;
	result->cell = record->id;
	if (!result->data)
		result->data = cell.data ? cell.data : "unknown";
	if (!result->method)
		result->method = cell.method ? cell.method : "unknown";
	if (!result->solver)
		result->solver = cell.solver;
	if (isnan(result->repetition))
		result->repetition = cell.repetition;
	if (isnan(result->fold))
		result->fold = cell.fold;
	if (isnan(result->inner_fold))
		result->inner_fold = cell.inner_fold;
	record->swept_count = cell.swept_count;
	record->swept = cell.swept;
	record->select_by = cell.select_by;
	record->select_per = cell.select_per;
	record->objective = cell.objective;
	record->data_draw = cell.data_draw;
	record->method_draw = cell.method_draw;
	record->resampled = cell.resampled;
	record->sample = cell.sample;
	record->files = manifest.data;
	asked_show(record, row, arena);
	records->incomplete += record->lacks && records_ok(record);
	return STATUS_OK;
}

/* Data, method and swept values in one text, whatever the order of the values. */
static const char *key_of(const struct record *r, struct arena *arena)
{
	struct cellfile_swept *sorted = ARENA_ARRAY(arena, struct cellfile_swept, r->swept_count);
	const char *text = arena_format(arena, "%s\n%s", r->result.data, r->result.method);

	if (r->swept_count)
		memcpy(sorted, r->swept, r->swept_count * sizeof *sorted);
	qsort(sorted, r->swept_count, sizeof *sorted,
	      text_compare); /* the path is its first member */
	for (size_t i = 0; i < r->swept_count; i++)
		text = arena_format(arena, "%s\n%s=%s", text, sorted[i].path, sorted[i].value);
	return text;
}

const char *records_key(const struct record *record, struct arena *arena)
{
	return arena_format(arena, "%s\n%s", key_of(record, arena),
			    records_draw(&record->result, arena));
}

static void add_name(const char **names, size_t *count, const char *name)
{
	if (records_index(names, *count, name) == *count)
		names[(*count)++] = name;
}

void records_group(struct records *records)
{
	struct arena *arena = records->arena;
	struct index index = index_new(records->count, arena);
	size_t *size = ARENA_ARRAY(arena, size_t, records->count), paths = 0;

	for (size_t i = 0; i < records->count; i++)
		paths += records->at[i].swept_count;
	records->paths = ARENA_ARRAY(arena, const char *, paths);
	records->data = ARENA_ARRAY(arena, const char *, records->count);
	records->methods = ARENA_ARRAY(arena, const char *, records->count);
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];

		if (r->result.fold > (double)records->folds)
			records->folds = (size_t)r->result.fold;
		add_name(records->data, &records->data_count, r->result.data);
		add_name(records->methods, &records->method_count, r->result.method);
		for (size_t j = 0; j < r->swept_count; j++)
			add_name(records->paths, &records->path_count, r->swept[j].path);
	}

	records->groups = ARENA_ARRAY(arena, struct group, records->count);
	for (size_t i = 0; i < records->count; i++) {
		struct record *r = &records->at[i];

		const char *kind = isnan(r->result.inner_fold) ? "" : "\ninner";

		r->group = index_place(&index, arena_format(arena, "%s%s", key_of(r, arena), kind),
				       records->group_count);
		records->group_count += r->group == records->group_count;
		size[r->group]++;
	}
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];
		struct group *group = &records->groups[r->group];

		if (!group->member)
			*group = (struct group){
				.data = r->result.data,
				.method = r->result.method,
				.setting = records_setting(r, arena),
				.problem = records_problem(r, arena),
				.inner = !isnan(r->result.inner_fold),
				.member = ARENA_ARRAY(arena, const struct record *, size[r->group]),
			};
		group->member[group->count++] = r;
	}
	select_settings(records);
}

enum status records_load(const char *folder, struct arena *arena, struct records *out,
			 struct err *err)
{
	const char *plan_path = arena_format(arena, "%s/plan.csv", folder);
	struct err ignored = {0}; /* without a readable plan the order of the ids holds; damage of
				     transfer.csv is told by its checksum */
	struct field_rows plan, carried;
	char caption[CAPTION_BYTES];
	const char **names = NULL;
	struct asked_row *rows;

	*out = (struct records){.arena = arena, .folder = folder, .out = folder};
	TRY(list_cells(folder, arena, &names, &out->count, err));
	if (field_read(plan_path, &rows_plan, arena, &plan, &ignored) != STATUS_OK)
		plan = (struct field_rows){0};
	rows = asked_rows(out, &plan, names, &out->count);
	out->at = ARENA_ARRAY(arena, struct record, out->count);
	for (size_t i = 0; i < out->count; i++) {
		out->at[i].id = rows[i].id;
		out->at[i].folder = arena_format(arena, "%s/cells/%s", folder, rows[i].id);
		TRY(load_record(out, &out->at[i], &rows[i], &plan, err));
	}
	global_bound_fill(out);
	records_group(out);
	if (transfers_read(folder, arena, &carried, &out->transfer_outdated, &ignored) ==
	    STATUS_OK) {
		out->transfer = carried.at;
		out->transfer_count = carried.count;
	}
	env_read_caption(arena_format(arena, "%s/env.json", folder), caption, sizeof caption);
	out->caption = arena_text(arena, caption);
	return STATUS_OK;
}
