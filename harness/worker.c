/* relubench-worker-<precision> FOLDER [--progress FD]: compute the cell described by
 * FOLDER/cell.json and write its record there. The parent keeps both outputs in FOLDER/log.txt. */
#include "harness/run/run.h"
#include "solvers/core/arena.h"

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
	status = run_cell(argv[1], progress, &err);
	if (status != STATUS_OK)
		err_print(&err, stderr);
	return (int)status;
}
