/* Wilson score interval of a proportion, 95 % (Wilson 1927). */
#ifndef STATS_WILSON_H
#define STATS_WILSON_H

/* NaN for n = 0. */
void wilson_interval(double successes, double n, double *low, double *high);

#endif
