/* Dense reference for tiny training problems. See dense.h. */
#include "tests/dense.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { ATOMS = 400, ROWS = 2 * (ATOMS + DENSE_N), ARCS = 4 * DENSE_N, ROUNDS = 60, STEPS = 100 };

static const double PI = 3.14159265358979323846, ACCURACY = 1e-10;

/* --- losses ------------------------------------------------------------------------------------
 */

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

/* --- the finite program ------------------------------------------------------------------------
 */

struct atoms {
	int count;
	double u[ATOMS][2], phi[ATOMS][DENSE_N];
};

static double output(const struct dense *p, int k, const double *u)
{
	return p->x[k][0] * u[0] + (p->d > 1 ? p->x[k][1] * u[1] : 0);
}

static void add_atom(const struct dense *p, struct atoms *atoms, double u0, double u1)
{
	double u[2] = {u0, u1};
	int j = atoms->count;

	for (int i = 0; i < j; i++)
		if (hypot(atoms->u[i][0] - u0, atoms->u[i][1] - u1) < 1e-14)
			return;
	assert(j < ATOMS);
	memcpy(atoms->u[j], u, sizeof u);
	for (int k = 0; k < p->n; k++)
		atoms->phi[j][k] = fmax(0, output(p, k, u));
	atoms->count++;
}

static double dot(int n, const double *a, const double *b)
{
	double sum = 0;

	for (int k = 0; k < n; k++)
		sum += a[k] * b[k];
	return sum;
}

/* sum l(f) + b |c|_1 at f = sum c_j phi_j; everything here is divided by the weight */
static double primal(const struct dense *p, const struct atoms *atoms, const double *c)
{
	double value = 0;

	for (int k = 0; k < p->n; k++) {
		double f = 0;

		for (int j = 0; j < atoms->count; j++)
			f += c[j] * atoms->phi[j][k];
		value += dense_loss(p, f, p->y[k]);
	}
	for (int j = 0; j < atoms->count; j++)
		value += p->beta / p->weight * fabs(c[j]);
	return value;
}

static double dual(const struct dense *p, const double *a)
{
	double value = 0, slope, curve;

	for (int k = 0; k < p->n; k++)
		value -= conjugate(p, p->y[k], a[k], &slope, &curve);
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
static void start(const struct dense *p, const struct atoms *atoms, double *a)
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
		a[k] = low < 0 && high > 0 ? 0 : (low < 0 ? -length : length);
	}
}

/* Rows 2 j and 2 j + 1 are those of atom j. */
static void pose(const struct dense *p, const struct atoms *atoms, struct interior *q)
{
	q->n = p->n;
	q->rows = 0;
	for (int j = 0; j < atoms->count; j++) {
		add_row(q, 1, atoms->phi[j], p->beta / p->weight);
		add_row(q, -1, atoms->phi[j], p->beta / p->weight);
	}
	for (int k = 0; k < p->n; k++) {
		double low, high, one[DENSE_N] = {0};

		one[k] = 1;
		domain(p, p->y[k], &low, &high);
		if (low > -HUGE_VAL)
			add_row(q, -1, one, -low);
		if (high < HUGE_VAL)
			add_row(q, 1, one, high);
	}
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
		conjugate(p, p->y[k], q->a[k], &slope, &curve);
		g[k] = -slope;
		H[k][k] = curve;
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
static double solve_atoms(const struct dense *p, const struct atoms *atoms, double *a)
{
	static struct interior q;
	double c[ATOMS] = {0}, best = primal(p, atoms, c), least = HUGE_VAL;

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
		value = best - dual(p, q.a);
		if (value < least)
			memcpy(a, q.a, sizeof q.a);
		least = fmin(least, value);
		if (least <= ACCURACY * best || mu < 1e-18 * best)
			break;
	}
	return best;
}

/* --- directions --------------------------------------------------------------------------------
 */

struct arcs { /* of admitted directions, angles ascending; first = last: a ray */
	int count;
	double first[ARCS], last[ARCS];
};

static int zeros(const struct dense *p, double *angle)
{
	int count = 0;

	for (int k = 0; k < p->n; k++)
		if (fabs(p->x[k][0]) > 0 || fabs(p->x[k][1]) > 0) {
			double at = atan2(p->x[k][1], p->x[k][0]);

			angle[count++] = fmod(at + PI / 2 + 2 * PI, 2 * PI);
			angle[count++] = fmod(at + 3 * PI / 2 + 2 * PI, 2 * PI);
		}
	for (int i = 1; i < count; i++)
		for (int j = i; j > 0 && angle[j] < angle[j - 1]; j--) {
			double swap = angle[j];

			angle[j] = angle[j - 1];
			angle[j - 1] = swap;
		}
	return count;
}

/* Whether a direction lies in the cone of one of the patterns; NULL admits all. */
static bool admitted(const struct dense *p, int count, const bool (*active)[DENSE_N],
		     const double *u)
{
	if (!active)
		return true;
	for (int i = 0; i < count; i++) {
		bool inside = true;

		for (int k = 0; k < p->n; k++) {
			double s = output(p, k, u), size = hypot(p->x[k][0], p->x[k][1]);

			inside &= (active[i][k] ? s : -s) >= -1e-12 * size;
		}
		if (inside)
			return true;
	}
	return false;
}

static void add_arc(const struct dense *p, struct arcs *arcs, double first, double last, int count,
		    const bool (*active)[DENSE_N])
{
	double middle = (first + last) / 2, u[2] = {cos(middle), sin(middle)};

	if (!admitted(p, count, active, u))
		return;
	assert(arcs->count < ARCS);
	arcs->first[arcs->count] = first;
	arcs->last[arcs->count++] = last;
}

/* Arcs between neighbouring zeros, and the zeros as rays; in one dimension the two rays. */
static struct arcs arcs_of(const struct dense *p, int count, const bool (*active)[DENSE_N])
{
	double angle[2 * DENSE_N + 1];
	int most = p->d > 1 ? zeros(p, angle) : 0;
	struct arcs arcs = {0};

	if (p->d == 1) {
		add_arc(p, &arcs, 0, 0, count, active);
		add_arc(p, &arcs, PI, PI, count, active);
		return arcs;
	}
	for (int i = 0; i < most; i++) {
		double next = i + 1 < most ? angle[i + 1] : angle[0] + 2 * PI;

		add_arc(p, &arcs, angle[i], angle[i], count, active);
		if (next - angle[i] > 1e-12)
			add_arc(p, &arcs, angle[i], next, count, active);
	}
	return arcs;
}

static void add_angle(const struct dense *p, struct atoms *atoms, double angle)
{
	if (p->d == 1)
		add_atom(p, atoms, cos(angle) > 0 ? 1 : -1, 0);
	else
		add_atom(p, atoms, cos(angle), sin(angle));
}

/* |a'relu(X u)| at an angle */
static double strength(const struct dense *p, const double *a, double angle)
{
	double u[2] = {cos(angle), sin(angle)}, sum = 0;

	for (int k = 0; k < p->n; k++)
		sum += a[k] * fmax(0, output(p, k, u));
	return fabs(sum);
}

/* The angle of an arc at which a'relu(X u) = g'u is largest in size. */
static double strongest(const struct dense *p, const double *a, double first, double last)
{
	double middle = (first + last) / 2, u[2] = {cos(middle), sin(middle)}, g[2] = {0}, best, at;

	for (int k = 0; k < p->n; k++)
		if (output(p, k, u) > 0) {
			g[0] += a[k] * p->x[k][0];
			g[1] += a[k] * p->x[k][1];
		}
	at = strength(p, a, first) > strength(p, a, last) ? first : last;
	best = strength(p, a, at);
	for (int half = -2; half <= 6; half++) {
		double peak = atan2(g[1], g[0]) + half * PI;

		if (peak > first && peak < last && strength(p, a, peak) > best) {
			best = strength(p, a, peak);
			at = peak;
		}
	}
	return at;
}

/* Add the best direction of each arc that breaks the constraint; the largest |a'relu(X u)|. */
static double generate(const struct dense *p, const struct arcs *arcs, const double *a,
		       struct atoms *atoms)
{
	double largest = 0, bound = p->beta / p->weight;

	for (int i = 0; i < arcs->count; i++) {
		double at = strongest(p, a, arcs->first[i], arcs->last[i]);
		double here = strength(p, a, at);

		largest = fmax(largest, here);
		if (here > bound * (1 + ACCURACY) && atoms->count < ATOMS)
			add_angle(p, atoms, at);
	}
	return largest;
}

static struct dense_value solve_arcs(const struct dense *p, const struct arcs *arcs)
{
	static struct atoms atoms;
	struct dense_value value = {HUGE_VAL, -HUGE_VAL};
	double bound = p->beta / p->weight;

	atoms.count = 0;
	for (int i = 0; i < arcs->count; i++) {
		add_angle(p, &atoms, arcs->first[i]);
		add_angle(p, &atoms, (arcs->first[i] + arcs->last[i]) / 2);
		add_angle(p, &atoms, arcs->last[i]);
	}
	for (int round = 0; round < ROUNDS; round++) {
		double a[DENSE_N], largest;
		int before = atoms.count;

		value.upper = fmin(value.upper, solve_atoms(p, &atoms, a));
		largest = generate(p, arcs, a, &atoms);
		for (int k = 0; k < p->n; k++)
			a[k] *= largest > bound ? bound / largest : 1;
		value.lower = fmax(value.lower, dual(p, a));
		if (value.upper - value.lower <= 10 * ACCURACY * value.upper ||
		    atoms.count == before)
			break;
	}
	return (struct dense_value){value.upper * p->weight, value.lower * p->weight};
}

struct dense_value dense_all(const struct dense *p)
{
	struct arcs arcs = arcs_of(p, 0, NULL);

	return solve_arcs(p, &arcs);
}

struct dense_value dense_patterns(const struct dense *p, int count, const bool (*active)[DENSE_N])
{
	struct arcs arcs = arcs_of(p, count, active);

	return solve_arcs(p, &arcs);
}

struct dense_value dense_directions(const struct dense *p, int count, const double (*u)[2])
{
	static struct atoms atoms;
	double a[DENSE_N], upper;

	atoms.count = 0;
	for (int i = 0; i < count; i++)
		add_atom(p, &atoms, u[i][0], p->d > 1 ? u[i][1] : 0);
	upper = solve_atoms(p, &atoms, a);
	return (struct dense_value){upper * p->weight, dual(p, a) * p->weight};
}

int dense_cells(const struct dense *p, bool (*active)[DENSE_N], int room)
{
	struct arcs arcs = arcs_of(p, 0, NULL);
	int count = 0;

	for (int i = 0; i < arcs.count && count < room; i++) {
		double middle = (arcs.first[i] + arcs.last[i]) / 2;
		double u[2] = {cos(middle), sin(middle)};

		if (p->d > 1 && !(arcs.last[i] > arcs.first[i]))
			continue;
		for (int k = 0; k < p->n; k++)
			active[count][k] = output(p, k, u) >= 0;
		count++;
	}
	return count;
}
