/* A threat: what an adversary may do to a point, declared once for training, attacks, patterns and
 * certificates.
 *
 *     x + s o delta,   |delta|_p <= eps,   delta_j = 0 where frozen,   and a box
 *
 * s is the unit of each column: 1, or that of the raw column before `prepare`, times a factor of
 * its own. The box is meant in the coordinates z = x / s, which the steps of `prepare` may have
 * shifted, and is widened to hold the clean point. Attacks and certificates work in z, with network
 * and points moved there by their caller; trainers, whose weight decay is about x, use s.
 *
 * A perturbation changes x'c by at most eps |s o c|_q, 1/p + 1/q = 1: that norm over the attacked
 * columns, `dual` below, its proximal map and its distance are what robust programs are made of. */
#ifndef MODEL_THREAT_H
#define MODEL_THREAT_H

#include "solvers/core/arena.h"
#include "solvers/core/option.h"
#include "solvers/core/real.h"
#include "solvers/core/status.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

enum norm { NORM_LINF, NORM_L2, NORM_L1 };
enum { UNITS_PREPARED, UNITS_RAW };

extern const char *const threat_norms[]; /* "linf", "l2", "l1", NULL */
extern const char *const threat_units[]; /* "prepared", "raw", NULL */

struct threat {
	enum norm norm;
	double eps; /* >= 0 */
	ptrdiff_t d;
	const real *scale;  /* d: s > 0; NULL: 1 */
	const real *lower;  /* d: box of x / s, or NULL */
	const real *upper;  /* d, or NULL */
	const bool *frozen; /* d, or NULL: columns that cannot be touched (a bias) */
};

/* --- as options say it ------------------------------------------------------------------------ */

struct threat_options {
	long norm; /* enum norm */
	double eps;
	struct reals clip; /* empty, or lower and upper end */
	long units;        /* of eps and clip */
	struct texts not_attacked;
	struct reals scale; /* empty, or one for each column but the bias */
};

/* Rows of the member `threat` of an options struct: its norm, its radius, and the rest, of which
 * `old_` are those that keys of records have always named (THREAT_OLD_...). `no_clip_`: why the
 * method takes no box, or NULL. */
#define THREAT_NORM(structure_, names_)                                                           \
	{                                                                                         \
		OPTION_AS("norm", structure_, threat.norm), .initial = "linf", .names = (names_), \
							    .doc = "norm of the ball"             \
	}

#define THREAT_EPS(structure_, initial_)                                                          \
	{                                                                                         \
		OPTION_AS("eps", structure_, threat.eps), .initial = (initial_),                  \
							  .range = RANGE_FROM(0),                 \
							  .doc = "radius of the ball, in `units`" \
	}

enum { THREAT_OLD_CLIP = 1, THREAT_OLD_UNITS = 2, THREAT_OLD_NOT_ATTACKED = 4 };

#define THREAT_REST(structure_, no_clip_, old_)                                                  \
	{OPTION_AS("clip", structure_, threat.clip),                                             \
	 .initial = "null",                                                                      \
	 .shape = LIST_INTERVAL,                                                                 \
	 .refused = (no_clip_),                                                                  \
	 .later = !((old_)&THREAT_OLD_CLIP),                                                     \
	 .doc = "lower and upper end of the box that attacked points stay in, in `units`"},      \
		{OPTION_AS("units", structure_, threat.units), .initial = "prepared",            \
		 .names = threat_units, .later = !((old_)&THREAT_OLD_UNITS),                     \
		 .doc = "features that eps and clip refer to: prepared, or raw"},                \
		{OPTION_AS("not_attacked", structure_, threat.not_attacked), .initial = "null",  \
		 .later = !((old_)&THREAT_OLD_NOT_ATTACKED),                                     \
		 .doc = "columns that cannot be perturbed: names of prepared columns, such as "  \
			"those of a CSV header or bias, numbers from 0 on, or last; unset: the " \
			"bias that prepare has added"},                                          \
	{                                                                                        \
		OPTION_AS("scale", structure_, threat.scale),                                    \
			.initial = "null", .later = true, .range = RANGE_FROM(0),                \
			.doc = "factors of eps, one for each prepared column but the bias that " \
			       "prepare has added; 0: not attacked; unset: 1"                    \
	}

struct problem;

/* The threat on the columns of `problem`: names, raw units and factors resolved, once for all that
 * use it. eps is that of the options. On a counting arena the shapes alone. `what` begins the
 * messages, "attack pgd". STATUS_SPEC: a column that does not exist, factors that do not fit,
 * raw units of columns that are mixed. */
enum status threat_resolve(const struct problem *problem, const struct threat_options *options,
			   const char *what, struct arena *arena, struct threat *out,
			   struct err *err);

/* STATUS_SPEC if the box leaves out a point of X (n x d) in an attacked column; `part` names X and
 * `option` begins the message: "adversary.clip:", "attack pgd: clip". */
enum status threat_check_box(const struct threat *threat, const struct problem *problem,
			     const struct threat_options *options, const char *part,
			     const char *option, struct err *err);

/* Do both mean the same ball and box, whatever the radius? */
bool threat_same(const struct threat_options *a, const struct threat_options *b);

/* Whether it is the same in every basis that keeps the frozen columns, with the l_2 norm, or in
 * every order of columns: it names no column and no unit. */
bool threat_is_plain(const struct threat_options *options);

/* --- columns ---------------------------------------------------------------------------------- */

static inline bool threat_frozen(const struct threat *threat, ptrdiff_t j)
{
	return threat->frozen && threat->frozen[j];
}

static inline real threat_scale(const struct threat *threat, ptrdiff_t j)
{
	return threat->scale ? threat->scale[j] : 1;
}

static inline real threat_lower(const struct threat *threat, ptrdiff_t j)
{
	return threat->lower ? threat->lower[j] : (real)-HUGE_VAL;
}

static inline real threat_upper(const struct threat *threat, ptrdiff_t j)
{
	return threat->upper ? threat->upper[j] : (real)HUGE_VAL;
}

/* The value nearest to v in [lower, upper] widened to hold the clean value c; no branches. */
static inline real threat_clip(real v, real c, real lower, real upper)
{
	real low = lower < c ? lower : c, high = upper > c ? upper : c, above = v > low ? v : low;

	return above < high ? above : high;
}

/* The greatest |s o delta|_2^2 of |delta|_p <= 1; 1 if nothing is attacked. */
double threat_reach(const struct threat *threat);

/* --- the dual norm ---------------------------------------------------------------------------- */

/* |s o c|_q */
double threat_dual(const struct threat *threat, const real *c);

/* g += t times a subgradient of |s o c|_q at c */
void threat_dual_slope(const struct threat *threat, const real *c, double t, real *g);

/* out = argmin_c t |s o c|_q + |c - v|^2 / 2, t >= 0; out may be v. |s o out|_q. */
double threat_prox(const struct threat *threat, double t, const real *v, real *out);

/* Moreau envelope min_p |s o p|_q + |c - p|_2^2 / (2 mu), mu > 0; c becomes its gradient
 * (c - p) / mu. `spare` (d) is scratch. *value = |s o c|_q. */
double threat_envelope(const struct threat *threat, double mu, real *c, real *spare, double *value);

/* min |v - s o g|_2 over |g|_p <= radius, g zero where frozen; by Moreau the norm of threat_prox
 * with t = radius. `scratch` (d) returns v - s o g. */
double threat_distance(const struct threat *threat, double radius, const real *v, real *scratch);

/* The threat whose dual norm is |g / s|_p: that of the polar. Its scale comes from `arena`. */
struct threat threat_polar(const struct threat *threat, struct arena *arena);

#endif
