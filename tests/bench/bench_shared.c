/* Ten classes of MNIST, all 60,000 images, 1,000 neurons that share their outputs: seconds to a
 * certified gap of 1e-3 for the squared loss, certificates included, and peak memory; with an
 * argument `logistic` those of softmax cross entropy. The data set must be there ($RELUBENCH_DATA).
 */
#include "solvers/core/rng.h"
#include "solvers/scp/scp_shared.h"
#include "tests/kernels.h"

#include "harness/machine/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <zlib.h>

extern const struct loss loss_squared, loss_logistic;

enum { N = 60000, PIXELS = 784, D = PIXELS + 1, K = 10, NEURONS = 1000, STEPS = 20 };

static const double beta = 10, goal = 1e-3, most_seconds = 60, most_mb = 2500;

/* count bytes behind the first `skip` of a file of MNIST; NULL if it is not there. */
static unsigned char *bytes(const char *name, int skip, unsigned count, struct arena *arena)
{
	const char *folder = getenv("RELUBENCH_DATA");
	char *path = arena_format(arena, "%s/mnist/%s.gz", folder ? folder : "", name);
	unsigned char *all = ARENA_ARRAY(arena, unsigned char, count);
	gzFile file = gzopen(path, "rb");
	bool whole = file && gzread(file, all, (unsigned)skip) == skip &&
		     gzread(file, all, count) == (int)count;

	if (file)
		gzclose(file);
	return whole ? all : NULL;
}

/* Centred pixels in [0, 1] and a bias; one-hot targets. */
static bool load(struct problem *problem, struct arena *arena)
{
	struct arena files = {0};
	unsigned char *pixels = bytes("train-images-idx3-ubyte", 16, N * PIXELS, &files);
	unsigned char *digits = bytes("train-labels-idx1-ubyte", 8, N, &files);
	real *at = ARENA_ARRAY(arena, real, N * K);
	int *label = ARENA_ARRAY(arena, int, N);

	if (!pixels || !digits) {
		arena_release(&files);
		return false;
	}
	problem->X = mat_new(arena, N, D);
	for (ptrdiff_t j = 0; j < D; j++) {
		double mean = 0;

		for (ptrdiff_t r = 0; r < N && j < PIXELS; r++)
			mean += pixels[r * PIXELS + j] / 255.0 / N;
		for (ptrdiff_t r = 0; r < N; r++)
			mat_set(problem->X, r, j,
				j < PIXELS ? (real)(pixels[r * PIXELS + j] / 255.0 - mean) : 1);
	}
	for (ptrdiff_t r = 0; r < N; r++) {
		label[r] = digits[r];
		at[r + label[r] * N] = 1;
	}
	problem->y = (struct targets){.n = N, .k = K, .at = at, .label = label};
	arena_release(&files);
	return true;
}

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
	if (!load(&problem, &arena)) {
		printf("shared outputs: no MNIST in $RELUBENCH_DATA\n");
		arena_release(&arena);
		return 0;
	}
	U = mat_new(&arena, D, NEURONS);
	for (ptrdiff_t j = 0; j < NEURONS; j++) {
		struct rng rng = rng_stream(0, "neurons", (uint64_t)j);

		net_direction(&rng, D, mat_col(U, j));
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
