/* The interior point method of a leaf. See leaf.h.
 *
 * With every product of a slack and its multiplier aimed at mu, Newton's method eliminates all
 * unknowns but v:
 *
 *     (D + U T U' + (theta / q) p p') dv = r
 *
 *     r   = mu / (v - l) - mu / (h - v) + (mu / q) p - g - U (target - T off)
 *     T_j = (w / t) (a / s) / (a / s + w / t)
 *     target_j = mu / t - (w / t) / (a / s + w / t) (mu / s + mu / t - c)
 *
 * t is the slack of s >= z + u'v, `off` what rounding has moved it from s - z - u'v. D holds the
 * multipliers of the box over its slacks, and for l_2 theta. q is the slack of the ball and p its
 * gradient: (eps^2 - |v|^2) / 2 and -v for l_2, eps - 1'v and -1 for l_1. */
#include "solvers/certify/leaf.h"

#include <math.h>
#include <string.h>

enum {
	STEPS = 80,
	BACKTRACKS = 40,
	FEW = 40 /* coordinates: their system is the more accurate one, and costs little */
};

static const double fraction = 0.995;  /* of the way to the end of the positive orthant */
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
	order = m + 1 > FEW ? m + 1 : FEW;
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

/* a'b */
static double dot(const double *restrict a, const double *restrict b, ptrdiff_t n)
{
	double sum = 0;

#pragma omp simd reduction(+ : sum)
	for (ptrdiff_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* Slack of the ball at v + step direction. */
static double ball_slack(const struct leaf *leaf, double step)
{
	double sum = 0;

	for (ptrdiff_t e = 0; e < leaf->coords; e++) {
		double v = leaf->v[e] + step * leaf->direction[e];

		sum += leaf->norm == NORM_L2 ? v * v : v;
	}
	return leaf->norm == NORM_L2 ? (leaf->eps * leaf->eps - sum) / 2 : leaf->eps - sum;
}

/* Cholesky factor of the lower triangle, in place. */
static bool factorise(double *A, ptrdiff_t n)
{
	for (ptrdiff_t i = 0; i < n; i++)
		for (ptrdiff_t j = 0; j <= i; j++) {
			double left = A[i * n + j] - dot(A + i * n, A + j * n, j);

			if (j < i)
				A[i * n + j] = left / A[j * n + j];
			else if (left > 0)
				A[i * n + i] = sqrt(left);
			else
				return false;
		}
	return true;
}

static void solve_factor(const double *A, ptrdiff_t n, double *y)
{
	for (ptrdiff_t i = 0; i < n; i++)
		y[i] = (y[i] - dot(A + i * n, y, i)) / A[i * n + i];
	for (ptrdiff_t i = n - 1; i >= 0; i--) {
		y[i] /= A[i * n + i];
		for (ptrdiff_t j = 0; j < i; j++)
			y[j] -= A[i * n + j] * y[i];
	}
}

/* Column j of B, the low rank part B B', and the factor that is left out of it. */
static const double *column_of(const struct leaf *leaf, ptrdiff_t j, double *root)
{
	*root = sqrt(j < leaf->terms ? leaf->weight[j] : leaf->theta / leaf->ball);
	return j < leaf->terms ? leaf->u[j] : leaf->push;
}

/* Few terms: y = (I + B'D^-1 B)^-1 B'D^-1 right, which is B'dv, dv = D^-1 (right - B y). The steps
 * of the slacks come from y: where D is small, dv has lost the digits that they need. */
static bool solve_by_terms(struct leaf *leaf, ptrdiff_t n)
{
	ptrdiff_t coords = leaf->coords;
	double *dv = leaf->direction, root, other;

	for (ptrdiff_t i = 0; i < n; i++) {
		const double *b = column_of(leaf, i, &root);

		for (ptrdiff_t e = 0; e < coords; e++)
			dv[e] = root * b[e] / leaf->diagonal[e];
		leaf->y[i] = dot(dv, leaf->right, coords);
		for (ptrdiff_t j = 0; j <= i; j++) {
			const double *against = column_of(leaf, j, &other);

			leaf->factor[i * n + j] = (i == j) + other * dot(dv, against, coords);
		}
	}
	if (!factorise(leaf->factor, n))
		return false;
	solve_factor(leaf->factor, n, leaf->y);
	memcpy(dv, leaf->right, (size_t)coords * sizeof *dv);
	for (ptrdiff_t i = 0; i < n; i++) {
		const double *b = column_of(leaf, i, &root);

		for (ptrdiff_t e = 0; e < coords; e++)
			dv[e] -= root * leaf->y[i] * b[e];
		leaf->y[i] /= root;
	}
	for (ptrdiff_t e = 0; e < coords; e++)
		dv[e] /= leaf->diagonal[e];
	return true;
}

/* Few coordinates: (D + B B') dv = right. */
static bool solve_by_coordinates(struct leaf *leaf, ptrdiff_t n)
{
	ptrdiff_t coords = leaf->coords;
	double root;

	for (ptrdiff_t e = 0; e < coords; e++)
		for (ptrdiff_t i = 0; i <= e; i++)
			leaf->factor[e * coords + i] = e == i ? leaf->diagonal[e] : 0;
	for (ptrdiff_t j = 0; j < n; j++) {
		const double *b = column_of(leaf, j, &root);

		for (ptrdiff_t e = 0; e < coords; e++)
			for (ptrdiff_t i = 0; i <= e; i++)
				leaf->factor[e * coords + i] += root * root * b[e] * b[i];
	}
	memcpy(leaf->direction, leaf->right, (size_t)coords * sizeof(double));
	if (!factorise(leaf->factor, coords))
		return false;
	solve_factor(leaf->factor, coords, leaf->direction);
	for (ptrdiff_t j = 0; j < n; j++)
		leaf->y[j] = dot(column_of(leaf, j, &root), leaf->direction, coords);
	return true;
}

/* direction, and y: u_j'dv of the terms, p'dv of the ball, p the gradient of its slack. False where
 * rounding has made the system indefinite. */
static bool find_direction(struct leaf *leaf)
{
	ptrdiff_t n = leaf->terms + (leaf->norm != NORM_LINF);
	double mu = leaf->mu;

	for (ptrdiff_t j = 0; j < leaf->terms; j++) {
		double s = leaf->s[j], t = leaf->t[j], as = leaf->a[j] / s, wt = leaf->w[j] / t;
		double excess = leaf->mu / s + leaf->mu / t - leaf->c[j];

		leaf->weight[j] = wt * as / (as + wt);
		leaf->off[j] = s - leaf->z[j] - dot(leaf->u[j], leaf->v, leaf->coords) - t;
		leaf->target[j] = leaf->mu / t - wt / (as + wt) * excess;
	}

	/* D and the right side */
	for (ptrdiff_t e = 0; e < leaf->coords; e++) {
		double right = -leaf->g[e], push = leaf->norm == NORM_L2 ? -leaf->v[e] : -1;

		for (ptrdiff_t j = 0; j < leaf->terms; j++)
			right -= (leaf->target[j] - leaf->weight[j] * leaf->off[j]) * leaf->u[j][e];
		leaf->diagonal[e] = leaf->norm == NORM_L2 ? leaf->theta : 0;
		if (leaf->boxed) {
			double under = leaf->under[e], over = leaf->over[e];

			leaf->diagonal[e] += leaf->below[e] / under + leaf->above[e] / over;
			right += mu / under - mu / over;
		}
		if (leaf->norm != NORM_LINF) {
			leaf->push[e] = push;
			right += mu / leaf->ball * push;
		}
		leaf->right[e] = right;
	}
	if (leaf->coords <= (n > FEW ? n : FEW))
		return solve_by_coordinates(leaf, n);
	return solve_by_terms(leaf, n);
}

/* --- steps --------------------------------------------------------------------------------------
 */

/* The longest step at which x + step dx stays positive. */
static void limit(double *step, double x, double dx)
{
	if (dx < 0)
		*step = fmin(*step, fraction * x / -dx);
}

struct changes { /* of one term */
	double s, t, a, w;
};

static struct changes changes_of(const struct leaf *leaf, ptrdiff_t j)
{
	double s = leaf->s[j], t = leaf->t[j];
	double w = leaf->target[j] + leaf->weight[j] * (leaf->y[j] - leaf->off[j]);
	struct changes d;

	d.w = w - leaf->w[j];
	d.a = leaf->c[j] - w - leaf->a[j];
	d.s = (leaf->mu - leaf->a[j] * s - s * d.a) / leaf->a[j];
	d.t = (leaf->mu - leaf->w[j] * t - t * d.w) / leaf->w[j];
	return d;
}

static double change_of_below(const struct leaf *leaf, ptrdiff_t e)
{
	double under = leaf->under[e];

	return leaf->mu / under - leaf->below[e] - leaf->below[e] / under * leaf->direction[e];
}

static double change_of_above(const struct leaf *leaf, ptrdiff_t e)
{
	double over = leaf->over[e];

	return leaf->mu / over - leaf->above[e] + leaf->above[e] / over * leaf->direction[e];
}

static double change_of_theta(const struct leaf *leaf)
{
	double along = leaf->y[leaf->terms];

	return leaf->mu / leaf->ball - leaf->theta - leaf->theta / leaf->ball * along;
}

/* At most 1; all slacks and multipliers stay positive. */
static double step_length(const struct leaf *leaf)
{
	double step = 1;

	for (ptrdiff_t j = 0; j < leaf->terms; j++) {
		struct changes d = changes_of(leaf, j);

		limit(&step, leaf->s[j], d.s);
		limit(&step, leaf->t[j], d.t);
		limit(&step, leaf->a[j], d.a);
		limit(&step, leaf->w[j], d.w);
	}
	for (ptrdiff_t e = 0; e < leaf->coords && leaf->boxed; e++) {
		limit(&step, leaf->under[e], leaf->direction[e]);
		limit(&step, leaf->over[e], -leaf->direction[e]);
		limit(&step, leaf->below[e], change_of_below(leaf, e));
		limit(&step, leaf->above[e], change_of_above(leaf, e));
	}
	if (leaf->norm == NORM_LINF)
		return step;
	limit(&step, leaf->theta, change_of_theta(leaf));
	for (int b = 0; b < BACKTRACKS && !(ball_slack(leaf, step) > (1 - fraction) * leaf->ball);
	     b++)
		step *= 0.8;
	return step;
}

/* mu of the size of what is to be decided, and all products equal to it. */
static void start(struct leaf *leaf)
{
	double most = 0;
	double shrink = 1;
	double size = 0;

	/* The middle of the box, drawn towards 0 until it is well inside the ball. */
	for (ptrdiff_t e = 0; e < leaf->coords; e++) {
		leaf->v[e] = leaf->boxed ? (leaf->low[e] + leaf->high[e]) / 2 : 0;
		size += leaf->norm == NORM_L2 ? leaf->v[e] * leaf->v[e] : fabs(leaf->v[e]);
	}
	size = leaf->norm == NORM_L2 ? sqrt(size) : size;
	if (leaf->norm != NORM_LINF && size > leaf->eps / 2)
		shrink = leaf->eps / (2 * size);
	for (ptrdiff_t e = 0; e < leaf->coords; e++)
		leaf->v[e] *= shrink;
	memset(leaf->direction, 0, (size_t)leaf->coords * sizeof(double));
	for (ptrdiff_t e = 0; e < leaf->coords; e++)
		most += fabs(leaf->g[e]) * (leaf->norm == NORM_LINF
						    ? leaf->high[e] - leaf->low[e]
						    : leaf->eps / sqrt((double)leaf->coords));
	for (ptrdiff_t j = 0; j < leaf->terms; j++)
		most += leaf->c[j] * (fabs(leaf->z[j]) +
				      leaf->eps * sqrt(dot(leaf->u[j], leaf->u[j], leaf->coords)));
	leaf->mu = most / (double)(leaf->coords + leaf->terms + 1);
	for (ptrdiff_t j = 0; j < leaf->terms; j++) {
		double z = leaf->z[j] + dot(leaf->u[j], leaf->v, leaf->coords), c = leaf->c[j];
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
	leaf->ball = leaf->norm == NORM_LINF ? 1 : ball_slack(leaf, 0);
	leaf->theta = leaf->norm == NORM_LINF ? 0 : leaf->mu / leaf->ball;
}

/* The sum of all products, which is the duality gap at a dual feasible point. */
static double products(const struct leaf *leaf, double *count)
{
	double sum = dot(leaf->s, leaf->a, leaf->terms) + dot(leaf->t, leaf->w, leaf->terms);

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
	double value = dot(leaf->g, leaf->v, leaf->coords);

	for (ptrdiff_t j = 0; j < leaf->terms; j++)
		value += leaf->c[j] * fmax(0, leaf->z[j] + dot(leaf->u[j], leaf->v, leaf->coords));
	if (!(value < leaf->value))
		return;
	leaf->value = value;
	memcpy(leaf->best, leaf->v, (size_t)leaf->coords * sizeof *leaf->best);
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
		if (!find_direction(leaf))
			break;
		step = step_length(leaf);
		if (!(step > stall))
			break;
		for (ptrdiff_t j = 0; j < leaf->terms; j++) {
			struct changes d = changes_of(leaf, j);

			leaf->s[j] += step * d.s;
			leaf->t[j] += step * d.t;
			leaf->a[j] += step * d.a;
			leaf->w[j] += step * d.w;
		}
		for (ptrdiff_t e = 0; e < leaf->coords && leaf->boxed; e++) {
			double below = change_of_below(leaf, e), above = change_of_above(leaf, e);

			leaf->below[e] += step * below;
			leaf->above[e] += step * above;
			leaf->under[e] += step * leaf->direction[e];
			leaf->over[e] -= step * leaf->direction[e];
		}
		if (leaf->norm != NORM_LINF)
			leaf->theta += step * change_of_theta(leaf);
		for (ptrdiff_t e = 0; e < leaf->coords; e++)
			leaf->v[e] += step * leaf->direction[e];
		leaf->ball = leaf->norm == NORM_LINF ? 1 : ball_slack(leaf, 0);
		observe(leaf);
		share = step > 0.9 ? 0.1 : step > 0.5 ? 0.3 : 0.8;
	}
	for (ptrdiff_t i = 0; i < leaf->d; i++)
		delta[i] = 0;
	for (ptrdiff_t e = 0; e < leaf->coords; e++)
		delta[leaf->column[e]] += (real)(leaf->sign[e] * leaf->best[e]);
}
