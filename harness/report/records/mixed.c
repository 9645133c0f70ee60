/* Kernels, threads, programs and machines within one table. */
#include "harness/report/records/mixed.h"

#include <math.h>
#include <string.h>

enum { MOST_SHOWN = 8 }; /* values of one kind that a note lists */

typedef const char *pick(const struct result *result, struct arena *arena);

static const char *kernels(const struct result *result, struct arena *arena)
{
	(void)arena;
	return result->blas_core;
}

static const char *threads(const struct result *result, struct arena *arena)
{
	return isnan(result->threads) ? NULL : arena_format(arena, "%.0f", result->threads);
}

static const char *program(const struct result *result, struct arena *arena)
{
	(void)arena;
	return result->program;
}

static const char *machine(const struct result *result, struct arena *arena)
{
	if (!result->host && !result->cpu)
		return NULL;
	return arena_format(arena, "%s, %s", result->host ? result->host : "unknown",
			    result->cpu ? result->cpu : "unknown");
}

static const struct {
	const char *name;
	pick *of;
} kinds[] = {{"BLAS kernels", kernels},
	     {"threads", threads},
	     {"program", program},
	     {"machine", machine}};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* The values of one kind, in order of appearance, and how many cells have each. */
struct tally {
	size_t count;
	const char **value;
	size_t *cells;
};

static const char *value_of(const struct result *result, pick *of, struct arena *arena)
{
	const char *value = of(result, arena);

	return value && *value ? value : "not recorded";
}

static void add(struct tally *tally, const char *value)
{
	size_t at = records_index(tally->value, tally->count, value);

	tally->value[at] = value;
	tally->cells[at]++;
	tally->count += at == tally->count;
}

/* A cell whose attacks were computed elsewhere than its training counts at both. */
static struct tally tally_of(const struct record *const *member, size_t count, pick *of,
			     struct arena *arena)
{
	struct tally tally = {0, ARENA_ARRAY(arena, const char *, 2 * count + 1),
			      ARENA_ARRAY(arena, size_t, 2 * count + 1)};

	for (size_t i = 0; i < count; i++) {
		const char *value = value_of(&member[i]->result, of, arena), *later;

		if (!records_ok(member[i]))
			continue;
		add(&tally, value);
		later = member[i]->probed.status ? value_of(&member[i]->probed, of, arena) : value;
		if (strcmp(later, value) != 0)
			add(&tally, later);
	}
	return tally;
}

static const char *tally_text(const struct tally *tally, struct arena *arena)
{
	const char *text = "";

	for (size_t i = 0; i < tally->count && i < MOST_SHOWN; i++)
		text = arena_format(arena, "%s%s%s (%zu cell%s)", text, i ? ", " : "",
				    tally->value[i], tally->cells[i],
				    tally->cells[i] == 1 ? "" : "s");
	if (tally->count > MOST_SHOWN)
		text = arena_format(arena, "%s and %zu more", text, tally->count - MOST_SHOWN);
	return text;
}

const char *mixed_text(const struct record *const *member, size_t count, struct arena *arena)
{
	const char *text = "";

	for (size_t k = 0; k < KINDS; k++) {
		struct tally tally = tally_of(member, count, kinds[k].of, arena);

		if (tally.count > 1)
			text = arena_format(arena, "%s%s %s %s", text,
					    *text ? ";" : "Mixed:", kinds[k].name,
					    tally_text(&tally, arena));
	}
	return *text ? arena_format(arena, "%s.", text) : text;
}

const char *mixed_records(const struct records *records)
{
	const struct record **all =
		ARENA_ARRAY(records->arena, const struct record *, records->count);

	for (size_t i = 0; i < records->count; i++)
		all[i] = &records->at[i];
	return mixed_text(all, records->count, records->arena);
}
