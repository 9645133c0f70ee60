/* relubench-worker-<precision> FOLDER [--progress FD]: compute the cell described by
 * FOLDER/cell.json and write its record there. The parent keeps both outputs in FOLDER/log.txt. */
#include "harness/run/run.h"
#include "solvers/core/arena.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nothing here may need memory. */
static void out_of_memory(size_t bytes)
{
	char text[96];
	int length =
		snprintf(text, sizeof text, "out of memory: %zu bytes were asked for\n", bytes);

	if (length > 0 && write(STDERR_FILENO, text, (size_t)length) < 0)
		_exit(RUN_EXIT_OOM); /* no log, but the exit status tells */
	_exit(RUN_EXIT_OOM);
}

/* Whether the error lies in a file of the record: a full disk, say. That is no fault of the cell.
 */
static bool is_of_record(const struct err *err, const char *folder)
{
	size_t length = strlen(folder);

	return err->status == STATUS_ENV && strncmp(err->source, folder, length) == 0 &&
	       err->source[length] == '/';
}

/* On standard error for the log, and to the parent in case the log cannot be written either. */
static void say(const struct err *err, int progress)
{
	err_print(err, stderr);
	if (progress >= 0)
		dprintf(progress, "!%s: %s\n", err->source, err->text);
}

int main(int argc, char **argv)
{
	struct err err = {0};
	enum status status;
	int progress = -1;

	if (argc == 4 && strcmp(argv[2], "--progress") == 0) {
		progress = atoi(argv[3]);
	} else if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER [--progress FD]\n", argv[0]);
		return STATUS_SPEC;
	}
	arena_on_exhausted(out_of_memory);
	signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error with a message */
	status = run_cell(argv[1], progress, &err);
	if (status != STATUS_OK)
		say(&err, progress);
	return is_of_record(&err, argv[1]) ? RUN_EXIT_RECORD : (int)status;
}
