/* Ranges of the neurons: u_j'x +- eps |u_j|_q, and within the box u_j'(x + middle) +- |u_j|'width.
 */
#include "solvers/certify/points.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum { CAPACITY = 256, GRAIN = 16 }; /* as for attacks: a chunk stays in cache */

ptrdiff_t points_room(ptrdiff_t n, int threads)
{
	ptrdiff_t rows = ((n + threads - 1) / threads + GRAIN - 1) / GRAIN * GRAIN;

	return rows < CAPACITY ? rows : CAPACITY;
}

static void describe_neurons(struct points *p)
{
	const struct threat *threat = &p->threat;
	const struct net *net = p->job->net;
	ptrdiff_t d = net->U.rows;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		const real *u = mat_col(net->U, j);

		p->length[j] = (real)blas_norm((size_t)d, u);
		p->swing[j] = (real)(threat->eps * threat_dual(threat, u));
		for (ptrdiff_t i = 0; i < p->absolute.rows; i++)
			mat_set(p->absolute, i, j, (real)fabs((double)u[i]));
	}
}

static bool is_boxed(const struct points *p)
{
	return p->threat.lower || p->threat.upper;
}

void points_new(struct points *points, const struct certify_job *job, ptrdiff_t room,
		struct arena *arena)
{
	ptrdiff_t d = job->X.cols, m = job->net->U.cols;
	struct mat *flat[] = {&points->C, &points->Z, &points->below, &points->above,
			      &points->spread};
	bool boxed = job->threat.lower || job->threat.upper;
	ptrdiff_t boxes = boxed ? room : 1, kept = boxed ? d : 0;

	*points = (struct points){.job = job,
				  .threat = job->threat,
				  .room = room,
				  .X = mat_new(arena, d, room),
				  .low = mat_new(arena, d, boxes),
				  .high = mat_new(arena, d, boxes),
				  .region = ARENA_ARRAY(arena, struct region, room),
				  .reach = ARENA_ARRAY(arena, double, room),
				  .value = ARENA_ARRAY(arena, double, room),
				  .swing = ARENA_ARRAY(arena, real, m),
				  .length = ARENA_ARRAY(arena, real, m),
				  .absolute = mat_new(arena, kept, m),
				  .middle = mat_new(arena, kept, room),
				  .reach_of_box = mat_new(arena, kept, room)};
	for (size_t i = 0; i < sizeof flat / sizeof *flat; i++)
		*flat[i] = mat_new(arena, m, room);
	points->threat.d = d;
	if (arena_counts(arena))
		return;
	points->gain = certify_gain(job->net);
	points->radius = job->threat.eps * sqrt(threat_reach(&points->threat));
	describe_neurons(points);
	if (boxed)
		return;
	for (ptrdiff_t i = 0; i < d; i++) {
		struct region_side side = region_side_of(&points->threat, i, 0);

		mat_set(points->low, i, 0, (real)side.low);
		mat_set(points->high, i, 0, (real)side.high);
	}
	points->low.stride = points->high.stride = 0;
}

static void fill_point(struct points *p, ptrdiff_t k)
{
	const struct certify_job *job = p->job;
	real *x = mat_col(p->X, k), *c = mat_col(p->C, k);

	for (ptrdiff_t i = 0; i < p->X.rows; i++)
		x[i] = mat_get(job->X, p->first + k, i);
	for (ptrdiff_t j = 0; j < p->C.rows; j++)
		c[j] = job->y[p->first + k] * job->net->alpha[j];
	p->reach[k] = blas_norm((size_t)p->X.rows, x) + p->radius;
	if (is_boxed(p)) {
		for (ptrdiff_t l = 0; l < p->X.rows; l++) {
			struct region_side side =
				region_side_of(&p->threat, l, (double)mat_get(p->X, l, k));

			mat_set(p->low, l, k, (real)side.low);
			mat_set(p->high, l, k, (real)side.high);
			mat_set(p->middle, l, k, (real)((side.low + side.high) / 2));
			mat_set(p->reach_of_box, l, k, (real)((side.high - side.low) / 2));
		}
	}
	p->region[k] = (struct region){.norm = job->threat.norm,
				       .eps = job->threat.eps,
				       .d = p->X.rows,
				       .low = mat_col(p->low, k),
				       .high = mat_col(p->high, k),
				       .boxed = is_boxed(p)};
}

/* [below, above] cut with u_j'(x + middle) +- |u_j|'width; Z is used up to hold the former. */
static void cut_with_box(struct points *p)
{
	ptrdiff_t count = p->count;
	struct mat centre = mat_cols(p->below, 0, count), spread = mat_cols(p->spread, 0, count);

	mat_copy(centre, mat_cols(p->Z, 0, count));
	blas_gemm(1, p->job->net->U, TRANSPOSED, mat_cols(p->middle, 0, count), PLAIN, 1, centre);
	blas_gemm(1, p->absolute, TRANSPOSED, mat_cols(p->reach_of_box, 0, count), PLAIN, 0,
		  spread);
}

void points_load(struct points *points, ptrdiff_t first, ptrdiff_t count)
{
	points->first = first;
	points->count = count;
	for (ptrdiff_t k = 0; k < count; k++)
		fill_point(points, k);
	blas_gemm(1, points->job->net->U, TRANSPOSED, mat_cols(points->X, 0, count), PLAIN, 0,
		  mat_cols(points->Z, 0, count));
	if (is_boxed(points))
		cut_with_box(points);
	for (ptrdiff_t k = 0; k < count; k++) {
		const real *z = mat_col(points->Z, k), *c = mat_col(points->C, k);
		const real *spread = mat_col(points->spread, k);
		real *below = mat_col(points->below, k);
		real *above = mat_col(points->above, k);
		double scale = certify_noise(points->X.rows, points->C.rows, 1, points->reach[k]);
		double value = 0;

		/* below, above = z -+ swing, cut with the box, and widened by the rounding of
		 * these sums. */
		for (ptrdiff_t j = 0; j < points->Z.rows; j++) {
			real slack = (real)scale * points->length[j], centre = below[j];
			real low = z[j] - points->swing[j], high = z[j] + points->swing[j];

			if (is_boxed(points)) {
				low = centre - spread[j] > low ? centre - spread[j] : low;
				high = centre + spread[j] < high ? centre + spread[j] : high;
			}
			below[j] = low - slack;
			above[j] = high + slack;
			value += (double)c[j] * (double)(z[j] > 0 ? z[j] : 0);
		}
		points->value[k] = value;
	}
}

/* sum_j c_j relu(c_j > 0 ? below_j : above_j), c_j = y alpha_j */
double points_interval(const struct points *points, ptrdiff_t k)
{
	const real *below = mat_col(points->below, k), *above = mat_col(points->above, k);
	const real *c = mat_col(points->C, k);
	double sum = 0;

	for (ptrdiff_t j = 0; j < points->C.rows; j++) {
		double z = (double)(c[j] > 0 ? below[j] : above[j]);

		sum += z > 0 ? (double)c[j] * z : 0;
	}
	return sum -
	       2 * certify_noise(points->X.rows, points->C.rows, points->gain, points->reach[k]);
}
