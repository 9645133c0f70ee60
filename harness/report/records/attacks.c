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

static bool is_tested(const struct attack_row *row)
{
	return !row->part || strcmp(row->part, "test") == 0;
}

bool attacks_tests(const struct record *record)
{
	bool found = record->attack_count > 0;

	for (size_t i = 0; i < record->certificate_count; i++)
		found = found || is_tested(&record->certificate[i]);
	return found;
}

bool attacks_match(const struct attack_row *row, const struct attack_kind *kind)
{
	return is_tested(row) && (!kind->attack || strcmp(row->attack, kind->attack) == 0) &&
	       strcmp(row->norm, kind->norm) == 0 && strcmp(row->units, kind->units) == 0;
}

static void add_row(struct attack_kinds *kinds, const struct attack_row *row)
{
	struct attack_kind *kind = kinds->at;

	while (kind < kinds->at + kinds->count && !attacks_match(row, kind))
		kind++;
	if (kind == kinds->at + kinds->count) {
		*kind = (struct attack_kind){row->attack, row->norm, row->units,
					     row->eps,    NULL,      false};
		kinds->count++;
	}
	if (row->eps > kind->eps)
		kind->eps = row->eps;
}

/* Room for the kinds: no record has more of them than rows, and records mostly share them. */
static size_t rows_of(const struct records *records)
{
	size_t rows = 0;

	for (size_t i = 0; i < records->count; i++)
		rows += records->at[i].attack_count;
	return rows;
}

struct attack_kinds attacks_of(const struct records *records, const char *data)
{
	struct attack_kinds kinds = {0};
	bool many_units = false;

	kinds.at = ARENA_ARRAY(records->arena, struct attack_kind, rows_of(records));
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];

		if (data && strcmp(r->result.data, data) != 0)
			continue;
		for (size_t j = 0; j < r->attack_count; j++)
			add_row(&kinds, &r->attack[j]);
	}
	for (size_t k = 1; k < kinds.count; k++)
		many_units = many_units || strcmp(kinds.at[k].units, kinds.at[0].units) != 0;
	for (size_t k = 0; k < kinds.count; k++)
		kinds.at[k].label = arena_format(records->arena, "%s %s%s%s", kinds.at[k].attack,
						 kinds.at[k].norm, many_units ? " " : "",
						 many_units ? kinds.at[k].units : "");
	return kinds;
}

struct attack_kinds attacks_certified(const struct records *records, const char *data)
{
	struct attack_kinds kinds = {0}, merged;
	size_t rows = 0;

	for (size_t i = 0; i < records->count; i++)
		rows += records->at[i].certificate_count;
	kinds.at = ARENA_ARRAY(records->arena, struct attack_kind, rows);
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];

		if (data && strcmp(r->result.data, data) != 0)
			continue;
		for (size_t j = 0; j < r->certificate_count; j++)
			if (is_tested(&r->certificate[j]))
				add_row(&kinds, &r->certificate[j]);
	}
	merged = attacks_worst(&kinds, records->arena);
	for (size_t k = 0; k < merged.count; k++) {
		merged.at[k].label =
			arena_format(records->arena, "certified %s", merged.at[k].norm);
		merged.at[k].certified = true;
	}
	return merged;
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
			same->label = arena_format(arena, "worst %s", kind->norm);
		}
		same->eps = fmax(same->eps, kind->eps);
	}
	return worst;
}

/* The lower upper bound, or the higher lower one. */
static bool is_sharper(const struct attack_row *row, const struct attack_row *than, bool certified)
{
	return certified ? row->robust_accuracy > than->robust_accuracy
			 : row->robust_accuracy < than->robust_accuracy;
}

const struct attack_row *attacks_find(const struct record *record, const struct attack_kind *kind)
{
	const struct attack_row *found = NULL;
	size_t count;
	const struct attack_row *rows = attacks_rows(record, kind, &count);

	for (size_t i = 0; i < count; i++)
		if (attacks_match(&rows[i], kind) &&
		    fabs(rows[i].eps - kind->eps) <= DBL_EPSILON * kind->eps &&
		    (!found || is_sharper(&rows[i], found, kind->certified)))
			found = &rows[i];
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
