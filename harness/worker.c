/* relubench-worker-<precision> FOLDER [--progress FD] [--choose-threads] [--seconds S] [--ranks R]
 * [--complete RECORD] [--commit RECORD KEY DATA [--keep]] [--export OUT]:
 * compute the cell described by FOLDER/cell.json and write its record there, with the threads that
 * OMP_NUM_THREADS says or, by the size of the cell, fewer; or what the folder RECORD lacks of it.
 * With --commit the record gets its manifest and goes to RECORD, whose last part is the id of the
 * cell, unless SIGTERM has ended training early: why is for the scheduler to say. After an error it
 * is recorded first, as the scheduler would; to complete a record takes an end without one. With
 * --keep a record that is there already stays. FOLDER/log.txt has both outputs.
 * With --ranks R it is one of R processes that mpirun or srun has started: the first one records,
 * the others compute in folders beside FOLDER, which they remove.
 * --seconds is what the scheduler allows, for methods that plan ahead. With --export OUT the
 * prepared data of the cell go to that folder instead (harness/data/export.h). */
#include "harness/data/export.h"
#include "harness/file/folder.h"
#include "harness/machine/mpi.h"
#include "harness/run/interrupt.h"
#include "harness/run/run.h"
#include "harness/run/timing.h"
#include "harness/sched/outcome.h"
#include "harness/store/manifest.h"
#include "solvers/core/arena.h"

#include <fcntl.h>
#include <omp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
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
	int ranks;          /* processes; 0: this one alone */
	const char *record; /* where the record goes; NULL: it stays in its folder */
	const char *key;    /* SHA-256 of what makes the cell */
	const char *data;   /* checksum of the files of its data */
	bool keep;
	const char
		*export; /* folder that gets the prepared data, and nothing is computed; or NULL */
};

/* The options of the head of this file. */
static bool parse(int argc, char **argv, struct order *order)
{
	*order = (struct order){.run.progress_fd = -1};
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--choose-threads") == 0)
			order->run.choose_threads = true;
		else if (strcmp(argv[i], "--keep") == 0)
			order->keep = true;
		else if (strcmp(argv[i], "--progress") == 0 && i + 1 < argc)
			order->run.progress_fd = atoi(argv[++i]);
		else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
			order->run.seconds = atof(argv[++i]);
		else if (strcmp(argv[i], "--ranks") == 0 && i + 1 < argc)
			order->ranks = atoi(argv[++i]);
		else if (strcmp(argv[i], "--export") == 0 && i + 1 < argc)
			order->export = argv[++i];
		else if (strcmp(argv[i], "--complete") == 0 && i + 1 < argc)
			order->run.record = argv[++i];
		else if (strcmp(argv[i], "--commit") == 0 && i + 3 < argc) {
			const char *slash = strrchr(argv[++i], '/');

			order->record = argv[i];
			order->run.cell = slash ? slash + 1 : argv[i];
			order->key = argv[++i];
			order->data = argv[++i];
		} else
			return false;
	}
	return argc >= 2;
}

/* The data of the cell as it would train on them. */
static enum status export(const char *folder, const char *to, struct arena *arena,
			  struct err *err) {
	const char *path = arena_format(arena, "%s/cell.json", folder), *text; struct dataset data;
	struct cell cell;

	TRY(store_read_text(path, arena, &text, err));
	TRY(spec_read_cell(text, path, arena, &cell, err));
	TRY(data_load(&cell.data, (uint64_t)cell.seed, cell.repetition, arena, &data, err));
	return export_dataset(&data, to, text, err);
}

/* `folder` is no more afterwards. The log is as its manifest says from then on, whatever a library
 * writes when the process ends. */
static enum status commit(const char *folder, const struct order *order, struct err *err)
{
	const struct manifest about = {order->run.cell, order->key, order->data};

	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(NULL);
	TRY(manifest_write(folder, &about, err));
	TRY(folder_commit(folder, order->record, order->keep, err));
	if (nowhere >= 0) {
		dup2(nowhere, STDOUT_FILENO);
		dup2(nowhere, STDERR_FILENO);
		close(nowhere);
	}
	return STATUS_OK;
}

static enum status commit_error(const char *folder, const struct order *order, enum status ended,
				const char *date, struct arena *arena, struct err *err)
{
	const double kib = 1024.0;
	const char *path = arena_format(arena, "%s/cell.json", folder), *text;
	struct ending ending = {.end.wait_status = W_EXITCODE((int)ended, 0),
				.date = date,
				.threads = (double)omp_get_max_threads()};
	struct err unreadable = {0};
	struct rusage usage = {0};
	struct result result;
	struct cell cell;

	if (store_read_text(path, arena, &text, &unreadable) != STATUS_OK ||
	    spec_read_cell(text, path, arena, &cell, &unreadable) != STATUS_OK)
		return STATUS_OK; /* nothing was computed; the scheduler knows what cell it was */
	getrusage(RUSAGE_SELF, &usage);
	ending.end.peak_bytes = (double)usage.ru_maxrss * kib;
	strncpy(cell.id, order->run.cell, sizeof cell.id - 1);
	TRY(outcome_record(&cell, &ending, folder, arena, &result, err));
	return commit(folder, order, err);
}

/* The launcher of ranks passes their outputs on when it likes, perhaps after the log is counted, so
 * the first one writes there itself. */
static void write_log(const char *folder, struct arena *arena)
{
	int log = open(arena_format(arena, "%s/log.txt", folder), O_WRONLY | O_APPEND | O_CLOEXEC);

	if (log < 0) /* started by hand */
		return;
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	close(log);
}

/* Compute and record; the exit status. */
static int lead(const char *folder, struct order *order, const char *date, struct arena *arena)
{
	struct err err = {0}, record_err = {0};
	enum status recorded = STATUS_OK;
	enum status status = order->export ? export(folder, order->export, arena, &err)
					   : run_cell(folder, &order->run, &err);
	size_t length = strlen(folder);
	sigset_t interrupts;

	if (status != STATUS_OK)
		say(&err, order->run.progress_fd);
	if (err.status == STATUS_ENV && strncmp(err.source, folder, length) == 0 &&
	    err.source[length] == '/') /* it is about the record */
		return RUN_EXIT_RECORD;
	if (status == STATUS_OK && order->run.stopped)
		return RUN_EXIT_STOPPED;
	sigemptyset(&interrupts); /* from here on it is quicker to finish than to stop */
	sigaddset(&interrupts, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupts, NULL);
	if (order->record && status == STATUS_OK)
		recorded = commit(folder, order, &record_err);
	else if (order->record && !order->run.record)
		recorded = commit_error(folder, order, status, date, arena, &record_err);
	if (recorded != STATUS_OK) {
		say(&record_err, order->run.progress_fd);
		return RUN_EXIT_RECORD;
	}
	return (int)status;
}

/* The error of a rank, for the record: of several the first one stays. If the first rank has
 * recorded one by now, the folder is no more. */
static void leave_error(const char *folder, int rank, const struct err *err, struct arena *arena)
{
	const char *path = arena_format(arena, "%s/" OUTCOME_RANK_ERROR, folder);
	FILE *file = fopen(path, "wxe");

	if (!file)
		return;
	fprintf(file, "rank %d: ", rank);
	err_print(err, file);
	fclose(file);
}

/* A rank behind the first one: it computes with the others, in a folder of its own, and leaves
 * nothing. Should it fail where the first one does not, that one would wait for ever. */
static int follow(const char *folder, struct order *order, struct arena *arena)
{
	/* for the first one to record an error that all have, with the log as it is then */
	const unsigned patience_s = 5;
	struct ranks *ranks = order->run.ranks;
	const char *mine = arena_format(arena, "%s.rank%d", folder, ranks->rank), *text;
	struct err err = {0}, ignored = {0};
	enum status status = folder_make(mine, &err);

	order->run.progress_fd = -1;
	if (status == STATUS_OK)
		status = store_read_text(arena_format(arena, "%s/cell.json", folder), arena, &text,
					 &err);
	if (status == STATUS_OK)
		status = store_write_text(arena_format(arena, "%s/cell.json", mine), text, &err);
	if (status == STATUS_OK)
		status = run_cell(mine, &order->run, &err);
	folder_remove(mine, &ignored);
	if (status != STATUS_OK) {
		sleep(patience_s);
		leave_error(folder, ranks->rank, &err, arena);
		fprintf(stderr, "rank %d: ", ranks->rank);
		err_print(&err, stderr);
		mpi_abort((int)status);
	}
	mpi_close();
	return 0;
}

int main(int argc, char **argv)
{
	struct arena arena = {0};
	struct err err = {0};
	const char *date = timing_date(&arena);
	struct order order;
	int ended;

	if (!parse(argc, argv, &order)) {
		fprintf(stderr,
			"usage: %s FOLDER [--progress FD] [--choose-threads] [--seconds S] "
			"[--ranks R]\n"
			"       [--complete RECORD] [--commit RECORD KEY DATA [--keep]] [--export "
			"OUT]\n",
			argv[0]);
		return STATUS_SPEC;
	}
	arena_on_exhausted(out_of_memory);
	signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error with a message */
	interrupt_install();
	if (order.ranks > 0 && mpi_open(order.ranks, &order.run.ranks, &err) != STATUS_OK) {
		say(&err, order.run.progress_fd);
		return STATUS_ENV;
	}
	if (ranks_at(order.run.ranks) > 0)
		return follow(argv[1], &order, &arena);
	if (order.run.ranks)
		write_log(argv[1], &arena);
	ended = lead(argv[1], &order, date, &arena);
	if (order.run.ranks && ended != STATUS_OK && ended != RUN_EXIT_STOPPED)
		mpi_abort(ended); /* others may wait */
	if (order.run.ranks)
		mpi_close();
	return ended;
}
