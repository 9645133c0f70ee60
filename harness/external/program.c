/* Starting, holding and ending a program. */
#include "harness/external/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: signal-safe calls only. */
static void become(char *const *argv, const char *cwd, const int out[2], int failure)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(out[1], STDOUT_FILENO) >= 0 && chdir(cwd) == 0)
		execvp(argv[0], argv);
	if (write(failure, &errno, sizeof errno) < 0)
		_exit(126);
	_exit(127);
}

enum status program_start(struct program *program, char *const *argv, const char *cwd,
			  struct err *err)
{
	int out[2] = {-1, -1}, failure[2] = {-1, -1}, code = 0;

	*program = (struct program){.held = false};
	if (pipe2(out, O_CLOEXEC) != 0 || pipe2(failure, O_CLOEXEC) != 0 ||
	    (program->pid = fork()) < 0)
		code = errno;
	else if (program->pid == 0)
		become(argv, cwd, out, failure[1]);
	close(out[1]);
	close(failure[1]);
	if (!code && read(failure[0], &code, sizeof code) != sizeof code)
		code = 0; /* closed by exec */
	close(failure[0]);
	program->said = code ? NULL : fdopen(out[0], "r");
	if (program->said)
		return STATUS_OK;
	close(out[0]);
	if (program->pid > 0)
		waitpid(program->pid, NULL, 0);
	program->pid = 0;
	return err_set(err, STATUS_ENV, "cannot start %s: %s", argv[0], strerror(code));
}

const char *program_line(struct program *program, struct err *err)
{
	ssize_t length;

	if (program->held)
		kill(-program->pid, SIGCONT);
	program->held = false;
	while (program->pid) {
		errno = 0;
		length = getline(&program->line, &program->room, program->said);
		if (length < 0 && errno == EINTR) {
			clearerr(program->said);
			continue;
		}
		if (length < 0) {
			int how = 0;

			/* How it ended; STATUS_OK and an empty *err if well. */
			while (waitpid(program->pid, &how, 0) < 0 && errno == EINTR)
				continue;
			kill(-program->pid, SIGKILL); /* processes that it left behind */
			program->pid = 0;
			if (WIFSIGNALED(how))
				err_set(err, STATUS_FAILED, "the program was ended by signal %d",
					WTERMSIG(how));
			else if (WEXITSTATUS(how) != 0)
				err_set(err, STATUS_FAILED,
					"the program ended with exit status %d; its "
					"messages are in the cell's log.txt",
					WEXITSTATUS(how));
			break;
		}
		if (program->line[0] == '{') {
			program->held = true;
			kill(-program->pid, SIGSTOP);
			return program->line;
		}
		fputs(program->line, stderr);
	}
	return NULL;
}

void program_end(struct program *program)
{
	if (program->pid) {
		kill(-program->pid, SIGKILL);
		waitpid(program->pid, NULL, 0);
	}
	if (program->said)
		fclose(program->said);
	free(program->line);
	*program = (struct program){.held = false};
}
