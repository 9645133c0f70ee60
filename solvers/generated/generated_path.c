/* A path of penalties. See generated_path.h. */
#include "solvers/generated/generated_path.h"

#include <math.h>

struct penalties path_new(const struct problem *problem, long count, ptrdiff_t room,
			  struct arena *arena)
{
	struct penalties s = {.count = count, .last = problem->beta};

	s.at = ARENA_ARRAY(arena, struct penalty_point, count);
	s.f = ARENA_ARRAY(arena, real, problem->X_validation.rows);
	s.net = net_new(arena, problem->X.cols, room);
	s.work = net_work_new(arena, room);
	return s;
}

double path_penalty(const struct penalties *s, long i)
{
	if (i >= s->count - 1 || !(s->first > s->last))
		return s->last;
	return s->first * pow(s->last / s->first, (double)i / (double)(s->count - 1));
}

/* Of labels -1 and +1. */
static double accuracy(const struct problem *problem, struct targets y, const real *f)
{
	double right = 0;

	for (ptrdiff_t i = 0; i < y.n; i++)
		right += (f[i] > 0) == (y.at[i] > 0);
	return problem->loss.loss->regression || y.n == 0 ? NAN : right / (double)y.n;
}

void path_record(struct penalties *s, const struct neurons *neurons, double objective,
		 double violation)
{
	const struct problem *problem = neurons->problem;
	struct penalty_point *point = s->at + s->done++;

	s->net.U.cols = neurons->count;
	for (ptrdiff_t j = 0; j < neurons->count; j++)
		s->net.alpha[j] = mat_get(neurons->A, j, 0);
	mat_copy(s->net.U, neurons_directions(neurons));
	if (problem->X_validation.rows > 0)
		net_forward(&s->net, problem->X_validation, s->f, &s->work);
	*point = (struct penalty_point){
		.beta = problem->beta,
		.objective = objective,
		.neurons = (double)neurons->count,
		.rounds = (double)s->rounds,
		.violation = violation,
		.accuracy = {accuracy(problem, problem->y, neurons->F.at),
			     accuracy(problem, problem->y_validation, s->f)},
	};
	s->rounds = 0;
}

void path_tell(const struct penalties *s, struct facts *facts)
{
	static const char *const columns[] = {
		"beta",           "objective",           "neurons", "rounds", "violation_found",
		"train_accuracy", "validation_accuracy", NULL};
	struct facts_table *table = facts_table(facts, "path", columns, (size_t)s->done);

	for (long i = 0; i < s->done; i++) {
		struct penalty_point p = s->at[i];
		const double cells[] = {p.beta,      p.objective,   p.neurons,    p.rounds,
					p.violation, p.accuracy[0], p.accuracy[1]};

		for (size_t c = 0; c < sizeof cells / sizeof *cells; c++)
			facts_cell_number(table, cells[c]);
	}
}
