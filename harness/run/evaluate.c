/* Objectives, certificate and accuracies of one iterate. */
#include "harness/run/evaluate.h"

#include "harness/machine/clock.h"

#include <math.h>

const char *const delivered_names[] = {
	[DELIVERED_ITERATE] = "iterate", [DELIVERED_REPAIRED] = "repaired", NULL};

/* Sums of a million samples are right to 1e-10, in single precision to a few 1e-6. */
static const double below_rounding = REAL_EPSILON > 1e-10 ? 1e-4 : 1e-8;

/* Gap from which on a point of the program is preferred to one that may be outside. */
static const double certified = 1e-2;

static ptrdiff_t longest_part(const struct dataset *data)
{
	ptrdiff_t n = data->train.X.rows;

	n = data->validation.X.rows > n ? data->validation.X.rows : n;
	return data->test.X.rows > n ? data->test.X.rows : n;
}

static const struct scores no_scores = {NAN, NAN, NAN, NAN};

/* Room for those that are held or looked at. */
static void make_models(struct evaluator *e, ptrdiff_t width, struct arena *arena)
{
	const struct model_kind *kind = e->training.trainer->makes;
	const struct rowspace *r = e->training.rowspace;
	ptrdiff_t d = e->problem->X.cols;

	for (int held = DELIVERED_ITERATE; held <= DELIVERED_REPAIRED; held++)
		e->held[held].model = model_new(kind, arena, d, width);
	e->rival = model_new(kind, arena, d, width);
	if (r)
		e->inner = model_new(kind, arena, r->B.cols, width);
	e->work = model_work_new(arena, kind, width);
}

struct evaluator evaluate_new(const struct problem *problem, const struct dataset *data,
			      struct training training, struct arena *arena)
{
	const struct trainer *trainer = training.trainer;
	ptrdiff_t n = problem->X.rows;
	struct evaluator e = {.problem = problem, .data = data, .training = training};

	e.robust = trainer_robust(trainer, training.options);
	if (trainer->makes)
		make_models(&e, trainer->width(training.state), arena);
	e.f = ARENA_ARRAY(arena, real, longest_part(data));
	e.best_bound = e.outside = e.objective_zero = NAN;
	e.last = (struct evaluation){.objective = NAN, .objective_network = NAN, .finite = true};
	e.last.train = e.last.validation = e.last.test = no_scores;
	if (arena_counts(arena))
		return e;
	e.objective_zero = loss_value(problem->loss, (size_t)n, e.f, problem->y.at); /* f = 0 */
	return e;
}

/* Of `networks` networks on the training part and the scores of one. */
static double network_flops(const struct evaluator *e, double networks)
{
	const struct trainer *trainer = e->training.trainer;
	double n = (double)e->problem->X.rows,
	       product = 2 * (double)e->problem->X.cols *
			 (double)(trainer->makes ? trainer->width(e->training.state) : 0);
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

/* sum_k (y_k - mean)^2 */
static double spread(const struct part *part)
{
	double mean = 0, square = 0;

	for (ptrdiff_t k = 0; k < part->X.rows; k++)
		mean += (double)part->y[k] / (double)part->X.rows;
	for (ptrdiff_t k = 0; k < part->X.rows; k++)
		square += ((double)part->y[k] - mean) * ((double)part->y[k] - mean);
	return square;
}

/* Scores of the delivered network. */
static struct scores score(struct evaluator *e, const struct part *part)
{
	struct scores s = no_scores;
	double n = (double)part->X.rows, correct = 0, square = 0, positive = 0, total;

	if (part->X.rows == 0)
		return s;
	model_forward(e->delivered, part->X, e->f, &e->work);
	for (ptrdiff_t k = 0; k < part->X.rows; k++) {
		double r = (double)e->f[k] - (double)part->y[k];

		correct += evaluate_correct(e->f[k], part->y[k]);
		positive += e->f[k] > 0;
		square += r * r;
	}
	s.positive = positive / n;
	if (!e->data->regression) {
		s.accuracy = correct / n;
		return s;
	}
	s.rmse = sqrt(square / n);
	total = spread(part);
	s.r2 = total > 0 ? 1 - square / total : NAN;
	return s;
}

/* Certificate of the iterate, on the certificates' clock. */
static void certify(struct evaluator *e, struct certificate *c)
{
	struct clock_mark start = clock_now();

	*c = (struct certificate){NAN, NAN, NAN, NAN, NULL};
	if (!e->training.trainer->certify)
		return;
	e->training.trainer->certify(e->training.state, c);
	clock_add(start, &e->certificate_s, &e->certificate_cpu_s);
	e->best_bound = fmax(e->best_bound, c->lower_bound); /* fmax ignores a NaN argument */
}

/* Write the network that `take` gives into e->rival, in the features; its objective on clean data.
 * Its outputs on the training part are left in e->f. */
static double measure(struct evaluator *e, void (*take)(const void *state, struct model *model))
{
	const struct training *t = &e->training;

	take(t->state, t->rowspace ? e->inner : e->rival);
	if (t->rowspace)
		rowspace_lift(t->rowspace, e->inner, e->rival);
	return trainer_objective(e->problem, e->rival, e->f, &e->work);
}

static bool is_below(double objective, double bound)
{
	return objective < bound - below_rounding * fabs(bound);
}

/* Hold the rival, if it is the best of its kind; true if so. */
static bool hold(struct evaluator *e, enum delivered kind, const struct held *rival)
{
	struct held *held = &e->held[kind];
	struct model *swap = held->model;

	if (e->training.trainer->certify && held->any && !(rival->objective < held->objective) &&
	    isfinite(held->objective))
		return false;
	*held = *rival;
	held->any = true;
	held->model = e->rival;
	e->rival = swap;
	return true;
}

/* An iterate below the bound is no point of the program. */
static void pass_over(struct evaluator *e, double objective)
{
	e->outside = fmin(e->outside, objective);
}

static bool offer_iterate(struct evaluator *e, const struct certificate *c, bool *finite)
{
	struct held *held = &e->held[DELIVERED_ITERATE], rival = {0};

	if (!e->rival)
		return false;
	rival.objective_network = measure(e, e->training.trainer->model);
	rival.objective = e->robust ? c->upper : rival.objective_network;
	*finite = isfinite(rival.objective_network);
	if (held->any && is_below(held->objective, e->best_bound)) {
		pass_over(e, held->objective);
		held->any = false;
	}
	if (is_below(rival.objective, e->best_bound) && e->training.trainer->repaired) {
		pass_over(e, rival.objective);
		return false;
	}
	return hold(e, DELIVERED_ITERATE, &rival);
}

static bool offer_repaired(struct evaluator *e)
{
	const struct trainer *trainer = e->training.trainer;
	struct held rival = {0};

	if (!e->rival || !trainer->certify || !trainer->repaired)
		return false;
	rival.objective = rival.objective_network = measure(e, trainer->repaired);
	return hold(e, DELIVERED_REPAIRED, &rival);
}

/* Of the best point of the program: repaired, or an iterate that needs no repair. */
static double feasible_objective(const struct evaluator *e)
{
	const struct held *repaired = &e->held[DELIVERED_REPAIRED];

	return repaired->any ? repaired->objective : e->last.objective;
}

/* The repaired point if it is certified, else the better one of those held. */
static enum delivered choose(const struct evaluator *e)
{
	const struct held *iterate = &e->held[DELIVERED_ITERATE],
			  *repaired = &e->held[DELIVERED_REPAIRED];

	if (!repaired->any)
		return DELIVERED_ITERATE;
	if (evaluate_gaps(repaired->objective, e->best_bound, NAN).gap <= certified)
		return DELIVERED_REPAIRED;
	return iterate->any && !(repaired->objective < iterate->objective) ? DELIVERED_ITERATE
									   : DELIVERED_REPAIRED;
}

/* Figures of the better one of those held, of which some have been renewed. */
static void choose_and_score(struct evaluator *e, const bool renewed[2], struct evaluation *out)
{
	struct evaluation *last = &e->last;
	enum delivered kind = choose(e);

	if (e->rival && (renewed[kind] || e->delivered != e->held[kind].model)) {
		e->delivered = e->held[kind].model;
		last->delivered = kind;
		last->objective = e->held[kind].objective;
		last->objective_network = e->held[kind].objective_network;
		last->train = score(e, &e->data->train);
		last->validation = score(e, &e->data->validation);
		last->test = score(e, &e->data->test);
	}
	last->lower_bound = e->best_bound;
	last->gaps = evaluate_gaps(last->objective, e->best_bound, e->objective_zero);
	last->feasible = evaluate_gaps(feasible_objective(e), e->best_bound, e->objective_zero);
	*out = *last;
}

void evaluate_iterate(struct evaluator *e, struct evaluation *out)
{
	struct certificate *certificate = &e->last.certificate;
	bool renewed[2];

	certify(e, certificate);
	renewed[DELIVERED_ITERATE] = offer_iterate(e, certificate, &e->last.finite);
	renewed[DELIVERED_REPAIRED] = offer_repaired(e);
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
