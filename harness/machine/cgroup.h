/* Limits that control groups set for this process: memory and processor time, as batch systems and
 * containers give them. Source: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1 of Linux. */
#ifndef MACHINE_CGROUP_H
#define MACHINE_CGROUP_H

struct cgroup_limits {
	double memory; /* bytes; HUGE_VAL: none */
	double cores;  /* quota / period of processor time; HUGE_VAL: none */
};

/* The tightest limits of the process's own group and all groups above it, version 1 and 2, and of
 * the Slurm job that it is in, if it is. Files are looked for below `root` ("" for the system's own
 * /proc and /sys); what cannot be read sets no limit. */
struct cgroup_limits cgroup_read(const char *root);

/* Cores of this process's affinity. */
long cgroup_affinity(void);

/* Cores this process may use: those of its affinity, at most the quota rounded up; at least 1. */
long cgroup_cores(const struct cgroup_limits *limits);

#endif
