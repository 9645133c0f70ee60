/* Benchmarks run with the BLAS kernels that the workers get. */
#ifndef TESTS_KERNELS_H
#define TESTS_KERNELS_H

/* Start the program anew with the right OPENBLAS_CORETYPE if it is not set yet. Call first in main.
 */
void kernels_choose(char **argv);

#endif
