/* Minibatch forward and backward pass of the two-layer ReLU network (algorithms: Rumelhart et al.
 * 1986).
 *
 *     H = B' U (b x m),  f = relu(H) alpha,  g = l'(f, y) / b
 *     gU = B ([H > 0] o (g alpha')) + decay U,  galpha = relu(H)' g + decay alpha
 *
 * B (d x b) holds the samples of a minibatch as columns. A part (a thread) owns a range of neurons:
 * its columns of U, H and gU stay in the cache of one core from step to step, and only f (b) is
 * shared. The contributions to f are added in the order of the parts, so the bits depend on their
 * number alone. */
#include "baselines/backprop.h"

#include "solvers/core/blas.h"
#include "solvers/core/rng.h"

#include <math.h>
#include <string.h>

struct backprop_neurons backprop_neurons_of(const struct backprop *b, int part)
{
	ptrdiff_t first = b->m * part / b->parts, end = b->m * (part + 1) / b->parts;

	return (struct backprop_neurons){first, end - first};
}

static struct mat weights_as_mat(const struct backprop *b, real *flat)
{
	return (struct mat){.rows = b->d, .cols = b->m, .stride = b->d, .at = flat};
}

static real *alpha_of(const struct backprop *b, real *flat)
{
	return flat + b->d * b->m;
}

struct net backprop_as_net(const struct backprop *b)
{
	return (struct net){.U = weights_as_mat(b, b->weights), .alpha = alpha_of(b, b->weights)};
}

/* The part's columns of the minibatch and of its targets. */
static void gather(struct backprop *b, const struct backprop_pass *pass, int part)
{
	ptrdiff_t first = pass->rows * part / b->parts, end = pass->rows * (part + 1) / b->parts;

	for (ptrdiff_t k = first; k < end; k++) {
		ptrdiff_t sample = pass->samples ? (ptrdiff_t)pass->samples[k] : pass->number + k;

		memcpy(mat_col(b->batch, k), mat_col(b->Xt, sample), (size_t)b->d * sizeof(real));
		b->y[k] = b->problem->y[sample];
	}
}

/* The part's columns of H. */
struct mat backprop_hidden(const struct backprop *b, const struct backprop_pass *pass, int part)
{
	struct backprop_neurons at = backprop_neurons_of(b, part);

	return mat_rows(mat_cols(b->H, at.first, at.count), 0, pass->columns.cols);
}

/* H = B' U and the part's share of f = relu(H) alpha */
void backprop_forward(struct backprop *b, const struct backprop_pass *pass, int part)
{
	struct backprop_neurons at = backprop_neurons_of(b, part);
	struct mat U = mat_cols(weights_as_mat(b, b->weights), at.first, at.count);
	struct mat H = backprop_hidden(b, pass, part);
	const real *alpha = alpha_of(b, b->weights) + at.first;
	real *restrict f = mat_col(b->share, part);

	blas_gemm(1, pass->columns, TRANSPOSED, U, PLAIN, 0, H);
	memset(f, 0, (size_t)H.rows * sizeof *f);
	for (ptrdiff_t j = 0; j < H.cols; j++) {
		const real *restrict h = mat_col(H, j);
		real a = alpha[j];

#pragma omp simd
		for (ptrdiff_t k = 0; k < H.rows; k++)
			f[k] += a * (h[k] < 0 ? 0 : h[k]);
	}
}

void backprop_sum_shares(struct backprop *b, const struct backprop_pass *pass)
{
	size_t count = (size_t)(pass->rows * pass->regime->outputs);

	memcpy(b->f, b->share.at, count * sizeof *b->f);
	for (int part = 1; part < b->parts; part++)
		blas_axpy(count, 1, mat_col(b->share, part), b->f);
}

/* g = l'(f, y) */
void backprop_slopes(struct backprop *b, const struct backprop_pass *pass)
{
	loss_gradient(b->problem->loss, (size_t)pass->rows, b->f, pass->y, b->g);
}

/* gU (+)= B ([H > 0] o (g alpha')), galpha (+)= relu(H)' g for the neurons of a part */
void backprop_backward(struct backprop *b, const struct backprop_pass *pass, int part)
{
	struct backprop_neurons at = backprop_neurons_of(b, part);
	struct mat gU = mat_cols(weights_as_mat(b, b->gradient), at.first, at.count);
	struct mat H = backprop_hidden(b, pass, part);
	const real *alpha = alpha_of(b, b->weights) + at.first;
	real *galpha = alpha_of(b, b->gradient) + at.first;
	const real *restrict g = b->g;

	for (ptrdiff_t j = 0; j < H.cols; j++) {
		real *restrict h = mat_col(H, j);
		real a = alpha[j], sum = 0;

#pragma omp simd reduction(+ : sum)
		for (ptrdiff_t k = 0; k < H.rows; k++) {
			sum += g[k] * (h[k] < 0 ? 0 : h[k]);
			h[k] = h[k] > 0 ? a * g[k] : 0;
		}
		galpha[j] = pass->add ? galpha[j] + sum : sum;
	}
	blas_gemm(1, pass->columns, PLAIN, H, PLAIN, pass->add, gU);
}

const struct backprop_regime backprop_plain = {
	.outputs = 1,
	.forward = backprop_forward,
	.slopes = backprop_slopes,
	.backward = backprop_backward,
};

/* gradient += decay weights on the part's span of U or of alpha, then the rule */
static void finish_span(struct backprop *b, struct backprop_span span, backprop_rule rule,
			void *trainer)
{
	const real *restrict w = b->weights + span.first;
	real *restrict g = b->gradient + span.first;
	real decay = b->decay;

#pragma omp simd
	for (size_t i = 0; i < span.count; i++)
		g[i] += decay * w[i];
	if (rule)
		rule(trainer, span);
}

static void finish_part(struct backprop *b, int part, backprop_rule rule, void *trainer)
{
	struct backprop_neurons at = backprop_neurons_of(b, part);
	size_t d = (size_t)b->d, first = (size_t)at.first, count = (size_t)at.count;

	finish_span(b, (struct backprop_span){first * d, count * d}, rule, trainer);
	finish_span(b, (struct backprop_span){(size_t)b->m * d + first, count}, rule, trainer);
}

/* Samples first .. first+rows-1 of `samples` (or of X), one of the chunks of a batch of `count`. */
static struct backprop_pass pass_of(const struct backprop *b, const size_t *samples,
				    ptrdiff_t first, ptrdiff_t count)
{
	const struct backprop_regime *regime = b->regime;
	ptrdiff_t rows = first + b->chunk < count ? b->chunk : count - first;
	bool gathered = samples || regime->attacks;
	struct backprop_pass pass = {
		.regime = regime,
		.samples = samples ? samples + first : NULL,
		.number = first,
		.rows = rows,
		.count = count,
		.clean = gathered ? mat_cols(b->batch, 0, rows) : mat_cols(b->Xt, first, rows),
		.y = gathered ? b->y : b->problem->y + first,
		.strength = backprop_strength(b),
		.stream = (uint64_t)b->epoch,
		.add = first > 0,
	};

	pass.columns = pass.clean;
	if (regime->attacks)
		pass.columns = regime->keeps_clean ? mat_cols(b->batch, 0, 2 * rows)
						   : mat_cols(b->batch, rows, rows);
	return pass;
}

/* Outputs, their slopes divided by (weight count). */
static void turn(struct backprop *b, const struct backprop_pass *pass)
{
	backprop_sum_shares(b, pass);
	pass->regime->slopes(b, pass);
	blas_scale((size_t)(pass->rows * pass->regime->outputs),
		   1 / (b->problem->loss.weight * (double)pass->count), b->g);
}

/* Every thread of the team comes here; each worksharing construct ends with a barrier. */
static void pass_chunk(struct backprop *b, const struct backprop_pass *pass)
{
	const struct backprop_regime *regime = pass->regime;

	if (pass->clean.at == b->batch.at) {
#pragma omp for schedule(static, 1)
		for (int part = 0; part < b->parts; part++)
			gather(b, pass, part);
	}
	if (regime->attacks) {
#pragma omp for schedule(static, 1)
		for (int part = 0; part < b->parts; part++)
			regime->attack(b, pass, part);
	}
#pragma omp for schedule(static, 1)
	for (int part = 0; part < b->parts; part++)
		regime->forward(b, pass, part);
#pragma omp single
	turn(b, pass);
#pragma omp for schedule(static, 1)
	for (int part = 0; part < b->parts; part++)
		regime->backward(b, pass, part);
}

void backprop_gradient(struct backprop *b, const size_t *samples, ptrdiff_t count,
		       backprop_rule rule, void *trainer)
{
#pragma omp parallel num_threads(b->parts)
	{
		for (ptrdiff_t first = 0; first < count; first += b->chunk) {
			struct backprop_pass pass = pass_of(b, samples, first, count);

			pass_chunk(b, &pass);
		}
#pragma omp for schedule(static, 1)
		for (int part = 0; part < b->parts; part++)
			finish_part(b, part, rule, trainer);
	}
}

static double rate_constant(const struct backprop_options *o, double epoch)
{
	(void)epoch;
	return o->learning_rate;
}

static double rate_cosine(const struct backprop_options *o, double epoch)
{
	return o->learning_rate * 0.5 *
	       (1 + cos(3.14159265358979323846 * epoch / (double)o->epochs));
}

static double rate_step(const struct backprop_options *o, double epoch)
{
	return o->learning_rate * pow(o->step_factor, floor(epoch / (double)o->step_every));
}

const char *const backprop_schedules[] = {"constant", "cosine", "step", NULL};
static double (*const rates[])(const struct backprop_options *, double) = {rate_constant,
									   rate_cosine, rate_step};

double backprop_rate(const struct backprop *b)
{
	return rates[b->options->schedule](b->options, (double)b->epoch);
}

void backprop_epoch(struct backprop *b, backprop_rule rule, void (*before)(void *trainer),
		    void *trainer)
{
	ptrdiff_t size =
		b->options->batch > 0 && b->options->batch < b->n ? b->options->batch : b->n;
	struct rng rng = rng_stream(b->problem->seed, "epoch", (uint64_t)b->epoch);

	if (size < b->n)
		rng_shuffle(&rng, (size_t)b->n, b->order);
	for (ptrdiff_t first = 0; first < b->n; first += size) {
		if (before)
			before(trainer);
		backprop_gradient(b, size < b->n ? b->order + first : NULL,
				  first + size < b->n ? size : b->n - first, rule, trainer);
	}
	b->epoch++;
}
