/* Bit patterns and their kernels; see gates.h. A word is taken to a lane mask for each of its bits
 * by a shift that differs from lane to lane, which compilers make vector code of. */
#include "solvers/gates/gates.h"

#include <string.h>

/* An integer as wide as a real, and its sign bit: words are read in pieces of as many bits. */
#ifdef RB_SINGLE
typedef uint32_t lane;
#else
typedef uint64_t lane;
#endif

enum { LANES = 8 * sizeof(lane) };

static inline lane bits_of(real x)
{
	lane bits;

	memcpy(&bits, &x, sizeof bits);
	return bits;
}

static inline real real_of(lane bits)
{
	real x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

/* Bits first .. first + LANES - 1 */
static inline lane piece(const uint64_t *d, ptrdiff_t first)
{
	return (lane)(d[first / GATES_WORD] >> (first % GATES_WORD));
}

struct gates gates_new(struct arena *arena, ptrdiff_t rows, ptrdiff_t cols)
{
	struct gates D = {rows, cols, rows > 0 ? (rows + GATES_WORD - 1) / GATES_WORD : 1, NULL};

	D.at = arena_alloc(arena, (size_t)cols, (size_t)D.stride * sizeof *D.at);
	return D;
}

struct gates gates_cols(struct gates D, ptrdiff_t first, ptrdiff_t count)
{
	D.at += first * D.stride;
	D.cols = count;
	return D;
}

void gates_set(struct gates D, ptrdiff_t k, ptrdiff_t j, bool on)
{
	uint64_t *word = gates_col(D, j) + k / GATES_WORD, bit = (uint64_t)1 << (k % GATES_WORD);

	*word = on ? *word | bit : *word & ~bit;
}

void gates_copy(struct gates D, ptrdiff_t j, struct gates from, ptrdiff_t i)
{
	memmove(gates_col(D, j), gates_col(from, i), (size_t)D.stride * sizeof *D.at);
}

bool gates_same(struct gates D, ptrdiff_t j, struct gates other, ptrdiff_t i)
{
	return memcmp(gates_col(D, j), gates_col(other, i), (size_t)D.stride * sizeof *D.at) == 0;
}

void gates_threshold(struct gates D, ptrdiff_t j, const real *y)
{
	uint64_t *d = gates_col(D, j);

	for (ptrdiff_t first = 0; first < D.rows; first += GATES_WORD) {
		ptrdiff_t count = first + GATES_WORD < D.rows ? GATES_WORD : D.rows - first;
		uint64_t word = 0;

		for (ptrdiff_t k = 0; k < count; k++)
			word |= (uint64_t)(y[first + k] >= 0) << k;
		d[first / GATES_WORD] = word;
	}
}

ptrdiff_t gates_active(struct gates D, ptrdiff_t j)
{
	return gates_overlap(D, j, j);
}

ptrdiff_t gates_overlap(struct gates D, ptrdiff_t i, ptrdiff_t j)
{
	const uint64_t *a = gates_col(D, i), *b = gates_col(D, j);
	ptrdiff_t count = 0;

	for (ptrdiff_t w = 0; w < D.stride; w++)
		count += __builtin_popcountll(a[w] & b[w]);
	return count;
}

struct gates gates_transpose(struct gates D, struct arena *arena)
{
	struct gates T = gates_new(arena, D.cols, D.rows);

	for (ptrdiff_t j = 0; j < D.cols && !arena_counts(arena); j++)
		for (ptrdiff_t k = 0; k < D.rows; k++)
			gates_col(T, k)[j / GATES_WORD] |= (uint64_t)gates_get(D, k, j)
							   << (j % GATES_WORD);
	return T;
}

struct gates gates_pack(struct mat A, struct arena *arena)
{
	struct gates D = gates_new(arena, A.rows, A.cols);

	for (ptrdiff_t j = 0; j < A.cols && !arena_counts(arena); j++)
		for (ptrdiff_t k = 0; k < A.rows; k++)
			gates_set(D, k, j, mat_get(A, k, j) > 0);
	return D;
}

struct mat gates_matrix(struct gates D, struct arena *arena)
{
	struct mat A = mat_new(arena, D.rows, D.cols);

	for (ptrdiff_t j = 0; j < D.cols && !arena_counts(arena); j++)
		gates_unpack(gates_col(D, j), D.rows, mat_col(A, j));
	return A;
}

/* Each kernel by pieces: whole ones, of a constant length, and what is left. */

static inline void unpack(lane word, ptrdiff_t count, real *out)
{
#pragma omp simd
	for (ptrdiff_t k = 0; k < count; k++)
		out[k] = real_of(bits_of(1) & (0 - (word >> k & 1)));
}

void gates_unpack(const uint64_t *d, ptrdiff_t count, real *out)
{
	ptrdiff_t first = 0;

	for (; first + LANES <= count; first += LANES)
		unpack(piece(d, first), LANES, out + first);
	if (first < count)
		unpack(piece(d, first), count - first, out + first);
}

static inline void signs(lane word, ptrdiff_t count, real *out)
{
#pragma omp simd
	for (ptrdiff_t k = 0; k < count; k++)
		out[k] = real_of(bits_of(1) | (word >> k << (LANES - 1)));
}

void gates_signs(const uint64_t *d, ptrdiff_t count, real *out)
{
	ptrdiff_t first = 0;

	for (; first + LANES <= count; first += LANES)
		signs(~piece(d, first), LANES, out + first);
	if (first < count)
		signs(~piece(d, first), count - first, out + first);
}

static inline void mask(lane word, ptrdiff_t count, const real *x, real *y)
{
#pragma omp simd
	for (ptrdiff_t k = 0; k < count; k++)
		y[k] = real_of(bits_of(x[k]) & (0 - (word >> k & 1)));
}

void gates_mask(const uint64_t *d, ptrdiff_t count, const real *x, real *y)
{
	ptrdiff_t first = 0;

	for (; first + LANES <= count; first += LANES)
		mask(piece(d, first), LANES, x + first, y + first);
	if (first < count)
		mask(piece(d, first), count - first, x + first, y + first);
}

static inline void flip(lane word, ptrdiff_t count, const real *x, real *y)
{
#pragma omp simd
	for (ptrdiff_t k = 0; k < count; k++)
		y[k] = real_of(bits_of(x[k]) ^ (word >> k << (LANES - 1)));
}

void gates_flip(const uint64_t *d, ptrdiff_t count, const real *x, real *y)
{
	ptrdiff_t first = 0;

	for (; first + LANES <= count; first += LANES)
		flip(~piece(d, first), LANES, x + first, y + first);
	if (first < count)
		flip(~piece(d, first), count - first, x + first, y + first);
}

static inline void add(lane word, ptrdiff_t count, const real *x, real *f)
{
#pragma omp simd
	for (ptrdiff_t k = 0; k < count; k++)
		f[k] += real_of(bits_of(x[k]) & (0 - (word >> k & 1)));
}

void gates_add(const uint64_t *d, ptrdiff_t count, const real *x, real *f)
{
	ptrdiff_t first = 0;

	for (; first + LANES <= count; first += LANES)
		add(piece(d, first), LANES, x + first, f + first);
	if (first < count)
		add(piece(d, first), count - first, x + first, f + first);
}

void gates_outputs(struct gates D, struct mat Y, real *f)
{
#pragma omp parallel for schedule(static)
	for (ptrdiff_t first = 0; first < D.rows; first += GATES_BLOCK) {
		ptrdiff_t count = first + GATES_BLOCK < D.rows ? GATES_BLOCK : D.rows - first;

		memset(f + first, 0, (size_t)count * sizeof *f);
		for (ptrdiff_t i = 0; i < D.cols; i++)
			gates_add(gates_from(D, i, first), count, mat_col(Y, i) + first, f + first);
	}
}

void gates_spread(struct gates D, const real *r, struct mat Y)
{
#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < D.cols; i++)
		gates_mask(gates_col(D, i), D.rows, r, mat_col(Y, i));
}
