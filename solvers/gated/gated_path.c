/* Paths of penalties. See gated_path.h. */
#include "solvers/gated/gated_path.h"

#include <math.h>

struct gated_path gated_path_new(const struct problem *problem, long most, double tolerance,
				 struct arena *arena)
{
	ptrdiff_t n = problem->X.rows, more = problem->X_validation.rows;

	return (struct gated_path){
		.problem = problem,
		.most = most,
		.tolerance = fmax(tolerance, 256 * REAL_EPSILON),
		.point = ARENA_ARRAY(arena, struct gated_point, most),
		.f = ARENA_ARRAY(arena, real, (n > more ? n : more) * problem->y.k)};
}

double gated_path_begin(struct gated_path *path, double largest)
{
	path->first = largest;
	return path->most > 1 && largest > path->problem->beta ? largest : path->problem->beta;
}

bool gated_path_is_done(struct gated_path *path, double gap, long most_steps)
{
	if (gap > path->tolerance && path->steps < most_steps)
		return false;
	path->stalled |= gap > path->tolerance;
	return true;
}

double gated_path_next(struct gated_path *path, struct gated_point point)
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

void gated_path_judge(const struct gated_path *path, struct mat F, const struct model *model,
		      const struct model_work *work, struct gated_point *point)
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

void gated_path_tell(const struct gated_path *path, struct gated_point now, struct facts *facts)
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
	double worst = 0;

	for (long i = 0; i < count; i++) {
		struct gated_point p = i < path->at ? path->point[i] : now;
		double gap = p.objective > 0 ? fmax(0, p.objective - p.bound) / p.objective : 0;
		const double cells[] = {p.beta,    p.objective,   p.bound,  gap,
					p.used,    p.screened,    p.steps,  p.accuracy[0],
					p.loss[0], p.accuracy[1], p.loss[1]};

		worst = fmax(worst, gap);
		for (size_t c = 0; c < sizeof cells / sizeof *cells; c++)
			facts_cell_number(table, cells[c]);
	}
	facts_number(facts, "path_worst_gap", worst);
}
