/* Objectives, certificate and accuracies of one iterate. */
#include "harness/run/evaluate.h"

#include "harness/run/clock.h"

#include <math.h>

const char *const delivered_names[] = {
	[DELIVERED_ITERATE] = "iterate", [DELIVERED_REPAIRED] = "repaired", NULL};

static ptrdiff_t longest_part(const struct dataset *data)
{
	ptrdiff_t n = data->train.X.rows;

	n = data->validation.X.rows > n ? data->validation.X.rows : n;
	return data->test.X.rows > n ? data->test.X.rows : n;
}

struct evaluator evaluate_new(const struct problem *problem, const struct dataset *data,
			      const struct trainer *trainer, const void *options, void *state,
			      struct arena *arena)
{
	ptrdiff_t width = trainer->width(state), n = problem->X.rows;
	struct evaluator e = {.problem = problem, .data = data, .trainer = trainer, .state = state};

	e.robust = trainer->robust && trainer->robust(options);
	e.net = net_new(arena, problem->X.cols, width);
	e.rival = net_new(arena, problem->X.cols, width);
	e.work = net_work_new(arena, width);
	e.f = ARENA_ARRAY(arena, real, longest_part(data));
	e.objective_zero = loss_value(problem->loss, (size_t)n, e.f, problem->y); /* f = 0 */
	e.best_bound = NAN;
	return e;
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

/* Scores from outputs that are already in e->f. */
static struct scores score_outputs(const struct evaluator *e, const struct part *part)
{
	struct scores s = {NAN, NAN, NAN, NAN};
	double n = (double)part->X.rows, correct = 0, square = 0, positive = 0, total;

	if (part->X.rows == 0)
		return s;
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

static struct scores score_part(struct evaluator *e, const struct part *part)
{
	if (part->X.rows > 0)
		net_forward(&e->net, part->X, e->f, &e->work);
	return score_outputs(e, part);
}

/* Certificate of the iterate, on the certificates' clock. */
static void certify(struct evaluator *e, struct certificate *c)
{
	double start = clock_seconds();

	*c = (struct certificate){NAN, NAN, NAN, NAN, NULL};
	if (!e->trainer->certify)
		return;
	e->trainer->certify(e->state, c);
	e->certificate_s += clock_seconds() - start;
	e->best_bound = fmax(e->best_bound, c->lower_bound); /* fmax ignores a NaN argument */
}

/* Take the rival's place among what is delivered, if it is better; `objective` is its own. */
static void offer(struct evaluator *e, double objective, struct evaluation *figures)
{
	struct net swap = e->net;

	figures->objective = objective;
	if (e->trainer->certify && e->any && !(objective < e->best.objective) &&
	    isfinite(e->best.objective))
		return;
	figures->train = score_outputs(e, &e->data->train);
	e->net = e->rival;
	e->rival = swap;
	figures->validation = score_part(e, &e->data->validation);
	figures->test = score_part(e, &e->data->test);
	e->best = *figures;
	e->any = true;
}

/* e->rival's objective on clean data; its outputs on the training part are left in e->f. */
static double clean_objective(struct evaluator *e)
{
	return trainer_network_objective(e->problem, &e->rival, e->f, &e->work);
}

void evaluate_iterate(struct evaluator *e, struct evaluation *out)
{
	struct evaluation figures = {.delivered = DELIVERED_ITERATE};
	struct certificate certificate;
	double clean;
	bool finite;

	certify(e, &certificate);
	e->trainer->network(e->state, &e->rival);
	clean = figures.objective_network = clean_objective(e);
	finite = isfinite(clean);
	offer(e, e->robust ? certificate.upper : clean, &figures);
	if (e->trainer->certify && e->trainer->repaired) {
		e->trainer->repaired(e->state, &e->rival);
		figures.delivered = DELIVERED_REPAIRED;
		figures.objective_network = clean_objective(e);
		offer(e, figures.objective_network, &figures);
	}
	*out = e->best;
	out->finite = finite;
	out->certificate = certificate;
	out->lower_bound = e->best_bound;
	out->gaps = evaluate_gaps(out->objective, e->best_bound, e->objective_zero);
}
