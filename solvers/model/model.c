/* What all kinds of models share. See model.h. */
#include "solvers/model/model.h"

#include "solvers/core/blas.h"

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

static ptrdiff_t extent(enum model_extent extent, ptrdiff_t d, ptrdiff_t m)
{
	return extent == MODEL_ONE ? 1 : extent == MODEL_FEATURES ? d : m;
}

size_t model_arrays(const struct model_kind *kind)
{
	size_t count = 0;

	while (kind->arrays[count].name)
		count++;
	return count;
}

struct model_part model_part(const struct model *model, const struct model_array *array)
{
	struct mat *mat = mat_of(model, array);

	if (array->cols != MODEL_ONE)
		return (struct model_part){mat->rows, mat->cols, NULL, mat};
	return (struct model_part){extent(array->rows, model_features(model), model_width(model)),
				   1, *vector_of(model, array), NULL};
}

struct model *model_new(const struct model_kind *kind, struct arena *arena, ptrdiff_t d,
			ptrdiff_t m)
{
	struct model *model = arena_alloc(arena, 1, kind->size);

	model->kind = kind;
	for (const struct model_array *a = kind->arrays; a->name; a++) {
		ptrdiff_t rows = extent(a->rows, d, m);

		if (a->cols == MODEL_ONE)
			*vector_of(model, a) = ARENA_ARRAY(arena, real, rows);
		else
			*mat_of(model, a) = mat_new(arena, rows, extent(a->cols, d, m));
	}
	return model;
}

ptrdiff_t model_features(const struct model *model)
{
	return mat_of(model, model->kind->arrays)->rows;
}

ptrdiff_t model_width(const struct model *model)
{
	return mat_of(model, model->kind->arrays)->cols;
}

/* Everything but rows of features; matrices get the width of `from`. */
static void copy(const struct model *from, struct model *to, const struct model_array *a)
{
	if (a->cols == MODEL_ONE) {
		ptrdiff_t rows = extent(a->rows, model_features(from), model_width(from));

		memcpy(*vector_of(to, a), *vector_of(from, a), (size_t)rows * sizeof(real));
		return;
	}
	mat_of(to, a)->cols = mat_of(from, a)->cols;
	if (a->rows != MODEL_FEATURES)
		mat_copy(*mat_of(to, a), *mat_of(from, a));
}

void model_map(struct mat B, bool transposed, const struct model *from, struct model *to)
{
	for (const struct model_array *a = from->kind->arrays; a->name; a++) {
		copy(from, to, a);
		if (a->rows == MODEL_FEATURES && a->cols != MODEL_ONE && model_width(from) > 0)
			blas_gemm(1, B, transposed ? TRANSPOSED : PLAIN, *mat_of(from, a), PLAIN, 0,
				  *mat_of(to, a));
	}
}

void model_rescale(const real *scale, const struct model *from, struct model *to)
{
	for (const struct model_array *a = from->kind->arrays; a->name; a++) {
		copy(from, to, a);
		for (ptrdiff_t j = 0;
		     a->rows == MODEL_FEATURES && a->cols != MODEL_ONE && j < mat_of(from, a)->cols;
		     j++)
			for (ptrdiff_t i = 0; i < mat_of(from, a)->rows; i++)
				mat_set(*mat_of(to, a), i, j,
					mat_get(*mat_of(from, a), i, j) * scale[i]);
	}
}

static struct model_work work_new(struct arena *arena, ptrdiff_t columns, int parts)
{
	return (struct model_work){.parts = parts,
				   .H = mat_new(arena, MODEL_BLOCK, columns * parts)};
}

struct model_work model_work_new(struct arena *arena, const struct model_kind *kind, ptrdiff_t m)
{
	return work_new(arena, kind->hidden * m, omp_get_max_threads());
}

struct model_work model_work_serial(struct arena *arena, const struct model_kind *kind, ptrdiff_t m)
{
	return work_new(arena, kind->hidden * m, 1);
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

#pragma omp parallel for schedule(static) num_threads(work->parts) if (X.rows > rows)
	for (ptrdiff_t first = 0; first < X.rows; first += rows) {
		ptrdiff_t count = first + rows < X.rows ? rows : X.rows - first;

		model->kind->forward(model, mat_rows(X, first, count), f + first,
				     model_hidden(work, omp_get_thread_num(), count, cols));
	}
}

void model_gradient(const struct model *model, struct mat X, real *f, struct mat G,
		    struct model_work *work)
{
	ptrdiff_t rows = block_rows(X.rows, work->parts);
	ptrdiff_t cols = model->kind->hidden * model_width(model);

#pragma omp parallel for schedule(static) num_threads(work->parts) if (X.rows > rows)
	for (ptrdiff_t first = 0; first < X.rows; first += rows) {
		ptrdiff_t count = first + rows < X.rows ? rows : X.rows - first;

		model->kind->gradient(model, mat_rows(X, first, count), f + first,
				      mat_rows(G, first, count),
				      model_hidden(work, omp_get_thread_num(), count, cols));
	}
}
