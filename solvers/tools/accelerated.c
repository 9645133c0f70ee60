/* Accelerated splittings. See accelerated.h. */
#include "solvers/tools/accelerated.h"

#include <math.h>

struct accelerated accelerated_new(size_t size, struct anderson_memory memory, double relaxation,
				   struct arena *arena)
{
	struct accelerated a = {.size = size, .interval = memory.interval};

	a.x = ARENA_ARRAY(arena, real, size);
	if (memory.differences > 0)
		a.anderson = anderson_new(arena, size, memory, relaxation);
	return a;
}

void accelerated_restart(struct accelerated *self, const struct anderson_part *parts, int count)
{
	if (self->anderson && parts)
		anderson_weigh(self->anderson, parts, count);
	else if (self->anderson)
		anderson_reset(self->anderson);
}

void accelerated_before(struct accelerated *self)
{
	self->due = self->anderson && self->iteration % self->interval == 0;
	if (self->due)
		anderson_before(self->anderson, self->x);
}

bool accelerated_after(struct accelerated *self, double objective)
{
	if (!self->anderson)
		return false;
	if (!(objective <= fmax(self->zero, self->held)) &&
	    anderson_refuse(self->anderson, self->x))
		return true;
	if (!self->due)
		return false;
	self->held = objective;
	return anderson_after(self->anderson, self->x);
}
