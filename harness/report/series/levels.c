/* The values of a swept option. */
#include "harness/report/series/levels.h"

#include <stdlib.h>

static int by_number(const void *a, const void *b)
{
	double x = strtod(*(const char *const *)a, NULL), y = strtod(*(const char *const *)b, NULL);

	return (x > y) - (x < y);
}

struct levels levels_of(const struct records *records, const char *path,
			const struct texts *methods)
{
	struct levels out = {.path = path,
			     .numeric = true,
			     .at = ARENA_ARRAY(records->arena, const char *, records->group_count)};

	for (size_t g = 0; g < records->group_count; g++) {
		const struct group *group = &records->groups[g];
		const char *text = records_swept(group->member[0], path);
		char *end;

		if (!text || (methods && !records_wanted(methods, group->method)) ||
		    records_index(out.at, out.count, text) < out.count)
			continue;
		out.at[out.count++] = text;
		strtod(text, &end);
		out.numeric = out.numeric && end != text && !*end;
	}
	if (out.numeric && out.count)
		qsort(out.at, out.count, sizeof *out.at, by_number);
	return out;
}

size_t levels_place(const struct levels *levels, const struct record *record)
{
	const char *text = records_swept(record, levels->path);

	return text ? records_index(levels->at, levels->count, text) : levels->count;
}

double levels_value(const struct levels *levels, const struct record *record)
{
	const char *text = records_swept(record, levels->path);

	if (!text)
		return 0;
	return levels->numeric ? strtod(text, NULL) : (double)levels_place(levels, record);
}
