/* Attacks on the final network.
 *
 * Entries within the same threat (norm, units, box) are run together, eps by eps: the worst points
 * of an entry start its search at the next eps, and an entry that contains another starts from the
 * worst points of that one. So robust accuracy never rises with eps, with restarts, or from an
 * attack to the worst case over attacks; that it does not is checked all the same. */
#include "harness/assess/assault.h"

#include "harness/assess/target.h"
#include "harness/assess/team.h"
#include "harness/machine/clock.h"
#include "harness/stats/sample.h"
#include "harness/stats/wilson.h"
#include "solvers/core/blas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	const struct attack_options *o;
	struct aim aim;
	const struct attack *attack;
	long steps, restarts;
	struct attack_job job;
	double clean, zero_gradient;
	struct attack_row *row; /* o->eps.count, of which `done` are filled */
	size_t done;
	double *distance; /* n: those of points found; NULL: it does not look for the nearest */
	bool kept;        /* its rows are there already */
	bool fired;       /* it is run, for its rows or for an entry that contains it */
	double wall_s, cpu_s;
};

struct assault {
	size_t count;
	struct entry *entries; /* as in the spec */
	uint64_t seed;
	const struct team *team;
	struct evidence *evidence; /* NULL: not asked for */
	bool alone;
};

/* Whether b is part of a by definition: of the same attack and options the one with more restarts,
 * among worst cases the one with more steps. */
static bool contains(const struct entry *a, const struct entry *b)
{
	static const size_t sizes[] = {[OPTION_BOOL] = sizeof(bool),
				       [OPTION_INT] = sizeof(long),
				       [OPTION_REAL] = sizeof(double),
				       [OPTION_GROUP] = 0};
	bool same = a->attack == b->attack;

	if (a->attack->pools)
		return !b->attack->pools || a->steps > b->steps;
	for (const struct option *row = a->attack->base.options; same && row && row->name; row++) {
		const char *of_a = (const char *)a->o->attack.options + row->offset;
		const char *of_b = (const char *)b->o->attack.options + row->offset;

		if (strcmp(row->name, "restarts") != 0)
			same = sizes[row->type] && memcmp(of_a, of_b, sizes[row->type]) == 0;
	}
	/* one that looks for the nearest point leaves alone what others have broken */
	return same && a->restarts > b->restarts && !a->attack->nearest;
}

/* A contained entry comes first; the place in the spec says nothing. */
static int by_strength(const void *one, const void *two)
{
	const struct entry *a = *(struct entry *const *)one, *b = *(struct entry *const *)two;
	double effort_a = (double)a->steps * (double)a->restarts;
	double effort_b = (double)b->steps * (double)b->restarts;

	if (a->attack->pools != b->attack->pools)
		return a->attack->pools - b->attack->pools;
	if (!a->attack->pools && (effort_a < effort_b || effort_a > effort_b))
		return effort_a < effort_b ? -1 : 1;
	if (a->steps != b->steps)
		return a->steps < b->steps ? -1 : 1;
	if (a->restarts != b->restarts)
		return a->restarts < b->restarts ? -1 : 1;
	return (a > b) - (a < b); /* neither contains the other */
}

static double robust_accuracy(const struct attack_job *job)
{
	double robust = 0;

	for (ptrdiff_t k = 0; k < job->X.rows; k++)
		robust += job->margin[k] > 0;
	return robust / (double)job->X.rows;
}

/* --- whether what an attack gave back can be true -----------------------------------------------
 *
 * A violation is a fault of the program, never of the user. Tolerances are bounds of rounding:
 * x + delta is rounded once per step, to half an ulp of x and of eps, and a step projects anew; a
 * sum of k products is off by k ulps of the sum of their sizes. */

/* worst - clean of sample k, and the clean point, by their lengths in the norm of the threat. */
static enum status check_ball(const struct aim *aim, const struct attack_job *job, ptrdiff_t k,
			      struct err *err)
{
	double largest = 0, squares = 0, sum = 0, eps = job->threat.eps;
	double across = 0, clean = 0, along = 0; /* the same of the clean point */
	double terms = job->threat.norm == NORM_LINF ? 1 : (double)job->X.cols, far, size;

	for (ptrdiff_t i = 0; i < job->X.cols; i++) {
		double x = (double)mat_get(job->X, k, i);
		double delta = fabs((double)mat_get(job->worst, k, i) - x);

		largest = fmax(largest, delta);
		squares += delta * delta;
		sum += delta;
		across = fmax(across, fabs(x));
		clean += x * x;
		along += fabs(x);
	}
	far = job->threat.norm == NORM_LINF ? largest
	      : job->threat.norm == NORM_L2 ? sqrt(squares)
					    : sum;
	size = job->threat.norm == NORM_LINF ? across
	       : job->threat.norm == NORM_L2 ? sqrt(clean)
					     : along;
	if (far <= eps + 4 * REAL_EPSILON * (size + terms * eps))
		return STATUS_OK;
	return err_set(err, STATUS_FAILED,
		       "attack %s: expected %s sample %td within %s %.9g of the clean point, got "
		       "%.9g",
		       aim->name, aim->part_name, k, threat_norms[job->threat.norm], eps, far);
}

/* The box is widened to hold the clean point. */
static enum status check_box(const struct aim *aim, const struct attack_job *job, ptrdiff_t k,
			     struct err *err)
{
	const struct threat *threat = &job->threat;

	for (ptrdiff_t i = 0; i < job->X.cols; i++) {
		double x = (double)mat_get(job->worst, k, i), c = (double)mat_get(job->X, k, i);
		double low = fmin((double)threat_lower(threat, i), c);
		double high = fmax((double)threat_upper(threat, i), c);

		if (threat_frozen(threat, i))
			low = high = c;
		if (!(x >= low && x <= high))
			return err_set(err, STATUS_FAILED,
				       "attack %s: expected feature %td of %s sample %td in [%.9g, "
				       "%.9g], got %.9g",
				       aim->name, i, aim->part_name, k, low, high, x);
	}
	return STATUS_OK;
}

/* B = |A| */
static void take_sizes(struct mat A, struct mat B)
{
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = 0; i < A.rows; i++)
			mat_set(B, i, j, (real)fabs((double)mat_get(A, i, j)));
}

/* size_k = max_c (|X| |U| |A|)_kc: that of `sample`, at the speed of a pass. */
static void layer_sizes(struct model_layers layers, struct mat X, double *size, struct arena *arena)
{
	ptrdiff_t d = X.cols, m = layers.U.cols, k = layers.A.cols;
	struct mat U = mat_new(arena, d, m), A = mat_new(arena, m, k);
	struct mat rows = mat_new(arena, MODEL_BLOCK, d), H = mat_new(arena, MODEL_BLOCK, m),
		   F = mat_new(arena, MODEL_BLOCK, k);

	take_sizes(layers.U, U);
	take_sizes(mat_rows(layers.A, 0, m), A);
	for (ptrdiff_t first = 0; first < X.rows; first += MODEL_BLOCK) {
		ptrdiff_t count = first + MODEL_BLOCK < X.rows ? MODEL_BLOCK : X.rows - first;
		struct mat x = mat_rows(rows, 0, count), h = mat_rows(H, 0, count),
			   f = mat_rows(F, 0, count);

		take_sizes(mat_rows(X, first, count), x);
		blas_gemm(1, x, PLAIN, U, PLAIN, 0, h);
		blas_gemm(1, h, PLAIN, A, PLAIN, 0, f);
		for (ptrdiff_t r = 0; r < count; r++) {
			size[first + r] = 0;
			for (ptrdiff_t c = 0; c < k; c++)
				size[first + r] = fmax(size[first + r], (double)mat_get(f, r, c));
		}
	}
}

/* The sizes of all products in an output at x_k together, of the largest output: n */
static void product_sizes(const struct model *model, struct mat X, double *size,
			  struct arena *arena)
{
	double *f = ARENA_ARRAY(arena, double, model_outputs(model));

	if (model->kind->relu) {
		layer_sizes(model->kind->relu(model), X, size, arena);
		return;
	}
	for (ptrdiff_t k = 0; k < X.rows; k++)
		model->kind->sample(model, X, k, f, &size[k]);
}

/* The worst points lie in ball and box, frozen coordinates are untouched, and the margins are those
 * of these points, up to rounding. */
static enum status inspect_points(const struct aim *aim, const struct attack_job *job,
				  struct err *err)
{
	struct arena arena = {0};
	struct model_work work = model_work_new(&arena, job->model->kind, model_size(job->model));
	real *margin = ARENA_ARRAY(&arena, real, job->X.rows);
	double *size = ARENA_ARRAY(&arena, double, job->X.rows);
	const struct model_margin margins = {.y = {.n = job->X.rows,
						   .k = model_outputs(job->model),
						   .at = job->y,
						   .label = job->label},
					     .margin = margin};
	double sums = job->label ? 2 : 1; /* the difference of two outputs */
	double terms = sums * (double)(job->X.cols + model_width(job->model));
	enum status status = STATUS_OK;

	model_margin(job->model, job->worst, &margins, &work);
	product_sizes(job->model, job->worst, size, &arena);
	for (ptrdiff_t k = 0; k < job->X.rows && status == STATUS_OK; k++) {
		status = check_ball(aim, job, k, err);
		if (status == STATUS_OK)
			status = check_box(aim, job, k, err);
	}
	for (ptrdiff_t k = 0; k < job->X.rows && status == STATUS_OK; k++) {
		double is = (double)margin[k], given = (double)job->margin[k];

		if (!(fabs(is - given) <= 2 * terms * REAL_EPSILON * size[k]))
			status = err_set(err, STATUS_FAILED,
					 "attack %s: expected the margin %.9g of the point found "
					 "for %s sample %td, got %.9g",
					 aim->name, is, aim->part_name, k, given);
	}
	arena_release(&arena);
	return status;
}

/* --- volleys ------------------------------------------------------------------------------------
 */

static enum status check_order(const struct entry *e, const struct entry *weaker, struct err *err)
{
	double robust = robust_accuracy(&e->job);
	double before = e->done > 0 ? e->row[e->done - 1].robust_accuracy : e->clean;

	if (robust > before)
		return err_set(err, STATUS_FAILED,
			       "attack %s: expected a robust accuracy of at most %.9g, that of a "
			       "smaller eps, got %.9g at eps = %g",
			       spec_attack_name(e->o), before, robust, e->job.threat.eps);
	if (weaker && robust > robust_accuracy(&weaker->job))
		return err_set(err, STATUS_FAILED,
			       "attack %s: expected a robust accuracy of at most %.9g, that of %s, "
			       "got %.9g at eps = %g",
			       spec_attack_name(e->o), robust_accuracy(&weaker->job),
			       spec_attack_name(weaker->o), robust, e->job.threat.eps);
	return STATUS_OK;
}

/* Of the eps that has just been done, in `seconds`. */
static struct attack_row row_of(const struct entry *e, double seconds)
{
	double n = (double)e->job.X.rows;
	struct attack_row row = {.attack = spec_attack_name(e->o),
				 .norm = threat_norms[e->o->threat.norm],
				 .eps = e->o->eps.at[e->done],
				 .units = e->aim.units,
				 .part = e->aim.part_name,
				 .accuracy = e->clean,
				 .robust_accuracy = robust_accuracy(&e->job),
				 .n = n,
				 .steps = (double)e->steps,
				 .restarts = (double)e->restarts,
				 .seconds = seconds,
				 .zero_gradient = e->zero_gradient,
				 .distance_median = NAN,
				 .distance_low = NAN,
				 .distance_high = NAN};

	target_box(&e->aim, &row.clip_low, &row.clip_high);
	if (e->distance) {
		struct spread spread = sample_spread(e->distance, (size_t)e->job.X.rows);

		row.distance_median = spread.median;
		row.distance_low = spread.low;
		row.distance_high = spread.high;
	}
	wilson_interval(row.robust_accuracy * n, n, &row.lo, &row.hi);
	return row;
}

/* Of each sample that of its point with a margin not above 0; HUGE_VAL: there is none. */
static void measure(const struct attack_job *job, double *distance)
{
	for (ptrdiff_t k = 0; k < job->X.rows; k++) {
		double largest = 0, squares = 0, sum = 0;

		for (ptrdiff_t i = 0; i < job->X.cols; i++) {
			double delta = fabs((double)mat_get(job->worst, k, i) -
					    (double)mat_get(job->X, k, i));

			largest = fmax(largest, delta);
			squares += delta * delta;
			sum += delta;
		}
		distance[k] = job->margin[k] > 0              ? HUGE_VAL
			      : job->threat.norm == NORM_LINF ? largest
			      : job->threat.norm == NORM_L2   ? sqrt(squares)
							      : sum;
	}
}

/* The margins, and where it looks for them the distances, are kept. */
static void remember(const struct assault *a, const struct entry *e)
{
	double *distance = NULL;

	if (e->distance)
		measure(&e->job, e->distance);
	if (!a->evidence || e->kept)
		return;
	if (e->distance) {
		distance = ARENA_ARRAY(a->evidence->arena, double, e->job.X.rows);
		memcpy(distance, e->distance, (size_t)e->job.X.rows * sizeof *distance);
	}
	evidence_attack(a->evidence, &e->aim, &e->job, distance);
}

/* Entry i of a volley, the `count` entries of one threat, weaker ones first, at its next eps. */
static enum status strike(const struct assault *a, struct entry *const *volley, size_t count,
			  size_t i, struct err *err)
{
	struct entry *e = volley[i];
	const struct arena none = {0};
	struct clock_mark start = clock_now();
	double before = e->wall_s;
	enum status status;

	e->job.threat.eps = e->o->eps.at[e->done];
	for (size_t j = 0; j < i; j++) {
		const struct attack_job *from = &volley[j]->job;

		if (a->alone || !contains(e, volley[j]))
			continue;
		for (ptrdiff_t k = 0; k < e->job.X.rows; k++) {
			if (!(from->margin[k] < e->job.margin[k]))
				continue;
			/* it found a worse point: start from that */
			e->job.margin[k] = from->margin[k];
			for (ptrdiff_t x = 0; x < e->job.X.cols; x++)
				mat_set(e->job.worst, k, x, mat_get(from->worst, k, x));
		}
	}
	team_attack(a->team, &e->aim, &e->job, &none);
	status = inspect_points(&e->aim, &e->job, err);
	for (size_t j = 0; j < count && status == STATUS_OK; j++)
		status =
			check_order(e, !a->alone && contains(e, volley[j]) ? volley[j] : NULL, err);
	remember(a, e);
	clock_add(start, &e->wall_s, &e->cpu_s);
	e->row[e->done] = row_of(e, e->wall_s - before);
	e->done++;
	return status;
}

static void load(struct entry *e, const struct target *t, uint64_t seed, struct arena *arena)
{
	double flat = e->attack->flat ? e->attack->flat(e->o->attack.options) : HUGE_VAL;
	ptrdiff_t n = t->X.rows;

	e->job = (struct attack_job){.model = t->model,
				     .X = t->X,
				     .y = t->y,
				     .label = t->label,
				     .threat = t->threat,
				     .seed = seed,
				     .worst = mat_new(arena, n, t->X.cols),
				     .margin = ARENA_ARRAY(arena, real, n)};
	e->distance = e->attack->nearest ? ARENA_ARRAY(arena, double, n) : NULL;
	mat_copy(e->job.worst, t->X);
	memcpy(e->job.margin, t->margin, (size_t)n * sizeof(real));
	e->clean = t->accuracy;
	for (ptrdiff_t k = 0; k < n; k++)
		e->zero_gradient += t->still[k] || (double)t->margin[k] > flat;
	e->zero_gradient /= (double)n;
}

/* All entries that aim at the target of `first`. */
static enum status fire(const struct assault *a, size_t first, const struct target *target,
			struct err *err)
{
	struct arena arena = {0};
	struct entry **volley = ARENA_ARRAY(&arena, struct entry *, a->count);
	enum status status = STATUS_OK;
	size_t count = 0;

	for (size_t i = first; i < a->count; i++)
		if (a->entries[i].fired &&
		    target_same(&a->entries[i].aim, &a->entries[first].aim)) {
			load(&a->entries[i], target, a->seed, &arena);
			volley[count++] = &a->entries[i];
		}
	qsort(volley, count, sizeof *volley, by_strength);
	for (double eps = 0; status == STATUS_OK && isfinite(eps);) {
		eps = HUGE_VAL; /* the smallest that an entry has not done */
		for (size_t i = 0; i < count; i++)
			if (volley[i]->done < volley[i]->o->eps.count)
				eps = fmin(eps, volley[i]->o->eps.at[volley[i]->done]);
		for (size_t i = 0; i < count && status == STATUS_OK; i++) {
			const struct entry *e = volley[i];

			if (e->done < e->o->eps.count && e->o->eps.at[e->done] <= eps)
				status = strike(a, volley, count, i, err);
		}
	}
	arena_release(&arena);
	return status;
}

struct aim assault_aim(const struct attack_options *o, const struct dataset *data)
{
	return (struct aim){.what = "attack",
			    .name = spec_attack_name(o),
			    .part = target_part(data, o->part),
			    .part_name = spec_parts[o->part],
			    .threat = &o->threat,
			    .units = rows_units(o->threat.units == UNITS_RAW, data->feature_space),
			    .entry = o};
}

static struct entry entry_of(const struct attack_options *o)
{
	struct entry e = {.o = o,
			  .attack = (const struct attack *)(const void *)o->attack.item,
			  .fired = true};

	e.attack->effort(o->attack.options, &e.steps, &e.restarts);
	return e;
}

bool assault_nearest(const struct attack_options *o)
{
	return ((const struct attack *)(const void *)o->attack.item)->nearest;
}

bool assault_contains(const struct attack_options *a, const struct attack_options *b)
{
	const struct dataset none = {0};
	const struct aim aim_a = assault_aim(a, &none), aim_b = assault_aim(b, &none);
	const struct entry entry_a = entry_of(a), entry_b = entry_of(b);

	return target_same(&aim_a, &aim_b) && contains(&entry_a, &entry_b);
}

enum status assault_check(const struct cell *cell, const struct dataset *data, struct err *err)
{
	const struct attack_options *entries = cell->attack.at;

	for (size_t i = 0; i < cell->attack.count; i++) {
		const struct aim aim = assault_aim(&entries[i], data);

		TRY(target_check(&aim, data, err));
	}
	return STATUS_OK;
}

/* Fire at every target once: an entry that has been done was part of an earlier volley. */
static enum status fire_all(const struct assault *a, const struct dataset *data,
			    const struct model *model, struct err *err)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < a->count && status == STATUS_OK; i++) {
		struct clock_mark start = clock_now();
		struct entry *e = &a->entries[i];
		struct arena arena = {0};
		struct target target;

		if (!e->fired || e->done > 0 || e->aim.part->X.rows == 0)
			continue;
		status = target_new(&e->aim, data, model, &arena, &target, err);
		clock_add(start, &e->wall_s, &e->cpu_s);
		if (status == STATUS_OK)
			status = fire(a, i, &target, err);
		arena_release(&arena);
	}
	return status;
}

enum status assault_run(const struct assess_order *order, struct arena *arena, struct assessed *out,
			struct err *err)
{
	const struct cell *cell = order->cell;
	const struct attack_options *o = cell->attack.at;
	struct assault assault = {.count = cell->attack.count,
				  .entries = ARENA_ARRAY(arena, struct entry, cell->attack.count),
				  .seed = (uint64_t)cell->seed * 1000003u +
					  (uint64_t)cell->repetition,
				  .team = order->team,
				  .evidence = order->evidence,
				  .alone = order->alone};

	for (size_t i = 0; i < assault.count; i++) {
		struct entry *e = &assault.entries[i];

		*e = entry_of(&o[i]);
		e->aim = assault_aim(&o[i], order->data);
		e->row = ARENA_ARRAY(arena, struct attack_row, o[i].eps.count);
		e->kept = out[i].kept;

		/* kept entries are run only where one that is not starts from them */
		e->fired = !e->kept;
		for (size_t j = 0; j < assault.count && !e->fired && !assault.alone; j++)
			e->fired = !out[j].kept && assault_contains(&o[j], e->o);
	}
	if (order->model)
		TRY(fire_all(&assault, order->data, order->model, err));
	for (size_t i = 0; i < assault.count; i++) {
		const struct entry *e = &assault.entries[i];

		if (!e->kept)
			out[i] = (struct assessed){false, e->done, e->row, e->wall_s, e->cpu_s};
	}
	return STATUS_OK;
}
