/* Running gnuplot on a script, in the folder of the plots. */
#include "harness/file/folder.h"
#include "harness/report/figure/figure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOG "gnuplot.log"

extern char **environ;

/* Does a variable of the environment change what gnuplot draws? GNUTERM, GNUPLOT_LIB, ... */
static bool is_wish(const char *variable)
{
	static const char *const starts[] = {"GNU", "GDFONTPATH=", "FIT_", "LANG", "LC_"};

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (strncmp(variable, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* The environment for gnuplot: numbers with a point, texts in UTF-8. */
static char **environment(struct arena *arena)
{
	size_t count = 0, kept = 0;
	char **out;

	while (environ[count])
		count++;
	out = ARENA_ARRAY(arena, char *, count + 2);
	for (size_t i = 0; i < count; i++)
		if (!is_wish(environ[i]))
			out[kept++] = environ[i];
	out[kept] = arena_text(arena, "LC_ALL=C.UTF-8");
	return out;
}

/* Start gnuplot in `folder`, its output in the files `out` and `log` there, wait for its end.
 * *waited: as waitpid gives it, or -1 if there is no gnuplot. */
static enum status call(const char *folder, char **argv, const char *out, struct arena *arena,
			int *waited, struct err *err)
{
	posix_spawn_file_actions_t actions;
	int code;
	pid_t pid;

	*waited = -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addchdir_np(&actions, folder);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT, 0666);
	posix_spawn_file_actions_addopen(&actions, 2, LOG, O_WRONLY | O_CREAT | O_APPEND, 0666);
	code = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environment(arena));
	posix_spawn_file_actions_destroy(&actions);
	if (code == ENOENT)
		return STATUS_OK;
	if (code != 0)
		return err_set(err, STATUS_ENV, "cannot start gnuplot: %s", strerror(code));
	while (waitpid(pid, waited, 0) < 0)
		if (errno != EINTR)
			return err_set(err, STATUS_ENV, "cannot wait for gnuplot: %s",
				       strerror(errno));
	return STATUS_OK;
}

const char *figure_gnuplot(struct arena *arena)
{
	FILE *from = popen("gnuplot --version 2>/dev/null", "r");
	char line[128] = "";
	bool said = from && fgets(line, sizeof line, from);

	if (from && pclose(from) != 0)
		said = false;
	line[strcspn(line, "\n")] = '\0';
	return said ? arena_text(arena, line) : NULL;
}

/* The first line that says where and what, or the first at all: gnuplot shows the place before. */
static const char *first_message(const char *log, struct arena *arena)
{
	const char *first = NULL;
	size_t length;

	for (; *log; log += length + (log[length] == '\n')) {
		const char *line;

		length = strcspn(log, "\n");
		if (strspn(log, " \t^") >= length)
			continue;
		line = arena_text_n(arena, log, length);
		if (strstr(line, "line ") && strchr(line, ':'))
			return line;
		first = first ? first : line;
	}
	return first;
}

static bool has_drawing(const char *folder, const char *stem, const char *form, struct arena *arena)
{
	struct stat file;

	return stat(arena_format(arena, "%s/%s.%s", folder, stem, form), &file) == 0 &&
	       file.st_size > 0;
}

/* NULL if the run has drawn the plot. */
static const char *problem(const char *folder, const char *stem, int waited, const char *log,
			   struct arena *arena)
{
	const char *said = first_message(log, arena);

	if (WIFSIGNALED(waited))
		return arena_format(arena, "ended by signal %d", WTERMSIG(waited));
	if (WEXITSTATUS(waited) != 0)
		return said ? said
			    : arena_format(arena, "ended with status %d", WEXITSTATUS(waited));
	if (!has_drawing(folder, stem, "svg", arena))
		return said ? said : "has drawn nothing";
	return NULL;
}

/* What is half drawn would pass for a drawing. */
static void remove_drawings(const char *folder, const char *stem, struct arena *arena)
{
	static const char *const forms[] = {"svg", "png", "pdf"};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		unlink(arena_format(arena, "%s/%s.%s", folder, stem, forms[i]));
}

/* The size of what earlier plots said. */
static size_t log_size(const char *path)
{
	struct stat file;

	return stat(path, &file) == 0 ? (size_t)file.st_size : 0;
}

enum status figure_run(const char *folder, const char *stem, struct arena *arena,
		       struct figure_drawing *drawing, struct err *err)
{
	const char *path = arena_format(arena, "%s/" LOG, folder), *log = "";
	char *argv[] = {arena_text(arena, "gnuplot"), arena_text(arena, "-d"),
			arena_format(arena, "%s.gp", stem), NULL};
	size_t earlier = log_size(path);
	int waited;

	*drawing = (struct figure_drawing){.fate = FIGURE_DRAWN};
	TRY(call(folder, argv, "/dev/null", arena, &waited, err));
	if (waited == -1) {
		drawing->fate = FIGURE_UNDRAWN;
		return STATUS_OK;
	}
	TRY(store_read_text(path, arena, &log, err));
	log += earlier < strlen(log) ? earlier : strlen(log);
	drawing->message = problem(folder, stem, waited, log, arena);
	if (drawing->message) {
		drawing->fate = FIGURE_IMPOSSIBLE;
		remove_drawings(folder, stem, arena);
	}
	return STATUS_OK;
}
