/* Threats: what options say, resolved; the dual norm with its proximal maps. See threat.h. */
#include "solvers/model/threat.h"

#include "solvers/model/columns.h"
#include "solvers/model/trainer.h"

#include <string.h>
#include <tgmath.h>

const char *const threat_norms[] = {[NORM_LINF] = "linf", [NORM_L2] = "l2", [NORM_L1] = "l1", NULL};
const char *const threat_units[] = {[UNITS_PREPARED] = "prepared", [UNITS_RAW] = "raw", NULL};

/* Relative slack of a box: rounding of the data in single precision. */
static const double box_slack = 1e-4;

enum { NEWTON_STEPS = 100 }; /* of a monotone iteration that squares its error at the end */

/* --- options ---------------------------------------------------------------------------------- */

static bool same_numbers(const struct reals *a, const struct reals *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = !(a->at[i] < b->at[i]) && !(a->at[i] > b->at[i]);
	return same;
}

static bool same_texts(const struct texts *a, const struct texts *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->at[i], b->at[i]) == 0;
	return same;
}

bool threat_same(const struct threat_options *a, const struct threat_options *b)
{
	return a->norm == b->norm && a->units == b->units && same_numbers(&a->clip, &b->clip) &&
	       same_numbers(&a->scale, &b->scale) && same_texts(&a->not_attacked, &b->not_attacked);
}

bool threat_is_plain(const struct threat_options *o)
{
	return o->clip.count == 0 && o->units == UNITS_PREPARED && o->not_attacked.count == 0 &&
	       o->scale.count == 0;
}

/* Those that are named, or the bias. */
static enum status mark_frozen(const struct problem *problem, const struct threat_options *o,
			       const char *what, bool *frozen, struct err *err)
{
	char option[64];

	snprintf(option, sizeof option, "%s%snot_attacked", what, what[0] ? ": " : "");
	if (o->not_attacked.count > 0)
		return columns_mark(problem, option, o->not_attacked, frozen, err);
	if (problem->frozen)
		memcpy(frozen, problem->frozen, (size_t)problem->X.cols * sizeof *frozen);
	return STATUS_OK;
}

/* The factors of all columns but those that are frozen by the data set: 1 for these. */
static enum status apply_factors(const struct problem *problem, const struct threat_options *o,
				 const char *what, real *scale, bool *frozen, struct err *err)
{
	ptrdiff_t d = problem->X.cols, count = 0;

	for (ptrdiff_t j = 0; j < d; j++)
		count += !(problem->frozen && problem->frozen[j]);
	if (o->scale.count == 0)
		return STATUS_OK;
	if ((ptrdiff_t)o->scale.count != count)
		return err_set(
			err, STATUS_SPEC,
			"%s: scale: expected %td numbers, one for each prepared column but the "
			"bias, got %zu",
			what, count, o->scale.count);
	for (ptrdiff_t j = 0, i = 0; j < d; j++) {
		if (problem->frozen && problem->frozen[j])
			continue;
		if (o->scale.at[i] > 0)
			scale[j] *= (real)o->scale.at[i];
		else
			frozen[j] = true;
		i++;
	}
	return STATUS_OK;
}

/* A constant column may have the scale 0: it then counts as it is. */
static double unit_of(const struct problem *problem, const struct threat_options *o, ptrdiff_t j)
{
	bool raw = o->units == UNITS_RAW && problem->raw.scale[j] > 0;

	return raw ? problem->raw.scale[j] : 1;
}

static double shift_of(const struct problem *problem, const struct threat_options *o, ptrdiff_t j)
{
	return o->units == UNITS_RAW ? problem->raw.shift[j] : 0;
}

enum status threat_resolve(const struct problem *problem, const struct threat_options *o,
			   const char *what, struct arena *arena, struct threat *out,
			   struct err *err)
{
	ptrdiff_t d = problem->X.cols;
	bool scaled = o->units == UNITS_RAW || o->scale.count > 0, boxed = o->clip.count == 2;
	bool *frozen = ARENA_ARRAY(arena, bool, d);
	real *scale = ARENA_ARRAY(arena, real, scaled ? d : 0);
	real *lower = ARENA_ARRAY(arena, real, boxed ? d : 0);
	real *upper = ARENA_ARRAY(arena, real, boxed ? d : 0);

	*out = (struct threat){.norm = (enum norm)o->norm,
			       .eps = o->eps,
			       .d = d,
			       .scale = scaled ? scale : NULL,
			       .lower = boxed ? lower : NULL,
			       .upper = boxed ? upper : NULL,
			       .frozen = frozen};
	if (arena_counts(arena))
		return STATUS_OK;
	TRY(mark_frozen(problem, o, what, frozen, err));
	if (o->units == UNITS_RAW) {
		const struct raw_columns *raw = &problem->raw;

		if (raw->mixing || !raw->scale)
			return err_set(err, STATUS_SPEC,
				       "%s: units: raw needs steps of prepare that act column by "
				       "column, but "
				       "the stage \"%s\" mixes columns",
				       what, raw->mixing ? raw->mixing : "unknown");
		for (ptrdiff_t j = 0; j < problem->X.cols; j++)
			if (!isfinite(raw->scale[j]))
				return err_set(err, STATUS_SPEC,
					       "%s: units: raw needs columns that prepare scales "
					       "by a finite "
					       "factor, unlike column %td",
					       what, j);
	}
	for (ptrdiff_t j = 0; scaled && j < d; j++)
		scale[j] = (real)unit_of(problem, o, j);
	if (scaled)
		TRY(apply_factors(problem, o, what, scale, frozen, err));
	for (ptrdiff_t j = 0; boxed && j < d; j++) {
		double shift = shift_of(problem, o, j);
		double factor = scaled ? (double)scale[j] / unit_of(problem, o, j) : 1;

		lower[j] = (real)(frozen[j] ? -HUGE_VAL : (o->clip.at[0] - shift) / factor);
		upper[j] = (real)(frozen[j] ? HUGE_VAL : (o->clip.at[1] - shift) / factor);
	}
	return STATUS_OK;
}

enum status threat_check_box(const struct threat *threat, const struct problem *problem,
			     const struct threat_options *o, const char *part, const char *option,
			     struct err *err)
{
	double low, high, slack;

	if (o->clip.count != 2)
		return STATUS_OK;
	low = o->clip.at[0];
	high = o->clip.at[1];
	slack = box_slack * (high - low);
	for (ptrdiff_t j = 0; j < problem->X.cols; j++)
		for (ptrdiff_t k = 0; k < problem->X.rows && !threat_frozen(threat, j); k++) {
			double x = (double)mat_get(problem->X, k, j) / unit_of(problem, o, j) +
				   shift_of(problem, o, j);

			if (x < low - slack || x > high + slack)
				return err_set(
					err, STATUS_SPEC,
					"%s [%g, %g] excludes %s sample %td, feature %td: %g",
					option, low, high, part, k, j, x);
		}
	return STATUS_OK;
}

double threat_reach(const struct threat *threat)
{
	double most = 0, sum = 0;

	for (ptrdiff_t j = 0; j < threat->d; j++) {
		double s = threat_frozen(threat, j) ? 0 : (double)threat_scale(threat, j);

		sum += s * s;
		most = fmax(most, s * s);
	}
	if (!(most > 0))
		return 1;
	return threat->norm == NORM_LINF ? sum : most;
}

/* --- the dual norm ---------------------------------------------------------------------------- */

/* The end of the attacked columns that begin at `first`: loops over such runs have no mask. */
static ptrdiff_t run_end(const struct threat *t, ptrdiff_t first)
{
	const bool *stop = t->frozen ? memchr(t->frozen + first, 1, (size_t)(t->d - first)) : NULL;

	return stop ? stop - t->frozen : t->d;
}

/* s_j |c_j|, 0 where frozen */
static double part_of(const struct threat *t, const real *c, ptrdiff_t j)
{
	return threat_frozen(t, j) ? 0 : (double)threat_scale(t, j) * fabs((double)c[j]);
}

static double sum_of(const struct threat *t, const real *c)
{
	double sum = 0;

	for (ptrdiff_t j = 0; t->scale && j < t->d; j++)
		sum += part_of(t, c, j);
	for (ptrdiff_t first = 0, end; !t->scale && first < t->d; first = end + 1) {
		end = run_end(t, first);
#pragma omp simd reduction(+ : sum)
		for (ptrdiff_t j = first; j < end; j++)
			sum += (double)fabs(c[j]);
	}
	return sum;
}

static double length_of(const struct threat *t, const real *c)
{
	double square = 0;

	for (ptrdiff_t j = 0; j < t->d; j++)
		square += part_of(t, c, j) * part_of(t, c, j);
	return sqrt(square);
}

static double largest_of(const struct threat *t, const real *c)
{
	double largest = 0;

	for (ptrdiff_t j = 0; j < t->d; j++)
		largest = fmax(largest, part_of(t, c, j));
	return largest;
}

double threat_dual(const struct threat *threat, const real *c)
{
	static double (*const values[])(const struct threat *, const real *) = {
		[NORM_LINF] = sum_of, [NORM_L2] = length_of, [NORM_L1] = largest_of};

	return values[threat->norm](threat, c);
}

void threat_dual_slope(const struct threat *threat, const real *c, double t, real *g)
{
	double size = threat_dual(threat, c);

	for (ptrdiff_t j = 0; j < threat->d; j++) {
		double s = (double)threat_scale(threat, j), v = (double)c[j];
		double sign = v > 0 ? s : v < 0 ? -s : 0;

		if (threat_frozen(threat, j) || !(size > 0))
			continue;
		if (threat->norm == NORM_LINF)
			g[j] += (real)(t * sign);
		else if (threat->norm == NORM_L2)
			g[j] += (real)(t * s * s * v / size);
		else if (!(part_of(threat, c, j) < size)) {
			g[j] += (real)(t * sign);
			return;
		}
	}
}

/* out = soft threshold of v by t; |out|_1 */
static double soften(ptrdiff_t count, real t, const real *v, real *out)
{
	double sum = 0;

#pragma omp simd reduction(+ : sum)
	for (ptrdiff_t j = 0; j < count; j++) {
		real rest = fabs(v[j]) - t;

		rest = rest > 0 ? rest : 0;
		sum += (double)rest;
		out[j] = copysign(rest, v[j]);
	}
	return sum;
}

/* The same by t s; |s o out|_1. */
static double soften_scaled(ptrdiff_t count, real t, const real *s, const real *v, real *out)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < count; j++)
		sum += (double)s[j] * soften(1, t * s[j], v + j, out + j);
	return sum;
}

/* Soft threshold; |s o out|_1. */
static double prox_sum(const struct threat *p, double t, const real *v, real *out)
{
	double sum = 0;

	for (ptrdiff_t first = 0, end; first < p->d; first = end + 1) {
		end = run_end(p, first);
		sum += p->scale ? soften_scaled(end - first, (real)t, p->scale + first, v + first,
						out + first)
				: soften(end - first, (real)t, v + first, out + first);
		if (end < p->d)
			out[end] = v[end];
	}
	return sum;
}

/* lambda >= 0 with sum_j (s_j v_j / (s_j^2 + lambda))^2 = t^2, |s^-1 o v|_2 > t: Newton's method on
 * 1 / t - 1 / sqrt(sum), which is concave and increases, from the left. */
static double multiplier_of(const struct threat *p, double t, const real *v)
{
	double lambda = 0;

	for (int step = 0; step < NEWTON_STEPS; step++) {
		double sum = 0, fall = 0, size, next;

		for (ptrdiff_t j = 0; j < p->d; j++) {
			double s = (double)threat_scale(p, j), below = s * s + lambda;
			double part = threat_frozen(p, j) ? 0 : s * (double)v[j] / below;

			sum += part * part;
			fall += part * part / below;
		}
		size = sqrt(sum);
		next = lambda + (size - t) / t * sum / fall;
		if (!(next > lambda))
			break;
		lambda = next;
	}
	return lambda;
}

/* Shrink towards zero; |s o out|_2. */
static double prox_length(const struct threat *p, double t, const real *v, real *out)
{
	double length, keep;

	if (p->scale) {
		double inside = 0;
		double lambda;

		/* v less its projection on |g / s|_2 <= t: g_j = v_j s_j^2 / (s_j^2 + lambda). */
		for (ptrdiff_t j = 0; j < p->d; j++)
			inside += threat_frozen(p, j)
					  ? 0
					  : pow((double)v[j] / (double)threat_scale(p, j), 2);
		lambda = t > 0 && sqrt(inside) > t ? multiplier_of(p, t, v) : 0;
		for (ptrdiff_t j = 0; j < p->d; j++) {
			double s = (double)threat_scale(p, j), left = lambda / (s * s + lambda);

			left = t > 0 ? left : 1;
			out[j] = threat_frozen(p, j) ? v[j] : (real)(left * (double)v[j]);
		}
		return length_of(p, out);
	}
	length = length_of(p, v);
	keep = length > t ? 1 - t / length : 0;
	for (ptrdiff_t j = 0; j < p->d; j++)
		out[j] = threat_frozen(p, j) ? v[j] : (real)(keep * (double)v[j]);
	return keep * length;
}

/* The level L >= 0 of sum_j (|v_j| - L / s_j)_+ / s_j = t, 0 if the sum is less: Newton's method
 * from below, exact once no column falls under the level any more (Michelot 1986). */
static double level_of(const struct threat *p, double t, const real *v)
{
	double level = 0, next = 0;

	do {
		double sum = -t, count = 0;

		level = next;
		for (ptrdiff_t j = 0; j < p->d; j++) {
			double s = (double)threat_scale(p, j), size = fabs((double)v[j]);
			bool above = !threat_frozen(p, j) && s * size > level;

			sum += above ? size / s : 0;
			count += above ? 1 / (s * s) : 0;
		}
		next = count > 0 ? sum / count : 0;
	} while (next > level);
	return level;
}

/* Clip at the level, in units of s, where the clipped part adds up to t; |s o out|_inf. */
static double prox_largest(const struct threat *p, double t, const real *v, real *out)
{
	double level = level_of(p, t, v);

	for (ptrdiff_t j = 0; j < p->d; j++) {
		real top = (real)(level / (double)threat_scale(p, j));
		real low = v[j] > top ? top : v[j], clipped = low < -top ? -top : low;

		out[j] = threat_frozen(p, j) ? v[j] : clipped;
	}
	return level;
}

double threat_prox(const struct threat *threat, double t, const real *v, real *out)
{
	static double (*const maps[])(const struct threat *, double, const real *, real *) = {
		[NORM_LINF] = prox_sum, [NORM_L2] = prox_length, [NORM_L1] = prox_largest};

	return maps[threat->norm](threat, t, v, out);
}

/* Of |c|_1 over `count` attacked columns: the gradient is c / mu clipped to [-1, 1]. */
static double envelope_run(double mu, ptrdiff_t count, real *restrict c, double *value)
{
	real width = (real)mu, scale = (real)(1 / mu), sum = 0, smooth = 0;

#pragma omp simd reduction(+ : sum, smooth)
	for (ptrdiff_t j = 0; j < count; j++) {
		real floored = c[j] > -width ? c[j] : -width;
		real gap = floored < width ? floored : width, size = fabs(c[j]);

		sum += size;
		smooth += size - fabs(gap) + gap * gap * scale / 2;
		c[j] = gap * scale;
	}
	*value += (double)sum;
	return (double)smooth;
}

/* Of |s o c|_1: s_j times the envelope of |c_j| over mu s_j. */
static double envelope_scaled(double mu, ptrdiff_t count, const real *s, real *c, double *value)
{
	double smooth = 0;

	for (ptrdiff_t j = 0; j < count; j++) {
		double unit = (double)s[j], size = 0;

		smooth += unit * envelope_run(mu * unit, 1, c + j, &size);
		c[j] *= s[j];
		*value += unit * size;
	}
	return smooth;
}

/* Run by run between frozen columns, so that the passes have no mask. */
static double envelope_sum(const struct threat *p, double mu, real *c, double *value)
{
	double smooth = 0;

	*value = 0;
	for (ptrdiff_t first = 0, end; first < p->d; first = end + 1) {
		end = run_end(p, first);
		smooth += p->scale ? envelope_scaled(mu, end - first, p->scale + first, c + first,
						     value)
				   : envelope_run(mu, end - first, c + first, value);
		if (end < p->d)
			c[end] = 0;
	}
	return smooth;
}

double threat_envelope(const struct threat *threat, double mu, real *c, real *spare, double *value)
{
	real scale = (real)(1 / mu);
	double size, square = 0;

	if (threat->norm == NORM_LINF)
		return envelope_sum(threat, mu, c, value);
	*value = threat_dual(threat, c);
	size = threat_prox(threat, mu, c, spare);
	for (ptrdiff_t j = 0; j < threat->d; j++) {
		real gap = c[j] - spare[j];

		square += (double)gap * (double)gap;
		c[j] = gap * scale;
	}
	return size + square / (2 * mu);
}

double threat_distance(const struct threat *threat, double radius, const real *v, real *scratch)
{
	double square = 0;

	threat_prox(threat, radius, v, scratch);
	for (ptrdiff_t j = 0; j < threat->d; j++)
		square += (double)scratch[j] * (double)scratch[j];
	return sqrt(square);
}

struct threat threat_polar(const struct threat *threat, struct arena *arena)
{
	/* linf and l1 are dual to each other, l2 to itself */
	static const enum norm duals[] = {
		[NORM_LINF] = NORM_L1, [NORM_L2] = NORM_L2, [NORM_L1] = NORM_LINF};
	struct threat polar = *threat;
	real *inverse = ARENA_ARRAY(arena, real, threat->scale ? threat->d : 0);

	polar.norm = duals[threat->norm];
	for (ptrdiff_t j = 0; threat->scale && !arena_counts(arena) && j < threat->d; j++)
		inverse[j] = 1 / threat->scale[j];
	polar.scale = threat->scale ? inverse : NULL;
	return polar;
}
