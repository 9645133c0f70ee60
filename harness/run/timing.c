/* Contention, from what the kernel counts.
 *
 * /proc/self/task/<id>/schedstat has, for each thread, the nanoseconds that it ran and that it was
 * ready to run and waited for a core. A thread that sleeps, for a barrier or a disk, does neither.
 * So the waiting is exactly what other processes cost, whatever the balance of the threads. */
#include "harness/run/timing.h"

#include "harness/machine/clock.h"

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DATE_BYTES = 32 };

/* ADMM with nothing beside it had a share of 0.9999 with one thread and 0.998 with two; with one
 * busy process on one of the cores 0.49 and 0.39. */
static const double least_share = 0.95;

/* Steal that is mentioned, of the processor time. */
static const double worth_naming = 0.01;

/* Waiting that no table would show: a switch or two at the start of a short run. */
static const double least_waited_s = 2e-3;

static FILE *open_below(const char *root, const char *path)
{
	char whole[PATH_MAX];
	int length = snprintf(whole, sizeof whole, "%s%s", root, path);

	return length > 0 && (size_t)length < sizeof whole ? fopen(whole, "re") : NULL;
}

/* Seconds that all threads waited for a core; NaN if the kernel does not count them. */
static double waited(const char *root)
{
	const double nanosecond = 1e-9;
	char path[PATH_MAX];
	struct dirent *entry;
	double sum = 0;
	DIR *dir;

	if (snprintf(path, sizeof path, "%s/proc/self/task", root) >= (int)sizeof path)
		return NAN;
	dir = opendir(path);
	if (!dir)
		return NAN;
	while ((entry = readdir(dir))) {
		double ran, one = NAN;
		FILE *file;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/proc/self/task/%.20s/schedstat", entry->d_name);
		file = open_below(root, path);
		if (file && fscanf(file, "%lf %lf", &ran, &one) != 2)
			one = NAN;
		if (file)
			fclose(file);
		sum += one;
	}
	closedir(dir);
	return sum * nanosecond;
}

struct timing timing_read(const char *root)
{
	struct clock_mark now = clock_now();
	struct timing timing = {.wall = now.wall,
				.cpu = now.cpu,
				.waited = waited(root),
				.voluntary = NAN,
				.involuntary = NAN,
				.busy = NAN,
				.steal = NAN};
	double user, nice, system, steal, second = (double)sysconf(_SC_CLK_TCK);
	FILE *file = open_below(root, "/proc/stat");
	struct rusage usage;

	/* "cpu  user nice system idle iowait irq softirq steal guest ..." in clock ticks, first */
	if (file && fscanf(file, "cpu %lf %lf %lf %*s %*s %*s %*s %lf", &user, &nice, &system,
			   &steal) == 4) {
		timing.busy = (user + nice + system) / second;
		timing.steal = steal / second;
	}
	if (file)
		fclose(file);
	if (getrusage(RUSAGE_SELF, &usage) == 0) {
		timing.voluntary = (double)usage.ru_nvcsw;
		timing.involuntary = (double)usage.ru_nivcsw;
	}
	return timing;
}

struct timing timing_between(const struct timing *end, const struct timing *start)
{
	return (struct timing){
		.wall = end->wall - start->wall,
		.cpu = end->cpu - start->cpu,
		.waited = end->waited - start->waited,
		.voluntary = end->voluntary - start->voluntary,
		.involuntary = end->involuntary - start->involuntary,
		.busy = end->busy - start->busy,
		.steal = end->steal - start->steal,
	};
}

/* Seconds that threads were ready and had no core. The machine counts in ticks of 10 ms, and may
 * have seen less work than this process did. */
static double lost(const struct timing *t)
{
	double waiting = isnan(t->waited) ? fmax(0, t->wall - t->cpu) : t->waited;
	double stolen = t->steal > 0 ? t->steal * t->cpu / fmax(t->busy, t->cpu) : 0;

	return waiting + stolen;
}

double timing_core_share(const struct timing *timing)
{
	double wanted = timing->cpu + lost(timing);

	return wanted > 0 ? timing->cpu / wanted : 1;
}

const char *timing_verdict(const struct timing *timing, double load, struct arena *arena)
{
	double share = timing_core_share(timing);
	const char *text;

	if (!(lost(timing) > least_waited_s) || !(share < least_share))
		return NULL;
	text = arena_format(arena, "disturbed: had a core for %.0f %% of the time it could use one",
			    100 * share);
	if (timing->wall > 0 && !isnan(timing->involuntary))
		text = arena_format(arena, "%s, %.3g involuntary switches a second", text,
				    timing->involuntary / timing->wall);
	if (timing->steal > worth_naming * timing->cpu)
		text = arena_format(arena, "%s, %.3g s stolen by the host", text, timing->steal);
	return isnan(load) ? text : arena_format(arena, "%s, load %.3g", text, load);
}

double timing_load(const char *root)
{
	FILE *file = open_below(root, "/proc/loadavg");
	double load = NAN;

	if (file && fscanf(file, "%lf", &load) != 1)
		load = NAN;
	if (file)
		fclose(file);
	return load;
}

const char *timing_date(struct arena *arena)
{
	time_t now = time(NULL);
	char date[DATE_BYTES], zone[DATE_BYTES];
	struct tm local;

	if (!localtime_r(&now, &local) ||
	    !strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &local) ||
	    !strftime(zone, sizeof zone, "%z", &local) || strlen(zone) != 5)
		return NULL;
	return arena_format(arena, "%s%.3s:%s", date, zone, zone + 3);
}
