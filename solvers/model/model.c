/* What all kinds of models share. See model.h. */
#include "solvers/model/model.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { MIN_BLOCK = 16 }; /* rows in a tile of the GEMM kernels: less wastes part of the tile */

static struct mat *mat_of(const struct model *model, const struct model_array *array)
{
	return (struct mat *)(void *)((char *)(void *)model + array->offset);
}

static real **vector_of(const struct model *model, const struct model_array *array)
{
	return (real **)(void *)((char *)(void *)model + array->offset);
}

static ptrdiff_t extent(enum model_extent extent, struct model_size size)
{
	const ptrdiff_t of[] = {[MODEL_ONE] = 1,
				[MODEL_FEATURES] = size.d,
				[MODEL_UNITS] = size.m,
				[MODEL_OUTPUTS] = size.k,
				[MODEL_FEATURES_OF_UNITS] = size.d * size.m};

	return of[extent];
}

size_t model_arrays(const struct model_kind *kind)
{
	size_t count = 0;

	while (kind->arrays[count].name)
		count++;
	return count;
}

bool model_maps(const struct model_kind *kind)
{
	for (const struct model_array *a = kind->arrays; a->name; a++)
		if (a->rows == MODEL_FEATURES && a->cols == MODEL_ONE)
			return false;
	return true;
}

struct model_part model_part(const struct model *model, const struct model_array *array)
{
	struct model_size size = model_size(model);
	ptrdiff_t rows = extent(array->rows, size), cols = extent(array->cols, size);

	if (array->cols != MODEL_ONE)
		return (struct model_part){rows, cols, NULL, mat_of(model, array)};
	return (struct model_part){rows, 1, *vector_of(model, array), NULL};
}

struct model *model_new(const struct model_kind *kind, struct arena *arena, struct model_size size)
{
	struct model *model = arena_alloc(arena, 1, kind->size);

	model->kind = kind;
	for (const struct model_array *a = kind->arrays; a->name; a++) {
		ptrdiff_t rows = extent(a->rows, size);

		if (a->cols == MODEL_ONE)
			*vector_of(model, a) = ARENA_ARRAY(arena, real, rows);
		else
			*mat_of(model, a) = mat_new(arena, rows, extent(a->cols, size));
	}
	return model;
}

struct model *model_copy(const struct model *model, struct arena *arena)
{
	struct model *copy = model_new(model->kind, arena, model_size(model));

	for (const struct model_array *a = model->kind->arrays; a->name; a++) {
		struct model_part from = model_part(model, a), to = model_part(copy, a);

		if (from.vector)
			memcpy(to.vector, from.vector, (size_t)from.rows * sizeof *to.vector);
		else
			mat_copy(*to.mat,
				 mat_rows(mat_cols(*from.mat, 0, from.cols), 0, from.rows));
	}
	return copy;
}

ptrdiff_t model_features(const struct model *model)
{
	return mat_of(model, model->kind->arrays)->rows;
}

ptrdiff_t model_width(const struct model *model)
{
	return mat_of(model, model->kind->arrays)->cols;
}

ptrdiff_t model_outputs(const struct model *model)
{
	for (const struct model_array *a = model->kind->arrays; a->name; a++)
		if (a->cols == MODEL_OUTPUTS)
			return mat_of(model, a)->cols;
	return 1;
}

struct model_size model_size(const struct model *model)
{
	return (struct model_size){model_features(model), model_width(model), model_outputs(model)};
}

/* Blocks of rows of features: one, one for each unit, or none. */
static ptrdiff_t feature_blocks(const struct model *model, const struct model_array *a)
{
	if (a->cols == MODEL_ONE)
		return 0;
	return a->rows == MODEL_FEATURES_OF_UNITS ? model_width(model) : a->rows == MODEL_FEATURES;
}

static struct mat feature_block(const struct model *model, const struct model_array *a, ptrdiff_t i)
{
	ptrdiff_t d = model_features(model);

	return mat_rows(*mat_of(model, a), i * d, d);
}

/* Everything but rows of features; the first array gets the width of `from`. */
static void copy(const struct model *from, struct model *to, const struct model_array *a)
{
	const struct model_part part = model_part(from, a);

	if (part.vector) {
		memcpy(*vector_of(to, a), part.vector, (size_t)part.rows * sizeof(real));
		return;
	}
	mat_of(to, a)->cols = part.cols;
	if (a->rows != MODEL_FEATURES && a->rows != MODEL_FEATURES_OF_UNITS)
		mat_copy(mat_rows(*mat_of(to, a), 0, part.rows), mat_rows(*part.mat, 0, part.rows));
}

void model_map(struct mat B, bool transposed, const struct model *from, struct model *to)
{
	for (const struct model_array *a = from->kind->arrays; a->name; a++) {
		copy(from, to, a);
		for (ptrdiff_t b = 0; model_width(from) > 0 && b < feature_blocks(from, a); b++)
			blas_gemm(1, B, transposed ? TRANSPOSED : PLAIN, feature_block(from, a, b),
				  PLAIN, 0, feature_block(to, a, b));
	}
}

/* to = diag(scale) from */
static void rescale(const real *scale, struct mat from, struct mat to)
{
	for (ptrdiff_t j = 0; j < from.cols; j++)
		for (ptrdiff_t i = 0; i < from.rows; i++)
			mat_set(to, i, j, mat_get(from, i, j) * scale[i]);
}

void model_rescale(const real *scale, const struct model *from, struct model *to)
{
	for (const struct model_array *a = from->kind->arrays; a->name; a++) {
		copy(from, to, a);
		for (ptrdiff_t i = 0;
		     a->rows == MODEL_FEATURES && a->cols == MODEL_ONE && i < model_features(from);
		     i++)
			(*vector_of(to, a))[i] *= scale[i];
		for (ptrdiff_t b = 0; b < feature_blocks(from, a); b++)
			rescale(scale, feature_block(from, a, b), feature_block(to, a, b));
	}
}

/* With several outputs a pass also keeps these, and their part in what is wanted: F and C. */
static struct model_work work_new(struct arena *arena, const struct model_kind *kind,
				  struct model_size size, int parts)
{
	ptrdiff_t columns = kind->hidden * size.m + (kind->pullback ? 2 * size.k : 0);

	return (struct model_work){.parts = parts,
				   .H = mat_new(arena, MODEL_BLOCK, columns * parts)};
}

struct model_work model_work_new(struct arena *arena, const struct model_kind *kind,
				 struct model_size size)
{
	return work_new(arena, kind, size, omp_get_max_threads());
}

struct model_work model_work_serial(struct arena *arena, const struct model_kind *kind,
				    struct model_size size)
{
	return work_new(arena, kind, size, 1);
}

struct mat model_hidden(const struct model_work *work, int part, ptrdiff_t rows, ptrdiff_t cols)
{
	ptrdiff_t room = work->H.cols / work->parts;

	return mat_rows(mat_cols(work->H, part * room, cols), 0, rows);
}

/* Rows per block: at most MODEL_BLOCK, fewer when that gives every thread a block. */
static ptrdiff_t block_rows(ptrdiff_t n, int parts)
{
	ptrdiff_t rows = (n + parts - 1) / parts;

	rows = (rows + MIN_BLOCK - 1) / MIN_BLOCK * MIN_BLOCK;
	return rows < MODEL_BLOCK ? rows : MODEL_BLOCK;
}

void model_forward(const struct model *model, struct mat X, real *f, struct model_work *work)
{
	ptrdiff_t rows = block_rows(X.rows, work->parts);
	ptrdiff_t cols = model->kind->hidden * model_width(model);
	struct mat F = {X.rows, model_outputs(model), X.rows, f};

#pragma omp parallel for schedule(static) num_threads(work->parts) if (X.rows > rows)
	for (ptrdiff_t first = 0; first < X.rows; first += rows) {
		ptrdiff_t count = first + rows < X.rows ? rows : X.rows - first;

		model->kind->forward(model, mat_rows(X, first, count), mat_rows(F, first, count),
				     model_hidden(work, omp_get_thread_num(), count, cols));
	}
}

/* The classes with the `count` largest outputs of a row, the largest one first; of equal ones the
 * lowest number. */
static void rank_outputs(struct mat F, ptrdiff_t row, int *top, ptrdiff_t count)
{
	for (int c = 0; c < F.cols; c++) {
		ptrdiff_t place = c < count ? c : count;

		for (; place > 0 && mat_get(F, row, top[place - 1]) < mat_get(F, row, c); place--)
			if (place < count)
				top[place] = top[place - 1];
		if (place < count)
			top[place] = c;
	}
}

/* loss /= spread, and the coefficients C of its gradient with it. Of equal outputs alone, and of
 * too few of them, nothing changes. */
static void divide(const struct model_margin *m, struct mat F, ptrdiff_t row, real *loss,
		   struct mat C)
{
	enum { TOP = 4 };
	ptrdiff_t count = m->rival ? TOP : TOP - 1;
	const real share = 1 / (real)(count - 2);
	int top[TOP] = {0};
	real spread;

	if (F.cols < count)
		return;
	rank_outputs(F, row, top, count);
	spread = mat_get(F, row, top[0]);
	for (ptrdiff_t r = 2; r < count; r++)
		spread -= share * mat_get(F, row, top[r]);
	if (!(spread > 0))
		return;
	*loss /= spread;
	for (int c = 0; c < F.cols; c++) {
		real of = c == top[0] ? 1 : 0;

		for (ptrdiff_t r = 2; r < count; r++)
			of -= c == top[r] ? share : 0;
		mat_set(C, row, c, (mat_get(C, row, c) - *loss * of) / spread);
	}
}

/* The class other than y with the largest output. */
static int strongest(struct mat F, ptrdiff_t row, int y)
{
	int rival = y == 0 ? 1 : 0;

	for (int c = rival + 1; c < F.cols; c++)
		if (c != y && mat_get(F, row, c) > mat_get(F, row, rival))
			rival = c;
	return rival;
}

/* f_y - log sum_c exp f_c, and C its gradient, of which 1 - softmax_y is summed over the others: it
 * is not 0 where softmax_y is rounded to 1. */
static real log_softmax(struct mat F, ptrdiff_t row, int y, struct mat C)
{
	double most = (double)mat_get(F, row, y), others = 0, sum = 0, own;

	for (int c = 0; c < F.cols; c++)
		most = fmax(most, (double)mat_get(F, row, c));
	own = (double)mat_get(F, row, y) - most;
	for (int c = 0; c < F.cols; c++)
		others += c == y ? 0 : exp((double)mat_get(F, row, c) - most);
	sum = others + exp(own);
	for (int c = 0; c < F.cols; c++)
		mat_set(C, row, c,
			(real)(c == y ? others / sum
				      : -exp((double)mat_get(F, row, c) - most) / sum));
	return (real)(own < 0 ? own - log(sum) : -log1p(others));
}

/* The margin of row `row` of F, which is sample `i`; returns the loss, and in C its gradient in the
 * outputs. */
static real judge_class(const struct model_margin *m, ptrdiff_t i, struct mat F, ptrdiff_t row,
			struct mat C)
{
	int y = m->y.label[i], rival = strongest(F, row, y);
	real own = mat_get(F, row, y), loss;

	m->margin[i] = own - mat_get(F, row, rival);
	if (m->entropy)
		return log_softmax(F, row, y, C);
	rival = m->rival ? m->rival[i] : rival;
	loss = own - mat_get(F, row, rival);
	for (int c = 0; c < F.cols; c++)
		mat_set(C, row, c, c == y ? 1 : c == rival ? -1 : 0);
	if (m->ratio)
		divide(m, F, row, &loss, C);
	return loss;
}

/* The same of a block, samples from `first` on. */
static void judge(const struct model_margin *m, ptrdiff_t first, struct mat F, struct mat C)
{
	for (ptrdiff_t k = 0; k < F.rows; k++) {
		ptrdiff_t i = first + k;
		real loss;

		if (m->y.label) {
			loss = judge_class(m, i, F, k, C);
		} else {
			m->margin[i] = loss = m->y.at[i] * mat_get(F, k, 0);
			mat_set(C, k, 0, m->y.at[i]);
		}
		if (m->loss)
			m->loss[i] = loss;
	}
}

/* Of a kind with several outputs; G NULL: without gradients. */
static void pass(const struct model *model, struct mat X, const struct model_margin *m,
		 const struct mat *G, struct model_work *work)
{
	ptrdiff_t rows = block_rows(X.rows, work->parts), k = model_outputs(model);
	ptrdiff_t cols = model->kind->hidden * model_width(model);

#pragma omp parallel for schedule(static) num_threads(work->parts) if (X.rows > rows)
	for (ptrdiff_t first = 0; first < X.rows; first += rows) {
		ptrdiff_t count = first + rows < X.rows ? rows : X.rows - first;
		struct mat all = model_hidden(work, omp_get_thread_num(), count, cols + 2 * k);
		struct mat H = mat_cols(all, 0, cols), F = mat_cols(all, cols, k),
			   C = mat_cols(all, cols + k, k);

		model->kind->forward(model, mat_rows(X, first, count), F, H);
		judge(m, first, F, C);
		if (G)
			model->kind->pullback(model, mat_rows(X, first, count), C,
					      mat_rows(*G, first, count), H);
	}
}

/* By the pullback of 1; `all` is scratch for H and a column. */
static void gradient_of(const struct model *model, struct mat X, real *f, struct mat G,
			struct mat all)
{
	struct mat H = mat_cols(all, 0, all.cols - 1), one = mat_cols(all, all.cols - 1, 1);

	model->kind->forward(model, X, (struct mat){X.rows, 1, X.rows, f}, H);
	mat_fill(one, 1);
	model->kind->pullback(model, X, one, G, H);
}

void model_gradient(const struct model *model, struct mat X, real *f, struct mat G,
		    struct model_work *work)
{
	bool own = model->kind->gradient != NULL;
	ptrdiff_t rows = block_rows(X.rows, work->parts);
	ptrdiff_t cols = model->kind->hidden * model_width(model);

#pragma omp parallel for schedule(static) num_threads(work->parts) if (X.rows > rows)
	for (ptrdiff_t first = 0; first < X.rows; first += rows) {
		ptrdiff_t count = first + rows < X.rows ? rows : X.rows - first;
		struct mat scratch =
			model_hidden(work, omp_get_thread_num(), count, own ? cols : cols + 1);

		(own ? model->kind->gradient : gradient_of)(model, mat_rows(X, first, count),
							    f + first, mat_rows(G, first, count),
							    scratch);
	}
}

void model_margin(const struct model *model, struct mat X, const struct model_margin *m,
		  struct model_work *work)
{
	if (model->kind->pullback) {
		pass(model, X, m, NULL, work);
		return;
	}
	model_forward(model, X, m->margin, work);
	for (ptrdiff_t k = 0; k < X.rows; k++)
		m->margin[k] *= m->y.at[k];
	if (m->loss)
		memcpy(m->loss, m->margin, (size_t)X.rows * sizeof(real));
}

void model_margin_gradient(const struct model *model, struct mat X, const struct model_margin *m,
			   struct mat G, struct model_work *work)
{
	if (model->kind->pullback) {
		pass(model, X, m, &G, work);
		return;
	}
	model_gradient(model, X, m->margin, G, work);
	for (ptrdiff_t k = 0; k < X.rows; k++)
		m->margin[k] *= m->y.at[k];
	for (ptrdiff_t i = 0; i < X.cols; i++)
		for (ptrdiff_t k = 0; k < X.rows; k++)
			mat_col(G, i)[k] *= m->y.at[k];
	if (m->loss)
		memcpy(m->loss, m->margin, (size_t)X.rows * sizeof(real));
}
