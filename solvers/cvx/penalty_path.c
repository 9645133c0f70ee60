/* Paths of penalties. See penalty_path.h. */
#include "solvers/cvx/penalty_path.h"

#include <math.h>

struct penalty_path penalty_path_new(const struct problem *problem, long most, double tolerance,
				     struct arena *arena)
{
	ptrdiff_t n = problem->X.rows, more = problem->X_validation.rows;

	return (struct penalty_path){
		.problem = problem,
		.most = most,
		.tolerance = fmax(tolerance, 256 * REAL_EPSILON),
		.point = ARENA_ARRAY(arena, struct penalty_point, most),
		.f = ARENA_ARRAY(arena, real, (n > more ? n : more) * problem->y.k)};
}

double penalty_path_begin(struct penalty_path *path, double largest)
{
	path->first = largest;
	return path->most > 1 && largest > path->problem->beta ? largest : path->problem->beta;
}

bool penalty_path_is_done(struct penalty_path *path, double gap, long most_steps)
{
	if (gap > path->tolerance && path->steps < most_steps)
		return false;
	path->stalled |= gap > path->tolerance;
	return true;
}

double penalty_path_next(struct penalty_path *path, struct penalty_point point)
{
	double last = path->problem->beta;

	path->point[path->at++] = point;
	path->steps = 0;
	if (!(point.beta > last))
		return NAN;
	return path->at == path->most - 1
		       ? last
		       : path->first * pow(last / path->first,
					   (double)path->at / (double)(path->most - 1));
}

/* Is the class of sample i the one that f (n x k) gives? 0, or two outputs that are largest, give
 * none. */
static bool is_right(struct targets y, const real *f, ptrdiff_t i)
{
	ptrdiff_t at = y.k > 1 ? i + y.label[i] * y.n : i;

	if (y.k == 1)
		return f[i] * y.at[i] > 0;
	for (ptrdiff_t c = 0; c < y.k; c++)
		if (c != y.label[i] && !(f[at] > f[i + c * y.n]))
			return false;
	return true;
}

/* The share of samples whose class f gives; NaN without samples or classes. */
static double accuracy(struct targets y, const real *f)
{
	ptrdiff_t right = 0;
	bool classes = y.k == 1 || y.label;

	for (ptrdiff_t i = 0; i < y.n && classes; i++) {
		classes = y.k > 1 || (fabs((double)y.at[i]) >= 1 && fabs((double)y.at[i]) <= 1);
		right += classes && is_right(y, f, i);
	}
	return y.n > 0 && classes ? (double)right / (double)y.n : NAN;
}

/* Mean loss of one sample, its own weight left out; NaN without samples. */
static double mean_loss(const struct problem *problem, struct targets y, struct mat F)
{
	struct loss_term mean = problem->loss;

	mean.weight = 1 / (double)y.n;
	y.weight = NULL;
	return y.n > 0 ? loss_outputs_value(mean, F, y) : NAN;
}

void penalty_path_judge(const struct penalty_path *path, struct mat F, const struct model *model,
			const struct model_work *work, struct penalty_point *point)
{
	const struct problem *problem = path->problem;
	struct mat Z = problem->X_validation, more = {Z.rows, problem->y.k, Z.rows, path->f};
	struct model_work own = *work;

	point->accuracy[0] = accuracy(problem->y, F.at);
	point->loss[0] = mean_loss(problem, problem->y, F);
	point->accuracy[1] = point->loss[1] = NAN;
	if (Z.rows == 0)
		return;
	model_forward(model, Z, path->f, &own);
	point->accuracy[1] = accuracy(problem->y_validation, path->f);
	point->loss[1] = mean_loss(problem, problem->y_validation, more);
}

/* NaN: no bound is known. */
static double gap_of(const struct penalty_point *p)
{
	if (isnan(p->bound))
		return NAN;
	return p->objective > 0 ? fmax(0, p->objective - p->bound) / p->objective : 0;
}

void penalty_path_tell(const struct penalty_path *path, struct penalty_point now,
		       struct facts *facts)
{
	static const char *const columns[] = {"beta",
					      "objective",
					      "lower_bound",
					      "gap",
					      "gates",
					      "screened",
					      "steps",
					      "train_accuracy",
					      "train_loss",
					      "validation_accuracy",
					      "validation_loss",
					      NULL};
	bool open = path->at == 0 || path->point[path->at - 1].beta > now.beta;
	long count = path->at + open;
	struct facts_table *table = facts_table(facts, "path", columns, (size_t)count);
	double worst = NAN;

	for (long i = 0; i < count; i++) {
		struct penalty_point p = i < path->at ? path->point[i] : now;
		double gap = gap_of(&p);
		const double cells[] = {p.beta,    p.objective,   p.bound,  gap,
					p.used,    p.screened,    p.steps,  p.accuracy[0],
					p.loss[0], p.accuracy[1], p.loss[1]};

		worst = fmax(worst, gap); /* of those that have one */
		for (size_t c = 0; c < sizeof cells / sizeof *cells; c++)
			facts_cell_number(table, cells[c]);
	}
	facts_number(facts, "path_worst_gap", worst);
}
