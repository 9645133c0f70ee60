/* Looking at records in memory. */
#include "harness/report/records/records.h"
#include "harness/store/checksums.h"

#include <math.h>
#include <string.h>

const struct record **records_all(const struct records *records)
{
	const struct record **all =
		ARENA_ARRAY(records->arena, const struct record *, records->count);

	for (size_t i = 0; i < records->count; i++)
		all[i] = &records->at[i];
	return all;
}

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

/* Text of the swept values, of the data alone if `start` names it. */
static const char *values_text(const struct record *record, const char *start, struct arena *arena)
{
	const char *text = start ? start : "";

	for (size_t i = 0; i < record->swept_count; i++) {
		const struct cellfile_swept *swept = &record->swept[i];

		if (!start || records_of_data(swept))
			text = arena_format(arena, "%s%s%s=%s", text, *text ? ", " : "",
					    records_short(swept->path), swept->value);
	}
	return text;
}

const char *records_setting(const struct record *record, struct arena *arena)
{
	return values_text(record, NULL, arena);
}

const char *records_problem(const struct record *record, struct arena *arena)
{
	return values_text(record, record->result.data, arena);
}

const char *records_short(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

bool records_same_draw(const struct result *a, const struct result *b)
{
	const double x[] = {a->repetition, a->fold}, y[] = {b->repetition, b->fold};

	for (size_t i = 0; i < sizeof x / sizeof *x; i++)
		if (x[i] != y[i] && !(isnan(x[i]) && isnan(y[i])))
			return false;
	return true;
}

const struct record *records_at_draw(const struct group *group, const struct record *draw)
{
	for (size_t i = 0; i < group->count; i++)
		if (records_same_draw(&group->member[i]->result, &draw->result))
			return group->member[i];
	return NULL;
}

const char *records_draw(const struct result *result, struct arena *arena)
{
	const char *text = arena_format(arena, "%g", result->repetition);

	if (!isnan(result->fold))
		text = arena_format(arena, "%s fold %g", text, result->fold);
	if (!isnan(result->inner_fold))
		text = arena_format(arena, "%s inner %g", text, result->inner_fold);
	return text;
}

const char *records_repeats(const struct records *records, size_t values)
{
	size_t folds = records->folds, repeats = folds ? values / folds : values;

	if (!folds)
		return arena_format(records->arena, "%zu repetitions", values);
	if (values % folds)
		return arena_format(records->arena, "%zu folds, which share training samples",
				    values);
	return arena_format(records->arena,
			    "%zu repetition%s of %zu folds, which share training samples", repeats,
			    repeats == 1 ? "" : "s", folds);
}

size_t records_ok_count(const struct group *group)
{
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++)
		count += records_ok(group->member[i]);
	return count;
}

static bool has_status(const struct record *record, enum cell_status status)
{
	return record->result.status &&
	       strcmp(record->result.status, cell_status_names[status]) == 0;
}

bool records_ok(const struct record *record)
{
	return has_status(record, CELL_OK);
}

const char *records_text(const struct result *result, const char *name)
{
	const char *text = result_text(result, name);

	return text && *text ? text : NULL;
}

double records_number(const struct result *result, const char *name)
{
	return result_number(result, name);
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

enum status records_tell(const struct records *records, FILE *to)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct record *record = &records->at[i];

		if (has_status(record, CELL_DAMAGED) || record->contradicted)
			fprintf(to, "%s: %s\n", record->folder, record->result.message);
	}
	if (records->unchecked)
		fprintf(to,
			"%s: note: %zu record%s of an earlier version without checksums, read "
			"unchecked\n",
			records->folder, records->unchecked, records->unchecked == 1 ? "" : "s");
	if (checksums_tell(records->folder, records->checked > 0, to) != STATUS_OK)
		return STATUS_FAILED;
	return records->damaged || records->contradicted ? STATUS_FAILED : STATUS_OK;
}

/* The places of what comes first, then of the others, by the name of each. */
static size_t *places(const char *const *names, size_t count, const struct texts *methods,
		      struct arena *arena)
{
	size_t *to = ARENA_ARRAY(arena, size_t, count + 1), next = 0;

	for (size_t m = 0; m <= methods->count; m++)
		for (size_t i = 0; i < count; i++)
			if (records_index(methods->at, methods->count, names[i]) == m)
				to[i] = next++;
	return to;
}

const struct records *records_ordered(const struct records *records, const struct texts *methods)
{
	struct arena *arena = records->arena;
	struct records *out = ARENA_NEW(arena, struct records);
	const char **of_group = ARENA_ARRAY(arena, const char *, records->group_count + 1);
	size_t *name = places(records->methods, records->method_count, methods, arena), *to;

	for (size_t g = 0; g < records->group_count; g++)
		of_group[g] = records->groups[g].method;
	to = places(of_group, records->group_count, methods, arena);
	*out = *records;
	out->at = ARENA_ARRAY(arena, struct record, records->count + 1);
	out->groups = ARENA_ARRAY(arena, struct group, records->group_count + 1);
	out->methods = ARENA_ARRAY(arena, const char *, records->method_count + 1);
	for (size_t i = 0; i < records->count; i++) {
		out->at[i] = records->at[i];
		out->at[i].group = to[records->at[i].group];
	}
	for (size_t i = 0; i < records->method_count; i++)
		out->methods[name[i]] = records->methods[i];
	for (size_t g = 0; g < records->group_count; g++) {
		struct group *group = &out->groups[to[g]];

		*group = records->groups[g];
		group->member = ARENA_ARRAY(arena, const struct record *, group->count + 1);
		for (size_t i = 0; i < group->count; i++)
			group->member[i] = &out->at[records->groups[g].member[i] - records->at];
	}
	return out;
}
