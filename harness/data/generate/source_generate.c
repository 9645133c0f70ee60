/* Source `generate`: hands over to a generator and cuts off the test part. */
#include "harness/data/generate/generate.h"

#include <string.h>

/* Numbers that are drawn only to be counted; of more, both classes are taken to be as large. */
static const double most_counted = 1 << 20;

static const struct option rows[] = {
	{OPTION_FIELD(struct generate_options, kind), .kind = KIND_GENERATOR, .style = CHOICE_FLAT,
	 .doc = "the generator; its options are keys beside this one"},
	{0},
};

struct table generate_table(const struct generate_size *size, size_t d, bool regression,
			    struct arena *arena)
{
	struct table table = {.n = (size_t)(size->n + size->test), .d = d};

	table.x = arena_alloc(arena, table.n, d * sizeof(double));
	table_room(&table, table.n, regression, arena);
	return table;
}

void generate_label(struct table *table, const struct generate_size *size, size_t row,
		    bool positive, double flip, struct rng *rng)
{
	bool turn = rng_uniform(rng) < flip && row < (size_t)size->n;

	if (table->target)
		table->target[row] = positive != turn ? 1 : -1;
	else
		table->label[row] = positive != turn ? "1" : "-1";
}

/* Columns, from two rows; 0 if the generator makes no two. */
static size_t columns_of(const struct generator *generator, const struct generate_size *size,
			 bool regression)
{
	struct generate_size *few;
	struct rng rng = rng_stream(0, "generate", 0);
	struct arena arena = {0};
	struct table table = {0};
	struct err err = {0};
	size_t d = 0;

	few = arena_alloc(&arena, generator->base.size, 1);
	memcpy(few, size, generator->base.size);
	few->n = 2;
	few->test = 0;
	if (generator->generate(few, regression, &rng, &arena, &table, &err) == STATUS_OK)
		d = table.d;
	arena_release(&arena);
	return d;
}

static enum status read_generate(const void *options, const struct read_request *request,
				 struct arena *arena, struct table *train, struct table *test,
				 struct err *err)
{
	const struct generate_options *o = options;
	const struct generator *generator = (const struct generator *)o->kind.item;
	const struct generate_size *size = o->kind.options;
	struct rng rng = rng_stream(request->seed, "generate", 0);
	size_t d = request->count ? columns_of(generator, size, request->regression) : 0;
	struct table all = {0};

	if ((double)(size->n + size->test) * (double)d > most_counted) {
		all = generate_table(size, 0, request->regression, arena);
		all.x = NULL;
		all.d = d;
		for (size_t i = 0; i < all.n && all.label; i++)
			all.label[i] = i % 2 ? "1" : "-1";
	} else {
		TRY(generator->generate(size, request->regression, &rng, arena, &all, err));
	}
	*train = all;
	train->n = (size_t)size->n;
	if (size->test > 0)
		*test = (struct table){.n = (size_t)size->test,
				       .d = all.d,
				       .k = all.k,
				       .x = all.x ? all.x + train->n * all.d : NULL,
				       .label = all.label ? all.label + train->n : NULL,
				       .target = all.target ? all.target + train->n : NULL};
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
