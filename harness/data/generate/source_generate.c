/* Source `generate`: hands over to a generator and cuts off the test part. */
#include "harness/data/generate/generate.h"

#include <stdlib.h>

/* Numbers that are drawn only to be counted; of more, all classes are taken to be as large. */
static const double most_counted = 1 << 20;

static const struct option rows[] = {
	{OPTION_FIELD(struct generate_options, kind), .kind = KIND_GENERATOR, .style = CHOICE_FLAT,
	 .doc = "the generator; its options are keys beside this one"},
	{0},
};

void generate_label(struct generated *out, size_t row, size_t class, double flip, struct rng *rng)
{
	bool turn = rng_uniform(rng) < flip && row < out->train;
	size_t given = (class + turn) % out->classes;

	if (out->table.target)
		out->table.target[row * out->table.k] = strtod(out->class[given], NULL);
	else
		out->table.label[row] = out->class[given];
}

/* Rows without features, labels or targets. */
static struct generated begin(const struct generate_size *size, struct generate_shape shape,
			      bool regression, struct arena *arena)
{
	struct generated out = {.train = (size_t)size->n, .classes = shape.classes};

	out.table = (struct table){.n = (size_t)(size->n + size->test), .d = shape.d};
	table_room(&out.table, out.table.n, regression ? shape.targets : 0, arena);
	out.class = ARENA_ARRAY(arena, const char *, shape.classes);
	for (size_t c = 0; c < shape.classes; c++)
		out.class[c] = shape.classes > 2 ? arena_format(arena, "%zu", c + 1)
			       : c               ? "1"
						 : "-1";
	return out;
}

static enum status read_generate(const void *options, const struct read_request *request,
				 struct arena *arena, struct table *train, struct table *test,
				 struct err *err)
{
	const struct generate_options *o = options;
	const struct generator *generator = (const struct generator *)o->kind.item;
	const struct generate_size *size = o->kind.options;
	struct rng rng = rng_stream(request->seed, "generate", 0);
	struct generate_shape shape = generator->shape(size);
	struct generated made = begin(size, shape, request->regression, arena);
	struct table all;

	(void)err;
	if (request->count && (double)made.table.n * (double)shape.d > most_counted) {
		for (size_t i = 0; i < made.table.n && made.table.label; i++)
			made.table.label[i] = made.class[i % shape.classes];
	} else {
		made.table.x = arena_alloc(arena, made.table.n, shape.d * sizeof(double));
		generator->generate(size, &rng, arena, &made);
	}
	all = made.table;
	*train = all;
	train->n = (size_t)size->n;
	if (size->test > 0)
		*test = (struct table){.n = (size_t)size->test,
				       .d = all.d,
				       .k = all.k,
				       .x = all.x ? all.x + train->n * all.d : NULL,
				       .label = all.label ? all.label + train->n : NULL,
				       .target = all.target ? all.target + train->n * all.k : NULL};
	return STATUS_OK;
}

const struct source source_generate = {
	.base = {.name = "generate",
		 .doc = "data drawn at random, reproducible from the seed and the repetition",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct generate_options)},
	.read = read_generate,
};
