/* Beside one busy process: 200 iterations of ADMM with two threads that wait as libgomp does by
 * default, and passively as in workers; and with one thread, as cells of this size have.
 *
 * Targets: passively in at most a twentieth of the time, and no more than four times that of one
 * thread. */
#include "tests/fashion.h"
#include "tests/toy.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS = 200 };

static const double most_s = 20; /* given up, and the iterations so far scaled up */

/* In a process of its own, whose environment says how threads wait: seconds of all iterations. */
static int work(int threads)
{
	struct toy toy = toy_make(300, 50, "squared", 0.1);
	struct fashion_run run;
	int steps = 0;

	blas_set_threads(threads);
	if (fashion_start(&run, &toy.problem, "admm", "{patterns: 50, u_update: dual}") != 0)
		return 1;
	while (steps < STEPS && run.seconds - run.setup < most_s) {
		fashion_step(&run);
		steps++;
	}
	printf("%.4g\n", (run.seconds - run.setup) * STEPS / steps);
	fashion_end(&run);
	arena_release(&toy.arena);
	return 0;
}

/* NaN if it cannot be run. */
static double measure(const char *program, const char *policy, int threads)
{
	char command[4096];
	double seconds = NAN;
	FILE *pipe;

	snprintf(command, sizeof command, "OMP_WAIT_POLICY=%s %s %d", policy, program, threads);
	pipe = popen(command, "r");
	if (!pipe)
		return NAN;
	if (fscanf(pipe, "%lf", &seconds) != 1)
		seconds = NAN;
	pclose(pipe);
	return seconds;
}

int main(int argc, char **argv)
{
	double active, passive, one;
	pid_t busy;

	if (argc > 1)
		return work(atoi(argv[1]));
	busy = fork();
	if (busy == 0)
		for (;;)
			continue;
	one = measure(argv[0], "passive", 1);
	passive = measure(argv[0], "passive", 2);
	active = measure(argv[0], "active", 2);
	kill(busy, SIGKILL);
	waitpid(busy, NULL, 0);
	printf("beside one busy process, %d iterations of ADMM, %s precision: one thread %.3g s, "
	       "two "
	       "that spin %.3g s, two that sleep %.3g s (%.2g of spinning, %.2g of one)\n",
	       STEPS, REAL_NAME, one, active, passive, passive / active, passive / one);
	return 0;
}
