/* Which objectives can be compared. */
#include "harness/report/records/comparable.h"
#include "solvers/core/index.h"

#include <string.h>

enum part { LOSS, AVERAGE, BETA, QUANTITY, THREAT, PROGRAM, PARTS };

static bool is_in(const char *const *names, const char *name)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

bool comparable_objective(const char *column)
{
	static const char *const names[] = {
		"objective",   "objective_network", "lower_bound",   "gap",
		"gap_zero",    "gap_raw",           "gap_feasible",  "objective_zero",
		"feasibility", "primal_residual",   "dual_residual", "objective_iterate",
		NULL};

	return is_in(names, column);
}

bool comparable_cost(const char *column)
{
	static const char *const names[] = {"time",          "solve_s",    "eval_s",
					    "certificate_s", "iterations", NULL};

	return is_in(names, column);
}

/* Does a swept path lead to this part? */
static bool leads_to(const char *path, enum part part)
{
	static const char *const names[PARTS] = {
		[LOSS] = "loss", [AVERAGE] = "average", [BETA] = "beta"};
	const char *last = records_short(path);

	if (part == THREAT)
		return strcmp(last, "eps") == 0 || strcmp(last, "norm") == 0;
	if (part == PROGRAM)
		return strncmp(path, "patterns", strlen("patterns")) == 0 ||
		       strcmp(path, "neurons") == 0;
	return names[part] && strncmp(path, names[part], strlen(names[part])) == 0;
}

bool comparable_changed_by(const char *path)
{
	for (enum part part = LOSS; part < PROGRAM; part++)
		if (leads_to(path, part))
			return true;
	return false;
}

static const char *part_of(const struct record *record, const char *column, enum part part)
{
	const struct cellfile_objective *o = &record->objective;
	/* values of a program rather than of a network */
	bool of_program =
		strcmp(column, "lower_bound") == 0 || strcmp(column, "objective_iterate") == 0;
	const char *quantity =
		record->result.objective_of ? record->result.objective_of : "unknown";
	/* the worst case over balls of radius 0 is the clean one */
	bool own = strcmp(quantity, "unknown") != 0 && strcmp(quantity, "worst case") != 0,
	     of_network = strcmp(column, "objective_network") == 0 || !o->threat || !*o->threat;
	const char *const texts[PARTS] = {
		[LOSS] = o->loss,     [AVERAGE] = o->average,
		[BETA] = o->beta,     [QUANTITY] = of_network && !own ? "network" : quantity,
		[THREAT] = o->threat, [PROGRAM] = of_program ? o->program : "",
	};

	return texts[part] ? texts[part] : "";
}

const char *comparable_key(const struct record *record, const char *column, const char *x,
			   struct arena *arena)
{
	const char *key = "";

	if (!comparable_objective(column) && !comparable_cost(column))
		return key;
	for (enum part part = LOSS; part < PARTS; part++)
		if (!x || !leads_to(x, part))
			key = arena_format(arena, "%s%s\n", key, part_of(record, column, part));
	return key;
}

bool comparable_is_network(const struct result *result)
{
	const char *of = result->objective_of;

	return !of || strcmp(of, "network") == 0 || strcmp(of, "worst case") == 0;
}

const char *comparable_network_key(const struct record *record, struct arena *arena)
{
	const char *key = "";

	for (enum part part = LOSS; part <= BETA; part++)
		key = arena_format(arena, "%s%s\n", key,
				   part_of(record, "objective_network", part));
	return key;
}

static bool differs(const struct records *among, const char *data, const char *column,
		    enum part part)
{
	const char *first = NULL;

	for (size_t i = 0; i < among->count; i++) {
		const char *here;

		if ((data && strcmp(among->at[i].result.data, data) != 0) ||
		    !records_ok(&among->at[i]))
			continue;
		here = part_of(&among->at[i], column, part);
		if (first && strcmp(first, here) != 0)
			return true;
		first = here;
	}
	return false;
}

const char *comparable_difference(const struct record *record, const struct records *among,
				  const char *data, const char *column, struct arena *arena)
{
	return comparable_difference_but(record, among, data, column, NULL, arena);
}

const char *comparable_difference_but(const struct record *record, const struct records *among,
				      const char *data, const char *column, const char *x,
				      struct arena *arena)
{
	static const char *const before[PARTS] = {[BETA] = "beta ", [THREAT] = "against "};
	static const char *const after[PARTS] = {[LOSS] = " loss", [AVERAGE] = " over samples"};
	const char *text = "";

	for (enum part part = LOSS; part < PARTS; part++) {
		const char *here = part_of(record, column, part), *words = here;

		if (*here)
			words = arena_format(arena, "%s%s%s", before[part] ? before[part] : "",
					     here, after[part] ? after[part] : "");
		else if (part == THREAT)
			words = "clean";
		if (part == QUANTITY && strcmp(here, "network") == 0)
			continue; /* said by the label of the column */
		if (x && leads_to(x, part))
			continue;
		if (*words && differs(among, data, column, part))
			text = arena_format(arena, "%s%s%s", text, *text ? ", " : "", words);
	}
	return text;
}

struct group *comparable_split(const struct group *group, const char *column, const char *x,
			       struct arena *arena, size_t *count)
{
	struct group *out = ARENA_ARRAY(arena, struct group, group->count);
	struct index index = index_new(group->count, arena);

	*count = 0;
	for (size_t i = 0; i < group->count; i++) {
		const char *key = comparable_key(group->member[i], column, x, arena);
		struct group *part = out + index_place(&index, key, *count);

		if (part == out + *count) {
			*part = *group;
			part->count = 0;
			part->member = ARENA_ARRAY(arena, const struct record *, group->count);
			(*count)++;
		}
		part->member[part->count++] = group->member[i];
	}
	return out;
}

const char *comparable_group_key(const struct group *group, const char *column, const char *x,
				 struct arena *arena)
{
	const char *key = comparable_key(group->member[0], column, x, arena);

	for (size_t i = 1; group->composed && i < group->count; i++)
		if (strcmp(comparable_key(group->member[i], column, x, arena), key) != 0)
			return NULL;
	return key;
}
