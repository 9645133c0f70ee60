/* Sums over rows that lie on several ranks; see ranks.h. */
#include "solvers/core/ranks.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum {
	RANKS_MOST = 4096, /* whose numbers are looked at one by one */
	CHUNK = 4096       /* numbers of `real` widened at once */
};

static const bool narrow = sizeof(real) < sizeof(double);

int ranks_count(const struct ranks *ranks)
{
	return ranks ? ranks->count : 1;
}

int ranks_at(const struct ranks *ranks)
{
	return ranks ? ranks->rank : 0;
}

struct ranks_rows ranks_rows_of(int rank, int count, ptrdiff_t n)
{
	ptrdiff_t first = n / count * rank + (rank < n % count ? rank : n % count);

	return (struct ranks_rows){first, n / count + (rank < n % count)};
}

struct ranks_rows ranks_rows(const struct ranks *ranks, ptrdiff_t n)
{
	return ranks_rows_of(ranks_at(ranks), ranks_count(ranks), n);
}

/* `x` of every rank. */
static const double *gather(struct ranks *ranks, double x, double *all)
{
	ranks->gather(ranks, &x, sizeof x, all);
	return all;
}

ptrdiff_t ranks_total(struct ranks *ranks, ptrdiff_t rows)
{
	return (ptrdiff_t)ranks_sum(ranks, (double)rows);
}

ptrdiff_t ranks_before(struct ranks *ranks, ptrdiff_t rows)
{
	double all[RANKS_MOST], sum = 0;

	if (!ranks)
		return 0;
	gather(ranks, (double)rows, all);
	for (int i = 0; i < ranks->rank; i++)
		sum += all[i];
	return (ptrdiff_t)sum;
}

double ranks_sum(struct ranks *ranks, double x)
{
	ranks_sum_all(ranks, &x, 1);
	return x;
}

void ranks_sum_all(struct ranks *ranks, double *at, size_t n)
{
	if (ranks && n > 0)
		ranks->sum(ranks, at, n);
}

/* Of n numbers side by side. */
static void sum_real(struct ranks *ranks, real *at, size_t n)
{
	double wide[CHUNK];

	if (!narrow) {
		ranks->sum(ranks, (double *)(void *)at, n);
		return;
	}
	for (size_t first = 0; first < n; first += CHUNK) {
		size_t count = n - first < CHUNK ? n - first : CHUNK;

		for (size_t j = 0; j < count; j++)
			wide[j] = (double)at[first + j];
		ranks->sum(ranks, wide, count);
		for (size_t j = 0; j < count; j++)
			at[first + j] = (real)wide[j];
	}
}

void ranks_sum_mat(struct ranks *ranks, struct mat A)
{
	if (!ranks || A.rows == 0 || A.cols == 0)
		return;
	if (A.stride == A.rows) {
		sum_real(ranks, A.at, (size_t)(A.rows * A.cols));
		return;
	}
	for (ptrdiff_t j = 0; j < A.cols; j++)
		sum_real(ranks, mat_col(A, j), (size_t)A.rows);
}

void ranks_sum_lower(struct ranks *ranks, struct mat A)
{
	for (ptrdiff_t j = 0; ranks && j < A.cols; j++)
		sum_real(ranks, mat_col(A, j) + j, (size_t)(A.rows - j));
}

double ranks_largest(struct ranks *ranks, double x)
{
	double all[RANKS_MOST];

	if (!ranks)
		return x;
	gather(ranks, x, all);
	x = all[0];
	for (int i = 1; i < ranks->count; i++)
		x = fmax(x, all[i]);
	return x;
}

double ranks_least(struct ranks *ranks, double x)
{
	return ranks ? -ranks_largest(ranks, -x) : x;
}

void ranks_largest_all(struct ranks *ranks, double *at, size_t n, double *room)
{
	if (!ranks)
		return;
	ranks->gather(ranks, at, n * sizeof *at, room);
	memcpy(at, room, n * sizeof *at);
	for (int i = 1; i < ranks->count; i++)
		for (size_t j = 0; j < n; j++)
			at[j] = fmax(at[j], room[(size_t)i * n + j]);
}

int ranks_argleast(struct ranks *ranks, double *x)
{
	double all[RANKS_MOST];
	int least = 0;

	if (!ranks)
		return 0;
	gather(ranks, *x, all);
	for (int i = 1; i < ranks->count; i++)
		if (all[i] < all[least])
			least = i;
	*x = all[least];
	return least;
}

void ranks_share(struct ranks *ranks, int root, void *at, size_t bytes)
{
	if (ranks)
		ranks->share(ranks, root, at, bytes);
}

void *ranks_shared(struct ranks *ranks, const void *from, size_t bytes, struct arena *arena)
{
	void *at = ranks_at(ranks) == 0 ? (void *)(uintptr_t)from : arena_alloc(arena, bytes, 1);

	ranks_share(ranks, 0, at, bytes);
	return at;
}

void ranks_hand(struct ranks *ranks, int from, int to, const void *what, void *at, size_t bytes)
{
	if (ranks && from != to)
		ranks->hand(ranks, from, to, what, at, bytes);
}

void ranks_gemm(struct ranks *ranks, double alpha, struct mat A, struct mat B, double beta,
		struct mat C)
{
	blas_gemm(alpha, A, TRANSPOSED, B, PLAIN, ranks_at(ranks) == 0 ? beta : 0, C);
	ranks_sum_mat(ranks, C);
}

void ranks_syrk(struct ranks *ranks, double alpha, struct mat A, struct mat C)
{
	blas_syrk(alpha, A, TRANSPOSED, 0, C);
	ranks_sum_lower(ranks, C);
}

double ranks_dot(struct ranks *ranks, size_t n, const real *x, const real *y)
{
	return ranks_sum(ranks, blas_dot(n, x, y));
}

double ranks_norm(struct ranks *ranks, size_t n, const real *x)
{
	double norm = blas_norm(n, x);

	return ranks ? sqrt(ranks_sum(ranks, norm * norm)) : norm;
}

double ranks_mat_norm(struct ranks *ranks, struct mat A)
{
	double norm = blas_mat_norm(A);

	return ranks ? sqrt(ranks_sum(ranks, norm * norm)) : norm;
}
