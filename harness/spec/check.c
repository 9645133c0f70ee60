/* Checks across rows and entries. */
#include "harness/spec/check.h"

#include "harness/spec/bind/bind.h"
#include "solvers/model/trainer.h"

#include <math.h>
#include <string.h>

enum { NAME_MOST = 200 }; /* a file system takes 255 bytes, with what is put behind a name */

enum { PRECISION_SINGLE = 1 }; /* in spec_precisions */

/* Rounding, 6e-8 relative, times the conditioning of the problem: gaps stall above this. */
static const double single_gap = 1e-6;

static const struct node *entry_node(const struct groups *list, size_t index)
{
	return ((const struct node *const *)list->at)[index];
}

struct err_place check_place(const struct node *map, const char *key)
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
		problem_add(problems, check_place(root, "name"), &trail,
			    "expected letters, digits, \".\", \"_\" and \"-\", no dot first, got "
			    "\"%.60s\"",
			    name);
	else if (strlen(name) > NAME_MOST)
		problem_add(problems, check_place(root, "name"), &trail,
			    "expected at most %d characters, as it names a folder, got %zu",
			    NAME_MOST, strlen(name));
}

static bool shares_eps(const struct attack_options *a, const struct attack_options *b)
{
	for (size_t i = 0; i < a->eps.count; i++)
		for (size_t j = 0; j < b->eps.count; j++)
			if (a->eps.at[i] <= b->eps.at[j] && a->eps.at[i] >= b->eps.at[j])
				return true;
	return false;
}

/* Rows of attack.csv are told apart by name, norm, units, part and eps. */
void check_attacks(struct problems *problems, const struct node *root, const struct groups *list)
{
	const struct attack_options *at = list->at;
	const struct node *nodes = node_get(root, "attack");
	struct trail top = {.key = "attack"}, entry = {.up = &top}, trail = {&entry, "name", 0};

	for (size_t i = entry.index = 0; i < list->count; entry.index = ++i) {
		struct err_place place = check_place(nodes->items[i], "name");
		const char *name = spec_attack_name(&at[i]);

		if (!name[0])
			problem_add(problems, place, &trail, "expected a name, got \"\"");
		for (size_t j = 0; j < i; j++) {
			if (strcmp(spec_attack_name(&at[j]), name) != 0 ||
			    at[j].threat.norm != at[i].threat.norm ||
			    at[j].threat.units != at[i].threat.units || at[j].part != at[i].part ||
			    !shares_eps(&at[j], &at[i]))
				continue;
			problem_add(problems, place, &trail,
				    "expected a name of its own, got \"%s\", used by attack[%zu] "
				    "at the same eps",
				    name, j);
			break;
		}
	}
}

struct named {
	size_t entry;
	const char *name;
};

/* Variants of one entry share a name; two entries do not. Both option structs start with their
 * name. */
static void check_distinct(struct bind *bind, const char *key, const struct groups *list,
			   const struct variants *variants)
{
	struct trail top = {.key = key}, trail = {.up = &top}, step = {&trail, "name", 0};
	struct named *known = ARENA_ARRAY(bind->arena, struct named, variants->count);
	size_t count = 0, seen;

	for (size_t i = 0; i < variants->count; i++) {
		struct named one = {variants->at[i].entry, *(const char **)variants->at[i].options};
		struct err_place at = check_place(entry_node(list, one.entry), "name");

		for (seen = 0; seen < count; seen++)
			if (known[seen].entry == one.entry &&
			    strcmp(known[seen].name, one.name) == 0)
				break;
		if (seen < count)
			continue;
		trail.index = one.entry;
		if (!one.name[0])
			problem_add(bind->problems, at, &step, "expected a name, got \"\"");
		for (size_t j = 0; j < count; j++)
			if (strcmp(known[j].name, one.name) == 0)
				problem_add(
					bind->problems, at, &step,
					"expected a name of its own, got \"%s\", used by %s[%zu]",
					one.name, key, known[j].entry);
		known[count++] = one;
	}
}

void check_data_names(struct bind *bind, const struct sheet *sheet, const struct variants *data)
{
	_Static_assert(offsetof(struct data_options, name) == 0, "check_distinct reads it");

	check_distinct(bind, "data", &sheet->data, data);
}

void check_train_names(struct bind *bind, const struct sheet *sheet, struct variants *train)
{
	_Static_assert(offsetof(struct train_options, name) == 0, "check_distinct reads it");

	for (size_t i = 0; i < train->count; i++) {
		struct train_options *options = train->at[i].options;

		if (!options->name)
			options->name = options->solver.item->name;
	}
	check_distinct(bind, "train", &sheet->train, train);
}

void check_folds(struct problems *problems, const struct sheet *sheet, const struct variants *data)
{
	struct trail top = {.key = "data"}, trail = {.up = &top}, split = {&trail, "split", 0};

	for (size_t i = 0; i < data->count; i++) {
		const struct split_options *o =
			&((const struct data_options *)data->at[i].options)->split;
		const struct node *entry = entry_node(&sheet->data, data->at[i].entry);
		const struct node *node = node_get(entry, "split");
		const char *key = NULL, *text = "expected 0 or at least 2, got 1";

		trail.index = data->at[i].entry;
		if (o->folds == 1)
			key = "folds";
		else if (o->inner == 1)
			key = "inner";
		else if (o->folds > 1 && !isnan(o->test))
			key = "test", text = "expected folds or test, got both: a fold is the test "
					     "part";
		else if (o->inner > 1 && o->folds == 0)
			key = "inner", text = "expected folds too: inner ones divide the rows "
					      "outside of a fold";
		else if (o->inner > 1 && o->validation > 0)
			key = "validation", text = "expected inner or validation, got both: an "
						   "inner fold is the validation part";
		if (key)
			problem_add(problems, check_place(node ? node : entry, key),
				    &(struct trail){&split, key, 0}, "%s", text);
	}
}

static void check_reference(struct problems *problems, const struct names *names,
			    const struct node *node, const struct trail *trail)
{
	char expected[EXPECT_ROOM], suggestion[EXPECT_ROOM / 8];

	for (size_t i = 0; node->kind == NODE_SCALAR && i < names->count; i++)
		if (strcmp(names->at[i], node->text) == 0)
			return;
	if (node->kind != NODE_SCALAR)
		return;
	expect_names(names, "one of the data sets ", expected, sizeof expected);
	expect_suggestion(names, node->text, suggestion, sizeof suggestion);
	problem_add(problems, node->at, trail, "expected %s, got \"%.60s\"%s", expected, node->text,
		    suggestion);
}

void check_references(struct problems *problems, const struct sheet *sheet)
{
	struct trail top = {.key = "train"}, trail = {.up = &top}, step = {&trail, "data", 0};
	struct names names = {0};

	for (size_t i = 0; i < sheet->data.count; i++) { /* also of those with problems */
		const struct node *name = node_get(entry_node(&sheet->data, i), "name");

		if (name && name->kind == NODE_SCALAR)
			expect_add_name(&names, name->text);
	}
	for (trail.index = 0; trail.index < sheet->train.count; trail.index++) {
		const struct node *list = node_get(entry_node(&sheet->train, trail.index), "data");
		struct trail item = {.up = &step};

		if (list && list->kind == NODE_SCALAR && !node_is_null(list))
			check_reference(problems, &names, list, &step);
		for (; list && list->kind == NODE_LIST && item.index < list->count; item.index++)
			check_reference(problems, &names, list->items[item.index], &item);
	}
}

static bool takes(const struct train_options *train, const struct desc *loss, const void *options,
		  const char **wanted)
{
	const struct trainer *trainer = (const struct trainer *)train->solver.item;
	const struct problem problem = {
		.loss = {.loss = (const struct loss *)loss, .options = options, .weight = 1},
		.beta = train->beta};

	return !trainer->takes || trainer->takes(&problem, train->solver.options, wanted);
}

/* "a loss that falls with the margin (logistic, hinge)": the names are those of the losses that, as
 * they are by default, would be taken. */
static void takeable_losses(const struct bind *bind, const struct train_options *train,
			    const char *wanted, char *text, size_t room)
{
	struct problems none = {0};
	struct bind defaults = {.arena = bind->arena, .problems = &none};
	const struct node empty = {.kind = NODE_MAP};
	struct names names = {0};
	size_t length = (size_t)snprintf(text, room, "%s (", wanted);

	for (size_t i = 0; i < registry_count(KIND_LOSS); i++) {
		const struct desc *loss = registry_at(KIND_LOSS, i);
		void *options = arena_alloc(bind->arena, 1, loss->size + 1);

		if (bind_rows(&defaults, loss->options, &empty, NULL, options) &&
		    takes(train, loss, options, &wanted))
			expect_add_name(&names, loss->name);
	}
	expect_names(&names, "", text + length, room - length);
	length = strlen(text);
	snprintf(text + length, room - length, ")");
}

void check_losses(struct bind *bind, const struct sheet *sheet, const struct variants *train)
{
	struct trail top = {.key = "train"}, trail = {.up = &top}, step = {&trail, "loss", 0};
	char expected[EXPECT_ROOM];

	for (size_t i = 0; i < train->count; i++) {
		const struct train_options *options = train->at[i].options;
		struct err_place at =
			check_place(entry_node(&sheet->train, train->at[i].entry), "loss");
		const char *wanted;

		if (takes(options, options->loss.item, options->loss.options, &wanted))
			continue;
		takeable_losses(bind, options, wanted, expected, sizeof expected);
		trail.index = train->at[i].entry;
		problem_add(bind->problems, at, &step, "expected %s for \"%s\", got \"%s\"",
			    expected, options->solver.item->name, options->loss.item->name);
	}
}

/* `map` is what holds `stop`; an unset gap is NaN, one with a problem 0. */
static void check_gap(struct problems *problems, const struct node *map, const struct trail *up,
		      double gap)
{
	struct trail stop = {up, "stop", 0}, trail = {&stop, "gap", 0};
	const struct node *group = node_get(map, "stop");

	if (isgreater(gap, 0) && isless(gap, single_gap))
		problem_add(problems, check_place(group ? group : map, "gap"), &trail,
			    "single precision certifies gaps down to 1e-6 at best; use precision: "
			    "double");
}

void check_gaps(struct problems *problems, const struct node *root, const struct sheet *sheet,
		const struct variants *train)
{
	struct trail top = {.key = "train"}, trail = {.up = &top};

	if (sheet->precision != PRECISION_SINGLE)
		return;
	check_gap(problems, root, NULL, sheet->stop.gap);
	for (size_t i = 0; i < train->count; i++) {
		const struct train_options *options = train->at[i].options;

		trail.index = train->at[i].entry;
		check_gap(problems, entry_node(&sheet->train, trail.index), &trail,
			  options->stop.gap);
	}
}

bool check_runs_on(const struct train_options *train, const struct data_options *data)
{
	for (size_t i = 0; i < train->data.count; i++)
		if (strcmp(train->data.at[i], data->name) == 0)
			return true;
	return train->data.count == 0;
}

/* Variants are compared on a validation part, by a score of its task. */
static void check_select(struct problems *problems, const struct node *node, const struct trail *up,
			 const struct data_options *set, const struct select_options *select,
			 const struct groups *attack)
{
	struct trail trail = {up, "select", 0};
	struct err_place at = check_place(node, "select");

	if (select->by == SELECT_NONE)
		return;
	if ((set->task == DATA_REGRESSION) != (select->by == SELECT_VALIDATION_RMSE))
		problem_add(
			problems, at, &trail, "expected %s, got %s on \"%s\"",
			select->by == SELECT_VALIDATION_RMSE ? "regression"
							     : "classification, or validation_rmse",
			set->task == DATA_REGRESSION ? "regression" : "classification", set->name);
	if (!(set->split.validation > 0) && !set->split.inner)
		problem_add(problems, at, &trail,
			    "needs a validation part: set split.validation of data set \"%s\"",
			    set->name);
	if (set->split.inner && select->per == SELECT_PER_EXPERIMENT)
		problem_add(problems, at, &trail,
			    "expected per: repetition, as \"%s\" has inner folds: one choice for "
			    "all of its folds would have seen them",
			    set->name);
	if (select->by == SELECT_VALIDATION_ROBUST_ACCURACY && !spec_select_attack(select, attack))
		problem_add(problems, at, &trail,
			    "validation_robust_accuracy needs an entry of attack%s%s, got none",
			    select->attack ? " named " : "", select->attack ? select->attack : "");
}

/* `entry` is that of the method. */
static void check_halving(struct problems *problems, const struct node *entry,
			  const struct trail *up, const struct train_options *method)
{
	const double most = 1e9;
	const struct halving_options *o = &method->halving;
	const struct node *node = node_get(entry, "halving");
	bool seconds = o->budget == HALVING_SECONDS;
	struct trail trail = {up, "halving", 0}, step = {&trail, "rungs", 0};
	double last = o->from * pow((double)o->eta, (double)o->rungs - 1);

	if (!node)
		return;
	if (method->select.by == SELECT_NONE)
		problem_add(problems, node->at, &trail,
			    "needs select: the best settings are chosen on the validation part");
	if (o->rungs < 2)
		problem_add(problems, check_place(node, "rungs"), &step,
			    "expected at least 2 rungs, got %ld", o->rungs);
	step.key = "from";
	if (isnan(o->from))
		problem_add(problems, node->at, &step, "expected the budget of the first rung");
	else if (!seconds && (o->from != floor(o->from) || last > most))
		problem_add(problems, check_place(node, "from"), &step,
			    "expected a whole number of iterations, at most 1e9 in the last rung, "
			    "got %.15g and %.15g",
			    o->from, last);
	step = (struct trail){&(struct trail){up, "stop", 0}, seconds ? "seconds" : "iterations",
			      0};
	if (seconds ? !isnan(method->stop.seconds) : method->stop.iterations > 0)
		problem_add(problems, check_place(node_get(entry, "stop"), step.key), &step,
			    "expected halving or this, got both: it is the budget of the rungs");
}

/* Attacks and certificates are about the sign of y f. */
static void check_unattacked(struct problems *problems, const struct node *root, const char *key,
			     size_t count, const struct data_options *set)
{
	struct trail top = {.key = key};

	for (size_t i = 0; i < count; i++)
		problem_add(problems, node_get(root, key)->items[i]->at,
			    &(struct trail){&top, NULL, i},
			    "expected classification, got regression on \"%s\"", set->name);
}

void check_pair(struct problems *problems, const struct node *root, const struct sheet *sheet,
		const struct variant *data, const struct variant *train)
{
	const struct data_options *set = data->options;
	const struct train_options *method = train->options;
	const struct loss *loss = (const struct loss *)method->loss.item;
	struct trail top = {.key = "train"}, trail = {&top, NULL, train->entry};
	const struct node *entry = entry_node(&sheet->train, train->entry);

	check_select(problems, entry, &trail, set, &method->select, &sheet->attack);
	check_halving(problems, entry, &trail, method);
	if (set->task != DATA_REGRESSION)
		return;
	if (!loss->regression)
		problem_add(problems, check_place(entry, "loss"),
			    &(struct trail){&trail, "loss", 0},
			    "expected a loss for regression on \"%s\", got \"%s\"", set->name,
			    loss->base.name);
	check_unattacked(problems, root, "attack", sheet->attack.count, set);
	check_unattacked(problems, root, "certify", sheet->certify.count, set);
	if (sheet->samples)
		problem_add(problems, check_place(root, "samples"),
			    &(struct trail){.key = "samples"},
			    "expected classification, got regression on \"%s\"", set->name);
}
