/* Activation patterns as bits: D in {0,1}^(n x P) by columns of 64-bit words, and what is done with
 * E = 2 D - 1 and D in products with reals. A pattern takes n / 8 bytes, its words stay in the
 * cache beside the reals that they mask.
 *
 *     masked forward   f = (D o Y) 1                gates_outputs   Y = X (V - W): n x P
 *     masked adjoint   Y = D o (r 1')               gates_spread    then X'Y
 *     sign rows        e o (X u)                    gates_flip
 *     thresholds       d = [y >= 0], 1'd, d'd'      gates_threshold, gates_active, gates_overlap
 *
 * Bits of a column behind row n are zero. A masked number is x or zero, a flipped one x or -x, as
 * products with d and e would give them, and sums over patterns run in their order: results do not
 * depend on how patterns are stored. */
#ifndef GATES_GATES_H
#define GATES_GATES_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	GATES_WORD = 64,  /* rows of a word */
	GATES_BLOCK = 512 /* rows of a block of a long pass: a multiple of GATES_WORD; eight columns
			     of it stay in the L1 cache */
};

/* A view as struct mat is one: rows x cols, column j at at[j * stride]. */
struct gates {
	ptrdiff_t rows, cols, stride;
	uint64_t *at;
};

/* All zero, owned by the arena. */
struct gates gates_new(struct arena *arena, ptrdiff_t rows, ptrdiff_t cols);

/* Columns first .. first+count-1. */
struct gates gates_cols(struct gates D, ptrdiff_t first, ptrdiff_t count);

/* The bits of column j, and of its rows from `first` on, a multiple of GATES_WORD. */
static inline uint64_t *gates_col(struct gates D, ptrdiff_t j)
{
	return D.at + j * D.stride;
}

static inline const uint64_t *gates_from(struct gates D, ptrdiff_t j, ptrdiff_t first)
{
	return D.at + j * D.stride + first / GATES_WORD;
}

static inline bool gates_bit(const uint64_t *d, ptrdiff_t k)
{
	return d[(size_t)k / GATES_WORD] >> ((size_t)k % GATES_WORD) & 1;
}

static inline bool gates_get(struct gates D, ptrdiff_t k, ptrdiff_t j)
{
	return gates_bit(gates_col(D, j), k);
}

void gates_set(struct gates D, ptrdiff_t k, ptrdiff_t j, bool on);

/* Column j of D = column i of `from`; whether they are equal. As many rows. */
void gates_copy(struct gates D, ptrdiff_t j, struct gates from, ptrdiff_t i);
bool gates_same(struct gates D, ptrdiff_t j, struct gates other, ptrdiff_t i);

/* Column j of D = [y >= 0], y (rows); how many of its bits are set. */
void gates_threshold(struct gates D, ptrdiff_t j, const real *y);
ptrdiff_t gates_active(struct gates D, ptrdiff_t j);

/* d_i'd_j */
ptrdiff_t gates_overlap(struct gates D, ptrdiff_t i, ptrdiff_t j);

/* D', in the arena. */
struct gates gates_transpose(struct gates D, struct arena *arena);

/* [A > 0] as bits, and D as reals 0 and 1, in the arena. */
struct gates gates_pack(struct mat A, struct arena *arena);
struct mat gates_matrix(struct gates D, struct arena *arena);

/* The first `count` bits of a column: as 0 and 1, as -1 and 1. */
void gates_unpack(const uint64_t *d, ptrdiff_t count, real *out);
void gates_signs(const uint64_t *d, ptrdiff_t count, real *out);

/* y = d o x; y = e o x; f += d o x. `count` entries; y may be x. */
void gates_mask(const uint64_t *d, ptrdiff_t count, const real *x, real *y);
void gates_flip(const uint64_t *d, ptrdiff_t count, const real *x, real *y);
void gates_add(const uint64_t *d, ptrdiff_t count, const real *x, real *f);

/* f (n) = (D o Y) 1 and Y = D o (r 1'), r (n), for n x P matrices. */
void gates_outputs(struct gates D, struct mat Y, real *f);
void gates_spread(struct gates D, const real *r, struct mat Y);

#endif
