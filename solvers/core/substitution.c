/* Substitution by blocks of columns. See substitution.h. */
#include "solvers/core/substitution.h"

#include "solvers/core/blas.h"

enum {
	BLOCK = 128,  /* columns between two solves with a small triangle */
	FOUR = 4,     /* columns that share a pass over a strip */
	STRIP = 1024, /* rows of a strip: with the right-hand sides it stays in the L2 cache */
	LANE = 32     /* columns whose sums a thread takes: a divisor of BLOCK */
};

/* Four columns of A at the rows of a strip, and a pair of right-hand sides, or one twice. */
struct tile {
	const real *a, *b, *c, *d;
	real *x, *v; /* 4: of the columns */
	real *y, *w; /* of the rows */
	ptrdiff_t rows;
};

/* [y w] -= A [x v] */
static void subtract(const struct tile *t)
{
	const real *restrict a = t->a, *restrict b = t->b, *restrict c = t->c, *restrict d = t->d;
	real *restrict y = t->y, *restrict w = t->w;
	real p = t->x[0], q = t->x[1], r = t->x[2], s = t->x[3];
	real pv = t->v[0], qv = t->v[1], rv = t->v[2], sv = t->v[3];

#pragma omp simd
	for (ptrdiff_t i = 0; i < t->rows; i++) {
		y[i] -= (a[i] * p + b[i] * q) + (c[i] * r + d[i] * s);
		w[i] -= (a[i] * pv + b[i] * qv) + (c[i] * rv + d[i] * sv);
	}
}

/* [x v] -= A' [y w] */
static void subtract_sums(const struct tile *t)
{
	const real *restrict a = t->a, *restrict b = t->b, *restrict c = t->c, *restrict d = t->d;
	const real *restrict y = t->y, *restrict w = t->w;
	real p = 0, q = 0, r = 0, s = 0, pv = 0, qv = 0, rv = 0, sv = 0;

#pragma omp simd reduction(+ : p, q, r, s, pv, qv, rv, sv)
	for (ptrdiff_t i = 0; i < t->rows; i++) {
		p += a[i] * y[i];
		q += b[i] * y[i];
		r += c[i] * y[i];
		s += d[i] * y[i];
		pv += a[i] * w[i];
		qv += b[i] * w[i];
		rv += c[i] * w[i];
		sv += d[i] * w[i];
	}
	t->x[0] -= p;
	t->x[1] -= q;
	t->x[2] -= r;
	t->x[3] -= s;
	t->v[0] -= pv;
	t->v[1] -= qv;
	t->v[2] -= rv;
	t->v[3] -= sv;
}

/* A strip of Y -= A X (PLAIN) or X -= A'Y (TRANSPOSED). A right-hand side that is left over is
 * paired with zeros. */
static void strip(struct mat A, enum transpose ta, struct mat X, struct mat Y)
{
	real zero_rows[STRIP] = {0}, zeros[FOUR] = {0};

	for (ptrdiff_t j = 0; j < A.cols; j += FOUR)
		for (ptrdiff_t c = 0; c < X.cols; c += 2) {
			bool pair = c + 1 < X.cols;
			const struct tile t = {
				.a = mat_col(A, j),
				.b = mat_col(A, j + 1),
				.c = mat_col(A, j + 2),
				.d = mat_col(A, j + 3),
				.x = mat_col(X, c) + j,
				.v = pair ? mat_col(X, c + 1) + j : zeros,
				.y = mat_col(Y, c),
				.w = pair ? mat_col(Y, c + 1) : zero_rows,
				.rows = A.rows,
			};

			if (ta == PLAIN)
				subtract(&t);
			else
				subtract_sums(&t);
		}
}

static ptrdiff_t strip_rows(struct mat A, ptrdiff_t first)
{
	return A.rows - first < STRIP ? A.rows - first : STRIP;
}

/* Y -= A X: strips of Y are a thread's own. */
static void forward(struct mat A, struct mat X, struct mat Y)
{
#pragma omp parallel for schedule(static)
	for (ptrdiff_t first = 0; first < A.rows; first += STRIP) {
		ptrdiff_t rows = strip_rows(A, first);

		strip(mat_rows(A, first, rows), PLAIN, X, mat_rows(Y, first, rows));
	}
}

/* X -= A'Y: rows of X are a thread's own. */
static void back(struct mat A, struct mat X, struct mat Y)
{
#pragma omp parallel for schedule(static)
	for (ptrdiff_t lane = 0; lane < A.cols; lane += LANE)
		for (ptrdiff_t first = 0; first < A.rows; first += STRIP) {
			ptrdiff_t rows = strip_rows(A, first);

			strip(mat_rows(mat_cols(A, lane, LANE), first, rows), TRANSPOSED,
			      mat_rows(X, lane, LANE), mat_rows(Y, first, rows));
		}
}

void substitution_solve(struct mat L, struct mat B)
{
	ptrdiff_t n = L.rows, last = n > 0 ? (n - 1) / BLOCK * BLOCK : 0;

	/* only the last block, with nothing below it, is narrower */
	for (ptrdiff_t j = 0; j < n; j += BLOCK) { /* L X = B */
		ptrdiff_t width = j < last ? BLOCK : n - j, below = n - j - width;
		struct mat A = mat_cols(L, j, width), X = mat_rows(B, j, width);

		blas_trsm(mat_rows(A, j, width), PLAIN, X);
		forward(mat_rows(A, j + width, below), X, mat_rows(B, j + width, below));
	}
	for (ptrdiff_t j = last; j >= 0 && n > 0; j -= BLOCK) { /* L'X = B */
		ptrdiff_t width = j < last ? BLOCK : n - j, below = n - j - width;
		struct mat A = mat_cols(L, j, width), X = mat_rows(B, j, width);

		if (below > 0)
			back(mat_rows(A, j + width, below), X, mat_rows(B, j + width, below));
		blas_trsm(mat_rows(A, j, width), TRANSPOSED, X);
	}
}
