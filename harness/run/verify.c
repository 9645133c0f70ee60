/* The independent verifier: the network objective, accuracies, RMSE and R2 from their definitions.
 */
#include "harness/run/verify.h"

#include "harness/run/reload.h"

#include <math.h>
#include <string.h>

struct job {
	struct reload stored;
	double tolerance; /* relative; of sums in the precision of the record */
	struct verify *out;
};

/* Loss of one sample; o is the value of the loss's option, if it has one. */
static double squared(double o, double f, double y)
{
	return 0 * o + (f - y) * (f - y) / 2;
}

static double logistic(double o, double f, double y)
{
	double m = -o * y * f;

	return m > 0 ? m + log1p(exp(-m)) : log1p(exp(m));
}

static double hinge(double o, double f, double y)
{
	return 0 * o + fmax(0, 1 - y * f);
}

static double squared_hinge(double o, double f, double y)
{
	return hinge(o, f, y) * hinge(o, f, y) / 2;
}

static double huber(double o, double f, double y)
{
	double r = fabs(f - y);

	return r <= o ? r * r / 2 : o * (r - o / 2);
}

static const struct {
	const char *name;
	double (*value)(double o, double f, double y);
} definitions[] = {{"squared", squared},
		   {"logistic", logistic},
		   {"hinge", hinge},
		   {"squared_hinge", squared_hinge},
		   {"huber", huber}};

static double output(const struct net *net, struct mat X, ptrdiff_t k)
{
	double f = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double z = 0;

		for (ptrdiff_t i = 0; i < X.cols; i++)
			z += (double)mat_get(X, k, i) * (double)mat_get(net->U, i, j);
		f += fmax(0, z) * (double)net->alpha[j];
	}
	return f;
}

static void add(struct job *job, const char *name, double stored, double computed, double slack)
{
	struct verify_figure *figure = &job->out->figure[job->out->count];

	if (isnan(stored) || isnan(computed))
		return;
	*figure = (struct verify_figure){name, stored, computed, false};
	figure->agrees = fabs(stored - computed) <=
			 slack + job->tolerance * fmax(fabs(stored), fabs(computed));
	job->out->count++;
}

/* What the fields of one part are called, and hold. */
struct stored {
	const char *name[3];
	double accuracy, rmse, r2;
};

/* Accuracy, or RMSE and R2. A sample with an output at zero to rounding may count either way. */
static void check_part(struct job *job, const struct part *part, struct stored stored)
{
	double n = (double)part->X.rows, correct = 0, unsure = 0, square = 0, mean = 0, spread = 0;

	for (ptrdiff_t k = 0; k < part->X.rows; k++) {
		double f = output(&job->stored.model.net, part->X, k), y = (double)part->y[k];

		correct += y * f > 0;
		unsure += fabs(f) < job->tolerance;
		square += (f - y) * (f - y);
		mean += y / n;
	}
	for (ptrdiff_t k = 0; k < part->X.rows; k++)
		spread += ((double)part->y[k] - mean) * ((double)part->y[k] - mean);
	add(job, stored.name[0], stored.accuracy, correct / n, unsure / n);
	add(job, stored.name[1], stored.rmse, sqrt(square / n), 0);
	add(job, stored.name[2], stored.r2, 1 - square / spread, 0);
}

/* sum_k l(f_k, y_k) + (beta / 2) (|U|^2 + |alpha|^2); NaN for a loss without a definition here. */
static double objective(const struct job *job)
{
	const struct train_options *train = &job->stored.cell.train;
	const struct part *part = &job->stored.data.train;
	const struct net *net = &job->stored.model.net;
	double o = train->loss.item->size > 0 ? *(const double *)train->loss.options : 0;
	double loss = NAN, squares = 0;

	for (size_t i = 0; i < sizeof definitions / sizeof *definitions; i++) {
		if (strcmp(definitions[i].name, train->loss.item->name) != 0)
			continue;
		loss = 0;
		for (ptrdiff_t k = 0; k < part->X.rows; k++)
			loss += definitions[i].value(o, output(net, part->X, k),
						     (double)part->y[k]);
	}
	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		squares += (double)net->alpha[j] * (double)net->alpha[j];
		for (ptrdiff_t i = 0; i < net->U.rows; i++)
			squares += (double)mat_get(net->U, i, j) * (double)mat_get(net->U, i, j);
	}
	return (train->average ? loss / (double)part->X.rows : loss) + train->beta / 2 * squares;
}

static void check(struct job *job)
{
	const struct result *r = &job->stored.result;
	double computed = objective(job);

	add(job, "neurons", r->neurons, (double)job->stored.model.net.U.cols, 0);
	add(job, "objective_network", r->objective_network, computed, 0);
	if (r->bound_scope && strcmp(r->bound_scope, "all") == 0) /* bounds every network */
		add(job, "lower_bound", r->lower_bound, fmin(computed, r->lower_bound), 0);
	check_part(job, &job->stored.data.train,
		   (struct stored){{"train_accuracy", "train_rmse", "train_r2"},
				   r->train_accuracy,
				   r->train_rmse,
				   r->train_r2});
	check_part(job, &job->stored.data.validation,
		   (struct stored){
			   {"validation_accuracy", NULL, NULL}, r->validation_accuracy, NAN, NAN});
	check_part(job, &job->stored.data.test,
		   (struct stored){{"test_accuracy", "test_rmse", "test_r2"},
				   r->test_accuracy,
				   r->test_rmse,
				   r->test_r2});
}

enum status verify_record(const char *record, struct arena *arena, struct verify *out,
			  struct err *err)
{
	struct job job = {.out = out, .tolerance = 1e-9};

	*out = (struct verify){0};
	TRY(reload_record(record, arena, &job.stored, err));
	if (job.stored.result.precision && strcmp(job.stored.result.precision, "single") == 0)
		job.tolerance = 1e-4;
	check(&job);
	return STATUS_OK;
}
