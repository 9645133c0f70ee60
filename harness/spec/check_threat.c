/* Checks of the entries of `attack`. */
#include "harness/spec/check.h"

#include <string.h>

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
		if (strcmp(spec_attack_name(&list[i]), name) == 0 &&
		    list[i].threat.norm == one->threat.norm &&
		    list[i].threat.units == one->threat.units && shares_eps(&list[i], one)) {
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

	for (size_t i = 0; i < list->count; i++)
		check_attack_name(problems, nodes->items[i], &(struct trail){&top, NULL, i}, at);
}
