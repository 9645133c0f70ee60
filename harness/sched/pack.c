/* Groups of cells, and the file that says which cell is in which. */
#include "harness/sched/pack.h"
#include "harness/file/folder.h"
#include "harness/store/result.h"
#include "solvers/core/index.h"
#include "solvers/core/text.h"

#include <errno.h>
#include <math.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double guessed_flops = 2e9, /* a second, of a method of which nothing is measured */
	start_s = 0.05,                  /* to start a worker and load its data, at least */
	spare = 1.5,                     /* of memory, above the forecast */
	least_task_s = 10;               /* a task is worth starting for */

enum {
	USUAL_TASKS = 50,  /* of work that fits in fewer */
	MOST_TASKS = 1000, /* what Slurm allows in one array unless it is told otherwise */
	STAMP_ROOM = 17,
	CELL_ROOM = 65
};

/* What is measured of one method, or of all. */
struct measured {
	const char *method;
	double seconds, work;
	size_t cells;
};

struct packer {
	const struct plan *plan;
	const struct resource_options *resources;
	const struct pack_order *order;
	struct arena *arena;
	struct pack *out;
	struct measured *measured;
	size_t measured_count;
	long jobs;
	double larger; /* than in the first round */
};

/* --- times --------------------------------------------------------------------------------------
 */

static struct measured *find_measured(struct packer *p, const char *method)
{
	struct measured *at = p->measured;

	while (at < p->measured + p->measured_count && strcmp(at->method, method) != 0)
		at++;
	if (at == p->measured + p->measured_count)
		*at = (struct measured){.method = method}, p->measured_count++;
	return at;
}

static void measure(struct packer *p)
{
	p->measured = ARENA_ARRAY(p->arena, struct measured, p->plan->count + 1);
	for (size_t i = 0; i < p->plan->count; i++) {
		const struct planned *at = &p->plan->at[i];
		struct measured *of;

		if (at->first != i || isnan(at->record.seconds) || !(at->work > 0) ||
		    strcmp(at->record.status, cell_status_names[CELL_OK]) != 0)
			continue;
		of = find_measured(p, at->cell->train.name);
		of->seconds += at->record.seconds;
		of->work += at->work;
		of->cells++;
	}
}

static double seconds_of(struct packer *p, const struct planned *at)
{
	const struct measured *of = find_measured(p, at->cell->train.name);
	double work = at->work > 0 ? at->work : 0; /* NaN: not known */

	p->out->measured += of->cells > 0;
	return start_s + work * (of->cells ? of->seconds / of->work : 1 / guessed_flops);
}

/* --- needs --------------------------------------------------------------------------------------
 */

static bool has_status(const struct planned *at, enum cell_status status)
{
	return at->record.done && at->record.status &&
	       strcmp(at->record.status, cell_status_names[status]) == 0;
}

/* Of a task, for this cell: also above what the record of an earlier try held. */
static double bytes_of(const struct packer *p, const struct planned *at)
{
	double need = spare * at->bytes * p->larger * (double)p->jobs; /* NaN: a record is there */
	double held = at->record.peak * 2 * (double)p->jobs;

	need = fmax(fmax(need, p->order->memory * p->larger), has_status(at, CELL_OOM) ? held : 0);
	return fmin(need, p->order->most_memory);
}

/* Of a cell that the spec's limit has ended: twice what it had, which one that was killed does not
 * say. */
static double limit_of(const struct packer *p, const struct planned *at)
{
	double limit = p->resources->time_limit, had = at->record.seconds;

	had = isnan(had) ? p->larger * limit : fmax(limit, had);
	return fmin(2 * had, p->order->most_seconds);
}

/* What kind of an open cell it is; a limit of the spec is raised only where one is allowed. */
enum open { OPEN_NOT, OPEN_NEW, OPEN_MEMORY, OPEN_OWN_MEMORY, OPEN_TIME };

static enum open open_of(const struct packer *p, const struct planned *at)
{
	const struct pack_order *o = p->order;
	bool own = !isnan(p->resources->memory_limit);

	if (!at->record.done)
		return OPEN_NEW;
	if (has_status(at, CELL_OOM) && !(at->record.peak * (double)p->jobs >= o->most_memory) &&
	    (!own || o->most_memory < HUGE_VAL))
		return own ? OPEN_OWN_MEMORY : OPEN_MEMORY;
	if (has_status(at, CELL_TIMEOUT) && !isnan(o->most_seconds) &&
	    fmax(p->resources->time_limit, at->record.seconds) < o->most_seconds)
		return OPEN_TIME;
	return OPEN_NOT;
}

/* --- groups -------------------------------------------------------------------------------------
 */

/* Powers of two above a unit. */
static int class_of(double value, double unit)
{
	return value > unit ? (int)ceil(log2(value / unit)) : 0;
}

struct group_key {
	int memory, time, kind;
};

static size_t find_group(struct packer *p, struct group_key *keys, struct group_key key)
{
	size_t g = 0;

	while (g < p->out->count && memcmp(&keys[g], &key, sizeof key) != 0)
		g++;
	if (g < p->out->count)
		return g;
	keys[g] = key;
	p->out->group[g] =
		(struct pack_group){.minutes = p->order->minutes * p->larger * ldexp(1, key.time),
				    .cell_seconds = NAN,
				    .own_memory = key.kind == OPEN_OWN_MEMORY};
	p->out->count++;
	return g;
}

static void add(struct packer *p, size_t i, enum open kind, struct group_key *keys)
{
	const double minute = 60, half = 2; /* of its limit, a task has for its longest cell */
	const struct planned *at = &p->plan->at[i];
	double seconds = kind == OPEN_TIME ? limit_of(p, at) : seconds_of(p, at);
	double bytes = bytes_of(p, at), limit = p->order->minutes * p->larger * minute;
	struct group_key key = {class_of(bytes, p->order->memory), class_of(half * seconds, limit),
				kind == OPEN_MEMORY ? OPEN_NEW : (int)kind};
	size_t g = find_group(p, keys, key);
	struct pack_group *group = &p->out->group[g];

	group->cells++;
	group->seconds += seconds;
	group->bytes = fmax(group->bytes, bytes);
	group->cell_bytes = group->bytes / (double)p->jobs;
	if (kind == OPEN_TIME)
		group->cell_seconds =
			fmax(seconds, isnan(group->cell_seconds) ? 0 : group->cell_seconds);
	p->out->of[i] = g + 1;
	p->out->seconds[i] = seconds;
	p->out->cells++;
	p->out->again += kind != OPEN_NEW;
}

/* The tasks of all groups, by their share of the time: each has one, and none more than cells. */
static void share_tasks(struct packer *p)
{
	const double minute = 60, half = 2;
	double all = 0, tasks, least = 1;

	for (size_t g = 0; g < p->out->count; g++) {
		const struct pack_group *group = &p->out->group[g];

		all += group->seconds;
		least = fmax(least, half * group->seconds / (group->minutes * minute));
	}
	tasks = fmin(fmax(fmin(ceil(all / least_task_s), USUAL_TASKS), ceil(least)), MOST_TASKS);
	if (p->order->workers)
		tasks = (double)p->order->workers;
	for (size_t g = 0; g < p->out->count; g++) {
		struct pack_group *group = &p->out->group[g];
		double share = rint(tasks * group->seconds / all);

		group->tasks = (size_t)fmin(fmax(share, 1), (double)group->cells);
	}
}

void pack_plan(const struct plan *plan, const struct resource_options *resources,
	       const struct pack_order *order, struct arena *arena, struct pack *out)
{
	struct packer p = {.plan = plan,
			   .resources = resources,
			   .order = order,
			   .arena = arena,
			   .out = out,
			   .jobs = resources->jobs > 0 ? resources->jobs : 1,
			   .larger = ldexp(1, (int)order->round - 1)};
	struct group_key *keys = ARENA_ARRAY(arena, struct group_key, plan->count);

	*out = (struct pack){.group = ARENA_ARRAY(arena, struct pack_group, plan->count),
			     .of = ARENA_ARRAY(arena, size_t, plan->count),
			     .seconds = ARENA_ARRAY(arena, double, plan->count)};
	measure(&p);
	for (size_t i = 0; i < plan->count; i++) {
		const struct planned *at = &plan->at[i];
		enum open kind = open_of(&p, at);

		if (at->left_out || at->first != i)
			continue;
		if (kind != OPEN_NOT)
			add(&p, i, kind, keys);
		else
			out->given_up += has_status(at, CELL_OOM) || has_status(at, CELL_TIMEOUT);
	}
	share_tasks(&p);
}

/* --- the file -----------------------------------------------------------------------------------
 */

/* The start of the hash of a record's list of files; "-": there is none. */
static void stamp_of(const char *folder, const char *cell, char stamp[STAMP_ROOM])
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	struct arena arena = {0};

	if (!SHA256File(arena_format(&arena, "%s/cells/%s/record.json", folder, cell), hex))
		strcpy(hex, "-");
	snprintf(stamp, STAMP_ROOM, "%.*s", STAMP_ROOM - 1, hex);
	arena_release(&arena);
}

enum status pack_write(const struct plan *plan, const struct pack *pack, const char *path,
		       struct err *err)
{
	struct arena arena = {0};
	struct text out = text_new(&arena);
	enum status status;

	for (size_t i = 0; i < plan->count; i++) {
		const struct planned *at = &plan->at[i];
		char stamp[STAMP_ROOM] = "-";

		if (!pack->of[i])
			continue;
		if (at->record.done)
			stamp_of(plan->folder, at->cell->id, stamp);
		text_format(&out, "%s %zu %s\n", at->cell->id, pack->of[i], stamp);
	}
	status = store_write_text(path, out.at, err);
	arena_release(&arena);
	return status;
}

/* One line of the file; the first cell of the plan with its id stands for all. */
static void take_line(struct plan *plan, const struct index *ids, const char *line, long group)
{
	char cell[CELL_ROOM], stamp[STAMP_ROOM], now[STAMP_ROOM] = "-";
	struct planned *at;
	ptrdiff_t place;
	long of;

	if (sscanf(line, "%64s %ld %16s", cell, &of, stamp) != 3)
		return;
	place = index_find(ids, cell);
	if (place == INDEX_NONE)
		return;
	at = &plan->at[plan->at[place].first];
	if (strcmp(stamp, "-") != 0)
		stamp_of(plan->folder, cell, now);
	at->elsewhere = of != group;
	at->again = strcmp(now, "-") != 0 && strcmp(stamp, now) == 0;
}

enum status pack_read(struct plan *plan, const char *path, long group, struct err *err)
{
	struct arena arena = {0};
	struct index ids = index_new(plan->count, &arena);
	const char *text;
	enum status status = store_read_text(path, &arena, &text, err);

	for (size_t i = 0; i < plan->count; i++)
		index_place(&ids, plan->at[i].cell->id, i);
	for (const char *line = status == STATUS_OK ? text : ""; *line;
	     line += strcspn(line, "\n"), line += *line == '\n')
		take_line(plan, &ids, line, group);
	for (size_t i = 0; i < plan->count; i++) {
		struct planned *at = &plan->at[i];

		at->left_out |= plan->at[at->first].elsewhere;
		at->again = plan->at[at->first].again;
	}
	arena_release(&arena);
	return status;
}
