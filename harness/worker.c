/* relubench-worker-<precision> FOLDER [--progress FD] [--choose-threads] [--complete RECORD]
 * [--commit RECORD KEY DATA [--keep]]:
 * compute the cell described by FOLDER/cell.json and write its record there, with the threads that
 * OMP_NUM_THREADS says or, by the size of the cell, fewer; or what the folder RECORD lacks of it.
 * With --commit the record gets its manifest and goes to RECORD (harness/sched/commit.h), unless
 * SIGTERM has ended training early: why is for the scheduler to say. FOLDER/log.txt has both
 * outputs. */
#include "harness/run/interrupt.h"
#include "harness/run/run.h"
#include "harness/run/timing.h"
#include "harness/sched/commit.h"
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

/* What the command line says. */
struct order {
	struct run_order run;
	struct commit commit; /* record NULL: it stays in its folder */
};

/* The options of the head of this file. */
static bool parse(int argc, char **argv, struct order *order)
{
	*order = (struct order){.run.progress_fd = -1};
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--choose-threads") == 0)
			order->run.choose_threads = true;
		else if (strcmp(argv[i], "--keep") == 0)
			order->commit.keep = true;
		else if (strcmp(argv[i], "--progress") == 0 && i + 1 < argc)
			order->run.progress_fd = atoi(argv[++i]);
		else if (strcmp(argv[i], "--complete") == 0 && i + 1 < argc)
			order->run.record = argv[++i];
		else if (strcmp(argv[i], "--commit") == 0 && i + 3 < argc) {
			order->commit.record = argv[++i];
			order->commit.key = argv[++i];
			order->commit.data = argv[++i];
			order->run.cell = commit_cell(&order->commit);
		} else
			return false;
	}
	return argc >= 2;
}

int main(int argc, char **argv)
{
	struct arena arena = {0};
	struct err err = {0}, record_err = {0};
	const char *date = timing_date(&arena);
	struct order order;
	enum status status;

	if (!parse(argc, argv, &order)) {
		fprintf(stderr,
			"usage: %s FOLDER [--progress FD] [--choose-threads] [--complete RECORD]\n"
			"       [--commit RECORD KEY DATA [--keep]]\n",
			argv[0]);
		return STATUS_SPEC;
	}
	arena_on_exhausted(out_of_memory);
	signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error with a message */
	interrupt_install();
	status = run_cell(argv[1], &order.run, &err);
	if (status != STATUS_OK)
		say(&err, order.run.progress_fd);
	if (is_of_record(&err, argv[1]))
		return RUN_EXIT_RECORD;
	if (status == STATUS_OK && order.run.stopped)
		return RUN_EXIT_STOPPED;
	if (order.commit.record && commit_own(argv[1], &order.commit, order.run.record, status,
					      date, &record_err) != STATUS_OK) {
		say(&record_err, order.run.progress_fd);
		return RUN_EXIT_RECORD;
	}
	return (int)status;
}
