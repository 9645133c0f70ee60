/* Row spaces by QR; see rowspace.h. In double throughout: a rank is a matter of rounding.
 *
 *     Y = X diag(1/|x_j|) = Q R (n >= d),   M = R' or Y',   M P = Q1 R1 with column pivoting
 *
 * r is the number of |R1_ii| above rounding, range(X') = diag(|x_j|) range(Q1's first r columns),
 * and one more QR makes a basis B of it orthonormal. Where the columns of Y are clearly independent
 * the Cholesky factor of Y'Y says so for half of the price. */
#include "solvers/model/rowspace.h"

#include "solvers/core/blas.h"

#include <cblas.h>
#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A pivot of Y'Y above this is no rounding: it is exact to n DBL_EPSILON. */
static const double clear_pivot = 1e-4;

/* Pivots of R1 below this share of the first one, times the larger side, are rounding. */
static const double rounding = 8 * DBL_EPSILON;

/* |x_j - B z_j| relative to |x_j| that shows the basis to be right. */
static const double fit = 1e-9;

struct column {
	ptrdiff_t at;
	double length; /* |x_j| */
};

/* The columns that are neither kept nor zero. */
struct live {
	struct mat X;
	ptrdiff_t count;
	struct column *column; /* count */
	double *Y;             /* n x count, columns of length 1 */
	struct arena scratch;
};

/* |x|, without over- or underflow of its square */
static double length_of(ptrdiff_t n, const real *x)
{
	double largest = 0, sum = 0;

	for (ptrdiff_t k = 0; k < n; k++)
		largest = fmax(largest, fabs((double)x[k]));
	for (ptrdiff_t k = 0; largest > 0 && k < n; k++)
		sum += ((double)x[k] / largest) * ((double)x[k] / largest);
	return largest * sqrt(sum);
}

static int by_length(const void *a, const void *b)
{
	const struct column *x = a, *y = b;

	if (x->length != y->length)
		return x->length < y->length ? 1 : -1;
	return (x->at > y->at) - (x->at < y->at);
}

/* The longest columns first: QR with pivoting is accurate row by row for rows in this order. */
static struct live find_live(struct mat X, const bool *kept)
{
	struct live live = {.X = X};

	live.column = ARENA_ARRAY(&live.scratch, struct column, X.cols);
	live.Y = ARENA_ARRAY(&live.scratch, double, X.rows *X.cols);
	for (ptrdiff_t j = 0; j < X.cols; j++) {
		struct column column = {j, length_of(X.rows, mat_col(X, j))};

		if (!(kept && kept[j]) && column.length > 0)
			live.column[live.count++] = column;
	}
	qsort(live.column, (size_t)live.count, sizeof *live.column, by_length);
	for (ptrdiff_t i = 0; i < live.count; i++)
		for (ptrdiff_t k = 0; k < X.rows; k++)
			live.Y[k + i * X.rows] =
				(double)mat_get(X, k, live.column[i].at) / live.column[i].length;
	return live;
}

/* Whether the columns of Y are independent beyond doubt. */
static bool clearly_independent(struct live *live)
{
	lapack_int n = (lapack_int)live->X.rows, l = (lapack_int)live->count;
	double *G;

	if (n < l)
		return false;
	G = ARENA_ARRAY(&live->scratch, double, live->count * live->count);
	cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, l, n, 1, live->Y, n, 0, G, l);
	if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', l, G, l) != 0)
		return false;
	for (lapack_int j = 0; j < l; j++)
		if (!(G[j + j * l] * G[j + j * l] > clear_pivot))
			return false;
	return true;
}

/* M (l x *cols) whose columns span the row space of Y: Y', or R' of Y = Q R. Y is overwritten. */
static double *span_rows(struct live *live, lapack_int *cols)
{
	lapack_int n = (lapack_int)live->X.rows, l = (lapack_int)live->count;
	double *M, *tau;

	*cols = n < l ? n : l;
	M = ARENA_ARRAY(&live->scratch, double, live->count **cols);
	if (n >= l) {
		tau = ARENA_ARRAY(&live->scratch, double, live->count);
		LAPACKE_dgeqrf(LAPACK_COL_MAJOR, n, l, live->Y, n, tau);
	}
	for (lapack_int i = 0; i < *cols; i++)
		for (lapack_int j = n >= l ? i : 0; j < l; j++)
			M[j + i * l] = live->Y[i + j * n];
	return M;
}

/* Orthonormal basis (l x rank, in place of M's first columns) of the row space of X. */
static ptrdiff_t basis(struct live *live, double *M, lapack_int cols)
{
	lapack_int l = (lapack_int)live->count, rank = 0;
	lapack_int *pivot = ARENA_ARRAY(&live->scratch, lapack_int, cols);
	double *tau = ARENA_ARRAY(&live->scratch, double, cols);
	double least = rounding * (double)(live->X.rows > l ? live->X.rows : l);

	LAPACKE_dgeqp3(LAPACK_COL_MAJOR, l, cols, M, l, pivot, tau);
	while (rank < cols && fabs(M[rank + rank * l]) > least * fabs(M[0]))
		rank++;
	if (rank == l)
		return rank;
	LAPACKE_dorgqr(LAPACK_COL_MAJOR, l, rank, rank, M, l, tau);
	for (lapack_int i = 0; i < rank; i++)
		for (lapack_int j = 0; j < l; j++)
			M[j + i * l] *= live->column[j].length;
	memset(pivot, 0, (size_t)rank * sizeof *pivot);
	LAPACKE_dgeqp3(LAPACK_COL_MAJOR, l, rank, M, l, pivot, tau);
	LAPACKE_dorgqr(LAPACK_COL_MAJOR, l, rank, rank, M, l, tau);
	return rank;
}

/* Whether X = Z B' up to rounding, column by column. */
static bool is_right(const struct live *live, const struct rowspace *r, struct arena *scratch)
{
	ptrdiff_t n = live->X.rows;
	struct mat row = mat_new(scratch, n, 1), b = mat_new(scratch, r->B.cols, 1);
	double most = fmax(fit, 16 * REAL_EPSILON * sqrt((double)live->X.cols));

	for (ptrdiff_t j = 0; j < live->count; j++) {
		for (ptrdiff_t i = 0; i < r->B.cols; i++)
			b.at[i] = mat_get(r->B, live->column[j].at, i);
		mat_copy(row, mat_cols(live->X, live->column[j].at, 1));
		blas_gemv(-1, r->Z, PLAIN, b.at, 1, row.at);
		if (!(length_of(n, row.at) <= most * live->column[j].length))
			return false;
	}
	return true;
}

/* From the first `rank` columns of the basis M, or the live columns themselves. */
static bool deliver(struct live *live, const double *M, ptrdiff_t rank, const bool *kept,
		    struct arena *arena, struct rowspace *out)
{
	ptrdiff_t n = live->X.rows, d = live->X.cols, r = rank;
	struct rowspace found;
	ptrdiff_t at;

	for (ptrdiff_t j = 0; kept && j < d; j++)
		r += kept[j];
	if (r == d || r == 0)
		return false;
	found = (struct rowspace){.Z = mat_new(arena, n, r), .B = mat_new(arena, d, r)};
	/* Z and B from the basis of the live columns (NULL: they are the coordinates), then the
	 * kept ones.
	 */
	at = rank;
	for (ptrdiff_t i = 0; i < rank; i++)
		for (ptrdiff_t j = 0; j < live->count; j++)
			mat_set(found.B, live->column[j].at, i,
				(real)(M ? M[j + i * live->count] : i == j));
	for (ptrdiff_t j = 0; kept && j < d; j++)
		if (kept[j])
			mat_set(found.B, j, at++, 1);
	found.kept = at - rank;
	blas_gemm(1, live->X, PLAIN, found.B, PLAIN, 0, found.Z);
	if (!is_right(live, &found, &live->scratch))
		return false;
	*out = found;
	return true;
}

/* On a counting arena: what a search takes; more columns than rows span no more than the rows. */
static bool count_search(struct mat X, struct arena *arena, struct rowspace *out)
{
	ptrdiff_t n = X.rows, d = X.cols, side = n < d ? n : d;
	struct arena scratch = arena_beside(arena);

	ARENA_ARRAY(&scratch, struct column, d);
	ARENA_ARRAY(&scratch, double, n *d);
	ARENA_ARRAY(&scratch, double, d *side);
	if (d > n)
		*out = (struct rowspace){.Z = mat_new(arena, n, n), .B = mat_new(arena, d, n)};
	arena_release(&scratch);
	return d > n;
}

bool rowspace_find(struct mat X, const bool *kept, struct arena *arena, struct rowspace *out)
{
	struct live live;
	ptrdiff_t rank;
	double *M = NULL;
	lapack_int cols;
	bool found;

	if (arena_counts(arena))
		return count_search(X, arena, out);
	live = find_live(X, kept);
	rank = live.count;
	if (live.count > 0 && !clearly_independent(&live)) {
		M = span_rows(&live, &cols);
		rank = basis(&live, M, cols);
	}
	found = deliver(&live, rank < live.count ? M : NULL, rank, kept, arena, out);
	arena_release(&live.scratch);
	return found;
}

/* On a counting arena no column is zero. */
bool rowspace_nonzero(struct mat X, const bool *kept, struct arena *arena, struct rowspace *out)
{
	struct live live;
	bool found;

	if (arena_counts(arena)) {
		struct arena scratch = arena_beside(arena);

		ARENA_ARRAY(&scratch, double, X.rows *X.cols);
		arena_release(&scratch);
		return false;
	}
	live = find_live(X, kept);
	found = deliver(&live, NULL, live.count, kept, arena, out);
	arena_release(&live.scratch);
	return found;
}

void rowspace_lift(const struct rowspace *r, const struct model *from, struct model *to)
{
	model_map(r->B, false, from, to);
}

void rowspace_lower(const struct rowspace *r, const struct model *from, struct model *to)
{
	model_map(r->B, true, from, to);
}
