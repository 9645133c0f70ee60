/* The inner attack of adversarial training: slopes by GEMMs over a thread's own columns, then one
 * move per column inside of ball and box. See adversary.h. */
#include "baselines/adversary.h"
#include "baselines/head.h"

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
	THREAT_NORM(struct adversary_options, threat_norms),
	THREAT_EPS(struct adversary_options, "0"),
	{OPTION_FIELD(struct adversary_options, steps), .initial = "7", .range = RANGE_FROM(1),
	 .doc = "pgd: gradient steps"},
	{OPTION_FIELD(struct adversary_options, step), .initial = "2.5", .range = RANGE_ABOVE(0),
	 .doc = "pgd: length of the whole path in units of eps"},
	{OPTION_FIELD(struct adversary_options, ramp), .initial = "0", .range = RANGE_WITHIN(0, 1),
	 .doc = "share of the epochs over which eps rises linearly to its value"},
	{OPTION_FIELD(struct adversary_options, trades), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "TRADES: clean loss plus this weight times the largest KL(sigma(f(x)) || "
		"sigma(f(x + delta))) instead of the attacked loss; 0 is the attacked loss"},
	THREAT_REST(struct adversary_options, NULL, THREAT_OLD_CLIP),
	{0},
};

/* Units and box of every column, in the coordinates of X. */
static void set_columns(struct adversary *adversary, ptrdiff_t d, struct arena *arena)
{
	const struct threat *threat = &adversary->threat;
	real *unit = ARENA_ARRAY(arena, real, d);
	real *lower = ARENA_ARRAY(arena, real, d), *upper = ARENA_ARRAY(arena, real, d);

	for (ptrdiff_t j = 0; j < d && !arena_counts(arena); j++) {
		real s = threat_scale(threat, j);

		unit[j] = threat_frozen(threat, j) ? 0 : s;
		lower[j] = threat_lower(threat, j) * s;
		upper[j] = threat_upper(threat, j) * s;
	}
	adversary->unit = unit;
	adversary->lower = lower;
	adversary->upper = upper;
}

static enum status check_box(const struct adversary *adversary, const struct problem *problem,
			     struct err *err)
{
	struct problem validation = *problem;
	const struct threat_options *o = &adversary->options->threat;

	validation.X = problem->X_validation;
	TRY(threat_check_box(&adversary->threat, problem, o, "training", "adversary.clip:", err));
	return threat_check_box(&adversary->threat, &validation, o, "validation",
				"adversary.clip:", err);
}

enum status adversary_setup(struct adversary *adversary, const struct problem *problem,
			    ptrdiff_t chunk, ptrdiff_t m, struct arena *arena, struct err *err)
{
	const struct adversary_options *options = adversary->options;

	adversary->seed = problem->seed;
	TRY(threat_resolve(problem, &options->threat, "adversary", arena, &adversary->threat, err));
	if (!(options->threat.eps > 0))
		return STATUS_OK;
	if (problem->y.k > 1 && !problem->y.label)
		return err_set(err, STATUS_SPEC,
			       "adversary.eps: expected 0 for regression, got \"%g\"",
			       options->threat.eps);
	for (ptrdiff_t k = 0; k < problem->X.rows && problem->y.k == 1 && !arena_counts(arena); k++)
		if (fabs((double)problem->y.at[k]) != 1)
			return err_set(err, STATUS_SPEC,
				       "adversary.eps: expected 0 for regression, got \"%g\"",
				       options->threat.eps);
	adversary->S = mat_new(arena, m, chunk);
	adversary->G = mat_new(arena, problem->X.cols, chunk);
	adversary->f = mat_new(arena, chunk, problem->y.k);
	adversary->clean = mat_new(arena, chunk, problem->y.k);
	set_columns(adversary, problem->X.cols, arena);
	return arena_counts(arena) ? STATUS_OK : check_box(adversary, problem, err);
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

static double log_sum_exp(const real *f, ptrdiff_t k, ptrdiff_t stride)
{
	double most = (double)f[0], others = 0;
	ptrdiff_t at = 0;

	for (ptrdiff_t c = 1; c < k; c++)
		if ((double)f[c * stride] > most) {
			most = (double)f[c * stride];
			at = c;
		}
	for (ptrdiff_t c = 0; c < k; c++)
		others += c == at ? 0 : exp((double)f[c * stride] - most);
	return most + log1p(others);
}

/* sum_c p_c (log p_c - log q_c) */
double adversary_divergence(const struct adversary_pair *pair, double factor)
{
	double norm_f = log_sum_exp(pair->f, pair->k, pair->stride),
	       norm_g = log_sum_exp(pair->g, pair->k, pair->stride), distance = 0;

	for (ptrdiff_t at = 0; at < pair->k * pair->stride; at += pair->stride) {
		double f = (double)pair->f[at] - norm_f, g = (double)pair->g[at] - norm_g;

		distance += exp(f) * (f - g);
	}
	for (ptrdiff_t at = 0; at < pair->k * pair->stride; at += pair->stride) {
		double f = (double)pair->f[at] - norm_f, g = (double)pair->g[at] - norm_g;

		pair->in_f[at] += (real)(factor * (exp(f) * (f - g - distance)));
		pair->in_g[at] = (real)(factor * (exp(g) - exp(f)));
	}
	return distance;
}

/* F (count x k) = the outputs at the columns of `at`; S = relu(U' at) */
static void outputs_at(const struct adversary_job *job, struct mat at, struct mat S, struct mat F)
{
	blas_gemm(1, job->net->U, TRANSPOSED, at, PLAIN, 0, S);
	for (ptrdiff_t k = 0; k < S.cols; k++) {
		real *restrict s = mat_col(S, k);

#pragma omp simd
		for (ptrdiff_t j = 0; j < S.rows; j++)
			s[j] = s[j] < 0 ? 0 : s[j];
		head_outputs(mat_rows(job->A, 0, S.rows), s, &F.at[k], F.stride);
	}
}

/* Row k of F becomes the slope of -(f_y - max_{c != y} f_c). */
static void margin_weights(struct mat F, ptrdiff_t k, int y)
{
	ptrdiff_t rival = y == 0;

	for (ptrdiff_t c = 0; c < F.cols; c++)
		if (c != y && mat_get(F, k, c) > mat_get(F, k, rival))
			rival = c;
	for (ptrdiff_t c = 0; c < F.cols; c++)
		mat_set(F, k, c, c == rival ? 1 : c == y ? -1 : 0);
}

/* Row k of F becomes the slope of KL(clean || F) in F; at the clean outputs themselves there is
 * none: that of the margin. */
static void distance_weights(struct mat F, struct mat clean, ptrdiff_t k, int y)
{
	double norm = log_sum_exp(&F.at[k], F.cols, F.stride),
	       norm_clean = log_sum_exp(&clean.at[k], clean.cols, clean.stride);
	bool moved = false;

	for (ptrdiff_t c = 0; c < F.cols; c++)
		moved = moved || mat_get(F, k, c) < mat_get(clean, k, c) ||
			mat_get(F, k, c) > mat_get(clean, k, c);
	if (!moved) {
		margin_weights(F, k, y);
		return;
	}
	for (ptrdiff_t c = 0; c < F.cols; c++)
		mat_set(F, k, c,
			(real)(exp((double)mat_get(F, k, c) - norm) -
			       exp((double)mat_get(clean, k, c) - norm_clean)));
}

/* G = the slopes of what is to grow at job->at, of several outputs */
static void outputs_slopes(const struct adversary_job *job, bool trades, struct mat S, struct mat F,
			   struct mat clean, struct mat G)
{
	outputs_at(job, job->at, S, F);
	for (ptrdiff_t k = 0; k < S.cols; k++) {
		if (trades)
			distance_weights(F, clean, k, job->label[k]);
		else
			margin_weights(F, k, job->label[k]);
		head_slopes(mat_rows(job->A, 0, S.rows), mat_col(S, k), &F.at[k], F.stride,
			    mat_col(S, k));
	}
	blas_gemm(1, job->net->U, PLAIN, S, PLAIN, 0, G);
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

struct column { /* of one sample */
	ptrdiff_t d;
	double eps;
	const real *unit, *lower, *upper; /* unit: s, 0 where frozen */
	const real *clean, *slope;
	real *at;
};

/* The value nearest to v in [low, high]. */
static inline real between(real low, real v, real high)
{
	v = v < low ? low : v;
	return v > high ? high : v;
}

/* at = project(at + move s sign(slope)) on |(at - clean) / s|_inf <= eps and the box; no branches:
 * this is vector code */
static void move_linf(const struct column *x, double move)
{
	const real *restrict clean = x->clean, *restrict slope = x->slope, *restrict unit = x->unit;
	const real *restrict lower = x->lower, *restrict upper = x->upper;
	real *restrict at = x->at, size = (real)move, eps = (real)x->eps;

#pragma omp simd
	for (ptrdiff_t i = 0; i < x->d; i++) {
		real c = clean[i], reach = eps * unit[i], step = size * unit[i];
		real v = at[i] + (slope[i] > 0 ? step : (slope[i] < 0 ? -step : 0));

		at[i] = threat_clip(between(c - reach, v, c + reach), c, lower[i], upper[i]);
	}
}

/* at = clean + scale (at - clean), scale <= 1 such that |(at - clean) / s|_2 <= eps, or its l_1
 * norm; then the box, which holds the clean point: it only shortens */
static void shrink(const struct column *x, bool sum)
{
	double length = 0, scale;

	for (ptrdiff_t i = 0; i < x->d; i++)
		if (x->unit[i] > 0) {
			double delta =
				((double)x->at[i] - (double)x->clean[i]) / (double)x->unit[i];

			length += sum ? fabs(delta) : pow(delta, 2);
		}
	length = sum ? length : sqrt(length);
	scale = length > x->eps ? x->eps / length : 1;
	for (ptrdiff_t i = 0; i < x->d; i++) {
		double c = (double)x->clean[i];

		if (x->unit[i] > 0)
			x->at[i] = threat_clip((real)(c + scale * ((double)x->at[i] - c)), (real)c,
					       x->lower[i], x->upper[i]);
	}
}

/* at = project(at + move s^2 slope / |s o slope|) over the attacked columns */
static void move_l2(const struct column *x, double move)
{
	double length = 0;

	for (ptrdiff_t i = 0; i < x->d; i++)
		length += pow((double)x->unit[i] * (double)x->slope[i], 2);
	length = length > 0 ? move / sqrt(length) : 0;
	for (ptrdiff_t i = 0; i < x->d; i++) {
		double s = (double)x->unit[i];

		if (s > 0)
			x->at[i] += (real)(length * (s * s * (double)x->slope[i]));
	}
	shrink(x, false);
}

/* The end of the box, widened to hold the clean point, to which column i is to move. */
static real end_of(const struct column *x, ptrdiff_t i, double move)
{
	bool up = move * (double)x->slope[i] > 0;

	return threat_clip((real)(up ? HUGE_VAL : -HUGE_VAL), x->clean[i], x->lower[i],
			   x->upper[i]);
}

/* at = project(at + move s_i sign(slope_i)) along the column with the largest s_i |slope_i|, and
 * where the box ends that along the next: on the sphere a step of Frank and Wolfe's method. */
static void move_l1(const struct column *x, double move)
{
	for (double left = fabs(move); left > 0;) {
		ptrdiff_t steepest = -1;
		double most = 0, unit, way;

		for (ptrdiff_t i = 0; i < x->d; i++) {
			double size = fabs((double)x->unit[i] * (double)x->slope[i]);

			if (size > most && fabs((double)(end_of(x, i, move) - x->at[i])) > 0) {
				steepest = i;
				most = size;
			}
		}
		if (steepest < 0)
			break;
		unit = (double)x->unit[steepest];
		way = (double)end_of(x, steepest, move) - (double)x->at[steepest];
		x->at[steepest] =
			fabs(way) > left * unit
				? (real)((double)x->at[steepest] + copysign(left * unit, way))
				: end_of(x, steepest, move);
		left -= fabs(way) / unit;
	}
	shrink(x, true);
}

/* at = clean + eps s o u, u uniform on [-1, 1]^d */
static void scatter_linf(const struct column *x, struct rng *rng)
{
	for (ptrdiff_t i = 0; i < x->d; i++) {
		double c = (double)x->clean[i], reach = x->eps * (double)x->unit[i];
		double v = c + reach * (2 * rng_uniform(rng) - 1);

		if (x->unit[i] > 0)
			x->at[i] = threat_clip((real)v, (real)c, x->lower[i], x->upper[i]);
	}
}

/* at = clean + eps t^(1/d) s o u / |u|, u normal and t uniform on [0, 1) */
static void scatter_l2(const struct column *x, struct rng *rng)
{
	double square = 0, radius = x->eps * pow(rng_uniform(rng), 1 / (double)x->d);

	for (ptrdiff_t i = 0; i < x->d; i++) {
		double u = x->unit[i] > 0 ? rng_normal(rng) : 0;

		x->at[i] = (real)u;
		square += u * u;
	}
	radius = square > 0 ? radius / sqrt(square) : 0;
	for (ptrdiff_t i = 0; i < x->d; i++)
		x->at[i] = (real)((double)x->clean[i] +
				  radius * ((double)x->unit[i] * (double)x->at[i]));
	shrink(x, false);
}

/* at = clean + eps t^(1/d) s o u / |u|_1, the sizes of u exponential and t uniform on [0, 1) */
static void scatter_l1(const struct column *x, struct rng *rng)
{
	double sum = 0, radius = x->eps * pow(rng_uniform(rng), 1 / (double)x->d);

	for (ptrdiff_t i = 0; i < x->d; i++) {
		double u = x->unit[i] > 0 ? -log1p(-rng_uniform(rng)) : 0;

		x->at[i] = (real)(rng_bits(rng) & 1 ? u : -u);
		sum += u;
	}
	radius = sum > 0 ? radius / sum : 0;
	for (ptrdiff_t i = 0; i < x->d; i++)
		x->at[i] = (real)((double)x->clean[i] +
				  radius * ((double)x->unit[i] * (double)x->at[i]));
	shrink(x, true);
}

static const struct {
	void (*move)(const struct column *x, double move);
	void (*scatter)(const struct column *x, struct rng *rng);
} balls[] = {[NORM_LINF] = {move_linf, scatter_linf},
	     [NORM_L2] = {move_l2, scatter_l2},
	     [NORM_L1] = {move_l1, scatter_l1}};

static struct column column_of(const struct adversary *adversary, const struct adversary_job *job,
			       ptrdiff_t k)
{
	return (struct column){
		.d = job->at.rows,
		.eps = job->eps,
		.unit = adversary->unit,
		.lower = adversary->lower,
		.upper = adversary->upper,
		.clean = mat_col(job->clean, k),
		.slope = mat_col(adversary->G, job->first + k),
		.at = mat_col(job->at, k),
	};
}

static void scatter(const struct adversary *adversary, const struct adversary_job *job)
{
	for (ptrdiff_t k = 0; k < job->at.cols; k++) {
		uint64_t sample =
			(uint64_t)job->before +
			(job->samples ? (uint64_t)job->samples[k] : (uint64_t)(job->number + k));
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
	struct mat F = mat_rows(adversary->f, job->first, count);
	struct mat clean = mat_rows(adversary->clean, job->first, count);
	bool several = job->A.cols > 1;

	mat_copy(job->at, job->clean);
	if (trades && several)
		outputs_at(job, job->clean, S, clean);
	else if (trades)
		input_slopes(job->net, job->clean, S, G, clean.at);
	if (plans[o->attack].random)
		scatter(adversary, job);
	for (long s = 0; s < steps; s++) {
		if (several)
			outputs_slopes(job, trades, S, F, clean, G);
		else
			input_slopes(job->net, job->at, S, G, F.at);
		for (ptrdiff_t k = 0; k < count; k++) {
			struct column x = column_of(adversary, job, k);
			double to = several ? 1
					    : heading((double)job->y[k], trades,
						      (double)clean.at[k], (double)F.at[k]);

			balls[adversary->threat.norm].move(&x,
							   to * path * job->eps / (double)steps);
		}
	}
}
