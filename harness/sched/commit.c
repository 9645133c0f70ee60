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

static double peak_bytes(void)
{
	const double kib = 1024.0;
	struct rusage usage = {0};

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss * kib;
}

static enum status read_cell(const char *folder, const char *id, struct arena *arena,
			     struct cell *cell, struct err *err)
{
	const char *path = arena_format(arena, "%s/cell.json", folder), *text;

	TRY(store_read_text(path, arena, &text, err));
	TRY(spec_read_cell(text, path, arena, cell, err));
	strncpy(cell->id, id, sizeof cell->id - 1);
	return STATUS_OK;
}

static enum status record_own(const char *folder, const struct commit *to, bool completes,
			      const struct ending *ending, struct arena *arena, struct err *err)
{
	struct err unreadable = {0};
	struct result result;
	struct cell cell;

	if (read_cell(folder, id_of(to->record), arena, &cell, &unreadable) != STATUS_OK)
		return STATUS_OK; /* nothing was computed; the scheduler knows what cell it was */
	TRY(outcome_record(&cell, ending, folder, arena, &result, err));
	if (completes && !outcome_is_ok(&result))
		return STATUS_OK;
	return commit_record(folder, to, err);
}

enum status commit_own(const char *folder, const struct commit *to, bool completes,
		       enum status ended, const char *date, struct err *err)
{
	const struct ending ending = {
		.end = {.wait_status = W_EXITCODE((int)ended, 0), .peak_bytes = peak_bytes()},
		.date = date,
		.threads = (double)omp_get_max_threads()};
	struct arena arena = {0};
	enum status status = STATUS_OK;
	sigset_t interrupts;

	sigemptyset(&interrupts); /* from here on it is quicker to finish than to stop */
	sigaddset(&interrupts, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupts, NULL);
	if (!completes || outcome_is_good(&ending))
		status = record_own(folder, to, completes, &ending, &arena, err);
	arena_release(&arena);
	return status;
}
