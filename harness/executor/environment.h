/* The environment of a worker. */
#ifndef EXECUTOR_ENVIRONMENT_H
#define EXECUTOR_ENVIRONMENT_H

#include "solvers/core/arena.h"

/* The core type OpenBLAS should be told to use, or NULL to leave the choice to it (or to the user,
 * who may have set OPENBLAS_CORETYPE). Older versions do not know newer AMD cores and fall back to
 * kernels without AVX-512; naming the type makes products 1.7 times faster there. */
const char *environment_core_type(void);

/* The worker of a precision in a folder, for this processor. A portable build (make PORTABLE=1) has
 * several: of those that are there the one with the newest instructions that the processor has. */
const char *environment_worker(const char *folder, const char *precision, struct arena *arena);

/* That of this process, with the number of BLAS threads, the core type
 * and, unless the user has chosen how threads wait (OMP_WAIT_POLICY, GOMP_SPINCOUNT,
 * OPENBLAS_THREAD_TIMEOUT), passive waiting: beside one busy process, spinning threads take a
 * hundred times as long. Ends with NULL. */
char *const *environment_of_worker(long threads, struct arena *arena);

#endif
