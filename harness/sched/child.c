/* One worker process: environment, limits, redirections. */
#include "harness/sched/child.h"

#include <cblas.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

extern char **environ;

enum {
	PROGRESS_FD = 3,      /* of the pipe in the child, behind the three standard ones */
	CANNOT_EXECUTE = 127, /* as shells say it */
	LOG_MODE = 0666       /* the user's umask decides */
};

const char *child_core_type(void)
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

static bool is_replaced(const char *entry)
{
	static const char *const names[] = {
		"OPENBLAS_NUM_THREADS=", "OMP_NUM_THREADS=", "OMP_PROC_BIND=", "OMP_PLACES="};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strncmp(entry, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* How threads wait for each other, unless a variable of the same number in `instead` is set: at
 * once without a core (libgomp), after 2^5 tries (OpenBLAS with threads of its own). */
static const char *const waiting[] = {"OMP_WAIT_POLICY=passive", "OPENBLAS_THREAD_TIMEOUT=5"};
static const char *const instead[][2] = {{"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"},
					 {"OPENBLAS_THREAD_TIMEOUT", "THREAD_TIMEOUT"}};

enum { WAITING = sizeof waiting / sizeof *waiting };

char *const *child_environment(long threads, struct arena *arena)
{
	const char *core = child_core_type();
	size_t count = 0, kept = 0;
	char **out;

	while (environ[count])
		count++;
	out = ARENA_ARRAY(arena, char *, count + WAITING + 4); /* three more and the NULL */
	for (size_t i = 0; i < count; i++)
		if (!is_replaced(environ[i]))
			out[kept++] = environ[i];
	out[kept++] = arena_format(arena, "OPENBLAS_NUM_THREADS=%ld", threads);
	out[kept++] = arena_format(arena, "OMP_NUM_THREADS=%ld", threads);
	for (size_t i = 0; i < WAITING; i++)
		if (!getenv(instead[i][0]) && !getenv(instead[i][1]))
			out[kept++] = arena_text(arena, waiting[i]);
	if (core)
		out[kept] = arena_format(arena, "OPENBLAS_CORETYPE=%s", core);
	return out;
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

static void become_killable(pid_t parent)
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
}

static _Noreturn void run_child(const struct child_order *order, pid_t parent, int progress)
{
	char fd[] = {'0' + PROGRESS_FD, '\0'};
	const char *args[] = {order->program, order->folder, "--progress", fd,
			      NULL,           NULL,          NULL,         NULL};
	size_t count = 4;

	if (order->choose_threads)
		args[count++] = "--choose-threads";
	if (order->record) {
		args[count++] = "--complete";
		args[count] = order->record;
	}

	become_killable(parent);
	if (!redirect(order->folder, progress))
		_exit(CANNOT_EXECUTE);
	if (!isnan(order->address_limit)) {
		rlim_t bytes = (rlim_t)order->address_limit;

		setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes});
	}
	if (order->start && chdir(order->start) != 0)
		dprintf(STDERR_FILENO, "%s: %s\n", order->start, strerror(errno));
	/* exec takes pointers to non-const for historical reasons and writes nothing */
	execve(order->program, (char *const *)(const void *)args, order->environment);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", order->program, strerror(errno));
	_exit(CANNOT_EXECUTE);
}

enum status child_start(const struct child_order *order, struct child *out, struct err *err)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_set(err, STATUS_ENV, "cannot make a pipe: %s", strerror(errno));
	out->pid = fork();
	if (out->pid == 0)
		run_child(order, parent, ends[1]);
	close(ends[1]);
	if (out->pid < 0) {
		close(ends[0]);
		return err_set(err, STATUS_ENV, "cannot start a process: %s", strerror(errno));
	}
	setpgid(out->pid, out->pid); /* here too, so that it is true before anyone signals it */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	out->progress = ends[0];
	return STATUS_OK;
}
