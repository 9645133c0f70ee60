/* Every certificate against every finding in a ball inside its own. */
#include "harness/assess/evidence.h"

#include "harness/assess/target.h"

#include <string.h>

struct evidence evidence_new(struct arena *arena, size_t room)
{
	return (struct evidence){
		.arena = arena, .room = room, .at = ARENA_ARRAY(arena, struct finding, room)};
}

static double *copy_of(struct arena *arena, const double *at, ptrdiff_t n)
{
	double *copy = ARENA_ARRAY(arena, double, n);

	if (n > 0)
		memcpy(copy, at, (size_t)n * sizeof *copy);
	return copy;
}

static struct finding *add(struct evidence *evidence, const struct aim *aim, double eps)
{
	struct finding *finding = &evidence->at[evidence->count++];
	struct aim *kept = ARENA_NEW(evidence->arena, struct aim);

	*kept = *aim;
	*finding = (struct finding){.aim = kept, .eps = eps};
	return finding;
}

void evidence_attack(struct evidence *evidence, const struct aim *aim, const struct attack_job *job,
		     const double *distance)
{
	double *upper = ARENA_ARRAY(evidence->arena, double, job->X.rows);
	struct finding *finding = add(evidence, aim, job->threat.eps);

	for (ptrdiff_t k = 0; k < job->X.rows; k++)
		upper[k] = (double)job->margin[k];
	finding->upper = upper;
	finding->distance = distance;
	if (evidence->look)
		evidence->look(evidence->context, aim, job);
}

struct finding *evidence_bounds(struct evidence *evidence, const struct aim *aim, double eps,
				const double *lower, const double *upper, ptrdiff_t n)
{
	struct finding *finding = add(evidence, aim, eps);

	finding->lower = lower ? copy_of(evidence->arena, lower, n) : NULL;
	finding->upper = copy_of(evidence->arena, upper, n);
	return finding;
}

/* Points that b has found across the boundary, within a ball where a excludes it. */
static enum status compare_distances(const struct finding *a, const struct finding *b,
				     struct err *err)
{
	const double rounding = 1e3 * REAL_EPSILON;

	for (ptrdiff_t k = 0; k < a->aim->part->X.rows && b->distance; k++)
		if (a->lower[k] > 0 && b->distance[k] < a->eps * (1 - rounding))
			return err_set(err, STATUS_FAILED,
				       "certificate %s %s eps %g: lower bound %.9g of %s sample "
				       "%td, whose boundary is %.9g away, found by %s %s",
				       a->aim->name, threat_norms[a->aim->threat->norm], a->eps,
				       a->lower[k], a->aim->part_name, k, b->distance[k],
				       b->aim->what, b->aim->name);
	return STATUS_OK;
}

/* Where the ball of b, its box included, lies in that of a. */
static enum status compare(const struct finding *a, const struct finding *b, struct err *err)
{
	struct threat_options threat = *a->aim->threat;

	if (threat.clip.count == 0) /* no box holds every box */
		threat.clip = b->aim->threat->clip;
	if (a->aim->part != b->aim->part || !threat_same(&threat, b->aim->threat))
		return STATUS_OK;
	TRY(compare_distances(a, b, err));
	if (a->eps < b->eps)
		return STATUS_OK;
	for (ptrdiff_t k = 0; k < a->aim->part->X.rows; k++)
		if (a->lower[k] > b->upper[k])
			return err_set(err, STATUS_FAILED,
				       "certificate %s %s eps %g: lower bound %.9g of %s sample "
				       "%td is above %.9g, found by %s %s at eps %g",
				       a->aim->name, threat_norms[a->aim->threat->norm], a->eps,
				       a->lower[k], a->aim->part_name, k, b->upper[k], b->aim->what,
				       b->aim->name, b->eps);
	return STATUS_OK;
}

enum status evidence_check(const struct evidence *evidence, struct err *err)
{
	for (size_t i = 0; i < evidence->count; i++)
		for (size_t j = 0; evidence->at[i].lower && j < evidence->count; j++)
			if (evidence->at[j].upper)
				TRY(compare(&evidence->at[i], &evidence->at[j], err));
	return STATUS_OK;
}
