/* Minibatch forward and backward pass of the two-layer ReLU network (algorithms: Rumelhart et al.
 * 1986).
 *
 *     H = U' B (m x b),  f = relu(H)' alpha,  g = l'(f, y) / b
 *     gU = B ([H > 0] o (alpha g'))' + decay U,  galpha = relu(H) g + decay alpha
 *
 * B (d x b) holds the samples of a minibatch as columns, where they lie in memory. A part (a
 * thread) owns a range of neurons: its columns of U, its H and gU stay in the cache of one core
 * from step to step, and only f (b) is shared. The contributions to f are added in the order of the
 * parts, so the bits depend on their number alone. Of gU one band after the other is computed, and
 * the weights of the band change while it is in L1.
 *
 * Of rows on several ranks each takes those of the minibatch that it has; gradients are summed, and
 * all change the same weights: minibatches are those of one process, sums are in another order. */
#include "baselines/backprop.h"

#include "baselines/tile.h"
#include "solvers/core/blas.h"

#include <string.h>

/* Whole vectors of neurons. */
struct backprop_neurons backprop_neurons_of(const struct backprop *b, int part)
{
	ptrdiff_t vectors = tile_room(b->m) / tile_lanes;
	ptrdiff_t first = vectors * part / b->parts * tile_lanes;
	ptrdiff_t end = vectors * (part + 1) / b->parts * tile_lanes;

	return (struct backprop_neurons){first, (end < b->m ? end : b->m) - first};
}

static struct mat weights_as_mat(const struct backprop *b, real *flat)
{
	return (struct mat){.rows = b->d, .cols = b->m, .stride = b->d, .at = flat};
}

static real *alpha_of(const struct backprop *b, real *flat)
{
	return flat + b->d * b->m;
}

struct mat backprop_head(const struct backprop *b, real *flat, int part)
{
	struct mat A = {.rows = b->m, .cols = b->k, .stride = b->m, .at = alpha_of(b, flat)};
	struct backprop_neurons at = backprop_neurons_of(b, part);

	return mat_rows(A, at.first, at.count);
}

struct net backprop_as_net(const struct backprop *b)
{
	return (struct net){.base.kind = &model_relu,
			    .U = weights_as_mat(b, b->weights),
			    .alpha = alpha_of(b, b->weights)};
}

struct multinet backprop_as_multinet(const struct backprop *b)
{
	return (struct multinet){
		.base.kind = &model_relu_outputs,
		.U = weights_as_mat(b, b->weights),
		.A = {.rows = b->m, .cols = b->k, .stride = b->m, .at = alpha_of(b, b->weights)}};
}

/* The part's neurons of H. */
struct mat backprop_hidden(const struct backprop *b, const struct backprop_pass *pass, int part)
{
	ptrdiff_t room = b->H.cols / b->parts;
	struct mat H = mat_cols(b->H, part * room, pass->columns);

	return mat_rows(H, 0, backprop_neurons_of(b, part).count);
}

static real *packed_of(const struct backprop *b, int part)
{
	return b->packed + b->d * backprop_neurons_of(b, part).first;
}

void backprop_pack(struct backprop *b, int part)
{
	struct backprop_neurons at = backprop_neurons_of(b, part);

	tile_pack(mat_cols(weights_as_mat(b, b->weights), at.first, at.count), packed_of(b, part));
}

/* H = U' B */
void backprop_products(const struct backprop *b, const struct backprop_pass *pass, int part)
{
	tile_forward(packed_of(b, part), b->d, pass->x, backprop_hidden(b, pass, part));
}

/* H and the part's share of f = relu(H)' alpha */
void backprop_forward(struct backprop *b, const struct backprop_pass *pass, int part)
{
	struct mat H = backprop_hidden(b, pass, part);
	const real *restrict alpha = alpha_of(b, b->weights) + backprop_neurons_of(b, part).first;
	real *f = mat_col(b->share, part);

	backprop_products(b, pass, part);
	for (ptrdiff_t k = 0; k < H.cols; k++) {
		const real *restrict h = mat_col(H, k);
		real sum = 0;

#pragma omp simd reduction(+ : sum)
		for (ptrdiff_t j = 0; j < H.rows; j++)
			sum += alpha[j] * (h[j] < 0 ? 0 : h[j]);
		f[k] = sum;
	}
}

void backprop_sum_shares(struct backprop *b, const struct backprop_pass *pass)
{
	size_t count = (size_t)(pass->rows * pass->regime->outputs * b->k);

	memcpy(b->f, b->share.at, count * sizeof *b->f);
	for (int part = 1; part < b->parts; part++)
		blas_axpy(count, 1, mat_col(b->share, part), b->f);
}

/* g = l'(f, y) */
void backprop_slopes(struct backprop *b, const struct backprop_pass *pass)
{
	loss_gradient(loss_with(b->problem->loss, pass->targets.weight), (size_t)pass->rows, b->f,
		      pass->y, b->g);
}

/* to (+)= from, rows x cols */
static void keep_block(struct mat to, struct mat from, bool add)
{
	for (ptrdiff_t j = 0; j < to.cols; j++) {
		real *restrict t = mat_col(to, j);
		const real *restrict f = mat_col(from, j);

#pragma omp simd
		for (ptrdiff_t i = 0; i < to.rows; i++)
			t[i] = add ? t[i] + f[i] : f[i];
	}
}

/* The rule on a block; without one, its gradient gets the weight decay. */
static void finish_block(struct backprop *b, const struct backprop_pass *pass,
			 struct backprop_block block)
{
	real decay = b->decay;

	if (pass->partial)
		return;
	if (pass->rule) {
		pass->rule(pass->trainer, block);
		return;
	}
	for (ptrdiff_t j = 0; j < block.cols; j++) {
		size_t first = block.first + (size_t)(j * block.stride);
		const real *restrict w = b->weights + first;
		real *restrict g = b->gradient + first;

#pragma omp simd
		for (ptrdiff_t i = 0; i < block.rows; i++)
			g[i] += decay * w[i];
	}
}

static struct mat gradient_of(const struct backprop *b, int part)
{
	struct backprop_neurons at = backprop_neurons_of(b, part);

	return mat_cols(weights_as_mat(b, b->gradient), at.first, at.count);
}

/* Rows first .. first+gradient.rows-1 of the part's U, with their gradient. */
static struct backprop_block block_of(const struct backprop *b, int part, ptrdiff_t first,
				      struct mat gradient)
{
	return (struct backprop_block){
		.first = (size_t)(backprop_neurons_of(b, part).first * b->d + first),
		.rows = gradient.rows,
		.cols = gradient.cols,
		.stride = b->d,
		.gradient = gradient.at,
		.gradient_stride = gradient.stride,
	};
}

static void finish_head(struct backprop *b, const struct backprop_pass *pass, int part)
{
	struct mat gA = backprop_head(b, b->gradient, part);

	finish_block(b, pass,
		     (struct backprop_block){.first = (size_t)(gA.at - b->gradient),
					     .rows = gA.rows,
					     .cols = gA.cols,
					     .stride = gA.stride,
					     .gradient = gA.at,
					     .gradient_stride = gA.stride});
}

void backprop_finish(struct backprop *b, const struct backprop_pass *pass, int part)
{
	finish_block(b, pass, block_of(b, part, 0, gradient_of(b, part)));
	finish_head(b, pass, part);
}

/* One band of the part's gU after the other. A band that is complete, with a rule at hand, is
 * changed while it is in L1. */
static void each_band(struct backprop *b, const struct backprop_pass *pass, int part, bool finish)
{
	struct mat S = backprop_hidden(b, pass, part), gU = gradient_of(b, part);
	ptrdiff_t most = b->band.rows;

	for (ptrdiff_t first = 0; first < b->d; first += most) {
		ptrdiff_t rows = b->d - first < most ? b->d - first : most;
		struct mat g = mat_cols(b->band, part * (b->band.cols / b->parts), S.rows);

		tile_backward(pass->x, first, rows, S, g);
		g.rows = rows;
		if (pass->add && finish && pass->rule)
			keep_block(g, mat_rows(gU, first, rows), true);
		if (!finish || !pass->rule)
			keep_block(mat_rows(gU, first, rows), g, pass->add);
		if (finish)
			finish_block(b, pass, block_of(b, part, first, g));
	}
}

void backprop_add_products(struct backprop *b, const struct backprop_pass *pass, int part)
{
	each_band(b, pass, part, false);
}

void backprop_end_products(struct backprop *b, const struct backprop_pass *pass, int part)
{
	each_band(b, pass, part, pass->last);
	if (pass->last)
		finish_head(b, pass, part);
}

void backprop_backward(struct backprop *b, const struct backprop_pass *pass, int part)
{
	/* H = [H > 0] o (alpha g'), galpha (+)= relu(H) g for the neurons of a part */
	struct backprop_neurons at = backprop_neurons_of(b, part);
	struct mat H = backprop_hidden(b, pass, part);
	const real *restrict alpha = alpha_of(b, b->weights) + at.first;
	real *restrict galpha = alpha_of(b, b->gradient) + at.first;

	if (!pass->add)
		memset(galpha, 0, (size_t)at.count * sizeof *galpha);
	for (ptrdiff_t k = 0; k < H.cols; k++) {
		real *restrict h = mat_col(H, k), g = b->g[k];

#pragma omp simd
		for (ptrdiff_t j = 0; j < H.rows; j++) {
			galpha[j] += g * (h[j] < 0 ? 0 : h[j]);
			h[j] = h[j] > 0 ? alpha[j] * g : 0;
		}
	}
	backprop_end_products(b, pass, part);
}

const struct backprop_regime backprop_plain = {
	.outputs = 1,
	.forward = backprop_forward,
	.slopes = backprop_slopes,
	.backward = backprop_backward,
};

/* 0 up to the share `start` of the epochs, then linear over the share `length`, then 1. */
static double ramp(const struct backprop *b, double start, double length)
{
	double epochs = (double)b->options->epochs;
	double gone = (double)b->epoch - start * epochs;

	if (gone < 0)
		return 0;
	return gone + 1 >= length * epochs ? 1 : (gone + 1) / (length * epochs);
}

double backprop_strength(const struct backprop *b)
{
	const struct ibp_options *interval = &b->options->interval;

	return interval->threat.eps > 0 ? ramp(b, interval->plain, interval->ramp)
					: ramp(b, 0, b->options->adversary.ramp);
}

struct targets backprop_targets(const struct backprop *b, ptrdiff_t rows, const struct targets *of)
{
	return (struct targets){.n = rows,
				.k = b->k,
				.at = b->y,
				.label = of->label ? b->label : NULL,
				.weight = of->weight ? b->sample : NULL};
}

/* A minibatch: `count` samples here (NULL: 0, 1, ...), `of` on all ranks. */
struct minibatch {
	const size_t *samples;
	ptrdiff_t count, of;
};

/* Samples first .. first+rows-1 of it, a chunk. */
static struct backprop_pass pass_of(const struct backprop *b, struct minibatch batch,
				    ptrdiff_t first)
{
	const struct backprop_regime *regime = b->regime;
	ptrdiff_t left = batch.count - first, rows = b->chunk < left ? b->chunk : left;
	struct backprop_pass pass = {
		.regime = regime,
		.samples = batch.samples ? batch.samples + first : NULL,
		.number = first,
		.before = b->before,
		.rows = rows,
		.count = batch.count,
		.of = batch.of,
		.x = b->x,
		.columns = regime->keeps_clean ? 2 * rows : rows,
		.y = b->y,
		.targets = backprop_targets(b, rows, &b->problem->y),
		.strength = backprop_strength(b),
		.stream = (uint64_t)b->epoch,
		.add = first > 0,
		.last = rows == left,
		.partial = b->problem->ranks != NULL,
	};

	if (regime->attacks)
		pass.clean = mat_cols(b->batch, 0, rows);
	return pass;
}

void backprop_target(struct backprop *b, const struct backprop_pass *pass, ptrdiff_t row,
		     const struct targets *from, ptrdiff_t sample)
{
	for (ptrdiff_t c = 0; c < b->k; c++)
		b->y[c * pass->rows + row] = from->at[c * from->n + sample];
	if (from->label)
		b->label[row] = from->label[sample];
	if (from->weight)
		b->sample[row] = from->weight[sample];
}

/* Sample `sample`, which is row k of the chunk: as it is held, or gathered from a mapped file. */
static const real *sample_at(struct backprop *b, ptrdiff_t k, ptrdiff_t sample)
{
	real *to;

	if (!b->problem->mapped)
		return mat_col(b->Xt, sample);
	to = mat_col(b->batch, k);
	for (ptrdiff_t j = 0; j < b->d; j++)
		to[j] = mat_get(b->problem->X, sample, j);
	return to;
}

/* Every thread of the team comes here; each worksharing construct ends with a barrier. */
static void pass_chunk(struct backprop *b, const struct backprop_pass *pass)
{
	const struct backprop_regime *regime = pass->regime;

#pragma omp for schedule(static, 1)
	for (int part = 0; part < b->parts; part++) {
		ptrdiff_t first = pass->rows * part / b->parts;
		ptrdiff_t end = pass->rows * (part + 1) / b->parts;

		/* The part's samples of the chunk: their places and targets, copies where they
		 * are attacked. */
		for (ptrdiff_t k = first; k < end; k++) {
			ptrdiff_t sample =
				pass->samples ? (ptrdiff_t)pass->samples[k] : pass->number + k;

			backprop_target(b, pass, k, &b->problem->y, sample);
			b->x[k] = sample_at(b, k, sample);
			if (pass->regime->attacks) {
				memmove(mat_col(pass->clean, k), b->x[k],
					(size_t)b->d * sizeof(real));
				/* those that move stand behind the clean ones, if they are kept */
				b->x[k] = mat_col(b->batch, k);
				b->x[pass->columns - pass->rows + k] =
					mat_col(b->batch, pass->rows + k);
			}
		}
		if (!pass->add)
			backprop_pack(b, part);
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
	{
		backprop_sum_shares(b, pass);
		regime->slopes(b, pass);
		blas_scale((size_t)(pass->rows * regime->outputs * b->k),
			   1 / (b->problem->loss.weight * (double)pass->of), b->g);
	}
#pragma omp for schedule(static, 1)
	for (int part = 0; part < b->parts; part++)
		regime->backward(b, pass, part);
}

/* Of a minibatch of all ranks what lies here. */
static struct minibatch share_of(struct backprop *b, const size_t *samples, ptrdiff_t count)
{
	struct minibatch batch = {samples, count, count};
	size_t before = (size_t)b->before, end = before + (size_t)b->n;

	if (!b->problem->ranks)
		return batch;
	batch.count = samples ? 0 : b->n;
	batch.samples = samples ? b->own : NULL;
	for (ptrdiff_t k = 0; samples && k < count; k++)
		if (samples[k] >= before && samples[k] < end)
			b->own[batch.count++] = samples[k] - before;
	return batch;
}

/* The sum of the gradients, in the order of the ranks; then each changes its weights alike. */
static void finish_over_ranks(struct backprop *b, struct minibatch batch, backprop_rule rule,
			      void *trainer)
{
	const struct backprop_pass pass = {.rule = rule, .trainer = trainer};
	struct mat all = {(ptrdiff_t)b->count, 1, (ptrdiff_t)b->count, b->gradient};

	if (batch.count == 0)
		mat_fill(all, 0);
	ranks_sum_mat(b->problem->ranks, all);
#pragma omp parallel for schedule(static, 1) num_threads(b->parts)
	for (int part = 0; part < b->parts; part++)
		backprop_finish(b, &pass, part);
}

void backprop_gradient(struct backprop *b, const size_t *samples, ptrdiff_t count,
		       backprop_rule rule, void *trainer)
{
	const struct minibatch batch = share_of(b, samples, count);
	const bool ranks = b->problem->ranks != NULL;

#pragma omp parallel num_threads(b->parts)
	{
		for (ptrdiff_t first = 0; first < batch.count; first += b->chunk) {
			struct backprop_pass pass = pass_of(b, batch, first);

			pass.rule = ranks ? NULL : rule;
			pass.trainer = trainer;
			pass_chunk(b, &pass);
		}
	}
	if (ranks)
		finish_over_ranks(b, batch, rule, trainer);
}
