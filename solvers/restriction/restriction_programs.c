/* L-BFGS, renewals of the slopes and the proof at the end. See restriction_programs.h. */
#include "solvers/restriction/restriction_programs.h"

#include "solvers/core/blas.h"
#include "solvers/restriction/restriction_renew.h"

#include <math.h>

enum {
	LOOK = 10,   /* iterations between two looks at gap and fall of the certified objective */
	TRIALS = 30, /* halvings of a step: 2^-30 is below what changes the objective */
	PROOF_LEVELS = 3
};

/* Sufficient decrease (Nocedal, Wright 2006, section 3.1); blur at the start and its reduction. */
static const double decrease = 1e-4, first_blur = 0.3, reduction = 1.0 / 3;

/* Share of its best fall below which a program gives way to new slopes, which lower F more. */
static const double weary = 0.3;

struct restriction_programs restriction_programs_new(
	const struct restriction *r, const struct restriction_programs_options *options,
	struct arena *arena)
{
	ptrdiff_t d = r->problem->X.cols;
	struct restriction_programs s = {.options = options, .r = *r, .value = HUGE_VAL};

	s.A = mat_new(arena, d, r->m);
	s.G = mat_new(arena, d, r->m);
	s.A_new = mat_new(arena, d, r->m);
	s.G_new = mat_new(arena, d, r->m);
	s.best = mat_new(arena, d, r->m);
	s.direction = ARENA_ARRAY(arena, real, d * r->m);
	s.lbfgs = lbfgs_new((size_t)(d * r->m), options->memory, arena);
	s.average = restriction_dual_new(r->problem, r->m, arena);
	s.h = fmax(first_blur, options->blur);
	return s;
}

void restriction_programs_keep(struct restriction_programs *s, struct mat A, double exact)
{
	if (!(exact < s->value))
		return;
	s->value = exact;
	mat_copy(s->best, A);
}

void restriction_programs_begin(struct restriction_programs *s)
{
	mat_copy(s->A, s->best);
	s->round = s->value;
	s->value = s->look = restriction_renew(&s->r, s->A, s->options->slope_steps);
	s->most = 0;
	s->smooth = restriction_evaluate(&s->r, s->A, s->h, s->G).smooth;
	s->lower = restriction_bound(&s->r, &s->r.dual);
	s->iterations = 0;
}

static double gap(const struct restriction_programs *s)
{
	return (s->value - s->lower) / s->value;
}

/* Backtracking from A along the direction; false if nothing lowers the smoothed value. */
static bool advance(struct restriction_programs *s)
{
	size_t count = (size_t)(s->A.rows * s->A.cols);
	double slope = blas_dot(count, s->G.at, s->direction), step = 1;
	double length = blas_norm(count, s->direction);

	if (s->lbfgs.count == 0) /* outputs move by about h */
		step = s->h / (s->r.length * length);
	for (int trial = 0; trial < TRIALS && slope < 0; trial++, step /= 2) {
		struct restriction_value value;

		mat_copy(s->A_new, s->A);
		blas_axpy(count, step, s->direction, s->A_new.at);
		value = restriction_evaluate(&s->r, s->A_new, s->h, s->G_new);
		restriction_programs_keep(s, s->A_new, value.exact);
		if (value.smooth <= s->smooth + decrease * step * slope) {
			s->smooth = value.smooth;
			return true;
		}
	}
	return false;
}

/* Along the direction of L-BFGS; where that leads nowhere, what it has learnt elsewhere (before the
 * function bent, or with other slopes) is forgotten, and the gradient is left to follow. */
static bool descend(struct restriction_programs *s)
{
	lbfgs_direction(&s->lbfgs, s->G.at, s->direction);
	if (advance(s))
		return true;
	if (s->lbfgs.count == 0)
		return false;
	lbfgs_forget(&s->lbfgs);
	lbfgs_direction(&s->lbfgs, s->G.at, s->direction);
	return advance(s);
}

static bool is_solved(struct restriction_programs *s)
{
	double fall = s->look - s->value;

	if (++s->iterations % LOOK)
		return false;
	s->lower = fmax(s->lower, restriction_bound(&s->r, &s->r.dual));
	s->look = s->value;
	s->most = fmax(s->most, fall);
	return gap(s) <= s->options->gap ||
	       fall <= fmax(s->options->fall * s->value, weary * s->most);
}

void restriction_programs_step(struct restriction_programs *s)
{
	struct mat A = s->A, G = s->G;
	bool moved = descend(s);

	if (moved) {
		lbfgs_learn(&s->lbfgs, s->A.at, s->A_new.at, s->G.at, s->G_new.at);
		s->A = s->A_new;
		s->G = s->G_new;
		s->A_new = A;
		s->G_new = G;
	}
	if (s->proving) {
		/* An iteration that serves the bound; an equal share of them at each level of
		 * smoothing. */
		long stage = (s->options->proof + PROOF_LEVELS - 1) / PROOF_LEVELS;

		s->iterations++;
		/* The latest dual point into the average: weights grow like the count, so that
		 * early points, far from the optimum, fade. What oscillates from point to point
		 * cancels, and its violation with it. */
		restriction_average(&s->average, (size_t)(s->r.problem->X.rows * s->r.k),
				    2.0 / ((double)s->iterations + 1), &s->r.dual);
		if (s->iterations % LOOK == 0 || !moved) {
			s->lower = fmax(s->lower, restriction_bound(&s->r, &s->r.dual));
			s->lower = fmax(s->lower, restriction_bound(&s->r, &s->average));
		}
		s->ended = s->iterations >= s->options->proof || gap(s) <= s->options->gap ||
			   (!moved && s->h <= s->options->blur);
		if (!s->ended && (s->iterations % stage == 0 || !moved)) {
			s->h = fmax(s->options->blur, s->h * reduction);
			s->smooth = restriction_evaluate(&s->r, s->A, s->h, s->G).smooth;
		}
	} else if (!moved || is_solved(s)) {
		/* After a program that has not lowered F, slopes included, the smoothing shrinks,
		 * or the bound of the last one is raised: from coarse smoothing, whose dual points
		 * come soonest. */
		s->programs++;
		if (s->round - s->value > s->options->fall * s->round) {
			restriction_programs_begin(s);
		} else if (s->h > s->options->blur) {
			s->h = fmax(s->options->blur, s->h * reduction);
			restriction_programs_begin(s);
		} else {
			s->proving = true;
			s->ended = s->options->proof == 0 || gap(s) <= s->options->gap;
			s->iterations = 0;
			mat_copy(s->A, s->best);
			s->h = fmax(first_blur, s->options->blur);
			s->smooth = restriction_evaluate(&s->r, s->A, s->h, s->G).smooth;
		}
	}
}
