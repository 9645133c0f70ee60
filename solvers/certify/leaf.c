/* Posing, starting and ending; a step: leaf_step.c. */
#include "solvers/certify/leaf.h"

#include "solvers/certify/leaf_step.h"

#include <math.h>
#include <string.h>

enum { STEPS = 80 };

static const double precision = 1e-13; /* of the products' sum, relative to the size of the sum */
static const double stall = 1e-6;      /* a step so short that rounding must be in the way */

void leaf_new(struct leaf *leaf, ptrdiff_t d, ptrdiff_t m, enum norm norm, struct arena *arena)
{
	ptrdiff_t room = norm == NORM_L1 ? 2 * d : d, order;
	double **coords[] = {&leaf->sign,  &leaf->low,      &leaf->high,  &leaf->under,
			     &leaf->over,  &leaf->g,        &leaf->v,     &leaf->direction,
			     &leaf->right, &leaf->diagonal, &leaf->below, &leaf->above,
			     &leaf->push,  &leaf->best};
	double **terms[] = {&leaf->z, &leaf->c, &leaf->s,      &leaf->t,      &leaf->a,
			    &leaf->w, &leaf->y, &leaf->target, &leaf->weight, &leaf->off};

	*leaf = (struct leaf){.d = d, .column = ARENA_ARRAY(arena, ptrdiff_t, room)};
	for (size_t i = 0; i < sizeof coords / sizeof *coords; i++)
		*coords[i] = ARENA_ARRAY(arena, double, room);
	for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
		*terms[i] = ARENA_ARRAY(arena, double, m + 1);
	order = m + 1 > LEAF_FEW ? m + 1 : LEAF_FEW;
	leaf->factor = ARENA_ARRAY(arena, double, order *order);
	leaf->u = ARENA_ARRAY(arena, double *, m + 1);
	leaf->storage = ARENA_ARRAY(arena, double, room *(m + 1));
	for (ptrdiff_t j = 0; j <= m && !arena_counts(arena); j++)
		leaf->u[j] = leaf->storage + j * room;
}

static void add_coordinate(struct leaf *leaf, ptrdiff_t i, double sign, double low, double high)
{
	ptrdiff_t e = leaf->coords;

	if (!(low < high))
		return;
	leaf->column[e] = i;
	leaf->sign[e] = sign;
	leaf->low[e] = low;
	leaf->high[e] = high;
	leaf->g[e] = 0;
	leaf->coords++;
}

void leaf_begin(struct leaf *leaf, const struct region *region)
{
	leaf->norm = region->norm;
	leaf->eps = region->eps;
	leaf->boxed = region->norm != NORM_L2 || region->boxed;
	leaf->coords = leaf->terms = 0;
	for (ptrdiff_t i = 0; i < leaf->d; i++) {
		double low = (double)region->low[i], high = (double)region->high[i];

		if (region->norm != NORM_L1) {
			add_coordinate(leaf, i, 1, low, high);
		} else {
			add_coordinate(leaf, i, 1, 0, high);
			add_coordinate(leaf, i, -1, 0, -low);
		}
	}
}

void leaf_add_linear(struct leaf *leaf, double c, const real *u)
{
	for (ptrdiff_t e = 0; e < leaf->coords; e++)
		leaf->g[e] += c * leaf->sign[e] * (double)u[leaf->column[e]];
}

void leaf_add_relu(struct leaf *leaf, double c, double z, const real *u)
{
	ptrdiff_t j = leaf->terms++;

	leaf->c[j] = c;
	leaf->z[j] = z;
	for (ptrdiff_t e = 0; e < leaf->coords; e++)
		leaf->u[j][e] = leaf->sign[e] * (double)u[leaf->column[e]];
}

/* The middle of the box, drawn towards 0 until it is well inside the ball. */
static void start_point(struct leaf *leaf)
{
	double shrink = 1, size = 0;

	for (ptrdiff_t e = 0; e < leaf->coords; e++) {
		leaf->v[e] = leaf->boxed ? (leaf->low[e] + leaf->high[e]) / 2 : 0;
		size += leaf->norm == NORM_L2 ? leaf->v[e] * leaf->v[e] : fabs(leaf->v[e]);
	}
	size = leaf->norm == NORM_L2 ? sqrt(size) : size;
	if (leaf->norm != NORM_LINF && size > leaf->eps / 2)
		shrink = leaf->eps / (2 * size);
	for (ptrdiff_t e = 0; e < leaf->coords; e++)
		leaf->v[e] *= shrink;
}

/* mu of the size of what is to be decided, and all products equal to it. */
static void start(struct leaf *leaf)
{
	double most = 0;

	start_point(leaf);
	memset(leaf->direction, 0, (size_t)leaf->coords * sizeof(double));
	for (ptrdiff_t e = 0; e < leaf->coords; e++)
		most += fabs(leaf->g[e]) * (leaf->norm == NORM_LINF
						    ? leaf->high[e] - leaf->low[e]
						    : leaf->eps / sqrt((double)leaf->coords));
	for (ptrdiff_t j = 0; j < leaf->terms; j++)
		most += leaf->c[j] *
			(fabs(leaf->z[j]) +
			 leaf->eps * sqrt(leaf_dot(leaf->u[j], leaf->u[j], leaf->coords)));
	leaf->mu = most / (double)(leaf->coords + leaf->terms + 1);
	for (ptrdiff_t j = 0; j < leaf->terms; j++) {
		double z = leaf->z[j] + leaf_dot(leaf->u[j], leaf->v, leaf->coords), c = leaf->c[j];
		double middle = (leaf->mu + hypot(leaf->mu, c * z / 2)) / c; /* of s and t */

		/* s - t = z and mu / s + mu / t = c */
		leaf->s[j] = z > 0 ? middle + z / 2 : 2 * leaf->mu * middle / c / (middle - z / 2);
		leaf->t[j] = z > 0 ? 2 * leaf->mu * middle / c / (middle + z / 2) : middle - z / 2;
		leaf->a[j] = leaf->mu / leaf->s[j];
		leaf->w[j] = leaf->mu / leaf->t[j];
	}
	for (ptrdiff_t e = 0; e < leaf->coords && leaf->boxed; e++) {
		leaf->under[e] = leaf->v[e] - leaf->low[e];
		leaf->over[e] = leaf->high[e] - leaf->v[e];
		leaf->below[e] = leaf->mu / leaf->under[e];
		leaf->above[e] = leaf->mu / leaf->over[e];
	}
	leaf->ball = leaf->norm == NORM_LINF ? 1 : leaf_ball(leaf, 0);
	leaf->theta = leaf->norm == NORM_LINF ? 0 : leaf->mu / leaf->ball;
}

/* The sum of all products, which is the duality gap at a dual feasible point. */
static double products(const struct leaf *leaf, double *count)
{
	double sum =
		leaf_dot(leaf->s, leaf->a, leaf->terms) + leaf_dot(leaf->t, leaf->w, leaf->terms);

	*count = 2 * (double)leaf->terms;
	for (ptrdiff_t e = 0; e < leaf->coords && leaf->boxed; e++)
		sum += leaf->under[e] * leaf->below[e] + leaf->over[e] * leaf->above[e];
	*count += leaf->boxed ? 2 * (double)leaf->coords : 0;
	*count += leaf->norm == NORM_LINF ? 0 : 1;
	return sum + (leaf->norm == NORM_LINF ? 0 : leaf->ball * leaf->theta);
}

/* g'v + sum of c max(0, z + u'v); keeps v where it is the lowest. */
static void observe(struct leaf *leaf)
{
	double value = leaf_dot(leaf->g, leaf->v, leaf->coords);

	for (ptrdiff_t j = 0; j < leaf->terms; j++)
		value += leaf->c[j] *
			 fmax(0, leaf->z[j] + leaf_dot(leaf->u[j], leaf->v, leaf->coords));
	if (!(value < leaf->value))
		return;
	leaf->value = value;
	memcpy(leaf->best, leaf->v, (size_t)leaf->coords * sizeof *leaf->best);
}

/* Aim higher after a short step. */
static double centring(double step)
{
	return step > 0.9 ? 0.1 : step > 0.5 ? 0.3 : 0.8;
}

void leaf_solve(struct leaf *leaf, real *delta)
{
	double count, left, most, share = 0.1;

	start(leaf);
	leaf->value = HUGE_VAL;
	observe(leaf);
	most = products(leaf, &count);
	for (int i = 0; i < STEPS && (left = products(leaf, &count)) > precision * most; i++) {
		double step;

		leaf->mu = share * left / count;
		if (!leaf_direction(leaf))
			break;
		step = leaf_length(leaf);
		if (!(step > stall))
			break;
		leaf_advance(leaf, step);
		observe(leaf);
		share = centring(step);
	}
	for (ptrdiff_t i = 0; i < leaf->d; i++)
		delta[i] = 0;
	for (ptrdiff_t e = 0; e < leaf->coords; e++)
		delta[leaf->column[e]] += (real)(leaf->sign[e] * leaf->best[e]);
}
