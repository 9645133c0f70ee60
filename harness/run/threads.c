/* Threads that wait passively are woken for every parallel loop, which takes 5 to 30 us. An
 * iteration has 5 to 50 such loops, so that what two threads save of a small one is less than what
 * waking them costs. Crossover measured by tests/bench/bench_threads.c. */
#include "harness/run/threads.h"

static const double least_flops = 5e7; /* of an iteration */

int threads_choose(const struct forecast *forecast, int available, struct arena *arena,
		   const char **reason)
{
	bool pays = forecast->iteration_flops >= least_flops;

	*reason = arena_format(arena, "%.2g operations an iteration, %s %.2g",
			       forecast->iteration_flops, pays ? "at least" : "less than",
			       least_flops);
	return pays ? available : 1;
}
