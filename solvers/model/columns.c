/* Columns by name or number. See columns.h. */
#include "solvers/model/columns.h"

#include "solvers/core/nearest.h"
#include "solvers/model/trainer.h"

#include <stdlib.h>
#include <string.h>

enum {
	TEXT_ROOM = 600, /* of the names that a message lists; longer lists are cut */
	SHOWN = 40       /* bytes of a name in a message */
};

static const char last[] = "last";

static enum status unknown(const struct problem *problem, const char *option, const char *text,
			   struct err *err)
{
	struct arena scratch = {0};
	const char **names = ARENA_ARRAY(&scratch, const char *, problem->X.cols + 1), *nearest;
	size_t count = 1, used = 0;
	char list[TEXT_ROOM] = "", hint[2 * SHOWN] = "";

	names[0] = last; /* then those that exist */
	for (ptrdiff_t j = 0; problem->columns && j < problem->X.cols; j++)
		if (problem->columns[j])
			names[count++] = problem->columns[j];
	for (size_t i = 0; i < count && used + 2 * SHOWN < sizeof list; i++)
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%.*s",
					 i + 1 < count ? ", " : " or ", SHOWN, names[i]);
	nearest = nearest_name(text, names, count);
	if (nearest)
		snprintf(hint, sizeof hint, "; did you mean \"%.*s\"?", SHOWN, nearest);
	err_set(err, STATUS_SPEC, "%s: expected a column number from 0 to %td%s, got \"%.*s\"%s",
		option, problem->X.cols - 1, list, SHOWN, text, hint);
	arena_release(&scratch);
	return STATUS_SPEC;
}

/* -1 if there is no such column. */
static ptrdiff_t find(const struct problem *problem, const char *text)
{
	char *end;
	long number;

	for (ptrdiff_t j = 0; problem->columns && j < problem->X.cols; j++)
		if (problem->columns[j] && strcmp(problem->columns[j], text) == 0)
			return j;
	if (strcmp(text, last) == 0)
		return problem->X.cols - 1;
	number = strtol(text, &end, 10);
	return end == text || *end || number < 0 || number >= problem->X.cols ? -1 : number;
}

enum status columns_mark(const struct problem *problem, const char *option, struct texts given,
			 bool *marked, struct err *err)
{
	for (size_t i = 0; i < given.count; i++) {
		ptrdiff_t column = find(problem, given.at[i]);

		if (column < 0)
			return unknown(problem, option, given.at[i], err);
		marked[column] = true;
	}
	return STATUS_OK;
}
