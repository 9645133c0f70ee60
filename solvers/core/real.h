/* The scalar type of solvers and baselines.
 *
 * The same sources are compiled twice: with RB_SINGLE into the single precision worker, without it
 * into the double precision one. Options, clocks, objective values and bounds are always double. */
#ifndef CORE_REAL_H
#define CORE_REAL_H

#include <float.h>

#ifdef RB_SINGLE
typedef float real;
#define REAL_EPSILON ((double)FLT_EPSILON)
#define REAL_LARGEST ((double)FLT_MAX)
#define REAL_NAME "single"
#else
typedef double real;
#define REAL_EPSILON DBL_EPSILON
#define REAL_LARGEST DBL_MAX
#define REAL_NAME "double"
#endif

#endif
