/* Checks of a spec against what its data are. */
#include "harness/spec/work.h"
#include "harness/spec/check.h"
#include "solvers/core/text.h"
#include "solvers/model/trainer.h"

#include <stdio.h>
#include <string.h>

struct work {
	const struct experiment *experiment;
	struct problems *problems, *untested;
	size_t missing; /* files among the problems */
};

/* The entry of the list `key` ("data", "train") with this name, and its index; or NULL. */
static const struct node *find_entry(const struct experiment *experiment, const char *key,
				     const char *name, size_t *index)
{
	const struct node *list = node_get(experiment->tree, key);

	for (*index = 0; list && list->kind == NODE_LIST && *index < list->count; ++*index) {
		const struct node *entry = list->items[*index];
		const struct node *given = node_get(entry, "name");

		if (!given)
			given = node_get(entry, "solver");
		if (given && given->kind == NODE_SCALAR && strcmp(given->text, name) == 0)
			return entry;
	}
	return NULL;
}

/* --- test parts and units -----------------------------------------------------------------------
 */

/* Does a source with these options have a test part of its own: a file, or a number of rows? */
static bool names_test(const struct choice *source)
{
	bool found = false;

	for (const struct option *row = source->item->options; row && row->name; row++) {
		const void *at = (const char *)source->options + row->offset;

		if (row->type == OPTION_CHOICE && ((const struct choice *)at)->item)
			found = found || names_test(at);
		if (strncmp(row->name, "test", strlen("test")) != 0)
			continue;
		found = found || (row->type == OPTION_TEXT && *(const char *const *)at) ||
			(row->type == OPTION_TEXTS && ((const struct texts *)at)->count > 0) ||
			(row->type == OPTION_INT && *(const long *)at > 0);
	}
	return found;
}

/* Some cell chooses its setting by this attack, on the validation part. */
static bool selects(const struct experiment *experiment, size_t attack)
{
	const struct attack_options *entry = experiment->attack.at;

	for (size_t i = 0; i < experiment->cell_count; i++) {
		const struct select_options *select = &experiment->cells[i].train.select;

		if (select->by == SELECT_VALIDATION_ROBUST_ACCURACY &&
		    spec_select_attack(select, &experiment->attack) == &entry[attack])
			return true;
	}
	return false;
}

/* Add to `problems` one of `key` (NULL: the whole) of an entry of `list`. */
static void refuse(const struct work *work, struct problems *problems, const char *list,
		   size_t index, const char *key, const char *text)
{
	const struct node *entry = node_get(work->experiment->tree, list)->items[index];
	struct trail top = {.key = list}, trail = {&top, NULL, index}, step = {&trail, key, 0};

	problem_add(problems, key ? check_place(entry, key) : entry->at, key ? &step : &trail, "%s",
		    text);
}

/* An entry that aims at a part which the data set lacks. */
static void refuse_part(const struct work *work, const char *list, size_t index, long part,
			const struct data_options *data)
{
	char text[256];

	snprintf(text, sizeof text,
		 "needs a %s part: data set \"%.60s\" has none, set its split.%s", spec_parts[part],
		 data->name, spec_parts[part]);
	refuse(work, work->untested, list, index, NULL, text);
}

/* `key` is about raw columns. */
static void check_units(const struct work *work, const char *list, size_t index, const char *key,
			const struct data_options *data)
{
	char text[256];

	for (size_t i = 0; i < data->prepare.count; i++) {
		const struct desc *item = data->prepare.at[i].item;

		if (!((const struct prepare *)(const void *)item)->mixes)
			continue;
		snprintf(text, sizeof text,
			 "%s needs steps of prepare that act column by column: \"%s\" of data "
			 "set \"%.60s\" mixes columns",
			 strcmp(key, "units") == 0 ? "raw" : key, item->name, data->name);
		refuse(work, work->problems, list, index, key, text);
		return;
	}
}

/* Pictures are of inputs. */
static void check_pictures(const struct work *work, size_t index, const struct data_options *data)
{
	char text[256];

	if (!data_in_feature_space(data))
		return;
	snprintf(text, sizeof text,
		 "keep stores samples as pictures: those of data set \"%.60s\" are features, in a "
		 "space of their own",
		 data->name);
	refuse(work, work->problems, "attack", index, "keep", text);
}

static void check_threats(const struct work *work, const struct data_options *data)
{
	const struct experiment *experiment = work->experiment;
	const struct attack_options *attack = experiment->attack.at;
	const struct certify_options *certify = experiment->certify.at;
	/* split.test: NaN is the source's own part */
	bool tested = data->split.folds > 0 || data->split.test > 0 ||
		      (data->split.test != 0 && names_test(&data->source));
	const bool there[] = {[SPEC_TEST] = tested,
			      [SPEC_TRAIN] = true,
			      [SPEC_VALIDATION] = data->split.validation > 0};

	for (size_t i = 0; i < experiment->attack.count; i++) {
		if (!there[attack[i].part] && !selects(experiment, i))
			refuse_part(work, "attack", i, attack[i].part, data);
		if (attack[i].threat.units == UNITS_RAW)
			check_units(work, "attack", i, "units", data);
		if (attack[i].export)
			check_units(work, "attack", i, "export", data);
		if (attack[i].keep > 0)
			check_pictures(work, i, data);
	}
	for (size_t i = 0; i < experiment->certify.count; i++) {
		if (!there[certify[i].part])
			refuse_part(work, "certify", i, certify[i].part, data);
		if (certify[i].threat.units == UNITS_RAW)
			check_units(work, "certify", i, "units", data);
	}
}

/* --- outputs ------------------------------------------------------------------------------------
 */

/* "; several are for adam, scp", of outputs, or of weights; or nothing. */
static const char *takers(bool weights, struct arena *arena)
{
	struct text list = text_new(arena);

	for (size_t i = 0; i < registry_count(KIND_TRAINER); i++) {
		const struct desc *item = registry_at(KIND_TRAINER, i);

		const struct trainer *trainer = (const struct trainer *)(const void *)item;

		if (weights ? trainer->sample_weights : trainer->multi_output)
			text_item(&list, ", ", "%s", item->name);
	}
	return list.length > 0 ? arena_format(arena, "; %s are for %s",
					      weights ? "they" : "several", list.at)
			       : "";
}

/* The same of losses. */
static const char *losses(struct arena *arena)
{
	struct text list = text_new(arena);

	for (size_t i = 0; i < registry_count(KIND_LOSS); i++) {
		const struct desc *item = registry_at(KIND_LOSS, i);

		if (((const struct loss *)(const void *)item)->outputs)
			text_item(&list, ", ", "%s", item->name);
	}
	return arena_format(arena, "; several are for %s", list.at);
}

/* What the trainer expects of a problem of several outputs with this loss; NULL: it takes it. */
static const char *wanted_instead(const struct trainer *trainer, const struct cell *cell,
				  const struct targets *y)
{
	const struct loss *loss = (const struct loss *)(const void *)cell->train.loss.item;
	const struct problem problem = {
		.y = *y, .loss = {.loss = loss, .options = cell->train.loss.options, .weight = 1}};
	const char *wanted;

	return y->k > 1 && loss->outputs && trainer->takes &&
			       !trainer->takes(&problem, cell->train.solver.options, &wanted)
		       ? wanted
		       : NULL;
}

bool work_refuses(const struct experiment *experiment, const struct cell *cell,
		  struct work_outputs data, struct problems *problems)
{
	const struct trainer *trainer =
		(const struct trainer *)(const void *)cell->train.solver.item;
	const struct work work = {experiment, problems, problems, 0};
	const real any = 1;
	const bool weighted = cell->data.class_weights.count > 0;
	const struct targets y = {.k = (ptrdiff_t)data.k, .weight = weighted ? &any : NULL};
	const struct loss *loss = (const struct loss *)(const void *)cell->train.loss.item;
	const char *refusal = trainer_refusal(trainer, &y);
	const bool weights = trainer->multi_output || data.k < 2; /* are refused */
	const bool area = cell->train.select.by == SELECT_VALIDATION_AUC && data.classes > 2;
	const char *wanted = refusal ? NULL : wanted_instead(trainer, cell, &y);
	struct arena arena = {0};
	size_t index;

	if (!refusal && !area && !wanted &&
	    (data.k < 2 || loss->outputs || (trainer->one_against_all && data.classes > 0)))
		return false;
	if (!find_entry(experiment, "train", cell->train.name, &index))
		index = 0;
	if (area) {
		refuse(&work, problems, "train", index, "select",
		       arena_format(&arena,
				    "validation_auc is of two classes, and data set \"%.60s\" has "
				    "%zu",
				    cell->data.name, data.classes));
	} else if (wanted) {
		refuse(&work, problems, "train", index, "solver",
		       arena_format(&arena,
				    "\"%s\" expects %s, and data set \"%.60s\" has %zu outputs, "
				    "the loss is \"%s\"",
				    trainer->base.name, wanted, cell->data.name, data.k,
				    loss->base.name));
	} else if (!refusal) {
		refuse(&work, problems, "train", index, "loss",
		       arena_format(&arena,
				    "\"%s\" takes one output, and data set \"%.60s\" has %zu%s",
				    loss->base.name, cell->data.name, data.k, losses(&arena)));
	} else {
		const char *has = "class_weights", *remedy = "";

		if (!weights && data.classes == 2) {
			has = "2 classes with an output each";
			remedy = ": leave out its coding";
		} else if (!weights && data.classes > 0) {
			has = arena_format(&arena, "%zu classes", data.classes);
			remedy = ": choose two, or two groups, with its classes";
		} else if (!weights) {
			has = arena_format(&arena, "%zu targets", data.k);
			remedy = ": choose one";
		}
		refuse(&work, problems, "train", index, "solver",
		       arena_format(&arena, "\"%s\" %s, and data set \"%.60s\" has %s%s%s",
				    trainer->base.name, refusal, cell->data.name, has, remedy,
				    takers(weights, &arena)));
	}
	arena_release(&arena);
	return true;
}

/* Why a method does not go the path of penalties that it is asked for, and the option to blame;
 * NULL: it does, or there is none. */
static const char *refuses_path(const struct train_options *train, const char **option,
				struct arena *arena)
{
	const struct trainer *trainer = (const struct trainer *)(const void *)train->solver.item;
	struct text list = text_new(arena);

	*option = "beta";
	if (train->penalties < 2)
		return NULL;
	if (train->first_penalty <= train->beta)
		return arena_format(arena,
				    "path: expected a first penalty above the last one, "
				    "%g, got %g",
				    train->beta, train->first_penalty);
	if (trainer->path)
		return trainer->path(train->solver.options, option);
	for (size_t i = 0; i < registry_count(KIND_TRAINER); i++) {
		const struct desc *item = registry_at(KIND_TRAINER, i);

		if (((const struct trainer *)(const void *)item)->path)
			text_item(&list, ", ", "%s", item->name);
	}
	return arena_format(arena,
			    "path: \"%s\" has one penalty a cell: expected a number, a list or "
			    "{log: [first, last, count]}; paths are for %s",
			    trainer->base.name, list.at);
}

/* As far as a list of classes tells. */
static struct work_outputs outputs_of(const struct data_options *data)
{
	const size_t classes = data->classes.count;

	return (struct work_outputs){.k = data_outputs(data, classes), .classes = classes};
}

/* Why no bound over all networks goes with a method; NULL: it does, or none is asked for. */
static const char *refuses_bound(const struct train_options *train, ptrdiff_t k,
				 struct arena *arena)
{
	const struct trainer *trainer = (const struct trainer *)(const void *)train->solver.item;
	const struct trainer *bound = (const struct trainer *)(const void *)train->bound.item;

	if (!bound)
		return NULL;
	if (bound->makes || !bound->certify)
		return arena_format(arena, "expected true or a method of bounds, got \"%s\"",
				    bound->base.name);
	if (trainer->certify)
		return arena_format(arena,
				    "\"%s\" has a bound of its own: give {solver: %s} an entry of "
				    "its own",
				    trainer->base.name, bound->base.name);
	if (trainer_makes(trainer, train->solver.options, k) != &model_relu ||
	    trainer_robust(trainer, train->solver.options))
		return arena_format(arena,
				    "expected a method that trains ReLU networks of one output on "
				    "clean data, got \"%s\"",
				    trainer->base.name);
	return NULL;
}

/* Options that the trainer refuses, or refuses behind such steps of `prepare`. */
static void check_options(const struct work *work, const struct cell *cell)
{
	const struct choice *solver = &cell->train.solver;
	const struct trainer *trainer = (const struct trainer *)(const void *)solver->item;
	const char *option, *refusal = NULL;
	struct arena arena = {0};
	bool frozen = false;
	size_t index;

	for (size_t i = 0; i < cell->data.prepare.count; i++)
		frozen |= ((const struct prepare *)(const void *)cell->data.prepare.at[i].item)
				  ->freezes;
	if (trainer->refuses)
		refusal = trainer->refuses(solver->options, frozen, &option);
	if (!refusal)
		refusal = refuses_path(&cell->train, &option, &arena);
	if (!refusal) {
		option = "bound";
		refusal = refuses_bound(&cell->train, (ptrdiff_t)outputs_of(&cell->data).k, &arena);
	}
	if (refusal && find_entry(work->experiment, "train", cell->train.name, &index))
		refuse(work, work->problems, "train", index, option, refusal);
	arena_release(&arena);
}

/* --- files --------------------------------------------------------------------------------------
 */

/* The scalar that a path was made of. */
struct origin {
	const char *path;
	size_t length; /* of the end of the path that it gave */
	const struct node *node;
	char trail[PROBLEM_PATH_ROOM];
};

/* A path ends with what a spec says of it behind its variables. */
static void find_origin(struct origin *origin, const struct node *node, const struct trail *trail)
{
	if (node->kind == NODE_SCALAR) {
		const char *close = strrchr(node->text, '}');
		const char *end = close ? close + 1 : node->text;
		size_t length = strlen(end), whole = strlen(origin->path);

		if (length <= origin->length || length > whole ||
		    strcmp(origin->path + whole - length, end) != 0)
			return;
		origin->length = length;
		origin->node = node;
		problem_path(trail, origin->trail, sizeof origin->trail);
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		bool map = node->kind == NODE_MAP;
		struct trail step = {trail, map ? node->keys[i].text : NULL, i};

		if (!map || strcmp(step.key, "name") != 0)
			find_origin(origin, node->items[i], &step);
	}
}

struct lookup {
	struct work *work;
	const char *list, *name; /* of the entry that names the files */
};

static void check_path(const struct option *row, const char **path, void *context)
{
	const struct lookup *lookup = context;
	struct work *work = lookup->work;
	struct trail top = {.key = lookup->list}, trail = {.up = &top};
	struct origin origin = {.path = *path};
	struct err err = {0};
	const struct node *entry;

	(void)row;
	if (data_file_there(*path, &err) == STATUS_OK)
		return;
	entry = find_entry(work->experiment, lookup->list, lookup->name, &trail.index);
	if (entry)
		find_origin(&origin, entry, &trail);
	problem_add(work->problems,
		    origin.node ? origin.node->at
		    : entry     ? entry->at
				: work->experiment->tree->at,
		    NULL, "%s: %s: %s", origin.node ? origin.trail : lookup->list, *path, err.text);
	work->missing++;
}

enum status work_check(const struct experiment *experiment, struct problems *problems,
		       struct problems *untested)
{
	struct work work = {experiment, problems, untested, 0};
	size_t others;

	for (size_t i = 0; i < experiment->cell_count; i++) {
		const struct cell *cell = &experiment->cells[i];
		const struct choice *solver = &cell->train.solver;
		const struct trainer *trainer = (const struct trainer *)(const void *)solver->item;
		const struct threat_options *threat =
			trainer->threat ? trainer->threat(solver->options) : NULL;
		size_t index;

		if (cell->repetition > 0 || cell->data.split.fold > 1)
			continue;
		check_threats(&work, &cell->data);
		check_options(&work, cell);
		if (outputs_of(&cell->data).k > 1 || cell->data.class_weights.count > 0)
			work_refuses(experiment, cell, outputs_of(&cell->data), problems);
		if (threat && threat->units == UNITS_RAW &&
		    find_entry(experiment, "train", cell->train.name, &index))
			check_units(&work, "train", index, "units", &cell->data);
	}
	others = problems->count;
	for (size_t i = 0; i < experiment->cell_count; i++) {
		const struct cell *cell = &experiment->cells[i];
		struct lookup data = {&work, "data", cell->data.name};
		struct lookup train = {&work, "train", cell->train.name};

		if (cell->repetition > 0 || cell->data.split.fold > 1)
			continue;
		option_each_path(&cell->data.source, check_path, &data);
		option_each_path(&cell->train.solver, check_path, &train);
	}
	if (others > 0)
		return STATUS_SPEC;
	return work.missing > 0 ? STATUS_ENV : STATUS_OK;
}

/* --- errors of the data -------------------------------------------------------------------------
 */

/* "csv.label: ..." or "classes: ...". */
static bool starts_with_key(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz_");

	return length > 0 && (text[length] == '.' || text[length] == ':');
}

void work_locate(const struct experiment *experiment, const struct data_options *data,
		 struct err *err)
{
	bool named = strncmp(err->source, "data \"", strlen("data \"")) == 0; /* no file */
	const struct node *entry, *node, *below;
	struct err told = *err;
	const char *keys = named ? told.text : data->source.item->name;
	char place[32] = "", key[64];
	size_t index;

	entry = find_entry(experiment, "data", data->name, &index);
	if (!entry)
		return;
	/* the value that "csv.label: ..." is about, as deep as its keys are there */
	for (node = below = entry; below && below->kind == NODE_MAP;) {
		size_t length = strcspn(keys, ".:");

		node = below;
		if (length == 0 || length >= sizeof key)
			break;
		snprintf(key, sizeof key, "%.*s", (int)length, keys);
		below = node_get(node, key);
		keys += length + (keys[length] == '.');
	}
	node = below ? below : node;
	*err = (struct err){0};
	if (told.line > 0)
		snprintf(place, sizeof place, ":%d:%d", told.line, told.col);
	if (named)
		err_at(err, told.status, node->at, "data[%zu]%s%s", index,
		       starts_with_key(told.text) ? "." : ": ", told.text);
	else
		err_at(err, told.status, node->at, "data[%zu].%s: %s%s: %s", index,
		       data->source.item->name, told.source, place, told.text);
}

/* What a cell asks for that ranks do not do yet, and the option to blame; NULL: nothing. */
static const char *refuses_ranks(const struct cell *cell, const char **option)
{
	const struct trainer *trainer =
		(const struct trainer *)(const void *)cell->train.solver.item;

	*option = "solver";
	if (!trainer->spread)
		return "needs all rows in one process";
	if (cell->train.fresh > 0) {
		*option = "fresh";
		return "patterns drawn anew need all rows in one process";
	}
	return trainer->spread(cell->train.solver.options, option);
}

void work_check_ranks(const struct experiment *experiment, bool mpi, struct problems *problems)
{
	struct trail top = {.key = "resources"}, trail = {&top, "ranks", 0};
	const struct node *resources = node_get(experiment->tree, "resources");
	struct err_place at = check_place(resources ? resources : experiment->tree, "ranks");
	long ranks = experiment->resources.ranks, nodes = experiment->resources.nodes;

	if (nodes > ranks) {
		trail.key = "nodes";
		problem_add(problems,
			    check_place(resources ? resources : experiment->tree, "nodes"), &trail,
			    "%ld nodes for %ld rank%s of a cell (resources.ranks)", nodes, ranks,
			    ranks == 1 ? "" : "s");
		return;
	}
	if (ranks <= 1)
		return;
	if (!mpi) {
		problem_add(problems, at, &trail,
			    "this program is built without MPI, %ld ranks need `make MPI=1`",
			    ranks);
		return;
	}
	for (size_t i = 0; i < experiment->cell_count; i++) {
		const struct cell *cell = &experiment->cells[i];
		const char *option, *reason = refuses_ranks(cell, &option);

		if (!reason)
			continue;
		problem_add(problems, at, &trail, "method \"%s\": %s: %s", cell->train.name, option,
			    reason);
		return;
	}
}
