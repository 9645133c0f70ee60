/* Workers as processes of this machine.
 *
 * Each has a process group of its own, so that Ctrl-C reaches only the scheduler, and dies when
 * that does. What it says comes through a pipe, "--progress 3". */
#include "harness/executor/executor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PROGRESS_FD = 3,      /* of the pipe in the child, behind the three standard ones */
	CANNOT_EXECUTE = 127, /* as shells say it */
	LOG_MODE = 0666,      /* the user's umask decides */
	SAID_ROOM = 4096,
	COMMAND_ROOM = 16384
};

struct local_job {
	bool launched;       /* see struct job */
	bool busy, gone;     /* gone: has ended, though what it said may not have been read */
	pid_t pid;           /* also the id of its process group */
	int progress;        /* reading end of its pipe, non-blocking; -1: closed */
	const char *folder;  /* of the cell */
	time_t looked;       /* at its memory, if launched: when */
	double memory_limit; /* resident bytes, NaN = none */
	double kernel_kills; /* of the machine, when it was started */
	struct job_end end;
	char said[SAID_ROOM]; /* read and not yet passed on */
	size_t said_count;
};

struct local {
	size_t places;
	struct local_job *jobs;
	struct pollfd *waits; /* one per place, then `wake` */
	char line[SAID_ROOM]; /* passed on last */
};

static enum status open_local(const void *options, size_t places, int wake, struct arena *arena,
			      void **state, struct err *err)
{
	struct local *local = ARENA_ARRAY(arena, struct local, 1);

	(void)options;
	(void)err;
	local->places = places;
	local->jobs = ARENA_ARRAY(arena, struct local_job, places);
	local->waits = ARENA_ARRAY(arena, struct pollfd, places + 1);
	for (size_t i = 0; i < places; i++)
		local->waits[i].events = POLLIN;
	local->waits[places] = (struct pollfd){wake, POLLIN, 0};
	*state = local;
	return STATUS_OK;
}

/* Processes killed by the kernel for lack of memory since boot; 0 if it does not say. */
static double kernel_kills(void)
{
	static const char key[] = "oom_kill ";
	FILE *file = fopen("/proc/vmstat", "re");
	char line[128];
	double count = 0;

	if (!file)
		return 0;
	while (fgets(line, sizeof line, file))
		if (strncmp(line, key, sizeof key - 1) == 0)
			count = strtod(line + sizeof key - 1, NULL);
	fclose(file);
	return count;
}

/* Standard input is empty; both outputs go to log.txt; the pipe becomes PROGRESS_FD. */
static bool redirect(const char *folder, int progress)
{
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int log = dir < 0 ? -1
			  : openat(dir, "log.txt", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
				   LOG_MODE);
	int none = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (log < 0 || none < 0 || dup2(none, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
	    dup2(log, STDERR_FILENO) < 0)
		return false;
	if (progress != PROGRESS_FD)
		return dup2(progress, PROGRESS_FD) >= 0;
	return fcntl(progress, F_SETFD, 0) == 0; /* already there: only keep it open over exec */
}

/* Behind fork nothing is allocated. */
static _Noreturn void run_child(const struct job *job, const char **args, pid_t parent,
				int progress)
{
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before the line above */
		raise(SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	if (!redirect(job->folder, progress))
		_exit(CANNOT_EXECUTE);
	if (!isnan(job->address_limit)) {
		rlim_t bytes = (rlim_t)job->address_limit;

		setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes});
	}
	if (job->start && chdir(job->start) != 0)
		dprintf(STDERR_FILENO, "%s: %s\n", job->start, strerror(errno));
	/* exec takes pointers to non-const for historical reasons and writes nothing */
	execvpe(args[0], (char *const *)(const void *)args, job->environment);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", args[0], strerror(errno));
	_exit(CANNOT_EXECUTE);
}

static enum status submit(void *state, size_t place, const struct job *job, struct err *err)
{
	struct local_job *mine = &((struct local *)state)->jobs[place];
	char fd[] = {'0' + PROGRESS_FD, '\0'};
	pid_t parent = getpid(), pid;
	struct arena arena = {0};
	size_t count = 0;
	const char **args;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_set(err, STATUS_ENV, "cannot make a pipe: %s", strerror(errno));
	while (job->command[count])
		count++;
	args = ARENA_ARRAY(&arena, const char *, count + 3);
	memcpy(args, job->command, count * sizeof *args);
	args[count] = "--progress";
	args[count + 1] = fd;
	pid = fork();
	if (pid == 0)
		run_child(job, args, parent, ends[1]);
	arena_release(&arena);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return err_set(err, STATUS_ENV, "cannot start a process: %s", strerror(errno));
	}
	setpgid(pid, pid); /* here too, so that it is true before anyone signals it */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*mine = (struct local_job){.busy = true,
				   .pid = pid,
				   .launched = job->launched,
				   .folder = job->folder,
				   .progress = ends[0],
				   .memory_limit = job->memory_limit,
				   .kernel_kills = kernel_kills()};
	return STATUS_OK;
}

/* The next line that it said, without its end; false if there is none yet. */
static bool next_line(struct local_job *job, char line[SAID_ROOM])
{
	const char *end;
	size_t length;

	while (!(end = memchr(job->said, '\n', job->said_count))) {
		ssize_t got;

		if (job->progress < 0)
			return false;
		if (job->said_count == sizeof job->said) /* no line is as long */
			job->said_count = 0;
		got = read(job->progress, job->said + job->said_count,
			   sizeof job->said - job->said_count);
		if (got == 0) { /* closed: the worker is about to end */
			close(job->progress);
			job->progress = -1;
		}
		if (got <= 0)
			return false;
		job->said_count += (size_t)got;
	}
	length = (size_t)(end - job->said);
	memcpy(line, job->said, length);
	line[length] = '\0';
	job->said_count -= length + 1;
	memmove(job->said, end + 1, job->said_count);
	return true;
}

/* What it says before it ends comes before its end. */
static bool next_event(struct local *local, size_t place, struct job_event *out)
{
	const double kib = 1024.0;
	struct local_job *job = &local->jobs[place];
	struct rusage usage;

	*out = (struct job_event){.place = place};
	if (!job->busy)
		return false;
	if (!job->gone && wait4(job->pid, &job->end.wait_status, WNOHANG, &usage) == job->pid) {
		job->gone = true;
		job->end.peak_bytes = fmax(job->end.peak_bytes, (double)usage.ru_maxrss * kib);
		job->end.kernel_oom = kernel_kills() > job->kernel_kills;
	}
	if (next_line(job, local->line)) {
		out->line = local->line;
		return true;
	}
	if (!job->gone)
		return false;
	out->end = job->end;
	if (job->progress >= 0)
		close(job->progress);
	job->busy = false;
	return true;
}

static bool any_event(struct local *local, struct job_event *out)
{
	for (size_t i = 0; i < local->places; i++)
		if (next_event(local, i, out))
			return true;
	return false;
}

/* Resident memory, if the system tells of it. */
static double resident(long process)
{
	unsigned long pages = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof path, "/proc/%ld/statm", process);
	file = fopen(path, "re");
	if (file && fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* Whether a process has this word in its command line. */
static bool has_word(long process, const char *word)
{
	char path[64], line[COMMAND_ROOM];
	size_t got = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%ld/cmdline", process);
	file = fopen(path, "re");
	if (file) {
		got = fread(line, 1, sizeof line - 1, file);
		fclose(file);
	}
	line[got] = '\0';
	for (size_t at = 0; at < got; at += strlen(line + at) + 1)
		if (strcmp(line + at, word) == 0)
			return true;
	return false;
}

/* Memory of the ranks of this machine, whoever their parents are: srun's are daemons. With `end`
 * they are killed. A rank is what has the folder of the cell as an argument; its launcher too. */
static double resident_ranks(const struct local_job *job, bool end)
{
	DIR *all = opendir("/proc");
	struct dirent *entry;
	double bytes = 0;

	while (all && (entry = readdir(all))) {
		long process = strtol(entry->d_name, NULL, 10);

		if (process <= 0 || !has_word(process, job->folder))
			continue;
		bytes += resident(process);
		if (end)
			kill((pid_t)process, SIGKILL);
	}
	if (all)
		closedir(all);
	return bytes;
}

/* Kill what is above its limit. */
static void limit_memory(struct local_job *job)
{
	double bytes;

	if (isnan(job->memory_limit) || (job->launched && time(NULL) == job->looked))
		return;
	job->looked = time(NULL); /* all processes are looked at: once a second */
	bytes = job->launched ? resident_ranks(job, false) : resident(job->pid);
	if (job->launched)
		job->end.peak_bytes = fmax(job->end.peak_bytes, bytes);
	if (bytes > job->memory_limit && job->end.over_memory == 0) {
		job->end.over_memory = bytes;
		kill(-job->pid, SIGKILL);
		if (job->launched)
			resident_ranks(job, true);
	}
}

static bool wait_local(void *state, double seconds, struct job_event *out)
{
	const double ms = 1000, about_to_end_s = 0.01;
	struct local *local = state;

	if (any_event(local, out))
		return true;
	for (size_t i = 0; i < local->places; i++) {
		struct local_job *job = &local->jobs[i];

		local->waits[i].fd = job->busy ? job->progress : -1;
		if (!job->busy)
			continue;
		limit_memory(job);
		if (job->progress < 0) /* nothing but a signal would tell of its end */
			seconds = fmin(seconds, about_to_end_s);
	}
	poll(local->waits, local->places + 1, (int)ceil(ms * seconds));
	return any_event(local, out);
}

static void cancel(void *state, size_t place, enum job_cancel how)
{
	static const int signals[] = {
		[CANCEL_ASK] = SIGTERM, [CANCEL_DROP] = SIGINT, [CANCEL_KILL] = SIGKILL};

	const struct local_job *job = &((struct local *)state)->jobs[place];

	if (job->launched && how == CANCEL_ASK)
		kill(job->pid, SIGUSR1); /* SIGTERM would end the launcher and all of them */
	else
		kill(-job->pid, signals[how]);
}

const struct executor executor_local = {
	.base = {.name = "local", .doc = "processes of this machine", .cite = ""},
	.open = open_local,
	.submit = submit,
	.wait = wait_local,
	.cancel = cancel,
};
