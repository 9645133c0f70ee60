/* Comparing records. */
#include "harness/merge/repeat_compare.h"
#include "harness/file/csv.h"
#include "harness/store/result.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static double relative_difference(double a, double b)
{
	double scale = fmax(fabs(a), fabs(b));

	if (a == b || (isnan(a) && isnan(b)))
		return 0;
	return isfinite(a) && isfinite(b) ? fabs(a - b) / scale : HUGE_VAL;
}

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

/* Numbers by their value, anything else by its text. */
static double text_difference(const char *stored, const char *fresh)
{
	char *end_stored, *end_fresh;
	double a, b;

	stored = stored ? stored : "";
	fresh = fresh ? fresh : "";
	if (strcmp(stored, fresh) == 0)
		return 0;
	a = strtod(stored, &end_stored);
	b = strtod(fresh, &end_fresh);
	if (end_stored == stored || end_fresh == fresh || *end_stored || *end_fresh)
		return HUGE_VAL;
	return relative_difference(a, b);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);

	return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* A column of wall-clock or CPU seconds. */
static bool is_time(const char *name)
{
	return strcmp(name, "seconds") == 0 || ends_with(name, "_s");
}

/* Times, memory, and what describes the process rather than its result. A worker does not know the
 * id. */
static bool is_compared(const struct field *field)
{
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
					     "cpu"};

	for (size_t i = 0; i < sizeof around / sizeof *around; i++)
		if (strcmp(field->name, around[i]) == 0)
			return false;
	return !is_time(field->name);
}

/* What may explain a difference. */
static bool is_noted(const struct field *field)
{
	static const char *const names[REPEAT_NOTES] = {"threads", "blas_core", "program", "host",
							"cpu"};

	for (size_t i = 0; i < REPEAT_NOTES; i++)
		if (strcmp(field->name, names[i]) == 0)
			return true;
	return false;
}

static const char *place(const char *file, const char *name, const char *stored, const char *fresh,
			 struct arena *arena)
{
	return arena_format(arena, "%s: %s %s instead of %s", file, name,
			    fresh && *fresh ? fresh : "nothing",
			    stored && *stored ? stored : "nothing");
}

static void compare_results(struct comparison *c, const struct result *stored,
			    const struct result *fresh)
{
	for (const struct field *field = rows_result.field; field->name; field++) {
		const char *a = field_shown(field, stored, c->arena);
		const char *b = field_shown(field, fresh, c->arena);
		double difference = text_difference(a, b);

		if (difference > 0 && is_compared(field))
			note_difference(c, difference,
					place("result.json", field->name, a, b, c->arena));
		else if (difference > 0 && is_noted(field))
			c->out->notes[c->out->note_count++] =
				place("result.json", field->name, a, b, c->arena);
	}
}

static bool same_header(const struct csv_table *a, const struct csv_table *b)
{
	for (size_t j = 0; j < a->cols && a->cols == b->cols; j++)
		if (strcmp(a->header[j], b->header[j]) != 0)
			return false;
	return a->cols == b->cols;
}

/* Largest difference of a row; the seconds do not count. */
static double compare_row(struct comparison *c, const char *file, const struct csv_table *stored,
			  const struct csv_table *fresh, size_t row)
{
	double worst = 0;

	for (size_t j = 0; j < stored->cols; j++) {
		const char *a = stored->cell[row * stored->cols + j];
		const char *b = fresh->cell[row * fresh->cols + j];
		double difference = is_time(stored->header[j]) ? 0 : text_difference(a, b);

		if (difference > 0)
			note_difference(c, difference,
					place(file, stored->header[j], a, b, c->arena));
		worst = fmax(worst, difference);
	}
	return worst;
}

static enum status compare_tables(struct comparison *c, const char *file, const char *stored,
				  const char *fresh, struct err *err)
{
	const char *paths[] = {arena_format(c->arena, "%s/%s", stored, file),
			       arena_format(c->arena, "%s/%s", fresh, file)};
	struct csv_table a, b;
	int column;

	if (access(paths[0], F_OK) != 0 && access(paths[1], F_OK) != 0)
		return STATUS_OK; /* a cell without attacks, say */
	TRY(csv_read(paths[0], c->arena, &a, err));
	TRY(csv_read(paths[1], c->arena, &b, err));
	if (!same_header(&a, &b) || a.rows != b.rows)
		note_difference(c, HUGE_VAL,
				arena_format(c->arena, "%s: %zu rows of %zu instead of %zu of %zu",
					     file, b.rows, b.cols, a.rows, a.cols));
	column = csv_column(&a, "iteration");
	for (size_t row = 0; row < a.rows && row < b.rows && same_header(&a, &b); row++) {
		double worst = compare_row(c, file, &a, &b, row);

		if (worst > repeat_tolerance && column >= 0 && !c->out->iteration)
			c->out->iteration = a.cell[row * a.cols + (size_t)column];
	}
	return STATUS_OK;
}

enum status repeat_compare(const char *stored, const char *fresh, struct arena *arena,
			   struct repeat *out, struct err *err)
{
	struct comparison c = {.out = out, .arena = arena};
	struct result a, b;

	*out = (struct repeat){.verdict = REPEAT_IDENTICAL};
	TRY(result_read(arena_format(arena, "%s/result.json", stored), arena, &a, err));
	TRY(result_read(arena_format(arena, "%s/result.json", fresh), arena, &b, err));
	compare_results(&c, &a, &b);
	TRY(compare_tables(&c, "trace.csv", stored, fresh, err));
	TRY(compare_tables(&c, "attack.csv", stored, fresh, err));
	return compare_tables(&c, "certify.csv", stored, fresh, err);
}
