/* Variables of a worker: threads, kernels, waiting. */
#include "harness/executor/environment.h"

#include <cblas.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

const char *environment_core_type(void)
{
	static const char *const wide[] = {"SkylakeX", "Cooperlake", "SapphireRapids", "Zen4"};
	const char *chosen = openblas_get_corename();

	if (getenv("OPENBLAS_CORETYPE") || !chosen)
		return NULL;
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (strcasecmp(chosen, wide[i]) == 0)
			return NULL;
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
		return "SkylakeX";
#endif
	return NULL;
}

/* By what compilers call them; a processor that has these has what else the level takes.
 * Source: x86-64 psABI, 3.1.1, table 3.1. */
static bool has_level(const char *level)
{
#ifdef __x86_64__
	bool third = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
		     __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");

	if (strcmp(level, "x86-64-v4") != 0)
		return third;
	return third && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vl");
#else
	(void)level;
	return false;
#endif
}

const char *environment_worker(const char *folder, const char *precision, struct arena *arena)
{
	static const char *const levels[] = {"x86-64-v4", "x86-64-v3"};
	const char *plain = arena_format(arena, "%s/relubench-worker-%s", folder, precision);

	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		const char *path = arena_format(arena, "%s-%s", plain, levels[i]);

		if (has_level(levels[i]) && access(path, X_OK) == 0)
			return path;
	}
	return plain;
}

/* How threads wait for each other, unless a variable of the same number in `instead` is set: at
 * once without a core (libgomp), after 2^5 tries (OpenBLAS with threads of its own). */
static const char *const waiting[] = {"OMP_WAIT_POLICY=passive", "OPENBLAS_THREAD_TIMEOUT=5"};
static const char *const instead[][2] = {{"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"},
					 {"OPENBLAS_THREAD_TIMEOUT", "THREAD_TIMEOUT"}};

enum { WAITING = sizeof waiting / sizeof *waiting };

char *const *environment_of_worker(long threads, struct arena *arena)
{
	static const char *const replaced[] = {
		"OPENBLAS_NUM_THREADS=", "OMP_NUM_THREADS=", "OMP_PROC_BIND=", "OMP_PLACES="};
	const char *core = environment_core_type();
	size_t count = 0, kept = 0;
	char **out;

	while (environ[count])
		count++;
	out = ARENA_ARRAY(arena, char *, count + WAITING + 4); /* three more and the NULL */
	for (size_t i = 0; i < count; i++) {
		bool is_replaced = false;

		for (size_t k = 0; k < sizeof replaced / sizeof *replaced; k++)
			is_replaced |= strncmp(environ[i], replaced[k], strlen(replaced[k])) == 0;
		if (!is_replaced)
			out[kept++] = environ[i];
	}
	out[kept++] = arena_format(arena, "OPENBLAS_NUM_THREADS=%ld", threads);
	out[kept++] = arena_format(arena, "OMP_NUM_THREADS=%ld", threads);
	for (size_t i = 0; i < WAITING; i++)
		if (!getenv(instead[i][0]) && !getenv(instead[i][1]))
			out[kept++] = arena_text(arena, waiting[i]);
	if (core)
		out[kept] = arena_format(arena, "OPENBLAS_CORETYPE=%s", core);
	return out;
}
