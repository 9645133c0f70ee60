/* The attacks and certificates that occur in the records. */
#include "harness/report/records/attacks.h"

#include <float.h>
#include <math.h>
#include <string.h>

const struct attack_row *attacks_rows(const struct record *record, const struct attack_kind *kind,
				      size_t *count)
{
	*count = kind->certified ? record->certificate_count : record->attack_count;
	return kind->certified ? record->certificate : record->attack;
}

static const char tested[] = "test";

static bool is_of(const struct attack_row *row, const char *part)
{
	return strcmp(row->part ? row->part : tested, part ? part : tested) == 0;
}

bool attacks_tests(const struct record *record)
{
	bool found = false;

	for (size_t i = 0; i < record->attack_count; i++)
		found = found || is_of(&record->attack[i], tested);
	for (size_t i = 0; i < record->certificate_count; i++)
		found = found || is_of(&record->certificate[i], tested);
	return found;
}

bool attacks_match(const struct attack_row *row, const struct attack_kind *kind)
{
	return is_of(row, kind->part) &&
	       (!kind->attack || strcmp(row->attack, kind->attack) == 0) &&
	       strcmp(row->norm, kind->norm) == 0 && strcmp(row->units, kind->units) == 0;
}

const char *attacks_box(const struct attack_row *row, struct arena *arena)
{
	if (isnan(row->clip_low))
		return NULL;
	return isfinite(row->clip_low)
		       ? arena_format(arena, "[%.4g, %.4g]", row->clip_low, row->clip_high)
		       : "none";
}

/* The kinds of the attacks, or of the certificates, of the part that is wanted. */
static struct attack_kinds collect(const struct records *records, const char *data,
				   const struct attack_kind *wanted)
{
	struct attack_kinds kinds = {0};
	size_t count,
		room = 0; /* no record has more kinds than rows, and records mostly share them */

	for (size_t i = 0; i < records->count; i++) {
		attacks_rows(&records->at[i], wanted, &count);
		room += count;
	}
	kinds.at = ARENA_ARRAY(records->arena, struct attack_kind, room);
	for (size_t i = 0; i < records->count; i++) {
		const struct attack_row *row = attacks_rows(&records->at[i], wanted, &count);

		if (data && strcmp(records->at[i].result.data, data) != 0)
			continue;
		for (size_t j = 0; j < count; j++, row++) {
			struct attack_kind *kind = kinds.at, *end = kinds.at + kinds.count;

			if (!is_of(row, wanted->part))
				continue;
			while (kind < end && !attacks_match(row, kind))
				kind++;
			if (kind == end) {
				*kind = (struct attack_kind){.attack = row->attack,
							     .norm = row->norm,
							     .units = row->units,
							     .eps = row->eps,
							     .part = wanted->part};
				kinds.count++;
			}
			if (row->eps > kind->eps)
				kind->eps = row->eps;
		}
	}
	return kinds;
}

static struct attack_kinds attacks_on(const struct records *records, const char *data,
				      const char *part)
{
	const struct attack_kind wanted = {.part = part};
	struct attack_kinds kinds = collect(records, data, &wanted);
	bool many_units = false;

	for (size_t k = 1; k < kinds.count; k++)
		many_units = many_units || strcmp(kinds.at[k].units, kinds.at[0].units) != 0;
	for (size_t k = 0; k < kinds.count; k++)
		kinds.at[k].label = arena_format(records->arena, "%s %s%s%s", kinds.at[k].attack,
						 kinds.at[k].norm, many_units ? " " : "",
						 many_units ? kinds.at[k].units
							    : rows_units_space(kinds.at[k].units));
	return kinds;
}

static struct attack_kinds certified_on(const struct records *records, const char *data,
					const char *part)
{
	const struct attack_kind wanted = {.certified = true, .part = part};
	struct attack_kinds kinds = collect(records, data, &wanted);

	kinds = attacks_worst(&kinds, records->arena);
	for (size_t k = 0; k < kinds.count; k++) {
		kinds.at[k].label = arena_format(records->arena, "certified %s%s", kinds.at[k].norm,
						 rows_units_space(kinds.at[k].units));
		kinds.at[k].certified = true;
	}
	return kinds;
}

struct attack_kinds attacks_of(const struct records *records, const char *data)
{
	return attacks_on(records, data, NULL);
}

struct attack_kinds attacks_certified(const struct records *records, const char *data)
{
	return certified_on(records, data, NULL);
}

void attacks_of_part(const struct records *records, const char *part, struct attack_kinds *attacks,
		     struct attack_kinds *certified)
{
	*attacks = attacks_on(records, NULL, part);
	*certified = certified_on(records, NULL, part);
}

struct attack_kinds attacks_join(const struct attack_kinds *a, const struct attack_kinds *b,
				 struct arena *arena)
{
	struct attack_kinds joined = {
		.count = a->count + b->count,
		.at = ARENA_ARRAY(arena, struct attack_kind, a->count + b->count)};

	for (size_t k = 0; k < joined.count; k++)
		joined.at[k] = k < a->count ? a->at[k] : b->at[k - a->count];
	return joined;
}

struct attack_kinds attacks_worst(const struct attack_kinds *kinds, struct arena *arena)
{
	struct attack_kinds worst = {.at = ARENA_ARRAY(arena, struct attack_kind, kinds->count)};

	for (size_t k = 0; k < kinds->count; k++) {
		const struct attack_kind *kind = &kinds->at[k];
		struct attack_kind *same = worst.at;

		while (same < worst.at + worst.count && (strcmp(same->norm, kind->norm) != 0 ||
							 strcmp(same->units, kind->units) != 0))
			same++;
		if (same == worst.at + worst.count) {
			worst.count++;
			*same = *kind;
			same->attack = NULL;
			same->label = arena_format(arena, "worst %s%s", kind->norm,
						   rows_units_space(kind->units));
		}
		same->eps = fmax(same->eps, kind->eps);
	}
	return worst;
}

const struct attack_row *attacks_find(const struct record *record, const struct attack_kind *kind)
{
	const struct attack_row *found = NULL;
	size_t count;
	const struct attack_row *rows = attacks_rows(record, kind, &count);

	for (size_t i = 0; i < count; i++) {
		const struct attack_row *row = &rows[i], *than = found;

		if (!attacks_match(row, kind) ||
		    !(fabs(row->eps - kind->eps) <= DBL_EPSILON * kind->eps))
			continue;
		/* the lower upper bound, or the higher lower one */
		if (!than || (kind->certified ? row->robust_accuracy > than->robust_accuracy
					      : row->robust_accuracy < than->robust_accuracy))
			found = row;
	}
	return found;
}

double attacks_clean(const struct record *record, const void *what)
{
	const struct attack_kind *kind = what;
	size_t count;
	const struct attack_row *row = attacks_rows(record, kind, &count);

	for (size_t i = 0; i < count; i++)
		if (attacks_match(&row[i], kind))
			return row[i].accuracy;
	return NAN;
}

double attacks_robust(const struct record *record, const void *what)
{
	const struct attack_row *row = attacks_find(record, what);

	return row ? row->robust_accuracy : NAN;
}

double attacks_low(const struct record *record, const void *what)
{
	const struct attack_row *row = attacks_find(record, what);

	return row ? row->lo : NAN;
}

double attacks_high(const struct record *record, const void *what)
{
	const struct attack_row *row = attacks_find(record, what);

	return row ? row->hi : NAN;
}

double attacks_distance(const struct record *record, const void *what)
{
	const struct attack_row *row = attacks_find(record, what);

	return row ? row->distance_median : NAN;
}

double attacks_near(const struct record *record, const void *what)
{
	const struct attack_row *row = attacks_find(record, what);

	return row ? row->distance_low : NAN;
}

double attacks_far(const struct record *record, const void *what)
{
	const struct attack_row *row = attacks_find(record, what);

	return row ? row->distance_high : NAN;
}
