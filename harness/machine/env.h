/* Provenance: the machine, the build and the libraries, as JSON. */
#ifndef MACHINE_ENV_H
#define MACHINE_ENV_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* How the workers of a run are started; NaN = no limit. */
struct env_workers {
	long jobs, threads;       /* at once; of each */
	double time_limit;        /* s per cell */
	double memory_limit;      /* bytes per cell */
	bool choose_threads;      /* a cell may take fewer, by its size */
	char *const *environment; /* of each, ends with NULL */
};

/* Build, compiler and flags, BLAS (version, core type, threads in use), CPU, cores, affinity,
 * memory and memory limit, kernel, versions, git commit, dirty flag and hash of the changes if
 * known; of a run, which has workers (or NULL), also these and the folder it was started in. */
enum status env_write(const char *path, const struct env_workers *workers, struct err *err);
/* The folder that a run was started in, from its env.json; NULL if it is not known. */
const char *env_read_folder(const char *path, struct arena *arena);

/* The kernels that BLAS uses in this process. */
const char *env_blas_core(void);

/* Version and commit, "0.1.0 0cba69e21111"; with "+" and the start of the hash of its changes where
 * the commit had been changed; of a worker of a portable build its instructions, " x86-64-v3". */
const char *env_program(struct arena *arena);

/* Name of the machine and model of its processor; "unknown" where the system does not say. */
const char *env_host(struct arena *arena);
const char *env_cpu(struct arena *arena);

void env_print(FILE *to);

/* One line for captions: CPU model, cores, BLAS core type. */
void env_caption(char *text, size_t room);

/* The same line for the machine of an env.json; this machine's if there is no such file. */
void env_read_caption(const char *path, char *text, size_t room);

#endif
