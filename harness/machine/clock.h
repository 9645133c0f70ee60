/* The only clocks of a worker, in seconds: monotonic wall-clock time, and processor time of all its
 * threads. No iterate depends on them. */
#ifndef MACHINE_CLOCK_H
#define MACHINE_CLOCK_H

#include <time.h>

static inline double clock_read(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline double clock_seconds(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

/* Both clocks at one moment. */
struct clock_mark {
	double wall, cpu;
};

static inline struct clock_mark clock_now(void)
{
	return (struct clock_mark){clock_seconds(), clock_read(CLOCK_PROCESS_CPUTIME_ID)};
}

/* Add the time since `start` to *wall and *cpu. Returns now. */
static inline struct clock_mark clock_add(struct clock_mark start, double *wall, double *cpu)
{
	struct clock_mark now = clock_now();

	*wall += now.wall - start.wall;
	*cpu += now.cpu - start.cpu;
	return now;
}

/* The time since `start`. */
static inline void clock_since(struct clock_mark start, double *wall, double *cpu)
{
	*wall = *cpu = 0;
	clock_add(start, wall, cpu);
}

#endif
