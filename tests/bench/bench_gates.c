/* The kernels of bit patterns beside the same passes over patterns of reals, alternately in one
 * run: ratios of times (goal: at most 1) and bytes of a pattern set. */
#include "solvers/core/rng.h"
#include "solvers/gates/gates.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

enum { REPEATS = 40, KERNELS = 3 };

static const char *const names[KERNELS] = {"masked forward", "masked adjoint", "sign rows"};

struct set {
	struct gates bits;
	struct mat reals, X, Y; /* n x P */
	real *r, *f;            /* n */
};

/* The kernels as they are over reals: blocks of rows for f, columns for the others. */
static void over_reals(const struct set *s, int kernel)
{
	ptrdiff_t n = s->X.rows;

	for (ptrdiff_t first = 0; kernel == 0 && first < n; first += GATES_BLOCK) {
		ptrdiff_t last = first + GATES_BLOCK < n ? first + GATES_BLOCK : n;

		memset(s->f + first, 0, (size_t)(last - first) * sizeof *s->f);
		for (ptrdiff_t i = 0; i < s->X.cols; i++) {
			const real *restrict d = mat_col(s->reals, i), *restrict x =
									       mat_col(s->X, i);

#pragma omp simd
			for (ptrdiff_t k = first; k < last; k++)
				s->f[k] += d[k] * x[k];
		}
	}
	for (ptrdiff_t i = 0; kernel > 0 && i < s->X.cols; i++) {
		const real *restrict d = mat_col(s->reals, i);
		const real *restrict x = kernel == 1 ? s->r : mat_col(s->X, i);
		real *restrict y = mat_col(s->Y, i), scale = kernel == 1 ? 1 : 2;
		real offset = kernel == 1 ? 0 : 1;

#pragma omp simd
		for (ptrdiff_t k = 0; k < n; k++)
			y[k] = (scale * d[k] - offset) * x[k];
	}
}

static void over_bits(const struct set *s, int kernel)
{
	if (kernel == 0)
		gates_outputs(s->bits, s->X, s->f);
	if (kernel == 1)
		gates_spread(s->bits, s->r, s->Y);
	for (ptrdiff_t i = 0; kernel == 2 && i < s->X.cols; i++)
		gates_flip(gates_col(s->bits, i), s->X.rows, mat_col(s->X, i), mat_col(s->Y, i));
}

static double time_of(void (*pass)(const struct set *s, int kernel), const struct set *s,
		      int kernel)
{
	double start = omp_get_wtime();

	pass(s, kernel);
	return omp_get_wtime() - start;
}

static void run(ptrdiff_t n, ptrdiff_t P)
{
	struct arena arena = {0};
	struct rng rng = rng_stream(1, "bench_gates", 0);
	struct set s = {.reals = mat_new(&arena, n, P),
			.X = mat_new(&arena, n, P),
			.Y = mat_new(&arena, n, P)};

	s.r = ARENA_ARRAY(&arena, real, n);
	s.f = ARENA_ARRAY(&arena, real, n);
	for (ptrdiff_t i = 0; i < n * P; i++) {
		s.reals.at[i] = rng_uniform(&rng) < 0.5;
		s.X.at[i] = s.Y.at[i] = (real)rng_normal(&rng);
	}
	s.bits = gates_pack(s.reals, &arena);
	printf("n %td, P %td: patterns take %.1f kB, %.1f as reals\n", n, P,
	       1e-3 * (double)(s.bits.stride * P * 8), 1e-3 * (double)(n * P) * sizeof(real));
	for (int kernel = 0; kernel < KERNELS; kernel++) {
		double reals = HUGE_VAL, bits = HUGE_VAL;

		for (int repeat = 0; repeat < REPEATS; repeat++) {
			reals = fmin(reals, time_of(over_reals, &s, kernel));
			bits = fmin(bits, time_of(over_bits, &s, kernel));
		}
		printf("  %-15s %8.1f us, %8.1f over reals, ratio %.2f\n", names[kernel],
		       1e6 * bits, 1e6 * reals, bits / reals);
	}
	arena_release(&arena);
}

int main(void)
{
	run(200, 60);
	run(2000, 100);
	run(12000, 72);
	run(50000, 200);
	return 0;
}
