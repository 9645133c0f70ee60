/* The nearest point across the boundary (FAB: Croce & Hein 2020, "Minimally distorted adversarial
 * examples with a fast adaptive boundary attack").
 *
 * With m the margin at x and g its gradient, pi(v) is the point nearest to v, in the norm of the
 * ball, of the box and the plane m + g'(z - x) = 0 (if they do not meet, the point of the box that
 * is nearest to crossing it). A step is
 *
 *     x <- (1 - a) (x + 1.05 (pi(x) - x)) + a (c + 1.05 (pi(c) - c)),
 *     a = min(|pi(x) - x| / (|pi(x) - x| + |pi(c) - c|), 0.1),
 *
 * c the clean point, in the box. A point across the boundary is kept if it is the nearest one so
 * far, and the row goes on from c + 0.9 (x - c). Behind the steps of a start the nearest point is
 * drawn to c, three looks by false position where the authors halve three times.
 * Then, because the boundary is flat by pieces, the plane at this point is all there is to know of
 * its piece: pi(c), which is the nearest point there unless the piece ends before, and points on
 * the way to it are tried in its place, and drawn to c in turn.
 *
 * A start but the first is the one with the lowest margin of eight random points, in place of one
 * half as far as the nearest point found.
 *
 * Of several outputs m is f_y - f_c for one rival c after the other, as in the targeted form that
 * AutoAttack takes; any class but y is across the boundary. The search is not held to the ball,
 * what is kept is. */
#include "solvers/attack/chunk.h"

#include "solvers/core/rng.h"

#include <math.h>
#include <string.h>

struct fab_options {
	long steps, restarts, targets;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct fab_options, steps), .initial = "100", .range = RANGE_FROM(1),
	 .doc = "steps per restart, each of one gradient and one look at the outputs"},
	{OPTION_FIELD(struct fab_options, restarts), .initial = "5", .range = RANGE_FROM(1),
	 .doc = "starts: the first is the clean point, the others are the lowest of eight random "
		"points no farther from it than the nearest one found"},
	{OPTION_FIELD(struct fab_options, targets), .initial = "9", .range = RANGE_FROM(1),
	 .doc = "with three classes or more, how many classes are aimed at, those with the "
		"largest outputs at the clean point, each with all restarts"},
	{0},
};

enum { FOUND, MATS }; /* the point that is drawn to the clean one */
enum { NEAR, CLEAN, LOW, HIGH, UNDER, OVER, NUMBERS };
enum { WAY = LOW }; /* share of the way to pi(c) that is tried */
enum { SEARCHES = 3, POLISHES = 8, NEWTON_STEPS = 100, DRAWS = 8 };

static const double over_step = 1.05, most_clean = 0.1, back = 0.9; /* as published */
/* What makes a point of the plane one across it, in spite of rounding. */
static const double across = 1e-9 > 16 * REAL_EPSILON ? 1e-9 : 16 * REAL_EPSILON;

/* --- one row ------------------------------------------------------------------------------------
 */

struct row {
	enum norm norm;
	ptrdiff_t d;
	real *clean, *at, *slope;   /* slope of the margin, 0 where frozen */
	real *low, *high;           /* the box, which holds the clean point */
	real *from_at, *from_clean; /* pi */
};

static struct row row_of(const struct chunk *chunk, ptrdiff_t r)
{
	const struct threat *threat = &chunk->job->threat;
	real *const *line = chunk->line;
	struct row row = {threat->norm, chunk->at.cols, line[0], line[1], line[2],
			  line[3],      line[4],        line[5], line[6]};

	for (ptrdiff_t i = 0; i < row.d; i++) {
		bool frozen = threat_frozen(threat, i);
		real c = mat_get(chunk->clean, r, i);
		real low = threat_lower(threat, i), high = threat_upper(threat, i);

		row.clean[i] = c;
		row.at[i] = mat_get(chunk->at, r, i);
		row.slope[i] = frozen ? 0 : chunk->y[r] * mat_get(chunk->slope, r, i);
		row.low[i] = frozen || low > c ? c : low;
		row.high[i] = frozen || high < c ? c : high;
	}
	return row;
}

/* out = pi(v), l_inf and l_2: the margin falls with t, along lines that get flatter where columns
 * reach the end of the box: Newton's method from the left ends after the last of these kinks. */
static void slide(const struct row *row, const real *v, double fall, real *out)
{
	double sign = fall < 0 ? -1 : 1, t = 0, left = fabs(fall);

	for (int s = 0; s < NEWTON_STEPS; s++) {
		double done = 0, rate = 0, next;

		for (ptrdiff_t i = 0; i < row->d; i++) {
			double g = sign * (double)row->slope[i];
			double direction = row->norm == NORM_L2 ? g : (g > 0) - (g < 0);
			double z = (double)v[i] - t * direction, low = (double)row->low[i];
			double high = (double)row->high[i], to = z < low    ? low
								 : z > high ? high
									    : z;

			done += g * ((double)v[i] - to);
			rate += (direction > 0 ? z > low : z < high) ? g * direction : 0;
			out[i] = (real)to;
		}
		next = t + (left - done) / rate;
		if (!(rate > 0) || !(next > t * (1 + across)))
			return;
		t = next;
	}
}

/* The same, l_1: the steepest columns to the end of the box, the last one as far as needed. */
static void spend(const struct row *row, const real *v, double fall, real *out)
{
	double sign = fall < 0 ? -1 : 1, left = fabs(fall);

	memcpy(out, v, (size_t)row->d * sizeof *out);
	while (left > 0) {
		ptrdiff_t last = -1;
		double steepest = 0, room, end;

		for (ptrdiff_t i = 0; i < row->d; i++) {
			double g = sign * (double)row->slope[i];
			double way = (double)(g > 0 ? out[i] - row->low[i] : row->high[i] - out[i]);

			if (fabs(g) > steepest && way > 0) {
				last = i;
				steepest = fabs(g);
			}
		}
		if (last < 0)
			return;
		end = (double)(sign * (double)row->slope[last] > 0 ? row->low[last]
								   : row->high[last]);
		room = fabs((double)out[last] - end);
		if (room * steepest >= left) {
			out[last] += (real)copysign(left / steepest, end - (double)out[last]);
			return;
		}
		out[last] = (real)end;
		left -= room * steepest;
	}
}

/* out = pi(v), where the margin is to fall by `fall` */
static void project(const struct row *row, const real *v, double fall, real *out)
{
	if (row->norm == NORM_L1)
		spend(row, v, fall, out);
	else
		slide(row, v, fall, out);
}

/* |a - b| in the norm of the ball */
static double gap(const struct row *row, const real *a, const real *b)
{
	double largest = 0, squares = 0, sum = 0;

	for (ptrdiff_t i = 0; i < row->d; i++) {
		double delta = fabs((double)a[i] - (double)b[i]);

		largest = fmax(largest, delta);
		squares += delta * delta;
		sum += delta;
	}
	return row->norm == NORM_LINF ? largest : row->norm == NORM_L2 ? sqrt(squares) : sum;
}

/* By how much the linear margin falls from the clean point to 0. */
static double fall_from_clean(const struct row *row, double margin)
{
	for (ptrdiff_t i = 0; i < row->d; i++)
		margin += (double)row->slope[i] * ((double)row->clean[i] - (double)row->at[i]);
	return margin;
}

static void put(const struct chunk *chunk, ptrdiff_t r, const struct row *row, ptrdiff_t i,
		double v)
{
	v = fmin(fmax(v, (double)row->low[i]), (double)row->high[i]);
	mat_set(chunk->at, r, i, (real)v);
}

/* --- all rows -----------------------------------------------------------------------------------
 */

/* length_r = |at - clean| */
static void measure(struct chunk *chunk)
{
	enum norm norm = chunk->job->threat.norm;
	real *restrict length = chunk->length;

	memset(length, 0, (size_t)chunk->rows * sizeof *length);
	for (ptrdiff_t i = 0; i < chunk->at.cols; i++) {
		const real *restrict at = mat_col(chunk->at, i), *restrict clean =
									 mat_col(chunk->clean, i);

		for (ptrdiff_t r = 0; r < chunk->rows; r++) {
			real delta = at[r] > clean[r] ? at[r] - clean[r] : clean[r] - at[r];

			if (norm == NORM_LINF)
				length[r] = delta > length[r] ? delta : length[r];
			else
				length[r] += norm == NORM_L2 ? delta * delta : delta;
		}
	}
	for (ptrdiff_t r = 0; r < chunk->rows && norm == NORM_L2; r++)
		length[r] = (real)sqrt((double)length[r]);
}

/* Is the current point across the boundary by more than rounding? An output of 0 is not: where
 * neurons cancel in a whole region its sign is that of rounding. */
static bool is_across(const struct chunk *chunk, ptrdiff_t r)
{
	double now = (double)(chunk->y[r] * chunk->decides[r]);

	return now < 0 && -now >= across * (double)chunk->number[CLEAN][r];
}

/* After chunk_forward: keep points across the boundary that are the nearest ones so far, and where
 * there is none points in the ball with the lowest margin. */
static void keep(struct chunk *chunk)
{
	real eps = (real)chunk->job->threat.eps;

	measure(chunk);
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		real now = chunk->y[r] * chunk->decides[r], length = chunk->length[r];
		bool found = is_across(chunk, r);
		bool better = found ? length <= chunk->number[NEAR][r]
				    : now > 0 && now < chunk->margin[r] && length <= eps;

		chunk->better[r] = better;
		if (better)
			chunk->margin[r] = now;
		if (better && found)
			chunk->number[NEAR][r] = length;
	}
	chunk_keep(chunk, chunk->best, chunk->better);
}

/* at = clean + t_r (P - clean); unmoved where t_r = 1 and P is `at`. */
static void draw(struct chunk *chunk, struct mat P, const real *t)
{
	for (ptrdiff_t i = 0; i < P.cols; i++) {
		const real *clean = mat_col(chunk->clean, i), *p = mat_col(P, i);
		real *at = mat_col(chunk->at, i);

		for (ptrdiff_t r = 0; r < chunk->rows; r++) {
			real low = p[r] < clean[r] ? p[r] : clean[r];
			real high = p[r] < clean[r] ? clean[r] : p[r];
			real v = t[r] < 1 ? clean[r] + t[r] * (p[r] - clean[r]) : p[r];

			at[r] = v < low ? low : v > high ? high : v;
		}
	}
}

/* One row: at a share of what is known from the clean point, in a random direction. */
static void scatter(const struct chunk *chunk, ptrdiff_t r, double share, struct rng *rng)
{
	struct row row = row_of(chunk, r);
	double size;

	for (ptrdiff_t i = 0; i < row.d; i++) {
		double u = row.norm == NORM_LINF ? 2 * rng_uniform(rng) - 1 : rng_normal(rng);

		row.at[i] = row.clean[i] + (row.high[i] > row.low[i] ? (real)u : 0);
	}
	size = gap(&row, row.at, row.clean);
	share *= size > 0 ? (double)chunk->number[NEAR][r] / size : 0;
	for (ptrdiff_t i = 0; i < row.d; i++)
		put(chunk, r, &row, i,
		    (double)row.clean[i] + share * ((double)row.at[i] - (double)row.clean[i]));
}

/* `number`: of the step, among all of all starts. Where the margin has no slope, or the box no way
 * down, a row goes on from a random point. */
static void step(struct chunk *chunk, uint64_t number)
{
	chunk_gradient(chunk);
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		struct row row = row_of(chunk, r);
		double margin = (double)(chunk->y[r] * chunk->f[r]), near, far, a;

		project(&row, row.at, margin, row.from_at);
		project(&row, row.clean, fall_from_clean(&row, margin), row.from_clean);
		near = gap(&row, row.at, row.from_at);
		far = gap(&row, row.clean, row.from_clean);
		if (!(near > 0)) {
			struct rng rng = chunk_stream(chunk, r, "fab flat", number);

			scatter(chunk, r, rng_uniform(&rng), &rng);
			continue;
		}
		a = fmin(near / (near + far), most_clean);
		for (ptrdiff_t i = 0; i < row.d; i++) {
			double x = (double)row.at[i], c = (double)row.clean[i];

			put(chunk, r, &row, i,
			    (1 - a) * (x + over_step * ((double)row.from_at[i] - x)) +
				    a * (c + over_step * ((double)row.from_clean[i] - c)));
		}
	}
	chunk_forward(chunk);
	keep(chunk);
	for (ptrdiff_t r = 0; r < chunk->rows; r++)
		chunk->scale[r] = (real)(is_across(chunk, r) ? back : 1);
	draw(chunk, chunk->at, chunk->scale);
}

/* Where to look next on the way from the clean point to one across the boundary, as a share of it:
 * just behind the root of the line through both ends of what is left, just before it, and half way
 * in turn. */
static double next_share(struct chunk *chunk, ptrdiff_t r, int turn)
{
	real *const *n = chunk->number;
	double low = (double)n[LOW][r], high = (double)n[HIGH][r], under = (double)n[UNDER][r];
	double over = (double)n[OVER][r], root = low + (high - low) * under / (under - over);
	double look = turn == 0 ? root + 2 * across : root - across;

	if (!(over < 0) || high - low <= 6 * across)
		return high;
	return turn < 2 && look > low && look < high ? look : low + (high - low) / 2;
}

/* Draw the points found to the boundary. */
static void search(struct chunk *chunk)
{
	real *const *n = chunk->number;

	mat_copy(mat_rows(chunk->mat[FOUND], 0, chunk->rows),
		 mat_rows(chunk->best, 0, chunk->rows));
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		n[LOW][r] = 0;
		n[HIGH][r] = 1;
		n[UNDER][r] = n[CLEAN][r];
		n[OVER][r] = chunk->margin[r];
	}
	for (int s = 0; s < SEARCHES; s++) {
		for (ptrdiff_t r = 0; r < chunk->rows; r++)
			chunk->scale[r] = (real)next_share(chunk, r, s);
		draw(chunk, chunk->mat[FOUND], chunk->scale);
		chunk_forward(chunk);
		keep(chunk);
		for (ptrdiff_t r = 0; r < chunk->rows; r++) {
			bool found = is_across(chunk, r);

			n[found ? HIGH : LOW][r] = chunk->scale[r];
			n[found ? OVER : UNDER][r] = chunk->y[r] * chunk->decides[r];
		}
	}
}

/* Go on along the boundary from the points found, towards what is nearest on their planes. */
static void polish(struct chunk *chunk)
{
	real *way = chunk->number[WAY];

	for (ptrdiff_t r = 0; r < chunk->rows; r++)
		way[r] = 1;
	for (int s = 0; s < POLISHES; s++) {
		mat_copy(mat_rows(chunk->at, 0, chunk->rows),
			 mat_rows(chunk->best, 0, chunk->rows));
		chunk_gradient(chunk);
		for (ptrdiff_t r = 0; r < chunk->rows; r++) {
			struct row row = row_of(chunk, r);
			double margin = (double)(chunk->y[r] * chunk->f[r]), share = (double)way[r];
			double fall = fall_from_clean(&row, margin);

			project(&row, row.clean, fall + 2 * across * fabs(fall), row.from_clean);
			for (ptrdiff_t i = 0; i < row.d; i++)
				put(chunk, r, &row, i,
				    (1 - share) * (double)row.at[i] +
					    share * (double)row.from_clean[i]);
		}
		chunk_forward(chunk);
		keep(chunk);
		for (ptrdiff_t r = 0; r < chunk->rows; r++)
			way[r] *= chunk->better[r] > 0 ? 1 : (real)0.3;
	}
}

/* Start where the margin is lowest of a few random points, from near ones to the farthest. */
static void begin(struct chunk *chunk, uint64_t restart)
{
	real *lowest = chunk->number[LOW], *mark = chunk->scale;
	struct mat start = mat_rows(chunk->mat[FOUND], 0, chunk->rows);

	for (ptrdiff_t r = 0; r < chunk->rows; r++)
		lowest[r] = (real)HUGE_VAL;
	for (uint64_t draw = 0; draw < DRAWS; draw++) {
		for (ptrdiff_t r = 0; r < chunk->rows; r++) {
			struct rng rng = chunk_stream(chunk, r, "fab", restart * DRAWS + draw);

			scatter(chunk, r, (double)(draw + 1) / DRAWS, &rng);
		}
		chunk_forward(chunk);
		keep(chunk);
		for (ptrdiff_t r = 0; r < chunk->rows; r++) {
			real now = chunk->y[r] * chunk->decides[r];

			mark[r] = now < lowest[r];
			lowest[r] = now < lowest[r] ? now : lowest[r];
		}
		chunk_keep(chunk, chunk->mat[FOUND], mark);
	}
	mat_copy(mat_rows(chunk->at, 0, chunk->rows), start);
}

static void attack(struct chunk *chunk, const void *how, long restart)
{
	const struct fab_options *o = how;
	double eps = chunk->job->threat.eps;

	chunk->outside = true;
	chunk_forward(chunk);
	for (ptrdiff_t r = 0; r < chunk->rows; r++)
		chunk->number[CLEAN][r] = chunk->y[r] * chunk->decides[r];
	mat_copy(mat_rows(chunk->at, 0, chunk->rows), mat_rows(chunk->best, 0, chunk->rows));
	measure(chunk);
	for (ptrdiff_t r = 0; r < chunk->rows; r++)
		chunk->number[NEAR][r] = chunk->margin[r] > 0 ? (real)eps : chunk->length[r];
	mat_copy(mat_rows(chunk->at, 0, chunk->rows), mat_rows(chunk->clean, 0, chunk->rows));
	if (restart > 0)
		begin(chunk, (uint64_t)restart);
	for (long s = 0; s < o->steps; s++)
		step(chunk, (uint64_t)(restart * o->steps + s));
	/* where nothing is found, as far as the ball goes */
	measure(chunk);
	for (ptrdiff_t r = 0; r < chunk->rows; r++)
		chunk->scale[r] =
			(real)((double)chunk->length[r] > eps
				       ? eps / (double)chunk->length[r] * (1 - 8 * REAL_EPSILON)
				       : 1);
	draw(chunk, chunk->at, chunk->scale);
	chunk_forward(chunk);
	keep(chunk);
	search(chunk);
	polish(chunk);
	search(chunk);
	chunk_store(chunk);
}

static void run(const void *options, struct attack_job *job, struct arena *arena)
{
	const struct fab_options *o = options;
	struct chunk_plan plan = {.attack = attack,
				  .how = o,
				  .restarts = o->restarts,
				  .stop_when_broken = true,
				  .goes_on = true,
				  .mats = MATS,
				  .numbers = NUMBERS,
				  .lines = true,
				  .loss = CHUNK_RIVAL,
				  .targets = o->targets};

	chunk_run(&plan, job, arena);
}

static void effort(const void *options, long *steps, long *restarts)
{
	const struct fab_options *o = options;

	*steps = o->steps;
	*restarts = o->restarts;
}

const struct attack attack_fab = {
	.base = {.name = "fab",
		 .doc = "nearest point across the boundary, kept where it is in the ball",
		 .cite = "croce2020fab",
		 .options = rows,
		 .size = sizeof(struct fab_options)},
	.run = run,
	.effort = effort,
	.nearest = true,
};
