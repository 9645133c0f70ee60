/* Processes that share the rows of one problem: each holds its own, and all make the same steps.
 *
 * What is summed over samples is summed over ranks in their order, and every rank gets the same
 * bits: a number of ranks gives one result, and what a rank decides by such sums the others decide
 * too. NULL stands for one process, and every function leaves its numbers as they are. */
#ifndef CORE_RANKS_H
#define CORE_RANKS_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

#include <stdbool.h>
#include <stddef.h>

struct ranks {
	int rank, count;
	/* `all` (count x bytes) = `mine` (bytes) of every rank, in their order, on every rank */
	void (*gather)(struct ranks *self, const void *mine, size_t bytes, void *all);
	/* at[j] = sum over the ranks, in their order, of at[j]: the same bits on every rank */
	void (*sum)(struct ranks *self, double *at, size_t n);
	/* `bytes` of the rank `root`, to all */
	void (*share)(struct ranks *self, int root, void *at, size_t bytes);
	/* `bytes` at `what` on rank `from` become those at `at` on rank `to`; all ranks call it */
	void (*hand)(struct ranks *self, int from, int to, const void *what, void *at,
		     size_t bytes);
	void *state;
	double calls, bytes, seconds; /* so far: sums and gatherings, what they took */
};

/* 1 without ranks; the rank, 0 without. */
int ranks_count(const struct ranks *ranks);
int ranks_at(const struct ranks *ranks);

/* Rows `first` .. `first + rows - 1` of n for a rank: as even as can be. */
struct ranks_rows {
	ptrdiff_t first, rows;
};
struct ranks_rows ranks_rows(const struct ranks *ranks, ptrdiff_t n);
struct ranks_rows ranks_rows_of(int rank, int count, ptrdiff_t n);
/* The rows of all ranks; of those before this one. */
ptrdiff_t ranks_total(struct ranks *ranks, ptrdiff_t rows);
ptrdiff_t ranks_before(struct ranks *ranks, ptrdiff_t rows);

double ranks_sum(struct ranks *ranks, double x);
void ranks_sum_all(struct ranks *ranks, double *at, size_t n);
/* Of each entry of A; of its lower triangle. */
void ranks_sum_mat(struct ranks *ranks, struct mat A);
void ranks_sum_lower(struct ranks *ranks, struct mat A);
double ranks_largest(struct ranks *ranks, double x);
double ranks_least(struct ranks *ranks, double x);
/* The largest over the ranks of each of n numbers; `room` (count x n) is scratch, NULL without
 * ranks. */
void ranks_largest_all(struct ranks *ranks, double *at, size_t n, double *room);

/* The rank of the least *x, the first one of several; *x becomes it. */
int ranks_argleast(struct ranks *ranks, double *x);
/* What rank `root` has there, on all. */
void ranks_share(struct ranks *ranks, int root, void *at, size_t bytes);
/* An array of the first rank, and on the others a copy of it. */
void *ranks_shared(struct ranks *ranks, const void *from, size_t bytes, struct arena *arena);

/* What rank `from` has at `what`, to rank `to`, another one, at `at`; all ranks call it. */
void ranks_hand(struct ranks *ranks, int from, int to, const void *what, void *at, size_t bytes);

/* C = alpha A'B + beta C of rows on all ranks: A (n x p), B (n x q), C (p x q), the same on all. */
void ranks_gemm(struct ranks *ranks, double alpha, struct mat A, struct mat B, double beta,
		struct mat C);
/* Lower triangle of C = alpha A'A. */
void ranks_syrk(struct ranks *ranks, double alpha, struct mat A, struct mat C);
/* Of vectors and matrices whose rows lie on all ranks. */
double ranks_dot(struct ranks *ranks, size_t n, const real *x, const real *y);
double ranks_norm(struct ranks *ranks, size_t n, const real *x);
double ranks_mat_norm(struct ranks *ranks, struct mat A);

#endif
