/* The inner attack of adversarial training: slopes by GEMMs over a thread's own columns, then one
 * move per column inside of ball and box. See adversary.h. */
#include "baselines/adversary.h"

#include "solvers/core/blas.h"
#include "solvers/core/rng.h"

#include <math.h>

const char *const adversary_attacks[] = {"pgd", "fgsm", "fgsm_random", NULL};

/* What is fixed by the name: steps (0: the option), length of the path in units of eps (0: the
 * option), random start. 1.25 is the step of Wong et al. 2020. */
static const struct {
	long steps;
	double path;
	bool random;
} plans[] = {{0, 0, true}, {1, 1, false}, {1, 1.25, true}}; /* as named */

const struct option adversary_rows[] = {
	{OPTION_FIELD(struct adversary_options, attack), .initial = "pgd",
	 .names = adversary_attacks,
	 .doc = "inner attack on every minibatch: pgd from a random start, fgsm (one step of eps "
		"from the clean point), fgsm_random (one step of 1.25 eps from a random start)"},
	{OPTION_FIELD(struct adversary_options, norm), .initial = "linf", .names = norm_names,
	 .doc = "norm of the ball"},
	{OPTION_FIELD(struct adversary_options, eps), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "radius of the ball in prepared features; a bias column is never attacked; 0 is "
		"plain training"},
	{OPTION_FIELD(struct adversary_options, steps), .initial = "7", .range = RANGE_FROM(1),
	 .doc = "pgd: gradient steps"},
	{OPTION_FIELD(struct adversary_options, step), .initial = "2.5", .range = RANGE_ABOVE(0),
	 .doc = "pgd: length of the whole path in units of eps"},
	{OPTION_FIELD(struct adversary_options, ramp), .initial = "0", .range = RANGE_WITHIN(0, 1),
	 .doc = "share of the epochs over which eps rises linearly to its value"},
	{OPTION_FIELD(struct adversary_options, trades), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "TRADES: clean loss plus this weight times the largest KL(sigma(f(x)) || "
		"sigma(f(x + delta))) instead of the attacked loss; 0 is the attacked loss"},
	{OPTION_FIELD(struct adversary_options, clip), .initial = "null",
	 .doc = "lower and upper end of the box that attacked points stay in, in prepared "
		"features"},
	{0},
};

/* Rounding of prepared data in single precision, relative to the box; as for attacks. */
static const double box_slack = 1e-4;

static enum status check_box(const struct adversary *adversary, struct mat X, const char *part,
			     struct err *err)
{
	const struct reals *clip = &adversary->options->clip;
	const bool *frozen = adversary->threat.frozen;
	double slack = box_slack * (clip->at[1] - clip->at[0]);

	for (ptrdiff_t j = 0; j < X.cols; j++)
		for (ptrdiff_t k = 0; k < X.rows && !(frozen && frozen[j]); k++) {
			double x = (double)mat_get(X, k, j);

			if (x < clip->at[0] - slack || x > clip->at[1] + slack)
				return err_set(err, STATUS_SPEC,
					       "adversary.clip: [%g, %g] excludes %s sample %td, "
					       "feature %td: %g",
					       clip->at[0], clip->at[1], part, k, j, x);
		}
	return STATUS_OK;
}

static enum status set_box(struct adversary *adversary, const struct problem *problem,
			   struct arena *arena, struct err *err)
{
	const struct reals *clip = &adversary->options->clip;
	ptrdiff_t d = problem->X.cols;
	real *lower = ARENA_ARRAY(arena, real, d), *upper = ARENA_ARRAY(arena, real, d);
	real *room = ARENA_ARRAY(arena, real, d);

	adversary->threat.lower = lower;
	adversary->threat.upper = upper;
	adversary->room = room;
	if (arena_counts(arena))
		return STATUS_OK;
	for (ptrdiff_t i = 0; i < d; i++) {
		lower[i] = (real)(clip->count == 2 ? clip->at[0] : -HUGE_VAL);
		upper[i] = (real)(clip->count == 2 ? clip->at[1] : HUGE_VAL);
		room[i] = problem->frozen && problem->frozen[i] ? 0 : 1;
	}
	if (clip->count == 0)
		return STATUS_OK;
	if (clip->count != 2)
		return err_set(err, STATUS_SPEC,
			       "adversary.clip: expected two ascending numbers or null, got %zu "
			       "numbers",
			       clip->count);
	if (!(clip->at[0] < clip->at[1]))
		return err_set(err, STATUS_SPEC,
			       "adversary.clip: expected two ascending numbers or null, got %g and "
			       "%g",
			       clip->at[0], clip->at[1]);
	TRY(check_box(adversary, problem->X, "training", err));
	return check_box(adversary, problem->X_validation, "validation", err);
}

enum status adversary_setup(struct adversary *adversary, const struct problem *problem,
			    ptrdiff_t chunk, ptrdiff_t m, struct arena *arena, struct err *err)
{
	const struct adversary_options *options = adversary->options;

	adversary->threat = (struct threat){
		.norm = options->norm == NORM_L2 ? NORM_L2 : NORM_LINF,
		.eps = options->eps,
		.frozen = problem->frozen,
	};
	adversary->seed = problem->seed;
	if (!(options->eps > 0))
		return STATUS_OK;
	for (ptrdiff_t k = 0; k < problem->X.rows && !arena_counts(arena); k++)
		if (fabs((double)problem->y[k]) != 1)
			return err_set(err, STATUS_SPEC,
				       "adversary.eps: expected 0 for regression, got \"%g\"",
				       options->eps);
	adversary->S = mat_new(arena, m, chunk);
	adversary->G = mat_new(arena, problem->X.cols, chunk);
	adversary->f = ARENA_ARRAY(arena, real, chunk);
	adversary->clean = ARENA_ARRAY(arena, real, chunk);
	return set_box(adversary, problem, arena, err);
}

long adversary_steps(const struct adversary_options *options)
{
	return plans[options->attack].steps > 0 ? plans[options->attack].steps : options->steps;
}

/* log(1 + exp(t)) without overflow */
static double softplus(double t)
{
	return fmax(t, 0) + log1p(exp(-fabs(t)));
}

static double sigmoid(double t)
{
	return exp(-softplus(-t));
}

/* p (log p - log q) + (1 - p) (log(1 - p) - log(1 - q)), log p = -softplus(-f) */
double adversary_distance(double f, double g, double *in_f, double *in_g)
{
	double p = sigmoid(f), q = sigmoid(g), rest = sigmoid(-f);

	*in_f = p * rest * (f - g);
	*in_g = q - p;
	return p * (softplus(-g) - softplus(-f)) + rest * (softplus(g) - softplus(f));
}

/* S = U' at; its columns become [s > 0] alpha, f_k = alpha' relu(s); G = U S */
static void input_slopes(const struct net *net, struct mat at, struct mat S, struct mat G, real *f)
{
	blas_gemm(1, net->U, TRANSPOSED, at, PLAIN, 0, S); /* m x count */
	for (ptrdiff_t k = 0; k < S.cols; k++) {
		real *restrict s = mat_col(S, k), sum = 0;
		const real *restrict alpha = net->alpha;

#pragma omp simd reduction(+ : sum)
		for (ptrdiff_t j = 0; j < S.rows; j++) {
			sum += alpha[j] * (s[j] < 0 ? 0 : s[j]);
			s[j] = s[j] > 0 ? alpha[j] : 0;
		}
		f[k] = sum;
	}
	blas_gemm(1, net->U, PLAIN, S, PLAIN, 0, G); /* d x count */
}

static bool is_frozen(const struct threat *threat, ptrdiff_t i)
{
	return threat->frozen && threat->frozen[i];
}

struct column { /* of one sample */
	const struct threat *threat;
	ptrdiff_t d;
	double eps;
	const real *room, *clean, *slope;
	real *at;
};

/* The value nearest to v in [low, high]. */
static inline real between(real low, real v, real high)
{
	v = v < low ? low : v;
	return v > high ? high : v;
}

/* The value nearest to v in the box widened to hold the clean value c, as for attacks. */
static inline real into_box(real lower, real upper, real v, real c)
{
	return between(lower < c ? lower : c, v, upper > c ? upper : c);
}

/* at = project(at + move sign(slope)) on |at - clean|_inf <= eps and the box; no branches: this is
 * vector code */
static void move_linf(const struct column *x, double move)
{
	const real *restrict clean = x->clean, *restrict slope = x->slope, *restrict room = x->room;
	const real *restrict lower = x->threat->lower, *restrict upper = x->threat->upper;
	real *restrict at = x->at, size = (real)move, eps = (real)x->eps;

#pragma omp simd
	for (ptrdiff_t i = 0; i < x->d; i++) {
		real c = clean[i], reach = eps * room[i];
		real v = at[i] + (slope[i] > 0 ? size : (slope[i] < 0 ? -size : 0));

		at[i] = into_box(lower[i], upper[i], between(c - reach, v, c + reach), c);
	}
}

/* at = clean + scale (at - clean), scale <= 1 such that |at - clean|_2 <= eps; then the box, which
 * holds the clean point: it only shortens */
static void shrink_l2(const struct column *x)
{
	double length = 0, scale;

	for (ptrdiff_t i = 0; i < x->d; i++)
		length += pow((double)x->at[i] - (double)x->clean[i], 2);
	length = sqrt(length);
	scale = length > x->eps ? x->eps / length : 1;
	for (ptrdiff_t i = 0; i < x->d; i++) {
		double c = (double)x->clean[i];

		if (!is_frozen(x->threat, i))
			x->at[i] = into_box(x->threat->lower[i], x->threat->upper[i],
					    (real)(c + scale * ((double)x->at[i] - c)), (real)c);
	}
}

/* at = project(at + move slope / |slope|) over the free coordinates */
static void move_l2(const struct column *x, double move)
{
	double length = 0;

	for (ptrdiff_t i = 0; i < x->d; i++)
		length += is_frozen(x->threat, i) ? 0 : pow((double)x->slope[i], 2);
	length = length > 0 ? move / sqrt(length) : 0;
	for (ptrdiff_t i = 0; i < x->d; i++)
		if (!is_frozen(x->threat, i))
			x->at[i] += (real)(length * (double)x->slope[i]);
	shrink_l2(x);
}

/* at = clean + eps u, u uniform on [-1, 1]^d */
static void scatter_linf(const struct column *x, struct rng *rng)
{
	for (ptrdiff_t i = 0; i < x->d; i++) {
		double c = (double)x->clean[i], v = c + x->eps * (2 * rng_uniform(rng) - 1);

		if (!is_frozen(x->threat, i))
			x->at[i] = into_box(x->threat->lower[i], x->threat->upper[i], (real)v,
					    (real)c);
	}
}

/* at = clean + eps t^(1/d) u / |u|, u normal and t uniform on [0, 1) */
static void scatter_l2(const struct column *x, struct rng *rng)
{
	double square = 0, radius = x->eps * pow(rng_uniform(rng), 1 / (double)x->d);

	for (ptrdiff_t i = 0; i < x->d; i++) {
		double u = is_frozen(x->threat, i) ? 0 : rng_normal(rng);

		x->at[i] = (real)u;
		square += u * u;
	}
	radius = square > 0 ? radius / sqrt(square) : 0;
	for (ptrdiff_t i = 0; i < x->d; i++)
		x->at[i] = (real)((double)x->clean[i] + radius * (double)x->at[i]);
	shrink_l2(x);
}

static const struct {
	void (*move)(const struct column *x, double move);
	void (*scatter)(const struct column *x, struct rng *rng);
} balls[] = {[NORM_LINF] = {move_linf, scatter_linf}, [NORM_L2] = {move_l2, scatter_l2}};

static struct column column_of(const struct adversary *adversary, const struct adversary_job *job,
			       ptrdiff_t k)
{
	return (struct column){
		.threat = &adversary->threat,
		.d = job->at.rows,
		.eps = job->eps,
		.room = adversary->room,
		.clean = mat_col(job->clean, k),
		.slope = mat_col(adversary->G, job->first + k),
		.at = mat_col(job->at, k),
	};
}

static void scatter(const struct adversary *adversary, const struct adversary_job *job)
{
	for (ptrdiff_t k = 0; k < job->at.cols; k++) {
		uint64_t sample =
			job->samples ? (uint64_t)job->samples[k] : (uint64_t)(job->number + k);
		struct rng rng =
			rng_stream(adversary->seed, "adversary", job->stream << 32 | sample);
		struct column x = column_of(adversary, job, k);

		balls[adversary->threat.norm].scatter(&x, &rng);
	}
}

/* Where f is to go: away from the label, or away from the clean output once it has moved. */
static double heading(double y, bool trades, double clean, double f)
{
	if (!trades || !(f < clean || f > clean))
		return y > 0 ? -1 : 1;
	return f < clean ? -1 : 1;
}

void adversary_attack(const struct adversary *adversary, const struct adversary_job *job,
		      bool trades)
{
	const struct adversary_options *o = adversary->options;
	ptrdiff_t count = job->at.cols;
	long steps = adversary_steps(o);
	double path = plans[o->attack].path > 0 ? plans[o->attack].path : o->step;
	struct mat S = mat_cols(adversary->S, job->first, count);
	struct mat G = mat_cols(adversary->G, job->first, count);
	real *clean = adversary->clean + job->first, *f = adversary->f + job->first;

	mat_copy(job->at, job->clean);
	if (trades)
		input_slopes(job->net, job->clean, S, G, clean);
	if (plans[o->attack].random)
		scatter(adversary, job);
	for (long s = 0; s < steps; s++) {
		input_slopes(job->net, job->at, S, G, f);
		for (ptrdiff_t k = 0; k < count; k++) {
			struct column x = column_of(adversary, job, k);
			double to =
				heading((double)job->y[k], trades, (double)clean[k], (double)f[k]);

			balls[adversary->threat.norm].move(&x,
							   to * path * job->eps / (double)steps);
		}
	}
}
