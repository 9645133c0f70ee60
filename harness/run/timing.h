/* Whether what the clocks say of training is about the method: how much of the time in which its
 * threads could run they had a core. */
#ifndef RUN_TIMING_H
#define RUN_TIMING_H

#include "solvers/core/arena.h"

/* Counters of the process and the machine; differences of two readings are a stretch of time. NaN:
 * not known. */
struct timing {
	double wall, cpu;              /* s; cpu: of all threads */
	double waited;                 /* s that threads were ready to run and had no core */
	double voluntary, involuntary; /* switches */
	double busy, steal;            /* s of all cores of the machine: working, and taken by the
					  host of a virtual machine */
};

/* The counters as they are. Files are looked for below `root` ("" for the system's own /proc). */
struct timing timing_read(const char *root);

/* a - b */
struct timing timing_between(const struct timing *end, const struct timing *start);

/* Of the time in which threads were ready to run, the share in which they had a core:
 *     cpu / (cpu + waited + steal cpu / busy);
 * what the host takes hits those that run, in proportion. Where the kernel does not say how long
 * they waited, max(0, wall - cpu) is taken for it: right for one thread, and for several that are
 * never less busy than one. */
double timing_core_share(const struct timing *timing);

/* Why the times are not to be trusted, "disturbed: ...", in the arena; NULL: they can be. `load` is
 * the load average at the start. */
const char *timing_verdict(const struct timing *timing, double load, struct arena *arena);

/* The load average over the last minute; NaN if it is not known. */
double timing_load(const char *root);

/* Date and time with the zone, ISO 8601: "2026-11-28T13:24:52+01:00". */
const char *timing_date(struct arena *arena);

#endif
