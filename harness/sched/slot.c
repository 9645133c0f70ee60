/* One running cell. */
#include "harness/sched/slot.h"
#include "harness/executor/environment.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/run/run.h"
#include "harness/run/timing.h"
#include "harness/sched/outcome.h"
#include "harness/store/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between SIGINT and SIGKILL: time to flush a log. */
static const double flush_s = 5;

enum { MOST_LAUNCH = 24 }; /* words of resources.launch */

/* Give `tmp` the files of a record to complete that are not written anew, or removed with the
 * entries that they are of: links to them where the file system has links, so that they stay what
 * they are. The log is copied, and goes on. */
static enum status take_over(const char *record, const char *tmp, struct err *err)
{
	DIR *dir = opendir(record);
	enum status status = STATUS_OK;
	struct arena arena = {0};
	struct dirent *entry;

	if (!dir)
		return io_error(err, record, "read");
	while (status == STATUS_OK && (entry = readdir(dir))) {
		const struct manifest_file *known = manifest_files;
		const char *name = entry->d_name;
		const char *from = arena_format(&arena, "%s/%s", record, name);
		const char *to = arena_format(&arena, "%s/%s", tmp, name);
		struct stat info;
		int file;

		while (known->name && strcmp(known->name, name) != 0)
			known++;
		if (known->renewed || strcmp(name, MANIFEST_FILE) == 0 || lstat(from, &info) != 0 ||
		    !S_ISREG(info.st_mode))
			continue;
		if (strcmp(name, "log.txt") != 0 && link(from, to) == 0)
			continue;
		file = open(from, O_RDONLY | O_CLOEXEC);
		status = file < 0 ? io_error(err, from, "copy") : io_copy(file, to, err);
		if (file >= 0)
			close(file);
	}
	closedir(dir);
	arena_release(&arena);
	return status;
}

static enum status make_folder(struct slot *slot, const struct slot_context *context,
			       struct planned *at, struct err *err)
{
	const struct cell *cell = at->cell;

	*slot = (struct slot){
		.busy = true, .place = slot->place, .at = at, .report = {cell, NAN, NAN}};
	slot->start = progress_now();
	slot->date = timing_date(&slot->arena);
	slot->tmp = arena_format(&slot->arena, "%s/%s.%ld", context->layout->tmp, cell->id,
				 (long)getpid());
	TRY(folder_make(slot->tmp, err));
	TRY(store_write_text(arena_format(&slot->arena, "%s/cell.json", slot->tmp), cell->text,
			     err));
	slot->record = arena_format(&slot->arena, "%s/%s", context->layout->cells, cell->id);
	return at->completes ? take_over(slot->record, slot->tmp, err) : STATUS_OK;
}

/* The words that start ranks, and how many; the number of all. */
static size_t put_launch(struct slot *slot, const struct slot_context *context, const char **args)
{
	const char *at = context->launch;
	size_t count = 0;

	for (; *at && count < MOST_LAUNCH; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");

		if (length > 0)
			args[count++] = arena_text_n(&slot->arena, at, length);
		at += length;
	}
	args[count++] = arena_format(&slot->arena, "%ld", context->ranks);
	return count;
}

/* Program and arguments of the worker (harness/worker.c). */
static const char *const *command_of(struct slot *slot, const struct slot_context *context)
{
	enum { MOST = 14 };
	const struct planned *at = slot->at;
	const char **args = ARENA_ARRAY(&slot->arena, const char *, MOST_LAUNCH + MOST + 1);
	bool launched = context->ranks > 1;
	size_t count = launched ? put_launch(slot, context, args) : 0;

	args[count++] = environment_worker(context->worker_folder,
					   spec_precisions[at->cell->precision], &slot->arena);
	args[count++] = slot->tmp;
	args[count++] = "--commit";
	args[count++] = slot->record;
	args[count++] = at->key;
	args[count++] = at->data_checksum;
	if (!at->record.present) /* the first one stays, should two runs compute it */
		args[count++] = "--keep";
	if (launched) {
		args[count++] = "--ranks";
		args[count++] = arena_format(&slot->arena, "%ld", context->ranks);
	}
	if (context->choose_threads)
		args[count++] = "--choose-threads";
	if (context->time_limit > 0) {
		args[count++] = "--seconds";
		args[count++] = arena_format(&slot->arena, "%.17g", context->time_limit);
	}
	if (at->completes) {
		args[count++] = "--complete";
		args[count] = slot->record;
	}
	return args;
}

static enum status commit(const struct slot *slot, struct err *err)
{
	const struct planned *at = slot->at;
	const struct manifest about = {at->cell->id, at->key, at->data_checksum};

	TRY(manifest_write(slot->tmp, &about, err));
	return folder_commit(slot->tmp, slot->record, !at->record.present, err);
}

enum status slot_start(struct slot *slot, const struct slot_context *context, struct planned *at,
		       struct err *err)
{
	struct job job = {.environment = context->environment,
			  .memory_limit = context->memory_limit,
			  .address_limit = context->address_limit};
	enum status status = make_folder(slot, context, at, err);

	if (status == STATUS_OK && context->inputs)
		status = inputs_write(context->inputs, at->cell, slot->tmp, err);
	if (status == STATUS_OK) {
		job.command = command_of(slot, context);
		job.launched = context->ranks > 1;
		job.folder = slot->tmp;
		slot->deadline =
			isnan(context->time_limit) ? HUGE_VAL : slot->start + context->time_limit;
		status = context->executor->submit(context->state, slot->place, &job, err);
	}
	if (status != STATUS_OK)
		slot_free(slot);
	return status;
}

enum status slot_skip(struct slot *slot, const struct slot_context *context, struct planned *at,
		      struct result *out, struct err *err)
{
	TRY(make_folder(slot, context, at, err));
	TRY(outcome_skip(at->cell, at->refusal, slot->tmp, &slot->arena, out, err));
	return at->completes ? STATUS_OK : commit(slot, err);
}

/* "iteration gap seconds", where a gap that is not known is "nan"; or '!' and its last words. */
void slot_hear(struct slot *slot, const char *line)
{
	double iteration, gap;

	if (line[0] == '!')
		slot->last_words = arena_text(&slot->arena, line + 1);
	else if (sscanf(line, "%lf %lf", &iteration, &gap) == 2) {
		slot->report.iteration = iteration;
		slot->report.gap = gap;
	}
}

static void cancel(struct slot *slot, const struct slot_context *context, enum job_cancel how,
		   double seconds)
{
	context->executor->cancel(context->state, slot->place, how);
	slot->asked = true;
	slot->deadline = progress_now() + seconds;
}

void slot_stop(struct slot *slot, const struct slot_context *context, bool at_once)
{
	cancel(slot, context, at_once ? CANCEL_KILL : CANCEL_DROP, flush_s);
	slot->timed_out = false;
}

void slot_enforce(struct slot *slot, const struct slot_context *context)
{
	if (progress_now() < slot->deadline)
		return;
	slot->timed_out |= !slot->asked;
	cancel(slot, context, slot->asked ? CANCEL_KILL : CANCEL_ASK, context->grace);
}

/* Its folder has become the record. */
static bool has_committed(const struct slot *slot)
{
	return access(slot->tmp, F_OK) != 0 && errno == ENOENT;
}

bool slot_is_complete(const struct slot *slot, const struct job_end *end)
{
	bool by_limit = slot->timed_out || end->over_memory > 0;

	return !slot->asked || by_limit || has_committed(slot) ||
	       (WIFEXITED(end->wait_status) && WEXITSTATUS(end->wait_status) == STATUS_OK);
}

enum status slot_finish(struct slot *slot, const struct slot_context *context,
			const struct job_end *end, struct result *out, struct err *err)
{
	const struct ending ending = {
		.end = *end,
		.timed_out = slot->timed_out,
		.date = slot->date,
		.time_limit = context->time_limit,
		.memory_limit = context->memory_limit,
		.threads = context->threads,
		.ranks = context->ranks,
	};

	if (WIFEXITED(end->wait_status) && WEXITSTATUS(end->wait_status) == RUN_EXIT_RECORD)
		return err_set(err, STATUS_ENV, "%s",
			       slot->last_words ? slot->last_words
						: "a worker cannot write its record");
	if (has_committed(slot))
		return result_read(arena_format(&slot->arena, "%s/result.json", slot->record),
				   &slot->arena, out, err);

	/* of a worker that could not record itself */
	if (slot->at->completes && !outcome_is_good(&ending)) { /* the record stays as it is */
		outcome_describe(slot->at->cell, &ending, slot->tmp, &slot->arena, out);
		return STATUS_OK;
	}
	TRY(outcome_record(slot->at->cell, &ending, slot->tmp, &slot->arena, out, err));
	if (slot->at->completes && !outcome_is_ok(out))
		return STATUS_OK;
	return commit(slot, err);
}

void slot_free(struct slot *slot)
{
	struct err ignored = {0}; /* a leftover is removed by the next run */

	folder_remove(slot->tmp, &ignored);
	arena_release(&slot->arena);
	slot->busy = false;
}
