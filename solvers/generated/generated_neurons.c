/* Neurons in use. See generated_neurons.h. */
#include "solvers/generated/generated_neurons.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum { WORD = 64 };

struct neurons neurons_new(const struct problem *problem, ptrdiff_t room, struct arena *arena)
{
	struct neurons s = {.problem = problem, .room = room};
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, k = problem->y.k;

	s.U = mat_new(arena, d, room);
	s.Phi = mat_new(arena, n, room);
	s.A = mat_new(arena, room, k);
	s.F = mat_new(arena, n, k);
	s.words = (n + WORD - 1) / WORD;
	s.on = ARENA_ARRAY(arena, uint64_t, s.words * room);
	s.off = ARENA_ARRAY(arena, uint64_t, s.words * room);
	s.apart = ARENA_ARRAY(arena, double, room);
	s.index = ARENA_ARRAY(arena, ptrdiff_t, room);
	s.U_kept = mat_new(arena, d, room);
	s.A_kept = mat_new(arena, room, k);
	return s;
}

struct mat neurons_directions(const struct neurons *s)
{
	return mat_cols(s->U, 0, s->count);
}

struct mat neurons_features(const struct neurons *s)
{
	return mat_cols(s->Phi, 0, s->count);
}

/* count x k */
static struct mat weights(const struct neurons *s)
{
	return mat_rows(s->A, 0, s->count);
}

void neurons_activate(struct neurons *s, ptrdiff_t first)
{
	ptrdiff_t count = s->count - first;
	struct mat Phi = mat_cols(s->Phi, first, count);

	blas_gemm(1, s->problem->X, PLAIN, mat_cols(s->U, first, count), PLAIN, 0, Phi);
	for (ptrdiff_t j = 0; j < count; j++) {
		real *phi = mat_col(Phi, j);

		for (ptrdiff_t i = 0; i < Phi.rows; i++)
			phi[i] = phi[i] > 0 ? phi[i] : 0;
	}
}

void neurons_output(struct neurons *s)
{
	if (s->count == 0)
		mat_fill(s->F, 0);
	else
		blas_gemm(1, neurons_features(s), PLAIN, weights(s), PLAIN, 0, s->F);
}

double neurons_size(const struct neurons *s, ptrdiff_t j)
{
	double square = 0;

	for (ptrdiff_t c = 0; c < s->A.cols; c++)
		square += (double)mat_get(s->A, j, c) * (double)mat_get(s->A, j, c);
	return sqrt(square);
}

double neurons_objective(const struct neurons *s)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < s->count; j++)
		sum += neurons_size(s, j);
	return loss_outputs_value(s->problem->loss, s->F, s->problem->y) + s->problem->beta * sum;
}

/* Those at index[0] < index[1] < ... of `count` stay. */
static void keep(struct neurons *s, const ptrdiff_t *index, ptrdiff_t count)
{
	for (ptrdiff_t j = 0; j < count; j++) {
		if (index[j] == j)
			continue;
		mat_copy(mat_cols(s->U, j, 1), mat_cols(s->U, index[j], 1));
		mat_copy(mat_cols(s->Phi, j, 1), mat_cols(s->Phi, index[j], 1));
		for (ptrdiff_t c = 0; c < s->A.cols; c++)
			mat_set(s->A, j, c, mat_get(s->A, index[j], c));
	}
	s->count = count;
}

void neurons_prune(struct neurons *s)
{
	ptrdiff_t count = 0;

	for (ptrdiff_t j = 0; j < s->count; j++)
		if (neurons_size(s, j) > 0)
			s->index[count++] = j;
	keep(s, s->index, count);
}

void neurons_remember(struct neurons *s)
{
	s->kept = s->count;
	mat_copy(mat_cols(s->U_kept, 0, s->kept), neurons_directions(s));
	mat_copy(mat_rows(s->A_kept, 0, s->kept), weights(s));
}

void neurons_go_back(struct neurons *s)
{
	s->count = s->kept;
	mat_copy(neurons_directions(s), mat_cols(s->U_kept, 0, s->kept));
	mat_copy(weights(s), mat_rows(s->A_kept, 0, s->kept));
	neurons_activate(s, 0);
	neurons_output(s);
}

/* Samples on which neuron j is on, and off, for certain; z (n) is scratch. */
static void look(struct neurons *s, ptrdiff_t j, double slack, real *z)
{
	struct mat X = s->problem->X;
	uint64_t *on = s->on + j * s->words, *off = s->off + j * s->words;

	blas_gemv(1, X, PLAIN, mat_col(s->U, j), 0, z);
	memset(on, 0, (size_t)s->words * sizeof *on);
	memset(off, 0, (size_t)s->words * sizeof *off);
	for (ptrdiff_t i = 0; i < X.rows; i++) {
		uint64_t bit = (uint64_t)1 << i % WORD;

		if ((double)z[i] > slack)
			on[i / WORD] |= bit;
		else if ((double)z[i] < -slack)
			off[i / WORD] |= bit;
	}
}

/* Whether a sample here is on for one of them and off for the other. */
static bool differ(const struct neurons *s, ptrdiff_t i, ptrdiff_t j)
{
	const uint64_t *on_i = s->on + i * s->words, *off_i = s->off + i * s->words,
		       *on_j = s->on + j * s->words, *off_j = s->off + j * s->words;

	for (ptrdiff_t w = 0; w < s->words; w++)
		if ((on_i[w] & off_j[w]) | (off_i[w] & on_j[w]))
			return true;
	return false;
}

/* Whether weights point the same way. */
static bool parallel(const struct neurons *s, ptrdiff_t i, ptrdiff_t j)
{
	double product = 0;

	for (ptrdiff_t c = 0; c < s->A.cols; c++)
		product += (double)mat_get(s->A, i, c) * (double)mat_get(s->A, j, c);
	return product >= (1 - 16 * REAL_EPSILON) * neurons_size(s, i) * neurons_size(s, j);
}

/* The first neuron before j that agrees with it on all ranks; j: there is none. */
static ptrdiff_t partner(struct neurons *s, ptrdiff_t j)
{
	ptrdiff_t i = 0;

	for (ptrdiff_t l = 0; l < j; l++)
		s->apart[l] = differ(s, l, j);
	ranks_sum_all(s->problem->ranks, s->apart, (size_t)j);
	while (i < j && (!(neurons_size(s, i) > 0) || s->apart[i] > 0 || !parallel(s, i, j)))
		i++;
	return i;
}

/* Neuron i takes in neuron j. */
static void join(struct neurons *s, ptrdiff_t i, ptrdiff_t j)
{
	real *u = mat_col(s->U, i), *v = mat_col(s->U, j);
	double a = neurons_size(s, i), b = neurons_size(s, j), length;

	blas_scale((size_t)s->U.rows, a, u);
	blas_axpy((size_t)s->U.rows, b, v, u);
	length = blas_norm((size_t)s->U.rows, u);
	for (ptrdiff_t c = 0; c < s->A.cols; c++) {
		double sum = (double)mat_get(s->A, i, c) + (double)mat_get(s->A, j, c);

		mat_set(s->A, i, c, (real)(sum / (a + b) * length));
		mat_set(s->A, j, c, 0);
	}
	if (length > 0)
		blas_scale((size_t)s->U.rows, 1 / length, u);
}

void neurons_merge(struct neurons *s, double slack)
{
	for (ptrdiff_t j = 0; j < s->count; j++) {
		ptrdiff_t i;

		look(s, j, slack, mat_col(s->Phi, j));
		i = partner(s, j);
		if (i == j)
			continue;
		join(s, i, j);
		look(s, i, slack, mat_col(s->Phi, i));
	}
	neurons_prune(s);
	neurons_activate(s, 0);
	neurons_output(s);
}
