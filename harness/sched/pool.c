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
#include "harness/share/share.h"
#include "harness/store/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
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
	size_t *order;          /* of the plan, in which it is looked at */
	size_t next;            /* in that order, the first not yet looked at */
	bool *settled;          /* by place in the plan: nothing is to be done any more */
	struct stat *before;    /* with claims: the records when the run began */
	struct leases leases;   /* with claims */
	size_t held;            /* cells that others had claimed when they were looked at */
	double renewed, looked; /* progress_now(), when claims were */
	bool stopping;          /* start nothing more */
	bool waiting;           /* for the machine */
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
	bool anew = !at->passed && (o->force || at->again || (o->retime && at->record.disturbed));

	if (at->left_out || at->shared)
		return false;
	at->completes = at->record.trained && !anew;
	return !at->record.done || anew || (!at->passed && o->retry_failed && is_not_ok(at));
}

/* Of a record that is there now: all cells that share it. */
static void note_done(struct pool *pool, struct planned *at, const char *name)
{
	size_t status = 0;

	while (strcmp(cell_status_names[status], name) != 0)
		status++; /* the plan outlives the name */
	for (size_t i = at->first; i < pool->plan->count; i++) {
		struct planned *same = &pool->plan->at[i];

		if (same->first != at->first)
			continue;
		same->record.done = true;
		same->record.status = cell_status_names[status];
		same->record.lacks = 0;
	}
}

static void count_result(struct pool *pool, const struct slot *slot, const struct result *result)
{
	struct planned *at = slot->at;
	const struct cell *cell = at->cell;
	bool ok = strcmp(result->status, cell_status_names[CELL_OK]) == 0;
	bool bad = outcome_is_bad(result);
	struct arena arena = {0};
	const char *swept = sched_swept(cell, " ", &arena);

	if (!at->completes || ok)
		note_done(pool, at, result->status);
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

/* A record that another process has made since this run began: the cell is as good as reused. */
static enum status take_note(struct pool *pool, struct planned *at, bool *is_there, struct err *err)
{
	struct arena arena = {0};
	const char *path = arena_format(&arena, "%s/%s", pool->layout.cells, at->cell->id);
	const struct stat *before = &pool->before[at - pool->plan->at];
	int folder = open(pool->layout.cells, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status status = STATUS_OK;
	struct kept kept = {0};
	struct stat now;

	if (folder >= 0) /* so that NFS asks the server what is in it */
		close(folder);
	*is_there = stat(path, &now) == 0 &&
		    (now.st_ino != before->st_ino || now.st_ctim.tv_sec != before->st_ctim.tv_sec ||
		     now.st_ctim.tv_nsec != before->st_ctim.tv_nsec);
	if (*is_there)
		status = kept_read(path, &arena, &kept, err);
	*is_there &= status == STATUS_OK && !kept.damage && kept.result.status;
	if (*is_there) {
		note_done(pool, at, kept.result.status);
		pool->summary->reused++;
		pool->summary->not_ok += outcome_is_bad(&kept.result);
		pool->display.total--;
	}
	arena_release(&arena);
	return status;
}

/* Whether the cell is for this run to compute now: without claims each is. */
static enum status claim(struct pool *pool, struct planned *at, bool *mine, struct err *err)
{
	const char *id = at->cell->id;
	bool is_there;

	*mine = true;
	if (!pool->options->shard.claims)
		return STATUS_OK;
	TRY(take_note(pool, at, &is_there, err));
	pool->settled[at - pool->plan->at] = is_there;
	*mine = false;
	if (is_there)
		return STATUS_OK;
	TRY(lease_take(&pool->leases, id, mine, err));
	pool->held += !*mine;
	if (!*mine)
		return STATUS_OK;
	TRY(take_note(pool, at, &is_there, err)); /* between the two */
	*mine = !is_there;
	if (is_there)
		lease_free(&pool->leases, id);
	pool->settled[at - pool->plan->at] = is_there;
	return STATUS_OK;
}

static void give_back(const struct pool *pool, const struct planned *at)
{
	if (pool->options->shard.claims)
		lease_free(&pool->leases, at->cell->id);
}

static struct planned *next_cell(const struct pool *pool)
{
	return &pool->plan->at[pool->order[pool->next]];
}

static bool is_open(const struct pool *pool, struct planned *at)
{
	return !pool->settled[at - pool->plan->at] && is_wanted(pool, at);
}

static enum status start_one(struct pool *pool, struct slot *slot, struct err *err)
{
	struct planned *at = next_cell(pool);
	struct result result;
	enum status status;
	bool mine;

	pool->next++;
	if (!is_open(pool, at))
		return STATUS_OK;
	TRY(claim(pool, at, &mine, err));
	if (!mine)
		return STATUS_OK;
	pool->settled[at - pool->plan->at] = true;
	if (!at->refusal) {
		TRY(slot_start(slot, &pool->context, at, err));
		pool->running++;
		return STATUS_OK;
	}
	status = slot_skip(slot, &pool->context, at, &result, err);
	if (status == STATUS_OK)
		count_result(pool, slot, &result);
	give_back(pool, at);
	slot_free(slot);
	return status;
}

/* Renew claims, and look again at what others had claimed. */
static void look_after_claims(struct pool *pool)
{
	const double renewals = 4, looks = 60, now = progress_now();

	if (!pool->options->shard.claims)
		return;
	if (now - pool->renewed > pool->options->lease / renewals) {
		leases_renew(&pool->leases);
		for (size_t i = 0; i < pool->slot_count; i++) {
			const struct slot *slot = &pool->slots[i];

			if (slot->busy && !lease_renew(&pool->leases, slot->at->cell->id))
				progress_say(&pool->display,
					     "a claim was taken over: the first record will stay");
		}
		pool->renewed = now;
	}
	if (pool->held && pool->next == pool->plan->count &&
	    now - pool->looked > pool->options->lease / looks) {
		pool->looked = now;
		pool->held = 0;
		pool->next = 0;
	}
}

/* As far as no other run has to be waited for, which is said once. */
static enum status fill_slots(struct pool *pool, struct err *err)
{
	if (pool->running == 0)
		alone_rest(&pool->alone);
	for (size_t i = 0; i < pool->slot_count; i++)
		while (!pool->slots[i].busy && !pool->stopping && pool->next < pool->plan->count) {
			bool waited = pool->waiting;

			pool->waiting =
				is_open(pool, next_cell(pool)) && !alone_may_start(&pool->alone);
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
		give_back(pool, slot->at);
		slot_free(slot);
	}
	take_signals(pool);
	look_after_claims(pool);
	for (size_t i = 0; i < pool->slot_count; i++)
		if (pool->slots[i].busy)
			slot_enforce(&pool->slots[i], context);
	return status;
}

/* A failure of the pool itself (disk full, no more processes) stops everything. */
static enum status run_pool(struct pool *pool, struct err *err)
{
	enum status status = fill_slots(pool, err);

	while (pool->running > 0 ||
	       ((pool->waiting || pool->held) && !pool->stopping && status == STATUS_OK)) {
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
		.memory_limit = isnan(resources->memory_limit) && pool->options->cell_memory > 0
					? pool->options->cell_memory
					: resources->memory_limit,
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

/* As in the plan; with claims the largest first, and last what this machine cannot compute. */
static enum status set_order(struct pool *pool, struct err *err)
{
	const struct plan *plan = pool->plan;
	double *load = ARENA_ARRAY(&pool->arena, double, plan->count);

	pool->order = ARENA_ARRAY(&pool->arena, size_t, plan->count);
	pool->settled = ARENA_ARRAY(&pool->arena, bool, plan->count);
	if (pool->options->shard.claims) {
		pool->before = ARENA_ARRAY(&pool->arena, struct stat, plan->count);
		for (size_t i = 0; i < plan->count; i++) {
			const struct planned *at = &plan->at[i];
			const char *path = arena_format(&pool->arena, "%s/%s", pool->layout.cells,
							at->cell->id);

			load[i] = at->refusal ? -1 : isnan(at->work) ? 0 : at->work;
			if (at->record.present && stat(path, &pool->before[i]) != 0)
				pool->before[i] = (struct stat){0};
		}
		TRY(leases_open(&pool->leases, pool->layout.folder, pool->layout.tmp,
				pool->options->lease, &pool->arena, err));
	}
	balance_order(load, plan->count, pool->order);
	return STATUS_OK;
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
	TRY(set_order(pool, err));
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
		const char *path = environment_worker(options->worker_folder,
						      spec_precisions[plan->at[i].cell->precision],
						      &pool.arena);

		if (access(path, X_OK) != 0)
			status = err_at(err, STATUS_ENV, (struct err_place){path, 0, 0},
					"cannot run the worker program: %s", strerror(errno));
	}
	if (status == STATUS_OK)
		status = layout_open(&pool.layout, plan->folder, options->shard, &pool.arena, err);
	if (status == STATUS_OK) {
		status = run_locked(&pool, experiment, err);
		if (pool.options->shard.claims && pool.leases.folder)
			leases_close(&pool.leases);
		layout_close(&pool.layout);
	}
	alone_close(&pool.alone);
	arena_release(&pool.inputs.arena);
	arena_release(&pool.arena);
	return status;
}
