/* Passes over mixtures: one product X U for both classifiers, then sample by sample in double.
 *
 * With p_c = exp F_c, shares a_c = (1 - a) softmax(g)_c / p_c and b_c = 1 - a_c, and slopes C of
 * the outputs,
 *
 *     dg_i = C_i a_i - softmax(g)_i sum_c C_c a_c,   dM_i likewise with b
 *     dt = sum_c C_c (b_c (1 - a) - a_c a) */
#include "solvers/mixture/mixnet.h"

#include "solvers/core/blas.h"

#include <float.h>
#include <math.h>

enum {
	SCRATCH = 2, /* relu(X U), and its slopes */
	MOST = MIXNET_OUTPUTS
};

static const double DEVIATION_LEAST = 1e-10; /* its square */
static const double ROUNDINGS = 64;          /* of a logit on its way through the map */
static const double root_half = 0.70710678118654752440, root_tau = 0.39894228040143267794;

struct mixnet *mixnet_of(const struct model *model)
{
	return (struct mixnet *)(void *)model;
}

static const struct mixnet *const_of(const struct model *model)
{
	return (const struct mixnet *)(const void *)model;
}

/* log(1 + exp(t)) */
static double softplus(double t)
{
	return fmax(t, 0) + log1p(exp(-fabs(t)));
}

double mixnet_sigmoid(double t)
{
	return exp(-softplus(-t));
}

/* A sample: logits of K >= 2 classes, and what has become of them. */
struct mixing {
	int K;
	double g[MOST], h[MOST], t;
	double q[MOST], z[MOST], deviation; /* on the way of M; deviation: 1 of a pair */
	double M[MOST];                     /* M(h) */
	double log_g[MOST], log_m[MOST];    /* logarithms of the softmax of g and of M(h) */
	double F[MOST];
};

static double log_sum_exp(int K, const double *f)
{
	double most = f[0], sum;

	for (int c = 1; c < K; c++)
		most = fmax(most, f[c]);
	sum = exp(f[0] - most);
	for (int c = 1; c < K; c++)
		sum += exp(f[c] - most);
	return most + log(sum);
}

static void log_softmax(int K, const double *f, double *out)
{
	double all = log_sum_exp(K, f);

	for (int c = 0; c < K; c++)
		out[c] = f[c] - all;
}

static double power_of(const struct mixnet *net)
{
	return fmax(1, (double)*net->power);
}

/* z and its deviation */
static void normalise(struct mixing *x)
{
	double mean = 0, square = 0;

	x->deviation = 1;
	for (int c = 0; c < x->K; c++)
		mean += x->h[c] / x->K;
	for (int c = 0; c < x->K; c++)
		square += (x->h[c] - mean) * (x->h[c] - mean) / x->K;
	if (x->K > 2)
		x->deviation = sqrt(square + DEVIATION_LEAST);
	for (int c = 0; c < x->K; c++)
		x->z[c] = (x->h[c] - mean) / x->deviation;
}

static double gelu(double z)
{
	return z * (1 + erf(z * root_half)) / 2;
}

static double powered(const struct mixnet *net, double q)
{
	return (double)*net->scale * copysign(pow(fabs(q), power_of(net)), q);
}

static void map(const struct mixnet *net, struct mixing *x)
{
	if (!(*net->mapped > 0)) {
		for (int c = 0; c < x->K; c++)
			x->M[c] = x->h[c];
		return;
	}
	normalise(x);
	for (int c = 0; c < x->K; c++) {
		double z = x->z[c] + (double)*net->shift;

		x->q[c] = gelu(z);
		x->M[c] = powered(net, x->q[c]);
	}
}

/* GELU falls up to its least value and rises behind it: its least over [a, b]; its largest is at an
 * end. */
static double gelu_least(double a, double b)
{
	const double lowest = -0.7517915246935645, least = -0.1699712074725;

	return a <= lowest && b >= lowest ? least : fmin(gelu(a), gelu(b));
}

/* M rises with GELU: its range over a piece [a, b] of half the margin is known by the ends, and
 * that of M(h/2) - M(-h/2) over small pieces bounds it. */
double mixnet_mapped_least(const struct mixnet *net, double low, double high)
{
	enum { PIECES = 2048 };
	double shift = (double)*net->shift, step = (high - low) / PIECES, result = HUGE_VAL;

	if (net->A.cols > 2 || !(*net->scale > 0) || !isfinite(step))
		return -HUGE_VAL;
	for (int piece = 0; piece < PIECES; piece++) {
		double a = (low + piece * step) / 2, b = (low + (piece + 1) * step) / 2;
		double own = gelu_least(a + shift, b + shift);
		double rival = fmax(gelu(shift - a), gelu(shift - b));

		result = fmin(result, powered(net, own) - powered(net, rival));
	}
	return result;
}

/* The largest v / sqrt((v^2 + Q) / K + e), of v up to `most` and of least <= Q <= largest, the
 * squares of the other logits: it rises with v, and Q draws it to 0. */
static double normalised_most(double most, double least, double largest, double K)
{
	return most / sqrt((most * most + (most > 0 ? least : largest)) / K + DEVIATION_LEAST);
}

/* z_c from both sides, of logits less their mean in a box. */
static void normalised_range(int K, int c, const double *low, const double *high, double range[2])
{
	double least = 0, largest = 0;

	for (int j = 0; j < K; j++) {
		double near = fmax(0, fmax(low[j], -high[j])), far = fmax(-low[j], high[j]);

		least += j != c ? near * near : 0;
		largest += j != c ? far * far : 0;
	}
	range[0] = -normalised_most(-low[c], least, largest, K);
	range[1] = normalised_most(high[c], least, largest, K);
}

double mixnet_mapped_margin(const struct mixnet *net, int y, const double *low, const double *high)
{
	int K = (int)net->A.cols;
	double shift = (double)*net->shift, own, rival = -HUGE_VAL, range[2], slack;

	for (int c = 0; c < K; c++)
		if (!isfinite(low[c]) || !isfinite(high[c]))
			return -HUGE_VAL;
	if (K < 3 || !(*net->scale > 0))
		return -HUGE_VAL;
	normalised_range(K, y, low, high, range);
	own = powered(net, gelu_least(range[0] + shift, range[1] + shift));
	for (int c = 0; c < K; c++) {
		if (c == y)
			continue;
		normalised_range(K, c, low, high, range);
		rival = fmax(rival,
			     powered(net, fmax(gelu(range[0] + shift), gelu(range[1] + shift))));
	}
	slack = ROUNDINGS * DBL_EPSILON * (1 + power_of(net));
	return own - rival - slack * (fabs(own) + fabs(rival));
}

/* dh, where dM is on entry */
static void map_back(const struct mixnet *net, const struct mixing *x, double *slope)
{
	double mean = 0, along = 0, power = power_of(net);

	if (!(*net->mapped > 0))
		return;
	for (int c = 0; c < x->K; c++) {
		double z = x->z[c] + (double)*net->shift;

		slope[c] *= (double)*net->scale * power * pow(fabs(x->q[c]), power - 1);
		slope[c] *= (1 + erf(z * root_half)) / 2 + z * root_tau * exp(-z * z / 2);
		mean += slope[c] / x->K;
		along += slope[c] * x->z[c] / x->K;
	}
	for (int c = 0; c < x->K; c++)
		slope[c] = (slope[c] - mean - (x->K > 2 ? x->z[c] * along : 0)) / x->deviation;
}

/* F from g, h and t */
static void mix(const struct mixnet *net, struct mixing *x)
{
	double accurate = -softplus(x->t), robust = -softplus(-x->t);

	map(net, x);
	log_softmax(x->K, x->g, x->log_g);
	log_softmax(x->K, x->M, x->log_m);
	for (int c = 0; c < x->K; c++) {
		double one = accurate + x->log_g[c], other = robust + x->log_m[c];

		x->F[c] = fmax(one, other) + log1p(exp(-fabs(one - other)));
	}
}

/* Slopes in g, h and t for those in F; g, h and t take them. */
static void mix_back(const struct mixnet *net, struct mixing *x, const double *C)
{
	double a[MOST], b[MOST], sum_a = 0, sum_b = 0, weight = mixnet_sigmoid(x->t), slope_t = 0;
	double slope[MOST] = {0};

	for (int c = 0; c < x->K; c++) {
		a[c] = exp(x->log_g[c] - softplus(x->t) - x->F[c]);
		b[c] = exp(x->log_m[c] - softplus(-x->t) - x->F[c]);
		sum_a += C[c] * a[c];
		sum_b += C[c] * b[c];
		slope_t += C[c] * (b[c] * (1 - weight) - a[c] * weight);
	}
	for (int c = 0; c < x->K; c++) {
		x->g[c] = C[c] * a[c] - exp(x->log_g[c]) * sum_a;
		slope[c] = C[c] * b[c] - exp(x->log_m[c]) * sum_b;
	}
	map_back(net, x, slope);
	for (int c = 0; c < x->K; c++)
		x->h[c] = slope[c];
	x->t = slope_t;
}

/* A pair of logits from their difference. */
static void pair_up(struct mixing *x)
{
	x->g[1] = -x->g[0] / 2;
	x->g[0] /= 2;
	x->h[1] = -x->h[0] / 2;
	x->h[0] /= 2;
}

/* Sample `row` of the outputs of the neurons, mixed. */
static void mix_row(const struct mixnet *net, struct mat relu, ptrdiff_t row, struct mixing *x)
{
	ptrdiff_t k = net->A.cols;

	x->K = k == 1 ? 2 : (int)k;
	x->t = (double)*net->logit;
	for (ptrdiff_t j = 0; j < net->U.cols; j++)
		x->t += (double)net->w[j] * (double)mat_get(relu, row, j);
	for (ptrdiff_t c = 0; c < k; c++) {
		x->g[c] = x->h[c] = 0;
		for (ptrdiff_t j = 0; j < net->U.cols; j++) {
			double z = (double)mat_get(relu, row, j);

			x->g[c] += (double)mat_get(net->A, j, c) * z;
			x->h[c] += (double)mat_get(net->R, j, c) * z;
		}
	}
	if (k == 1)
		pair_up(x);
	mix(net, x);
}

void mixnet_neurons(const struct mixnet *net, struct mat X, struct mat relu)
{
	blas_gemm(1, X, PLAIN, net->U, PLAIN, 0, relu);
	for (ptrdiff_t j = 0; j < relu.cols; j++)
		for (ptrdiff_t k = 0; k < relu.rows; k++)
			if (mat_get(relu, k, j) < 0) /* a NaN stays */
				mat_set(relu, k, j, 0);
}

static void forward(const struct model *model, struct mat X, struct mat F, struct mat H)
{
	const struct mixnet *net = const_of(model);
	struct mat relu = mat_cols(H, 0, net->U.cols);
	struct mixing x = {0};

	mixnet_neurons(net, X, relu);
	for (ptrdiff_t k = 0; k < X.rows; k++) {
		mix_row(net, relu, k, &x);
		for (ptrdiff_t c = 0; c < F.cols; c++)
			mat_set(F, k, c, (real)(F.cols == 1 ? x.F[0] - x.F[1] : x.F[c]));
	}
}

/* Sample `row` mixed, then the slopes of row `row` of C in its logits, of one output in their
 * differences. */
static void slopes_of_row(const struct mixnet *net, struct mat relu, ptrdiff_t row, struct mat C,
			  struct mixing *x)
{
	double of[MOST] = {0};

	mix_row(net, relu, row, x);
	for (ptrdiff_t c = 0; c < C.cols; c++)
		of[c] = (double)mat_get(C, row, c);
	if (C.cols == 1)
		of[1] = -of[0];
	mix_back(net, x, of);
	if (C.cols > 1)
		return;
	x->g[0] = (x->g[0] - x->g[1]) / 2;
	x->h[0] = (x->h[0] - x->h[1]) / 2;
}

void mixnet_weight_gradient(const struct mixnet *net, struct mat relu, struct mat C, double *w,
			    double *logit)
{
	struct mixing x = {0};

	for (ptrdiff_t row = 0; row < C.rows; row++) {
		slopes_of_row(net, relu, row, C, &x);
		*logit += x.t;
		for (ptrdiff_t j = 0; j < net->U.cols; j++)
			w[j] += x.t * (double)mat_get(relu, row, j);
	}
}

/* Row `row` of the slopes of the neurons behind their outputs in H, for those of its row of C. */
static void slopes_into(const struct mixnet *net, struct mat H, ptrdiff_t row, struct mat C)
{
	ptrdiff_t m = net->U.cols;
	struct mat relu = mat_cols(H, 0, m), S = mat_cols(H, m, m);
	struct mixing x = {0};

	slopes_of_row(net, relu, row, C, &x);
	for (ptrdiff_t j = 0; j < m; j++) {
		double slope = x.t * (double)net->w[j];

		for (ptrdiff_t c = 0; c < C.cols; c++)
			slope += x.g[c] * (double)mat_get(net->A, j, c) +
				 x.h[c] * (double)mat_get(net->R, j, c);
		mat_set(S, row, j, mat_get(relu, row, j) > 0 ? (real)slope : 0);
	}
}

static void pullback(const struct model *model, struct mat X, struct mat C, struct mat G,
		     struct mat H)
{
	const struct mixnet *net = const_of(model);

	(void)X;
	for (ptrdiff_t row = 0; row < C.rows; row++)
		slopes_into(net, H, row, C);
	blas_gemm(1, mat_cols(H, net->U.cols, net->U.cols), PLAIN, net->U, TRANSPOSED, 0, G);
}

static void gradient(const struct model *model, struct mat X, real *f, struct mat G, struct mat H)
{
	const struct mixnet *net = const_of(model);
	real one[] = {1};

	forward(model, X, (struct mat){X.rows, 1, X.rows, f}, H);
	for (ptrdiff_t row = 0; row < X.rows; row++)
		slopes_into(net, mat_rows(H, row, 1), 0, (struct mat){1, 1, 1, one});
	blas_gemm(1, mat_cols(H, net->U.cols, net->U.cols), PLAIN, net->U, TRANSPOSED, 0, G);
}

/* Half the squares of all weights. */
static const char *objective(const struct model *model)
{
	(void)model;
	return "mixture";
}

static double decay(const struct model *model)
{
	const struct mixnet *net = const_of(model);
	double sum = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		for (ptrdiff_t i = 0; i < net->U.rows; i++)
			sum += (double)mat_get(net->U, i, j) * (double)mat_get(net->U, i, j);
		for (ptrdiff_t c = 0; c < net->A.cols; c++) {
			sum += (double)mat_get(net->A, j, c) * (double)mat_get(net->A, j, c);
			sum += (double)mat_get(net->R, j, c) * (double)mat_get(net->R, j, c);
		}
		sum += (double)net->w[j] * (double)net->w[j];
	}
	return sum / 2;
}

/* How much a logit of h can count for one of M(h): a bound of the slopes of the map there. */
static double stretch(const struct mixnet *net, const struct mixing *x)
{
	double most = 0, power = power_of(net);

	if (!(*net->mapped > 0))
		return 1;
	for (int c = 0; c < x->K; c++)
		most = fmax(most, fabs(x->q[c]) + 1);
	return 2 * fabs((double)*net->scale) * power * pow(most, power - 1) * (1 + x->K) /
	       fmin(1, x->deviation);
}

static void sample(const struct model *model, struct mat X, ptrdiff_t row, double *f, double *size)
{
	const struct mixnet *net = const_of(model);
	ptrdiff_t k = net->A.cols;
	struct mixing x = {.K = k == 1 ? 2 : (int)k, .t = (double)*net->logit};
	double most[3] = {0}; /* sums of absolute values: of g, of h, of t */

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double z = 0, products = 0, of[2] = {0};

		for (ptrdiff_t i = 0; i < X.cols; i++) {
			double product = (double)mat_get(X, row, i) * (double)mat_get(net->U, i, j);

			z += product;
			products += fabs(product);
		}
		z = fmax(0, z);
		x.t += (double)net->w[j] * z;
		for (ptrdiff_t c = 0; c < k; c++) {
			x.g[c] += (double)mat_get(net->A, j, c) * z;
			x.h[c] += (double)mat_get(net->R, j, c) * z;
			of[0] = fmax(of[0], fabs((double)mat_get(net->A, j, c)));
			of[1] = fmax(of[1], fabs((double)mat_get(net->R, j, c)));
		}
		most[0] += of[0] * products;
		most[1] += of[1] * products;
		most[2] += fabs((double)net->w[j]) * products;
	}
	if (k == 1)
		pair_up(&x);
	mix(net, &x);
	*size = 2 * (most[0] + most[2] + stretch(net, &x) * (1 + most[1]) + fabs(x.t));
	for (ptrdiff_t c = 0; c < k; c++) {
		f[c] = k == 1 ? x.F[0] - x.F[1] : x.F[c];
		*size = fmax(*size, 2 * fabs(f[c]));
	}
}

static const struct model_array arrays[] = {
	{"U", offsetof(struct mixnet, U), MODEL_FEATURES, MODEL_UNITS},
	{"A", offsetof(struct mixnet, A), MODEL_UNITS, MODEL_OUTPUTS},
	{"R", offsetof(struct mixnet, R), MODEL_UNITS, MODEL_OUTPUTS},
	{"w", offsetof(struct mixnet, w), MODEL_UNITS, MODEL_ONE},
	{"logit", offsetof(struct mixnet, logit), MODEL_ONE, MODEL_ONE},
	{"mapped", offsetof(struct mixnet, mapped), MODEL_ONE, MODEL_ONE},
	{"scale", offsetof(struct mixnet, scale), MODEL_ONE, MODEL_ONE},
	{"power", offsetof(struct mixnet, power), MODEL_ONE, MODEL_ONE},
	{"shift", offsetof(struct mixnet, shift), MODEL_ONE, MODEL_ONE},
	{0},
};

const struct model_kind model_mixture = {
	.base = {.name = "mixture",
		 .doc = "two ReLU networks mixed by their probabilities, with a fixed weight or "
			"one "
			"that depends on x",
		 .cite = "bai2024mixing"},
	.size = sizeof(struct mixnet),
	.arrays = arrays,
	.hidden = SCRATCH,
	.forward = forward,
	.gradient = gradient,
	.pullback = pullback,
	.sample = sample,
	.objective = objective,
	.decay = decay,
};
