/* Small problems of several classes by a formula, for optima that other programs have computed too,
 * and worst cases of networks of several outputs by plain loops. */
#ifndef TESTS_CLASSES_H
#define TESTS_CLASSES_H

#include "solvers/model/multinet.h"
#include "tests/toy.h"

/* x_ij = 1.5 sin(1.3 (i + 1) (j + 1) + 0.7 j), the last column 1 and not attacked; the quadrant of
 * the first two features, less where k = 3, the next class at every seventh sample; class c is
 * number (c + turn) mod k. k is 2, 3 or 4. */
struct toy classes_make(ptrdiff_t n, ptrdiff_t d, ptrdiff_t k, const char *loss, double beta,
			int turn);

/* weight sum_i l(F_i, y_i) in double by the definition, F (n x k) row by row. */
double classes_loss(const struct problem *problem, const double *F);

/* f_c - f_y of sample i at x_i + delta in double. */
void classes_leads(const struct multinet *net, const struct problem *problem, ptrdiff_t i,
		   const double *delta, double *lead);

/* A lower bound of the worst case with weight decay: the loss at the worst of `draws` points of
 * each sample, corners of the l_inf or the l_1 ball or points of the l_2 sphere. */
double classes_attacked(const struct multinet *net, const struct problem *problem, enum norm norm,
			double eps, int draws);

#endif
