/* The pool: one job per missing cell, up to `jobs` at once, at an executor.
 *
 * Signals arrive through a signalfd, which wakes the executor, so the loop below has one place to
 * wait in: SIGCHLD only wakes it, SIGINT, SIGTERM and SIGHUP stop the run (the second one kills at
 * once). */
#include "harness/sched/pool.h"
#include "harness/executor/environment.h"
#include "harness/sched/alone.h"
#include "harness/sched/asked.h"
#include "harness/sched/forecast.h"
#include "harness/sched/outcome.h"
#include "harness/sched/slot.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Deadlines and the updating line are looked at this often. */
static const double tick_s = 0.2;

struct pool {
	struct plan *plan;
	const struct sched_options *options;
	struct sched_summary *summary;
	struct layout layout;
	struct slot_context context;
	struct inputs inputs; /* checksums of what the cells read */
	struct alone alone;
	struct progress_display display;
	struct slot *slots;
	size_t slot_count, running;
	size_t next;   /* first planned cell not yet looked at */
	bool stopping; /* start nothing more */
	bool waiting;  /* for the machine */
	int signals;
	struct arena arena;
};

static bool is_not_ok(const struct planned *at)
{
	return at->record.status && strcmp(at->record.status, cell_status_names[CELL_OK]) != 0;
}

/* Whether it is computed, from the start or on its record (at->completes). */
static bool is_wanted(const struct pool *pool, struct planned *at)
{
	const struct sched_options *o = pool->options;
	bool anew = !at->passed && (o->force || (o->retime && at->record.disturbed));

	if (at->left_out || at->shared)
		return false;
	at->completes = at->record.trained && !anew;
	return !at->record.done || anew || (!at->passed && o->retry_failed && is_not_ok(at));
}

static void count_result(struct pool *pool, const struct slot *slot, const struct result *result)
{
	struct planned *at = slot->at;
	const struct cell *cell = at->cell;
	bool ok = strcmp(result->status, cell_status_names[CELL_OK]) == 0;
	bool bad = outcome_is_bad(result);
	struct arena arena = {0};
	const char *swept = sched_swept(cell, " ", &arena);
	size_t status = 0;

	while (strcmp(cell_status_names[status], result->status) != 0)
		status++;                                        /* the plan outlives the result */
	for (size_t i = at->first; i < pool->plan->count; i++) { /* all that share the record */
		struct planned *same = &pool->plan->at[i];

		if (same->first != at->first || (at->completes && !ok)) /* it is as it was */
			continue;
		same->record.done = true;
		same->record.status = cell_status_names[status];
		same->record.lacks = 0;
	}
	pool->summary->computed += !at->completes;
	pool->summary->completed += at->completes && ok;
	pool->summary->not_ok += bad;
	pool->stopping |= pool->options->fail_fast && bad;
	progress_finished(&pool->display,
			  arena_format(&arena, "%s %s%s%s #%s%s", cell->data.name, cell->train.name,
				       *swept ? " " : "", swept, spec_draw(cell, &arena),
				       at->completes ? " completed" : ""),
			  result, progress_now() - slot->start);
	arena_release(&arena);
}

static enum status start_one(struct pool *pool, struct slot *slot, struct err *err)
{
	struct planned *at = &pool->plan->at[pool->next++];
	struct result result;
	enum status status;

	if (!is_wanted(pool, at))
		return STATUS_OK;
	if (!at->refusal) {
		TRY(slot_start(slot, &pool->context, at, err));
		pool->running++;
		return STATUS_OK;
	}
	status = slot_skip(slot, &pool->context, at, &result, err);
	if (status == STATUS_OK)
		count_result(pool, slot, &result);
	slot_free(slot);
	return status;
}

/* As far as no other run has to be waited for, which is said once. */
static enum status fill_slots(struct pool *pool, struct err *err)
{
	if (pool->running == 0)
		alone_rest(&pool->alone);
	for (size_t i = 0; i < pool->slot_count; i++)
		while (!pool->slots[i].busy && !pool->stopping && pool->next < pool->plan->count) {
			bool waited = pool->waiting;

			pool->waiting = is_wanted(pool, &pool->plan->at[pool->next]) &&
					!alone_may_start(&pool->alone);
			if (pool->waiting && !waited)
				progress_say(
					&pool->display,
					pool->alone.exclusive
						? "timing: exclusive: waiting for other runs"
						: "waiting for a run that has timing: exclusive");
			if (pool->waiting)
				return STATUS_OK;
			TRY(start_one(pool, &pool->slots[i], err));
		}
	return STATUS_OK;
}

static void stop_all(struct pool *pool, bool at_once)
{
	for (size_t i = 0; i < pool->slot_count; i++)
		if (pool->slots[i].busy)
			slot_stop(&pool->slots[i], &pool->context, at_once);
	pool->stopping = true;
}

static void take_signals(struct pool *pool)
{
	struct signalfd_siginfo info;

	while (read(pool->signals, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		stop_all(pool, pool->summary->interrupted);
		if (!pool->summary->interrupted)
			progress_say(&pool->display,
				     "stopping; finished cells are kept (again to kill at once)");
		pool->summary->interrupted = true;
	}
}

/* What happens within a moment, and what is due then. The record of a cell that was told to stop is
 * dropped: nothing ran to its end. */
static enum status look_after(struct pool *pool, struct err *err)
{
	const struct slot_context *context = &pool->context;
	const struct progress_report *current = NULL;
	double seconds = tick_s;
	enum status status = STATUS_OK;
	struct job_event event;

	for (size_t i = 0; i < pool->slot_count && !current; i++)
		if (pool->slots[i].busy)
			current = &pool->slots[i].report;
	progress_draw(&pool->display, current, pool->running);
	for (; context->executor->wait(context->state, seconds, &event); seconds = 0) {
		struct slot *slot = &pool->slots[event.place];
		struct result result;

		take_signals(pool);
		if (event.line) {
			slot_hear(slot, event.line);
			continue;
		}
		pool->running--;
		if (slot_is_complete(slot, &event.end)) {
			enum status one = slot_finish(slot, context, &event.end, &result, err);

			if (one == STATUS_OK)
				count_result(pool, slot, &result);
			status = status == STATUS_OK ? one : status;
		}
		slot_free(slot);
	}
	take_signals(pool);
	for (size_t i = 0; i < pool->slot_count; i++)
		if (pool->slots[i].busy)
			slot_enforce(&pool->slots[i], context);
	return status;
}

/* A failure of the pool itself (disk full, no more processes) stops everything. */
static enum status run_pool(struct pool *pool, struct err *err)
{
	enum status status = fill_slots(pool, err);

	while (pool->running > 0 || (pool->waiting && !pool->stopping && status == STATUS_OK)) {
		enum status one;

		if (status != STATUS_OK)
			stop_all(pool, true);
		one = look_after(pool, err);
		status = status == STATUS_OK ? one : status;
		if (status == STATUS_OK)
			status = fill_slots(pool, err);
	}
	return status;
}

static struct asked_tally count_wanted(const struct pool *pool)
{
	struct asked_tally tally = {.more = pool->plan->most - pool->plan->count};

	for (size_t i = 0; i < pool->plan->count; i++) {
		struct planned *at = &pool->plan->at[i];

		if (at->left_out)
			continue;
		tally.cells++;
		if (is_wanted(pool, at)) {
			tally.train += !at->completes;
			tally.complete += at->completes;
			tally.lacks |= at->completes ? at->record.lacks : 0;
		} else if (at->shared) {
			tally.shared++;
		} else {
			tally.done++;
			pool->summary->not_ok += is_not_ok(at);
		}
	}
	pool->summary->reused = tally.done;
	return tally;
}

static void set_up(struct pool *pool, const struct resource_options *resources)
{
	/* glibc reserves address space per thread, and so does OpenBLAS, without touching it */
	const double reserved = 1024.0 * 1024 * 1024, reserved_per_thread = reserved / 4;
	const double least_grace = 2, grace_share = 0.2;
	bool exclusive = resources->timing == TIMING_EXCLUSIVE;
	long jobs = pool->options->jobs, threads = pool->options->threads;
	bool choose;

	jobs = jobs > 0 ? jobs : resources->jobs;
	threads = threads > 0 ? threads : resources->threads;
	choose = threads <= 0;
	forecast_share_ranks(exclusive, resources->ranks, &jobs, &threads);
	pool->alone = alone_open(exclusive);
	if (exclusive && pool->alone.none)
		fprintf(stderr, "timing: exclusive: no locks (%s): other runs are not kept away\n",
			pool->alone.none);
	pool->slot_count = (size_t)jobs;
	pool->slots = ARENA_ARRAY(&pool->arena, struct slot, jobs);
	for (size_t i = 0; i < pool->slot_count; i++)
		pool->slots[i].place = i;
	pool->context = (struct slot_context){
		.layout = &pool->layout,
		.executor = (const struct executor *)(const void *)resources->executor.item,
		.worker_folder = pool->options->worker_folder,
		.environment = environment_of_worker(threads, &pool->arena),
		.choose_threads = choose,
		.time_limit = resources->time_limit,
		.grace = isnan(resources->grace)
				 ? fmax(least_grace, grace_share * resources->time_limit)
				 : resources->grace,
		.memory_limit = resources->memory_limit,
		.address_limit = resources->memory_limit + reserved +
				 reserved_per_thread * (double)threads, /* NaN stays NaN */
		.threads = (double)threads,
		.ranks = resources->ranks,
		.launch = resources->launch,
		.inputs = &pool->inputs,
	};
}

static enum status open_signals(struct pool *pool, sigset_t *before, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, before);
	pool->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (pool->signals >= 0)
		return STATUS_OK;
	sigprocmask(SIG_SETMASK, before, NULL);
	return err_set(err, STATUS_ENV, "cannot receive signals: %s", strerror(errno));
}

static void announce(struct pool *pool, const struct asked_tally *tally)
{
	long threads = (long)pool->context.threads;
	struct arena arena = {0};

	progress_say(&pool->display, arena_format(&arena, "%s, %zu at once with %ld thread%s",
						  asked_text(tally, &arena), pool->slot_count,
						  threads, threads == 1 ? "" : "s"));
	if (tally->train && asked_count_outdated(pool->layout.folder))
		progress_say(&pool->display,
			     arena_format(&arena,
					  "%zu records are of an earlier version, whose ids were "
					  "made in another way: their cells are computed anew",
					  asked_count_outdated(pool->layout.folder)));
	arena_release(&arena);
}

static enum status run_locked(struct pool *pool, const struct experiment *experiment,
			      struct err *err)
{
	const struct env_workers workers = {
		(long)pool->slot_count,       (long)pool->context.threads,
		pool->context.time_limit,     pool->context.memory_limit,
		pool->context.choose_threads, pool->context.environment};
	struct slot_context *context = &pool->context;
	struct asked_tally tally;
	sigset_t before;
	enum status status;

	asked_mark_shared(pool->plan, &pool->arena);
	tally = count_wanted(pool);
	TRY(layout_write_origin(&pool->layout, experiment, pool->options->sets, &workers, err));
	TRY(layout_write_plan(&pool->layout, pool->plan, err));
	TRY(open_signals(pool, &before, err));
	progress_start(&pool->display, tally.train + tally.complete, pool->options->quiet,
		       pool->options->color);
	announce(pool, &tally);
	status = context->executor->open(experiment->resources.executor.options, pool->slot_count,
					 pool->signals, &pool->arena, &context->state, err);
	if (status == STATUS_OK) {
		status = run_pool(pool, err);
		if (context->executor->close)
			context->executor->close(context->state);
	}
	progress_end(&pool->display);
	pool->summary->seconds = progress_now() - pool->display.start;
	close(pool->signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (status == STATUS_OK)
		status = layout_write_plan(&pool->layout, pool->plan, err);
	return status;
}

enum status sched_run(const struct experiment *experiment, struct plan *plan,
		      const struct sched_options *options, struct sched_summary *out,
		      struct err *err)
{
	struct pool pool = {.plan = plan, .options = options, .summary = out};
	enum status status = STATUS_OK;

	*out = (struct sched_summary){0};
	set_up(&pool, &experiment->resources);
	for (size_t i = 0; i < plan->count && status == STATUS_OK; i++) {
		const char *path =
			arena_format(&pool.arena, "%s/relubench-worker-%s", options->worker_folder,
				     spec_precisions[plan->at[i].cell->precision]);

		if (access(path, X_OK) != 0)
			status = err_at(err, STATUS_ENV, (struct err_place){path, 0, 0},
					"cannot run the worker program: %s", strerror(errno));
	}
	if (status == STATUS_OK)
		status = layout_open(&pool.layout, plan->folder, options->shard, &pool.arena, err);
	if (status == STATUS_OK) {
		status = run_locked(&pool, experiment, err);
		layout_close(&pool.layout);
	}
	alone_close(&pool.alone);
	arena_release(&pool.inputs.arena);
	arena_release(&pool.arena);
	return status;
}
