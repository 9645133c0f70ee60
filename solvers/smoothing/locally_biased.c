/* Trainer `locally_biased`: a ReLU network, stored or trained first, biased towards the labels of
 * the training points nearby. See biasednet.h. */
#include "solvers/gates/start.h"
#include "solvers/model/trainer.h"
#include "solvers/smoothing/biasednet.h"

#include <math.h>

struct biased_options {
	struct start_options network;
	double gamma;
};

static const struct option rows[] = {
	{OPTION_AS("network", struct biased_options, network.trainer), .initial = "null",
	 .kind = KIND_TRAINER,
	 .doc = "method that trains the network, with its options; its time is part of the setup"},
	{OPTION_AS("network_file", struct biased_options, network.file), .initial = "null",
	 .path = PATH_MODEL, .doc = "or that network: a model.npz on the same prepared features"},
	{OPTION_AS("network_steps", struct biased_options, network.steps), .initial = "1000",
	 .range = RANGE_FROM(0), .doc = "most steps of `network`, if it does not end by itself"},
	{OPTION_FIELD(struct biased_options, gamma), .initial = "0.1", .range = RANGE_FROM(0),
	 .doc = "strength of the bias, an l_2 distance in the prepared features: what it adds to "
		"the radius of samples whose neighbour has their class"},
	{0},
};

struct biased {
	const struct problem *problem;
	struct biasednet *net;
};

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct biased_options *o = options;

	start_forecast(&o->network, shape, out);
	/* radii in the record: all points for each sample, and 100 neurons */
	out->iteration_flops = 4 * (double)shape.n * (double)shape.d * ((double)shape.n + 100);
}

/* Point k of the model is sample `row`. */
static void store(struct biased *s, ptrdiff_t k, ptrdiff_t row)
{
	struct mat X = s->problem->X;
	double square = 0;

	for (ptrdiff_t i = 0; i < X.cols; i++) {
		square += (double)mat_get(X, row, i) * (double)mat_get(X, row, i);
		mat_set(s->net->Z, i, k, mat_get(X, row, i));
	}
	s->net->offset[k] = (real)(-square / 2);
	s->net->label[k] = s->problem->y.at[row];
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	const struct biased_options *o = options;
	struct biased *s = ARENA_NEW(arena, struct biased);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, width;
	struct start start;

	TRY(start_network(problem, &o->network, arena, &start, err));
	width = start.net.U.cols > n ? start.net.U.cols : n;
	*s = (struct biased){.problem = problem};
	s->net = biasednet_of(
		model_new(&model_locally_biased, arena, (struct model_size){d, width, 1}));
	*state = s;
	if (arena_counts(arena)) /* a file has not been read */
		return STATUS_OK;
	if (!start.note)
		return err_set(err, STATUS_SPEC,
			       "locally_biased: expected a solver or a model file for `network`, "
			       "got neither");
	if (start.net.A.cols != 1)
		return err_set(err, STATUS_SPEC,
			       "locally_biased: expected a network of 1 output, got %td",
			       start.net.A.cols);
	mat_copy(mat_cols(s->net->U, 0, start.net.U.cols), start.net.U);
	for (ptrdiff_t j = 0; j < start.net.U.cols; j++)
		s->net->alpha[j] = mat_get(start.net.A, j, 0);
	for (ptrdiff_t k = 0; k < width; k++)
		store(s, k, k < n ? k : 0);
	for (ptrdiff_t i = 0; i < d; i++)
		s->net->scale[i] = 1;
	*s->net->gamma = (real)o->gamma;
	return STATUS_OK;
}

static void step(void *state, struct progress *progress)
{
	(void)state;
	*progress = (struct progress){NAN, NAN, NAN, .end = OUTCOME_CONVERGED};
}

static ptrdiff_t width(const void *state)
{
	return ((const struct biased *)state)->net->U.cols;
}

static void model(const void *state, struct model *out)
{
	const struct biasednet *from = ((const struct biased *)state)->net;
	struct biasednet *to = biasednet_of(out);

	to->U.cols = to->Z.cols = from->U.cols;
	mat_copy(to->U, from->U);
	mat_copy(to->Z, from->Z);
	for (ptrdiff_t j = 0; j < from->U.cols; j++) {
		to->alpha[j] = from->alpha[j];
		to->offset[j] = from->offset[j];
		to->label[j] = from->label[j];
	}
	for (ptrdiff_t i = 0; i < from->U.rows; i++)
		to->scale[i] = from->scale[i];
	*to->gamma = *from->gamma;
}

/* Where there are no validation samples, of the training samples, each its own neighbour. */
static void facts(const void *state, struct facts *facts)
{
	const struct biased *s = state;
	bool held_out = s->problem->X_validation.rows > 0;
	struct mat X = held_out ? s->problem->X_validation : s->problem->X;
	const real *y = held_out ? s->problem->y_validation.at : s->problem->y.at;
	double sum = 0;

	for (ptrdiff_t k = 0; k < X.rows; k++)
		sum += biasednet_radius(s->net, X, k, (double)y[k]);
	facts_number(facts, "average_certified_radius", sum / (double)X.rows);
	facts_note(facts, held_out ? "average_certified_radius: l_2, prepared features, validation "
				     "samples, 0 where misclassified"
				   : "average_certified_radius: l_2, prepared features, training "
				     "samples, 0 where misclassified");
}

static bool made_in_setup(const void *options)
{
	(void)options;
	return true;
}

const struct trainer trainer_locally_biased = {
	.base = {.name = "locally_biased",
		 .doc = "a ReLU network biased towards the label of the nearest training point, "
			"with l_2 radii in closed form; two classes",
		 .cite = "anderson2022",
		 .options = rows,
		 .size = sizeof(struct biased_options)},
	.makes = &model_locally_biased,
	.takes = trainer_falling,
	.made_in_setup = made_in_setup,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = model,
	.facts = facts,
};
