/* Rows for ranks. See deal.h. */
#include "harness/run/deal.h"

#include <string.h>

enum { NAME = 32 };

/* What is said before any row goes anywhere. */
struct heading {
	ptrdiff_t n, d, k, validation;
	double weight, most;   /* of the loss */
	size_t classes, names; /* names: bytes of those of the columns */
	bool regression, one_against_all, labels, weights, raw;
	char mixing[NAME]; /* of raw columns; "": they are not mixed */
};

/* The names of the columns one behind the other, each with its NUL; none is two of these. */
static size_t names_size(const struct problem *p)
{
	size_t size = 0;

	for (ptrdiff_t j = 0; p->columns && j < p->X.cols; j++)
		size += p->columns[j] ? strlen(p->columns[j]) + 1 : 1;
	return size;
}

static struct heading heading_of(const struct dataset *data, const struct problem *p)
{
	struct heading h = {.n = p->X.rows,
			    .d = p->X.cols,
			    .k = p->y.k,
			    .validation = p->X_validation.rows,
			    .weight = p->loss.weight,
			    .most = p->loss.most,
			    .classes = data->class_count,
			    .names = names_size(p),
			    .regression = data->regression,
			    .one_against_all = p->one_against_all,
			    .labels = p->y.label != NULL,
			    .weights = p->y.weight != NULL,
			    .raw = p->raw.scale != NULL};

	if (p->raw.mixing)
		strncpy(h.mixing, p->raw.mixing, sizeof h.mixing - 1);
	return h;
}

/* `bytes` each of `size`: those of every rank, from the array of all on the first one. */
static void deal(struct ranks *ranks, const struct heading *h, const void *from, void *at,
		 size_t size)
{
	for (int to = 1; to < ranks->count; to++) {
		struct ranks_rows rows = ranks_rows_of(to, ranks->count, h->n);
		const char *first = from ? (const char *)from + (size_t)rows.first * size : NULL;

		ranks_hand(ranks, 0, to, first, at, (size_t)rows.rows * size);
	}
}

/* Rows of X and their targets. On the first rank X stays a view, as it has all to evaluate on. */
static void deal_rows(struct ranks *ranks, const struct heading *h, struct problem *p,
		      struct arena *arena)
{
	struct ranks_rows rows = ranks_rows(ranks, h->n);
	const bool first = ranks->rank == 0;
	struct mat all = p->X,
		   X = first ? mat_rows(all, 0, rows.rows) : mat_new(arena, rows.rows, h->d);
	real *y = ARENA_ARRAY(arena, real, rows.rows * h->k), *weight = NULL;
	const struct targets of = p->y;
	int *label = NULL;

	for (ptrdiff_t j = 0; j < h->d; j++)
		deal(ranks, h, first ? mat_col(all, j) : NULL, mat_col(X, j), sizeof *X.at);
	for (ptrdiff_t c = 0; c < h->k; c++) {
		deal(ranks, h, first ? of.at + c * h->n : NULL, y + c * rows.rows, sizeof *y);
		if (first)
			memcpy(y + c * rows.rows, of.at + c * h->n, (size_t)rows.rows * sizeof *y);
	}
	if (h->labels) {
		label = ARENA_ARRAY(arena, int, rows.rows);
		deal(ranks, h, of.label, label, sizeof *label);
	}
	if (h->weights) {
		weight = ARENA_ARRAY(arena, real, rows.rows);
		deal(ranks, h, of.weight, weight, sizeof *weight);
	}
	p->X = X;
	p->y = (struct targets){.n = rows.rows,
				.k = h->k,
				.at = y,
				.label = first ? of.label : label,
				.weight = first ? of.weight : weight};
}

static void share_validation(struct ranks *ranks, const struct heading *h, struct problem *p,
			     struct arena *arena)
{
	struct targets *y = &p->y_validation;
	size_t n = (size_t)h->validation;

	if (ranks->rank > 0)
		p->X_validation = mat_new(arena, h->validation, h->d);
	for (ptrdiff_t j = 0; j < h->d && n > 0; j++)
		ranks_share(ranks, 0, mat_col(p->X_validation, j), n * sizeof(real));
	y->n = h->validation;
	y->k = h->k;
	y->at = ranks_shared(ranks, y->at, n * (size_t)h->k * sizeof *y->at, arena);
	if (h->labels)
		y->label = ranks_shared(ranks, y->label, n * sizeof *y->label, arena);
	if (h->weights)
		y->weight = ranks_shared(ranks, y->weight, n * sizeof *y->weight, arena);
}

static void share_names(struct ranks *ranks, const struct heading *h, struct problem *p,
			struct arena *arena)
{
	char *text = arena_alloc(arena, h->names, 1), *at = text;
	const char **names = ARENA_ARRAY(arena, const char *, h->d);

	for (ptrdiff_t j = 0; j < h->d && ranks->rank == 0; j++) {
		size_t length = p->columns[j] ? strlen(p->columns[j]) : 0;

		memcpy(at, p->columns[j] ? p->columns[j] : "", length + 1);
		at += length + 1;
	}
	ranks_share(ranks, 0, text, h->names);
	at = text;
	for (ptrdiff_t j = 0; j < h->d && ranks->rank > 0; j++) {
		names[j] = *at ? at : NULL;
		at += strlen(at) + 1;
	}
	if (ranks->rank > 0)
		p->columns = names;
}

/* Names of the columns, which of them no attack touches, raw units. */
static void share_columns(struct ranks *ranks, const struct heading *h, struct problem *p,
			  struct arena *arena)
{
	size_t d = (size_t)h->d;

	p->frozen = ranks_shared(ranks, p->frozen, d * sizeof *p->frozen, arena);
	p->raw.shift = ranks_shared(ranks, p->raw.shift, d * sizeof *p->raw.shift, arena);
	if (h->raw)
		p->raw.scale = ranks_shared(ranks, p->raw.scale, d * sizeof *p->raw.scale, arena);
	if (h->mixing[0])
		p->raw.mixing = arena_text(arena, h->mixing);
	if (h->names > 0)
		share_names(ranks, h, p, arena);
}

void deal_problem(struct ranks *ranks, struct dataset *data, struct problem *p, struct arena *arena)
{
	struct heading h = {0};

	if (!ranks)
		return;
	if (ranks->rank == 0)
		h = heading_of(data, p);
	ranks_share(ranks, 0, &h, sizeof h);
	deal_rows(ranks, &h, p, arena);
	share_validation(ranks, &h, p, arena);
	share_columns(ranks, &h, p, arena);
	p->ranks = p->loss.ranks = ranks;
	p->loss.weight = h.weight;
	p->loss.most = h.most;
	p->loss.sample = p->y.weight;
	p->one_against_all = h.one_against_all;
	if (ranks->rank == 0)
		return;
	data->k = h.k;
	data->regression = h.regression;
	data->class_count = h.classes;
	data->train.X.cols = data->validation.X.cols = data->test.X.cols = h.d;
}
