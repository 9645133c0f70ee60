/* Comparing records. */
#include "harness/merge/repeat_compare.h"
#include "harness/store/result.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const char *const repeat_verdicts[] = {
	[REPEAT_IDENTICAL] = "identical",
	[REPEAT_CLOSE] = "within the tolerance",
	[REPEAT_DIFFERENT] = "different",
};

/* Sums of n terms in another order differ by about n * 1e-16 relatively: 1e-10 leaves room for a
 * million of them, and is far below what a change of the mathematics does. */
const double repeat_tolerance = 1e-10;

struct comparison {
	struct repeat *out;
	struct arena *arena;
};

/* The largest difference is kept with the place where it was found. */
static void note_difference(struct comparison *c, double difference, const char *where)
{
	enum repeat_verdict verdict =
		difference > repeat_tolerance ? REPEAT_DIFFERENT : REPEAT_CLOSE;

	if (verdict > c->out->verdict)
		c->out->verdict = verdict;
	if (difference <= c->out->worst)
		return;
	c->out->worst = difference;
	c->out->where = where;
}

/* Numbers by their value, relatively, anything else by its text. */
static double text_difference(const char *stored, const char *fresh)
{
	char *end_stored, *end_fresh;
	double a, b;

	if (strcmp(stored, fresh) == 0)
		return 0;
	a = strtod(stored, &end_stored);
	b = strtod(fresh, &end_fresh);
	if (end_stored == stored || end_fresh == fresh || *end_stored || *end_fresh)
		return HUGE_VAL;
	if (a == b || (isnan(a) && isnan(b)))
		return 0;
	return isfinite(a) && isfinite(b) ? fabs(a - b) / fmax(fabs(a), fabs(b)) : HUGE_VAL;
}

static bool is_one_of(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

/* Describe the process rather than its result. A worker does not know the id. */
static const char *const around[] = {"cell",
				     "date",
				     "timing",
				     "switches_voluntary",
				     "switches_involuntary",
				     "core_share",
				     "load_average",
				     "peak_mem_bytes",
				     "threads",
				     "threads_reason",
				     "blas_core",
				     "program",
				     "host",
				     "cpu",
				     NULL};

/* Of these, what may explain a difference. */
static const char *const noted[REPEAT_NOTES + 1] = {"threads", "blas_core", "program",
						    "host",    "cpu",       NULL};

/* Two rows of a file; the largest difference, for which times do not count. */
static double compare_rows(struct comparison *c, const char *file, const struct field_table *table,
			   const void *stored, const void *fresh)
{
	double worst = 0;

	for (const struct field *f = table->field; f->name; f++) {
		const char *a = field_shown(f, stored, c->arena);
		const char *b = field_shown(f, fresh, c->arena);
		double difference = field_is_time(f) ? 0 : text_difference(a, b);
		const char *place;

		if (!(difference > 0))
			continue;
		place = arena_format(c->arena, "%s: %s %s instead of %s", file, f->name,
				     *b ? b : "nothing", *a ? a : "nothing");
		if (is_one_of(f->name, noted))
			c->out->notes[c->out->note_count++] = place;
		if (is_one_of(f->name, around))
			continue;
		note_difference(c, difference, place);
		worst = fmax(worst, difference);
	}
	return worst;
}

enum status repeat_compare(const char *stored, const char *fresh, struct arena *arena,
			   struct repeat *out, struct err *err)
{
	static const struct field_table *const tables[] = {&rows_trace, &rows_attack,
							   &rows_certify};
	struct comparison c = {.out = out, .arena = arena};
	struct result before, again;

	*out = (struct repeat){.verdict = REPEAT_IDENTICAL};
	TRY(result_read(arena_format(arena, "%s/result.json", stored), arena, &before, err));
	TRY(result_read(arena_format(arena, "%s/result.json", fresh), arena, &again, err));
	compare_rows(&c, "result.json", &rows_result, &before, &again);
	for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
		const struct field_table *table = tables[t];
		const struct field *iteration = field_find(table, "iteration");
		const char *file = table->file;
		struct field_rows a, b;

		TRY(field_read_any(arena_format(arena, "%s/%s", stored, file), table, arena, &a,
				   err));
		TRY(field_read_any(arena_format(arena, "%s/%s", fresh, file), table, arena, &b,
				   err));
		if (a.count != b.count)
			note_difference(&c, HUGE_VAL,
					arena_format(arena, "%s: %zu rows instead of %zu", file,
						     b.count, a.count));
		for (size_t i = 0; i < a.count && i < b.count; i++) {
			const char *row = (const char *)a.at + i * table->size;
			double worst = compare_rows(&c, file, table, row,
						    (const char *)b.at + i * table->size);

			if (worst > repeat_tolerance && iteration && !out->iteration)
				out->iteration = field_shown(iteration, row, arena);
		}
	}
	return STATUS_OK;
}
