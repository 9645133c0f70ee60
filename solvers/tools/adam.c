/* Adam. See adam.h. */
#include "solvers/tools/adam.h"

#include <tgmath.h>

struct adam adam_new(void)
{
	return (struct adam){
		.beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .scale = 1, .shrink = 1};
}

/* With c1 = 1 - beta1^t and c2 = 1 - beta2^t the step is (rate sqrt(c2) / c1) p / (sqrt(q) +
 * epsilon sqrt(c2)). */
void adam_begin(struct adam *adam, double rate)
{
	double t = (double)++adam->t, root = sqrt(1 - pow(adam->beta2, t));

	adam->rate = (real)(rate * root / (1 - pow(adam->beta1, t)));
	adam->floor = (real)(adam->epsilon * root);
}

void adam_update(const struct adam *adam, size_t n, const real *restrict gradient, real *restrict w,
		 real *restrict p, real *restrict q)
{
	real keep_p = (real)adam->beta1, keep_q = (real)adam->beta2;
	real scale = adam->scale, decay = adam->decay, shrink = adam->shrink;
	real rate = adam->rate, floor = adam->floor;

#pragma omp simd
	for (size_t i = 0; i < n; i++) {
		real g = scale * gradient[i] + decay * w[i];

		p[i] = keep_p * p[i] + (1 - keep_p) * g;
		q[i] = keep_q * q[i] + (1 - keep_q) * g * g;
		w[i] = shrink * w[i] - rate * p[i] / (sqrt(q[i]) + floor);
	}
}
