/* Ranks (solvers/core/ranks.h) by MPI, in programs built with `make MPI=1`. */
#ifndef MACHINE_MPI_H
#define MACHINE_MPI_H

#include "solvers/core/ranks.h"
#include "solvers/core/status.h"

#include <stdbool.h>

/* Whether this program is built with MPI. */
bool mpi_is_there(void);

/* This process as one of those that mpirun or srun has started together; before any thread of its
 * own. STATUS_ENV without MPI, or if they are not `count`. */
enum status mpi_open(int count, struct ranks **out, struct err *err);

/* All have come to their end. */
void mpi_close(void);

/* This one cannot go on: all processes end, with this exit status. */
_Noreturn void mpi_abort(int status);

#endif
