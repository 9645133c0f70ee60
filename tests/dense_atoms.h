/* The finite program of the dense reference (dense.h):
 *
 *     min over c   sum_k l(f_k, y_k) + b |c|_1,   f = sum_j c_j phi_j,   phi_j = relu(X u_j),
 *   = max over a   -sum_k l*(a_k, y_k)   s.t.  |phi_j'a| <= b for every j,   b = beta / w
 *
 * (all of it divided by the weight w), by a primal-dual interior point method on the second one:
 * its multipliers are c. */
#ifndef TESTS_DENSE_ATOMS_H
#define TESTS_DENSE_ATOMS_H

#include "tests/dense.h"

enum { DENSE_ATOMS = 400 };

extern const double dense_accuracy; /* relative gap at which a finite program is solved */

struct dense_atoms {
	int count;
	double u[DENSE_ATOMS][2], phi[DENSE_ATOMS][DENSE_N];
};

/* x_k'u */
double dense_output(const struct dense *p, int k, const double *u);

/* One more direction, unless it is there. */
void dense_atoms_add(const struct dense *p, struct dense_atoms *atoms, double u0, double u1);

/* Its value from above; a (n) becomes a dual point. */
double dense_atoms_solve(const struct dense *p, const struct dense_atoms *atoms, double *a);

/* -sum l*(a) */
double dense_atoms_dual(const struct dense *p, const double *a);

#endif
