/* Cells of a central arrangement, hyperplane by hyperplane.
 *
 * Adding hyperplane k to those before it splits exactly the cells that it meets, and these
 * correspond one to one to the cells of the arrangement that the earlier hyperplanes induce on it,
 * one dimension lower. So the recursion lists the split cells; every other cell stays on one side,
 * which its interior point tells. Parallel rows are merged and zero rows left out first, so
 * degenerate positions need no special case. */
#include "solvers/gates/arrangement.h"

#include "solvers/core/blas.h"
#include "solvers/core/index.h"

#include <math.h>
#include <string.h>

/* Rows shorter than this share of the longest are zero, and sines below it are 0. */
static const double flat = 1e-9;

/* n vectors of R^r, row-major, unit length. */
struct rows {
	size_t n, r;
	double *x;
};

/* Rows after merging: row k of the input is side[k] times representative group[k]; side 0 = zero
 * row. */
struct merged {
	struct rows rows;
	size_t *group;
	signed char *side;
};

double arrangement_bound(double n, double r)
{
	double sum = 0, binomial = 1;

	for (double i = 0; i < r && i < n; i++) {
		sum += binomial;
		binomial *= (n - 1 - i) / (i + 1);
	}
	return 2 * sum;
}

static double dot(size_t r, const double *a, const double *b)
{
	double sum = 0;

	for (size_t j = 0; j < r; j++)
		sum += a[j] * b[j];
	return sum;
}

/* 1 or -1 if a and b (unit) are parallel, else 0: |a -+ b| is the angle, without the cancellation
 * of 1 - cos. */
static signed char parallel(size_t r, const double *a, const double *b)
{
	double minus = 0, plus = 0;

	for (size_t j = 0; j < r; j++) {
		minus += (a[j] - b[j]) * (a[j] - b[j]);
		plus += (a[j] + b[j]) * (a[j] + b[j]);
	}
	return minus <= flat * flat ? 1 : (plus <= flat * flat ? -1 : 0);
}

/* x holds n rows of any length; rows below `least` are zero. */
static struct merged merge(const double *x, size_t n, size_t r, double least, struct arena *arena)
{
	struct merged m = {.rows = {0, r, ARENA_ARRAY(arena, double, n *r)}};

	m.group = ARENA_ARRAY(arena, size_t, n);
	m.side = arena_alloc(arena, n, 1);
	for (size_t k = 0; k < n; k++) {
		double length = sqrt(dot(r, x + k * r, x + k * r)), *to = m.rows.x + m.rows.n * r;
		size_t g = 0;

		if (!(length > least))
			continue;
		for (size_t j = 0; j < r; j++)
			to[j] = x[k * r + j] / length;
		while (g < m.rows.n && (m.side[k] = parallel(r, m.rows.x + g * r, to)) == 0)
			g++;
		m.group[k] = g;
		if (g == m.rows.n) {
			m.side[k] = 1;
			m.rows.n++;
		}
	}
	return m;
}

/* Growing list of cells of `rows` hyperplanes in R^dimension. */
struct list {
	struct arena *arena;
	struct arrangement cells;
	size_t room, limit;
};

static void reserve(struct list *list, size_t count)
{
	struct arrangement *c = &list->cells;
	signed char *sign;
	double *point;

	if (count <= list->room)
		return;
	list->room = 2 * count;
	sign = arena_alloc(list->arena, list->room, c->rows);
	point = arena_alloc(list->arena, list->room, c->dimension * sizeof *point);
	if (c->count > 0) {
		memcpy(sign, c->sign, c->count * c->rows);
		memcpy(point, c->point, c->count * c->dimension * sizeof *point);
	}
	c->sign = sign;
	c->point = point;
}

static bool enumerate(const double *x, size_t n, size_t r, double least, struct list *out);

/* An orthonormal basis of the complement of the unit vector u in R^r, by a Householder reflection:
 * columns 1 .. r-1 of I - 2 v v' / v'v with v = u +- e_0. basis is (r-1) x r, row-major. */
static void complement(const double *u, size_t r, double *basis)
{
	double s = u[0] >= 0 ? 1 : -1, scale = 1 / (1 + fabs(u[0])); /* 2 / v'v */

	for (size_t b = 1; b < r; b++)
		for (size_t j = 0; j < r; j++) {
			double vb = u[b], vj = u[j] + (j == 0 ? s : 0);

			basis[(b - 1) * r + j] = (b == j) - vb * vj * scale;
		}
}

/* The cells that hyperplane k splits, as cells of the earlier rows induced on it; points in R^r. */
static bool split_cells(const struct rows *rows, size_t k, struct arena *arena, size_t limit,
			struct arrangement *out)
{
	size_t r = rows->r;
	double *basis = ARENA_ARRAY(arena, double, r *r), *low = ARENA_ARRAY(arena, double, k *r),
	       *point;
	struct list list = {.arena = arena, .limit = limit};

	complement(rows->x + k * r, r, basis);
	for (size_t j = 0; j < k; j++)
		for (size_t b = 0; b + 1 < r; b++)
			low[j * (r - 1) + b] = dot(r, rows->x + j * r, basis + b * r);
	if (!enumerate(low, k, r - 1, flat, &list))
		return false;
	*out = list.cells;
	point = ARENA_ARRAY(arena, double, out->count *r);
	for (size_t c = 0; c < out->count; c++)
		for (size_t b = 0; b + 1 < r; b++)
			for (size_t j = 0; j < r; j++)
				point[c * r + j] += out->point[c * (r - 1) + b] * basis[b * r + j];
	out->point = point;
	return true;
}

/* A point strictly on side s of hyperplane k with the signs that `on` has for the earlier ones. */
static void step_off(const struct rows *rows, size_t k, const double *on, double s, double *to)
{
	size_t r = rows->r;
	const double *u = rows->x + k * r;
	double step = 1, length;

	for (size_t j = 0; j < k; j++) {
		double slope = fabs(dot(r, rows->x + j * r, u)),
		       margin = fabs(dot(r, rows->x + j * r, on));

		if (slope * step > margin / 2)
			step = margin / (2 * slope);
	}
	for (size_t j = 0; j < r; j++)
		to[j] = on[j] + s * step * u[j];
	length = sqrt(dot(r, to, to));
	for (size_t j = 0; j < r; j++)
		to[j] /= length;
}

/* Every split cell becomes two; false if a split cell is not among the cells (a failure of
 * rounding). */
static bool split_all(const struct rows *rows, size_t k, struct list *list,
		      const struct arrangement *split, struct arena *scratch)
{
	struct arrangement *c = &list->cells;
	struct index index = index_new(c->count, scratch); /* by the first k signs */
	size_t r = rows->r;

	for (size_t i = 0; i < c->count; i++)
		index_place_bytes(&index, c->sign + i * c->rows, k, i);
	reserve(list, c->count + split->count);
	for (size_t i = 0; i < split->count; i++) {
		ptrdiff_t found = index_find_bytes(&index, split->sign + i * split->rows, k);
		size_t old = (size_t)found, fresh = c->count;

		if (found == INDEX_NONE)
			return false;
		memcpy(c->sign + fresh * c->rows, c->sign + old * c->rows, c->rows);
		c->sign[old * c->rows + k] = 1;
		c->sign[fresh * c->rows + k] = -1;
		step_off(rows, k, split->point + i * r, 1, c->point + old * r);
		step_off(rows, k, split->point + i * r, -1, c->point + fresh * r);
		c->count++;
	}
	return true;
}

/* Add hyperplane k to the list. */
static bool add_hyperplane(const struct rows *rows, size_t k, struct list *list)
{
	struct arena scratch = {0};
	struct arrangement split = {0}, *c = &list->cells;
	size_t r = rows->r;
	bool fits = split_cells(rows, k, &scratch, list->limit, &split) &&
		    c->count + split.count <= list->limit;

	for (size_t i = 0; i < c->count; i++) /* unsplit, for now: the side of the interior point */
		c->sign[i * c->rows + k] = dot(r, rows->x + k * r, c->point + i * r) > 0 ? 1 : -1;
	fits = fits && split_all(rows, k, list, &split, &scratch);
	arena_release(&scratch);
	return fits || r == 0;
}

/* Cells of merged rows (r >= 1): start from the two sides of the first hyperplane. */
static bool enumerate_merged(const struct rows *rows, struct list *list)
{
	struct arrangement *c = &list->cells;

	c->rows = rows->n;
	c->dimension = rows->r;
	reserve(list, 2);
	c->count = rows->n > 0 ? 2 : 1;
	if (rows->n == 0) { /* no hyperplane: one cell, any point */
		c->point[0] = 1;
		return true;
	}
	for (size_t j = 0; j < rows->r; j++) {
		c->point[j] = rows->x[j];
		c->point[rows->r + j] = -rows->x[j];
	}
	c->sign[0] = 1;
	c->sign[c->rows] = -1;
	for (size_t k = 1; k < rows->n; k++)
		if (!add_hyperplane(rows, k, list))
			return false;
	return true;
}

/* Signs of all n rows from those of their representatives; 0 for a zero row. */
static void expand_signs(const struct merged *m, const struct arrangement *from, size_t n,
			 signed char *to)
{
	for (size_t c = 0; c < from->count; c++)
		for (size_t k = 0; k < n; k++)
			to[c * n + k] =
				m->side[k] == 0
					? (signed char)0
					: (signed char)(m->side[k] *
							from->sign[c * from->rows + m->group[k]]);
}

static bool enumerate(const double *x, size_t n, size_t r, double least, struct list *out)
{
	struct arena scratch = {0};
	struct merged m = merge(x, n, r, least, &scratch);
	struct list list = {.arena = &scratch, .limit = out->limit};
	bool fits = enumerate_merged(&m.rows, &list);
	struct arrangement *to = &out->cells, *from = &list.cells;

	if (fits) {
		*to = (struct arrangement){from->count, n, r, NULL, NULL};
		to->sign = arena_alloc(out->arena, from->count, n > 0 ? n : 1);
		to->point = ARENA_ARRAY(out->arena, double, from->count *r);
		memcpy(to->point, from->point, from->count * r * sizeof *to->point);
		expand_signs(&m, from, n, to->sign);
	}
	arena_release(&scratch);
	return fits || r == 0;
}

/* Orthonormal basis of the row space of X (d x r, column-major in V) and its rank. */
static size_t row_space(struct mat X, struct mat V, struct arena *arena)
{
	struct mat G = mat_new(arena, X.cols, X.cols);
	real *value = ARENA_ARRAY(arena, real, X.cols);
	size_t rank = 0;
	ptrdiff_t d = X.cols;

	blas_syrk(1, X, TRANSPOSED, 0, G);
	if (!blas_eigen(G, value)) /* ascending */
		return 0;
	for (ptrdiff_t j = d - 1; j >= 0;
	     j--) /* squares of singular values: rounding is d eps of the largest */
		if ((double)value[j] > (double)d * 16 * REAL_EPSILON * (double)value[d - 1])
			mat_copy(mat_cols(V, (ptrdiff_t)rank++, 1), mat_cols(G, j, 1));
	return rank;
}

/* to = V low */
static void lift(const double *low, struct mat V, double *to)
{
	for (ptrdiff_t j = 0; j < V.cols; j++)
		for (ptrdiff_t i = 0; i < V.rows; i++)
			to[i] += low[j] * (double)mat_get(V, i, j);
}

bool arrangement_enumerate(struct mat X, size_t limit, struct arena *arena, struct arrangement *out)
{
	struct arena scratch = {0};
	struct mat V = mat_new(&scratch, X.cols, X.cols), Z;
	size_t r = row_space(X, V, &scratch), n = (size_t)X.rows, d = (size_t)X.cols;
	struct list list = {.arena = &scratch, .limit = limit};
	double *rows = ARENA_ARRAY(&scratch, double, n *(r + 1)), longest = 0;
	bool fits = r > 0;

	if (r == 0) { /* all of space: no hyperplane cuts it */
		*out = (struct arrangement){1, n, d, arena_alloc(arena, 1, n),
					    ARENA_ARRAY(arena, double, d)};
		out->point[0] = 1;
	}
	Z = mat_new(&scratch, X.rows, (ptrdiff_t)(r > 0 ? r : 1));
	if (fits)
		blas_gemm(1, X, PLAIN, mat_cols(V, 0, (ptrdiff_t)r), PLAIN, 0, Z);
	for (size_t k = 0; k < n && fits; k++) {
		for (size_t j = 0; j < r; j++)
			rows[k * r + j] = (double)mat_get(Z, (ptrdiff_t)k, (ptrdiff_t)j);
		longest = fmax(longest, sqrt(dot(r, rows + k * r, rows + k * r)));
	}
	fits = fits && enumerate(rows, n, r, flat * longest, &list);
	if (fits) {
		*out = (struct arrangement){list.cells.count, n, d, NULL, NULL};
		out->sign = arena_alloc(arena, out->count, n);
		out->point = ARENA_ARRAY(arena, double, out->count *d);
		memcpy(out->sign, list.cells.sign, out->count * n);
		for (size_t c = 0; c < out->count; c++)
			lift(list.cells.point + c * r, mat_cols(V, 0, (ptrdiff_t)r),
			     out->point + c * d);
	}
	arena_release(&scratch);
	return fits || r == 0;
}
