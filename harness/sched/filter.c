/* --filter: "key=value,key=value" over the cells of a plan. */
#include "harness/sched/filter.h"
#include "solvers/core/nearest.h"
#include "solvers/core/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIXED_KEYS = 7,
	KEYS = 64 /* with the swept paths: a cell has a handful */
};

static const char *const fixed_keys[FIXED_KEYS] = {"cell",       "data", "method",    "solver",
						   "repetition", "fold", "inner_fold"};

struct term {
	const char *key, *value;
};

struct filter {
	size_t count;
	struct term *term;
};

/* The cell's value of a key, or NULL if it has none. */
static const char *value_of(const struct cell *cell, const char *key, char *room, size_t size)
{
	long fold = cell->data.split.fold, inner = cell->data.split.inner_fold;
	long number = strcmp(key, "fold") == 0         ? fold
		      : strcmp(key, "inner_fold") == 0 ? inner
						       : cell->repetition;
	const char *const fixed[FIXED_KEYS] = {cell->id,
					       cell->data.name,
					       cell->train.name,
					       cell->train.solver.item->name,
					       room,
					       fold > 0 ? room : NULL,
					       inner > 0 ? room : NULL};

	snprintf(room, size, "%ld", number);
	for (size_t i = 0; i < FIXED_KEYS; i++)
		if (strcmp(key, fixed_keys[i]) == 0)
			return fixed[i];
	for (size_t i = 0; i < cell->swept_count; i++)
		if (strcmp(key, cell->swept[i].path) == 0)
			return cell->swept[i].value;
	return NULL;
}

/* For each key, one of the values given for it: the same text, or the same number. */
static bool matches(const struct filter *filter, const struct cell *cell)
{
	char room[32];

	for (size_t i = 0; i < filter->count; i++) {
		const char *key = filter->term[i].key;
		const char *value = value_of(cell, key, room, sizeof room);
		char *end = NULL, *end_given;
		double x = value ? strtod(value, &end) : 0;
		bool number = value && end != value && !*end, any = false;

		for (size_t k = 0; k < filter->count && value; k++) {
			const char *given = filter->term[k].value;
			double y = strtod(given, &end_given);

			any |= strcmp(filter->term[k].key, key) == 0 &&
			       (strcmp(given, value) == 0 ||
				(number && end_given != given && !*end_given && x == y));
		}
		if (!any)
			return false;
	}
	return true;
}

static enum status check_key(const char *key, const struct plan *plan, struct err *err)
{
	const char *keys[KEYS] = {NULL}, *nearest;
	size_t count = FIXED_KEYS, k;
	struct arena arena = {0};
	struct text list = text_new(&arena);

	memcpy(keys, fixed_keys, sizeof fixed_keys);
	for (size_t i = 0; i < plan->count; i++) {
		const struct cell *cell = plan->at[i].cell;

		for (size_t s = 0; s < cell->swept_count; s++) {
			for (k = 0; k < count && strcmp(keys[k], cell->swept[s].path) != 0;)
				k++;
			if (k == count && count < KEYS)
				keys[count++] = cell->swept[s].path;
		}
	}
	for (k = 0; k < count && strcmp(keys[k], key) != 0; k++)
		text_item(&list, ", ", "%s", keys[k]);
	if (k == count) {
		nearest = nearest_name(key, keys, count);
		err_set(err, STATUS_SPEC, "--filter: unknown key \"%s\"%s%s%s (one of %s)", key,
			nearest ? "; did you mean \"" : "", nearest ? nearest : "",
			nearest ? "\"?" : "", list.at);
	}
	arena_release(&arena);
	return k < count ? STATUS_OK : STATUS_SPEC;
}

/* "key=value,key=value"; copy is taken apart. */
static enum status apply(struct plan *plan, char *copy, struct arena *arena, struct err *err)
{
	struct filter filter = {0, ARENA_ARRAY(arena, struct term, strlen(copy) + 1)};
	size_t kept = 0;
	char *rest = NULL;

	for (char *part = strtok_r(copy, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
		char *equals = strchr(part, '=');

		if (!equals)
			return err_set(err, STATUS_SPEC, "--filter: expected key=value, got \"%s\"",
				       part);
		*equals = '\0';
		filter.term[filter.count++] = (struct term){part, equals + 1};
	}
	for (size_t i = 0; i < filter.count; i++)
		TRY(check_key(filter.term[i].key, plan, err));
	for (size_t i = 0; i < plan->count; i++) {
		plan->at[i].left_out = !matches(&filter, plan->at[i].cell);
		kept += !plan->at[i].left_out;
	}
	return kept ? STATUS_OK : err_set(err, STATUS_SPEC, "--filter: no cell matches");
}

enum status filter_apply(struct plan *plan, const char *text, struct err *err)
{
	struct arena arena = {0};
	enum status status = STATUS_OK;

	if (text)
		status = apply(plan, arena_text(&arena, text), &arena, err);
	arena_release(&arena);
	return status;
}
