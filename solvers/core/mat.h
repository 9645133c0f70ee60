/* Dense matrices. Column-major everywhere: element (i, j) is at[i + j * stride], as BLAS and LAPACK
 * see it without copies. A `struct mat` is a view: it does not own its elements and is passed by
 * value. */
#ifndef CORE_MAT_H
#define CORE_MAT_H

#include "solvers/core/arena.h"
#include "solvers/core/real.h"

#include <stdbool.h>
#include <stddef.h>

struct mat {
	ptrdiff_t rows, cols, stride;
	real *at;
};

/* A zero matrix owned by the arena. */
struct mat mat_new(struct arena *arena, ptrdiff_t rows, ptrdiff_t cols);

/* The same where it may be larger than memory: arena_spilled_reals. */
struct mat mat_spilled(struct arena *arena, ptrdiff_t rows, ptrdiff_t cols);

/* n x n of which only the lower triangle will be touched: half of the pages stay untouched, which
 * is all that this changes. */
struct mat mat_lower(struct arena *arena, ptrdiff_t n);

static inline real *mat_col(struct mat A, ptrdiff_t j)
{
	return A.at + j * A.stride;
}

static inline real mat_get(struct mat A, ptrdiff_t i, ptrdiff_t j)
{
	return A.at[i + j * A.stride];
}

static inline void mat_set(struct mat A, ptrdiff_t i, ptrdiff_t j, real value)
{
	A.at[i + j * A.stride] = value;
}

/* View of columns first .. first+count-1, and of rows first .. first+count-1. */
struct mat mat_cols(struct mat A, ptrdiff_t first, ptrdiff_t count);
struct mat mat_rows(struct mat A, ptrdiff_t first, ptrdiff_t count);

void mat_copy(struct mat to, struct mat from);      /* same shape */
void mat_transpose(struct mat to, struct mat from); /* to = from' */
void mat_fill(struct mat A, real value);
double mat_squares(struct mat A); /* the sum of them, column by column */

#endif
