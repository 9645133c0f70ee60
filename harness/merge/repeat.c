/* A stored cell computed again by its worker, in a temporary folder. */
#include "harness/merge/repeat.h"
#include "harness/executor/environment.h"
#include "harness/executor/executor.h"
#include "harness/file/folder.h"
#include "harness/machine/env.h"
#include "harness/sched/outcome.h"
#include "harness/spec/spec.h"
#include "harness/store/manifest.h"
#include "harness/verify/inputs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct repeated {
	const char *stored; /* the record */
	const char *tmp;    /* where it is repeated */
	const char *start;  /* of the run: paths of data may be relative to it */
	const char *program;
	const struct cellfile_method *method; /* in the place of its own; or NULL */
	const char *to;       /* folder for its data, which is all that is wanted; or NULL */
	struct result result; /* the stored one */
	struct arena *arena;
};

/* Write cell.json, with the paths where its files lie now; the result says which worker and how
 * many threads. */
static enum status prepare(struct repeated *job, const struct repeat_order *order, struct err *err)
{
	struct arena *arena = job->arena;
	const struct inputs_search search = {job->stored, job->start, order->data,
					     !job->to && !job->method};
	const char *path = arena_format(arena, "%s/cell.json", job->stored), *text;
	const char *tmp = getenv("TMPDIR");
	struct cell cell;
	bool moved;
	char *made;

	TRY(manifest_check(job->stored, arena, NULL, NULL, err));
	TRY(result_read(arena_format(arena, "%s/result.json", job->stored), arena, &job->result,
			err));
	TRY(store_read_text(path, arena, &text, err));
	TRY(spec_read_cell(text, path, arena, &cell, err));
	TRY(inputs_find(&search, &cell, arena, &moved, err));
	if (moved)
		text = spec_cell_text(&cell, arena);
	if (job->method)
		text = cellfile_with_method(text, job->method, arena);
	made = arena_format(arena, "%s/relubench.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(made))
		return err_at(err, STATUS_ENV, (struct err_place){made, 0, 0},
			      "cannot make this folder: %s", strerror(errno));
	job->tmp = folder_absolute(made, arena);
	job->program =
		environment_worker(folder_absolute(order->worker_folder, arena),
				   job->result.precision ? job->result.precision : "double", arena);
	if (access(job->program, X_OK) != 0)
		return err_at(err, STATUS_ENV, (struct err_place){job->program, 0, 0},
			      "cannot run the worker program: %s", strerror(errno));
	return store_write_text(arena_format(arena, "%s/cell.json", made), text, err);
}

/* On this machine, wherever its run was. What the log ends with stands for the reason of a worker
 * that left no result, or failed to write its data. */
static enum status run_worker(const struct repeated *job, struct err *err)
{
	const struct executor *local =
		(const struct executor *)(const void *)registry_find(KIND_EXECUTOR, "local");
	const double tick_s = 0.2;
	double threads = job->result.threads;
	const char *const command[] = {job->program, job->tmp, job->to ? "--export" : NULL, job->to,
				       NULL};
	const struct job worker = {.command = command,
				   .environment = environment_of_worker(
					   isnan(threads) ? 1 : (long)threads, job->arena),
				   .folder = job->tmp,
				   .start = job->start,
				   .memory_limit = NAN,
				   .address_limit = NAN};
	struct job_event event = {.line = ""};
	const char *reason;
	void *state;

	TRY(local->open(NULL, 1, -1, job->arena, &state, err));
	TRY(local->submit(state, 0, &worker, err));
	while (!local->wait(state, tick_s, &event) || event.line)
		continue;
	reason = outcome_last_line(job->tmp, job->arena);
	if (job->to ? event.end.wait_status == 0
		    : access(arena_format(job->arena, "%s/result.json", job->tmp), R_OK) == 0)
		return STATUS_OK;
	return err_at(err, STATUS_ENV, (struct err_place){job->stored, 0, 0},
		      "the repeated cell ended without %s: %s", job->to ? "its data" : "a result",
		      reason ? reason : "its log is empty");
}

/* Of a cell of a results folder. */
static enum status start(struct repeated *job, const char *folder, const struct repeat_order *order,
			 struct err *err)
{
	job->start = env_read_folder(arena_format(job->arena, "%s/env.json", folder), job->arena);
	if (job->start && access(job->start, X_OK) != 0)
		job->start = NULL; /* of another machine: absolute paths still work */
	TRY(prepare(job, order, err));
	return run_worker(job, err);
}

enum status repeat_cell(const char *folder, const char *id, const struct repeat_order *order,
			struct arena *arena, struct repeat *out, struct err *err)
{
	struct repeated job = {.stored = arena_format(arena, "%s/cells/%s", folder, id),
			       .arena = arena};
	enum status status = start(&job, folder, order, err);
	struct err ignored = {0}; /* of the clean-up */

	if (status == STATUS_OK)
		status = repeat_compare(job.stored, job.tmp, arena, out, err);
	if (job.tmp)
		folder_remove(job.tmp, &ignored);
	return status;
}

enum status repeat_data(const char *folder, const char *id, const struct repeat_order *order,
			const char *to, struct arena *arena, struct err *err)
{
	struct repeated job = {
		.stored = arena_format(arena, "%s/cells/%s", folder, id), .to = to, .arena = arena};
	enum status status = start(&job, folder, order, err);
	struct err ignored = {0}; /* of the clean-up */

	if (job.tmp)
		folder_remove(job.tmp, &ignored);
	return status;
}

enum status repeat_with(const char *folder, const char *id, struct repeat_order order,
			struct arena *arena, struct result *out, struct err *err)
{
	struct repeated job = {.stored = arena_format(arena, "%s/cells/%s", folder, id),
			       .method = &order.with,
			       .arena = arena};
	const char *network = arena_format(arena, "%s/model.npz", job.stored);
	struct err ignored = {0}; /* of the clean-up */
	enum status status;

	if (access(network, R_OK) == 0)
		order.with.start_file = folder_absolute(network, arena);
	status = start(&job, folder, &order, err);
	if (status == STATUS_OK)
		status = result_read(arena_format(arena, "%s/result.json", job.tmp), arena, out,
				     err);
	if (job.tmp)
		folder_remove(job.tmp, &ignored);
	return status;
}
