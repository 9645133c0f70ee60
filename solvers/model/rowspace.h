/* Coordinates in which a matrix has full column rank: X = Z B', B (d x r) with orthonormal columns.
 *
 * A program over coefficient vectors v whose penalties and balls are those of the l_2 norm has the
 * same value in them: v = B w gives X v = Z w and |v| = |w|, and what v has outside the range of B
 * changes no X v and only adds to |v|. So r = rank X unknowns a vector are enough, and collinear
 * columns cannot make a factor singular. */
#ifndef MODEL_ROWSPACE_H
#define MODEL_ROWSPACE_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/model/model.h"

#include <stdbool.h>

struct rowspace {
	struct mat Z;   /* n x r */
	struct mat B;   /* d x r */
	ptrdiff_t kept; /* the last so many coordinates are the columns that were to be kept */
};

/* Columns j with kept[j] (d; NULL: none) stay coordinates of their own, behind the others. The rank
 * is that of the other columns scaled to length 1, up to rounding; columns of zeros are left out.
 * False, with *out untouched, if that gives d coordinates, so that nothing is gained. */
bool rowspace_find(struct mat X, const bool *kept, struct arena *arena, struct rowspace *out);

/* The same, where only columns of zeros are left out and the others are the coordinates. */
bool rowspace_nonzero(struct mat X, const bool *kept, struct arena *arena, struct rowspace *out);

/* The model in the coordinates of X from one in those of Z: U = B U_Z; and back, U_Z = B'U, which
 * drops what no sample can see. As model_map. */
void rowspace_lift(const struct rowspace *r, const struct model *from, struct model *to);
void rowspace_lower(const struct rowspace *r, const struct model *from, struct model *to);

#endif
