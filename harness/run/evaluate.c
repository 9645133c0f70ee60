/* Objectives, certificate and accuracies of one iterate. */
#include "harness/run/evaluate.h"

#include "harness/assess/decisions.h"
#include "harness/assess/target.h"
#include "harness/machine/clock.h"

#include <math.h>

const char *const delivered_names[] = {
	[DELIVERED_ITERATE] = "iterate", [DELIVERED_REPAIRED] = "repaired", NULL};

/* Sums of a million samples are right to 1e-10, in single precision to a few 1e-6. */
static const double below_rounding = REAL_EPSILON > 1e-10 ? 1e-4 : 1e-8;

/* Gap from which on a point of the program is preferred to one that may be outside. */
static const double certified = 1e-2;

static const struct scores no_scores = {NAN, NAN, NAN, NAN, NAN};

struct evaluator evaluate_new(const struct problem *problem, const struct dataset *data,
			      struct training training, struct arena *arena)
{
	const struct trainer *trainer = training.trainer;
	const struct model_kind *kind = trainer_makes(trainer, training.options, problem->y.k);
	const struct part *const parts[] = {&data->train, &data->validation, &data->test};
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;
	struct evaluator e = {.problem = problem, .data = data, .training = training};

	e.robust = trainer_robust(trainer, training.options);
	e.relaxed = trainer->relaxed && trainer->relaxed(training.options);
	if (kind) { /* room for those that are held or looked at */
		const struct model_size size = {d, trainer->width(training.state), problem->y.k};

		for (int held = DELIVERED_ITERATE; held <= DELIVERED_REPAIRED; held++)
			e.held[held].model = model_new(kind, arena, size);
		e.rival = model_new(kind, arena, size);
		if (training.rowspace)
			e.inner = model_new(
				kind, arena,
				(struct model_size){training.rowspace->B.cols, size.m, size.k});
		e.work = model_work_new(arena, kind, size);
	}
	e.f = ARENA_ARRAY(arena, real, n * problem->y.k);
	for (int p = 0; p < OUTPUTS_PARTS && kind; p++) {
		e.delivers.count[p] = parts[p]->X.rows;
		e.delivers.at[p] = ARENA_ARRAY(arena, real, parts[p]->X.rows * problem->y.k);
	}
	if (problem->penalties.count > 1) {
		ptrdiff_t most = n;

		for (int p = 0; p < OUTPUTS_PARTS; p++)
			most = parts[p]->X.rows > most ? parts[p]->X.rows : most;
		e.g = ARENA_ARRAY(arena, real, most * problem->y.k);
	}
	e.best_bound = e.outside = e.objective_zero = NAN;
	e.last = (struct evaluation){.objective = NAN, .objective_network = NAN, .finite = true};
	e.last.train = e.last.validation = e.last.test = no_scores;
	if (arena_counts(arena))
		return e;
	e.objective_zero = trainer_loss(problem, (struct mat){n, problem->y.k, n, e.f}); /* f = 0 */
	return e;
}

/* Of `networks` networks on the training part and the scores of one. */
static double network_flops(const struct evaluator *e, double networks)
{
	const struct trainer *trainer = e->training.trainer;
	double n = (double)e->problem->X.rows,
	       product = 2 * (double)e->problem->X.cols *
			 (double)(e->rival ? trainer->width(e->training.state) : 0);
	double scored = n + (double)e->data->validation.X.rows + (double)e->data->test.X.rows;
	double flops = (networks * n + scored) * product;

	if (e->training.rowspace)
		flops += networks * (double)e->training.rowspace->B.cols * product;
	return flops;
}

double evaluate_flops(const struct evaluator *e, const struct forecast *forecast)
{
	return network_flops(e, e->training.trainer->repaired ? 2 : 1) +
	       forecast->certificate_flops;
}

double evaluate_glance_flops(const struct evaluator *e)
{
	return network_flops(e, 1);
}

struct gaps evaluate_gaps(double objective, double bound, double objective_zero)
{
	double excess = objective - bound;
	struct gaps gaps = {.raw = excess > 0 || excess < 0 ? excess / fabs(objective) : excess};

	if (isnan(excess))
		return (struct gaps){NAN, NAN, NAN};
	gaps.gap = excess > 0 ? gaps.raw : 0;
	gaps.zero = objective_zero > 0 ? fmax(0, excess) / objective_zero : NAN;
	return gaps;
}

bool evaluate_correct(real f, real y)
{
	return f * y > 0;
}

/* Of class numbers and k outputs f (n x k). */
static struct scores score_classes(const struct part *part, ptrdiff_t k, const real *f)
{
	struct scores s = no_scores;
	struct arena scratch = {0};
	double *decided = ARENA_ARRAY(&scratch, double, k + 1), correct = 0, most = 0;

	for (ptrdiff_t i = 0; i < part->X.rows; i++) {
		size_t class = decisions_class(f + i, part->X.rows, (size_t)k);

		correct += class == (size_t)part->label[i];
		most = fmax(most, ++decided[class]);
	}
	arena_release(&scratch);
	s.accuracy = correct / (double)part->X.rows;
	s.most = most / (double)part->X.rows;
	return s;
}

/* Of k outputs f (n x k): the error is over all of them, deviations from the mean of each. */
static struct scores score_outputs(const struct part *part, ptrdiff_t k, const real *f)
{
	struct scores s = no_scores;
	ptrdiff_t n = part->X.rows;
	double square = 0, total = 0;

	if (part->label)
		return score_classes(part, k, f);
	for (ptrdiff_t c = 0; c < k; c++) {
		const real *y = part->y + c * n;
		double mean = 0;

		for (ptrdiff_t i = 0; i < n; i++)
			mean += (double)y[i] / (double)n;
		for (ptrdiff_t i = 0; i < n; i++) {
			square += pow((double)f[c * n + i] - (double)y[i], 2);
			total += pow((double)y[i] - mean, 2);
		}
	}
	s.rmse = sqrt(square / (double)(n * k));
	s.r2 = total > 0 ? (total - square) / total : NAN;
	return s;
}

/* Scores of outputs f on a part. */
static struct scores score(const struct evaluator *e, const struct part *part, const real *f)
{
	struct scores s = no_scores;
	double n = (double)part->X.rows, correct = 0, square = 0, positive = 0, mean = 0, total = 0;

	for (ptrdiff_t k = 0; k < part->X.rows; k++) {
		double r = (double)f[k] - (double)part->y[k];

		correct += evaluate_correct(f[k], part->y[k]);
		positive += f[k] > 0;
		square += r * r;
	}
	if (!e->data->regression) {
		s.accuracy = correct / n;
		s.most = fmax(positive, n - positive) / n;
		return s;
	}
	s.rmse = sqrt(square / n);
	for (ptrdiff_t k = 0; k < part->X.rows; k++)
		mean += (double)part->y[k] / (double)part->X.rows;
	for (ptrdiff_t k = 0; k < part->X.rows; k++)
		total += ((double)part->y[k] - mean) * ((double)part->y[k] - mean);
	s.r2 = total > 0 ? 1 - square / total : NAN;
	return s;
}

static const struct part *part_of(const struct evaluator *e, int p)
{
	const struct part *const parts[] = {&e->data->train, &e->data->validation, &e->data->test};

	return parts[p];
}

/* Outputs of a model on a part, whose rows may lie on ranks: each computes those of its own. */
static void forward(const struct evaluator *e, const struct model *model, int p, real *f)
{
	const struct problem *problem = e->problem;
	struct model_work work = e->work;
	ptrdiff_t n = part_of(e, p)->X.rows, rows = problem->X.rows;

	if (p != OUTPUTS_TRAIN || !problem->ranks) {
		model_forward(model, part_of(e, p)->X, f, &work);
		return;
	}
	model_forward(model, problem->X, e->f, &work);
	for (ptrdiff_t c = 0; c < problem->y.k; c++)
		ranks_collect(problem->ranks, rows, sizeof *f, e->f + c * rows, f + c * n);
}

/* Scores of a model on a part, or of the outputs f (n x k) that are there in its place; f gets
 * those of the model. */
static struct scores score_part(const struct evaluator *e, const struct model *model, int p,
				real *f)
{
	const struct part *part = part_of(e, p);
	bool together = p == OUTPUTS_TRAIN && e->problem->ranks;
	ptrdiff_t k = e->problem->y.k;

	if (model && (part->X.rows > 0 || together))
		forward(e, model, p, f);
	if (part->X.rows == 0)
		return no_scores;
	return k > 1 ? score_outputs(part, k, f) : score(e, part, f);
}

/* Mean loss of a sample of a part at outputs f. */
static double mean_loss(const struct evaluator *e, int p, real *f)
{
	struct targets y = target_outputs(part_of(e, p), e->problem->y.k);
	struct loss_term mean = e->problem->loss;

	mean.weight = 1 / (double)y.n;
	mean.ranks = NULL; /* every rank has the whole part */
	y.weight = NULL;
	return y.n > 0 ? loss_outputs_value(mean, (struct mat){y.n, y.k, y.n, f}, y) : NAN;
}

/* Scores of what is delivered. */
static void score_parts(struct evaluator *e, struct evaluation *out)
{
	struct scores *const scores[] = {&out->train, &out->validation, &out->test};

	for (int p = 0; p < OUTPUTS_PARTS; p++) {
		*scores[p] = score_part(e, e->delivered, p, e->delivers.at[p]);
		if (!e->delivered)
			scores[p]->loss = mean_loss(e, p, e->delivers.at[p]);
	}
}

/* Write the network that `take` gives into e->rival, in the features; its objective on clean data.
 * Its outputs on the training part are left in e->f. */
static double measure(struct evaluator *e, const struct problem *problem,
		      void (*take)(const void *state, struct model *model))
{
	const struct training *t = &e->training;

	take(t->state, t->rowspace ? e->inner : e->rival);
	if (t->rowspace)
		rowspace_lift(t->rowspace, e->inner, e->rival);
	return trainer_objective(problem, e->rival, e->f, &e->work);
}

/* Hold the rival, if it is the best of its kind; true if so. */
static bool hold(struct evaluator *e, enum delivered kind, const struct held *rival)
{
	struct held *held = &e->held[kind];
	struct model *swap = held->model;

	if (e->training.trainer->certify && held->any && !(rival->rank < held->rank) &&
	    isfinite(held->rank))
		return false;
	*held = *rival;
	held->any = true;
	held->model = e->rival;
	e->rival = swap;
	return true;
}

/* An iterate below the bound is no point of the program: it is passed over. */
static bool offer_iterate(struct evaluator *e, const struct certificate *c, bool *finite)
{
	struct held *held = &e->held[DELIVERED_ITERATE], rival = {0};
	double least = e->best_bound - below_rounding * fabs(e->best_bound);

	if (!e->rival)
		return false;
	rival.objective_network = measure(e, e->problem, e->training.trainer->model);
	rival.objective = e->robust ? c->upper : rival.objective_network;
	rival.rank = e->relaxed ? c->upper : rival.objective;
	*finite = isfinite(rival.objective_network);
	if (held->any && held->objective < least) {
		e->outside = fmin(e->outside, held->objective);
		held->any = false;
	}
	if (rival.objective < least && e->training.trainer->repaired) {
		e->outside = fmin(e->outside, rival.objective);
		return false;
	}
	return hold(e, DELIVERED_ITERATE, &rival);
}

/* Figures of what is delivered, of which some have been renewed: the repaired point if it is
 * certified, else the better one of those held. */
static void choose_and_score(struct evaluator *e, const bool renewed[2], struct evaluation *out)
{
	const struct held *iterate = &e->held[DELIVERED_ITERATE];
	const struct held *repaired = &e->held[DELIVERED_REPAIRED];
	struct evaluation *last = &e->last;
	enum delivered kind = DELIVERED_ITERATE;
	double point;

	if (repaired->any &&
	    (evaluate_gaps(repaired->objective, e->best_bound, NAN).gap <= certified ||
	     !iterate->any || repaired->objective < iterate->objective))
		kind = DELIVERED_REPAIRED;
	if (e->rival && (renewed[kind] || e->delivered != e->held[kind].model)) {
		e->delivered = e->held[kind].model;
		last->delivered = kind;
		last->objective = e->held[kind].objective;
		last->objective_network = e->held[kind].objective_network;
		score_parts(e, last);
	}
	if (e->outputs) {
		score_parts(e, last);
		last->finite = isfinite(last->train.loss);
	}
	last->lower_bound = e->best_bound;
	last->gaps = evaluate_gaps(last->objective, e->best_bound, e->objective_zero);
	/* of the best point of the program: repaired, or an iterate that needs no repair, or that
	 * which the iterate was made from */
	point = e->relaxed && iterate->any ? iterate->rank : last->objective;
	last->feasible = evaluate_gaps(repaired->any ? repaired->objective : point, e->best_bound,
				       e->objective_zero);
	*out = *last;
}

void evaluate_iterate(struct evaluator *e, struct evaluation *out)
{
	const struct trainer *trainer = e->training.trainer;
	struct certificate *certificate = &e->last.certificate;
	struct clock_mark start = clock_now();
	bool renewed[2] = {false};
	struct held repaired = {0};

	*certificate = (struct certificate){NAN, NAN, NAN, NAN, NULL};
	if (trainer->certify) {
		trainer->certify(e->training.state, certificate);
		clock_add(start, &e->certificate_s, &e->certificate_cpu_s);
		/* fmax ignores a NaN argument */
		e->best_bound = fmax(e->best_bound, certificate->lower_bound);
	}
	e->outputs = trainer_outputs_only(trainer, e->training.options);
	if (e->outputs)
		e->delivers = *trainer->outputs(e->training.state);
	renewed[DELIVERED_ITERATE] = offer_iterate(e, certificate, &e->last.finite);
	if (e->rival && trainer->certify && trainer->repaired) {
		repaired.objective_network = measure(e, e->problem, trainer->repaired);
		repaired.rank = repaired.objective = repaired.objective_network;
		renewed[DELIVERED_REPAIRED] = hold(e, DELIVERED_REPAIRED, &repaired);
	}
	choose_and_score(e, renewed, out);
}

void evaluate_glance(struct evaluator *e, struct evaluation *out)
{
	struct certificate *c = &e->last.certificate;
	bool renewed[2] = {false};

	*c = (struct certificate){NAN, NAN, NAN, NAN, c->scope};
	renewed[DELIVERED_ITERATE] = offer_iterate(e, c, &e->last.finite);
	choose_and_score(e, renewed, out);
}

void evaluate_point(struct evaluator *e, double beta, struct point *out)
{
	struct scores *const scores[] = {&out->train, &out->validation, &out->test};
	struct problem problem = *e->problem;

	problem.beta = beta;
	out->objective_network = measure(e, &problem, e->training.trainer->model);
	out->model = e->rival;
	for (int p = 0; p < OUTPUTS_PARTS; p++) {
		*scores[p] = score_part(e, e->rival, p, e->g);
		scores[p]->loss = mean_loss(e, p, e->g);
	}
}

void evaluate_bound(struct evaluator *e, const struct certificate *bound, struct evaluation *out)
{
	const bool renewed[2] = {false};

	e->best_bound = bound->lower_bound;
	e->last.certificate.scope = bound->scope;
	choose_and_score(e, renewed, out);
}
