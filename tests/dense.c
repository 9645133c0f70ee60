/* Dense reference for tiny training problems: directions, and the generation of columns. See
 * dense.h. */
#include "tests/dense.h"

#include "tests/dense_atoms.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

enum { ARCS = 4 * DENSE_N, ROUNDS = 60 };

static const double PI = 3.14159265358979323846;

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

/* Whether a neuron has one sign on all points that one loss is of. */
static bool keeps_signs(const struct dense *p, const double *u)
{
	for (int first = 0; first < p->n && p->corners > 1; first += p->corners) {
		double low = HUGE_VAL, high = -HUGE_VAL, size = 0;

		for (int k = first; k < first + p->corners; k++) {
			low = fmin(low, dense_output(p, k, u));
			high = fmax(high, dense_output(p, k, u));
			size = fmax(size, hypot(p->x[k][0], p->x[k][1]));
		}
		if (low < -1e-12 * size && high > 1e-12 * size)
			return false;
	}
	return true;
}

/* Whether a direction lies in the cone of one of the patterns; NULL admits all. */
static bool admitted(const struct dense *p, int count, const bool (*active)[DENSE_N],
		     const double *u)
{
	if (!active)
		return keeps_signs(p, u);
	for (int i = 0; i < count; i++) {
		bool inside = true;

		for (int k = 0; k < p->n; k++) {
			double s = dense_output(p, k, u), size = hypot(p->x[k][0], p->x[k][1]);

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

static void add_angle(const struct dense *p, struct dense_atoms *atoms, double angle)
{
	if (p->d == 1)
		dense_atoms_add(p, atoms, cos(angle) > 0 ? 1 : -1, 0);
	else
		dense_atoms_add(p, atoms, cos(angle), sin(angle));
}

/* |a'relu(X u)| at an angle */
static double strength(const struct dense *p, const double *a, double angle)
{
	double u[2] = {cos(angle), sin(angle)}, sum = 0;

	for (int k = 0; k < p->n; k++)
		sum += a[k] * fmax(0, dense_output(p, k, u));
	return fabs(sum);
}

/* The angle of an arc at which a'relu(X u) = g'u is largest in size. */
static double strongest(const struct dense *p, const double *a, double first, double last)
{
	double middle = (first + last) / 2, u[2] = {cos(middle), sin(middle)}, g[2] = {0}, best, at;

	for (int k = 0; k < p->n; k++)
		if (dense_output(p, k, u) > 0) {
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
		       struct dense_atoms *atoms)
{
	double largest = 0, bound = p->beta / p->weight;

	for (int i = 0; i < arcs->count; i++) {
		double at = strongest(p, a, arcs->first[i], arcs->last[i]);
		double here = strength(p, a, at);

		largest = fmax(largest, here);
		if (here > bound * (1 + dense_accuracy) && atoms->count < DENSE_ATOMS)
			add_angle(p, atoms, at);
	}
	return largest;
}

static struct dense_value solve_arcs(const struct dense *p, const struct arcs *arcs)
{
	static struct dense_atoms atoms;
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

		value.upper = fmin(value.upper, dense_atoms_solve(p, &atoms, a));
		largest = generate(p, arcs, a, &atoms);
		for (int k = 0; k < p->n; k++)
			a[k] *= largest > bound ? bound / largest : 1;
		value.lower = fmax(value.lower, dense_atoms_dual(p, a));
		if (value.upper - value.lower <= 10 * dense_accuracy * value.upper ||
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
	static struct dense_atoms atoms;
	double a[DENSE_N], upper;

	atoms.count = 0;
	for (int i = 0; i < count; i++)
		dense_atoms_add(p, &atoms, u[i][0], p->d > 1 ? u[i][1] : 0);
	upper = dense_atoms_solve(p, &atoms, a);
	return (struct dense_value){upper * p->weight, dense_atoms_dual(p, a) * p->weight};
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
			active[count][k] = dense_output(p, k, u) >= 0;
		count++;
	}
	return count;
}
