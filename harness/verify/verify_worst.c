/* Worst cases of robust methods, from both sides:
 *
 *     found <= worst case of the network <= certified,
 *
 * sums over the training samples of the loss at the ends of the range of f over the ball: at points
 * that were found, evaluated by plain loops, and at bounds of the range (exact.h, within a budget),
 * which the loss, convex in f, cannot exceed. The objective of a robust method is the worst case,
 * or a certificate that is no tighter than the range: it must not be below what is certified here,
 * and equal to it where it is no bound. Where the budget leaves the two sides apart it cannot be
 * told.
 *
 * Of several outputs the ends are those of f_y - f_c for each rival c of the label y: what is found
 * is the greatest loss at the worst points against a rival, what is certified the loss at the
 * outputs f_y = 0, f_c = -(bound of f_y - f_c), which of a loss of the least margin alone meet. */
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

/* Bounds of y f for y = `sign` at every row of X. */
static struct certify_job bounds(const struct net *net, struct mat X, const struct threat *threat,
				 double sign, struct arena *arena)
{
	static const struct tree_limits limits = {NODES, NODE_STEPS, false, 1e-7};
	real *y = ARENA_ARRAY(arena, real, X.rows);
	struct certify_job job = {.net = net,
				  .X = X,
				  .y = y,
				  .threat = *threat,
				  .lower = ARENA_ARRAY(arena, double, X.rows),
				  .upper = ARENA_ARRAY(arena, double, X.rows),
				  .worst = mat_new(arena, X.rows, X.cols)};

	for (ptrdiff_t k = 0; k < X.rows; k++)
		y[k] = (real)sign;
	exact_run(&job, &limits, ROOT_STEPS, arena);
	job.net = NULL;
	return job;
}

/* The certificate of a kind of models that are no ReLU networks, or NULL. */
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

/* The same of a model of one output. */
static struct certify_job bounds_of(const struct model *model, const struct target *target,
				    double sign, struct arena *arena)
{
	ptrdiff_t n = target->X.rows;
	real *y = ARENA_ARRAY(arena, real, n);
	struct certify_job job = {.X = target->X, .y = y, .threat = target->threat};

	if (model->kind->relu) {
		const struct net net = net_output(model->kind->relu(model), 0);

		return bounds(&net, target->X, &target->threat, sign, arena);
	}
	job.lower = ARENA_ARRAY(arena, double, n);
	job.upper = ARENA_ARRAY(arena, double, n);
	job.worst = mat_new(arena, n, target->X.cols);
	for (ptrdiff_t k = 0; k < n; k++)
		y[k] = (real)sign;
	certify_margins(own_certificate(model->kind), NULL, model, NULL, &job, arena);
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

/* Of the loss of training sample i. */
static double weight_of(const struct reload *stored, ptrdiff_t i)
{
	const real *weight = stored->data.train.weight;

	return weight ? (double)weight[i] : 1;
}

/* Sums over the samples of output c; of several it is that of a class against all others. */
static struct ends worst_output(const struct reload *stored, const struct target *target,
				ptrdiff_t c, struct arena *arena)
{
	const struct choice *choice = &stored->cell.train.loss;
	const struct loss *loss = (const struct loss *)(const void *)choice->item;
	/* in the units of the threat, as its points */
	const struct model *model = output_of(target->model, c, arena);
	const int *label = stored->data.train.label;
	struct certify_job least = bounds_of(model, target, 1, arena);
	struct certify_job most = bounds_of(model, target, -1, arena);
	const void *o = choice->options;
	struct ends sum = {0, 0};

	for (ptrdiff_t k = 0; k < least.X.rows; k++) {
		double y = label ? (label[k] == c ? 1 : -1) : (double)stored->data.train.y[k];
		double low, high, weight = weight_of(stored, k);

		plain_outputs(model, least.worst, k, &low);
		plain_outputs(model, most.worst, k, &high);
		sum.found += weight * fmax(loss->sample(o, low, y), loss->sample(o, high, y));
		sum.certified += weight * fmax(loss->sample(o, least.lower[k], y),
					       loss->sample(o, -most.lower[k], y));
	}
	return sum;
}

/* Samples of a class; what is known of each against the rivals so far. */
struct class
{
	const struct reload *stored;
	const struct target *target;
	int y;
	ptrdiff_t k;
	struct mat X;
	double *weight, *found; /* X.rows */
	double *worst;          /* X.rows x k: outputs behind each other */
	double *hot;            /* k: the targets */
};

static struct class class_of(const struct reload *stored, const struct target *target, int y,
			     struct arena *arena)
{
	const struct part *train = &stored->data.train;
	struct class class = {.stored = stored, .target = target, .y = y};
	ptrdiff_t count = 0;

	class.k = model_outputs(target->model);
	class.X = mat_new(arena, target->X.rows, target->X.cols);
	class.weight = ARENA_ARRAY(arena, double, class.X.rows);
	for (ptrdiff_t i = 0; i < class.X.rows; i++)
		if (train->label[i] == y) {
			class.weight[count] = weight_of(stored, i);
			mat_copy(mat_rows(class.X, count++, 1), mat_rows(target->X, i, 1));
		}
	class.X = mat_rows(class.X, 0, count);
	class.found = ARENA_ARRAY(arena, double, count);
	class.worst = ARENA_ARRAY(arena, double, count *class.k);
	class.hot = ARENA_ARRAY(arena, double, class.k);
	class.hot[y] = 1;
	return class;
}

static double class_loss(const struct class *class, const double *f)
{
	const struct choice *choice = &class->stored->cell.train.loss;
	const struct loss *loss = (const struct loss *)(const void *)choice->item;

	return loss->outputs->sample(choice->options, class->k, f, class->hot);
}

static void face_rival(const struct class *class, int rival, struct arena *arena)
{
	const struct model *model = class->target->model;
	const struct model_layers layers = model->kind->relu(model);
	real *alpha = ARENA_ARRAY(arena, real, layers.U.cols);
	double *f = ARENA_ARRAY(arena, double, class->k);
	const struct net net = net_difference(layers, class->y, rival, alpha);
	struct certify_job job = bounds(&net, class->X, &class->target->threat, 1, arena);

	for (ptrdiff_t i = 0; i < class->X.rows; i++) {
		class->worst[i * class->k + rival] = -job.lower[i];
		plain_outputs(model, job.worst, i, f);
		class->found[i] = fmax(class->found[i], class_loss(class, f));
	}
}

/* Sums over the samples of several outputs. */
static struct ends worst_classes(const struct reload *stored, const struct target *target,
				 struct arena *arena)
{
	int k = (int)model_outputs(target->model);
	struct ends sum = {0, 0};

	for (int y = 0; y < k; y++) {
		struct arena scratch = arena_beside(arena);
		struct class class = class_of(stored, target, y, &scratch);

		for (int rival = 0; rival<k &&class.X.rows> 0; rival++)
			if (rival != y)
				face_rival(&class, rival, &scratch);
		for (ptrdiff_t i = 0; i < class.X.rows; i++) {
			sum.found += class.weight[i] * class.found[i];
			sum.certified += class.weight[i] * class_loss(&class, class.worst + i * k);
		}
		arena_release(&scratch);
	}
	return sum;
}

/* Both sums, with the weight decay. */
static struct ends worst_case(const struct reload *stored, const struct target *target,
			      struct arena *arena)
{
	const struct train_options *train = &stored->cell.train;
	double decay = train->beta * stored->file.model->kind->decay(stored->file.model);
	double n = (double)target->X.rows;
	const struct trainer *trainer = (const struct trainer *)(const void *)train->solver.item;
	ptrdiff_t k = model_outputs(target->model);
	struct ends sum = {0, 0};

	if (k > 1 && !trainer->one_against_all)
		sum = worst_classes(stored, target, arena);
	for (ptrdiff_t c = 0; c < k && (k == 1 || trainer->one_against_all); c++) {
		struct ends one = worst_output(stored, target, c, arena);

		sum = (struct ends){sum.found + one.found, sum.certified + one.certified};
	}

	if (train->average)
		sum = (struct ends){sum.found / n, sum.certified / n};
	return (struct ends){sum.found + decay, sum.certified + decay};
}

/* Whether the objective is a certificate of the worst case, which may be above it. */
static bool is_bound(const struct reload *stored)
{
	const struct train_options *train = &stored->cell.train;
	const struct loss *loss = (const struct loss *)(const void *)train->loss.item;

	return strcmp(train->solver.item->name, "robust_restriction") == 0 ||
	       (model_outputs(stored->file.model) > 1 && !loss->outputs->least_margin);
}

void verify_worst(const struct reload *stored, struct verify *out)
{
	const struct choice *solver = &stored->cell.train.solver;
	const struct trainer *trainer = (const struct trainer *)(const void *)solver->item;
	const struct threat_options *threat =
		trainer->threat ? trainer->threat(solver->options) : NULL;
	const struct aim aim = {.what = "solver",
				.name = solver->item->name,
				.part = &stored->data.train,
				.part_name = "train",
				.threat = threat,
				.entry = solver->options};
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
	    (!is_bound(stored) && objective > ends.certified + rounding))
		figure.state = VERIFY_DIFFERS;
	else if (objective >= ends.certified - rounding)
		figure.state = VERIFY_AGREES;
	verify_judge(out, figure);
}
