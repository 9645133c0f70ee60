/* Records are committed by the worker that has made them, or for one that could not. */
#include "harness/sched/commit.h"
#include "harness/file/folder.h"
#include "harness/sched/outcome.h"
#include "harness/store/manifest.h"

#include <omp.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

const char *commit_cell(const struct commit *to)
{
	const char *slash = strrchr(to->record, '/');

	return slash ? slash + 1 : to->record;
}

enum status commit_record(const char *folder, const struct commit *to, struct err *err)
{
	const struct manifest about = {commit_cell(to), to->key, to->data};

	TRY(manifest_write(folder, &about, err));
	return folder_commit(folder, to->record, to->keep, err);
}

/* Of a worker that an error has ended, as its scheduler would. */
static enum status record_error(const char *folder, const struct commit *to, enum status ended,
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
	strncpy(cell.id, commit_cell(to), sizeof cell.id - 1);
	TRY(outcome_record(&cell, &ending, folder, arena, &result, err));
	return commit_record(folder, to, err);
}

enum status commit_own(const char *folder, const struct commit *to, bool completes,
		       enum status ended, const char *date, struct err *err)
{
	struct arena arena = {0};
	enum status status = STATUS_OK;
	sigset_t interrupts;

	sigemptyset(&interrupts); /* from here on it is quicker to finish than to stop */
	sigaddset(&interrupts, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupts, NULL);
	if (ended == STATUS_OK)
		status = commit_record(folder, to, err);
	else if (!completes)
		status = record_error(folder, to, ended, date, &arena, err);
	arena_release(&arena);
	return status;
}
