/* Checks across rows and entries. */
#include "harness/spec/check.h"

#include "harness/spec/expect.h"
#include "solvers/core/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TASK_REGRESSION = 1 }; /* in data_tasks */

static const struct node *entry_node(const struct groups *list, size_t index)
{
	return ((const struct node *const *)list->at)[index];
}

/* Position of a key's value, or of the map if the key is not given. */
static struct err_place place_of(const struct node *map, const char *key)
{
	const struct node *value = node_get(map, key);

	return value ? value->at : map->at;
}

void check_name(struct problems *problems, const struct node *root, const struct sheet *sheet)
{
	static const char valid[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	struct trail trail = {.key = "name"};
	const char *name = sheet->name;

	if (!name[0] || name[0] == '.' || name[strspn(name, valid)])
		problem_add(problems, place_of(root, "name"), &trail,
		            "expected letters, digits, \".\", \"_\" and \"-\", no dot first, got \"%.60s\"",
		            name);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void check_eps(struct problems *problems, const struct node *node, const struct trail *up,
                      const struct reals *eps)
{
	struct trail trail = {up, "eps", 0};

	if (!eps->count)
		problem_add(problems, place_of(node, "eps"), &trail,
		            "expected at least one number, got an empty list");
	qsort((double *)eps->at, eps->count, sizeof *eps->at, ascending);
	for (size_t i = 1; i < eps->count; i++)
		if (!(eps->at[i - 1] < eps->at[i]))
			problem_add(problems, place_of(node, "eps"), &trail,
			            "expected distinct values, got %g twice", eps->at[i]);
}

void check_attacks(struct problems *problems, const struct node *root, const struct groups *list)
{
	const struct attack_options *at = list->at;
	const struct node *nodes = node_get(root, "attack");
	struct trail top = {.key = "attack"}, trail = {.up = &top};

	for (trail.index = 0; trail.index < list->count; trail.index++) {
		const struct reals *clip = &at[trail.index].clip;
		const struct node *node = nodes->items[trail.index];
		struct trail step = {&trail, "clip", 0};

		check_eps(problems, node, &trail, &at[trail.index].eps);
		if (clip->count && (clip->count != 2 || !(clip->at[0] < clip->at[1])))
			problem_add(problems, place_of(node, "clip"), &step,
			            "expected two ascending numbers or null");
	}
}

/* Quadratic in the number of entries, not of variants: variants of one entry follow each other. */
static void check_distinct(struct problems *problems, const char *key, const struct groups *list,
                           const struct variants *variants, const char *(*name)(const void *options))
{
	struct trail top = {.key = key}, trail = {.up = &top}, step = {&trail, "name", 0};
	const char **first = calloc(list->count, sizeof *first);

	for (size_t i = 0; first && i < variants->count; i++) {
		const struct variant *v = &variants->at[i];
		const char *own = name(v->options);
		const struct node *node = entry_node(list, v->entry);

		trail.index = v->entry;
		if (!own[0])
			problem_add(problems, place_of(node, "name"), &step, "expected a name, got \"\"");
		for (size_t j = 0; j < v->entry; j++)
			if (first[j] && strcmp(first[j], own) == 0)
				problem_add(problems, place_of(node, "name"), &step,
				            "expected a name of its own, got \"%s\", used by %s[%zu]", own, key,
				            j);
		first[v->entry] = own;
	}
	free(first);
}
