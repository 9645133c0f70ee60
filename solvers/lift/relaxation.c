/* The relaxation and the bounds of its value. See relaxation.h.
 */
#include "solvers/lift/relaxation.h"

#include "solvers/core/blas.h"
#include "solvers/lift/lift_interior.h"
#include "solvers/lift/lift_splitting.h"

#include <math.h>

/* Unknowns up to which a Newton step is worth its price: of order 90. */
static const double few = 4100;

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
	r->point = lift_point_new(r->lift, arena);
	r->lower = -HUGE_VAL;
	r->upper = HUGE_VAL;
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

void relaxation_certify(struct relaxation *r)
{
	r->lower = fmax(r->lower, lift_bound_at(&r->bound, r->method.R, r->method.T, r->method.Z));
	r->upper = fmin(r->upper, lift_point_near(&r->point, r->method.S));
}

static double relaxation_gap(const struct relaxation *r)
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
