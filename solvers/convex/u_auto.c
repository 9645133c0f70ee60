/* u-update `auto`: the one that costs least for the shape, by the forecasts of all others. */
#include "solvers/convex/u_update.h"

#include <math.h>
#include <stdio.h>

struct auto_options {
	struct choice iterative; /* struct u_update */
};

static const struct option rows[] = {
	{OPTION_FIELD(struct auto_options, iterative), .initial = "pcg", .kind = KIND_U_UPDATE,
	 .doc = "u-update for systems that are too large to factor"},
	{0},
};

struct automatic {
	const struct u_update *update;
	void *state;
	char note[160];
};

/* An ADMM run is taken to have this many iterations, and to have this much memory for its u-step:
 * more is asked for by name. */
static const double iterations = 200, most_bytes = 8e9;

extern const struct u_update u_auto;

static double work(const struct forecast *f)
{
	return f->bytes <= most_bytes ? f->setup_flops + iterations * f->iteration_flops : HUGE_VAL;
}

/* The cheapest of those without options of their own and the iterative one, which is the last
 * resort. */
static const struct u_update *choose(const void *options, struct u_shape shape,
				     const void **its_options, struct forecast *best)
{
	const struct auto_options *o = options;
	const struct u_update *chosen = (const struct u_update *)(const void *)o->iterative.item;

	*its_options = o->iterative.options;
	chosen->forecast(*its_options, shape, best);
	for (size_t i = 0; i < registry_count(KIND_U_UPDATE); i++) {
		const struct u_update *update =
			(const struct u_update *)(const void *)registry_at(KIND_U_UPDATE, i);
		struct forecast f = {0};

		if (update->reference || update->base.size > 0)
			continue;
		update->forecast(NULL, shape, &f);
		if (!(work(&f) < work(best)))
			continue;
		chosen = update;
		*its_options = NULL;
		*best = f;
	}
	return chosen;
}

static void forecast(const void *options, struct u_shape shape, struct forecast *out)
{
	const void *its_options;

	choose(options, shape, &its_options, out);
}

static enum status setup(const struct u_system *system, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct automatic *u = ARENA_NEW(arena, struct automatic);
	struct u_shape shape = {system->X.rows, system->X.cols, system->D.cols};
	const void *its_options;
	struct forecast f = {0};

	u->update = choose(options, shape, &its_options, &f);
	snprintf(u->note, sizeof u->note,
		 "u_update %s: least work of those within %.0f GB for n = %td, dP = %td (%.2g GB, "
		 "%.2g + %.2g GFLOP an iteration)",
		 u->update->base.name, most_bytes * 1e-9, shape.n, shape.d * shape.P,
		 f.bytes * 1e-9, f.setup_flops * 1e-9, f.iteration_flops * 1e-9);
	*state = u;
	return u->update->setup(system, its_options, arena, &u->state, err);
}

static void solve(void *state, const real *p, struct mat U, struct mat Y, real *f)
{
	struct automatic *u = state;

	u->update->solve(u->state, p, U, Y, f);
}

static const char *note(const void *state)
{
	return ((const struct automatic *)state)->note;
}

const struct u_update u_auto = {
	.base = {.name = "auto",
		 .doc = "the cheapest of the others by their forecasts; the record says which",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct auto_options)},
	.forecast = forecast,
	.setup = setup,
	.solve = solve,
	.note = note,
};
