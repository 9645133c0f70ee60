/* Phases of a worker on counting arenas; see amount.h. They follow run.c, assault.c, certified.c.
 */
#include "harness/run/amount.h"

#include "harness/assess/assault.h"
#include "harness/assess/certified.h"
#include "harness/assess/target.h"
#include "harness/assess/team.h"
#include "harness/run/coordinates.h"
#include "harness/run/evaluate.h"
#include "solvers/model/attack.h"
#include "solvers/model/certify.h"

#include <string.h>

enum {
	SINGLE = 1,      /* index in spec_precisions */
	PLANE = 2,       /* features */
	PER_ROW = 57,    /* bytes: label or target, class, copy of that in its part, role, places */
	PER_TARGET = 16, /* of each further one */
};

/* n prepared rows. */
static void part_new(const struct cell *cell, const struct amount_shape *s, size_t n,
		     struct arena *arena, struct part *part)
{
	part->X = mat_new(arena, (ptrdiff_t)n, (ptrdiff_t)s->d);
	part->y = ARENA_ARRAY(arena, real, n * s->k);
	if (s->classes > 0 && s->k > 1)
		part->label = ARENA_ARRAY(arena, int, n);
	if (cell->data.class_weights.count > 0)
		part->weight = ARENA_ARRAY(arena, real, n);
	part->row = ARENA_ARRAY(arena, size_t, n);
}

/* The raw table, parts that were split off, the fit of the preparation; the prepared parts stay. */
static void load(const struct cell *cell, const struct amount_shape *s, struct arena *arena,
		 struct dataset *out)
{
	struct arena scratch = arena_beside(arena), content = arena_beside(arena);
	size_t others = s->n_validation + s->n_test;
	const struct choices *steps = &cell->data.prepare;
	struct rows train = {.n = s->n_train, .d = s->raw_d};
	struct part *const parts[] = {&out->train, &out->validation, &out->test};
	const size_t n[] = {s->n_train, s->n_validation, s->n_test};
	struct err ignored = {0};

	*out = (struct dataset){.bias = -1, .stages = stages_none(s->raw_d), .k = (ptrdiff_t)s->k};
	arena_alloc(&scratch, s->raw_bytes, 1);
	arena_alloc(&scratch, s->n_train + others,
		    PER_ROW + (s->classes > 0 ? 0 : PER_TARGET * (s->k - 1)));
	arena_alloc(&content, s->read_bytes > s->raw_bytes ? s->read_bytes - s->raw_bytes : 0, 1);
	arena_release(&content);
	arena_alloc(&scratch, others * s->raw_d, sizeof(double));
	if (s->raw_d == PLANE) /* kept to be plotted */
		arena_alloc(arena, (s->n_train + others) * PLANE, sizeof(double));
	for (size_t i = 0; i < steps->count; i++) {
		const struct prepare *step =
			(const struct prepare *)(const void *)steps->at[i].item;
		size_t before = out->stages.d = train.d;

		if (step->counts && step->fit(steps->at[i].options, &train, arena, &out->stages,
					      &ignored) == STATUS_OK)
			train.d = out->stages.d;
		else if (step->width)
			step->width(steps->at[i].options, train.n, &train.d, &ignored);
		if (step->maps && train.d > before) /* longer rows are written elsewhere */
			arena_alloc(&scratch, s->n_train + others, train.d * sizeof(double));
	}
	arena_settle(arena);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		part_new(cell, s, n[i], arena, parts[i]);
	arena_release(&scratch);
}

/* Every entry holds its worst points while the others of its target run. */
static void attack(const struct cell *cell, const struct dataset *data, const struct model *model,
		   const struct arena *beside)
{
	const struct attack_options *entries = cell->attack.at;
	struct arena arena = arena_beside(beside);
	struct target target;
	struct err ignored = {0};

	for (size_t i = 0; i < cell->attack.count; i++) {
		const struct attack_options *o = &entries[i];
		const struct aim aim = assault_aim(o, data);
		struct attack_job job;

		if (target_new(&aim, data, model, &arena, &target, &ignored) != STATUS_OK)
			continue;
		job = (struct attack_job){.model = target.model,
					  .X = target.X,
					  .y = target.y,
					  .threat = target.threat,
					  .worst = mat_new(&arena, target.X.rows, target.X.cols),
					  .margin = ARENA_ARRAY(&arena, real, target.X.rows)};
		job.threat.eps = 1;
		team_attack(NULL, &aim, &job, &arena);
		arena_alloc(&arena, (size_t)target.X.rows * o->eps.count, sizeof(double));
	}
	arena_release(&arena);
}

static void certify(const struct cell *cell, const struct dataset *data, const struct model *model,
		    const struct arena *beside)
{
	const struct certify_options *entries = cell->certify.at;

	for (size_t i = 0; i < cell->certify.count; i++) {
		const struct certify_options *o = &entries[i];
		const struct aim aim = certified_aim(o, data);
		struct arena arena = arena_beside(beside);
		struct target target;
		struct certify_job job;
		struct err ignored = {0};

		if (certify_applies((const struct certifier *)(const void *)o->certificate.item,
				    model->kind) &&
		    target_new(&aim, data, model, &arena, &target, &ignored) == STATUS_OK) {
			job = (struct certify_job){
				.X = target.X,
				.y = target.y,
				.threat = target.threat,
				.worst = mat_new(&arena, target.X.rows, target.X.cols)};
			job.threat.eps = 1;
			arena_alloc(&arena, (size_t)target.X.rows * o->eps.count,
				    4 * sizeof(double));
			team_certify(NULL, &aim, target.model, target.label, &job, &arena);
		}
		arena_release(&arena);
	}
}

struct amount amount_of_setup(const struct trainer *trainer, const void *options,
			      const struct problem *shape, size_t real_size, double steps)
{
	struct arena_tally tally = {.real_size = real_size, .steps = steps};
	struct arena arena = arena_counting(&tally);
	struct amount out = {0};
	struct err ignored = {0};
	void *state;

	if (trainer->setup(shape, options, &arena, &state, &ignored) == STATUS_OK) {
		out.allocated = arena.bytes;
		arena_settle(&arena);
		out.held = tally.peak;
	}
	arena_release(&arena);
	return out;
}

/* Ranks of which this one alone is there: they allocate, and exchange nothing. */
static void gather_alike(struct ranks *self, const void *mine, size_t bytes, void *all)
{
	for (int r = 0; r < self->count; r++)
		memcpy((char *)all + (size_t)r * bytes, mine, bytes);
}

static void sum_alike(struct ranks *self, double *at, size_t n)
{
	for (size_t j = 0; j < n; j++)
		at[j] *= self->count;
}

static void share_nothing(struct ranks *self, int root, void *at, size_t bytes)
{
	(void)self;
	(void)root;
	(void)at;
	(void)bytes;
}

static struct ranks alike(int rank, size_t count)
{
	return (struct ranks){.rank = rank,
			      .count = (int)count,
			      .gather = gather_alike,
			      .sum = sum_alike,
			      .share = share_nothing};
}

/* Data and problem: of several ranks the first one has all, and a copy of the targets of its rows;
 * the others have their rows and the validation part (deal.c). */
static void pose(const struct cell *cell, const struct amount_shape *s, struct ranks *ranks,
		 struct arena *arena, struct dataset *data, struct problem *problem)
{
	ptrdiff_t rows = ranks_rows(ranks, (ptrdiff_t)s->n_train).rows;

	if (ranks_at(ranks) == 0) {
		load(cell, s, arena, data);
	} else {
		*data = (struct dataset){
			.bias = -1, .stages = stages_none(s->raw_d), .k = (ptrdiff_t)s->k};
		part_new(cell, s, (size_t)rows, arena, &data->train);
		part_new(cell, s, s->n_validation, arena, &data->validation);
		part_new(cell, s, 0, arena, &data->test);
	}
	target_problem(data, arena, problem);
	problem->ranks = problem->loss.ranks = ranks;
	if (!ranks)
		return;
	problem->X = mat_rows(problem->X, 0, rows);
	problem->y.n = rows;
	if (ranks->rank == 0)
		problem->y.at = ARENA_ARRAY(arena, real, rows * problem->y.k);
	else
		data->train.X.rows = data->validation.X.rows = 0; /* it scores none */
}

/* The bound behind training stays as long as the run. */
static void bound(const struct train_options *train, const struct problem *problem,
		  struct arena *arena)
{
	const struct trainer *trainer = (const struct trainer *)(const void *)train->bound.item;
	struct err ignored = {0};
	void *state;

	if (trainer)
		(void)trainer->setup(problem, train->bound.options, arena, &state, &ignored);
}

/* The samples that another rank than the first attacks and certifies, in parts of their own. */
static void serve(const struct amount_shape *s, struct ranks *ranks, struct dataset *data)
{
	struct part *const parts[] = {&data->train, &data->validation, &data->test};
	const size_t n[] = {s->n_train, s->n_validation, s->n_test};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		parts[i]->X.rows = team_rows(ranks, (ptrdiff_t)n[i]).rows;
}

static size_t amount_of_rank(const struct cell *cell, const struct amount_shape *shape,
			     struct ranks *ranks)
{
	const struct trainer *trainer =
		(const struct trainer *)(const void *)cell->train.solver.item;
	const struct train_options *train = &cell->train;
	const void *options = train->solver.options;
	struct arena_tally tally = {.real_size = cell->precision == SINGLE ? sizeof(float)
									   : sizeof(double),
				    .steps = (double)cell->stop.iterations};
	struct arena arena = arena_counting(&tally);
	struct dataset data;
	struct problem problem = {
		.loss = {.loss = (const struct loss *)(const void *)train->loss.item,
			 .options = train->loss.options,
			 .weight = 1},
		.beta = train->beta,
		.penalties = {train->penalties, train->first_penalty},
	};
	struct coordinates posed;
	struct evaluator evaluator;
	const struct model *model;
	bool first = ranks_at(ranks) == 0;
	struct err ignored = {0};
	void *state;

	pose(cell, shape, ranks, &arena, &data, &problem);
	if (trainer_outputs_only(trainer, options))
		problem.X_test = data.test.X;
	posed = coordinates_choose(&problem, trainer, options, &arena);
	if (trainer->setup(&posed.problem, options, &arena, &state, &ignored) == STATUS_OK) {
		evaluator = evaluate_new(&problem, &data,
					 (struct training){trainer, options, state, posed.rowspace},
					 &arena);
		arena_settle(&arena);
		model = evaluator.held[0].model;
		for (long i = 1; first && model && i < train->penalties; i++)
			model_new(model->kind, &arena, model_size(model));
		if (first && model)
			bound(train, &problem, &arena);
		if (!first)
			serve(shape, ranks, &data);
		if (model)
			attack(cell, &data, model, &arena);
		if (model)
			certify(cell, &data, model, &arena);
	}
	arena_release(&arena);
	return tally.peak;
}

size_t amount_of_cell(const struct cell *cell, const struct amount_shape *shape)
{
	struct ranks first = alike(0, shape->ranks), other = alike(1, shape->ranks);
	size_t nodes = shape->nodes > 0 ? shape->nodes : 1;

	if (shape->ranks < 2)
		return amount_of_rank(cell, shape, NULL);
	return amount_of_rank(cell, shape, &first) +
	       ((shape->ranks + nodes - 1) / nodes - 1) * amount_of_rank(cell, shape, &other);
}

/* Threads that wait passively are woken for every parallel loop, and an iteration has 5 to 50 such
 * loops: 20 to 50 us each on a virtual machine. What two threads save of a small iteration is less
 * than that.
 *
 * Speed of two threads relative to one on two free cores (tests/bench/bench_threads.c):
 *     operations an iteration   ADMM dual   pcg    robust   interior point
 *     1e5 to 3e6                0.1 - 0.4   0.2    0.2-0.5  0.1
 *     1e7 to 6e7                0.4 - 1.1   0.3    0.7-1.0  0.4
 *     2e8 to 3e8                1.3         0.8-1.3         0.4
 *     6e8                                                   1.0
 * A core in vain costs more than a core unused: the choice is late. */
static const double least_flops = 5e8; /* of an iteration */

int amount_threads(const struct forecast *forecast, int available, struct arena *arena,
		   const char **reason)
{
	bool pays = forecast->iteration_flops >= least_flops;

	*reason = arena_format(arena, "%.2g operations an iteration, %s %.2g",
			       forecast->iteration_flops, pays ? "at least" : "less than",
			       least_flops);
	return pays ? available : 1;
}
