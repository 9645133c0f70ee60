/* The attacks that occur in the records. */
#include "harness/report/attacks.h"

#include <float.h>
#include <math.h>
#include <string.h>

bool attacks_match(const struct attack_row *row, const struct attack_kind *kind)
{
	return (!kind->attack || strcmp(row->attack, kind->attack) == 0) &&
	       strcmp(row->norm, kind->norm) == 0 && strcmp(row->units, kind->units) == 0;
}

static void add_row(struct attack_kinds *kinds, const struct attack_row *row)
{
	struct attack_kind *kind = kinds->at;

	while (kind < kinds->at + kinds->count && !attacks_match(row, kind))
		kind++;
	if (kind == kinds->at + kinds->count) {
		*kind = (struct attack_kind){row->attack, row->norm, row->units, row->eps, NULL};
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

const struct attack_row *attacks_find(const struct record *record, const struct attack_kind *kind)
{
	const struct attack_row *found = NULL;

	for (size_t i = 0; i < record->attack_count; i++) {
		const struct attack_row *row = &record->attack[i];

		if (attacks_match(row, kind) &&
		    fabs(row->eps - kind->eps) <= DBL_EPSILON * kind->eps &&
		    (!found || row->robust_accuracy < found->robust_accuracy))
			found = row;
	}
	return found;
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
