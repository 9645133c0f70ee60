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

static const char *id_of(const char *record)
{
	const char *slash = strrchr(record, '/');

	return slash ? slash + 1 : record;
}

enum status commit_record(const char *folder, const struct commit *to, struct err *err)
{
	const struct manifest about = {id_of(to->record), to->key, to->data};

	TRY(manifest_write(folder, &about, err));
	return folder_commit(folder, to->record, to->keep, err);
}

static enum status record_own(const char *folder, const struct commit *to, bool completes,
			      const struct ending *ending, struct arena *arena, struct err *err)
{
	const char *path = arena_format(arena, "%s/cell.json", folder), *text;
	struct err unreadable = {0};
	struct result result;
	struct cell cell;

	if (store_read_text(path, arena, &text, &unreadable) != STATUS_OK ||
	    spec_read_cell(text, path, arena, &cell, &unreadable) != STATUS_OK)
		return STATUS_OK; /* nothing was computed; the scheduler knows what cell it was */
	strncpy(cell.id, id_of(to->record), sizeof cell.id - 1);
	TRY(outcome_record(&cell, ending, folder, arena, &result, err));
	if (completes && !outcome_is_ok(&result))
		return STATUS_OK;
	return commit_record(folder, to, err);
}

enum status commit_own(const char *folder, const struct commit *to, bool completes,
		       enum status ended, const char *date, struct err *err)
{
	const double kib = 1024.0;
	struct ending ending = {.end.wait_status = W_EXITCODE((int)ended, 0),
				.date = date,
				.threads = (double)omp_get_max_threads()};
	struct arena arena = {0};
	enum status status = STATUS_OK;
	struct rusage usage = {0};
	sigset_t interrupts;

	getrusage(RUSAGE_SELF, &usage);
	ending.end.peak_bytes = (double)usage.ru_maxrss * kib;
	sigemptyset(&interrupts); /* from here on it is quicker to finish than to stop */
	sigaddset(&interrupts, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupts, NULL);
	if (!completes || outcome_is_good(&ending))
		status = record_own(folder, to, completes, &ending, &arena, err);
	arena_release(&arena);
	return status;
}
