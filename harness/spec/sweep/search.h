/* search: {draws: 50, over: {rho: {log: [1e-3, 10]}, width: {whole: [10, 200]}}} in an entry of
 * `data` or `train`: settings drawn from ranges instead of a grid. It becomes a zip (zip.h). */
#ifndef SPEC_SEARCH_H
#define SPEC_SEARCH_H

#include "harness/spec/bind/bind.h"

extern const char search_key[];

/* Rows of its options but `over`, for `describe`. */
extern const struct option search_rows[];

/* An entry whose search is a zip of the values drawn; `trail` leads to the entry. The i-th draw
 * depends on i, the seed and the order of `over` alone: more draws keep those that were there. One
 * that repeats another, of whole numbers or texts, is left out. */
const struct node *search_graft(const struct bind *bind, const struct node *entry,
				const struct trail *trail);

#endif
