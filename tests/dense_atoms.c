/* Losses and finite programs of the dense reference. See dense_atoms.h. */
#include "tests/dense_atoms.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { ROWS = 2 * DENSE_ATOMS + 3 * DENSE_N, STEPS = 100 };

const double dense_accuracy = 1e-10;

static bool is(const struct dense *p, const char *loss)
{
	return strcmp(p->loss, loss) == 0;
}

double dense_loss(const struct dense *p, double f, double y)
{
	double r = fabs(f - y), lack = fmax(0, 1 - y * f);

	if (is(p, "squared"))
		return r * r / 2;
	if (is(p, "huber"))
		return r <= p->option ? r * r / 2 : p->option * (r - p->option / 2);
	if (is(p, "hinge"))
		return lack;
	if (is(p, "squared_hinge"))
		return lack * lack / 2;
	assert(is(p, "logistic"));
	return fmax(0, -p->option * y * f) + log1p(exp(-fabs(p->option * y * f)));
}

/* Ends of the domain of the conjugate. */
static void domain(const struct dense *p, double y, double *low, double *high)
{
	double reach = is(p, "huber") ? p->option : HUGE_VAL;

	*low = -reach;
	*high = reach;
	if (is(p, "squared") || is(p, "huber"))
		return;
	reach = is(p, "hinge") ? 1 : (is(p, "logistic") ? p->option : HUGE_VAL);
	*low = y > 0 ? -reach : 0;
	*high = y > 0 ? 0 : reach;
}

static double entropy(double q)
{
	return q > 0 ? q * log(q) : 0;
}

/* l*(a), its slope and curvature */
static double conjugate(const struct dense *p, double y, double a, double *slope, double *curve)
{
	double q = -a * y / p->option;

	*slope = y;
	*curve = 0;
	if (is(p, "hinge"))
		return a * y;
	if (!is(p, "logistic")) {
		*slope = a + y;
		*curve = 1;
		return a * a / 2 + a * y;
	}
	*slope = -y / p->option * (log(q) - log1p(-q));
	*curve = 1 / (p->option * p->option * q * (1 - q));
	return entropy(q) + entropy(1 - q);
}

double dense_output(const struct dense *p, int k, const double *u)
{
	return p->x[k][0] * u[0] + (p->d > 1 ? p->x[k][1] * u[1] : 0);
}

void dense_atoms_add(const struct dense *p, struct dense_atoms *atoms, double u0, double u1)
{
	double u[2] = {u0, u1};
	int j = atoms->count;

	for (int i = 0; i < j; i++)
		if (hypot(atoms->u[i][0] - u0, atoms->u[i][1] - u1) < 1e-14)
			return;
	assert(j < DENSE_ATOMS);
	memcpy(atoms->u[j], u, sizeof u);
	for (int k = 0; k < p->n; k++)
		atoms->phi[j][k] = fmax(0, dense_output(p, k, u));
	atoms->count++;
}

static double dot(int n, const double *a, const double *b)
{
	double sum = 0;

	for (int k = 0; k < n; k++)
		sum += a[k] * b[k];
	return sum;
}

/* Points that one loss is of. */
static int group(const struct dense *p)
{
	return p->corners > 1 ? p->corners : 1;
}

static double sum_of(int n, const double *a)
{
	double sum = 0;

	for (int k = 0; k < n; k++)
		sum += a[k];
	return sum;
}

/* sum l(f) + b |c|_1 at f = sum c_j phi_j; everything here is divided by the weight */
static double primal(const struct dense *p, const struct dense_atoms *atoms, const double *c)
{
	double value = 0;

	for (int first = 0; first < p->n; first += group(p)) {
		double worst = 0;

		for (int k = first; k < first + group(p); k++) {
			double f = 0;

			for (int j = 0; j < atoms->count; j++)
				f += c[j] * atoms->phi[j][k];
			worst = fmax(worst, dense_loss(p, f, p->y[k]));
		}
		value += worst;
	}
	for (int j = 0; j < atoms->count; j++)
		value += p->beta / p->weight * fabs(c[j]);
	return value;
}

double dense_atoms_dual(const struct dense *p, const double *a)
{
	double value = 0, slope, curve;

	for (int k = 0; k < p->n; k += group(p))
		value -= conjugate(p, p->y[k], sum_of(group(p), a + k), &slope, &curve);
	return value;
}

/* min sum l*(a) s.t. G a <= h, slacks s and multipliers z */
struct interior {
	int n, rows;
	double G[ROWS][DENSE_N], h[ROWS], s[ROWS], z[ROWS];
	double a[DENSE_N];
};

static void add_row(struct interior *q, double sign, const double *row, double bound)
{
	for (int k = 0; k < q->n; k++)
		q->G[q->rows][k] = sign * row[k];
	q->h[q->rows++] = bound;
}

/* x = H^-1 g by Cholesky; H is scaled to a unit diagonal first */
static void solve(int n, double (*H)[DENSE_N], const double *g, double *x)
{
	double scale[DENSE_N];

	for (int i = 0; i < n; i++)
		scale[i] = H[i][i] > 0 ? 1 / sqrt(H[i][i]) : 1;
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
			H[i][j] = H[i][j] * scale[i] * scale[j] + (i == j ? 1e-15 : 0);
	for (int i = 0; i < n; i++) {
		for (int j = 0; j <= i; j++) {
			double s = H[i][j] - dot(j, H[i], H[j]);

			H[i][j] = i == j ? sqrt(fmax(s, 1e-30)) : s / H[j][j];
		}
		x[i] = (g[i] * scale[i] - dot(i, H[i], x)) / H[i][i];
	}
	for (int i = n - 1; i >= 0; i--) {
		for (int j = i + 1; j < n; j++)
			x[i] -= H[j][i] * x[j];
		x[i] /= H[i][i];
	}
	for (int i = 0; i < n; i++)
		x[i] *= scale[i];
}

/* A dual point inside: a small step from 0 into the domain. */
static void start(const struct dense *p, const struct dense_atoms *atoms, double *a)
{
	double length = 0.5 * (is(p, "logistic") ? p->option : 1), bound = p->beta / p->weight;

	for (int j = 0; j < atoms->count; j++) {
		double sum = 0;

		for (int k = 0; k < p->n; k++)
			sum += fabs(atoms->phi[j][k]);
		length = sum > 0 ? fmin(length, bound / (2 * sum)) : length;
	}
	for (int k = 0; k < p->n; k++) {
		double low, high;

		domain(p, p->y[k], &low, &high);
		a[k] = low < 0 && high > 0 ? 0 : (low < 0 ? -length : length) / group(p);
	}
}

/* The domain of the loss of the points from k on: of the sum of their slopes, which have one sign.
 */
static void pose_domain(const struct dense *p, int k, struct interior *q)
{
	double low, high, row[DENSE_N] = {0};

	domain(p, p->y[k], &low, &high);
	for (int v = k; v < k + group(p); v++)
		row[v] = 1;
	if (low > -HUGE_VAL)
		add_row(q, -1, row, -low);
	if (high < HUGE_VAL)
		add_row(q, 1, row, high);
	for (int v = k; v < k + group(p) && group(p) > 1; v++) {
		double one[DENSE_N] = {0};

		one[v] = 1;
		add_row(q, p->y[k], one, 0);
	}
}

/* Rows 2 j and 2 j + 1 are those of atom j. */
static void pose(const struct dense *p, const struct dense_atoms *atoms, struct interior *q)
{
	q->n = p->n;
	q->rows = 0;
	for (int j = 0; j < atoms->count; j++) {
		add_row(q, 1, atoms->phi[j], p->beta / p->weight);
		add_row(q, -1, atoms->phi[j], p->beta / p->weight);
	}
	for (int k = 0; k < p->n; k += group(p))
		pose_domain(p, k, q);
	start(p, atoms, q->a);
	for (int i = 0; i < q->rows; i++) {
		q->s[i] = q->h[i] - dot(q->n, q->G[i], q->a);
		q->z[i] = 1 / q->s[i];
	}
}

/* Newton step of grad + G'z = 0, G a + s = h, s z = mu; da, ds, dz */
static void newton(const struct dense *p, const struct interior *q, double mu, double *da,
		   double *ds, double *dz)
{
	double H[DENSE_N][DENSE_N] = {{0}}, g[DENSE_N], slope, curve;

	for (int k = 0; k < q->n; k++) {
		int first = k - k % group(p);

		conjugate(p, p->y[k], sum_of(group(p), q->a + first), &slope, &curve);
		g[k] = -slope;
		for (int l = first; l < first + group(p); l++)
			H[k][l] = curve;
	}
	for (int i = 0; i < q->rows; i++) { /* G a + s = h holds from the start on */
		for (int k = 0; k < q->n; k++) {
			g[k] -= q->G[i][k] * mu / q->s[i];
			for (int l = 0; l < q->n; l++)
				H[k][l] += q->G[i][k] * q->G[i][l] * q->z[i] / q->s[i];
		}
	}
	solve(q->n, H, g, da);
	for (int i = 0; i < q->rows; i++) {
		ds[i] = -dot(q->n, q->G[i], da);
		dz[i] = (mu - q->z[i] * ds[i]) / q->s[i] - q->z[i];
	}
}

/* Longest step, at most 1, that keeps v + step dv above a tenth of a percent of v. */
static double room(int count, const double *v, const double *dv)
{
	double step = 1;

	for (int i = 0; i < count; i++)
		if (dv[i] < 0)
			step = fmin(step, -0.99 * v[i] / dv[i]);
	return step;
}

/* The finite program: a (n), slopes of the loss; its value from above. */
double dense_atoms_solve(const struct dense *p, const struct dense_atoms *atoms, double *a)
{
	static struct interior q;
	double c[DENSE_ATOMS] = {0}, best = primal(p, atoms, c), least = HUGE_VAL;

	pose(p, atoms, &q);
	memcpy(a, q.a, sizeof q.a);
	for (int step = 0; step < STEPS; step++) {
		double da[DENSE_N], ds[ROWS], dz[ROWS], length, value;
		double mu = dot(q.rows, q.s, q.z) / q.rows;

		newton(p, &q, 0.15 * mu, da, ds, dz);
		length = fmin(room(q.rows, q.s, ds), room(q.rows, q.z, dz));
		for (int k = 0; k < q.n; k++)
			q.a[k] += length * da[k];
		for (int i = 0; i < q.rows; i++) {
			q.s[i] += length * ds[i];
			q.z[i] += length * dz[i];
		}
		for (int j = 0; j < atoms->count; j++)
			c[j] = q.z[2 * j + 1] - q.z[2 * j];
		best = fmin(best, primal(p, atoms, c));
		value = best - dense_atoms_dual(p, q.a);
		if (value < least)
			memcpy(a, q.a, sizeof q.a);
		least = fmin(least, value);
		if (least <= dense_accuracy * best || mu < 1e-18 * best)
			break;
	}
	return best;
}
