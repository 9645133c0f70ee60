/* Worst cases of robust methods, from both sides:
 *
 *     found <= worst case of the network <= certified,
 *
 * sums over the training samples of the loss at the ends of the range of f over the ball: at points
 * that were found, evaluated by plain loops, and at bounds of the range (exact.h, within a budget),
 * which the loss, convex in f, cannot exceed. The objective of a robust method is the worst case,
 * or a certificate that is no tighter than the range: it must not be below what is certified here,
 * and equal to it where it is no bound. Where the budget leaves the two sides apart it cannot be
 * told. */
#include "harness/assess/target.h"
#include "harness/verify/plain.h"
#include "harness/verify/verify.h"
#include "solvers/certify/exact.h"
#include "solvers/model/trainer.h"

#include <math.h>
#include <string.h>

enum { NODES = 200, NODE_STEPS = 5, ROOT_STEPS = 1000 };

/* Losses at the two ends of f over a ball. */
struct ends {
	double found, certified;
};

/* That of a kind of models that are no ReLU networks, or NULL. */
static const struct certifier *own_certificate(const struct model_kind *kind)
{
	for (size_t i = 0; i < registry_count(KIND_CERTIFICATE); i++) {
		const struct certifier *certifier =
			(const struct certifier *)(const void *)registry_at(KIND_CERTIFICATE, i);

		if (certifier->margins && certifier->kind == kind)
			return certifier;
	}
	return NULL;
}

/* Bounds of y f for y = `sign` at every sample. */
static struct certify_job bounds(const struct target *target, double sign, struct arena *arena)
{
	static const struct tree_limits limits = {NODES, NODE_STEPS, false, 1e-7};
	const struct mat X = target->X;
	real *y = ARENA_ARRAY(arena, real, X.rows);
	const struct model *model = target->model;
	struct certify_job job = {.X = X,
				  .y = y,
				  .threat = target->threat,
				  .lower = ARENA_ARRAY(arena, double, X.rows),
				  .upper = ARENA_ARRAY(arena, double, X.rows),
				  .worst = mat_new(arena, X.rows, X.cols)};

	for (ptrdiff_t k = 0; k < X.rows; k++)
		y[k] = (real)sign;
	if (model->kind->relu) {
		const struct net net = net_output(model->kind->relu(model), 0);

		job.net = &net;
		exact_run(&job, &limits, ROOT_STEPS, arena);
		job.net = NULL;
	} else {
		certify_margins(own_certificate(model->kind), NULL, model, NULL, &job, arena);
	}
	return job;
}

/* Output c of the model as one. */
static struct model *output_of(const struct model *all, ptrdiff_t c, struct arena *arena)
{
	struct model_size size = {model_features(all), model_width(all), 1};
	struct model *one = model_new(all->kind, arena, size);

	for (const struct model_array *a = all->kind->arrays; a->name; a++) {
		struct model_part from = model_part(all, a), to = model_part(one, a);

		if (to.vector)
			memcpy(to.vector, from.vector, (size_t)to.rows * sizeof(real));
		else if (a->cols == MODEL_OUTPUTS)
			mat_copy(*to.mat, mat_rows(mat_cols(*from.mat, c, 1), 0, to.rows));
		else
			mat_copy(*to.mat, *from.mat);
	}
	return one;
}

/* Both sums of output c. */
static struct ends worst_of(const struct reload *stored, const struct target *all, ptrdiff_t c,
			    struct arena *arena)
{
	const struct train_options *train = &stored->cell.train;
	const struct loss *loss = (const struct loss *)(const void *)train->loss.item;
	const void *o = train->loss.options;
	const int *label = stored->data.train.label;
	struct target one = *all;
	struct certify_job least, most;
	struct ends sum = {0, 0};
	const struct model *model; /* in the units of the threat, as its points */

	one.model = output_of(all->model, c, arena);
	model = one.model;
	least = bounds(&one, 1, arena);
	most = bounds(&one, -1, arena);
	for (ptrdiff_t k = 0; k < least.X.rows; k++) {
		double y = label ? (label[k] == c ? 1 : -1) : (double)stored->data.train.y[k];
		double low, high;

		plain_outputs(model, least.worst, k, &low);
		plain_outputs(model, most.worst, k, &high);
		sum.found += fmax(loss->sample(o, low, y), loss->sample(o, high, y));
		sum.certified += fmax(loss->sample(o, least.lower[k], y),
				      loss->sample(o, -most.lower[k], y));
	}
	return sum;
}

/* Both sums over all outputs, with the weight decay. */
static struct ends worst_case(const struct reload *stored, const struct target *target,
			      struct arena *arena)
{
	const struct train_options *train = &stored->cell.train;
	double decay = train->beta * stored->file.model->kind->decay(stored->file.model);
	double share = train->average ? 1 / (double)target->X.rows : 1;
	struct ends all = {decay, decay};

	for (ptrdiff_t c = 0; c < model_outputs(target->model); c++) {
		struct ends sum = worst_of(stored, target, c, arena);

		all.found += share * sum.found;
		all.certified += share * sum.certified;
	}
	return all;
}

void verify_worst(const struct reload *stored, struct verify *out)
{
	const struct choice *solver = &stored->cell.train.solver;
	const struct trainer *trainer = (const struct trainer *)(const void *)solver->item;
	const struct threat_options *threat =
		trainer->threat ? trainer->threat(solver->options) : NULL;
	const struct aim aim = {"solver", solver->item->name, &stored->data.train, "train",
				threat,   solver->options};
	/* the objective is a certificate of the worst case, and may be above it */
	bool is_bound = strcmp(solver->item->name, "robust_restriction") == 0;
	double objective = stored->result.objective;
	double rounding = (out->single ? 1e-3 : 1e-6) * fabs(objective);
	const char *of = stored->result.objective_of;
	struct verify_figure figure = {"objective", objective, NAN, VERIFY_UNKNOWN, NULL};
	struct target target;
	struct ends ends;
	struct err err = {0};

	if (!of || strcmp(of, "worst case") != 0 || isnan(objective))
		return;
	if (!threat)
		figure.how = "the solver has no radius and norm";
	else if (model_outputs(stored->file.model) > 1 && !trainer->one_against_all)
		figure.how = "the worst case of several outputs is not recomputed";
	else if (!stored->file.model->kind->relu && !own_certificate(stored->file.model->kind))
		figure.how = "its kind of model has no bounds";
	else if (stored->data.train.X.rows == 0)
		figure.how = "there are no samples";
	else if (target_new(&aim, &stored->data, stored->file.model, out->arena, &target, &err) !=
		 STATUS_OK)
		figure.how = arena_text(out->arena, err.text);
	if (figure.how) {
		verify_judge(out, figure);
		return;
	}
	target.threat.eps = threat->eps;
	ends = worst_case(stored, &target, out->arena);
	figure.computed = ends.certified;
	figure.how = arena_format(out->arena, "worst case of the network within [%.9g, %.9g]",
				  ends.found, ends.certified);
	if (!(objective >= ends.found - rounding) ||
	    (!is_bound && objective > ends.certified + rounding))
		figure.state = VERIFY_DIFFERS;
	else if (objective >= ends.certified - rounding)
		figure.state = VERIFY_AGREES;
	verify_judge(out, figure);
}
