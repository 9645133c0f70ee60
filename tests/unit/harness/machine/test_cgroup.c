/* Limits of control groups, read from folders made here in the place of /proc and /sys. */
#include "harness/file/folder.h"
#include "harness/machine/cgroup.h"
#include "tests/close.h"

#include <math.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char root[64];
static struct arena arena;

static int make_root(void **state)
{
	(void)state;
	strcpy(root, "/tmp/test_cgroup_XXXXXX");
	return mkdtemp(root) == NULL;
}

static int remove_root(void **state)
{
	struct err err = {0};

	(void)state;
	arena_release(&arena);
	return folder_remove(root, &err) != STATUS_OK;
}

static void put(const char *path, const char *text)
{
	const char *whole = arena_format(&arena, "%s%s", root, path);
	char *folder = arena_text(&arena, whole);
	struct err err = {0};

	*strrchr(folder, '/') = '\0';
	assert_int_equal(folder_make(folder, &err), STATUS_OK);
	assert_int_equal(store_write_text(whole, text, &err), STATUS_OK);
}

#define V1_MOUNTS                                                                     \
	"31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"                  \
	"32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" \
	"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"

static void nothing_sets_no_limit(void **state)
{
	struct cgroup_limits limits = cgroup_read(root);

	(void)state;
	check_equal(limits.memory, INFINITY);
	check_equal(limits.cores, INFINITY);
	check_at_least(cgroup_cores(&limits), 1);
}

/* A job step inside a job, as Slurm makes them: the tightest of all levels counts, also where the
 * innermost says "max". */
static void nested_groups_of_version_2(void **state)
{
	struct cgroup_limits limits;

	(void)state;
	put("/proc/self/cgroup", "0::/system.slice/job_7/step_0\n");
	put("/proc/self/mountinfo", "24 1 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
	put("/sys/fs/cgroup/system.slice/job_7/step_0/memory.max", "max\n");
	put("/sys/fs/cgroup/system.slice/job_7/memory.max", "2000000000\n");
	put("/sys/fs/cgroup/system.slice/memory.max", "8000000000\n");
	put("/sys/fs/cgroup/system.slice/job_7/step_0/cpu.max", "max 100000\n");
	put("/sys/fs/cgroup/system.slice/job_7/cpu.max", "150000 100000\n");
	put("/sys/fs/cgroup/system.slice/cpu.max", "400000 100000\n");
	put("/sys/fs/cgroup/system.slice/other/memory.max", "1\n"); /* not above the process */
	limits = cgroup_read(root);
	check_equal(limits.memory, 2e9);
	check_equal(limits.cores, 1.5);
}

static void nested_groups_of_version_1(void **state)
{
	struct cgroup_limits limits;

	(void)state;
	put("/proc/self/cgroup", "4:memory:/slurm/job_7\n2:cpuacct,cpu:/slurm/job_7\n0::/\n");
	put("/proc/self/mountinfo", V1_MOUNTS);
	put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
	put("/sys/fs/cgroup/memory/slurm/memory.limit_in_bytes", "3000000000\n");
	put("/sys/fs/cgroup/memory/slurm/job_7/memory.limit_in_bytes", "4000000000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_quota_us", "-1\n");
	put("/sys/fs/cgroup/cpu,cpuacct/slurm/job_7/cpu.cfs_period_us", "100000\n");
	limits = cgroup_read(root);
	check_equal(limits.memory, 3e9);
	check_equal(limits.cores, INFINITY);
	put("/sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_quota_us", "50000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/slurm/cpu.cfs_period_us", "100000\n");
	limits = cgroup_read(root);
	check_equal(limits.cores, 0.5);
	assert_int_equal(cgroup_cores(&limits), 1);
}

/* A container sees its own group as the root of the mount, and a job in it below that. */
static void mounts_of_a_container(void **state)
{
	struct cgroup_limits limits;

	(void)state;
	put("/proc/self/cgroup", "4:memory:/docker/abc/inner\n");
	put("/proc/self/mountinfo",
	    "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
	put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "5000000000\n");
	put("/sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "1000000000\n");
	limits = cgroup_read(root);
	check_equal(limits.memory, 1e9);
	put("/proc/self/cgroup", "4:memory:/docker/other\n"); /* outside: only the mount's root */
	limits = cgroup_read(root);
	check_equal(limits.memory, 5e9);
}

/* A quota is rounded up, and never gives more cores than the affinity. */
static void cores_follow_quota_and_affinity(void **state)
{
	cpu_set_t set, one;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
	assert_int_equal(cgroup_cores(&(struct cgroup_limits){HUGE_VAL, 1e6}), CPU_COUNT(&set));
	assert_int_equal(cgroup_cores(&(struct cgroup_limits){HUGE_VAL, 0.01}), 1);
	if (CPU_COUNT(&set) > 1)
		assert_int_equal(cgroup_cores(&(struct cgroup_limits){HUGE_VAL, 1.2}), 2);
	CPU_ZERO(&one);
	for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
		if (CPU_ISSET(i, &set))
			CPU_SET(i, &one);
	assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
	assert_int_equal(cgroup_cores(&(struct cgroup_limits){HUGE_VAL, HUGE_VAL}), 1);
	assert_int_equal(sched_setaffinity(0, sizeof set, &set), 0);
}

static const char *const slurm[] = {"SLURM_CPUS_ON_NODE", "SLURM_CPUS_PER_TASK", "SLURM_STEP_ID",
				    "SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU"};

static void forget_slurm(void)
{
	for (size_t i = 0; i < sizeof slurm / sizeof *slurm; i++)
		unsetenv(slurm[i]);
}

static void a_slurm_job_has_what_it_was_given(void **state)
{
	const double mib = 1024.0 * 1024;

	(void)state;
	forget_slurm();
	check_equal(cgroup_read("/nonexistent").cores, HUGE_VAL);
	setenv("SLURM_CPUS_ON_NODE", "8", 1);
	setenv("SLURM_CPUS_PER_TASK", "2", 1);
	setenv("SLURM_MEM_PER_NODE", "600", 1);
	check_equal(cgroup_read("/nonexistent").cores, 8); /* of all its ranks */
	check_equal(cgroup_read("/nonexistent").memory, 600 * mib);
	setenv("SLURM_STEP_ID", "0", 1);
	check_equal(cgroup_read("/nonexistent").cores, 2);
	unsetenv("SLURM_MEM_PER_NODE");
	setenv("SLURM_MEM_PER_CPU", "100", 1);
	check_equal(cgroup_read("/nonexistent").memory, 800 * mib);
	setenv("SLURM_MEM_PER_CPU", "0", 1); /* all of the node */
	check_equal(cgroup_read("/nonexistent").memory, HUGE_VAL);
	setenv("SLURM_CPUS_ON_NODE", "many", 1);
	unsetenv("SLURM_CPUS_PER_TASK");
	check_equal(cgroup_read("/nonexistent").cores, HUGE_VAL);
	forget_slurm();
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)
	const struct CMUnitTest tests[] = {
		CASE(nothing_sets_no_limit),
		CASE(nested_groups_of_version_2),
		CASE(nested_groups_of_version_1),
		CASE(mounts_of_a_container),
		CASE(cores_follow_quota_and_affinity),
		cmocka_unit_test(a_slurm_job_has_what_it_was_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
