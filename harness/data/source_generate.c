/* Source `generate`: hands over to a generator and cuts off the test part. */
#include "harness/data/generate.h"

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
	if (regression)
		table.target = ARENA_ARRAY(arena, double, table.n);
	else
		table.label = ARENA_ARRAY(arena, const char *, table.n);
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

/* Rows first .. first+count-1 */
static struct table slice(const struct table *table, size_t first, size_t count)
{
	struct table part = {.n = count, .d = table->d, .x = table->x + first * table->d};

	if (table->target)
		part.target = table->target + first;
	else
		part.label = table->label + first;
	return part;
}

static enum status read_generate(const void *options, const struct read_request *request,
				 struct arena *arena, struct table *train, struct table *test,
				 struct err *err)
{
	const struct generate_options *o = options;
	const struct generator *generator = (const struct generator *)o->kind.item;
	const struct generate_size *size = o->kind.options;
	struct rng rng = rng_stream(request->seed, "generate", 0);
	struct table all = {0};

	TRY(generator->generate(size, request->regression, &rng, arena, &all, err));
	*train = slice(&all, 0, (size_t)size->n);
	if (size->test > 0)
		*test = slice(&all, (size_t)size->n, (size_t)size->test);
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
