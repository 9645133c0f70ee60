/* Auto-PGD on the margin (Croce & Hein 2020): projected descent with momentum whose step is halved
 * where it makes no progress, and which then goes on from the best point of the start.
 *
 *     z = project(x_k - eta direction)
 *     x_{k+1} = project(x_k + 0.75 (z - x_k) + 0.25 (x_k - x_{k-1}))
 *
 * with eta = 2 eps at first. Checkpoints come after 0.22 N steps, then at intervals that get
 * shorter by 0.03 N down to 0.06 N. At one, a row halves eta if fewer than 0.75 of the steps since
 * the last one made the margin lower, or if eta was kept at the last one and the best margin has
 * not changed since.
 *
 * The margin is the loss. Of several outputs it may be divided by the difference of the largest and
 * the third largest one, as the authors do: the ratio does not change with the scale of the
 * network. For one output both have the same sign of the gradient.
 *
 * In l_1 balls (Croce & Hein 2021) there is no momentum, and a step of length eta is shared by the
 * signs of the steepest coordinates, at first a fifth of them. Every 0.04 N steps, with s the
 * number of coordinates in which the best point of the start is perturbed: their share becomes
 * s / 1.5; where s has fallen by 5 % since, the row goes on from there with eta = eps, elsewhere
 * eta is divided by 1.5, down to eps / 100. If `wide`, the first 0.3 N steps are in the ball of
 * radius 3 eps, the next 0.3 N in that of 2 eps, each round from the best point of the one before,
 * projected. Other than published, coordinates at the end of their box are passed over, their
 * number is rounded down, so that of two there may be one, and steps get shorter than eps / 10. */
#include "solvers/attack/ball.h"
#include "solvers/attack/chunk.h"

#include <math.h>
#include <string.h>

struct apgd_options {
	long steps, restarts;
	bool stop_when_broken, wide;
	long loss, targets;
};

static const char *const losses[] = {[CHUNK_MARGIN] = "margin",
				     [CHUNK_RATIO] = "dlr",
				     [CHUNK_TARGETED] = "targeted",
				     [CHUNK_ENTROPY] = "cross_entropy",
				     NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct apgd_options, steps), .initial = "100", .range = RANGE_FROM(1),
	 .doc = "gradient steps per restart"},
	{OPTION_FIELD(struct apgd_options, restarts), .initial = "5", .range = RANGE_FROM(1),
	 .doc = "starts: the first is the worst point known (at first the clean one), the others "
		"are uniform in the ball"},
	{OPTION_FIELD(struct apgd_options, stop_when_broken), .initial = "true",
	 .doc = "leave a sample alone once it is misclassified; false goes on to lower its margin"},
	{OPTION_FIELD(struct apgd_options, loss), .initial = "margin", .names = losses,
	 .later = true,
	 .doc = "what is descended on with three classes or more: the margin f_y - the largest "
		"other "
		"output; dlr, the same over the difference of the largest and the third largest "
		"output; "
		"targeted, f_y - f_c for one class c after the other, over the difference of the "
		"largest output and the mean of the third and fourth largest where there are four "
		"classes; cross_entropy, that of the softmax. With two classes always the margin, "
		"which all of these fall with"},
	{OPTION_FIELD(struct apgd_options, targets), .initial = "9", .range = RANGE_FROM(1),
	 .doc = "with loss: targeted, how many classes are aimed at, those with the largest "
		"outputs "
		"at the clean point, each with all restarts"},
	{OPTION_FIELD(struct apgd_options, wide), .initial = "false", .later = true,
	 .doc = "norm: l1: 0.3 of the steps in a ball of three radii and 0.3 in one of two come "
		"first, as AutoAttack has it"},
	{0},
};

/* What a row keeps: points, and numbers. */
enum { OLD, TOP, MATS };
enum { STEP, MOVE, LAST, LOWEST, CHECKED, FELL, KEPT, NUMBERS };

/* What an l_1 ball needs of them for something else. */
enum { SHARE = CHECKED, SPREAD = KEPT };

/* As published. */
static const double first_share = 0.22, share_less = 0.03, least_share = 0.06, fall_share = 0.75;
static const real blend = (real)0.75;
static const double sparse_share = 0.2, sparse_span = 0.04, sparser = 0.95, wide_share = 0.3;
static const real sparse_rest = (real)1.5, sparse_least = (real)0.01;

static long share_of(double share, long steps)
{
	long count = (long)(share * (double)steps);

	return count > 1 ? count : 1;
}

/* In how many coordinates a row of P differs from the clean point. */
static real spread_of(const struct chunk *chunk, struct mat P, ptrdiff_t row)
{
	real count = 0;

	for (ptrdiff_t i = 0; i < P.cols; i++)
		count += fabs(mat_get(P, row, i) - mat_get(chunk->clean, row, i)) > 0;
	return count;
}

static real free_columns(const struct chunk *chunk)
{
	real count = 0;

	for (ptrdiff_t i = 0; i < chunk->at.cols; i++)
		count += !threat_frozen(&chunk->job->threat, i);
	return count;
}

static void begin_sparse(struct chunk *chunk)
{
	real free = free_columns(chunk);

	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		real spread = spread_of(chunk, chunk->at, r);

		chunk->number[STEP][r] = (real)chunk->job->threat.eps;
		chunk->number[SPREAD][r] = spread > 0 ? spread : free;
		chunk->number[SHARE][r] = spread > 0 && spread < free ? spread / free / sparse_rest
								      : (real)sparse_share;
	}
}

static void begin(struct chunk *chunk)
{
	mat_copy(mat_rows(chunk->mat[OLD], 0, chunk->rows), mat_rows(chunk->at, 0, chunk->rows));
	mat_copy(mat_rows(chunk->mat[TOP], 0, chunk->rows), mat_rows(chunk->at, 0, chunk->rows));
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		chunk->number[STEP][r] = (real)(2 * chunk->job->threat.eps);
		chunk->number[LAST][r] = (real)-HUGE_VAL; /* the start is no fall */
		chunk->number[LOWEST][r] = chunk->number[CHECKED][r] = (real)HUGE_VAL;
		chunk->number[FELL][r] = 0;
		chunk->number[KEPT][r] = 0; /* the step was kept at the last checkpoint */
	}
	if (chunk->job->threat.norm == NORM_L1)
		begin_sparse(chunk);
}

/* Margins of the current points: count the falls, keep the best point of this start. */
static void follow(struct chunk *chunk)
{
	real *restrict last = chunk->number[LAST], *restrict lowest = chunk->number[LOWEST];
	real *restrict fell = chunk->number[FELL], *restrict mark = chunk->scale;

	chunk_keep(chunk, chunk->best, chunk->better);
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		real now = chunk->y[r] * chunk->f[r];

		fell[r] += now < last[r];
		mark[r] = now < lowest[r];
		lowest[r] = now < lowest[r] ? now : lowest[r];
		last[r] = now;
	}
	chunk_keep(chunk, chunk->mat[TOP], mark);
}

/* Row r goes back to the best point of its start, without momentum, and stays there for one step:
 * the next gradient is the one it needs. */
static void go_back(struct chunk *chunk, ptrdiff_t r)
{
	chunk->number[MOVE][r] = 0;
	for (ptrdiff_t i = 0; i < chunk->at.cols; i++) {
		real top = mat_get(chunk->mat[TOP], r, i);

		mat_set(chunk->at, r, i, top);
		mat_set(chunk->mat[OLD], r, i, top);
	}
	chunk->number[LAST][r] = chunk->number[LOWEST][r];
}

/* Halve steps where `span` of them made too little progress. */
static void check(struct chunk *chunk, long span)
{
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		bool stuck = chunk->number[KEPT][r] > 0 &&
			     chunk->number[CHECKED][r] <= chunk->number[LOWEST][r];
		bool halve = (double)chunk->number[FELL][r] < fall_share * (double)span || stuck;

		chunk->number[KEPT][r] = !halve;
		chunk->number[CHECKED][r] = chunk->number[LOWEST][r];
		chunk->number[FELL][r] = 0;
		if (!halve)
			continue;
		chunk->number[STEP][r] /= 2;
		go_back(chunk, r);
	}
}

static void check_sparse(struct chunk *chunk)
{
	real eps = (real)chunk->job->threat.eps, free = free_columns(chunk);

	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		real spread = spread_of(chunk, chunk->mat[TOP], r),
		     less = chunk->number[STEP][r] / sparse_rest;
		bool fell = (double)spread < sparser * (double)chunk->number[SPREAD][r];

		chunk->number[SHARE][r] = spread / free / sparse_rest;
		chunk->number[SPREAD][r] = spread;
		chunk->number[STEP][r] = fell                        ? eps
					 : less > sparse_least * eps ? less
								     : sparse_least * eps;
		if (fell)
			go_back(chunk, r);
	}
}

/* Steps from the current points within the ball of the chunk's job; their end is not looked at. */
static void walk(struct chunk *chunk, long steps)
{
	bool sparse = chunk->job->threat.norm == NORM_L1;
	long since = -1, span = share_of(sparse ? sparse_span : first_share, steps),
	     least = sparse ? span : share_of(least_share, steps);

	begin(chunk);
	for (long s = 0; s < steps && chunk->rows > 0; s++) {
		struct ball_momentum momentum = {chunk->number[MOVE], chunk->number[SHARE],
						 s > 0 ? blend : 1, chunk->mat[OLD]};

		chunk_gradient(chunk);
		follow(chunk);
		memcpy(chunk->number[MOVE], chunk->number[STEP],
		       (size_t)chunk->rows * sizeof(real));
		if (++since == span) {
			if (sparse)
				check_sparse(chunk);
			else
				check(chunk, span);
			since = 0;
			span -= share_of(share_less, steps);
			span = span > least ? span : least;
		}
		ball_push(chunk, &momentum);
		chunk_compact(chunk);
	}
}

/* Steps in an l_1 ball of `factor` radii, from points projected on it to the best one found. */
static void walk_wide(struct chunk *chunk, long steps, double factor)
{
	const struct attack_job *job = chunk->job;
	struct attack_job wide = *job;

	wide.threat.eps *= factor;
	chunk->job = &wide;
	chunk->outside = true;
	ball_project(chunk);
	walk(chunk, steps);
	chunk_forward(chunk);
	follow(chunk);
	mat_copy(mat_rows(chunk->at, 0, chunk->rows), mat_rows(chunk->mat[TOP], 0, chunk->rows));
	chunk->outside = false;
	chunk->job = job;
}

static void descend(struct chunk *chunk, const void *how, long restart)
{
	const struct apgd_options *o = how;
	long wide = (long)ceil(wide_share * (double)o->steps), steps = o->steps;

	if (restart > 0)
		ball_scatter(chunk, "apgd", (uint64_t)restart);
	else
		mat_copy(mat_rows(chunk->at, 0, chunk->rows),
			 mat_rows(chunk->best, 0, chunk->rows));
	if (o->wide && chunk->job->threat.norm == NORM_L1 && steps > 2 * wide) {
		walk_wide(chunk, wide, 3);
		walk_wide(chunk, wide, 2);
		ball_project(chunk);
		steps -= 2 * wide;
	}
	walk(chunk, steps);
	if (chunk->rows > 0) {
		chunk_forward(chunk);
		chunk_keep(chunk, chunk->best, chunk->better);
		chunk_store(chunk);
	}
}

static void run(const void *options, struct attack_job *job, struct arena *arena)
{
	const struct apgd_options *o = options;
	struct chunk_plan plan = {.attack = descend,
				  .how = o,
				  .restarts = o->restarts,
				  .stop_when_broken = o->stop_when_broken,
				  .mats = MATS,
				  .numbers = NUMBERS,
				  .loss = (enum chunk_loss)o->loss,
				  .targets = o->targets};

	chunk_run(&plan, job, arena);
}

static void effort(const void *options, long *steps, long *restarts)
{
	const struct apgd_options *o = options;

	*steps = o->steps;
	*restarts = o->restarts * (o->loss == CHUNK_TARGETED ? o->targets : 1);
}

const struct attack attack_apgd = {
	.base = {.name = "apgd",
		 .doc = "projected gradient descent with momentum and steps halved by progress",
		 .cite = "croce2020",
		 .options = rows,
		 .size = sizeof(struct apgd_options)},
	.run = run,
	.effort = effort,
};
