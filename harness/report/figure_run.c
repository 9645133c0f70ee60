/* Running gnuplot on a script, in the folder of the plots. */
#include "harness/report/figure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

enum status figure_run(const char *folder, const char *stem, bool *ran, struct err *err)
{
	char script[NAME_MAX], plots[PATH_MAX], program[] = "gnuplot";
	char *argv[] = {program, script, NULL};
	posix_spawn_file_actions_t actions;
	int code, waited = 0;
	pid_t pid;

	snprintf(script, sizeof script, "%s.gp", stem);
	snprintf(plots, sizeof plots, "%s/plots", folder);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addchdir_np(&actions, plots);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "gnuplot.log", O_WRONLY | O_CREAT | O_APPEND,
					 0666);
	code = posix_spawnp(&pid, program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	*ran = code == 0;
	if (code == ENOENT)
		return STATUS_OK;
	if (code != 0)
		return err_set(err, STATUS_ENV, "cannot start gnuplot: %s", strerror(code));
	while (waitpid(pid, &waited, 0) < 0)
		if (errno != EINTR)
			return err_set(err, STATUS_ENV, "cannot wait for gnuplot: %s",
				       strerror(errno));
	return STATUS_OK;
}
