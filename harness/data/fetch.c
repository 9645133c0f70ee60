/* Rows by their places. See fetch.h. */
#include "harness/data/fetch.h"

enum { PLANE = 2 }; /* features, which plots keep */

size_t fetch_element(const struct fetch *fetch, const struct rows *train)
{
	const struct data_options *o = fetch->options;
	const struct source *source = (const struct source *)o->source.item;
	size_t behind = 1;

	if (!source->element || o->prepare.count > 0 || fetch->d == PLANE)
		return 0;
	while (behind < train->n && train->row[behind] == train->row[0] + behind)
		behind++;
	return behind >= train->n ? source->element(o->source.options) : 0;
}

static enum status read_rows(const struct fetch *fetch, bool test, struct rows *rows,
			     struct arena *scratch, struct err *err)
{
	const struct data_options *o = fetch->options;
	const struct source *source = (const struct source *)o->source.item;
	const struct rows_wanted wanted = {test, rows->row, rows->n, fetch->d};

	rows->d = fetch->d;
	rows->x = arena_alloc(scratch, rows->n, rows->d * sizeof *rows->x);
	return rows->n == 0 ? STATUS_OK : source->rows(o->source.options, &wanted, rows->x, err);
}

static enum status read_train(const struct fetch *fetch, struct rows *train, struct arena *scratch,
			      struct err *err)
{
	const struct data_options *o = fetch->options;
	const struct source *source = (const struct source *)o->source.item;
	const struct rows_wanted wanted = {false, train->row, train->n, fetch->d};

	if (fetch_element(fetch, train) != sizeof(real))
		return read_rows(fetch, false, train, scratch, err);
	train->d = fetch->d;
	return source->view(o->source.options, &wanted, &train->view, err);
}

enum status fetch_parts(const struct fetch *fetch, struct rows_shared *shared,
			struct arena *scratch, struct err *err)
{
	struct rows *train = &fetch->parts[SPLIT_TRAIN], *test = &fetch->parts[SPLIT_TEST];
	struct ranks_rows mine = ranks_rows(shared->ranks, (ptrdiff_t)train->n);
	size_t first = (size_t)mine.first;

	shared->all = *train;
	train->n = (size_t)mine.rows;
	train->y = train->y ? train->y + first * train->k : NULL;
	train->label = train->label ? train->label + first : NULL;
	train->row = train->row + first;
	train->shared = shared->ranks ? shared : NULL;
	if (ranks_at(shared->ranks) > 0)
		test->n = 0;
	if (mine.rows == 0)
		return err_set(err, STATUS_SPEC, "%d ranks for %zu training samples",
			       shared->ranks->count, shared->all.n);
	TRY(read_train(fetch, train, scratch, err));
	TRY(read_rows(fetch, false, &fetch->parts[SPLIT_VALIDATION], scratch, err));
	return read_rows(fetch, fetch->own_test, test, scratch, err);
}
