/* Kernels, threads, programs and machines within one table. */
#include "harness/report/records/mixed.h"

#include <math.h>
#include <stdint.h>

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

/* "Haswell (4 cells), Zen (2 cells)" in order of appearance; NULL where all cells have one value. A
 * cell whose attacks were computed elsewhere than its training counts at both. */
static const char *tally_text(const struct record *const *member, size_t count, pick *of,
			      struct arena *arena)
{
	const char **values = ARENA_ARRAY(arena, const char *, 2 * count + 1), *text = "";
	size_t *cells = ARENA_ARRAY(arena, size_t, 2 * count + 1), known = 0;

	for (size_t i = 0; i < count; i++) {
		const struct result *made[] = {&member[i]->result, &member[i]->probed};
		size_t places[2] = {SIZE_MAX, SIZE_MAX};

		for (size_t k = 0; records_ok(member[i]) && k < 2 && made[k]->status; k++) {
			const char *value = of(made[k], arena);

			value = value && *value ? value : "not recorded";
			places[k] = records_index(values, known, value);
			values[places[k]] = value;
			known += places[k] == known;
			cells[places[k]] += places[k] != places[!k];
		}
	}
	for (size_t i = 0; i < known && i < MOST_SHOWN; i++)
		text = arena_format(arena, "%s%s%s (%zu cell%s)", text, i ? ", " : "", values[i],
				    cells[i], cells[i] == 1 ? "" : "s");
	if (known > MOST_SHOWN)
		text = arena_format(arena, "%s and %zu more", text, known - MOST_SHOWN);
	return known > 1 ? text : NULL;
}

const char *mixed_text(const struct record *const *member, size_t count, struct arena *arena)
{
	const char *text = "";

	for (size_t k = 0; k < KINDS; k++) {
		const char *tally = tally_text(member, count, kinds[k].of, arena);

		if (tally)
			text = arena_format(arena, "%s%s %s %s", text,
					    *text ? ";" : "Mixed:", kinds[k].name, tally);
	}
	return *text ? arena_format(arena, "%s.", text) : text;
}

/* "Feature space: a radius on a, b is ...", of the data sets in one; "" if none is. */
static const char *spaces_text(const struct records *records)
{
	const char **names = ARENA_ARRAY(records->arena, const char *, records->count);
	const char *list = "";
	size_t known = 0;

	for (size_t i = 0; i < records->count; i++) {
		const struct result *r = &records->at[i].result;

		if (!r->space || !*r->space || !r->data ||
		    records_index(names, known, r->data) < known)
			continue;
		names[known++] = r->data;
		list = arena_format(records->arena, "%s%s%s", list, *list ? ", " : "", r->data);
	}
	return *list ? arena_format(records->arena,
				    "Feature space: a radius on %s is a distance between features, "
				    "not between pixels.",
				    list)
		     : "";
}

const char *mixed_records(const struct records *records)
{
	const char *mixed = mixed_text(records_all(records), records->count, records->arena);
	const char *spaces = spaces_text(records);

	return *spaces && *mixed ? arena_format(records->arena, "%s %s", spaces, mixed)
	       : *spaces         ? spaces
				 : mixed;
}
