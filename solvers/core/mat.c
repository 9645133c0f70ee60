/* Matrix views. */
#include "solvers/core/mat.h"

#include <stdint.h>
#include <string.h>

enum {
	TILE = 32 /* two 32 x 32 tiles of doubles fit in a 32 KiB L1 cache */
};

static size_t count_of(struct mat A)
{
	size_t count;

	return __builtin_mul_overflow((size_t)A.stride, (size_t)A.cols, &count) ? SIZE_MAX : count;
}

struct mat mat_new(struct arena *arena, ptrdiff_t rows, ptrdiff_t cols)
{
	struct mat A = {.rows = rows, .cols = cols, .stride = rows > 0 ? rows : 1};

	A.at = arena_reals(arena, count_of(A));
	return A;
}

struct mat mat_spilled(struct arena *arena, ptrdiff_t rows, ptrdiff_t cols)
{
	struct mat A = {.rows = rows, .cols = cols, .stride = rows > 0 ? rows : 1};

	A.at = arena_spilled_reals(arena, count_of(A));
	return A;
}

struct mat mat_lower(struct arena *arena, ptrdiff_t n)
{
	struct mat A = mat_new(arena, n, n);

	arena_untouched_reals(arena, (double)n * (double)(n - 1) / 2);
	return A;
}

struct mat mat_cols(struct mat A, ptrdiff_t first, ptrdiff_t count)
{
	A.at += first * A.stride;
	A.cols = count;
	return A;
}

struct mat mat_rows(struct mat A, ptrdiff_t first, ptrdiff_t count)
{
	A.at += first;
	A.rows = count;
	return A;
}

void mat_copy(struct mat to, struct mat from)
{
	for (ptrdiff_t j = 0; j < from.cols; j++)
		memcpy(mat_col(to, j), mat_col(from, j), (size_t)from.rows * sizeof(real));
}

/* One tile of to = from', so that both sides are read and written by cache lines. */
static void transpose_tile(struct mat to, struct mat from, ptrdiff_t i0, ptrdiff_t j0)
{
	ptrdiff_t i1 = i0 + TILE < from.rows ? i0 + TILE : from.rows;
	ptrdiff_t j1 = j0 + TILE < from.cols ? j0 + TILE : from.cols;

	for (ptrdiff_t j = j0; j < j1; j++)
		for (ptrdiff_t i = i0; i < i1; i++)
			to.at[j + i * to.stride] = from.at[i + j * from.stride];
}

void mat_transpose(struct mat to, struct mat from)
{
	for (ptrdiff_t j = 0; j < from.cols; j += TILE)
		for (ptrdiff_t i = 0; i < from.rows; i += TILE)
			transpose_tile(to, from, i, j);
}

void mat_fill(struct mat A, real value)
{
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = 0; i < A.rows; i++)
			mat_set(A, i, j, value);
}

double mat_squares(struct mat A)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = 0; i < A.rows; i++)
			sum += (double)mat_get(A, i, j) * (double)mat_get(A, i, j);
	return sum;
}
