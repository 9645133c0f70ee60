/* Locally biased networks (solvers/smoothing/biasednet.h): f is a convex combination of g and h,
 * whose weights depend on N alone, so that ranges of the three bound it. Within a ball
 *
 *   - point j can be the nearest one only if a_i - a_j <= eps |z_i - z_j|_q, of the nearest one i
 *     at its centre: h is the label of one of these;
 *   - neuron j can change its sign only if |u_j'x| <= eps |u_j|_q: the others are affine, and N is
 *     at most |alpha_j u_j|_2 of the undecided ones away from what the decided ones give.
 *
 * With no undecided neuron and one label it is the closed form of biasednet_radius, in any norm.
 * Boxes are left out of the bound. */
#include "solvers/core/blas.h"
#include "solvers/model/certify.h"
#include "solvers/smoothing/biasednet.h"

#include <math.h>
#include <string.h>

struct search {
	const struct biasednet *net;
	struct certify_job *job;
	struct threat threat;
	real *scratch;        /* d */
	double *slope;        /* d: dg/dx of the decided neurons */
	double *size, *dual;  /* m: |u_j|_2, |u_j|_q */
	double gain;          /* sum_j |alpha_j| |u_j|_2 */
	double *steepness;    /* m: |alpha_j| |u_j / scale|_2 */
	double all_steepness; /* their sum */
	double reach;         /* of the row at hand: |x|_2 + radius in l_2 */
	double radius;        /* in l_2 */
};

/* Rounding of z'x at a point of the ball, of vectors of length `size` together. */
static double rounding(const struct search *s, double size)
{
	return 2 * certify_noise(s->job->X.cols, 0, size, s->reach);
}

static double dot(struct mat X, ptrdiff_t row, const real *c)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < X.cols; i++)
		sum += (double)mat_get(X, row, i) * (double)c[i];
	return sum;
}

static void measure(struct search *s)
{
	const struct biasednet *net = s->net;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		const real *u = mat_col(net->U, j);
		double square = 0;

		for (ptrdiff_t i = 0; i < net->U.rows; i++) {
			double of = (double)u[i] / (double)net->scale[i];

			square += of * of;
		}
		s->size[j] = blas_norm((size_t)net->U.rows, u);
		s->dual[j] = threat_dual(&s->threat, u);
		s->steepness[j] = fabs((double)net->alpha[j]) * sqrt(square);
		s->gain += fabs((double)net->alpha[j]) * s->size[j];
		s->all_steepness += s->steepness[j];
	}
}

/* The lowest y h of the points that can be the nearest one. */
static double lowest_label(const struct search *s, ptrdiff_t row, ptrdiff_t nearest, double y)
{
	const struct biasednet *net = s->net;
	const real *z = mat_col(net->Z, nearest);
	ptrdiff_t d = net->Z.rows;
	double near = dot(s->job->X, row, z) + (double)net->offset[nearest];
	double lowest = y * (double)net->label[nearest], length = blas_norm((size_t)d, z);

	for (ptrdiff_t j = 0; j < net->Z.cols; j++) {
		const real *other = mat_col(net->Z, j);
		double lead, size, slack;

		if (!(y * (double)net->label[j] < lowest))
			continue;
		lead = near - dot(s->job->X, row, other) - (double)net->offset[j];
		for (ptrdiff_t i = 0; i < d; i++)
			s->scratch[i] = z[i] - other[i];
		size = length + blas_norm((size_t)d, other);
		slack = rounding(s, size) +
			8 * REAL_EPSILON *
				(fabs((double)net->offset[j]) + fabs((double)net->offset[nearest]));
		if (!(lead > s->threat.eps * threat_dual(&s->threat, s->scratch) + slack))
			lowest = y * (double)net->label[j];
	}
	return lowest;
}

/* y g from below, N from both sides. */
struct bounds {
	double g, low, high;
};

static struct bounds affine_bounds(const struct search *s, ptrdiff_t row, double y)
{
	const struct biasednet *net = s->net;
	ptrdiff_t d = net->U.rows, m = net->U.cols;
	double open = 0, square = 0;
	double noise = 2 * certify_noise(d, m, s->all_steepness, 1);
	struct bounds bounds = {.g = -2 * certify_noise(d, m, s->gain, s->reach)};

	memset(s->slope, 0, (size_t)d * sizeof *s->slope);
	for (ptrdiff_t j = 0; j < m; j++) {
		const real *u = mat_col(net->U, j);
		double alpha = (double)net->alpha[j], t = dot(s->job->X, row, u);
		double move = s->threat.eps * s->dual[j] + rounding(s, s->size[j]);

		if (!(fabs(t) > move)) {
			open += s->steepness[j];
			bounds.g += fmin(0, y * alpha) * fmax(0, t + move);
			continue;
		}
		bounds.g += t > 0 ? y * alpha * t : 0;
		for (ptrdiff_t i = 0; t > 0 && i < d; i++)
			s->slope[i] += alpha * (double)u[i];
	}
	for (ptrdiff_t i = 0; i < d; i++) {
		double of = s->slope[i] / (double)net->scale[i];

		square += of * of;
		s->scratch[i] = (real)s->slope[i];
	}
	bounds.g -= s->threat.eps * threat_dual(&s->threat, s->scratch);
	bounds.low = fmax(0, sqrt(square) - open - noise);
	bounds.high = sqrt(square) + open + noise;
	return bounds;
}

static void bound(struct search *s, ptrdiff_t row)
{
	const struct certify_job *job = s->job;
	double y = (double)job->y[row], f, size, square = 0, lower, h;
	struct biasednet_parts parts = biasednet_parts(s->net, job->X, row);
	struct bounds bounds;

	for (ptrdiff_t i = 0; i < job->X.cols; i++)
		square += (double)mat_get(job->X, row, i) * (double)mat_get(job->X, row, i);
	s->reach = sqrt(square) + s->radius;
	h = lowest_label(s, row, parts.nearest, y);
	bounds = affine_bounds(s, row, y);
	lower = fmin(biasednet_mix(s->net, bounds.g, h, bounds.low),
		     biasednet_mix(s->net, bounds.g, h, bounds.high));
	s->net->base.kind->sample(&s->net->base, job->X, row, &f, &size);
	job->lower[row] = lower - 16 * REAL_EPSILON * (fabs(bounds.g) + fabs(h) + fabs(lower));
	job->upper[row] = y * f;
}

static void margins(const struct model *model, const int *label, struct certify_job *job,
		    struct arena *arena)
{
	const struct biasednet *net = biasednet_of(model);
	ptrdiff_t d = net->U.rows, m = net->U.cols;
	struct search s = {.net = net,
			   .job = job,
			   .threat = job->threat,
			   .scratch = ARENA_ARRAY(arena, real, d),
			   .slope = ARENA_ARRAY(arena, double, d),
			   .size = ARENA_ARRAY(arena, double, m),
			   .dual = ARENA_ARRAY(arena, double, m),
			   .steepness = ARENA_ARRAY(arena, double, m)};

	(void)label; /* of one output */
	if (arena_counts(arena))
		return;
	s.threat.d = d;
	s.radius = s.threat.eps * sqrt(threat_reach(&s.threat));
	measure(&s);
	mat_copy(job->worst, job->X);
	for (ptrdiff_t row = 0; row < job->X.rows; row++)
		bound(&s, row);
}

const struct certifier certifier_biased = {
	.base = {.name = "biased",
		 .doc = "locally biased networks: closed form of the nearest points, the cell and "
			"the affine function in it, with what neurons at the border can change",
		 .cite = "anderson2022"},
	.kind = &model_locally_biased,
	.margins = margins,
};
