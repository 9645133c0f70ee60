/* Robust training by backprop: losses on a chunk beyond the clean one.
 *
 *     attacked   l(f(x'), y), x' of an inner attack (Madry et al. 2018)
 *     TRADES     l(f(x), y) + lambda KL(sigma(f(x)) || sigma(f(x'))) (Zhang et al. 2019)
 *     interval   kappa l(f(x), y) + (1 - kappa) l(F(x, y), y) (Gowal et al. 2018)
 *
 * x' is held fixed in the gradient (Danskin). */
#include "baselines/backprop_robust.h"

#include "baselines/backprop_outputs.h"
#include "baselines/ibp_outputs.h"
#include "solvers/core/blas.h"

/* The part's samples of the chunk, from the clean columns to those beside them. */
static void attack(struct backprop *b, const struct backprop_pass *pass, int part, bool trades)
{
	ptrdiff_t first = pass->rows * part / b->parts, end = pass->rows * (part + 1) / b->parts;
	struct net net = backprop_as_net(b);
	struct adversary_job job = {
		.net = &net,
		.A = b->k > 1 ? backprop_as_multinet(b).A : (struct mat){0},
		.label = pass->targets.label ? pass->targets.label + first : NULL,
		.clean = mat_cols(pass->clean, first, end - first),
		.at = mat_cols(b->batch, pass->rows + first, end - first),
		.y = pass->y + first,
		.samples = pass->samples ? pass->samples + first : NULL,
		.first = first,
		.number = pass->number + first,
		.before = pass->before,
		.stream = pass->stream,
		.eps = pass->strength * b->options->adversary.threat.eps,
	};

	if (end > first)
		adversary_attack(&b->adversary, &job, trades);
}

static void attack_margin(struct backprop *b, const struct backprop_pass *pass, int part)
{
	attack(b, pass, part, false);
}

static void attack_distance(struct backprop *b, const struct backprop_pass *pass, int part)
{
	attack(b, pass, part, true);
}

/* g = (l'(f, y) + w lambda dKL/df, w lambda dKL/df'), f and f' in the two halves of b->f; w is the
 * weight of the loss of the sample */
static void trades_slopes(struct backprop *b, const struct backprop_pass *pass)
{
	struct loss_term loss = loss_with(b->problem->loss, pass->targets.weight);
	real *moved = b->g + pass->rows;

	backprop_slopes(b, pass);
	for (ptrdiff_t k = 0; k < pass->rows; k++) {
		double factor = loss_of(loss, k).weight * b->options->adversary.trades;
		double in_f, in_g;

		adversary_distance((double)b->f[k], (double)b->f[pass->rows + k], &in_f, &in_g);
		b->g[k] += (real)(factor * in_f);
		moved[k] = (real)(factor * in_g);
	}
}

/* The same of k outputs: F and F' are the first and the last `rows` columns. */
static void trades_outputs_slopes(struct backprop *b, const struct backprop_pass *pass)
{
	struct loss_term loss = loss_with(b->problem->loss, pass->targets.weight);
	struct mat F = backprop_outputs_columns(b, pass, b->f),
		   G = backprop_outputs_columns(b, pass, b->g);

	backprop_outputs_slopes(b, pass);
	for (ptrdiff_t r = 0; r < pass->rows; r++) {
		struct adversary_pair pair = {&F.at[r], &F.at[pass->rows + r],
					      &G.at[r], &G.at[pass->rows + r],
					      b->k,     F.stride};

		adversary_divergence(&pair, loss_of(loss, r).weight * b->options->adversary.trades);
	}
}

static struct ibp_job bounds_of(const struct backprop *b, const struct backprop_pass *pass,
				int part)
{
	struct backprop_neurons at = backprop_neurons_of(b, part);
	struct net net = backprop_as_net(b);

	return (struct ibp_job){
		.U = mat_cols(net.U, at.first, at.count),
		.alpha = net.alpha + at.first,
		.y = pass->y,
		.threat = &b->bounded,
		.eps = pass->strength * b->bounded.eps,
		.radii = b->radii + at.first,
	};
}

/* The part's share of f and F, one below the other. */
static void interval_outputs(struct backprop *b, const struct backprop_pass *pass, int part)
{
	struct ibp_job job = bounds_of(b, pass, part);
	real *share = mat_col(b->share, part);

	ibp_radii(&job);
	backprop_products(b, pass, part);
	ibp_forward(&job, backprop_hidden(b, pass, part), share, share + pass->rows);
}

/* 1 - kappa, kappa falling from 1 with the ramp */
static double share_of_worst(const struct backprop *b, const struct backprop_pass *pass)
{
	return pass->strength * (1 - b->options->interval.kappa);
}

/* g = (kappa l'(f, y), (1 - kappa) l'(F, y)) */
static void interval_slopes_of(struct backprop *b, const struct backprop_pass *pass)
{
	struct loss_term loss = loss_with(b->problem->loss, pass->targets.weight);
	double worst = share_of_worst(b, pass);
	size_t rows = (size_t)pass->rows;

	loss_gradient(loss, rows, b->f, pass->y, b->g);
	loss_gradient(loss, rows, b->f + rows, pass->y, b->g + rows);
	blas_scale(rows, 1 - worst, b->g);
	blas_scale(rows, worst, b->g + rows);
}

static void interval_gradient(struct backprop *b, const struct backprop_pass *pass, int part)
{
	struct backprop_neurons at = backprop_neurons_of(b, part);
	struct ibp_job job = bounds_of(b, pass, part);
	struct mat gU = {b->d, at.count, b->d, b->gradient + at.first * b->d};
	struct ibp_slopes slopes = {
		.g = b->g,
		.G = b->g + pass->rows,
		.galpha = b->gradient + b->d * b->m + at.first,
		.slope_r = b->slope_r + at.first,
		.add = pass->add,
	};

	ibp_backward(&job, backprop_hidden(b, pass, part), &slopes);
	backprop_add_products(b, pass, part);
	ibp_radius_gradient(&job, slopes.slope_r, gU);
	if (pass->last)
		backprop_finish(b, pass, part);
}

static struct ibp_outputs_job margins_of(const struct backprop *b, const struct backprop_pass *pass,
					 int part)
{
	struct backprop_neurons at = backprop_neurons_of(b, part);

	return (struct ibp_outputs_job){
		.U = mat_cols(backprop_as_net(b).U, at.first, at.count),
		.A = backprop_head(b, b->weights, part),
		.label = pass->targets.label,
		.threat = &b->bounded,
		.eps = pass->strength * b->bounded.eps,
		.radii = b->radii + at.first,
	};
}

/* f and F (rows x k each) lie one behind the other. */
static struct mat interval_block(const struct backprop *b, const struct backprop_pass *pass,
				 real *at, int block)
{
	return backprop_outputs_columns(b, pass, at + block * pass->rows * b->k);
}

static void interval_outputs_forward(struct backprop *b, const struct backprop_pass *pass, int part)
{
	struct ibp_outputs_job job = margins_of(b, pass, part);
	real *share = mat_col(b->share, part);

	backprop_products(b, pass, part);
	ibp_outputs_forward(&job, backprop_hidden(b, pass, part), interval_block(b, pass, share, 0),
			    interval_block(b, pass, share, 1));
}

static void interval_outputs_slopes(struct backprop *b, const struct backprop_pass *pass)
{
	double worst = share_of_worst(b, pass);
	struct loss_term clean = b->problem->loss, bound = b->problem->loss;

	clean.weight *= 1 - worst;
	bound.weight *= worst;
	loss_outputs_gradient(clean, interval_block(b, pass, b->f, 0), pass->targets,
			      interval_block(b, pass, b->g, 0));
	loss_outputs_gradient(bound, interval_block(b, pass, b->f, 1), pass->targets,
			      interval_block(b, pass, b->g, 1));
}

static void interval_outputs_backward(struct backprop *b, const struct backprop_pass *pass,
				      int part)
{
	struct backprop_neurons at = backprop_neurons_of(b, part);
	struct ibp_outputs_job job = margins_of(b, pass, part);
	struct ibp_job radii = bounds_of(b, pass, part); /* whose gradient asks for no alpha */
	struct mat gU = {b->d, at.count, b->d, b->gradient + at.first * b->d};
	struct ibp_outputs_slopes slopes = {
		.g = interval_block(b, pass, b->g, 0),
		.G = interval_block(b, pass, b->g, 1),
		.gA = backprop_head(b, b->gradient, part),
		.slope_r = b->slope_r + at.first,
		.scratch = mat_col(b->slope, part),
		.add = pass->add,
	};

	ibp_outputs_backward(&job, backprop_hidden(b, pass, part), &slopes);
	backprop_add_products(b, pass, part);
	ibp_radius_gradient(&radii, slopes.slope_r, gU);
	if (pass->last)
		backprop_finish(b, pass, part);
}

static const struct backprop_regime attacked = {
	.attacks = true,
	.outputs = 1,
	.attack = attack_margin,
	.forward = backprop_forward,
	.slopes = backprop_slopes,
	.backward = backprop_backward,
};

static const struct backprop_regime trades = {
	.attacks = true,
	.keeps_clean = true,
	.outputs = 2,
	.validation = &attacked,
	.attack = attack_distance,
	.forward = backprop_forward,
	.slopes = trades_slopes,
	.backward = backprop_backward,
};

static const struct backprop_regime bounded = {
	.outputs = 2,
	.forward = interval_outputs,
	.slopes = interval_slopes_of,
	.backward = interval_gradient,
};

static const struct backprop_regime attacked_outputs = {
	.attacks = true,
	.outputs = 1,
	.attack = attack_margin,
	.forward = backprop_outputs_forward,
	.slopes = backprop_outputs_slopes,
	.backward = backprop_outputs_backward,
};

static const struct backprop_regime trades_outputs = {
	.attacks = true,
	.keeps_clean = true,
	.outputs = 2,
	.validation = &attacked_outputs,
	.attack = attack_distance,
	.forward = backprop_outputs_forward,
	.slopes = trades_outputs_slopes,
	.backward = backprop_outputs_backward,
};

static const struct backprop_regime bounded_outputs = {
	.outputs = 2,
	.forward = interval_outputs_forward,
	.slopes = interval_outputs_slopes,
	.backward = interval_outputs_backward,
};

enum status backprop_robust_choose(const struct backprop_options *options, ptrdiff_t k,
				   const struct backprop_regime **regime, struct err *err)
{
	const struct adversary_options *adversary = &options->adversary;
	bool several = k > 1;

	if (adversary->threat.eps > 0 && options->interval.threat.eps > 0)
		return err_set(err, STATUS_SPEC,
			       "interval.eps: expected 0 beside adversary.eps > 0, got \"%g\"",
			       options->interval.threat.eps);
	*regime = several ? &backprop_outputs : &backprop_plain;
	if (adversary->threat.eps > 0 && adversary->trades > 0)
		*regime = several ? &trades_outputs : &trades;
	else if (adversary->threat.eps > 0)
		*regime = several ? &attacked_outputs : &attacked;
	if (options->interval.threat.eps > 0)
		*regime = several ? &bounded_outputs : &bounded;
	return STATUS_OK;
}

const struct threat_options *backprop_robust_threat(const struct backprop_options *options)
{
	if (options->interval.threat.eps > 0)
		return &options->interval.threat;
	return options->adversary.threat.eps > 0 ? &options->adversary.threat : NULL;
}
