/* From a wait status to a record. */
#include "harness/sched/outcome.h"
#include "harness/file/csv.h"
#include "harness/file/folder.h"
#include "harness/run/probes.h"
#include "harness/run/run.h"
#include "harness/sched/forecast.h"
#include "harness/store/manifest.h"

#include <ctype.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TAIL_BYTES = 2048, /* of log.txt that are looked at */
	BYTES_ROOM = 32,
	CANNOT_EXECUTE = 127, /* as shells say it */
	TAIL_KEPT = 400       /* of a last line that are worth quoting */
};

static const char *last_line(const char *path, struct arena *arena)
{
	char text[TAIL_BYTES + 1];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = file < 0 ? 0 : lseek(file, 0, SEEK_END);
	off_t from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
	ssize_t got = file < 0 ? 0 : pread(file, text, TAIL_BYTES, from);
	char *line;

	if (file >= 0)
		close(file);
	while (got > 0 && isspace((unsigned char)text[got - 1]))
		got--;
	if (got <= 0)
		return NULL;
	text[got] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	return arena_text_n(arena, line, strnlen(line, TAIL_KEPT));
}

const char *outcome_last_line(const char *tmp, struct arena *arena)
{
	return last_line(arena_format(arena, "%s/log.txt", tmp), arena);
}

static const char *rank_error(const char *tmp, struct arena *arena)
{
	return arena_format(arena, "%s/" OUTCOME_RANK_ERROR, tmp);
}

bool outcome_is_good(const struct ending *ending)
{
	return WIFEXITED(ending->end.wait_status) &&
	       WEXITSTATUS(ending->end.wait_status) == STATUS_OK;
}

/* The status that the end of the process stands for; CELL_OK if it ended by itself without error.
 */
static enum cell_status classify(const struct ending *ending, const char *tmp, struct arena *arena,
				 const char **message)
{
	const int wait_status = ending->end.wait_status;
	char used[BYTES_ROOM] = "", limit[BYTES_ROOM] = "";

	if (outcome_is_good(ending))
		return CELL_OK;
	if (ending->end.over_memory > 0) {
		forecast_bytes_text(ending->end.over_memory, used, sizeof used);
		forecast_bytes_text(ending->memory_limit, limit, sizeof limit);
		*message = arena_format(
			arena, "used %s of memory, resources.memory_limit allows %s", used, limit);
		return CELL_OOM;
	}
	if (ending->timed_out) {
		*message = arena_format(arena, "stopped at the time limit of %g s",
					ending->time_limit);
		return CELL_TIMEOUT;
	}
	if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == RUN_EXIT_STOPPED) {
		*message = "stopped by a signal from outside";
		return CELL_INTERRUPTED;
	}
	*message = outcome_last_line(tmp, arena);
	if (WIFSIGNALED(wait_status)) {
		int number = WTERMSIG(wait_status);
		const char *name = sigabbrev_np(number), *line = *message;

		*message = "killed by the kernel: out of memory";
		if (number == SIGKILL && ending->end.kernel_oom)
			return CELL_OOM;
		*message = arena_format(arena, "killed by signal %d (SIG%s)%s%s", number,
					name ? name : "?", line ? ": " : "", line ? line : "");
		return CELL_CRASHED;
	}
	if (WEXITSTATUS(wait_status) == RUN_EXIT_OOM) {
		*message = *message ? *message : "out of memory";
		return CELL_OOM;
	}
	if (ending->ranks > 1 && WEXITSTATUS(wait_status) != CANNOT_EXECUTE) {
		*message = last_line(rank_error(tmp, arena), arena);
		if (*message)
			return CELL_FAILED;
		/* one that ends by an error has told it; the next run tries again */
		*message =
			arena_format(arena,
				     "one of %ld ranks died, exit status %d; log.txt has what the "
				     "launcher says",
				     ending->ranks, WEXITSTATUS(wait_status));
		return CELL_INTERRUPTED;
	}
	if (!*message)
		*message = arena_format(arena, "exit status %d", WEXITSTATUS(wait_status));
	return CELL_FAILED;
}

static struct result result_of(const struct cell *cell)
{
	struct result result = result_empty();

	result.cell = cell->id;
	result.data = cell->data.name;
	result.method = cell->train.name;
	result.solver = cell->train.solver.item->name;
	result.loss = cell->train.loss.item ? cell->train.loss.item->name : NULL;
	result.precision = spec_precisions[cell->precision];
	result.repetition = (double)cell->repetition;
	result.fold = spec_fold(cell);
	result.inner_fold = spec_inner_fold(cell);
	result.seed = (double)cell->seed;
	return result;
}

static enum status write_result(struct result *result, const char *tmp, struct arena *arena,
				struct err *err)
{
	result->format = MANIFEST_FORMAT; /* the manifest follows */
	return result_write(result, arena_format(arena, "%s/result.json", tmp), err);
}

static bool has_status(const struct result *result, enum cell_status status)
{
	return result->status && strcmp(result->status, cell_status_names[status]) == 0;
}

/* How far it has come, as it says itself. */
static struct entries progress_of(const char *tmp, struct arena *arena)
{
	struct err unreadable = {0};
	struct entries entries;

	if (entries_read(arena_format(arena, "%s/entries.json", tmp), arena, &entries,
			 &unreadable) != STATUS_OK)
		return (struct entries){0};
	return entries;
}

/* What a worker wrote, if it can be read and fits the way it ended. */
static bool own_result(const struct cell *cell, enum cell_status ended, bool trained,
		       const char *tmp, struct arena *arena, struct result *out)
{
	struct err unreadable = {0};
	const char *path = arena_format(arena, "%s/result.json", tmp);

	if (access(path, R_OK) != 0 || result_read(path, arena, out, &unreadable) != STATUS_OK ||
	    !out->status)
		return false;
	out->cell = cell->id;
	if (ended == CELL_OK)
		return !has_status(out, CELL_INTERRUPTED);
	if (ended == CELL_FAILED && !trained)
		return has_status(out, CELL_FAILED);
	return trained || ended == CELL_TIMEOUT || ended == CELL_OOM || ended == CELL_INTERRUPTED;
}

void outcome_describe(const struct cell *cell, const struct ending *ending, const char *tmp,
		      struct arena *arena, struct result *out)
{
	const char *message = NULL;
	enum cell_status status = classify(ending, tmp, arena, &message);

	if (status == CELL_OK) {
		const char *line = outcome_last_line(tmp, arena);

		status = CELL_FAILED;
		message = arena_format(arena, "the worker wrote no result%s%s", line ? ": " : "",
				       line ? line : "");
	}
	*out = result_of(cell);
	out->status = cell_status_names[status];
	out->message = message;
	out->date = ending->date;
	out->peak_mem_bytes = ending->end.peak_bytes;
	out->threads = ending->threads;
}

/* Of a worker that did not come to say what was asked of it. */
static enum status note_asked(const struct cell *cell, const char *tmp, struct arena *arena,
			      struct err *err)
{
	if (progress_of(tmp, arena).asked)
		return STATUS_OK;
	return probes_note(cell, tmp, false, false, err);
}

enum status outcome_record(const struct cell *cell, const struct ending *ending, const char *tmp,
			   struct arena *arena, struct result *out, struct err *err)
{
	const char *message = NULL;
	enum cell_status status = classify(ending, tmp, arena, &message);
	bool trained = progress_of(tmp, arena).trained;

	if (!own_result(cell, status, trained, tmp, arena, out)) {
		outcome_describe(cell, ending, tmp, arena, out);
	} else if (status != CELL_OK && !has_status(out, CELL_FAILED)) {
		/* ended by a limit or an error: what it had found by then, under that status */
		if (has_status(out, CELL_INTERRUPTED) && !trained)
			message = arena_format(arena, "%s; the record is of iteration %.0f",
					       message, out->iterations);
		out->status = cell_status_names[status];
		out->message = message;
		if (status == CELL_TIMEOUT && !out->outcome)
			out->outcome = outcome_name(OUTCOME_TIME_LIMIT);
		out->peak_mem_bytes = fmax(out->peak_mem_bytes, ending->end.peak_bytes);
	}
	for (const struct manifest_file *file = manifest_files; file->name; file++)
		if (file->table)
			TRY(csv_mend(arena_format(arena, "%s/%s", tmp, file->name), err));
	TRY(note_asked(cell, tmp, arena, err));
	if (ending->ranks > 1)
		unlink(rank_error(tmp, arena)); /* if there is one, the record has it */
	return write_result(out, tmp, arena, err);
}

enum status outcome_skip(const struct cell *cell, const char *reason, const char *tmp,
			 struct arena *arena, struct result *out, struct err *err)
{
	*out = result_of(cell);
	out->status = cell_status_names[CELL_SKIPPED];
	out->message = reason;
	TRY(note_asked(cell, tmp, arena, err));
	return write_result(out, tmp, arena, err);
}

bool outcome_is_ok(const struct result *result)
{
	return has_status(result, CELL_OK);
}

bool outcome_is_bad(const struct result *result)
{
	return !outcome_is_ok(result) ||
	       (result->outcome && strcmp(result->outcome, outcome_name(OUTCOME_DIVERGED)) == 0);
}
