/* Kernel ridge regression. See kernel_ridge.h. */
#include "solvers/kernel/kernel_ridge.h"

#include "solvers/core/blas.h"
#include "solvers/kernel/kernel_net.h"

#include <math.h>
#include <string.h>

struct state {
	const struct problem *problem;
	struct kernel_net *net; /* Z = X'; A = 0 until it is solved */
	struct model_work work;
	struct mat C; /* lower triangle: factor of K + beta W^{-1}, in the end the inverse */
	struct mat F; /* n x k: outputs */
	bool solved;
};

bool kernel_ridge_takes(const struct problem *problem, const void *options, const char **wanted)
{
	(void)options;
	*wanted = "a quadratic loss";
	return problem->loss.loss->quadratic;
}

void kernel_ridge_forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	double n = (double)shape.n, d = (double)shape.d, k = (double)shape.k;

	(void)options;
	out->setup_flops = n * n * (2 * d + 40) + n * n * n / 3;
	out->iteration_flops = 2 * n * n * k + 2 * n * n * n / 3;
	out->certificate_flops = n * n * (2 * d + 80 + 2 * k);
}

/* The factor of the loss of sample i. */
static double factor(const struct problem *problem, ptrdiff_t i)
{
	const real *weight = problem->y.weight;

	return problem->loss.weight * (weight ? (double)weight[i] : 1);
}

enum status kernel_ridge_new(const struct problem *problem, bool tangent, struct arena *arena,
			     void **state, struct err *err)
{
	struct state *s = ARENA_NEW(arena, struct state);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, k = problem->y.k;
	const struct model_size size = {d, n, k};

	*s = (struct state){.problem = problem,
			    .net = kernel_net_of(model_new(&model_kernel, arena, size)),
			    .work = model_work_new(arena, &model_kernel, size),
			    .C = mat_new(arena, n, n),
			    .F = mat_new(arena, n, k)};
	*state = s;
	/* scratch of the decay, whenever it is asked for */
	arena_expect_reals(arena, MODEL_BLOCK * (2.0 * (double)n + (double)(d + k)));
	if (arena_counts(arena))
		return STATUS_OK;
	mat_transpose(s->net->Z, problem->X);
	for (ptrdiff_t j = 0; j < d; j++)
		s->net->scale[j] = 1;
	*s->net->tangent = tangent;
	kernel_net_gram(s->net, problem->X, s->C);
	for (ptrdiff_t i = 0; i < n; i++)
		mat_set(s->C, i, i,
			mat_get(s->C, i, i) + (real)(problem->beta / factor(problem, i)));
	if (!blas_cholesky(s->C))
		return err_set(err, STATUS_FAILED,
			       "the kernel among the samples plus beta = %g is not positive "
			       "definite to rounding",
			       problem->beta);
	return STATUS_OK;
}

static double target(const struct state *s, ptrdiff_t i, ptrdiff_t c)
{
	return (double)s->problem->y.at[i + c * s->problem->X.rows];
}

void kernel_ridge_step(void *state, struct progress *progress)
{
	struct state *s = state;

	*progress = (struct progress){NAN, NAN, NAN, .end = OUTCOME_CONVERGED};
	for (ptrdiff_t c = 0; c < s->net->A.cols; c++)
		for (ptrdiff_t i = 0; i < s->net->A.rows; i++)
			mat_set(s->net->A, i, c, (real)target(s, i, c));
	blas_cholesky_solve(s->C, s->net->A);
	if (!blas_cholesky_inverse(s->C))
		progress->failure = "the kernel among the samples is singular";
	s->solved = true;
}

ptrdiff_t kernel_ridge_width(const void *state)
{
	return ((const struct state *)state)->problem->X.rows;
}

void kernel_ridge_model(const void *state, struct model *model)
{
	const struct kernel_net *from = ((const struct state *)state)->net;
	struct kernel_net *to = kernel_net_of(model);

	to->Z.cols = from->Z.cols;
	mat_copy(to->Z, from->Z);
	mat_copy(mat_rows(to->A, 0, from->A.rows), from->A);
	memcpy(to->scale, from->scale, (size_t)from->Z.rows * sizeof *to->scale);
	*to->tangent = *from->tangent;
}

/* For any A, with F = K A and sums over samples i and outputs c,
 *     sum beta A (Y - F / 2) - beta^2 A^2 / (2 w)
 * is below every value of the program. */
void kernel_ridge_certify(void *state, struct certificate *certificate)
{
	struct state *s = state;
	const struct problem *problem = s->problem;
	struct mat A = s->net->A;
	double value, norm = 0, bound = 0, beta = problem->beta;

	model_forward(&s->net->base, problem->X, s->F.at, &s->work);
	value = trainer_loss(problem, s->F);
	for (ptrdiff_t c = 0; c < A.cols; c++)
		for (ptrdiff_t i = 0; i < A.rows; i++) {
			double a = (double)mat_get(A, i, c), f = (double)mat_get(s->F, i, c);

			norm += a * f;
			bound += a * (target(s, i, c) - f / 2) -
				 beta * a * a / (2 * factor(problem, i));
		}
	certificate->objective = certificate->upper = value + beta * norm / 2;
	certificate->feasibility = 0; /* there are no constraints */
	certificate->lower_bound = beta * bound;
	certificate->scope = "kernel";
}

/* Whether the output of the class of sample i is the largest, or of one output has its sign. */
static bool decides(const struct targets *y, ptrdiff_t i, const double *f)
{
	ptrdiff_t best = 0;

	if (!y->label)
		return f[0] * (double)y->at[i] > 0;
	for (ptrdiff_t c = 1; c < y->k; c++)
		if (f[c] > f[best])
			best = c;
	return best == y->label[i];
}

static bool has_classes(const struct targets *y)
{
	for (ptrdiff_t i = 0; !y->label && i < y->n; i++)
		if (y->k > 1 || !(fabs((double)y->at[i]) >= 1 && fabs((double)y->at[i]) <= 1))
			return false;
	return true;
}

void kernel_ridge_facts(const void *state, struct facts *facts)
{
	const struct state *s = state;
	const struct targets *y = &s->problem->y;
	struct arena scratch = {0};
	double *f = ARENA_ARRAY(&scratch, double, y->k), square = 0, right = 0;

	facts_note(facts,
		   "objective: loss + (beta / 2) |f|^2 in the space of the kernel, no weight "
		   "decay of a network");
	for (ptrdiff_t i = 0; s->solved && i < y->n; i++) {
		for (ptrdiff_t c = 0; c < y->k; c++) {
			double error =
				(double)mat_get(s->net->A, i, c) / (double)mat_get(s->C, i, i);

			f[c] = target(s, i, c) - error;
			square += error * error;
		}
		right += decides(y, i, f);
	}
	arena_release(&scratch);
	if (!s->solved)
		return;
	facts_number(facts, "leave_one_out_rmse", sqrt(square / (double)(y->n * y->k)));
	if (has_classes(y))
		facts_number(facts, "leave_one_out_accuracy", right / (double)y->n);
}
