/* u-update `auto`: the one that costs least for the shape, by the forecasts of all others. Where
 * its setup would outweigh many iterations, which may never be made, the iterative one begins, and
 * the other takes over when what the iterative one has cost beyond it has reached a share of that
 * setup: never much more than the cheaper of both, however many iterations follow. Operations are
 * counted, so that the same iterations change over in every run. */
#include "solvers/admm/u_update.h"

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

/* Of a u-update. */
struct cost {
	struct forecast work;
	double bytes;
};

struct automatic {
	const struct u_update *update, *later; /* at work; to take over, or NULL */
	void *state, *later_state;
	double solves;      /* u-steps so far */
	struct cost direct; /* of the one chosen */
	struct u_shape shape;
	char note[256];
};

/* An ADMM run is taken to have this many iterations, and to have this much memory for its u-step:
 * more is asked for by name. */
static const double iterations = 200, most_bytes = 8e9;

/* A setup of more iterations than this is put off, until a share of it has been spent. A flop of
 * setup, in large blocks, takes `setup_pace` of the time of one in an iteration (measured at n
 * 12000, d 784, P 72). */
static const double long_setup = 20, share = 0.5, setup_pace = 0.6;

extern const struct u_update u_auto;

/* For a program of numbers that are `narrow`, or not. */
static struct cost cost_of(const struct u_update *update, const void *options, struct u_shape s,
			   bool narrow)
{
	struct arena_tally tally = {.real_size = narrow ? sizeof(float) : sizeof(double),
				    .steps = HUGE_VAL};
	struct arena arena = arena_counting(&tally);
	const struct u_system system = {.X = {s.n, s.d, s.n, NULL},
					.D = {s.n, s.P, s.n, NULL},
					.M = {s.d, s.d, s.d, NULL},
					.k = s.k};
	struct err ignored = {0};
	struct cost cost = {0};
	void *state;

	update->forecast(options, s, &cost.work);
	(void)update->setup(&system, options, &arena, &state, &ignored);
	arena_settle(&arena);
	arena_release(&arena);
	cost.bytes = (double)tally.peak;
	return cost;
}

static double work(const struct cost *c)
{
	return c->bytes <= most_bytes ? c->work.setup_flops + iterations * c->work.iteration_flops
				      : HUGE_VAL;
}

/* The cheapest of those without options of their own and the iterative one, which is the last
 * resort. */
static const struct u_update *choose(const void *options, struct u_shape shape, bool narrow,
				     const void **its_options, struct cost *best)
{
	const struct auto_options *o = options;
	const struct u_update *chosen = (const struct u_update *)(const void *)o->iterative.item;

	*its_options = o->iterative.options;
	*best = cost_of(chosen, *its_options, shape, narrow);
	for (size_t i = 0; i < registry_count(KIND_U_UPDATE); i++) {
		const struct u_update *update =
			(const struct u_update *)(const void *)registry_at(KIND_U_UPDATE, i);
		struct cost cost;

		if (update->reference || update->base.size > 0)
			continue;
		cost = cost_of(update, NULL, shape, narrow);
		if (!(work(&cost) < work(best)))
			continue;
		chosen = update;
		*its_options = NULL;
		*best = cost;
	}
	return chosen;
}

/* The iterative one if it goes first, or NULL. */
static const struct u_update *first(const struct auto_options *o, struct u_shape shape, bool narrow,
				    const struct u_update *chosen, const struct cost *c)
{
	const struct u_update *iterative = (const struct u_update *)(const void *)o->iterative.item;

	if (iterative == chosen || !chosen->begin || !iterative->spent ||
	    c->work.setup_flops * setup_pace < long_setup * c->work.iteration_flops)
		return NULL;
	return cost_of(iterative, o->iterative.options, shape, narrow).bytes + c->bytes <=
			       most_bytes
		       ? iterative
		       : NULL;
}

static void forecast(const void *options, struct u_shape shape, struct forecast *out)
{
	const void *its_options;
	struct cost cost;

	choose(options, shape, sizeof(real) < sizeof(double), &its_options, &cost);
	*out = cost.work;
}

static void write_note(struct automatic *u, const struct u_update *chosen, const char *before)
{
	const struct cost *c = &u->direct;

	snprintf(u->note, sizeof u->note,
		 "%s%s: least work of those within %.0f GB for n = %td, dP = %td (%.2g GB, "
		 "%.2g + %.2g GFLOP an iteration)",
		 before, chosen->base.name, most_bytes * 1e-9, u->shape.n, u->shape.d * u->shape.P,
		 c->bytes * 1e-9, c->work.setup_flops * 1e-9, c->work.iteration_flops * 1e-9);
}

static enum status setup(const struct u_system *system, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct automatic *u = ARENA_NEW(arena, struct automatic);
	const struct auto_options *o = options;
	const struct u_update *iterative;
	const void *its_options;
	bool narrow = arena_narrow(arena);
	char before[64];

	*state = u;
	u->shape = (struct u_shape){system->X.rows, system->X.cols, system->D.cols, system->k};
	u->update = choose(options, u->shape, narrow, &its_options, &u->direct);
	write_note(u, u->update, "u_update ");
	iterative = first(o, u->shape, narrow, u->update, &u->direct);
	if (iterative) {
		u->later = u->update;
		u->update = iterative;
		u->later->begin(system, arena, &u->later_state);
		snprintf(before, sizeof before,
			 "u_update %s, which has not cost half the setup of ",
			 iterative->base.name);
		write_note(u, u->later, before);
		its_options = o->iterative.options;
	}
	return u->update->setup(system, its_options, arena, &u->state, err);
}

/* The other one takes over, unless it cannot be factored. */
static void change_over(struct automatic *u)
{
	const struct u_update *later = u->later;
	char before[64];

	u->later = NULL;
	if (!later->finish(u->later_state))
		return;
	snprintf(before, sizeof before, "u_update %s in the first %.0f u-steps, then ",
		 u->update->base.name, u->solves);
	u->update = later;
	u->state = u->later_state;
	write_note(u, later, before);
}

static void solve(void *state, const real *p, struct mat U, struct mat Y, real *f)
{
	struct automatic *u = state;
	const struct forecast *direct = &u->direct.work;

	/* what the iterative one has cost beyond the other is worth a share of the other's setup */
	if (u->later && u->update->spent(u->state) - u->solves * direct->iteration_flops >
				share * setup_pace * direct->setup_flops)
		change_over(u);
	u->update->solve(u->state, p, U, Y, f);
	u->solves++;
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
