/* Dense reference for tiny training problems (at most DENSE_SAMPLES samples of one or two
 * features), in plain loops of its own: nothing of it is shared with the solvers.
 *
 * A two-layer network with weight decay is a measure over unit directions u with the penalty beta
 * times its mass, and every program here is
 *
 *     min over a   sum_k w l(f_k, y_k) + beta sum_j |a_j|,   f = sum_j a_j relu(X u_j)
 *
 * over directions that are listed, lie in cones {e_k x_k'u >= 0} of given patterns, or are free. On
 * the circle relu(X u) is a sinusoid between two zeros of the x_k'u, so the best direction for a
 * dual point is known in closed form: columns are generated until the gap between the two values
 * below, which needs no trust in the method, is 1e-9. */
#ifndef TESTS_DENSE_H
#define TESTS_DENSE_H

#include <stdbool.h>

enum { DENSE_SAMPLES = 8, DENSE_CORNERS = 4, DENSE_N = DENSE_SAMPLES * DENSE_CORNERS };

struct dense {
	int n, d; /* d: 1 or 2 */
	/* 0, or: of so many consecutive points of one label the one with the least margin counts,
	 * for losses that fall with it, and neurons have one sign on all of them */
	int corners;
	double x[DENSE_N][2], y[DENSE_N];
	const char *loss;
	double option; /* scale of logistic, delta of huber */
	double weight, beta;
};

struct dense_value {
	double upper; /* of a point of the program */
	double lower; /* of a dual point */
};

/* l(f, y), without the weight. */
double dense_loss(const struct dense *p, double f, double y);

/* The programs: all neurons; those in the cones of `count` patterns, active[i][k]; listed ones. */
struct dense_value dense_all(const struct dense *p);
struct dense_value dense_patterns(const struct dense *p, int count, const bool (*active)[DENSE_N]);
struct dense_value dense_directions(const struct dense *p, int count, const double (*u)[2]);

/* The activations of neurons strictly between two zeros, at most `room`; their number. */
int dense_cells(const struct dense *p, bool (*active)[DENSE_N], int room);

/* Against perturbations |delta|_p <= eps, q dual to p (1, 2, or 0 for infinity):
 *     min over w   sum_k w l(y_k m_k) + 2 beta |w|_2,  m_k = y_k x_k'w - eps |w|_q,
 * by nested golden sections: its value from above, to about 1e-9. */
double dense_linear(const struct dense *p, int q, double eps);

/* The robust program over all patterns, q = 1 or 0, for losses of labels: a ball is the hull of its
 * corners, and on it a neuron of the program is linear. */
struct dense_value dense_robust(const struct dense *p, int q, double eps);

/* The robust program over all patterns in one dimension, alike. Labels (y m, as above) or targets
 * (|x c - y| + eps |c|) by the loss. */
double dense_robust_line(const struct dense *p, double eps);

#endif
