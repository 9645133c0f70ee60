/* Threads that wait passively are woken for every parallel loop, and an iteration has 5 to 50 such
 * loops: 20 to 50 us each on a virtual machine. What two threads save of a small iteration is less
 * than that.
 *
 * Speed of two threads relative to one on two free cores (tests/bench/bench_threads.c):
 *     operations an iteration   ADMM dual   pcg    robust   interior point
 *     1e5 to 3e6                0.1 - 0.4   0.2    0.2-0.5  0.1
 *     1e7 to 6e7                0.4 - 1.1   0.3    0.7-1.0  0.4
 *     2e8 to 3e8                1.3         0.8-1.3         0.4
 *     6e8                                                   1.0
 * A core in vain costs more than a core unused: the choice is late. */
#include "harness/run/threads.h"

static const double least_flops = 5e8; /* of an iteration */

int threads_choose(const struct forecast *forecast, int available, struct arena *arena,
		   const char **reason)
{
	bool pays = forecast->iteration_flops >= least_flops;

	*reason = arena_format(arena, "%.2g operations an iteration, %s %.2g",
			       forecast->iteration_flops, pays ? "at least" : "less than",
			       least_flops);
	return pays ? available : 1;
}
