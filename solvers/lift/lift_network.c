/* Refit and descent of a network. See lift_network.h. */
#include "solvers/lift/lift_network.h"

#include "solvers/core/blas.h"
#include "solvers/model/multinet.h"
#include "solvers/model/net.h"

#include <math.h>
#include <string.h>

enum { MEMORY = 20, HALVINGS = 30 };

static const double armijo = 1e-4;

/* A change of the objective that is none. */
static const double settled = 1e-12;

struct lift_network lift_network_new(const struct problem *problem, ptrdiff_t width,
				     struct arena *arena)
{
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, c = problem->y.k;
	struct lift_network net = {.problem = problem, .size = (size_t)(width * (d + c))};
	real **vectors[] = {&net.x, &net.g, &net.at, &net.down, &net.before};

	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		*vectors[i] = ARENA_ARRAY(arena, real, net.size);
	net.U = (struct mat){d, width, d, net.x};
	net.V = (struct mat){width, c, width, net.x + width * d};
	net.H = mat_new(arena, n, width);
	net.S = mat_new(arena, n, width);
	net.F = mat_new(arena, n, c);
	net.normal = mat_new(arena, width, width);
	net.memory = lbfgs_new(net.size, MEMORY, arena);
	net.objective = HUGE_VAL;
	return net;
}

/* Weight of the loss of sample i. */
static double weight(const struct problem *p, ptrdiff_t i)
{
	return p->loss.weight * (p->y.weight ? (double)p->y.weight[i] : 1);
}

static void hidden(struct lift_network *net)
{
	blas_gemm(1, net->problem->X, PLAIN, net->U, PLAIN, 0, net->H);
	for (ptrdiff_t j = 0; j < net->H.cols; j++)
		for (ptrdiff_t i = 0; i < net->H.rows; i++)
			mat_set(net->H, i, j,
				mat_get(net->H, i, j) > 0 ? mat_get(net->H, i, j) : 0);
}

/* The objective; F = the weighted residuals. */
static double value(struct lift_network *net)
{
	const struct problem *p = net->problem;
	double sum = 0, decay = blas_norm(net->size, net->x);

	hidden(net);
	blas_gemm(1, net->H, PLAIN, net->V, PLAIN, 0, net->F);
	for (ptrdiff_t c = 0; c < net->F.cols; c++)
		for (ptrdiff_t i = 0; i < net->F.rows; i++) {
			double lack =
				(double)mat_get(net->F, i, c) - (double)p->y.at[i + c * p->y.n];

			sum += weight(p, i) * lack * lack;
			mat_set(net->F, i, c, (real)(weight(p, i) * lack));
		}
	return (sum + p->beta * decay * decay) / 2;
}

/* g = the gradient at x, after `value`. */
static void slope(struct lift_network *net)
{
	ptrdiff_t d = net->U.rows, m = net->U.cols;
	struct mat gU = {d, m, d, net->g}, gV = {m, net->V.cols, m, net->g + d * m};

	memcpy(net->g, net->x, net->size * sizeof *net->g);
	blas_gemm(1, net->H, TRANSPOSED, net->F, PLAIN, net->problem->beta, gV);
	blas_gemm(1, net->F, PLAIN, net->V, TRANSPOSED, 0, net->S);
	for (ptrdiff_t j = 0; j < m; j++)
		for (ptrdiff_t i = 0; i < net->S.rows; i++)
			if (!(mat_get(net->H, i, j) > 0))
				mat_set(net->S, i, j, 0);
	blas_gemm(1, net->problem->X, TRANSPOSED, net->S, PLAIN, net->problem->beta, gU);
}

/* Neurons with layers of one length: the same function, the least decay. */
static void balance(struct lift_network *net)
{
	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double first = blas_norm((size_t)net->U.rows, mat_col(net->U, j)), second = 0, by;

		for (ptrdiff_t c = 0; c < net->V.cols; c++)
			second += (double)mat_get(net->V, j, c) * (double)mat_get(net->V, j, c);
		second = sqrt(second);
		by = first > 0 && second > 0 ? sqrt(second / first) : 0;
		blas_scale((size_t)net->U.rows, by, mat_col(net->U, j));
		for (ptrdiff_t c = 0; c < net->V.cols; c++)
			mat_set(net->V, j, c, by > 0 ? mat_get(net->V, j, c) / (real)by : 0);
	}
}

double lift_network_fit(struct lift_network *net, struct mat U, struct mat V)
{
	const struct problem *p = net->problem;
	double as_given;

	mat_copy(net->U, U);
	mat_transpose(net->V, V);
	as_given = value(net);
	mat_copy(net->S, net->H);
	for (ptrdiff_t j = 0; j < net->S.cols; j++)
		for (ptrdiff_t i = 0; i < net->S.rows; i++)
			mat_set(net->S, i, j, (real)weight(p, i) * mat_get(net->S, i, j));
	blas_gemm(1, net->S, TRANSPOSED, net->H, PLAIN, 0, net->normal);
	for (ptrdiff_t j = 0; j < net->normal.cols; j++)
		mat_set(net->normal, j, j, mat_get(net->normal, j, j) + (real)p->beta);
	for (ptrdiff_t c = 0; c < net->V.cols; c++)
		blas_gemv(1, net->S, TRANSPOSED, p->y.at + c * p->y.n, 0, mat_col(net->V, c));
	if (blas_cholesky(net->normal))
		blas_cholesky_solve(net->normal, net->V);
	else
		mat_fill(net->V, 0);
	balance(net);
	net->memory.count = net->memory.next = 0;
	net->objective = value(net);
	slope(net);
	return as_given;
}

bool lift_network_descend(struct lift_network *net)
{
	double start = net->objective, along, length = 1;

	lbfgs_direction(&net->memory, net->g, net->down);
	along = blas_dot(net->size, net->g, net->down);
	if (!(along < 0)) {
		net->memory.count = net->memory.next = 0;
		lbfgs_direction(&net->memory, net->g, net->down);
		along = blas_dot(net->size, net->g, net->down);
	}
	memcpy(net->at, net->x, net->size * sizeof *net->x);
	memcpy(net->before, net->g, net->size * sizeof *net->g);
	for (int k = 0; k < HALVINGS; k++, length /= 2) {
		memcpy(net->x, net->at, net->size * sizeof *net->x);
		blas_axpy(net->size, length, net->down, net->x);
		net->objective = value(net);
		if (!(net->objective <= start + armijo * length * along))
			continue;
		slope(net);
		lbfgs_learn(&net->memory, net->at, net->x, net->before, net->g);
		return start - net->objective > settled * start;
	}
	memcpy(net->x, net->at, net->size * sizeof *net->x);
	net->objective = start;
	return false;
}

void lift_network_copy(const struct lift_network *net, struct model *model)
{
	bool one = model->kind == &model_relu;
	struct mat *U = one ? &net_of(model)->U : &multinet_of(model)->U;
	ptrdiff_t used = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		if (!(blas_norm((size_t)net->U.rows, mat_col(net->U, j)) > 0))
			continue;
		memcpy(mat_col(*U, used), mat_col(net->U, j), (size_t)net->U.rows * sizeof(real));
		if (one)
			net_of(model)->alpha[used] = mat_get(net->V, j, 0);
		for (ptrdiff_t c = 0; c < net->V.cols && !one; c++)
			mat_set(multinet_of(model)->A, used, c, mat_get(net->V, j, c));
		used++;
	}
	U->cols = used;
}
