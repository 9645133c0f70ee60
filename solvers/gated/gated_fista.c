/* Restarted FISTA on the gated ReLU program. See gated_fista.h. */
#include "solvers/gated/gated_fista.h"

#include "solvers/core/blas.h"

#include <math.h>

enum { FISTA_STEPS = 10 /* between two looks at the gap */ };

/* Of the Lipschitz estimate: where the model was below the loss, and where it was not. */
static const double growth = 2, decline = 0.98;

/* Times the rounding of the loss, from where on what a step changes is seen in it. */
static const double seen = 1e3;

/* How far a proximal step went. */
struct move {
	double linear, square; /* <S, move>, |move|^2 */
};

/* W_p = ((Z_p + S_p / L) less beta / L of its length), Z the extrapolated point; 0 of gates that
 * are left out. */
static struct move shrink(struct gated_program *s)
{
	ptrdiff_t d = s->problem.X.cols;
	double threshold = s->problem.beta / s->lipschitz;
	struct move move = {0};

	for (ptrdiff_t p = 0; p < s->D.cols; p++) {
		double norm, share;

		for (ptrdiff_t c = 0; c < s->W.cols; c++)
			for (ptrdiff_t r = p * d; r < (p + 1) * d; r++)
				mat_set(s->W, r, c,
					s->out[p]
						? 0
						: mat_get(s->step, r, c) +
							  mat_get(s->S, r, c) / (real)s->lipschitz);
		norm = gated_lasso_norm(s->W, d, p);
		share = norm > threshold ? 1 - threshold / norm : 0;
		for (ptrdiff_t c = 0; c < s->W.cols && !s->out[p]; c++)
			for (ptrdiff_t r = p * d; r < (p + 1) * d; r++) {
				real w = (real)share * mat_get(s->W, r, c);
				double by = (double)w - (double)mat_get(s->step, r, c);

				mat_set(s->W, r, c, w);
				move.linear += by * (double)mat_get(s->S, r, c);
				move.square += by * by;
			}
	}
	return move;
}

/* The extrapolated point from the last two iterates, or the iterate if the step turned back
 * (O'Donoghue and Candes 2015). */
static void extrapolate(struct gated_program *s)
{
	const struct mat *const to[] = {&s->step, &s->F2}, *const at[] = {&s->W, &s->F},
				*const from[] = {&s->before, &s->F_before};
	double next = (1 + sqrt(1 + 4 * s->momentum * s->momentum)) / 2, back = 0, share;

	for (ptrdiff_t i = 0; i < s->W.rows * s->W.cols; i++)
		back += ((double)s->step.at[i] - (double)s->W.at[i]) *
			((double)s->W.at[i] - (double)s->before.at[i]);
	share = back > 0 ? 0 : (s->momentum - 1) / next;
	s->momentum = back > 0 ? 1 : next;
	for (int m = 0; m < 2; m++)
		for (ptrdiff_t i = 0; i < at[m]->rows * at[m]->cols; i++)
			to[m]->at[i] = at[m]->at[i] + (real)share * (at[m]->at[i] - from[m]->at[i]);
}

/* An accelerated proximal step from the extrapolated point, whose outputs are in F2. */
static void make_step(struct gated_program *s)
{
	const struct problem *problem = &s->problem;
	double at = loss_outputs_value(problem->loss, s->F2, problem->y);
	double noise = 16 * REAL_EPSILON * fabs(at);
	struct move move;

	mat_copy(s->before, s->W);
	mat_copy(s->F_before, s->F);
	gated_program_find_slopes(s, s->F2, false);
	for (;;) { /* until the model is above the loss, or rounding is all that is seen */
		double most;

		move = shrink(s);
		most = at - move.linear + s->lipschitz / 2 * move.square + noise;
		gated_program_put_out(s, s->W, s->F);
		if (!(loss_outputs_value(problem->loss, s->F, problem->y) > most) ||
		    !(s->lipschitz * move.square > seen * noise))
			break;
		s->lipschitz *= growth;
	}
	if (s->lipschitz * move.square > seen * noise)
		s->lipschitz *= decline;
	extrapolate(s);
}

/* Anew where the penalty or the gates have changed. */
void gated_fista_steps(struct gated_program *s)
{
	if (!(s->lipschitz > 0)) {
		double curvature = loss_outputs_curvature(s->problem.loss, s->problem.y.k);

		for (ptrdiff_t p = 0; p < s->D.cols; p++)
			s->lipschitz = fmax(s->lipschitz, curvature * s->size[p] * s->size[p]);
	}
	if (!(s->momentum > 0) || s->known_out != s->screened) {
		s->momentum = 1;
		s->known_out = s->screened;
		mat_copy(s->step, s->W);
		mat_copy(s->F2, s->F);
	}
	for (int step = 0; step < FISTA_STEPS && s->lipschitz > 0; step++)
		make_step(s);
}
