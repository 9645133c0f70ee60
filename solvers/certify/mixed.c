/* Mixtures of two ReLU networks (solvers/mixture/mixnet.h): CROWN bounds of the margins of each,
 * put together by their probabilities. With a margin m, of one of K classes against all others,
 *
 *     softmax_y >= 1 / (1 + (K - 1) exp(-m)),   softmax_c <= 1 / (1 + exp(m)),
 *     softmax_y - softmax_c >= D(m) = (1 - exp(-m)) / (1 + (K - 1) exp(-m)), m >= 0
 *                                     tanh(m / 2), m < 0 or K = 2,
 *
 * each growing with m, so that the bounds of both networks bound the mixture, linear in its weight
 * a, at the ends of the range of a. Where the mixed difference D is above 0, log p_y - log p_c >=
 * log((1 + D) / (1 - D)), else the mixed bounds of p_y and p_c say how low it can be. Beyond
 * the map of MixedNUTS a robust network of one output has a margin that is a function of its own
 * one, h, alone: bounds of h from both sides bound it (mixnet_mapped_least). Of K outputs the map
 * takes each less their mean, and from three on divides by their deviation: bounds of these K from
 * both sides bound it (mixnet_mapped_margin).
 *
 * That the robust network has a margin of (1 - a) / a in probabilities is enough, as published
 * (Bai, Anderson, Kim & Sojoudi 2024); here what the accurate one keeps counts as well. */
#include "solvers/certify/root.h"
#include "solvers/core/blas.h"
#include "solvers/mixture/mixnet.h"
#include "solvers/model/multinet.h"

#include <math.h>
#include <string.h>

enum { STEPS = 300 }; /* of CROWN: its bounds are to be tight, not to decide the sign alone */

static void run_tight(const void *options, struct certify_job *job, struct arena *arena)
{
	const struct root_plan plan = {.steps = STEPS, .method = &root_primal_dual};

	(void)options;
	root_run(job, &plan, arena);
}

static const struct certifier tight = {.run = run_tight};

/* Bounds of one part of the mixture, results of its own. */
struct part {
	struct certify_job job;
	struct net net;
	struct multinet outputs;
	real *y; /* n: ones */
};

static struct part part_new(const struct certify_job *job, struct arena *arena)
{
	ptrdiff_t n = job->X.rows;
	struct part part = {.job = *job, .y = ARENA_ARRAY(arena, real, n)};

	part.job.lower = ARENA_ARRAY(arena, double, n);
	part.job.upper = ARENA_ARRAY(arena, double, n);
	part.job.worst = mat_new(arena, n, job->X.cols);
	return part;
}

/* The margins of A' relu(U'x). */
static void bound_margins(struct part *part, struct mat U, struct mat A, const int *label,
			  struct arena *arena)
{
	const struct model *model = &part->net.base;

	part->net = (struct net){
		.base.kind = &model_relu, .U = U, .alpha = A.cols ? mat_col(A, 0) : NULL};
	part->outputs = (struct multinet){.base.kind = &model_relu_outputs, .U = U, .A = A};
	if (A.cols > 1)
		model = &part->outputs.base;
	certify_margins(&tight, NULL, model, label, &part->job, arena);
}

/* sign w'relu(U'x) from below. */
static void bound_weight(struct part *part, const struct mixnet *net, real sign,
			 struct arena *arena)
{
	for (ptrdiff_t k = 0; k < part->job.X.rows && !arena_counts(arena); k++)
		part->y[k] = sign;
	part->job.y = part->y;
	bound_margins(part, net->U, (struct mat){net->U.cols, 1, net->U.cols, net->w}, NULL, arena);
}

/* Of a part with margin m: softmax_y from below, softmax_c from above, their difference. */
struct shares {
	double own, rival, difference;
};

static struct shares shares_of(double m, ptrdiff_t classes)
{
	double others = (double)(classes - 1);
	struct shares s = {mixnet_sigmoid(m - log(others)), mixnet_sigmoid(-m), tanh(m / 2)};

	if (m > 0)
		s.difference = -expm1(-m) * s.own;
	return s;
}

/* log p_y - log p_c of shares of both parts */
static double margin_at(double m_accurate, double m_robust, double weight, ptrdiff_t classes)
{
	struct shares a = shares_of(m_accurate, classes), r = shares_of(m_robust, classes);
	double own = (1 - weight) * a.own + weight * r.own;
	double rival = (1 - weight) * a.rival + weight * r.rival;
	double difference = (1 - weight) * a.difference + weight * r.difference;
	double margin = log(own) - log(rival), size = 1 + fabs(m_accurate);

	if (classes > 2 && difference > 0)
		margin = fmax(margin, log1p(difference) - log1p(-difference));
	size += fabs(margin) + (isfinite(m_robust) ? fabs(m_robust) : 0);
	return margin - 1024 * REAL_EPSILON * size; /* of a few sums of exponentials */
}

/* The margin of the mixture at a row of `points`; NaN: it is no number. */
static double value_at(const struct model *model, const struct certify_job *job, const int *label,
		       struct mat points, ptrdiff_t k)
{
	double f[MIXNET_OUTPUTS], size, rival = -HUGE_VAL;
	ptrdiff_t classes = model_outputs(model);

	model->kind->sample(model, points, k, f, &size);
	if (classes == 1)
		return (double)job->y[k] * f[0];
	for (ptrdiff_t c = 0; c < classes; c++)
		rival = c != label[k] ? fmax(rival, f[c]) : rival;
	return f[label[k]] - rival;
}

/* The worst of the clean point and those found against the parts. */
static void visit(const struct model *model, struct certify_job *job, const int *label,
		  const struct part *parts)
{
	const struct mat found[] = {parts[0].job.worst, parts[1].job.worst};

	mat_copy(job->worst, job->X);
	for (ptrdiff_t k = 0; k < job->X.rows; k++) {
		job->upper[k] = value_at(model, job, label, job->X, k);
		for (size_t p = 0; p < sizeof found / sizeof found[0]; p++) {
			double value = value_at(model, job, label, found[p], k);

			if (!(value < job->upper[k]))
				continue;
			job->upper[k] = value;
			for (ptrdiff_t i = 0; i < job->X.cols; i++)
				mat_set(job->worst, k, i, mat_get(found[p], k, i));
		}
	}
}

/* The logits of the robust network less their mean, of each sample: `low` and `high` (n x K) bound
 * them over its ball, rounding included. */
struct centred {
	double *low, *high;
	ptrdiff_t K;
};

/* |x| + radius of each sample */
static double reach_of(const struct certify_job *job, ptrdiff_t k)
{
	struct threat threat = job->threat;
	double square = 0;

	threat.d = job->X.cols;
	for (ptrdiff_t i = 0; i < job->X.cols; i++)
		square += (double)mat_get(job->X, k, i) * (double)mat_get(job->X, k, i);
	return sqrt(square) + threat.eps * sqrt(threat_reach(&threat));
}

/* R less the mean of its rows; *gain: what bounds the rounding of all of R' relu(U'x) and of their
 * mean. */
static struct mat centre(const struct mixnet *net, struct arena *arena, double *gain)
{
	ptrdiff_t m = net->U.cols, K = net->R.cols;
	struct mat C = mat_new(arena, m, K);

	*gain = 0;
	for (ptrdiff_t j = 0; j < m && !arena_counts(arena); j++) {
		double mean = 0, length = blas_norm((size_t)net->U.rows, mat_col(net->U, j));

		for (ptrdiff_t c = 0; c < K; c++)
			mean += (double)mat_get(net->R, j, c) / (double)K;
		for (ptrdiff_t c = 0; c < K; c++) {
			mat_set(C, j, c, (real)((double)mat_get(net->R, j, c) - mean));
			*gain += 2 * fabs((double)mat_get(net->R, j, c)) * length;
		}
	}
	return C;
}

static struct centred bound_centred(const struct mixnet *net, const struct certify_job *job,
				    struct arena *arena)
{
	ptrdiff_t n = job->X.rows, K = net->R.cols;
	struct centred out = {ARENA_ARRAY(arena, double, n *K), ARENA_ARRAY(arena, double, n *K),
			      K};
	struct part part = part_new(job, arena);
	double gain;
	struct mat C = centre(net, arena, &gain);

	part.job.y = part.y;
	/* memory is that of one of them */
	for (ptrdiff_t at = 0; at < (arena_counts(arena) ? 1 : 2 * K); at++) {
		ptrdiff_t c = at / 2;
		real sign = at % 2 ? -1 : 1;
		struct arena scratch = arena_beside(arena);

		for (ptrdiff_t k = 0; k < n && !arena_counts(arena); k++)
			part.y[k] = sign;
		bound_margins(&part, net->U,
			      (struct mat){C.rows, 1, C.stride, C.at ? mat_col(C, c) : NULL}, NULL,
			      &scratch);
		for (ptrdiff_t k = 0; k < n && !arena_counts(arena); k++) {
			double noise = certify_noise(job->X.cols, C.rows, gain, reach_of(job, k));
			double least = part.job.lower[k] - noise;

			if (sign > 0)
				out.low[k * K + c] = least;
			else
				out.high[k * K + c] = -least;
		}
		arena_release(&scratch);
	}
	return out;
}

enum { ACCURATE, ROBUST, WEIGHT_LOW, WEIGHT_HIGH, ROBUST_HIGH, PARTS };

/* Of one output: minus its margin from below. */
static void bound_above(struct part *part, const struct mixnet *net, struct arena *arena)
{
	for (ptrdiff_t k = 0; k < part->job.X.rows && !arena_counts(arena); k++)
		part->y[k] = -part->job.y[k];
	part->job.y = part->y;
	bound_margins(part, net->U, mat_rows(net->R, 0, net->U.cols), NULL, arena);
}

/* The margin of the robust part at sample k, with its map. Of two outputs the map takes half their
 * difference, as that of one. */
static double robust_least(const struct mixnet *net, const struct part *parts,
			   const struct centred *centred, const int *label, ptrdiff_t k)
{
	double least = parts[ROBUST].job.lower[k];
	ptrdiff_t at = k * centred->K;

	if (!(*net->mapped > 0))
		return least;
	if (centred->K > 2)
		return mixnet_mapped_margin(net, label[k], centred->low + at, centred->high + at);
	if (centred->K == 2)
		return mixnet_mapped_least(net, 2 * centred->low[at + label[k]],
					   2 * centred->high[at + label[k]]);
	return mixnet_mapped_least(net, least, -parts[ROBUST_HIGH].job.lower[k]);
}

static void margins(const struct model *model, const int *label, struct certify_job *job,
		    struct arena *arena)
{
	const struct mixnet *net = mixnet_of(model);
	ptrdiff_t m = net->U.cols, classes = net->A.cols > 1 ? net->A.cols : 2;
	struct part parts[PARTS];
	struct centred centred = {0};

	for (int p = 0; p < PARTS; p++)
		parts[p] = part_new(job, arena);
	bound_margins(&parts[ACCURATE], net->U, mat_rows(net->A, 0, m), label, arena);
	bound_margins(&parts[ROBUST], net->U, mat_rows(net->R, 0, m), label, arena);
	bound_weight(&parts[WEIGHT_LOW], net, 1, arena);
	bound_weight(&parts[WEIGHT_HIGH], net, -1, arena);
	if (net->A.cols == 1)
		bound_above(&parts[ROBUST_HIGH], net, arena);
	if (net->A.cols > 1 && (arena_counts(arena) || *net->mapped > 0))
		centred = bound_centred(net, job, arena);
	if (arena_counts(arena))
		return;
	for (ptrdiff_t k = 0; k < job->X.rows; k++) {
		double accurate = parts[ACCURATE].job.lower[k];
		double robust = robust_least(net, parts, &centred, label, k);
		double t = (double)*net->logit;
		double low = mixnet_sigmoid(t + parts[WEIGHT_LOW].job.lower[k]);
		double high = mixnet_sigmoid(t - parts[WEIGHT_HIGH].job.lower[k]);

		job->lower[k] = fmin(margin_at(accurate, robust, low, classes),
				     margin_at(accurate, robust, high, classes));
	}
	visit(model, job, label, parts);
}

const struct certifier certifier_mixed = {
	.base = {.name = "mixed",
		 .doc = "mixtures: CROWN bounds of both networks, put together by their "
			"probabilities",
		 .cite = "bai2024mixing"},
	.kind = &model_mixture,
	.margins = margins,
};
