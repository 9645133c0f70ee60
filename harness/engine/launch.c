/* A script that is started, waited for and ended. */
#include "harness/engine/launch.h"
#include "harness/engine/script.h"
#include "solvers/core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CANNOT_RUN = 127 };

static void host_name(char host[HOST_NAME_MAX + 1])
{
	if (gethostname(host, HOST_NAME_MAX) != 0)
		strcpy(host, "localhost");
	host[HOST_NAME_MAX] = '\0';
}

/* When a process was started, in ticks since the machine was; 0: there is none. A number alone may
 * be another one's by now. */
static unsigned long long start_of(pid_t process)
{
	unsigned long long start = 0;
	char path[64], line[1024] = "";
	const char *behind;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%ld/stat", (long)process);
	file = fopen(path, "re");
	behind = file && fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
	if (file)
		fclose(file);
	/* from the third field on; the 22nd is wanted */
	if (!behind || sscanf(behind + 1,
			      " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
			      " %*s %*s %llu",
			      &start) != 1)
		start = 0;
	return start;
}

/* The process of "HOST:PROCESS:START"; 0: it has ended, *other: it is of another host. */
static pid_t process_of(const char *jobs, bool *other)
{
	char host[HOST_NAME_MAX + 1];
	unsigned long long start;
	size_t length;
	long process;

	host_name(host);
	length = strlen(host);
	*other = strncmp(jobs, host, length) != 0 || jobs[length] != ':';
	if (*other || sscanf(jobs + length, ":%ld:%llu", &process, &start) != 2)
		return 0;
	return process > 0 && start_of((pid_t)process) == start ? (pid_t)process : 0;
}

/* Those that launch_wait takes. */
static void signals_of_wait(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

/* A later round is started by the script of the one before, and stays in its group. */
enum status launch_start(const struct batch *batch, struct arena *arena, const char **jobs,
			 struct err *err)
{
	const char *path = arena_format(arena, "%s/round-%ld.sh", batch->folder, batch->round);
	char host[HOST_NAME_MAX + 1];
	sigset_t set, before;
	pid_t process;

	signals_of_wait(&set);
	fflush(stdout);
	sigprocmask(SIG_BLOCK, &set, &before); /* until launch_wait looks */
	process = fork();
	if (process == 0) {
		int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

		sigprocmask(SIG_SETMASK, &before, NULL);
		if (batch->round == 1)
			setpgid(0, 0);
		dup2(nothing, STDIN_FILENO);
		execl("/bin/sh", "sh", path, (char *)NULL);
		_exit(CANNOT_RUN);
	}
	if (process < 0)
		return err_set(err, STATUS_ENV, "cannot start a process: %s", strerror(errno));
	if (batch->round == 1)
		setpgid(process, process);
	host_name(host);
	*jobs = arena_format(arena, "%s:%ld:%llu", host, (long)process, start_of(process));
	return STATUS_OK;
}

int launch_wait(const char *jobs)
{
	bool other;
	pid_t process = process_of(jobs, &other);
	int status = 0, number;
	sigset_t set;

	signals_of_wait(&set);
	while (process > 0 && waitpid(process, &status, WNOHANG) == 0) {
		if (sigwait(&set, &number) == 0 && number != SIGCHLD)
			kill(process, SIGTERM);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_INTERRUPTED;
}

/* The script ends its tasks and itself; what does not is killed. */
enum status launch_end(const char *jobs, struct err *err)
{
	const struct timespec moment = {.tv_nsec = 100 * 1000 * 1000};
	enum { MOMENTS = 300 };
	bool other;
	pid_t process = process_of(jobs, &other);

	if (other)
		return err_set(err, STATUS_ENV, "it runs on another host: cancel it on %.*s",
			       (int)strcspn(jobs, ":"), jobs);
	if (process == 0)
		return STATUS_OK;
	if (kill(process, SIGTERM) != 0)
		return errno == ESRCH ? STATUS_OK
				      : err_set(err, STATUS_ENV, "cannot end process %ld: %s",
						(long)process, strerror(errno));
	for (int i = 0; i < MOMENTS && kill(-process, 0) == 0; i++)
		nanosleep(&moment, NULL);
	if (kill(-process, 0) == 0)
		kill(-process, SIGKILL);
	return STATUS_OK;
}

void launch_write(const struct batch *batch, struct arena *arena, struct batch_files *out)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct batch_group *group = &batch->group[i];

		script_add(out, script_name(batch, group->number, arena),
			   arena_format(arena, "#!/bin/sh\n%s",
					script_task(batch, group, "$1", true, arena)));
	}
	script_add(out, script_name(batch, 0, arena),
		   arena_format(arena, "#!/bin/sh\ncd %s || exit 4\nexec %s\n",
				text_quoted(batch->start, arena), batch->next));
}
