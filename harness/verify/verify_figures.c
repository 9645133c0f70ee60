/* Figures of a record. See verify_figures.h. */
#include "harness/verify/verify_figures.h"

#include <math.h>
#include <string.h>

void verify_judge(struct verify *out, struct verify_figure figure)
{
	if (out->count == out->room) {
		size_t room = out->room > 0 ? 2 * out->room : 64;
		struct verify_figure *more = ARENA_ARRAY(out->arena, struct verify_figure, room);

		if (out->count > 0)
			memcpy(more, out->figure, out->count * sizeof *more);
		out->figure = more;
		out->room = room;
	}
	out->figure[out->count++] = figure;
}

void verify_add(struct verify *out, const char *name, double stored, double computed, double slack)
{
	double size = fmax(fabs(stored), fabs(computed));
	bool agrees = fabs(stored - computed) <= slack + out->tolerance * size;

	if (!name || (isnan(stored) && isnan(computed)))
		return;
	verify_judge(out, (struct verify_figure){.name = name,
						 .stored = stored,
						 .computed = computed,
						 .state = agrees ? VERIFY_AGREES : VERIFY_DIFFERS});
}

bool verify_good(const struct verify *verify)
{
	for (size_t i = 0; i < verify->count; i++)
		if (verify->figure[i].state != VERIFY_AGREES)
			return false;
	return true;
}
