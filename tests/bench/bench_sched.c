/* What the scheduler costs: time to plan many cells, and time per cell around the computation
 * (start a process, load the data, write and commit the record). */
#include "harness/file/folder.h"
#include "harness/sched/sched.h"

#include <libgen.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PLANNED = 10000, COMPUTED = 200, SPEC_BYTES = 1024 };

/* The least there is to compute: one epoch over 60 points. */
static const char spec[] =
	"name: bench\n"
	"repeats: %d\n"
	"resources: {jobs: %d, threads: 1}\n"
	"data:\n"
	"  - {name: moons, generate: {kind: moons, n: 60, noise: 0.1}, split: {test: 0.3}}\n"
	"train:\n"
	"  - {solver: sgd, width: 2, epochs: 1, batch: 16, learning_rate: 0.05}\n"
	"stop: {iterations: 1}\n";

struct bench {
	char root[64];
	const char *workers;
	struct arena arena;
	struct experiment experiment;
	struct plan plan;
	struct err err;
};

/* Of this process and its workers: unlike the wall clock, it does not count what else runs. */
static double cpu_seconds(void)
{
	static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
	const double microsecond = 1e-6;
	struct rusage usage;
	double sum = 0;

	for (size_t i = 0; i < sizeof whose / sizeof *whose; i++) {
		getrusage(whose[i], &usage);
		sum += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       microsecond * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	}
	return sum;
}

static enum status load(struct bench *b, int cells, int jobs)
{
	struct problems *problems = ARENA_NEW(&b->arena, struct problems);
	const char *path = arena_format(&b->arena, "%s/bench.yaml", b->root);
	char text[SPEC_BYTES];
	enum status status;

	snprintf(text, sizeof text, spec, cells, jobs);
	TRY(store_write_text(path, text, &b->err));
	status = spec_load(path, (struct texts){0, NULL}, &b->arena, &b->experiment, problems);
	if (status != STATUS_OK)
		b->err = problems->at[0];
	return status;
}

static enum status plan(struct bench *b)
{
	return sched_plan(&b->experiment, arena_format(&b->arena, "%s/bench", b->root), &b->arena,
			  &b->plan, &b->err);
}

static enum status bench_plan(struct bench *b)
{
	double start = omp_get_wtime(), seconds;
	struct rusage usage;

	TRY(load(b, PLANNED, 1));
	TRY(plan(b));
	seconds = omp_get_wtime() - start;
	getrusage(RUSAGE_SELF, &usage);
	printf("plan %d cells                   %8.3f s, %.0f MiB (limits: 1 s, 200 MiB)\n",
	       PLANNED, seconds, (double)usage.ru_maxrss / 1024);
	return STATUS_OK;
}

static enum status bench_run(struct bench *b, int jobs)
{
	struct sched_options options = {.quiet = true, .force = true, .worker_folder = b->workers};
	struct sched_summary summary;
	double cpu = cpu_seconds();

	TRY(load(b, COMPUTED, jobs));
	TRY(plan(b));
	TRY(sched_run(&b->experiment, &b->plan, &options, &summary, &b->err));
	printf("compute a trivial cell, %d at once %7.1f ms each, %.1f ms of CPU (limit: 30 ms); "
	       "%zu of %zu ok\n",
	       jobs, 1e3 * summary.seconds * jobs / (double)summary.computed,
	       1e3 * (cpu_seconds() - cpu) / (double)summary.computed,
	       summary.computed - summary.not_ok, summary.computed);
	return STATUS_OK;
}

/* The same over finished cells: what a second run costs before it says that nothing is to be done.
 */
static enum status bench_again(struct bench *b)
{
	double start = omp_get_wtime();

	TRY(load(b, COMPUTED, 1));
	TRY(plan(b));
	printf("look up %d finished cells        %8.3f s\n", COMPUTED, omp_get_wtime() - start);
	return STATUS_OK;
}

static enum status bench(struct bench *b)
{
	TRY(bench_plan(b));
	if (access(arena_format(&b->arena, "%s/relubench-worker-double", b->workers), X_OK) != 0) {
		printf("computing cells: skipped, no worker program in %s\n", b->workers);
		return STATUS_OK;
	}
	TRY(bench_run(b, 1));
	TRY(bench_run(b, 2));
	return bench_again(b);
}

int main(int argc, char **argv)
{
	struct bench b = {.root = "/tmp/bench.XXXXXX"};
	struct err ignored = {0};
	enum status status;

	(void)argc;
	if (!mkdtemp(b.root))
		return STATUS_ENV;
	/* this program is <build>/<precision>/tests/bench/<name> */
	b.workers = arena_format(&b.arena, "%s/../../..", dirname(arena_text(&b.arena, argv[0])));
	status = bench(&b);
	if (status != STATUS_OK)
		err_print(&b.err, stderr);
	folder_remove(b.root, &ignored);
	arena_release(&b.arena);
	return (int)status;
}
