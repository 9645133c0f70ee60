/* Passes over locally biased networks: two products, for the neurons and for the points, then
 * sample by sample in double. Within a cell of neurons and points N and h are constant. */
#include "solvers/smoothing/biasednet.h"

#include "solvers/core/blas.h"

#include <math.h>

enum { SCRATCH = 2 }; /* U'x, then slopes; Z'x */

struct biasednet *biasednet_of(const struct model *model)
{
	return (struct biasednet *)(void *)model;
}

static const struct biasednet *const_of(const struct model *model)
{
	return (const struct biasednet *)(const void *)model;
}

static double strength(const struct biasednet *net)
{
	return fabs((double)*net->gamma);
}

double biasednet_mix(const struct biasednet *net, double g, double h, double steepness)
{
	double bias = strength(net) * steepness;

	return (g + bias * h) / (1 + bias);
}

static double dot(struct mat X, ptrdiff_t row, const real *c)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < X.cols; i++)
		sum += (double)mat_get(X, row, i) * (double)c[i];
	return sum;
}

/* Up to the last one with a weight. */
static ptrdiff_t neurons(const struct biasednet *net)
{
	ptrdiff_t count = net->U.cols;

	while (count > 0 && net->alpha[count - 1] == 0)
		count--;
	return count;
}

/* N from the preactivations of a row. */
static double steepness_at(const struct biasednet *net, struct mat T, ptrdiff_t row)
{
	ptrdiff_t count = neurons(net);
	double square = 0;

	for (ptrdiff_t i = 0; i < net->U.rows; i++) {
		double slope = 0;

		for (ptrdiff_t j = 0; j < count; j++)
			if (mat_get(T, row, j) > 0)
				slope += (double)net->alpha[j] * (double)mat_get(net->U, i, j);
		slope /= (double)net->scale[i];
		square += slope * slope;
	}
	return sqrt(square);
}

/* From the products T = X U and A = X Z. */
static struct biasednet_parts parts_at(const struct biasednet *net, struct mat T, struct mat A,
				       ptrdiff_t row)
{
	struct biasednet_parts parts = {.steepness = steepness_at(net, T, row)};
	double most = -HUGE_VAL;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double t = (double)mat_get(T, row, j);
		double near = (double)mat_get(A, row, j) + (double)net->offset[j];

		parts.g += (double)net->alpha[j] * (t < 0 ? 0 : t); /* a NaN stays */
		if (near > most) {
			most = near;
			parts.nearest = j;
		}
	}
	parts.h = (double)net->label[parts.nearest];
	return parts;
}

static void forward(const struct model *model, struct mat X, struct mat F, struct mat H)
{
	const struct biasednet *net = const_of(model);
	ptrdiff_t m = net->U.cols;
	struct mat T = mat_cols(H, 0, m), A = mat_cols(H, m, m);

	blas_gemm(1, X, PLAIN, net->U, PLAIN, 0, T);
	blas_gemm(1, X, PLAIN, net->Z, PLAIN, 0, A);
	for (ptrdiff_t k = 0; k < X.rows; k++) {
		struct biasednet_parts p = parts_at(net, T, A, k);

		mat_set(F, k, 0, (real)biasednet_mix(net, p.g, p.h, p.steepness));
	}
}

static void gradient(const struct model *model, struct mat X, real *f, struct mat G, struct mat H)
{
	const struct biasednet *net = const_of(model);
	struct mat T = mat_cols(H, 0, net->U.cols);

	forward(model, X, (struct mat){X.rows, 1, X.rows, f}, H);
	for (ptrdiff_t k = 0; k < X.rows; k++) {
		double share = 1 / (1 + strength(net) * steepness_at(net, T, k));

		for (ptrdiff_t j = 0; j < T.cols; j++)
			mat_set(T, k, j,
				mat_get(T, k, j) > 0 ? (real)(share * (double)net->alpha[j]) : 0);
	}
	blas_gemm(1, T, PLAIN, net->U, TRANSPOSED, 0, G);
}

/* Half the squares of the weights of g. */
static double decay(const struct model *model)
{
	const struct biasednet *net = const_of(model);
	double sum = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		sum += (double)net->alpha[j] * (double)net->alpha[j];
		for (ptrdiff_t i = 0; i < net->U.rows; i++)
			sum += (double)mat_get(net->U, i, j) * (double)mat_get(net->U, i, j);
	}
	return sum / 2;
}

struct biasednet_parts biasednet_parts(const struct biasednet *net, struct mat X, ptrdiff_t row)
{
	struct biasednet_parts parts = {0};
	double most = -HUGE_VAL, square = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double near = dot(X, row, mat_col(net->Z, j)) + (double)net->offset[j];

		parts.g += (double)net->alpha[j] * fmax(0, dot(X, row, mat_col(net->U, j)));
		if (near > most) {
			most = near;
			parts.nearest = j;
		}
	}
	for (ptrdiff_t i = 0; i < net->U.rows; i++) {
		double slope = 0;

		for (ptrdiff_t j = 0; j < net->U.cols; j++)
			slope += dot(X, row, mat_col(net->U, j)) > 0
					 ? (double)net->alpha[j] * (double)mat_get(net->U, i, j)
					 : 0;
		square += slope * slope / ((double)net->scale[i] * (double)net->scale[i]);
	}
	parts.steepness = sqrt(square);
	parts.h = (double)net->label[parts.nearest];
	return parts;
}

static void sample(const struct model *model, struct mat X, ptrdiff_t row, double *f, double *size)
{
	const struct biasednet *net = const_of(model);
	struct biasednet_parts p = biasednet_parts(net, X, row);
	double share = 1 / (1 + strength(net) * p.steepness), products = 0, slopes = 0;

	*f = biasednet_mix(net, p.g, p.h, p.steepness);
	for (ptrdiff_t j = 0; j < net->U.cols; j++)
		for (ptrdiff_t i = 0; i < X.cols; i++) {
			double weight = fabs((double)net->alpha[j] * (double)mat_get(net->U, i, j));

			products += weight * fabs((double)mat_get(X, row, i));
			slopes += weight / fabs((double)net->scale[i]);
		}
	/* N is as exact as the sum of its products, and counts by the slope of f in it */
	*size = share * products + fabs(p.h) + fabs(*f) +
		strength(net) * share * share * fabs(p.h - p.g) * slopes;
}

static double length(const real *c, ptrdiff_t d)
{
	return blas_norm((size_t)d, c);
}

/* How far the nearest point stays one of label y. */
static double neighbour_radius(const struct biasednet *net, struct mat X, ptrdiff_t row,
			       ptrdiff_t nearest, double y)
{
	const real *z = mat_col(net->Z, nearest);
	double radius = HUGE_VAL, near = dot(X, row, z) + (double)net->offset[nearest];

	for (ptrdiff_t j = 0; j < net->Z.cols; j++) {
		const real *other = mat_col(net->Z, j);
		double lead = near - dot(X, row, other) - (double)net->offset[j], square = 0;

		if (y * (double)net->label[j] > 0)
			continue;
		for (ptrdiff_t i = 0; i < X.cols; i++)
			square += ((double)z[i] - (double)other[i]) *
				  ((double)z[i] - (double)other[i]);
		radius = fmin(radius, square > 0 ? lead / sqrt(square) : 0);
	}
	return radius;
}

double biasednet_radius(const struct biasednet *net, struct mat X, ptrdiff_t row, double y)
{
	struct biasednet_parts p = biasednet_parts(net, X, row);
	double radius = HUGE_VAL, bias = strength(net) * y * p.h;

	if (!(y * biasednet_mix(net, p.g, p.h, p.steepness) > 0))
		return 0;
	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double size = length(mat_col(net->U, j), net->U.rows);

		if (net->alpha[j] != 0 && size > 0)
			radius = fmin(radius, fabs(dot(X, row, mat_col(net->U, j))) / size);
	}
	if (bias > 0) /* another label would only help else */
		radius = fmin(radius, neighbour_radius(net, X, row, p.nearest, y));
	if (p.steepness > 0)
		radius = fmin(radius, y * p.g / p.steepness + bias);
	return radius;
}

static const char *objective(const struct model *model)
{
	(void)model;
	return "locally biased network";
}

static const struct model_array arrays[] = {
	{"U", offsetof(struct biasednet, U), MODEL_FEATURES, MODEL_UNITS},
	{"Z", offsetof(struct biasednet, Z), MODEL_FEATURES, MODEL_UNITS},
	{"alpha", offsetof(struct biasednet, alpha), MODEL_UNITS, MODEL_ONE},
	{"offset", offsetof(struct biasednet, offset), MODEL_UNITS, MODEL_ONE},
	{"label", offsetof(struct biasednet, label), MODEL_UNITS, MODEL_ONE},
	{"scale", offsetof(struct biasednet, scale), MODEL_FEATURES, MODEL_ONE},
	{"gamma", offsetof(struct biasednet, gamma), MODEL_ONE, MODEL_ONE},
	{0},
};

const struct model_kind model_locally_biased = {
	.base = {.name = "locally_biased",
		 .doc = "a ReLU network biased towards the label of the nearest training point by "
			"the length of its gradient",
		 .cite = "anderson2022"},
	.objective = objective,
	.size = sizeof(struct biasednet),
	.arrays = arrays,
	.hidden = SCRATCH,
	.forward = forward,
	.gradient = gradient,
	.sample = sample,
	.decay = decay,
};
