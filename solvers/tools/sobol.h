/* Sobol points: a sequence in the unit cube that fills it more evenly than random points do, and
 * that can be continued. Direction numbers of Joe and Kuo (SIAM J. Sci. Comput. 30, 2008), in the
 * order of Antonov and Saleev (Gray code). */
#ifndef TOOLS_SOBOL_H
#define TOOLS_SOBOL_H

#include <stddef.h>
#include <stdint.h>

enum { SOBOL_DIMENSIONS = 21 };

/* Coordinate `dimension` of the index-th point, in [0, 1); `shift` is added digit by digit (XOR),
 * which keeps the evenness: random bits make the points random ones. */
double sobol_at(uint32_t index, size_t dimension, uint32_t shift);

#endif
