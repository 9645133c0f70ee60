/* Names that occur in the records, and the records grouped over repetitions. */
#include "harness/report/records/records.h"
#include "harness/report/records/select.h"
#include "solvers/core/index.h"
#include "solvers/core/text.h"

#include <stdlib.h>
#include <string.h>

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
	return arena_format(arena, "%s\n%g", key_of(record, arena), record->result.repetition);
}

static void add_name(const char **names, size_t *count, const char *name)
{
	if (records_index(names, *count, name) == *count)
		names[(*count)++] = name;
}

/* Text of the swept values, of the data alone if `start` names it: "moons, noise=0.1". */
static const char *setting_text(const struct record *record, const char *start, struct arena *arena)
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

		add_name(records->data, &records->data_count, r->result.data);
		add_name(records->methods, &records->method_count, r->result.method);
		for (size_t j = 0; j < r->swept_count; j++)
			add_name(records->paths, &records->path_count, r->swept[j].path);
	}

	records->groups = ARENA_ARRAY(arena, struct group, records->count);
	for (size_t i = 0; i < records->count; i++) {
		struct record *r = &records->at[i];

		r->group = index_place(&index, key_of(r, arena), records->group_count);
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
				.setting = setting_text(r, NULL, arena),
				.problem = setting_text(r, r->result.data, arena),
				.member = ARENA_ARRAY(arena, const struct record *, size[r->group]),
			};
		group->member[group->count++] = r;
	}
	select_settings(records);
}
