/* Limits of control groups.
 *
 * /proc/self/cgroup names the group in each hierarchy ("4:memory:/job/step"; version 2 has the
 * number 0 and no name), /proc/self/mountinfo where the hierarchy is mounted and which of its
 * groups is the root of that mount. A group is held to the limits of all groups above it:
 *     memory = min over groups, cores = min over groups of quota / period.
 * Slurm tells a job's share by environment variables as well, also where it has no control groups
 * to hold it to (man sbatch, OUTPUT ENVIRONMENT VARIABLES). */
#include "harness/machine/cgroup.h"

#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE_BYTES = 4096,
	MOST_CORES = 1 << 16 /* far more than any machine has */
};

/* One hierarchy as this process sees it. */
struct hierarchy {
	bool unified;           /* version 2 */
	const char *controller; /* of version 1: "memory", "cpu" */
	char group[LINE_BYTES]; /* of the process, from the root of the hierarchy */
	char mount[LINE_BYTES]; /* where it is mounted */
	char top[LINE_BYTES];   /* the group that is the root of this mount */
};

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (; *list; list += strcspn(list, ","), list += *list == ',')
		if (strcspn(list, ",") == length && strncmp(list, word, length) == 0)
			return true;
	return false;
}

static FILE *open_below(const char *root, const char *path)
{
	char whole[PATH_MAX];
	int length = snprintf(whole, sizeof whole, "%s%s", root, path);

	return length > 0 && (size_t)length < sizeof whole ? fopen(whole, "re") : NULL;
}

/* "4:memory:/job/step", "0::/job/step" */
static bool find_group(struct hierarchy *h, const char *root)
{
	FILE *file = open_below(root, "/proc/self/cgroup");
	char line[LINE_BYTES], *names, *group;
	bool found = false;

	while (file && !found && fgets(line, sizeof line, file)) {
		names = strchr(line, ':');
		group = names ? strchr(names + 1, ':') : NULL;
		if (!group)
			continue;
		*group++ = '\0';
		group[strcspn(group, "\n")] = '\0';
		found = h->unified ? names[1] == '\0' : has_word(names + 1, h->controller);
		if (found)
			snprintf(h->group, sizeof h->group, "%s", group);
	}
	if (file)
		fclose(file);
	return found;
}

/* "35 31 0:32 /top /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory" */
static bool find_mount(struct hierarchy *h, const char *root)
{
	FILE *file = open_below(root, "/proc/self/mountinfo");
	char line[4 * LINE_BYTES], top[LINE_BYTES], type[64], options[LINE_BYTES];
	bool found = false;

	while (file && !found && fgets(line, sizeof line, file)) {
		const char *rest = strstr(line, " - ");

		if (!rest || sscanf(line, "%*s %*s %*s %4095s %4095s", top, h->mount) != 2 ||
		    sscanf(rest, " - %63s %*s %4095s", type, options) != 2)
			continue;
		found = h->unified
				? strcmp(type, "cgroup2") == 0
				: strcmp(type, "cgroup") == 0 && has_word(options, h->controller);
		snprintf(h->top, sizeof h->top, "%s", strcmp(top, "/") == 0 ? "" : top);
	}
	if (file)
		fclose(file);
	return found;
}

/* The first `count` numbers of a file of a group; "max" and what is not there are no numbers. */
static bool read_numbers(const char *root, const char *folder, const char *name, double *out,
			 int count)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = length < (int)sizeof path ? open_below(root, path) : NULL;
	int got = 0;

	while (file && got < count && fscanf(file, "%lf", &out[got]) == 1)
		got++;
	if (file)
		fclose(file);
	return got == count;
}

/* Limits of one group of a hierarchy, by the files that are there. */
static void take_limits(const struct hierarchy *h, const char *root, const char *folder,
			struct cgroup_limits *out)
{
	const char *memory = h->unified ? "memory.max" : "memory.limit_in_bytes";
	const double unlimited = 9e18; /* version 1 writes about 2^63 for none */
	double bytes, cpu[2];
	bool known;

	if (read_numbers(root, folder, memory, &bytes, 1) && bytes > 0 && bytes < unlimited)
		out->memory = fmin(out->memory, bytes);
	known = h->unified ? read_numbers(root, folder, "cpu.max", cpu, 2)
			   : read_numbers(root, folder, "cpu.cfs_quota_us", &cpu[0], 1) &&
				     read_numbers(root, folder, "cpu.cfs_period_us", &cpu[1], 1);
	if (known && cpu[0] / cpu[1] > 0) /* a quota of -1 is none */
		out->cores = fmin(out->cores, cpu[0] / cpu[1]);
}

/* The group's own folder, then each above it up to the root of the mount. A group that lies outside
 * this mount (of a container's namespace) leaves its root alone. */
static void walk_up(const struct hierarchy *h, const char *root, struct cgroup_limits *out)
{
	size_t top = strlen(h->top);
	bool below = strncmp(h->group, h->top, top) == 0 &&
		     (h->group[top] == '/' || h->group[top] == '\0');
	char folder[2 * LINE_BYTES], *slash;

	snprintf(folder, sizeof folder, "%s%s", h->mount, below ? h->group + top : "");
	take_limits(h, root, folder, out);
	while ((slash = strrchr(folder + strlen(h->mount), '/'))) {
		*slash = '\0';
		take_limits(h, root, folder, out);
	}
}

/* A number above 0 of the environment, else HUGE_VAL: 0 MiB stands for all there is. */
static double told(const char *name)
{
	const char *text = getenv(name);
	char *end = NULL;
	double value = text ? strtod(text, &end) : 0;

	return text && end != text && !*end && value > 0 ? value : HUGE_VAL;
}

/* A step that srun started has the cores of a task, the script of a job those of its node. */
static void take_job(struct cgroup_limits *out)
{
	const double mib = 1024.0 * 1024;
	double node = told("SLURM_CPUS_ON_NODE"), cores = node;

	if (getenv("SLURM_STEP_ID"))
		cores = fmin(node, told("SLURM_CPUS_PER_TASK"));
	out->cores = fmin(out->cores, cores);
	out->memory = fmin(out->memory, told("SLURM_MEM_PER_NODE") * mib);
	out->memory = fmin(out->memory, told("SLURM_MEM_PER_CPU") * node * mib);
}

struct cgroup_limits cgroup_read(const char *root)
{
	static const char *const controllers[] = {"memory", "cpu", NULL}; /* NULL: version 2 */
	struct cgroup_limits out = {HUGE_VAL, HUGE_VAL};

	for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++) {
		struct hierarchy h = {.unified = !controllers[i], .controller = controllers[i]};

		if (find_group(&h, root) && find_mount(&h, root))
			walk_up(&h, root, &out);
	}
	take_job(&out);
	return out;
}

/* Affinity masks are as long as the machine has cores; a mask too short is refused. */
long cgroup_affinity(void)
{
	for (size_t most = CPU_SETSIZE; most <= MOST_CORES; most *= 2) {
		cpu_set_t *set = CPU_ALLOC(most);
		long cores = 0;

		if (set && sched_getaffinity(0, CPU_ALLOC_SIZE(most), set) == 0)
			cores = CPU_COUNT_S(CPU_ALLOC_SIZE(most), set);
		CPU_FREE(set);
		if (cores > 0)
			return cores;
	}
	return 1;
}

long cgroup_cores(const struct cgroup_limits *limits)
{
	long cores = cgroup_affinity();

	if (limits->cores < (double)cores)
		cores = (long)ceil(limits->cores);
	return cores > 1 ? cores : 1;
}
