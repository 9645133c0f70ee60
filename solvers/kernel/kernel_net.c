/* Batch kernels of functions of angles: a GEMM over row blocks for the products of points, then
 * the angles element by element.
 *
 *     T = X Z (block x m),  angles t of T,  F = k(t) A
 *     W = C A',  G = (W o dk/dT) Z' + (sum over columns of W o dk/d|x|^2 / 2) o (scale^2 o X)
 *
 * Near 0 and pi the arc cosine loses half of the digits, and the tangent kernel has a kink there:
 * these angles are taken from the difference and the sum of the unit vectors. Elsewhere the sine is
 * a root: half of the time of a pass would be spent on sines and cosines. */
#include "solvers/kernel/kernel_net.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum { SCRATCH = 3 }; /* angles, their cosines, and k(t) or W o dk/dT */

static const double parallel = 0.99; /* cosine from which on the angle is taken by differences */

struct kernel_net *kernel_net_of(const struct model *model)
{
	return (struct kernel_net *)(void *)model;
}

static const struct kernel_net *const_of(const struct model *model)
{
	return (const struct kernel_net *)(const void *)model;
}

/* |x_k| and |z_j| in the features. */
static double length(const struct kernel_net *net, struct mat X, ptrdiff_t k)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < X.cols; i++) {
		double x = (double)mat_get(X, k, i) * (double)net->scale[i];

		sum += x * x;
	}
	return sqrt(sum);
}

static double point_length(const struct kernel_net *net, ptrdiff_t j)
{
	const real *z = mat_col(net->Z, j);
	double sum = 0;

	for (ptrdiff_t i = 0; i < net->Z.rows; i++) {
		double x = (double)z[i] / (double)net->scale[i];

		sum += x * x;
	}
	return sqrt(sum);
}

/* Row k of the points X and point j of the model. */
struct pair {
	struct mat X;
	ptrdiff_t k, j;
	double a, b; /* lengths */
};

static double angle_by_difference(const struct kernel_net *net, const struct pair *p)
{
	const real *z = mat_col(net->Z, p->j);
	double apart = 0, along = 0;

	for (ptrdiff_t i = 0; i < p->X.cols; i++) {
		double scale = (double)net->scale[i];
		double x = (double)mat_get(p->X, p->k, i) * scale / p->a;
		double y = (double)z[i] / scale / p->b;

		apart += (x - y) * (x - y);
		along += (x + y) * (x + y);
	}
	return 2 * atan2(sqrt(apart), sqrt(along));
}

struct angle {
	double theta, sine, cosine;
};

/* One whose cosine is known, too. */
static struct angle angle_of(double theta, double cosine)
{
	bool apart = fabs(cosine) < parallel;

	return (struct angle){theta, apart ? sqrt((1 - cosine) * (1 + cosine)) : sin(theta),
			      cosine};
}

/* From the product t = x'z; a right one where a vector is zero. */
static struct angle angle(const struct kernel_net *net, const struct pair *p, double t)
{
	double cosine = t / (p->a * p->b), theta;

	if (!(p->a > 0 && p->b > 0))
		return angle_of(acos(0), 0);
	if (fabs(cosine) < parallel)
		return angle_of(acos(cosine), cosine);
	theta = angle_by_difference(net, p);
	return angle_of(theta, cos(theta));
}

/* k at this angle, for points of length 1 and without 1 / (2 pi d). */
static double profile(const struct kernel_net *net, struct angle at)
{
	return at.sine + (1 + (double)*net->tangent) * (M_PI - at.theta) * at.cosine;
}

static double unit(const struct kernel_net *net)
{
	return 1 / (2 * M_PI * (double)net->Z.rows);
}

static void forward(const struct model *model, struct mat X, struct mat F, struct mat H)
{
	const struct kernel_net *net = const_of(model);
	ptrdiff_t m = net->Z.cols;
	struct mat angles = mat_cols(H, 0, m), cosines = mat_cols(H, m, m),
		   K = mat_cols(H, 2 * m, m);
	double lengths[MODEL_BLOCK];

	for (ptrdiff_t k = 0; k < X.rows; k++)
		lengths[k] = length(net, X, k);
	blas_gemm(1, X, PLAIN, net->Z, PLAIN, 0, angles);
	for (ptrdiff_t j = 0; j < m; j++) {
		double b = point_length(net, j);

		for (ptrdiff_t k = 0; k < X.rows; k++) {
			const struct pair p = {X, k, j, lengths[k], b};
			struct angle at = angle(net, &p, (double)mat_get(angles, k, j));

			mat_set(angles, k, j, (real)at.theta);
			mat_set(cosines, k, j, (real)at.cosine);
			mat_set(K, k, j, (real)(unit(net) * p.a * b * profile(net, at)));
		}
	}
	blas_gemm(1, K, PLAIN, mat_rows(net->A, 0, m), PLAIN, 0, F);
}

/* dk/dT and dk/d|x| / |x| at an angle, for lengths a and b. At a kink the slope of the tangent part
 * across it is 0. */
struct slopes {
	double product, length;
};

static struct slopes slopes_at(const struct kernel_net *net, struct angle at, double a, double b)
{
	double s = at.sine, c = at.cosine, tangent = (double)*net->tangent;
	double kink = at.theta > 0 && at.theta < M_PI && s > 0 ? tangent * c / s : 0;

	if (!(a > 0))
		return (struct slopes){0, 0};
	return (struct slopes){unit(net) * ((1 + tangent) * (M_PI - at.theta) + kink),
			       unit(net) * b / a * (s - kink * c)};
}

/* G from what forward left in H (rows x 3 m), with the weights W of the points in the last part,
 * which are overwritten. */
static void pull(const struct kernel_net *net, struct mat X, struct mat H, struct mat G)
{
	ptrdiff_t m = net->Z.cols;
	struct mat angles = mat_cols(H, 0, m), cosines = mat_cols(H, m, m),
		   W = mat_cols(H, 2 * m, m);
	double lengths[MODEL_BLOCK], along[MODEL_BLOCK] = {0};

	for (ptrdiff_t k = 0; k < X.rows; k++)
		lengths[k] = length(net, X, k);
	for (ptrdiff_t j = 0; j < W.cols; j++) {
		double b = point_length(net, j);

		for (ptrdiff_t k = 0; k < X.rows; k++) {
			double w = (double)mat_get(W, k, j);
			struct angle at = angle_of((double)mat_get(angles, k, j),
						   (double)mat_get(cosines, k, j));
			struct slopes slopes = slopes_at(net, at, lengths[k], b);

			along[k] += w * slopes.length;
			mat_set(W, k, j, (real)(w * slopes.product));
		}
	}
	blas_gemm(1, W, PLAIN, net->Z, TRANSPOSED, 0, G);
	for (ptrdiff_t i = 0; i < X.cols; i++) {
		double square = (double)net->scale[i] * (double)net->scale[i];

		for (ptrdiff_t k = 0; k < X.rows; k++)
			mat_set(G, k, i,
				mat_get(G, k, i) +
					(real)(along[k] * square * (double)mat_get(X, k, i)));
	}
}

static void pullback(const struct model *model, struct mat X, struct mat C, struct mat G,
		     struct mat H)
{
	const struct kernel_net *net = const_of(model);
	ptrdiff_t m = net->Z.cols;

	blas_gemm(1, C, PLAIN, mat_rows(net->A, 0, m), TRANSPOSED, 0, mat_cols(H, 2 * m, m));
	pull(net, X, H, G);
}

/* Points first .. first + X.rows - 1 as rows, in the coordinates of the model. */
static void points(const struct kernel_net *net, ptrdiff_t first, struct mat X)
{
	for (ptrdiff_t i = 0; i < X.cols; i++) {
		double square = (double)net->scale[i] * (double)net->scale[i];

		for (ptrdiff_t k = 0; k < X.rows; k++)
			mat_set(X, k, i, (real)((double)mat_get(net->Z, i, first + k) / square));
	}
}

/* (1/2) sum_c |f_c|^2 in the space of the kernel: sum_ic A_ic f_c(z_i) / 2 */
static double decay(const struct model *model)
{
	const struct kernel_net *net = const_of(model);
	ptrdiff_t m = net->Z.cols, most = m < MODEL_BLOCK ? m : MODEL_BLOCK;
	struct arena scratch = {0};
	struct mat X = mat_new(&scratch, most, net->Z.rows),
		   H = mat_new(&scratch, most, SCRATCH * m),
		   F = mat_new(&scratch, most, net->A.cols);
	double sum = 0;

	for (ptrdiff_t first = 0; first < m; first += most) {
		ptrdiff_t count = first + most < m ? most : m - first;
		struct mat rows = mat_rows(X, 0, count), outputs = mat_rows(F, 0, count);

		points(net, first, rows);
		forward(model, rows, outputs, mat_rows(H, 0, count));
		for (ptrdiff_t c = 0; c < F.cols; c++)
			for (ptrdiff_t k = 0; k < count; k++)
				sum += (double)mat_get(net->A, first + k, c) *
				       (double)mat_get(outputs, k, c);
	}
	arena_release(&scratch);
	return sum / 2;
}

/* The norms of the two kernels differ. */
static const char *objective(const struct model *model)
{
	return *const_of(model)->tangent > 0 ? "NTK ridge" : "NNGP ridge";
}

/* An angle that is off by e moves k by up to 9 |x| |z| e without its factor, and e is at most seven
 * times the rounding of the cosine. */
static void sample(const struct model *model, struct mat X, ptrdiff_t row, double *f, double *size)
{
	const double most = 16;
	const struct kernel_net *net = const_of(model);
	double a = length(net, X, row);

	*size = 0;
	memset(f, 0, (size_t)net->A.cols * sizeof *f);
	for (ptrdiff_t j = 0; a > 0 && j < net->Z.cols; j++) {
		const struct pair p = {X, row, j, a, point_length(net, j)};
		double value = unit(net) * a * p.b, largest = 0, theta, k;

		if (!(p.b > 0))
			continue;
		theta = angle_by_difference(net, &p);
		k = value * profile(net, angle_of(theta, cos(theta)));
		for (ptrdiff_t c = 0; c < net->A.cols; c++) {
			double weight = (double)mat_get(net->A, j, c);

			f[c] += weight * k;
			largest = fmax(largest, fabs(weight));
		}
		*size += most * largest * value;
	}
}

void kernel_net_gram(const struct kernel_net *net, struct mat X, struct mat K)
{
	struct arena scratch = {0};
	double *lengths = ARENA_ARRAY(&scratch, double, K.cols);

	for (ptrdiff_t j = 0; j < K.cols; j++)
		lengths[j] = point_length(net, j);
	blas_gemm(1, X, PLAIN, net->Z, PLAIN, 0, K);
#pragma omp parallel for schedule(dynamic, 16)
	for (ptrdiff_t j = 0; j < K.cols; j++)
		for (ptrdiff_t k = j; k < K.rows; k++) {
			const struct pair p = {X, k, j, lengths[k], lengths[j]};
			struct angle at = angle(net, &p, (double)mat_get(K, k, j));

			mat_set(K, k, j, (real)(unit(net) * p.a * p.b * profile(net, at)));
		}
	arena_release(&scratch);
}

static const struct model_array arrays[] = {
	{"Z", offsetof(struct kernel_net, Z), MODEL_FEATURES, MODEL_UNITS},
	{"scale", offsetof(struct kernel_net, scale), MODEL_FEATURES, MODEL_ONE},
	{"A", offsetof(struct kernel_net, A), MODEL_UNITS, MODEL_OUTPUTS},
	{"tangent", offsetof(struct kernel_net, tangent), MODEL_ONE, MODEL_ONE},
	{0},
};

const struct model_kind model_kernel = {
	.base = {.name = "kernel",
		 .doc = "kernel of wide two-layer ReLU networks, sum_i A_ic k(x, z_i)",
		 .cite = "cho2009"},
	.size = sizeof(struct kernel_net),
	.arrays = arrays,
	.objective = objective,
	.hidden = SCRATCH,
	.forward = forward,
	.pullback = pullback,
	.sample = sample,
	.decay = decay,
};
