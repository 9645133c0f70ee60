/* Distances, and an attack by linear minimisation over the ball. */
#include "harness/verify/plain_ball.h"

#include "harness/verify/plain.h"
#include "solvers/core/rng.h"
#include "solvers/model/attack.h"

#include <math.h>
#include <string.h>

enum { STARTS = 4, STEPS = 8 };

/* Not attacked: by its name, its number, or as the last; if none is named, the bias. */
static bool is_named(const struct reload *stored, const struct texts *given, ptrdiff_t column)
{
	const char *name = stored->data.columns ? stored->data.columns[column] : NULL;
	char number[24];

	snprintf(number, sizeof number, "%td", column);
	for (size_t i = 0; i < given->count; i++)
		if ((name && strcmp(given->at[i], name) == 0) ||
		    (strcmp(given->at[i], "last") == 0 &&
		     column == stored->data.train.X.cols - 1) ||
		    strcmp(given->at[i], number) == 0)
			return true;
	return given->count == 0 && column == stored->data.bias;
}

struct plain_ball plain_ball_new(const struct reload *stored, const struct aim *aim, double eps,
				 struct arena *arena)
{
	ptrdiff_t d = aim->part->X.cols;
	struct plain_ball ball = {.model = stored->file.model,
				  .part = aim->part,
				  .norm = aim->threat->norm,
				  .eps = eps,
				  .clip = &aim->threat->clip,
				  .frozen = ARENA_ARRAY(arena, bool, d),
				  .x = mat_new(arena, 1, d),
				  .gradient = mat_new(arena, 1, d)};
	double **arrays[] = {&ball.scale, &ball.shift, &ball.factor, &ball.low,
			     &ball.high,  &ball.delta, &ball.slope};
	size_t next = 0; /* factor */
	struct stage_columns raw = {0};

	ball.f = ARENA_ARRAY(arena, double, model_outputs(ball.model));
	ball.work = model_work_serial(arena, ball.model->kind, model_size(ball.model));
	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
		*arrays[i] = ARENA_ARRAY(arena, double, d);
	if (aim->threat->units == UNITS_RAW)
		stages_columns(&stored->data.stages, arena, &raw);
	for (ptrdiff_t i = 0; i < d; i++) {
		bool is_raw = (size_t)i < raw.count;

		ball.frozen[i] = is_named(stored, &aim->threat->not_attacked, i);
		ball.scale[i] = is_raw && raw.scale[i] > 0 ? raw.scale[i] : 1;
		ball.shift[i] = is_raw ? raw.shift[i] : 0;
		ball.factor[i] = 1;
		if (i == stored->data.bias || aim->threat->scale.count == 0)
			continue;
		if (aim->threat->scale.at[next] > 0)
			ball.factor[i] = aim->threat->scale.at[next];
		else
			ball.frozen[i] = true;
		ball.scale[i] *= ball.factor[i];
		next++;
	}
	return ball;
}

/* x = x_k + scale o delta */
static void go_to(struct plain_ball *ball, ptrdiff_t k, const double *delta)
{
	for (ptrdiff_t i = 0; i < ball->x.cols; i++)
		mat_set(ball->x, 0, i,
			(real)((double)mat_get(ball->part->X, k, i) + ball->scale[i] * delta[i]));
}

double plain_ball_margin(struct plain_ball *ball, ptrdiff_t k, const double *delta)
{
	go_to(ball, k, delta);
	ball->noise = (ball->part->label ? 2 : 1) * plain_outputs(ball->model, ball->x, 0, ball->f);
	return plain_margin(ball->part, k, ball->f, model_outputs(ball->model));
}

/* Ends of delta: within eps, and within the clip widened to hold the sample. */
static void find_box(struct plain_ball *ball, ptrdiff_t k)
{
	for (ptrdiff_t i = 0; i < ball->x.cols; i++) {
		double factor = ball->factor[i];
		double x = (double)mat_get(ball->part->X, k, i) / (ball->scale[i] / factor) +
			   ball->shift[i];

		ball->low[i] = ball->frozen[i] ? 0 : -ball->eps;
		ball->high[i] = ball->frozen[i] ? 0 : ball->eps;
		if (ball->clip->count < 2)
			continue;
		ball->low[i] = fmax(ball->low[i], fmin(0, (ball->clip->at[0] - x) / factor));
		ball->high[i] = fmin(ball->high[i], fmax(0, (ball->clip->at[1] - x) / factor));
	}
}

double plain_ball_excess(struct plain_ball *ball, ptrdiff_t k, const double *delta)
{
	double largest = 0, square = 0, sum = 0, excess;

	for (ptrdiff_t i = 0; i < ball->x.cols; i++) {
		largest = fmax(largest, fabs(delta[i]));
		square += delta[i] * delta[i];
		sum += fabs(delta[i]);
	}
	excess = ball->norm == NORM_LINF ? largest : ball->norm == NORM_L2 ? sqrt(square) : sum;
	excess -= ball->eps;
	find_box(ball, k);
	for (ptrdiff_t i = 0; i < ball->x.cols; i++)
		excess = fmax(excess, fmax(ball->low[i] - delta[i], delta[i] - ball->high[i]));
	return excess;
}

static double end(const struct plain_ball *ball, ptrdiff_t i)
{
	return ball->slope[i] > 0 ? ball->low[i] : ball->slope[i] < 0 ? ball->high[i] : 0;
}

/* l_1: all the way along the steepest coordinates, until eps is used up. */
static void spend(const struct plain_ball *ball, double *delta)
{
	double left = ball->eps;

	memset(delta, 0, (size_t)ball->x.cols * sizeof *delta);
	while (left > 0) {
		ptrdiff_t steepest = -1;

		for (ptrdiff_t i = 0; i < ball->x.cols; i++)
			if (!(fabs(delta[i]) > 0) && fabs(end(ball, i)) > 0 &&
			    (steepest < 0 || fabs(ball->slope[i]) > fabs(ball->slope[steepest])))
				steepest = i;
		if (steepest < 0)
			return;
		delta[steepest] =
			copysign(fmin(left, fabs(end(ball, steepest))), end(ball, steepest));
		left -= fabs(delta[steepest]);
	}
}

/* delta = a point of the region with a low slope'delta: the minimiser, but for l_2 with a box. */
static void descend(const struct plain_ball *ball, double *delta)
{
	double norm = 0;

	if (ball->norm == NORM_L1) {
		spend(ball, delta);
		return;
	}
	for (ptrdiff_t i = 0; i < ball->x.cols; i++)
		norm += ball->frozen[i] ? 0 : ball->slope[i] * ball->slope[i];
	for (ptrdiff_t i = 0; i < ball->x.cols; i++) {
		double to = ball->norm == NORM_LINF ? end(ball, i)
			    : norm > 0              ? -ball->eps * ball->slope[i] / sqrt(norm)
						    : 0;

		delta[i] = fmin(fmax(to, ball->low[i]), ball->high[i]);
	}
}

double plain_ball_attack(struct plain_ball *ball, ptrdiff_t k)
{
	struct rng rng = rng_stream(1, "verify", (uint64_t)k);
	double least = HUGE_VAL;
	real margin;
	const struct model_margin margins = {
		.y = {.n = 1,
		      .k = model_outputs(ball->model),
		      .at = ball->part->y + k,
		      .label = ball->part->label ? ball->part->label + k : NULL},
		.margin = &margin};

	find_box(ball, k);
	for (int start = 0; start < STARTS; start++) {
		memset(ball->delta, 0, (size_t)ball->x.cols * sizeof *ball->delta);
		for (ptrdiff_t i = 0; i < ball->x.cols && start > 0; i++)
			ball->slope[i] = rng_normal(&rng);
		if (start > 0)
			descend(ball, ball->delta);
		least = fmin(least, plain_ball_margin(ball, k, ball->delta));
		for (int step = 0; step < STEPS; step++) {
			/* The gradient only says where to look, so it need not be plain. */
			go_to(ball, k, ball->delta);
			model_margin_gradient(ball->model, ball->x, &margins, ball->gradient,
					      &ball->work);
			for (ptrdiff_t i = 0; i < ball->x.cols; i++)
				ball->slope[i] =
					(double)mat_get(ball->gradient, 0, i) * ball->scale[i];
			descend(ball, ball->delta);
			least = fmin(least, plain_ball_margin(ball, k, ball->delta));
		}
	}
	return least;
}
