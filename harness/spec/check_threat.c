/* Checks of the entries of `attack` and `certify`. */
#include "harness/spec/check.h"

#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void check_eps(struct problems *problems, const struct node *node, const struct trail *up,
		      const struct reals *eps)
{
	struct trail trail = {up, "eps", 0};
	struct err_place at = check_place(node, "eps");

	if (!eps->count)
		problem_add(problems, at, &trail,
			    "expected at least one number, got an empty list");
	qsort((double *)eps->at, eps->count, sizeof *eps->at, ascending);
	for (size_t i = 1; i < eps->count; i++)
		if (!(eps->at[i - 1] < eps->at[i]))
			problem_add(problems, at, &trail, "expected distinct values, got %g twice",
				    eps->at[i]);
}

static void check_clip(struct problems *problems, const struct node *node, const struct trail *up,
		       const struct reals *clip)
{
	struct trail trail = {up, "clip", 0};
	struct err_place at = check_place(node, "clip");

	if (clip->count == 2 && !(clip->at[0] < clip->at[1]))
		problem_add(problems, at, &trail,
			    "expected two ascending numbers or null, got %g and %g", clip->at[0],
			    clip->at[1]);
	else if (clip->count != 0 && clip->count != 2)
		problem_add(problems, at, &trail,
			    "expected two ascending numbers or null, got %zu numbers", clip->count);
}

static bool shares_eps(const struct attack_options *a, const struct attack_options *b)
{
	for (size_t i = 0; i < a->eps.count; i++)
		for (size_t j = 0; j < b->eps.count; j++)
			if (a->eps.at[i] <= b->eps.at[j] && a->eps.at[i] >= b->eps.at[j])
				return true;
	return false;
}

/* Rows of attack.csv are told apart by name, norm, units and eps. */
static void check_attack_name(struct problems *problems, const struct node *node,
			      const struct trail *up, const struct attack_options *list)
{
	const struct attack_options *one = &list[up->index];
	struct trail trail = {up, "name", 0};
	const char *name = spec_attack_name(one);

	if (!name[0])
		problem_add(problems, check_place(node, "name"), &trail,
			    "expected a name, got \"\"");
	for (size_t i = 0; i < up->index; i++)
		if (strcmp(spec_attack_name(&list[i]), name) == 0 && list[i].norm == one->norm &&
		    list[i].units == one->units && shares_eps(&list[i], one)) {
			problem_add(problems, check_place(node, "name"), &trail,
				    "expected a name of its own, got \"%s\", used by attack[%zu] "
				    "at the same eps",
				    name, i);
			return;
		}
}

void check_attacks(struct problems *problems, const struct node *root, const struct groups *list)
{
	const struct attack_options *at = list->at;
	const struct node *nodes = node_get(root, "attack");
	struct trail top = {.key = "attack"};

	for (size_t i = 0; i < list->count; i++) {
		struct trail trail = {&top, NULL, i};

		check_eps(problems, nodes->items[i], &trail, &at[i].eps);
		check_clip(problems, nodes->items[i], &trail, &at[i].clip);
		check_attack_name(problems, nodes->items[i], &trail, at);
	}
}

void check_certificates(struct problems *problems, const struct node *root,
			const struct groups *list)
{
	const struct certify_options *at = list->at;
	const struct node *nodes = node_get(root, "certify");
	struct trail top = {.key = "certify"};

	for (size_t i = 0; i < list->count; i++) {
		struct trail trail = {&top, NULL, i};

		check_eps(problems, nodes->items[i], &trail, &at[i].eps);
		check_clip(problems, nodes->items[i], &trail, &at[i].clip);
	}
}
