/* Rows on their way from a source through the steps of `prepare`, and what both of these are. */
#ifndef DATA_TABLE_H
#define DATA_TABLE_H

#include "harness/store/stages.h"
#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/mat.h"
#include "solvers/core/ranks.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What a source delivers: raw rows, before classes are chosen. Row-major, so that readers can
 * append. */
struct table {
	size_t n, d;
	double *x;          /* n x d row-major; NaN: missing, to be filled with the training mean */
	size_t k;           /* numeric targets of a row, 0: it has a label */
	const char **label; /* n label texts (classification), or NULL when `target` is set */
	double *target;     /* n x k numeric targets, row-major */
	const char **targets; /* k: of the targets; NULL: they have none */
	size_t *row;        /* n places in the file, or in its files one after the other, from 0 on,
			       those that are left out counted; NULL: none is left out */
	const char **names; /* d: of the columns; NULL: they have none */
	const bool *one_hot; /* d: columns of zeros and ones made of categories; NULL: none */
	size_t dropped;      /* rows left out because a value is missing */
	size_t content;      /* bytes of files that are held, or would be, while it is read */
	size_t spare;        /* bytes that stay behind beside x: of features before one_hot */
	const char *note;    /* what the reader took for granted; NULL: nothing */
};

/* Room for n rows of k targets, or of a label if k is 0. */
static inline void table_room(struct table *table, size_t n, size_t k, struct arena *arena)
{
	table->k = k;
	if (k > 0)
		table->target = arena_alloc(arena, n, k * sizeof(double));
	else
		table->label = ARENA_ARRAY(arena, const char *, n);
}

/* What a reader may use to read less: labels to keep, as in data_options (empty = all). */
struct read_request {
	struct texts classes;
	bool regression;
	uint64_t seed; /* generators only */
	bool count;    /* only n, d and the labels or targets are wanted: a source may leave x
			  unread (it is NULL then) where the others say what they are */
	bool later;    /* with `count`: source.rows will read features, and look at them */
};

/* Rows of a source by their places (struct table): of its test part, or of the others. */
struct rows_wanted {
	bool test;
	const size_t *row; /* count */
	size_t count, d;   /* features of each */
};

/* Its files are those of its option rows that are paths. */
struct source {
	struct desc base;
	/* Fill `train`, and `test` if the source has a test part of its own (else test->n = 0). */
	enum status (*read)(const void *options, const struct read_request *request,
			    struct arena *arena, struct table *train, struct table *test,
			    struct err *err);
	/* The first lines alone: errors of the layout, and what the reader takes for granted in
	 * *note (NULL: nothing). NULL: there is nothing to look at. */
	enum status (*glance)(const void *options, const struct read_request *request,
			      struct arena *arena, const char **note, struct err *err);
	/* Features of some rows alone, x (count x d, row-major), none of which may be missing.
	 * NULL: it reads all rows. */
	enum status (*rows)(const void *options, const struct rows_wanted *wanted, double *x,
			    struct err *err);
	/* Bytes of a number if the features lie in the file column by column as floating point
	 * numbers that can be mapped; else 0. NULL: never. */
	size_t (*element)(const void *options);
	/* Rows one behind the other of such a file, where element says sizeof(real). They are
	 * mapped as long as the process lives. */
	enum status (*view)(const void *options, const struct rows_wanted *wanted, struct mat *out,
			    struct err *err);
	/* Why `rows` cannot be had with these options; NULL: they can. With `rows` only. */
	const char *(*whole)(const void *options);
};

/* Rows between source and preparation, with targets or classes. */
struct rows {
	size_t n, d, k;
	double *x;                        /* n x d row-major */
	double *y;                        /* n x k row-major, of a regression; else NULL */
	int *label;                       /* n: class numbers from 0; NULL in a regression */
	size_t *row;                      /* n: of the table they come from */
	const struct rows_shared *shared; /* NULL: these are all */
	struct mat view; /* n x d, finite, in the place of x: where they lie in a mapped file */
};

/* Of rows of the training part on one rank: those of all. */
struct rows_shared {
	struct ranks *ranks;
	struct rows all; /* without features */
};

/* Row i of `from` behind the last one of `to`, which may have the same arrays and be no longer. */
static inline void rows_move(const struct rows *from, size_t i, struct rows *to)
{
	double *x = from->x + i * from->d;

	if (x != to->x + to->n * to->d)
		memmove(to->x + to->n * to->d, x, from->d * sizeof *x);
	if (from->y)
		memmove(to->y + to->n * to->k, from->y + i * from->k, from->k * sizeof *from->y);
	else
		to->label[to->n] = from->label[i];
	to->row[to->n++] = from->row[i];
}

/* A step of `prepare`. */
struct prepare {
	struct desc base;
	bool counts; /* `fit` only allocates on a counting arena; others take next to nothing */
	/* Add the stages of this step, fitted to the training rows as the earlier steps left them.
	 * The stages' arrays live in `arena`. */
	enum status (*fit)(const void *options, const struct rows *train, struct arena *arena,
			   struct stages *stages, struct err *err);
	bool mixes;   /* a prepared column depends on several raw ones */
	bool freezes; /* it adds a column that no attack touches */
	bool maps;    /* to a feature space: a radius behind it is none in the inputs */
	bool spread;  /* `fit` takes rows->shared: every rank gets the stages of all rows */
	/* The columns behind it of n training rows of *d columns before it, or its error for such
	 * sizes. NULL: as many. */
	enum status (*width)(const void *options, size_t n, size_t *d, struct err *err);
};

struct part {
	struct mat X;      /* n x d, prepared; `at` NULL: on ranks (dataset.slice) */
	real *y;           /* n x k, an output behind the other: -1 or +1 of two classes, one-hot of
			      more, or targets */
	int *label;        /* n: class numbers from 0 of three classes or more; else NULL */
	real *weight;      /* n: of the loss of a sample; NULL: all are 1 */
	const size_t *row; /* n: places in the source, see struct table */
	const double *raw; /* n x 2 raw features, row-major, if there are two (plots); else NULL */
};

#endif
