/* The best known values of objectives. */
#include "harness/report/series/floors.h"
#include "harness/report/records/comparable.h"
#include "solvers/core/index.h"

#include <math.h>
#include <string.h>

/* Records that minimise the same. */
struct same {
	double least, bound; /* infinite where there is none */
	const char *program;
	bool one_program, certified;
};

int floors_column(const struct record *record)
{
	int column = csv_column(&record->trace, "objective");

	return column >= 0 ? column : csv_column(&record->trace, "objective_network");
}

struct floors floors_of(const struct records *records)
{
	struct arena *arena = records->arena;
	struct index index = index_new(records->count, arena);
	struct same *same = ARENA_ARRAY(arena, struct same, records->count + 1);
	size_t *place = ARENA_ARRAY(arena, size_t, records->count + 1), count = 0;
	double *at = ARENA_ARRAY(arena, double, records->count + 1);

	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];
		const char *problem = records->groups[r->group].problem;
		const char *key =
			arena_format(arena, "%s\n%s\n%s", problem, records_draw(&r->result, arena),
				     comparable_key(r, "objective", NULL, arena));
		const char *program = comparable_key(r, "gap", NULL, arena);
		struct same *s;

		at[i] = NAN;
		if (!records_ok(r))
			continue;
		place[i] = index_place(&index, key, count);
		s = &same[place[i]];
		if (place[i] == count) {
			*s = (struct same){HUGE_VAL, -HUGE_VAL, program, true, true};
			count++;
		}
		s->least = fmin(s->least, r->result.objective);
		for (size_t k = 0; k < r->trace.rows; k++)
			s->least = fmin(s->least, csv_value(&r->trace, k, floors_column(r)));
		s->bound = fmax(s->bound, r->result.lower_bound);
		s->one_program = s->one_program && strcmp(s->program, program) == 0;
		s->certified = s->certified && isfinite(r->result.lower_bound);
	}
	for (size_t i = 0; i < records->count; i++) {
		const struct same *s = &same[place[i]];

		if (!records_ok(&records->at[i]))
			continue;
		at[i] = s->one_program && s->certified ? fmin(s->bound, s->least) : s->least;
	}
	return (struct floors){records, at};
}

double floors_at(const struct floors *floors, const struct record *record)
{
	return floors->at[record - floors->records->at];
}
