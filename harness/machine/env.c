/* Provenance: the machine, the build and the libraries, as JSON.
 *
 * Everything is read from /proc, /sys and library calls; no BLAS routine runs, so that a process
 * that forks later may call this. */
#include "harness/machine/env.h"
#include "harness/file/folder.h"
#include "harness/machine/cgroup.h"
#include "solvers/core/real.h"

#include <cblas.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <yaml.h>
#include <zlib.h>

#ifndef BUILD_CC
#define BUILD_CC "unknown"
#endif
#ifndef BUILD_LEVEL
#define BUILD_LEVEL "" /* " x86-64-v3": of a worker beside others, in a portable build */
#endif
#ifndef BUILD_FLAGS
#define BUILD_FLAGS "unknown"
#endif
#ifndef BUILD_VERSION
#define BUILD_VERSION "unknown"
#endif
#ifndef BUILD_DIFF
#define BUILD_DIFF "" /* hash of what was changed since the commit */
#endif
#ifndef BUILD_COMMIT
#define BUILD_COMMIT NULL /* not known when it was built: ask git now */
#endif

enum {
	LINE_BYTES = 16 * 1024, /* the flags line of /proc/cpuinfo has a few thousand bytes */
	NAME_BYTES = 128,
	SHORT_HASH = 12 /* digits that name a commit to a reader */
};

/* Instruction sets that change which BLAS kernels run. */
static const char *const cpu_flags[] = {"sse4_2",      "avx",      "fma",   "avx2", "avx512f",
					"avx512_bf16", "amx_tile", "asimd", "sve",  NULL};

extern char **environ;

/* First line of `path` that starts with `key`, what follows its colon; false if there is none. */
static bool file_value(const char *path, const char *key, char *out, size_t room)
{
	FILE *file = fopen(path, "re");
	size_t length = strlen(key);
	char line[LINE_BYTES];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof line, file)) {
		char *value = line + length;

		if (strncmp(line, key, length) != 0)
			continue;
		value += strspn(value, " \t:");
		value[strcspn(value, "\n")] = '\0';
		snprintf(out, room, "%s", value);
		found = true;
	}
	fclose(file);
	return found;
}

static void cpu_model(char *out, size_t room)
{
	if (!file_value("/proc/cpuinfo", "model name", out, room) &&
	    !file_value("/proc/cpuinfo", "Model", out, room))
		snprintf(out, room, "unknown CPU");
}

/* The commit as the build knows it, "<hash>" or "<hash>-dirty", else as git says now. */
static void find_commit(char *commit, size_t room)
{
	const char *built_from = BUILD_COMMIT;
	FILE *git = NULL;

	if (built_from)
		snprintf(commit, room, "%s", built_from);
	else
		git = popen("git describe --always --dirty --abbrev=40 --exclude='*' 2>/dev/null",
			    "re");
	if (git && !fgets(commit, (int)room, git))
		commit[0] = '\0';
	if (git)
		pclose(git);
	commit[strcspn(commit, "\n")] = '\0';
	if (!commit[0])
		snprintf(commit, room, "unknown");
}

static json_t *build_json(void)
{
	char commit[NAME_BYTES] = "";
	char *suffix;

	find_commit(commit, sizeof commit);
	suffix = strstr(commit, "-dirty");
	if (suffix)
		*suffix = '\0';
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s?}", "compiler", BUILD_CC " " __VERSION__,
			 "flags", BUILD_FLAGS, "real", REAL_NAME, "commit", commit, "dirty",
			 strcmp(commit, "unknown") == 0 ? json_null() : json_boolean(suffix),
			 "diff_sha256", suffix && BUILD_DIFF[0] ? BUILD_DIFF : NULL);
}

static json_t *blas_json(void)
{
	/* "OpenBLAS 0.3.21" of the line "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..." */
	const char *config = openblas_get_config(), *space = strchr(config, ' ');
	size_t length = space ? (size_t)(space - config) + 1 : strlen(config);

	if (space)
		length += strcspn(space + 1, " ");
	return json_pack("{s:s%, s:s, s:s, s:i}", "name", config, length, "config", config,
			 "core_type", openblas_get_corename(), "threads",
			 openblas_get_num_threads());
}

/* What is not limited is null. */
static json_t *limit_json(double limit)
{
	return isfinite(limit) ? json_real(limit) : json_null();
}

static json_t *cpu_json(void)
{
	json_t *cpu = json_object(), *flags = json_array();
	char text[LINE_BYTES], padded[LINE_BYTES + 2], word[NAME_BYTES];

	cpu_model(text, sizeof text);
	json_object_set_new(cpu, "model", json_string(text));
	json_object_set_new(cpu, "cores_online", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	json_object_set_new(cpu, "affinity", json_integer(cgroup_affinity()));
	json_object_set_new(cpu, "cgroup_cores", limit_json(cgroup_read("").cores));
	if (!file_value("/proc/cpuinfo", "flags", text, sizeof text) &&
	    !file_value("/proc/cpuinfo", "Features", text, sizeof text))
		text[0] = '\0';
	snprintf(padded, sizeof padded, " %s ", text);
	for (const char *const *flag = cpu_flags; *flag; flag++) {
		snprintf(word, sizeof word, " %s ", *flag);
		if (strstr(padded, word))
			json_array_append_new(flags, json_string(*flag));
	}
	json_object_set_new(cpu, "flags", flags);
	return cpu;
}

/* The variables that steer threads and kernels. */
static json_t *variables_json(char *const *environment)
{
	static const char *const prefixes[] = {"OPENBLAS_", "OMP_", "GOMP_", NULL};
	json_t *variables = json_object();
	char name[NAME_BYTES];

	for (char *const *variable = environment; *variable; variable++)
		for (const char *const *prefix = prefixes; *prefix; prefix++) {
			const char *value = strchr(*variable, '=');

			if (!value || strncmp(*variable, *prefix, strlen(*prefix)) != 0)
				continue;
			snprintf(name, sizeof name, "%.*s", (int)(value - *variable), *variable);
			json_object_set_new(variables, name, json_string(value + 1));
		}
	return variables;
}

/* The whole text, to be freed; NULL if memory is out. `workers` may be NULL. */
static char *env_text(const struct env_workers *workers)
{
	char folder[PATH_MAX], kernel[4 * NAME_BYTES] = "unknown", *text;
	json_t *root = json_object(), *memory, *settings;
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	struct utsname system;
	struct rlimit limit;
	bool limited = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;

	if (uname(&system) == 0)
		snprintf(kernel, sizeof kernel, "%s %s %s", system.sysname, system.release,
			 system.machine);
	memory = json_pack("{s:I, s:o, s:o}", "total_bytes", (json_int_t)pages * page,
			   "cgroup_limit_bytes", limit_json(cgroup_read("").memory),
			   "address_space_limit_bytes",
			   limited ? json_integer((json_int_t)limit.rlim_cur) : json_null());
	json_object_set_new(root, "relubench", json_string(BUILD_VERSION));
	json_object_set_new(root, "build", build_json());
	json_object_set_new(root, "blas", blas_json());
	json_object_set_new(root, "cpu", cpu_json());
	json_object_set_new(root, "memory", memory);
	json_object_set_new(root, "kernel", json_string(kernel));
	json_object_set_new(root, "libraries",
			    json_pack("{s:s, s:s, s:s}", "zlib", zlibVersion(), "jansson",
				      jansson_version_str(), "libyaml", yaml_get_version_string()));
	json_object_set_new(root, "variables", variables_json(environ));
	if (workers) {
		settings = json_pack("{s:I, s:I, s:b, s:o, s:o}", "jobs", (json_int_t)workers->jobs,
				     "threads", (json_int_t)workers->threads, "choose_threads",
				     workers->choose_threads, "time_limit_s",
				     limit_json(workers->time_limit), "memory_limit_bytes",
				     limit_json(workers->memory_limit));
		if (workers->environment)
			json_object_set_new(settings, "variables",
					    variables_json(workers->environment));
		json_object_set_new(root, "workers", settings);
	}
	if (workers && getcwd(folder, sizeof folder))
		json_object_set_new(root, "folder", json_string(folder));
	text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	return text;
}

enum status env_write(const char *path, const struct env_workers *workers, struct err *err)
{
	char *text = env_text(workers);
	enum status status;

	if (!text)
		return err_set(err, STATUS_ENV, "out of memory while writing %s", path);
	status = store_write_text(path, text, err);
	free(text);
	return status;
}

void env_print(FILE *to)
{
	char *text = env_text(NULL);

	if (text)
		fprintf(to, "%s\n", text);
	free(text);
}

const char *env_read_folder(const char *path, struct arena *arena)
{
	json_t *root = json_load_file(path, 0, NULL);
	const char *folder = json_string_value(json_object_get(root, "folder"));

	folder = folder ? arena_text(arena, folder) : NULL;
	json_decref(root);
	return folder;
}

const char *env_blas_core(void)
{
	return openblas_get_corename();
}

const char *env_program(struct arena *arena)
{
	char commit[NAME_BYTES] = "";
	const char *dirty;

	find_commit(commit, sizeof commit);
	dirty = strstr(commit, "-dirty");
	return arena_format(arena, "%s %.*s%s%.*s%s", BUILD_VERSION, SHORT_HASH, commit,
			    dirty ? "+" : "", SHORT_HASH, dirty ? BUILD_DIFF : "", BUILD_LEVEL);
}

const char *env_host(struct arena *arena)
{
	struct utsname system;

	return arena_text(arena,
			  uname(&system) == 0 && system.nodename[0] ? system.nodename : "unknown");
}

const char *env_cpu(struct arena *arena)
{
	char text[NAME_BYTES];

	cpu_model(text, sizeof text);
	return arena_text(arena, text);
}

static const char *member_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "unknown";
}

static void caption_of(const json_t *cpu, const json_t *blas, char *text, size_t room)
{
	long cores = (long)json_integer_value(json_object_get(cpu, "affinity"));

	snprintf(text, room, "%s, %ld core%s, %s %s", member_text(cpu, "model"), cores,
		 cores == 1 ? "" : "s", member_text(blas, "name"), member_text(blas, "core_type"));
}

void env_caption(char *text, size_t room)
{
	json_t *cpu = cpu_json(), *blas = blas_json();

	caption_of(cpu, blas, text, room);
	json_decref(cpu);
	json_decref(blas);
}

void env_read_caption(const char *path, char *text, size_t room)
{
	json_t *root = json_load_file(path, 0, NULL);
	const json_t *cpu = json_object_get(root, "cpu"), *blas = json_object_get(root, "blas");

	if (cpu && blas)
		caption_of(cpu, blas, text, room);
	else
		env_caption(text, room);
	json_decref(root);
}
