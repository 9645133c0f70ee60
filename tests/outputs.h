/* Random and degenerate outputs of several classes with their targets. */
#ifndef TESTS_OUTPUTS_H
#define TESTS_OUTPUTS_H

#include "solvers/core/mat.h"
#include "solvers/core/rng.h"
#include "solvers/core/targets.h"
#include "solvers/loss/loss.h"

extern const struct loss loss_squared, loss_logistic, loss_hinge, loss_huber;

enum { OUTPUTS_MOST = 10, OUTPUTS_LONG = 300, OUTPUTS_ROWS = 5 }; /* outputs, samples */

/* The losses of several outputs, and options for any of them: loss_scale of logistic. */
enum { OUTPUTS_LOSSES = 3 };
extern const struct loss *const outputs_losses[OUTPUTS_LOSSES];
extern const double outputs_options[1];

struct outputs {
	struct rng rng;
	ptrdiff_t n, k;
	double size; /* of the outputs: 0, tiny, 1 and so on to 1e8; every third one has ties */
	real f[OUTPUTS_LONG * OUTPUTS_MOST], y[OUTPUTS_LONG * OUTPUTS_MOST],
		v[OUTPUTS_LONG * OUTPUTS_MOST];
	int label[OUTPUTS_LONG];
};

void outputs_make(struct outputs *t, int seed, ptrdiff_t n, ptrdiff_t k);

/* Of up to OUTPUTS_ROWS samples. */
void outputs_make_small(struct outputs *t, int seed);

/* Such an array as n x k. */
struct mat outputs_view(const struct outputs *t, real *at);
struct targets outputs_targets(const struct outputs *t);

double outputs_value(const struct loss *loss, const struct outputs *t, real *f);

/* Inner product and largest size of such arrays. */
double outputs_dot(const struct outputs *t, const real *a, const real *b);
double outputs_largest(const struct outputs *t, const real *a);

#endif
