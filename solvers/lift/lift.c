/* Directions of samples, and the linear maps of the relaxation. See lift.h. */
#include "solvers/lift/lift.h"

#include "solvers/core/blas.h"

#include <math.h>

/* Sine of the angle up to which two samples are on one line. */
static const double parallel = 64 * REAL_EPSILON;

static double length_of(struct mat X, ptrdiff_t i)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < X.cols; j++)
		sum += (double)mat_get(X, i, j) * (double)mat_get(X, i, j);
	return sqrt(sum);
}

/* Is row i of A, of length 1, row j of B or its opposite? 1, -1, or 0. */
static int same_line(struct mat A, ptrdiff_t i, struct mat B, ptrdiff_t j)
{
	double plus = 0, minus = 0;

	for (ptrdiff_t k = 0; k < A.cols && (plus <= parallel || minus <= parallel); k++) {
		plus = fmax(plus, fabs((double)mat_get(A, i, k) - (double)mat_get(B, j, k)));
		minus = fmax(minus, fabs((double)mat_get(A, i, k) + (double)mat_get(B, j, k)));
	}
	return plus <= parallel ? 1 : minus <= parallel ? -1 : 0;
}

/* The direction of a sample, a new one if need be. */
static struct lift_row place(struct lift *l, struct mat X, ptrdiff_t sample, double length)
{
	struct lift_row at = {-1, false, length};
	ptrdiff_t last = l->n;

	if (!(length > 0))
		return at;
	l->X.rows = last + 1;
	for (ptrdiff_t k = 0; k < X.cols; k++)
		mat_set(l->X, last, k, (real)((double)mat_get(X, sample, k) / length));
	for (at.direction = 0; at.direction < last; at.direction++) {
		int side = same_line(l->X, last, l->X, at.direction);

		at.across = side < 0;
		if (side)
			return at;
	}
	at.across = false;
	l->n++;
	return at;
}

/* The row of the loss that the sample belongs to, a new one if need be. */
static struct lift_row *row_of(struct lift *l, const struct lift_row *of)
{
	struct lift_row *row = l->row;

	while (row < l->row + l->rows &&
	       (row->direction != of->direction || row->across != of->across))
		row++;
	if (row == l->row + l->rows) {
		*row = (struct lift_row){of->direction, of->across, 0};
		l->rows++;
	}
	return row;
}

/* sum_t w_t |t p - y_t|^2 = |f p - Y|^2 + what is left: f^2 = sum w t^2, f Y = sum w t y. */
static void collect(struct lift *l, const struct problem *problem)
{
	double left = 0;

	for (ptrdiff_t i = 0; i < problem->X.rows; i++) {
		double weight = problem->loss.weight *
				(problem->y.weight ? (double)problem->y.weight[i] : 1);
		struct lift_row *row = l->of[i].direction < 0 ? NULL : row_of(l, &l->of[i]);

		if (row)
			row->factor += weight * l->of[i].factor * l->of[i].factor;
		for (ptrdiff_t c = 0; c < l->c; c++) {
			double y = (double)problem->y.at[i + c * problem->y.n];
			ptrdiff_t r = row ? row - l->row : 0;

			left += weight * y * y;
			if (row)
				mat_set(l->Y, r, c,
					(real)((double)mat_get(l->Y, r, c) +
					       weight * l->of[i].factor * y));
		}
	}
	for (ptrdiff_t r = 0; r < l->rows; r++) {
		l->row[r].factor = sqrt(l->row[r].factor);
		for (ptrdiff_t c = 0; c < l->c; c++) {
			double y = (double)mat_get(l->Y, r, c) / l->row[r].factor;

			mat_set(l->Y, r, c, (real)y);
			left -= y * y;
		}
	}
	l->constant = fmax(0, left) / 2;
}

struct lift *lift_new(const struct problem *problem, struct arena *arena)
{
	struct lift *l = ARENA_NEW(arena, struct lift);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, c = problem->y.k;

	l->n = l->rows = n;
	l->d = d;
	l->c = c;
	l->gamma = problem->beta;
	l->X = mat_new(arena, n, d);
	l->Y = mat_new(arena, n, c);
	l->row = ARENA_ARRAY(arena, struct lift_row, n);
	l->of = ARENA_ARRAY(arena, struct lift_row, n);
	l->part = mat_new(arena, n, c);
	l->wide = mat_new(arena, n, d);
	if (!arena_counts(arena)) {
		l->n = l->rows = 0;
		for (ptrdiff_t i = 0; i < n; i++)
			l->of[i] = place(l, problem->X, i, length_of(problem->X, i));
		collect(l, problem);
	}
	l->X.rows = l->part.rows = l->wide.rows = l->n;
	l->Y.rows = l->rows;
	l->order = l->n + d + c;
	return l;
}

double lift_scale(const struct lift *l)
{
	double square = 0, norm = blas_mat_norm(l->Y);

	for (ptrdiff_t r = 0; r < l->rows; r++)
		square += l->row[r].factor * l->row[r].factor;
	return norm > 0 ? norm / sqrt(square) : 1;
}

void lift_interior(const struct lift *l, struct mat S)
{
	static const double pi = 3.14159265358979323846;

	mat_fill(S, 0);
	for (ptrdiff_t j = l->n; j < l->order; j++)
		mat_set(S, j, j, 1);
	blas_gemm(1, l->X, PLAIN, l->X, TRANSPOSED, 0, mat_rows(mat_cols(S, 0, l->n), 0, l->n));
	for (ptrdiff_t j = 0; j < l->n; j++) {
		for (ptrdiff_t i = 0; i < l->n; i++) {
			double cosine = fmax(-1, fmin(1, (double)mat_get(S, i, j)));
			double angle = i == j ? 0 : acos(cosine);

			mat_set(S, i, j,
				i == j ? (real)0.5
				       : (real)((sin(angle) + (pi - angle) * cosine) / (2 * pi)));
		}
		for (ptrdiff_t k = 0; k < l->d; k++) {
			mat_set(S, j, l->n + k, -mat_get(l->X, j, k) / 2);
			mat_set(S, l->n + k, j, -mat_get(l->X, j, k) / 2);
		}
	}
}

static struct mat block(struct mat M, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t col, ptrdiff_t cols)
{
	return mat_rows(mat_cols(M, col, cols), row, rows);
}

/* L_ab = B + X C', L_aa = L_ab + (C + X U) X' with B = S_bb, C = S_bu, U = S_uu. */
void lift_products(const struct lift *l, struct mat S, struct mat L)
{
	ptrdiff_t n = l->n, d = l->d;
	struct mat C = block(S, 0, n, n, d), aa = block(L, 0, n, 0, n), ab = block(L, 0, n, n, n);
	struct mat ba = block(L, n, n, 0, n), bb = block(L, n, n, n, n);

	mat_copy(bb, block(S, 0, n, 0, n));
	mat_copy(ab, bb);
	blas_gemm(1, l->X, PLAIN, C, TRANSPOSED, 1, ab);
	mat_transpose(ba, ab);
	mat_copy(aa, ab);
	mat_copy(l->wide, C);
	blas_gemm(1, l->X, PLAIN, block(S, n, d, n, d), PLAIN, 1, l->wide);
	blas_gemm(1, l->wide, PLAIN, l->X, TRANSPOSED, 1, aa);
}

void lift_gather(const struct lift *l, struct mat T, struct mat M)
{
	ptrdiff_t n = l->n, d = l->d;
	struct mat aa = block(T, 0, n, 0, n), ba = block(T, n, n, 0, n), bb = block(T, n, n, n, n);
	struct mat ub = block(M, n, d, 0, n), bu = block(M, 0, n, n, d);

	mat_fill(M, 0);
	for (ptrdiff_t j = 0; j < n; j++)
		for (ptrdiff_t i = 0; i < n; i++)
			mat_set(M, i, j, mat_get(aa, i, j) + mat_get(ba, j, i));
	/* u'X'(T_aa + T_ab) b */
	blas_gemm(-1, l->X, TRANSPOSED, block(M, 0, n, 0, n), PLAIN, 0, ub);
	mat_transpose(bu, ub);
	for (ptrdiff_t j = 0; j < n; j++)
		for (ptrdiff_t i = 0; i < n; i++)
			mat_set(M, i, j, -mat_get(M, i, j) - mat_get(ba, i, j) - mat_get(bb, i, j));
	blas_gemm(1, aa, PLAIN, l->X, PLAIN, 0, l->wide);
	blas_gemm(-1, l->X, TRANSPOSED, l->wide, PLAIN, 0, block(M, n, d, n, d));
}

double lift_residual(const struct lift *l, struct mat S, struct mat R)
{
	ptrdiff_t q = l->n + l->d;
	double sum = 0, trace = 0;

	blas_gemm(1, l->X, PLAIN, block(S, l->n, l->d, q, l->c), PLAIN, 0, l->part);
	for (ptrdiff_t c = 0; c < l->c; c++)
		for (ptrdiff_t r = 0; r < l->rows; r++) {
			const struct lift_row *row = &l->row[r];
			real product = mat_get(S, row->direction, q + c);

			if (!row->across)
				product += mat_get(l->part, row->direction, c);
			product = (real)row->factor * product - mat_get(l->Y, r, c);
			mat_set(R, r, c, product);
			sum += (double)product * (double)product;
		}
	for (ptrdiff_t j = l->n; j < l->order; j++)
		trace += (double)mat_get(S, j, j);
	return l->constant + (sum + l->gamma * trace) / 2;
}

void lift_couple(const struct lift *l, struct mat R, double factor, struct mat M)
{
	ptrdiff_t n = l->n, d = l->d, q = n + d;

	mat_fill(l->part, 0);
	for (ptrdiff_t c = 0; c < l->c; c++)
		for (ptrdiff_t r = 0; r < l->rows; r++) {
			ptrdiff_t i = l->row[r].direction;
			real value = (real)(factor * l->row[r].factor) * mat_get(R, r, c);

			mat_set(M, i, q + c, mat_get(M, i, q + c) + value);
			if (!l->row[r].across)
				mat_set(l->part, i, c, mat_get(l->part, i, c) + value);
		}
	blas_gemm(1, l->X, TRANSPOSED, l->part, PLAIN, 1, block(M, n, d, q, l->c));
	for (ptrdiff_t c = 0; c < l->c; c++)
		for (ptrdiff_t i = 0; i < q; i++)
			mat_set(M, q + c, i, mat_get(M, i, q + c));
}
