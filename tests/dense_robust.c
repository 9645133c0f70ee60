/* Robust programs of the dense reference, by nested golden sections. See dense.h. */
#include "tests/dense_atoms.h"

#include <math.h>
#include <string.h>

struct dense_value dense_robust(const struct dense *p, int q, double eps)
{
	static const double corners[][DENSE_CORNERS][2] = {{{1, 0}, {0, 1}, {-1, 0}, {0, -1}},
							   {{1, 1}, {1, -1}, {-1, 1}, {-1, -1}}};
	struct dense points = *p;
	int each = p->d > 1 ? DENSE_CORNERS : 2;

	points.corners = each;
	points.n = p->n * each;
	for (int k = 0; k < points.n; k++) {
		const double *x = p->x[k / each], *step = corners[q][k % each];

		points.y[k] = p->y[k / each];
		points.x[k][0] = x[0] + eps * (p->d > 1 ? step[0] : 1 - 2 * (k % 2));
		points.x[k][1] = p->d > 1 ? x[1] + eps * step[1] : 0;
	}
	return dense_all(&points);
}

struct line { /* of a convex function of one or two numbers */
	const struct dense *p;
	int q;
	double eps, reach, fixed;
	int side;
};

/* Least value of `f` on [-reach, reach] by golden sections; 0 is a likely kink. */
static double least(double (*f)(const struct line *line, double at), const struct line *line)
{
	double ratio = (sqrt(5) - 1) / 2, low = -line->reach, high = line->reach, best = f(line, 0);
	double left = high - ratio * (high - low), right = low + ratio * (high - low);
	double at_left = f(line, left), at_right = f(line, right);

	for (int step = 0; step < 80; step++) {
		best = fmin(best, fmin(at_left, at_right));
		if (at_left <= at_right) {
			high = right;
			right = left;
			at_right = at_left;
			left = high - ratio * (high - low);
			at_left = f(line, left);
		} else {
			low = left;
			left = right;
			at_left = at_right;
			right = low + ratio * (high - low);
			at_right = f(line, right);
		}
	}
	return best;
}

static double norm(int q, double v0, double v1)
{
	if (q == 0)
		return fmax(fabs(v0), fabs(v1));
	return q == 1 ? fabs(v0) + fabs(v1) : hypot(v0, v1);
}

static double zero_objective(const struct dense *p)
{
	double sum = 0;

	for (int k = 0; k < p->n; k++)
		sum += p->weight * dense_loss(p, 0, p->y[k]);
	return sum;
}

static double linear_at(const struct line *line, double at)
{
	const struct dense *p = line->p;
	double w[2] = {line->fixed, at}, value = 2 * p->beta * hypot(w[0], w[1]);

	for (int k = 0; k < p->n; k++) {
		double f = dense_output(p, k, w) - p->y[k] * line->eps * norm(line->q, w[0], w[1]);

		value += p->weight * dense_loss(p, f, p->y[k]);
	}
	return value;
}

static double linear_inner(const struct line *line, double at)
{
	struct line inner = *line;

	inner.fixed = at;
	return line->p->d > 1 ? least(linear_at, &inner) : linear_at(&inner, 0);
}

double dense_linear(const struct dense *p, int q, double eps)
{
	struct line line = {.p = p, .q = q, .eps = eps};

	line.reach = zero_objective(p) / (2 * p->beta);
	return least(linear_inner, &line);
}

/* Losses of targets grow on either side of them. */
static bool targets(const struct dense *p)
{
	return strcmp(p->loss, "squared") == 0 || strcmp(p->loss, "huber") == 0;
}

/* Of the samples on one side of 0. */
static double side_at(const struct line *line, double c)
{
	const struct dense *p = line->p;
	double value = p->beta * fabs(c);

	for (int k = 0; k < p->n; k++) {
		double x = p->x[k][0], y = p->y[k], f = x * c - y * line->eps * fabs(c);

		if (!(line->side * x > 0))
			continue;
		if (targets(p))
			f = y + fabs(x * c - y) + line->eps * fabs(c);
		value += p->weight * dense_loss(p, f, y);
	}
	return value;
}

double dense_robust_line(const struct dense *p, double eps)
{
	struct line line = {.p = p, .eps = eps, .reach = zero_objective(p) / p->beta};
	double value = 0;

	for (int k = 0; k < p->n; k++) {
		if (fabs(p->x[k][0]) < eps) /* no sign is safe for it: there is no neuron */
			return zero_objective(p);
		if (!(fabs(p->x[k][0]) > 0))
			value += p->weight * dense_loss(p, 0, p->y[k]);
	}
	for (line.side = -1; line.side <= 1; line.side += 2)
		value += least(side_at, &line);
	return value;
}
