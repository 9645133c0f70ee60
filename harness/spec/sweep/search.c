/* Settings drawn from ranges: a point of the unit cube for each, a coordinate for each option. */
#include "harness/spec/sweep/search.h"
#include "harness/spec/sweep/zip.h"

#include "harness/spec/bind/bind.h"
#include "harness/spec/tree/tree.h"
#include "solvers/core/rng.h"
#include "solvers/tools/sobol.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char search_key[] = "search";

enum drawn_by { BY_SOBOL, BY_RANDOM };

struct search_options {
	long draws, by, seed;
};

static const char *const by_names[] = {[BY_SOBOL] = "sobol", [BY_RANDOM] = "random", NULL};

const struct option search_rows[] = {
	{OPTION_FIELD(struct search_options, draws), .range = RANGE_WITHIN(1, GENERATOR_MAX_VALUES),
	 .doc = "settings; more of them later keep those that are there"},
	{OPTION_FIELD(struct search_options, by), .initial = "sobol", .names = by_names,
	 .doc = "points of the unit cube: of a shifted Sobol sequence (Joe and Kuo 2008), or "
		"independent ones"},
	{OPTION_FIELD(struct search_options, seed), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "of the points; they are the same for every data set and repetition"},
	{.name = NULL},
};

enum scale { SCALE_LINEAR, SCALE_LOG, SCALE_WHOLE, SCALE_LOG_WHOLE, SCALE_LIST, SCALES };

static const char *const scales[] = {[SCALE_LINEAR] = "linear",
				     [SCALE_LOG] = "log",
				     [SCALE_WHOLE] = "whole",
				     [SCALE_LOG_WHOLE] = "log_whole"};

/* Where the values of one option come from. */
struct range_node {
	const struct node *node; /* for positions */
	const struct node *list; /* SCALE_LIST: the values themselves */
	enum scale scale;
	double low, high;
};

static bool read_range(const struct bind *bind, const struct node *node, const struct trail *trail,
		       struct range_node *out)
{
	const struct node *ends = node;
	bool logs, wholes;

	*out = (struct range_node){.node = node, .list = node, .scale = SCALE_LIST};
	if (node->kind == NODE_LIST && node->count > 0)
		return true;
	if (node->kind == NODE_MAP && node->count == 1) {
		ends = node->items[0];
		for (int s = 0; s < SCALE_LIST; s++)
			if (strcmp(node->keys[0].text, scales[s]) == 0)
				out->scale = (enum scale)s;
	}
	logs = out->scale == SCALE_LOG || out->scale == SCALE_LOG_WHOLE;
	wholes = out->scale == SCALE_WHOLE || out->scale == SCALE_LOG_WHOLE;
	if (out->scale != SCALE_LIST && ends->kind == NODE_LIST && ends->count == 2 &&
	    ends->items[0]->kind == NODE_SCALAR && ends->items[1]->kind == NODE_SCALAR &&
	    scalar_real(ends->items[0]->text, UNIT_NONE, &out->low) &&
	    scalar_real(ends->items[1]->text, UNIT_NONE, &out->high) && out->low < out->high &&
	    (!logs || out->low > 0) &&
	    (!wholes || (out->low == floor(out->low) && out->high == floor(out->high))))
		return true;
	problem_add(bind->problems, node->at, trail,
		    "expected a list of values, or {linear: [low, high]}, log, whole or log_whole "
		    "with low < high, of log ones > 0, of whole ones whole");
	return false;
}

/* The value at a share u in [0, 1) of a range. Whole numbers have equal parts of it, on the scale
 * of logarithms those that round to them. */
static const struct node *value_at(const struct range_node *range, double u, struct arena *arena)
{
	struct node *value;
	char text[SCALAR_ROOM];
	double at;

	if (range->scale == SCALE_LIST)
		return range->list->items[(size_t)(u * (double)range->list->count)];
	if (range->scale == SCALE_WHOLE)
		at = floor(range->low + u * (range->high - range->low + 1));
	else if (range->scale == SCALE_LOG_WHOLE)
		at = round((range->low - 0.5) * pow((range->high + 0.5) / (range->low - 0.5), u));
	else if (range->scale == SCALE_LOG)
		at = range->low * pow(range->high / range->low, u);
	else
		at = range->low + u * (range->high - range->low);
	at = fmin(fmax(at, range->low), range->high);
	snprintf(text, sizeof text, "%.6g", at); /* as precise as a table shows it */
	if (range->scale == SCALE_WHOLE || range->scale == SCALE_LOG_WHOLE)
		snprintf(text, sizeof text, "%.0f", at);
	scalar_print_real(strtod(text, NULL), text);
	value = ARENA_NEW(arena, struct node);
	*value = (struct node){
		.plain = true, .at = range->node->at, .text = arena_text(arena, text), .size = 1};
	return value;
}

static bool same(const struct node *const *const *values, size_t count, size_t a, size_t b)
{
	for (size_t k = 0; k < count; k++)
		if (values[k][a] != values[k][b] &&
		    (values[k][a]->kind != NODE_SCALAR || values[k][b]->kind != NODE_SCALAR ||
		     strcmp(values[k][a]->text, values[k][b]->text) != 0))
			return false;
	return true;
}

/* Values of each option, draw by draw; returns how many draws differ. */
static size_t draw(const struct search_options *o, const struct range_node *ranges, size_t count,
		   const struct node ***values, struct arena *arena)
{
	size_t kept = 0, seen;

	for (size_t i = 0; i < (size_t)o->draws; i++) {
		for (size_t k = 0; k < count; k++) {
			struct rng rng = rng_stream((uint64_t)o->seed, "search",
						    o->by == BY_SOBOL ? k : i * count + k);
			double u = o->by == BY_SOBOL
					   ? sobol_at((uint32_t)i, k, (uint32_t)rng_bits(&rng))
					   : rng_uniform(&rng);

			values[k][kept] = value_at(&ranges[k], u, arena);
		}
		for (seen = 0; seen < kept; seen++)
			if (same((const struct node *const *const *)values, count, seen, kept))
				break;
		kept += seen == kept;
	}
	return kept;
}

/* A map from the options to lists of their values. */
static const struct node *drawn(const struct search_options *o, const struct node *over,
				const struct range_node *ranges, struct arena *arena)
{
	const struct node ***values = ARENA_ARRAY(arena, const struct node **, over->count);
	const struct node **lists = ARENA_ARRAY(arena, const struct node *, over->count);
	struct node *map = ARENA_NEW(arena, struct node), *list;
	size_t kept;

	for (size_t k = 0; k < over->count; k++)
		values[k] = ARENA_ARRAY(arena, const struct node *, (size_t)o->draws);
	kept = draw(o, ranges, over->count, values, arena);
	for (size_t k = 0; k < over->count; k++) {
		list = ARENA_NEW(arena, struct node);
		*list = (struct node){.kind = NODE_LIST,
				      .at = over->items[k]->at,
				      .count = kept,
				      .items = values[k],
				      .size = kept + 1};
		lists[k] = list;
	}
	*map = *over;
	map->items = lists;
	return map;
}

const struct node *search_graft(const struct bind *bind, const struct node *entry,
				const struct trail *up)
{
	const struct node *search = node_get(entry, search_key), *over;
	struct trail trail = {up, search_key, 0}, step = {&trail, "over", 0};
	struct bind own = {.arena = bind->arena, .problems = bind->problems};
	struct node_key zip = {.text = zip_key};
	struct range_node ranges[SOBOL_DIMENSIONS];
	struct search_options options = {0};
	bool good;

	if (!search)
		return entry;
	entry = node_without(entry, search_key, bind->arena);
	over = search->kind == NODE_MAP ? node_get(search, "over") : NULL;
	good = bind_rows(&own, search_rows,
			 over ? node_without(search, "over", bind->arena) : search, &trail,
			 &options);
	if (search->kind != NODE_MAP)
		return entry;
	if (node_get(entry, zip_key)) {
		problem_add(bind->problems, search->at, &trail, "expected search or zip, got both");
		return entry;
	}
	if (!over || over->kind != NODE_MAP || !over->count || over->count > SOBOL_DIMENSIONS) {
		problem_add(bind->problems, over ? over->at : search->at, &step,
			    "expected a map of 1 to %d options and their ranges", SOBOL_DIMENSIONS);
		return entry;
	}
	for (size_t k = 0; k < over->count; k++)
		good &= read_range(bind, over->items[k],
				   &(struct trail){&step, over->keys[k].text, 0}, &ranges[k]);
	if (!good)
		return entry;
	zip.at = search->at;
	return node_with(bind->arena, entry, entry->count, zip,
			 drawn(&options, over, ranges, bind->arena));
}
