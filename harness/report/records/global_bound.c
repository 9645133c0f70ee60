/* The bound over all networks that cells share, and those that contradict it. */
#include "harness/report/records/global_bound.h"
#include "harness/report/records/comparable.h"
#include "solvers/core/index.h"

#include <math.h>
#include <string.h>

/* Relative errors of an objective, or of a bound, by the precision of data and sums. */
static double rounding(const struct result *result)
{
	return result->precision && strcmp(result->precision, "single") == 0 ? 1e-5 : 1e-9;
}

double global_bound_above(double objective, double bound)
{
	return bound > 0 && !isnan(objective) ? fmax(0, objective / bound - 1) : NAN;
}

bool global_bound_breaks(const struct result *network, const struct result *bound)
{
	double least = bound->lower_bound;

	return network->objective_network <
	       least - fmax(rounding(network), rounding(bound)) * fabs(least);
}

static bool is_of_networks(const struct record *record)
{
	return records_ok(record) && comparable_is_network(&record->result);
}

bool global_bound_of(const struct record *record)
{
	const char *scope = record->result.bound_scope, *threat = record->objective.threat;

	return is_of_networks(record) && scope && strncmp(scope, "all", 3) == 0 &&
	       (!threat || !*threat) && isfinite(record->result.lower_bound);
}

/* The record with the largest bound of each problem, by the problems' keys. */
struct shared {
	const struct record **best; /* by place in the index */
	size_t *place;              /* by record */
};

static void find_best(struct records *records, struct shared *shared)
{
	for (size_t i = 0; i < records->count; i++)
		shared->best[i] = NULL;
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i], **best = &shared->best[shared->place[i]];

		if (global_bound_of(r) &&
		    (!*best || r->result.lower_bound > (*best)->result.lower_bound))
			*best = r;
	}
}

static void fail(struct records *records, struct record *record, const char *why)
{
	record->result.status = cell_status_names[CELL_FAILED];
	record->result.message = why;
	record->contradicted = true;
	records->contradicted++;
}

/* Fail all below the best bounds, and what these are of. False: there is none. */
static bool contradict(struct records *records, const struct shared *shared)
{
	struct arena *arena = records->arena;
	bool any = false;

	for (size_t i = 0; i < records->count; i++) {
		struct record *r = &records->at[i];
		const struct record *best = shared->best[shared->place[i]];
		double bound, value = r->result.objective_network;

		if (!is_of_networks(r) || !best || !global_bound_breaks(&r->result, &best->result))
			continue;
		bound = best->result.lower_bound;
		any = true;
		r->result.above_bound = value / bound - 1;
		fail(records, r,
		     arena_format(arena,
				  "objective_network %.10g is below %.10g, the bound of cell %s "
				  "over all networks: one of the two is wrong",
				  value, bound, best->id));
		if (best != r && !best->contradicted)
			fail(records, &records->at[best - records->at],
			     arena_format(arena,
					  "its bound over all networks, %.10g, is above "
					  "objective_network of cell %s, %.10g: one of the two is "
					  "wrong",
					  bound, r->id, value));
	}
	return any;
}

void global_bound_fill(struct records *records)
{
	struct arena *arena = records->arena;
	struct shared shared = {ARENA_ARRAY(arena, const struct record *, records->count + 1),
				ARENA_ARRAY(arena, size_t, records->count + 1)};
	struct index index = index_new(records->count, arena);
	size_t known = 0;

	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];
		const char *key = arena_format(arena, "%s\n%s\n%s", records_problem(r, arena),
					       records_draw(&r->result, arena),
					       comparable_network_key(r, arena));

		shared.place[i] = index_place(&index, key, known);
		known += shared.place[i] == known;
	}
	do
		find_best(records, &shared);
	while (contradict(records, &shared)); /* without a failed bound the next one counts */
	for (size_t i = 0; i < records->count; i++) {
		struct result *r = &records->at[i].result;
		const struct record *best = shared.best[shared.place[i]];

		if (!best || !is_of_networks(&records->at[i]))
			continue;
		r->global_bound = best->result.lower_bound;
		r->above_bound = global_bound_above(r->objective_network, r->global_bound);
	}
}
