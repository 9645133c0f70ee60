/* One running cell. */
#include "harness/sched/slot.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/run/run.h"
#include "harness/run/timing.h"
#include "harness/sched/complete.h"
#include "harness/sched/outcome.h"
#include "harness/store/manifest.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between SIGINT and SIGKILL: time to flush a log. */
static const double flush_s = 5;

/* Processes killed by the kernel for lack of memory since boot; 0 if it does not say. */
static double kernel_kills(void)
{
	static const char key[] = "oom_kill ";
	FILE *file = fopen("/proc/vmstat", "re");
	char line[128];
	double count = 0;

	if (!file)
		return 0;
	while (fgets(line, sizeof line, file))
		if (strncmp(line, key, sizeof key - 1) == 0)
			count = strtod(line + sizeof key - 1, NULL);
	fclose(file);
	return count;
}

static enum status write_cell(const char *path, const char *text, struct err *err)
{
	FILE *file = io_create(path);

	if (file)
		fputs(text, file);
	return file && io_close(file) ? STATUS_OK : io_error(err, path, "write");
}

static enum status make_folder(struct slot *slot, const struct slot_context *context,
			       struct planned *at, struct err *err)
{
	const struct cell *cell = at->cell;

	*slot = (struct slot){.busy = true, .at = at, .report = {cell, NAN, NAN}};
	slot->child.progress = -1;
	slot->start = progress_now();
	slot->date = timing_date(&slot->arena);
	slot->tmp = arena_format(&slot->arena, "%s/%s.%ld", context->layout->tmp, cell->id,
				 (long)getpid());
	TRY(folder_make(slot->tmp, err));
	TRY(write_cell(arena_format(&slot->arena, "%s/cell.json", slot->tmp), cell->text, err));
	slot->record = arena_format(&slot->arena, "%s/%s", context->layout->cells, cell->id);
	return at->completes ? complete_take_over(slot->record, slot->tmp, err) : STATUS_OK;
}

enum status slot_start(struct slot *slot, const struct slot_context *context, struct planned *at,
		       struct err *err)
{
	struct child_order order = {.environment = context->environment,
				    .address_limit = context->address_limit,
				    .choose_threads = context->choose_threads};
	enum status status = make_folder(slot, context, at, err);

	if (status == STATUS_OK && context->inputs)
		status = inputs_write(context->inputs, at->cell, slot->tmp, err);
	order.folder = slot->tmp;
	order.record = at->completes ? slot->record : NULL;
	order.program = arena_format(&slot->arena, "%s/relubench-worker-%s", context->worker_folder,
				     spec_precisions[at->cell->precision]);
	slot->kernel_kills = kernel_kills();
	slot->deadline = isnan(context->time_limit) ? HUGE_VAL : slot->start + context->time_limit;
	if (status == STATUS_OK)
		status = child_start(&order, &slot->child, err);
	if (status != STATUS_OK)
		slot_free(slot);
	return status;
}

static enum status commit(const struct slot *slot, struct err *err)
{
	const struct planned *at = slot->at;
	const struct manifest about = {
		.cell = at->cell->id, .key = at->key, .data = at->data_checksum};

	TRY(manifest_write(slot->tmp, &about, err));
	return folder_commit(slot->tmp, slot->record, !at->present, err);
}

enum status slot_skip(struct slot *slot, const struct slot_context *context, struct planned *at,
		      struct result *out, struct err *err)
{
	TRY(make_folder(slot, context, at, err));
	TRY(outcome_skip(at->cell, at->refusal, slot->tmp, &slot->arena, out, err));
	return at->completes ? STATUS_OK : commit(slot, err);
}

/* "iteration gap seconds", where a gap that is not known is "nan"; or '!' and its last words. */
static void take_line(struct slot *slot)
{
	double iteration, gap;

	if (slot->line[0] == '!')
		slot->last_words = arena_text(&slot->arena, slot->line + 1);
	else if (sscanf(slot->line, "%lf %lf", &iteration, &gap) == 2) {
		slot->report.iteration = iteration;
		slot->report.gap = gap;
	}
}

static void take_byte(struct slot *slot, char byte)
{
	if (byte == '\n') {
		slot->line[slot->line_used] = '\0';
		take_line(slot);
		slot->line_used = 0;
	} else if (slot->line_used + 1 < sizeof slot->line) {
		slot->line[slot->line_used++] = byte;
	}
}

void slot_read(struct slot *slot)
{
	char bytes[4096];
	ssize_t got;

	if (slot->child.progress < 0)
		return;
	got = read(slot->child.progress, bytes, sizeof bytes);
	for (ssize_t i = 0; i < got; i++)
		take_byte(slot, bytes[i]);
	if (got == 0) { /* closed: the worker is about to end */
		close(slot->child.progress);
		slot->child.progress = -1;
	}
}

static void signal_worker(struct slot *slot, int number, double seconds)
{
	kill(-slot->child.pid, number);
	slot->asked = true;
	slot->deadline = progress_now() + seconds;
}

void slot_stop(struct slot *slot, bool at_once)
{
	signal_worker(slot, at_once ? SIGKILL : SIGINT, flush_s);
	slot->timed_out = false;
}

/* Resident memory of the worker in bytes, 0 if it is not known. */
static double resident_bytes(const struct slot *slot)
{
	unsigned long pages = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof path, "/proc/%ld/statm", (long)slot->child.pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

void slot_enforce(struct slot *slot, const struct slot_context *context)
{
	double bytes = isnan(context->memory_limit) ? 0 : resident_bytes(slot);

	if (bytes > context->memory_limit && slot->over_memory == 0) {
		slot->over_memory = bytes;
		signal_worker(slot, SIGKILL, flush_s);
	}
	if (progress_now() < slot->deadline)
		return;
	slot->timed_out |= !slot->asked;
	signal_worker(slot, slot->asked ? SIGKILL : SIGTERM, context->grace);
}

bool slot_ended(struct slot *slot, int *wait_status, double *peak_bytes)
{
	const double kib = 1024.0;
	struct rusage usage;

	if (wait4(slot->child.pid, wait_status, WNOHANG, &usage) != slot->child.pid)
		return false;
	*peak_bytes = (double)usage.ru_maxrss * kib;
	slot_read(slot); /* what it said last */
	return true;
}

bool slot_is_complete(const struct slot *slot, int wait_status)
{
	bool by_limit = slot->timed_out || slot->over_memory > 0;

	return !slot->asked || by_limit ||
	       (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == STATUS_OK);
}

enum status slot_finish(struct slot *slot, const struct slot_context *context, int wait_status,
			double peak_bytes, struct result *out, struct err *err)
{
	struct ending ending = {
		.wait_status = wait_status,
		.timed_out = slot->timed_out,
		.date = slot->date,
		.kernel_oom = kernel_kills() > slot->kernel_kills,
		.time_limit = context->time_limit,
		.over_memory = slot->over_memory,
		.memory_limit = context->memory_limit,
		.peak_bytes = peak_bytes,
		.threads = context->threads,
	};

	if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == RUN_EXIT_RECORD)
		return err_set(err, STATUS_ENV, "%s",
			       slot->last_words ? slot->last_words
						: "a worker cannot write its record");
	if (slot->at->completes && !outcome_is_good(&ending)) { /* the record stays as it is */
		outcome_describe(slot->at->cell, &ending, slot->tmp, &slot->arena, out);
		return STATUS_OK;
	}
	TRY(outcome_record(slot->at->cell, &ending, slot->tmp, &slot->arena, out, err));
	if (slot->at->completes && strcmp(out->status, cell_status_names[CELL_OK]) != 0)
		return STATUS_OK;
	return commit(slot, err);
}

void slot_free(struct slot *slot)
{
	struct err ignored = {0}; /* a leftover is removed by the next run */

	if (slot->child.progress >= 0)
		close(slot->child.progress);
	folder_remove(slot->tmp, &ignored);
	arena_release(&slot->arena);
	slot->busy = false;
}
