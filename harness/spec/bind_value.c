/* Binding of single values and of lists of them. */
#include "harness/spec/bind.h"
#include "harness/spec/expect.h"
#include "harness/spec/scalar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool bind_mismatch(struct bind *bind, const struct option *row, const struct node *node,
		   const struct trail *trail)
{
	char expected[EXPECT_ROOM], found[EXPECT_ROOM / 4], suggestion[EXPECT_ROOM / 8] = "";
	struct names names = {0};

	expect_row(row, expected, sizeof expected);
	node_found(node, found, sizeof found);
	expect_row_names(row, &names);
	if (node->kind == NODE_SCALAR)
		expect_suggestion(&names, node->text, suggestion, sizeof suggestion);
	problem_add(bind->problems, node->at, trail, "expected %s, got %s%s", expected, found,
		    suggestion);
	return false;
}

bool bind_missing(struct bind *bind, const struct option *row, const struct node *map,
		  const struct trail *trail)
{
	char expected[EXPECT_ROOM];

	expect_row(row, expected, sizeof expected);
	problem_add(bind->problems, map->at, trail, "expected %s, got nothing", expected);
	return false;
}

void bind_unset(const struct option *row, void *field)
{
	static const size_t sizes[] = {
		[OPTION_BOOL] = sizeof(bool),
		[OPTION_TEXT] = sizeof(const char *),
		[OPTION_REALS] = sizeof(struct reals),
		[OPTION_TEXTS] = sizeof(struct texts),
		[OPTION_CHOICE] = sizeof(struct choice),
		[OPTION_CHOICES] = sizeof(struct choices),
		[OPTION_GROUPS] = sizeof(struct groups),
		[OPTION_GROUP] = 0,
	};

	if (row->type == OPTION_REAL)
		*(double *)field = NAN;
	else if (row->type == OPTION_INT)
		*(long *)field = SCALAR_UNSET_INT;
	else
		memset(field, 0, sizes[row->type]);
}

bool bind_bool(struct bind *bind, const struct option *row, const struct node *node,
	       const struct trail *trail, void *field)
{
	bool yes = node->kind == NODE_SCALAR && strcmp(node->text, "true") == 0;

	if (!yes && (node->kind != NODE_SCALAR || strcmp(node->text, "false") != 0))
		return bind_mismatch(bind, row, node, trail);
	*(bool *)field = yes;
	return true;
}

static bool name_index(const char *const *names, const char *name, long *out)
{
	for (long i = 0; names && names[i]; i++)
		if (strcmp(names[i], name) == 0) {
			*out = i;
			return true;
		}
	return false;
}

bool bind_int(struct bind *bind, const struct option *row, const struct node *node,
	      const struct trail *trail, void *field)
{
	long value = 0;
	bool good = node->kind == NODE_SCALAR;

	if (good && row->names)
		good = name_index(row->names, node->text, &value);
	else if (good && name_index(row->words, node->text, &value))
		value = -1 - value;
	else if (good)
		good = scalar_int(node->text, row->unit, &value) &&
		       scalar_in_range(&row->range, (double)value);
	if (!good)
		return bind_mismatch(bind, row, node, trail);
	*(long *)field = value;
	return true;
}

bool bind_real(struct bind *bind, const struct option *row, const struct node *node,
	       const struct trail *trail, void *field)
{
	double value;

	if (node->kind != NODE_SCALAR || !scalar_real(node->text, row->unit, &value) ||
	    !scalar_in_range(&row->range, value))
		return bind_mismatch(bind, row, node, trail);
	*(double *)field = value;
	return true;
}

/* Value of an environment variable; the folder of data sets has a default. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	if (!value && strcmp(name, "RELUBENCH_DATA") == 0)
		value = "data";
	return value;
}

/* Replace each ${NAME}. NULL after a problem. */
static const char *expand(struct bind *bind, const struct node *node, const struct trail *trail)
{
	const char *rest = node->text, *done = "", *open;

	while ((open = strstr(rest, "${"))) {
		const char *close = strchr(open, '}');
		const char *name, *value;

		if (!close) {
			problem_add(bind->problems, node->at, trail,
				    "expected \"}\" behind \"${\", got \"%s\"", open);
			return NULL;
		}
		name = arena_text_n(bind->arena, open + 2, (size_t)(close - open) - 2);
		value = variable(name);
		if (!value) {
			problem_add(
				bind->problems, node->at, trail,
				"expected a path, but the environment variable \"%s\" is not set",
				name);
			return NULL;
		}
		done = arena_format(bind->arena, "%s%.*s%s", done, (int)(open - rest), rest, value);
		rest = close + 1;
	}
	return arena_format(bind->arena, "%s%s", done, rest);
}

/* A path that starts with a variable is not relative to the spec. */
static const char *resolve(struct bind *bind, const struct node *node, const struct trail *trail)
{
	const char *path = expand(bind, node, trail);

	if (!path || path[0] == '/' || strncmp(node->text, "${", 2) == 0 || !bind->folder[0])
		return path;
	return arena_format(bind->arena, "%s/%s", bind->folder, path);
}

bool bind_text(struct bind *bind, const struct option *row, const struct node *node,
	       const struct trail *trail, void *field)
{
	const char *text = node->text;

	if (node->kind != NODE_SCALAR || node_is_null(node))
		return bind_mismatch(bind, row, node, trail);
	if (row->path && !text[0])
		return bind_mismatch(bind, row, node, trail);
	if (row->path && bind->folder)
		text = resolve(bind, node, trail);
	*(const char **)field = text;
	return text;
}

/* The index-th element of a list; a single value is a list of one. */
static const struct node *element(const struct option *row, const struct node *node, size_t index,
				  struct arena *arena)
{
	if (node->kind == NODE_SCALAR)
		return node;
	return sweep_value(row, node, index, arena);
}

static size_t element_count(const struct option *row, const struct node *node)
{
	return node->kind == NODE_SCALAR ? 1 : sweep_count(row, node);
}

/* The row of a single element, for its message. */
static struct option element_row(const struct option *row, enum option_type type)
{
	struct option single = *row;

	single.type = type;
	single.initial = NULL;
	return single;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static bool check_interval(struct bind *bind, const struct reals *list, const struct node *node,
			   const struct trail *trail)
{
	static const char expected[] = "expected two ascending numbers or null, got";

	if (list->count == 2 && !(list->at[0] < list->at[1]))
		problem_add(bind->problems, node->at, trail, "%s %g and %g", expected, list->at[0],
			    list->at[1]);
	else if (list->count != 0 && list->count != 2)
		problem_add(bind->problems, node->at, trail, "%s %zu numbers", expected,
			    list->count);
	else
		return true;
	return false;
}

/* And sort it. */
static bool check_set(struct bind *bind, const struct reals *list, const struct node *node,
		      const struct trail *trail)
{
	bool good = list->count > 0;

	if (!good)
		problem_add(bind->problems, node->at, trail,
			    "expected at least one number, got an empty list");
	qsort((double *)list->at, list->count, sizeof *list->at, ascending);
	for (size_t i = 1; i < list->count; i++)
		if (!(list->at[i - 1] < list->at[i])) {
			problem_add(bind->problems, node->at, trail,
				    "expected distinct values, got %g twice", list->at[i]);
			good = false;
		}
	return good;
}

bool bind_reals(struct bind *bind, const struct option *row, const struct node *node,
		const struct trail *trail, void *field)
{
	const struct option single = element_row(row, OPTION_REAL);
	struct reals *list = field;
	struct trail step = {.up = trail};
	bool good = true;
	double *at;

	if (node->kind == NODE_MAP && (!sweep_is_generator(node) || !sweep_count(row, node)))
		return bind_mismatch(bind, row, node, trail);
	list->count = element_count(row, node);
	at = ARENA_ARRAY(bind->arena, double, list->count);
	for (step.index = 0; step.index < list->count; step.index++) {
		const struct node *item = element(row, node, step.index, bind->arena);

		good &= bind_real(bind, &single, item, &step, &at[step.index]);
	}
	list->at = at;
	if (good && row->shape == LIST_INTERVAL)
		return check_interval(bind, list, node, trail);
	return good && (row->shape != LIST_SET || check_set(bind, list, node, trail));
}

bool bind_texts(struct bind *bind, const struct option *row, const struct node *node,
		const struct trail *trail, void *field)
{
	const struct option single = element_row(row, OPTION_TEXT);
	struct texts *list = field;
	struct trail step = {.up = trail};
	bool good = true;
	const char **at;

	if (node->kind == NODE_MAP)
		return bind_mismatch(bind, row, node, trail);
	list->count = element_count(row, node);
	at = ARENA_ARRAY(bind->arena, const char *, list->count);
	for (step.index = 0; step.index < list->count; step.index++)
		good &= bind_text(bind, &single, element(row, node, step.index, bind->arena), &step,
				  &at[step.index]);
	list->at = at;
	return good;
}
