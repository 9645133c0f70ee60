/* Programs of several outputs, their network and its value. See poly_outputs.h. */
#include "solvers/poly/poly_outputs.h"

#include "solvers/core/blas.h"

#include <math.h>

/* Share of the largest eigenvalue below which there is no neuron. */
static const double least_eigenvalue = 1e-12;

const struct threat_options *poly_outputs_threat(const struct poly_options *o)
{
	return o->threat.eps > 0 ? &o->threat : NULL;
}

/* Targets of output c: -1 and +1 of a class against all others, or what is given. */
static struct problem problem_of(const struct problem *all, ptrdiff_t c, struct arena *arena)
{
	struct problem one = *all;
	ptrdiff_t n = all->X.rows;
	real *y;

	one.y = targets_of(all->y.at + c * n, n);
	if (all->y.k == 1 || !all->y.label)
		return one;
	y = ARENA_ARRAY(arena, real, n);
	for (ptrdiff_t i = 0; i < n && !arena_counts(arena); i++)
		y[i] = all->y.label[i] == c ? 1 : -1;
	one.y.at = y;
	return one;
}

const char *poly_outputs_refuses(const void *options, bool frozen, const char **option)
{
	const struct poly_options *o = options;

	*option = "activation";
	if (o->activation.count != 3)
		return "expected three numbers a, b, c";
	if (!poly_outputs_threat(o))
		return NULL;
	*option = "norm";
	if (o->threat.norm != NORM_L2)
		return "expected l2: an l_inf ball of radius r lies in the l_2 ball of radius r "
		       "sqrt(d)";
	*option = "radius";
	return frozen ? "the balls are over all columns, of which one is a bias; the activation "
			"has its own: leave the bias out"
		      : NULL;
}

enum status poly_outputs_new(const struct problem *problem, const struct poly_options *o,
			     const char *what, struct arena *arena, struct poly_outputs *out,
			     struct err *err)
{
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, k = problem->y.k;
	const struct model_size size = {d, 2 * (d + 1) * k, k};

	if (k > 1 && !problem->y.label && !problem->loss.loss->quadratic)
		return err_set(err, STATUS_SPEC,
			       "%s: loss: of several targets of a regression expected squared",
			       what);
	*out = (struct poly_outputs){.problem = problem, .options = o, .k = k};
	out->one = ARENA_ARRAY(arena, struct problem, k);
	out->program = ARENA_ARRAY(arena, struct poly_program, k);
	out->Z = arena_alloc(arena, (size_t)k, sizeof *out->Z);
	for (ptrdiff_t c = 0; c < k; c++) {
		out->one[c] = problem_of(problem, c, arena);
		out->program[c] = (struct poly_program){
			&out->one[c],
			{o->activation.at[0], o->activation.at[1], o->activation.at[2]},
			o->threat.eps};
	}
	out->decompose = poly_decompose_new(d + 1, arena);
	out->net = polynet_of(model_new(&model_polynomial, arena, size));
	out->oracle = poly_oracle_new(d, NULL, arena);
	out->Q = mat_new(arena, d + 1, d + 1);
	out->less = mat_new(arena, d + 1, d + 1);
	out->lower = ARENA_ARRAY(arena, double, n);
	out->f = ARENA_ARRAY(arena, real, n);
	out->row = ARENA_ARRAY(arena, ptrdiff_t, n);
	return STATUS_OK;
}

ptrdiff_t poly_outputs_width(const struct poly_outputs *s)
{
	return 2 * s->k * (s->problem->X.cols + 1);
}

void poly_outputs_network(const struct poly_outputs *s, struct model *model)
{
	struct polynet *net = polynet_of(model);
	ptrdiff_t d = net->U.rows, room = 2 * (d + 1), m = 0;
	struct poly_decompose decompose = s->decompose;

	*net->a = (real)s->options->activation.at[0];
	*net->b = (real)s->options->activation.at[1];
	*net->c = (real)s->options->activation.at[2];
	mat_fill(net->A, 0);
	for (ptrdiff_t c = 0; c < s->k; c++)
		for (int side = 0; side < POLY_SIDES; side++) {
			struct mat U = {d, room, net->U.stride, mat_col(net->U, m)};

			m += poly_decompose(&decompose, s->Z[c][side], least_eigenvalue, U,
					    side ? -1 : 1, mat_col(net->A, c) + m);
		}
	net->U.cols = m;
}

/* Sum of the losses of output c of the network. */
static double output_loss(struct poly_outputs *s, ptrdiff_t c)
{
	const struct problem *problem = &s->one[c];
	ptrdiff_t n = problem->X.rows;
	struct poly_points points = {.X = problem->X,
				     .y = problem->y.at,
				     .radius = s->options->threat.eps,
				     .lower = s->lower};

	polynet_form(s->net, c, -1, s->Q);
	if (!poly_oracle_set(s->oracle, s->Q))
		return NAN;
	if (!poly_outputs_threat(s->options))
		points.y = NULL;
	poly_oracle_margins(s->oracle, &points);
	for (ptrdiff_t k = 0; k < n; k++)
		s->f[k] = (real)s->lower[k] * (points.y ? points.y[k] : 1);
	return loss_value(problem->loss, (size_t)n, s->f, problem->y.at);
}

double poly_outputs_value(struct poly_outputs *s)
{
	double sum = 0;

	poly_outputs_network(s, &s->net->base);
	for (ptrdiff_t c = 0; c < s->k; c++)
		sum += output_loss(s, c);
	return sum + s->problem->beta * model_polynomial.decay(&s->net->base);
}

/* lower (n) = the least of what it was and the distances of the samples of class c, and of `rival`,
 * to where the matrices Z put them in the other; of one output, with rival < 0, of all to the other
 * sign. */
static bool distances_between(const struct poly_outputs *s, ptrdiff_t c, ptrdiff_t rival)
{
	const struct targets y = s->problem->y;
	struct mat Q = s->Q, less = s->less;
	struct poly_rows rows = {.X = s->problem->X, .row = s->row, .sign = s->f};

	poly_program_form(&s->program[c], s->Z[c][0], s->Z[c][1], Q);
	if (rival >= 0) {
		poly_program_form(&s->program[rival], s->Z[rival][0], s->Z[rival][1], less);
		for (ptrdiff_t j = 0; j < Q.cols; j++)
			blas_axpy((size_t)Q.rows, -1, mat_col(less, j), mat_col(Q, j));
	}
	if (!poly_oracle_set(s->oracle, Q))
		return false;
	for (ptrdiff_t k = 0; k < y.n; k++)
		if (rival < 0 || y.label[k] == c || y.label[k] == rival) {
			s->f[rows.count] = rival < 0 ? y.at[k] : y.label[k] == c ? 1 : -1;
			s->row[rows.count++] = k;
		}
	poly_oracle_distances(s->oracle, &rows, s->lower);
	return true;
}

/* Mean distance of the training samples that have the greatest output, or the sign, of their class
 * to where they lose it; NaN: there are none. */
static double boundary_distance(const struct poly_outputs *s)
{
	ptrdiff_t n = s->problem->X.rows;
	double sum = 0, right = 0;
	bool finite = true;

	for (ptrdiff_t k = 0; k < n; k++)
		s->lower[k] = HUGE_VAL;
	for (ptrdiff_t c = 0; c < s->k; c++)
		for (ptrdiff_t rival = c + 1; rival < s->k; rival++)
			finite = finite && distances_between(s, c, rival);
	if (s->k == 1)
		finite = distances_between(s, 0, -1);
	for (ptrdiff_t k = 0; k < n; k++) {
		sum += s->lower[k];
		right += s->lower[k] > 0;
	}
	return finite ? sum / right : NAN;
}

void poly_outputs_facts(const struct poly_outputs *s, struct facts *facts)
{
	if (poly_outputs_threat(s->options))
		facts_number(facts, "linf_radius",
			     s->options->threat.eps / sqrt((double)s->problem->X.cols));
	if (s->k > 1 ? s->problem->y.label != NULL : s->problem->loss.loss->falls)
		facts_number(facts, "boundary_distance", boundary_distance(s));
}
