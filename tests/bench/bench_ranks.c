/* Strong and weak scaling of an ADMM iteration over ranks, and what a model of many ranks makes of
 * the constants that are measured on the way:
 *
 *     for r in 1 2 4; do mpirun -n $r build/double/tests/bench/bench_ranks $r alone model.$r; done
 *
 * bash tests/bench/ranks.sh does so and draws the model. One rank writes to `alone` what an
 * iteration takes, and to model.$r go the rows of the model by that.
 *
 * The fastest iteration and the fastest sums of many are hardly disturbed by what else runs. The
 * model, which nothing here measures: an iteration is a part that is the same on every rank and one
 * that is proportional to its samples, fitted to four sizes on one rank, which shares its cores and
 * its memory with no other; and a sum of b bytes over R ranks takes
 *
 *     2 ceil(log2 R) a + 2 b (R - 1) / R / B,
 *
 * a the latency of a message, B the bandwidth between two ranks, as two ranks of this machine have
 * them, and beside it a = 2 us and B = 10 GB/s of a cluster's network. */
#include "harness/machine/mpi.h"
#include "solvers/core/blas.h"
#include "tests/toy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { D = 100, P = 64, STRONG = 12000, WEAK = 8000, MODEL = 1000000, STEPS = 8, SUMS = 300 };

static double wall(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double cpu(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Of the fastest iteration, on the slowest rank. */
struct cost {
	double wall, cpu, communication; /* s */
	double sums, bytes;
};

static void pose(struct ranks *ranks, ptrdiff_t n, struct toy *toy)
{
	struct ranks_rows rows = ranks_rows(ranks, n);
	struct mat X = mat_new(&toy->arena, rows.rows, D);
	real *y = ARENA_ARRAY(&toy->arena, real, rows.rows);

	for (ptrdiff_t k = 0; k < rows.rows; k++) {
		struct rng rng = rng_stream(1, "row", (uint64_t)(rows.first + k));

		for (ptrdiff_t j = 0; j < D; j++)
			mat_set(X, k, j, (real)rng_normal(&rng));
		y[k] = mat_get(X, k, 0) * mat_get(X, k, 1) > 0 ? 1 : -1;
	}
	toy->problem = (struct problem){.X = X,
					.y = targets_of(y, rows.rows),
					.loss = toy_loss_term("logistic", &toy->arena),
					.beta = 1e-3,
					.ranks = ranks,
					.seed = 3};
	toy->problem.loss.weight = 1 / (double)n;
	toy->problem.loss.ranks = ranks;
}

static struct cost measure(struct ranks *ranks, ptrdiff_t n, const char *u_update)
{
	const struct desc *desc = registry_find(KIND_SOLVER, "admm");
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	struct cost best = {.wall = HUGE_VAL};
	struct progress progress = {0};
	struct toy toy = {0};
	struct err err = {0};
	void *state;

	pose(ranks, n, &toy);
	if (trainer->setup(&toy.problem,
			   toy_options(desc,
				       arena_format(&toy.arena,
						    "{patterns: %d, finish: none, rho: 0.1, adapt: "
						    "false, u_update: %s}",
						    P, u_update),
				       &toy.arena),
			   &toy.arena, &state, &err) != STATUS_OK)
		return best;
	for (int step = 0; step < STEPS; step++) {
		struct ranks before = ranks ? *ranks : (struct ranks){0};
		double start = wall(), spent = cpu();

		trainer->step(state, &progress);
		spent = ranks_largest(ranks, cpu() - spent);
		start = ranks_largest(ranks, wall() - start);
		if (!(start < best.wall))
			continue;
		best = (struct cost){.wall = start, .cpu = spent};
		if (ranks) { /* less the two of the measurement */
			best.communication = ranks->seconds - before.seconds;
			best.sums = ranks->calls - before.calls - 2;
			best.bytes = ranks->bytes - before.bytes - 2 * sizeof(double);
		}
	}
	arena_release(&toy.arena);
	return best;
}

/* The fastest sum of n numbers. */
static double sum_time(struct ranks *ranks, size_t n, double *at)
{
	double best = HUGE_VAL;

	for (int i = 0; i < SUMS; i++) {
		double start = wall();

		ranks_sum_all(ranks, at, n);
		best = fmin(best, wall() - start);
	}
	return ranks_largest(ranks, best);
}

static FILE *rows; /* of the model: u_update, network, ranks, ms, % in sums; or NULL */

/* a, B. */
struct network {
	const char *name;
	double latency, bandwidth;
};

static struct cost show(struct ranks *ranks, ptrdiff_t n, const char *u_update)
{
	struct cost c = measure(ranks, n, u_update);

	if (ranks_at(ranks) > 0)
		return c;
	printf("%-6s n %7td on %d: %8.2f ms, cpu %8.2f ms a rank, sums %.0f of %.2f MB: %5.1f %%\n",
	       u_update, n, ranks_count(ranks), 1e3 * c.wall, 1e3 * c.cpu, c.sums, 1e-6 * c.bytes,
	       100 * c.communication / c.wall);
	fflush(stdout);
	return c;
}

/* What an iteration takes: what every rank does, and what it does for each of its samples, s. */
struct share {
	double fixed, each;
};

/* Of MODEL samples. */
static void predict(const struct cost *c, struct share share, const struct network *net,
		    const char *u_update)
{
	for (double more = 1; more <= 1024; more *= 2) {
		double compute = share.fixed + share.each * MODEL / more;
		double messages = 2 * ceil(log2(more)) * net->latency * c->sums;
		double volume = 2 * c->bytes * (more - 1) / more / net->bandwidth;
		double all = compute + messages + volume;

		if (rows)
			fprintf(rows, "%s,%s,%.0f,%.6g,%.6g\n", u_update, net->name, more,
				1e3 * all, 100 * (messages + volume) / all);
		if (more == 64 || more == 1024)
			printf("  model, n %d, %s, %4.0f ranks: %.3g ms, sums %.0f %% (%.3g "
			       "messages, %.3g "
			       "volume), the same on all %.3g\n",
			       MODEL, net->name, more, 1e3 * all, 100 * (messages + volume) / all,
			       1e3 * messages, 1e3 * volume, 1e3 * share.fixed);
	}
}

/* Of a process alone, by the line that fits best. */
static struct share share_alone(struct ranks *ranks, const char *u_update)
{
	static const ptrdiff_t sizes[] = {3000, 6000, 12000, 24000};
	enum { SIZES = sizeof sizes / sizeof *sizes };
	double n = 0, t = 0, nn = 0, nt = 0;
	struct share share;

	for (int i = 0; i < SIZES; i++) {
		double size = (double)sizes[i], cpu = show(ranks, sizes[i], u_update).cpu;

		n += size / SIZES;
		t += cpu / SIZES;
		nn += size * size / SIZES;
		nt += size * cpu / SIZES;
	}
	share.each = (nt - n * t) / (nn - n * n);
	share.fixed = fmax(0, t - share.each * n);
	return share;
}

/* From the file that one rank wrote. */
static bool share_read(const char *path, const char *u_update, struct share *share)
{
	FILE *file = fopen(path, "re");
	char name[16];
	bool found = false;

	while (file && !found &&
	       fscanf(file, "%15s %lg %lg", name, &share->fixed, &share->each) == 3)
		found = strcmp(name, u_update) == 0;
	if (file)
		fclose(file);
	return found;
}

/* The same samples on all ranks; as many on each. */
static void scale(struct ranks *ranks, const char *u_update, const char *alone,
		  const struct network *here)
{
	const struct network cluster = {"2 us and 10 GB/s", 2e-6, 10e9};
	struct cost strong = show(ranks, STRONG, u_update);
	struct share share;

	show(ranks, (ptrdiff_t)WEAK * ranks_count(ranks), u_update);
	if (ranks_at(ranks) > 0)
		return;
	if (!share_read(alone, u_update, &share)) {
		printf("  no model: %s has no line of %s\n", alone, u_update);
		return;
	}
	predict(&strong, share, here, u_update);
	predict(&strong, share, &cluster, u_update);
}

/* Of one number and of many; by the formula of the model, at so many ranks, the network. */
static struct network measure_sums(struct ranks *ranks, struct arena *arena)
{
	enum { MANY = 2 * D * P * 10 };
	double *at = ARENA_ARRAY(arena, double, MANY), count = ranks->count;
	double few = sum_time(ranks, 1, at), many = sum_time(ranks, MANY, at);

	if (ranks->rank == 0)
		printf("%d ranks: a sum of one number %.1f us, of %d numbers %.0f us\n",
		       ranks->count, 1e6 * few, MANY, 1e6 * many);
	return (struct network){"as here", few / (2 * ceil(log2(fmax(count, 2)))),
				16.0 * MANY * (count - 1) / count / fmax(many - few, 1e-9)};
}

int main(int argc, char **argv)
{
	static const char *const updates[] = {"primal", "pcg"};
	struct network here = {0};
	struct ranks *ranks = NULL;
	struct arena arena = {0};
	struct err err = {0};
	FILE *alone = NULL;

	if (argc != 4) {
		fprintf(stderr, "usage: mpirun -n RANKS bench_ranks RANKS ALONE MODEL\n");
		return 1;
	}
	if (mpi_open(atoi(argv[1]), &ranks, &err) != STATUS_OK) {
		err_print(&err, stderr);
		return 1;
	}
	if (ranks_count(ranks) == 1)
		alone = fopen(argv[2], "we");
	else if (ranks_at(ranks) == 0)
		rows = fopen(argv[3], "we");
	blas_set_threads(1);
	if (ranks)
		here = measure_sums(ranks, &arena);
	for (size_t u = 0; u < sizeof updates / sizeof *updates; u++) {
		if (alone) {
			struct share share = share_alone(ranks, updates[u]);

			fprintf(alone, "%s %.9g %.9g\n", updates[u], share.fixed, share.each);
		} else {
			scale(ranks, updates[u], argv[2], &here);
		}
	}
	arena_release(&arena);
	if (rows)
		fclose(rows);
	if (alone)
		fclose(alone);
	if (ranks)
		mpi_close();
	return 0;
}
