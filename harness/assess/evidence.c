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

void evidence_attack(struct evidence *evidence, const struct aim *aim, const struct attack_job *job)
{
	double *upper = ARENA_ARRAY(evidence->arena, double, job->X.rows);

	for (ptrdiff_t k = 0; k < job->X.rows; k++)
		upper[k] = (double)job->margin[k];
	add(evidence, aim, job->threat.eps)->upper = upper;
	if (evidence->look)
		evidence->look(evidence->context, aim, job);
}

void evidence_bounds(struct evidence *evidence, const struct aim *aim, double eps,
		     const double *lower, const double *upper, ptrdiff_t n)
{
	struct finding *finding = add(evidence, aim, eps);

	finding->lower = lower ? copy_of(evidence->arena, lower, n) : NULL;
	finding->upper = copy_of(evidence->arena, upper, n);
}

/* Where the ball of b, its box included, lies in that of a. */
static enum status compare(const struct finding *a, const struct finding *b, struct err *err)
{
	struct threat_options threat = *a->aim->threat;

	if (threat.clip.count == 0) /* no box holds every box */
		threat.clip = b->aim->threat->clip;
	if (a->eps < b->eps || a->aim->part != b->aim->part ||
	    !threat_same(&threat, b->aim->threat))
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
