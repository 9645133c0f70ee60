/* A-posteriori quality of a sample (Bai, Gautam, Sojoudi 2023, section 2): how many patterns or
 * neurons drawn anew have a dual constraint that the dual optimum alpha breaks. Added to the
 * program, those lower its optimum, and no others do.
 *
 * What is tested is alpha itself, the negative slopes of the loss at the solver's point, which
 * tends to the dual optimum as the gap closes, and not the dual feasible s alpha of the bound: s is
 * there for the block that alpha breaks most, and would shrink every other constraint with it. So
 * the count means something at a solved point only. */
#ifndef CVX_VIOLATION_H
#define CVX_VIOLATION_H

#include "solvers/model/trainer.h"

struct cvx;
struct patterns;

/* Neurons u uniform on the unit sphere, in a stream of their own:
 * |alpha'(X u)_+|_2 > beta, alpha n x k of k outputs, one behind the other. */
void violation_neurons(const struct problem *problem, const real *alpha, long draws,
		       struct violation *out);

/* Draw patterns d = [X h >= 0] with directions h from the source of cvx's patterns, in a stream of
 * their own, and count those that the program lacks and whose dual constraint alpha breaks: that of
 * the last certificate, held by cvx->alpha. No draws if the patterns came from a file, which is no
 * source. */
void violation_patterns(const struct cvx *cvx, long draws, struct violation *out);

/* The same of the program of gated networks, without cones: |X'D A|_F > beta, A (n x k). */
void violation_gates(const struct problem *problem, const struct patterns *patterns, struct mat A,
		     long draws, struct violation *out);

#endif
