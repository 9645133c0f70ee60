/* Provenance: the machine, the build and the libraries, as JSON. */
#ifndef STORE_ENV_H
#define STORE_ENV_H

#include "solvers/core/status.h"

#include <stddef.h>
#include <stdio.h>

/* Build, compiler and flags, BLAS (version, core type, threads in use), CPU, cores, affinity,
 * memory and memory limit, kernel, versions, git commit and dirty flag if known. */
enum status env_write(const char *path, struct err *err);
void env_print(FILE *to);

/* One line for captions: CPU model, cores, BLAS core type. */
void env_caption(char *text, size_t room);

/* The same line for the machine of an env.json; this machine's if there is no such file. */
void env_read_caption(const char *path, char *text, size_t room);

#endif
