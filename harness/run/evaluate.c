/* Objectives, certificate and accuracies of one iterate. */
#include "harness/run/evaluate.h"

#include <math.h>

static ptrdiff_t longest_part(const struct dataset *data)
{
	ptrdiff_t n = data->train.X.rows;

	n = data->validation.X.rows > n ? data->validation.X.rows : n;
	return data->test.X.rows > n ? data->test.X.rows : n;
}

struct evaluator evaluate_new(const struct problem *problem, const struct dataset *data,
			      const struct trainer *trainer, void *state, struct arena *arena)
{
	ptrdiff_t width = trainer->width(state);
	struct evaluator e = {.problem = problem, .data = data, .trainer = trainer, .state = state};

	e.net = net_new(arena, problem->X.cols, width);
	e.work = net_work_new(arena, width);
	e.f = ARENA_ARRAY(arena, real, longest_part(data));
	e.best_bound = NAN;
	return e;
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

/* Certificate and gap; fmax ignores a NaN argument. */
static void certify(struct evaluator *e, struct evaluation *out)
{
	struct certificate *c = &out->certificate;

	*c = (struct certificate){NAN, NAN, NAN, NAN, NULL};
	if (e->trainer->certify)
		e->trainer->certify(e->state, c);
	e->best_bound = fmax(e->best_bound, c->lower_bound);
	c->lower_bound = e->best_bound;
	out->gap = (c->upper - c->lower_bound) / fmax(1, fabs(c->upper));
}

void evaluate_iterate(struct evaluator *e, struct evaluation *out)
{
	e->trainer->network(e->state, &e->net);
	out->objective_network = trainer_network_objective(e->problem, &e->net, e->f, &e->work);
	out->train = score_outputs(e, &e->data->train);
	out->validation = score_part(e, &e->data->validation);
	out->test = score_part(e, &e->data->test);
	certify(e, out);
}
