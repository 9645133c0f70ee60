/* Descent on the network. See generated_slide.h. */
#include "solvers/generated/generated_slide.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	MEMORY = 12,
	HALVINGS = 25, /* of a step */
	BLOCK = 512    /* rows at a time */
};

/* Share of the rate that a step is to gain (Armijo 1966). */
static const double enough = 1e-4;

/* Share of the objective: a fall below which is rounding of float. */
static const double rough_fall = 1e-6;

struct slide slide_new(struct neurons *neurons, const struct price *price, struct arena *arena)
{
	struct slide s = {.neurons = neurons};
	ptrdiff_t n = neurons->F.rows, k = neurons->A.cols, room = neurons->room;
	size_t size = (size_t)((neurons->U.rows + k) * room);
	real **vectors[] = {&s.x, &s.x_new, &s.g, &s.g_new, &s.direction};

	s.memory = lbfgs_new(size, MEMORY, arena);
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		*vectors[i] = ARENA_ARRAY(arena, real, size);
	s.R = mat_new(arena, n, k);
	s.W = mat_new(arena, n < BLOCK ? n : BLOCK, room);
	s.has_pass = sizeof(real) > sizeof(float) && price->many;
	if (s.has_pass)
		s.pass = pass_new(price, room, arena);
	return s;
}

/* The two layers that x is. */
static struct model_layers layers(const struct slide *s, real *x)
{
	ptrdiff_t d = s->neurons->U.rows, m = s->neurons->count, k = s->neurons->A.cols;

	return (struct model_layers){{d, m, d, x}, {m, k, m, x + d * m}};
}

/* Phi and F of the network. */
static void outputs(struct slide *s, struct model_layers net)
{
	struct neurons *neurons = s->neurons;
	struct mat Phi = neurons_features(neurons);

	blas_gemm(1, neurons->problem->X, PLAIN, net.U, PLAIN, 0, Phi);
	for (ptrdiff_t j = 0; j < Phi.cols; j++) {
		real *restrict phi = mat_col(Phi, j);

		for (ptrdiff_t i = 0; i < Phi.rows; i++)
			phi[i] = phi[i] > 0 ? phi[i] : 0;
	}
	blas_gemm(1, Phi, PLAIN, net.A, PLAIN, 0, neurons->F);
}

/* F and the objective of the network x. */
static double evaluate(struct slide *s, real *x)
{
	struct neurons *neurons = s->neurons;
	const struct problem *problem = neurons->problem;
	struct model_layers net = layers(s, x);
	double norm = blas_norm((size_t)(net.U.rows * net.U.cols + net.A.rows * net.A.cols), x);

	if (s->rough)
		pass_outputs(&s->pass, net, neurons->F);
	else
		outputs(s, net);
	return loss_outputs_value(problem->loss, neurons->F, problem->y) +
	       problem->beta / 2 * norm * norm;
}

/* W = [Phi > 0] o (R A') for these rows */
static void spread(struct mat Phi, struct mat R, struct mat A, struct mat W)
{
	if (A.cols > 1)
		blas_gemm(1, R, PLAIN, A, TRANSPOSED, 0, W);
	for (ptrdiff_t j = 0; j < W.cols; j++) {
		const real *restrict phi = mat_col(Phi, j), *restrict r = R.at;
		real *restrict w = mat_col(W, j), a = A.at[j];

		if (A.cols > 1)
			for (ptrdiff_t i = 0; i < W.rows; i++)
				w[i] = phi[i] > 0 ? w[i] : 0;
		else
			for (ptrdiff_t i = 0; i < W.rows; i++)
				w[i] = phi[i] > 0 ? r[i] * a : 0;
	}
}

/* The gradients of the loss here by both layers are added to `slope`, after evaluate. */
static void add_slopes(struct slide *s, struct model_layers net, struct model_layers slope)
{
	struct neurons *neurons = s->neurons;
	const struct problem *problem = neurons->problem;
	ptrdiff_t n = problem->X.rows;

	blas_gemm(1, neurons_features(neurons), TRANSPOSED, s->R, PLAIN, 1, slope.A);
	for (ptrdiff_t first = 0; first < n; first += s->W.rows) {
		ptrdiff_t rows = n - first < s->W.rows ? n - first : s->W.rows;
		struct mat W = mat_rows(mat_cols(s->W, 0, neurons->count), 0, rows);

		spread(mat_rows(neurons_features(neurons), first, rows),
		       mat_rows(s->R, first, rows), net.A, W);
		blas_gemm(1, mat_rows(problem->X, first, rows), TRANSPOSED, W, PLAIN, 1, slope.U);
	}
}

/* Gradient at x, after evaluate. */
static void gradient(struct slide *s, real *x, real *g)
{
	const struct problem *problem = s->neurons->problem;
	struct model_layers net = layers(s, x), slope = layers(s, g);
	size_t size = (size_t)(net.U.rows * net.U.cols + net.A.rows * net.A.cols);

	loss_outputs_gradient(problem->loss, s->neurons->F, problem->y, s->R);
	memcpy(g, x, size * sizeof *x);
	blas_scale(size, ranks_at(problem->ranks) == 0 ? problem->beta : 0, g);
	if (s->rough)
		pass_gradient(&s->pass, s->R, slope);
	else
		add_slopes(s, net, slope);
	ranks_sum_mat(problem->ranks, (struct mat){(ptrdiff_t)size, 1, (ptrdiff_t)size, g});
}

/* u_j and A_j of equal lengths. */
static void balance(struct slide *s)
{
	struct model_layers net = layers(s, s->x);

	for (ptrdiff_t j = 0; j < net.U.cols; j++) {
		double root = sqrt(neurons_size(s->neurons, j));

		for (ptrdiff_t i = 0; i < net.U.rows; i++)
			mat_set(net.U, i, j, (real)root * mat_get(s->neurons->U, i, j));
		for (ptrdiff_t c = 0; c < net.A.cols; c++)
			mat_set(net.A, j, c,
				root > 0 ? (real)((double)mat_get(s->neurons->A, j, c) / root) : 0);
	}
}

/* |u_j| = 1, of the point x; neurons without a direction have no weight. */
static void unbalance(struct slide *s)
{
	struct model_layers net = layers(s, s->x);
	struct neurons *neurons = s->neurons;

	for (ptrdiff_t j = 0; j < net.U.cols; j++) {
		double length = blas_norm((size_t)net.U.rows, mat_col(net.U, j));

		for (ptrdiff_t c = 0; c < net.A.cols; c++)
			mat_set(neurons->A, j, c, (real)(length * (double)mat_get(net.A, j, c)));
		if (length > 0) {
			mat_copy(mat_cols(neurons->U, j, 1), mat_cols(net.U, j, 1));
			blas_scale((size_t)net.U.rows, 1 / length, mat_col(neurons->U, j));
		}
	}
	neurons_activate(neurons, 0);
	neurons_output(neurons);
}

/* x_new and g_new, by the first of the lengths t, t / 2, ... that lowers the objective enough; its
 * value, or `now` if none does. */
static double search(struct slide *s, size_t size, double now, double t)
{
	double rate = blas_dot(size, s->g, s->direction);

	for (int halving = 0; halving < HALVINGS && rate < 0; halving++, t /= 2) {
		double value;

		for (size_t i = 0; i < size; i++)
			s->x_new[i] = s->x[i] + (real)t * s->direction[i];
		value = evaluate(s, s->x_new);
		if (value <= now + enough * t * rate) {
			gradient(s, s->x_new, s->g_new);
			return value;
		}
	}
	return now;
}

void slide_descend(struct slide *s, long steps, double tolerance, bool rough)
{
	struct neurons *neurons = s->neurons;
	size_t size = (size_t)((neurons->U.rows + neurons->A.cols) * neurons->count);
	double now;

	if (neurons->count == 0)
		return;
	s->rough = rough && s->has_pass;
	if (s->rough)
		tolerance = fmax(tolerance, rough_fall);
	balance(s);
	s->memory.S.rows = s->memory.Y.rows = (ptrdiff_t)size;
	lbfgs_forget(&s->memory);
	now = evaluate(s, s->x);
	gradient(s, s->x, s->g);
	for (long step = 0; step < steps; step++) {
		double length = blas_norm(size, s->g), next;
		real *x = s->x, *g = s->g;

		lbfgs_direction(&s->memory, s->g, s->direction);
		next = search(s, size, now, s->memory.count > 0 || !(length > 1) ? 1 : 1 / length);
		if (!(next < now)) {
			if (s->memory.count == 0)
				break;
			lbfgs_forget(&s->memory); /* once more along the gradient */
			continue;
		}
		lbfgs_learn(&s->memory, s->x, s->x_new, s->g, s->g_new);
		s->x = s->x_new;
		s->g = s->g_new;
		s->x_new = x;
		s->g_new = g;
		if (now - next <= tolerance * now)
			break;
		now = next;
	}
	unbalance(s);
}
