/* Ten classes of MNIST, all 60,000 images, 1,000 neurons that share their outputs: seconds to a
 * certified gap of 1e-3 for the squared loss, certificates included, and peak memory; with an
 * argument `logistic` those of softmax cross entropy. The data set must be there ($RELUBENCH_DATA).
 */
#include "solvers/core/rng.h"
#include "solvers/scp/scp_shared.h"
#include "tests/digits.h"
#include "tests/kernels.h"

#include "harness/machine/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

extern const struct loss loss_squared, loss_logistic;

enum { NEURONS = 1000, STEPS = 20 };

static const double beta = 10, goal = 1e-3, most_seconds = 60, most_mb = 2500;

int main(int argc, char **argv)
{
	static const double scale = 1;
	struct arena arena = {0};
	bool logistic = argc > 1 && strcmp(argv[1], "logistic") == 0;
	struct problem problem = {.beta = beta,
				  .loss = {logistic ? &loss_logistic : &loss_squared, &scale, 1}};
	struct progress progress = {0};
	struct certificate found = {0};
	struct scp_shared *shared;
	struct mat U;
	struct rusage usage;
	double start, seconds, gap = 1;

	kernels_choose(argv);
	if (!digits_load(&problem, DIGITS_ALL, &arena)) {
		printf("shared outputs: no MNIST in $RELUBENCH_DATA\n");
		arena_release(&arena);
		return 0;
	}
	U = mat_new(&arena, DIGITS_D, NEURONS);
	for (ptrdiff_t j = 0; j < NEURONS; j++) {
		struct rng rng = rng_stream(0, "neurons", (uint64_t)j);

		net_direction(&rng, DIGITS_D, mat_col(U, j));
	}
	start = clock_seconds();
	shared = scp_shared_new(&problem, U, &arena);
	for (int step = 1; step <= STEPS && gap > goal; step++) {
		scp_shared_step(shared, &progress);
		if (step % 3)
			continue;
		scp_shared_certify(shared, &found);
		gap = (found.upper - found.lower_bound) / found.upper;
		printf("  step %2d, %5.1f s: objective %.4f, gap %.1e\n", step,
		       clock_seconds() - start, found.objective, gap);
	}
	seconds = clock_seconds() - start;
	getrusage(RUSAGE_SELF, &usage);
	printf("shared outputs, %s, " REAL_NAME ": gap %.1e in %.1f s, peak %.0f MB\n",
	       logistic ? "logistic" : "squared", gap, seconds, (double)usage.ru_maxrss / 1024);
	arena_release(&arena);
	if (logistic || REAL_EPSILON < 1e-10)
		return 0;
	return gap <= goal && seconds <= most_seconds && (double)usage.ru_maxrss / 1024 <= most_mb
		       ? 0
		       : 1;
}
