/* The relaxation and the bounds of its value. See relaxation.h.
 *
 * The value is below the objective of S + e I, I an interior point and e as large as S lacks
 * feasibility; it is above the bound of lift_bound.h. */
#include "solvers/lift/relaxation.h"

#include "solvers/core/blas.h"
#include "solvers/lift/lift_interior.h"
#include "solvers/lift/lift_splitting.h"

#include <math.h>

/* Unknowns up to which a Newton step is worth its price: of order 90. */
static const double few = 4100;

/* What of an interior point is tried to make S definite, in units of what L lacks or of S. */
static const double first_share = 1e-12, growth = 4;

const char *const relaxation_methods[] = {[RELAXATION_AUTO] = "auto",
					  [RELAXATION_INTERIOR] = "interior",
					  [RELAXATION_SPLITTING] = "splitting",
					  NULL};

bool relaxation_takes(const struct problem *problem, const void *options, const char **wanted)
{
	(void)options;
	*wanted = "the squared loss";
	return problem->loss.loss->quadratic;
}

static enum relaxation_method choose(const struct relaxation_options *o, ptrdiff_t order,
				     ptrdiff_t n)
{
	if (o->method != RELAXATION_AUTO)
		return (enum relaxation_method)o->method;
	return lift_interior_unknowns(order, n) <= few ? RELAXATION_INTERIOR : RELAXATION_SPLITTING;
}

void relaxation_new(const struct problem *problem, const struct relaxation_options *options,
		    struct arena *arena, struct relaxation *r)
{
	ptrdiff_t n, order;

	*r = (struct relaxation){.lift = lift_new(problem, arena), .tolerance = options->tolerance};
	n = r->lift->n;
	order = r->lift->order;
	r->chosen = choose(options, order, n);
	r->method = r->chosen == RELAXATION_INTERIOR ? lift_interior_new(r->lift, arena)
						     : lift_splitting_new(r->lift, arena);
	r->bound = lift_bound_new(r->lift, arena);
	r->interior = mat_new(arena, order, order);
	r->point = mat_new(arena, order, order);
	r->interior_products = mat_new(arena, 2 * n, 2 * n);
	r->products = mat_new(arena, 2 * n, 2 * n);
	r->R = mat_new(arena, r->lift->rows, r->lift->c);
	r->lower = -HUGE_VAL;
	r->upper = HUGE_VAL;
	if (arena_counts(arena))
		return;
	lift_interior(r->lift, r->interior);
	lift_products(r->lift, r->interior, r->interior_products);
}

void relaxation_forecast(const struct relaxation_options *options, struct trainer_shape shape,
			 struct forecast *out)
{
	ptrdiff_t n = shape.n, order = n + shape.d + shape.k;
	double cube = pow((double)order, 3), p = lift_interior_unknowns(order, n);
	double terms = 1 + 2 * (double)shape.d + (double)(shape.d * (shape.d + 1)) / 2;

	out->setup_flops = cube;
	out->iteration_flops = 30 * cube;
	if (choose(options, order, n) == RELAXATION_INTERIOR)
		out->iteration_flops += p * p * p / 3 + 4 * p * p + (double)(n * n) * terms * terms;
	out->certificate_flops = 30 * cube;
}

/* S + e I for the least e that makes it a point of the program; its objective. */
static double value_above(struct relaxation *r)
{
	const struct lift *l = r->lift;
	ptrdiff_t n = l->n;
	double e = first_share * lift_scale(l);

	lift_products(l, r->method.S, r->products);
	for (ptrdiff_t j = 0; j < 2 * n; j++)
		for (ptrdiff_t i = 0; i < 2 * n; i++)
			if (i - j != n && j - i != n)
				e = fmax(e, -(double)mat_get(r->products, i, j) /
						    (double)mat_get(r->interior_products, i, j));
	for (; e < HUGE_VAL; e *= growth) {
		mat_copy(r->point, r->method.S);
		for (ptrdiff_t j = 0; j < l->order; j++)
			blas_axpy((size_t)l->order, e, mat_col(r->interior, j),
				  mat_col(r->point, j));
		mat_copy(r->bound.work, r->point);
		if (blas_cholesky(r->bound.work))
			return lift_residual(l, r->point, r->R);
	}
	return HUGE_VAL;
}

void relaxation_certify(struct relaxation *r)
{
	r->lower = fmax(r->lower, lift_bound_at(&r->bound, r->method.R, r->method.T, r->method.Z));
	r->upper = fmin(r->upper, value_above(r));
}

double relaxation_gap(const struct relaxation *r)
{
	return r->upper > 0 ? fmax(0, r->upper - r->lower) / r->upper : 0;
}

bool relaxation_solved(const struct relaxation *r)
{
	return relaxation_gap(r) <= r->tolerance;
}

void relaxation_step(struct relaxation *r, struct progress *progress)
{
	r->stuck = !r->method.step(r->method.state, progress);
}

void relaxation_facts(const struct relaxation *r, struct facts *facts)
{
	facts_text(facts, "relaxation_method", relaxation_methods[r->chosen]);
	facts_number(facts, "relaxation_order", (double)r->lift->order);
	facts_number(facts, "relaxation_upper", r->upper);
	facts_number(facts, "relaxation_gap", relaxation_gap(r));
}
