/* Which cells an experiment has, which are done, and what the others will need.
 *
 * The id of a cell is the start of a SHA-256 over the canonical text of its training and the
 * checksums of the files it reads: changing an option of the training or a byte of the data makes
 * another cell, a name, an attack or a certificate does not. The paths of these files are left out
 * of the text, so that a cell keeps its id where the data lies elsewhere. */
#include "harness/sched/plan.h"
#include "harness/file/filekind.h"
#include "harness/file/gzfile.h"
#include "harness/sched/asked.h"
#include "harness/sched/forecast.h"
#include "harness/share/share.h"
#include "solvers/core/index.h"
#include "solvers/core/text.h"

#include <errno.h>
#include <math.h>
#include <omp.h>
#include <sha256.h>
#include <string.h>

/* What starting a worker and loading its data costs at least: 0.05 s at 2 Gflop/s. */
static const double start_flops = 1e8;

enum {
	COUNT_SHARE = 2 /* a text whose rows are counted takes this share of the memory there is */
};

/* What is looked up once per distinct data set: an entry of `data` and the values swept in it. */
struct known_data {
	const char *key;
	struct planned_data about;
	struct texts files;
	bool has_shape;
	struct forecast_shape shape;
	struct known_data *next;
};

struct planner {
	const struct experiment *experiment;
	struct arena *arena;
	struct problems *unfit;
	struct known_data *known;
	size_t known_count;
	int threads;         /* of a worker */
	long ranks, nodes;   /* of a worker */
	double memory_limit; /* bytes per cell */
	const char *limit_from;
	bool limit_is_share; /* of the machine, by the number of jobs */
	double memory_available;
};

const char *sched_swept(const struct cell *cell, const char *separator, struct arena *arena)
{
	struct text text = text_new(arena);

	for (size_t i = 0; i < cell->swept_count; i++)
		text_item(&text, separator, "%s=%s", cell->swept[i].path, cell->swept[i].value);
	return text.at;
}

/* Those of one rung; equal cells go together. */
static void assign_rung(struct plan *plan, long rung, size_t count, struct arena *arena)
{
	double *load = ARENA_ARRAY(arena, double, plan->count);
	size_t *place = ARENA_ARRAY(arena, size_t, plan->count); /* from 1, of the first one */
	size_t *part = ARENA_ARRAY(arena, size_t, plan->count);
	size_t loads = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct planned *at = &plan->at[i];

		if (at->left_out || at->cell->rung != rung || place[at->first])
			continue;
		load[loads] = start_flops + (isnan(at->work) ? 0 : at->work);
		place[at->first] = ++loads;
	}
	balance_split(load, loads, count, part);
	for (size_t i = 0; i < plan->count; i++) {
		struct planned *at = &plan->at[i];

		if (!at->left_out && at->cell->rung == rung)
			at->shard = part[place[at->first] - 1];
	}
}

void sched_assign_shards(struct plan *plan, size_t count)
{
	struct arena arena = {0};
	long rungs = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->at[i].cell->rung > rungs)
			rungs = plan->at[i].cell->rung;
	for (long rung = 0; rung <= rungs; rung++)
		assign_rung(plan, rung, count, &arena);
	arena_release(&arena);
}

void sched_keep_shard(struct plan *plan, struct sched_shard shard)
{
	for (size_t i = 0; i < plan->count && shard.count > 1; i++)
		plan->at[i].left_out |= plan->at[i].shard != shard.index;
}

static enum status find_data(struct planner *planner, const struct cell *cell,
			     struct known_data **out, struct err *err)
{
	struct known_data *data = planner->known;
	const struct known_data *same = planner->known;
	struct text key = text_new(planner->arena), list;

	/* "name;path=value;path=value" of what is swept in the data */
	text_add(&key, cell->data.name);
	for (size_t i = 0; i < cell->swept_count; i++)
		if (strncmp(cell->swept[i].path, "data.", strlen("data.")) == 0)
			text_format(&key, ";%s=%s", cell->swept[i].path, cell->swept[i].value);
	while (data && strcmp(data->key, key.at) != 0)
		data = data->next;
	*out = data;
	if (data)
		return STATUS_OK;

	*out = data = ARENA_NEW(planner->arena, struct known_data);
	data->key = key.at;
	data->files = option_paths(&cell->data.source, planner->arena);
	list = text_new(planner->arena);
	for (size_t i = 0; i < data->files.count; i++)
		text_item(&list, ";", "%s", data->files.at[i]);
	data->about.name = cell->data.name;
	data->about.swept = key.at + strlen(cell->data.name);
	data->about.swept += *data->about.swept == ';';
	data->about.files = list.at;
	while (same && strcmp(same->about.files, list.at) != 0)
		same = same->next;
	if (same) /* large files are read once, however often they are named */
		memcpy(data->about.checksum, same->about.checksum, sizeof data->about.checksum);
	else
		TRY(data_checksum(&cell->data, data->about.checksum, err));
	planner->known_count++;
	data->next = planner->known;
	planner->known = data;
	return STATUS_OK;
}

/* Length of one of these paths, if the text goes on with it in quotes, else 0. */
static size_t path_at(const char *at, struct texts paths)
{
	for (size_t i = 0; *at == '"' && i < paths.count; i++) {
		size_t length = strlen(paths.at[i]);

		if (length > 0 && strncmp(at + 1, paths.at[i], length) == 0 &&
		    at[1 + length] == '"')
			return length;
	}
	return 0;
}

static enum status set_id(struct planner *planner, struct cell *cell, const struct known_data *data,
			  struct planned *at, struct err *err)
{
	struct texts inputs = option_paths(&cell->train.solver, planner->arena);
	const char *from = cell->training, *text = from;
	char hex[SHA256_DIGEST_STRING_LENGTH];
	SHA2_CTX hash;

	/* the text without the paths of the data and of the trainer */
	SHA256Init(&hash);
	while (*text) {
		size_t length = path_at(text, inputs);

		if (length == 0)
			length = path_at(text, data->files);
		text++;
		if (length == 0)
			continue;
		SHA256Update(&hash, (const uint8_t *)from, (size_t)(text - from));
		from = text += length;
	}
	SHA256Update(&hash, (const uint8_t *)from, (size_t)(text - from));
	SHA256Update(&hash, (const uint8_t *)"\n", 1);
	SHA256Update(&hash, (const uint8_t *)data->about.checksum, strlen(data->about.checksum));

	/* its files are input like the data, so their bytes count as well */
	for (size_t i = 0; i < inputs.count; i++) {
		TRY(filekind_check(inputs.at[i], FILEKIND_ANY, err));
		if (!SHA256File(inputs.at[i], hex))
			return err_at(err, STATUS_ENV, (struct err_place){inputs.at[i], 0, 0},
				      "cannot read: %s", strerror(errno));
		SHA256Update(&hash, (const uint8_t *)hex, strlen(hex));
	}
	SHA256End(&hash, at->key);
	memcpy(cell->id, at->key, sizeof cell->id - 1);
	cell->id[sizeof cell->id - 1] = '\0';
	at->data_checksum = data->about.checksum;
	return STATUS_OK;
}

bool sched_goes_on(struct plan *plan, const struct plan *before)
{
	struct arena arena = {0};
	struct index ids = index_new(before->count, &arena);
	size_t same = 0;

	for (size_t i = 0; i < before->count; i++)
		index_place(&ids, before->at[i].cell->id, i);
	for (size_t i = 0; i < plan->count; i++) {
		plan->at[i].passed = index_find(&ids, plan->at[i].cell->id) != INDEX_NONE;
		same += plan->at[i].passed;
	}
	arena_release(&arena);
	return same < plan->count || plan->count != before->count;
}

void sched_tell_damage(const struct plan *plan, FILE *to)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->at[i].record.damage && !plan->at[i].left_out)
			fprintf(to, "%s\n", plan->at[i].record.damage);
}

/* Memory and work of a cell, and whether it is refused for what it needs. */
static enum status forecast(struct planner *planner, struct known_data *data, struct planned *at,
			    struct err *err)
{
	int before = omp_get_max_threads();
	enum status status = STATUS_OK;
	char needed[32], limit[32];
	double bytes;
	bool alone;

	if (!data->has_shape) {
		gzfile_limit(fmin(planner->memory_limit, planner->memory_available / COUNT_SHARE));
		status = forecast_shape_of(at->cell, &data->shape, err);
		gzfile_limit(0);
	}
	if (status != STATUS_OK && at->record.done)
		return STATUS_OK; /* its work is not known, and not needed */
	if (status != STATUS_OK)
		work_locate(planner->experiment, &at->cell->data, err);
	TRY(status);
	data->has_shape = true;
	data->shape.ranks = planner->ranks > 1 ? (double)planner->ranks : 0;
	data->shape.nodes = (double)planner->nodes;
	if (work_refuses(planner->experiment, at->cell,
			 (struct work_outputs){(size_t)data->shape.k, (size_t)data->shape.classes},
			 planner->unfit))
		return STATUS_OK;
	omp_set_num_threads(planner->threads); /* lanes have room of their own */
	forecast_cell(at->cell, &data->shape, &bytes, &at->work);
	omp_set_num_threads(before);
	if (at->record.done)
		return STATUS_OK;
	at->bytes = bytes;
	if (!at->record.trained)
		at->flops = at->work;
	if (!(at->bytes > planner->memory_limit))
		return STATUS_OK;
	forecast_bytes_text(at->bytes, needed, sizeof needed);
	forecast_bytes_text(planner->memory_limit, limit, sizeof limit);
	alone = planner->limit_is_share && at->bytes <= planner->memory_available;
	at->refusal = arena_format(planner->arena, "needs %s of memory, %s allows %s per cell%s",
				   needed, planner->limit_from, limit,
				   alone ? "; it would fit with --jobs 1" : "");
	return STATUS_OK;
}

static struct planner planner_new(const struct experiment *experiment, struct arena *arena)
{
	const struct resource_options *resources = &experiment->resources;
	long jobs = resources->jobs, threads = resources->threads;
	bool limited = !isnan(resources->memory_limit);
	struct planner planner = {.experiment = experiment,
				  .arena = arena,
				  .unfit = ARENA_NEW(arena, struct problems),
				  .memory_limit = resources->memory_limit};

	forecast_share_ranks(resources->timing == TIMING_EXCLUSIVE, resources->ranks, &jobs,
			     &threads);
	planner.threads = (int)threads;
	planner.ranks = resources->ranks;
	planner.nodes = resources->nodes;
	planner.memory_available = forecast_memory_available();
	planner.limit_is_share = !limited && jobs > 1;
	planner.limit_from = limited ? "resources.memory_limit" : "this machine";
	if (!limited)
		planner.memory_limit = planner.memory_available / (double)jobs;
	return planner;
}

enum status sched_plan(struct experiment *experiment, const char *folder, struct arena *arena,
		       struct plan *out, struct err *err)
{
	struct planner planner = planner_new(experiment, arena);
	struct known_data **data = ARENA_ARRAY(arena, struct known_data *, experiment->cell_count);
	size_t last;

	out->unfit = NULL;
	out->folder = arena_text(arena, folder);
	out->most = out->count = experiment->cell_count;
	out->at = ARENA_ARRAY(arena, struct planned, out->count);
	for (size_t i = 0; i < out->count; i++) {
		struct cell *cell = &experiment->cells[i];

		out->at[i] =
			(struct planned){.cell = cell, .bytes = NAN, .flops = NAN, .work = NAN};
		TRY(find_data(&planner, cell, &data[i], err));
		TRY(set_id(&planner, cell, data[i], &out->at[i], err));
	}
	TRY(asked_look_up(out, experiment->cells, arena, err));
	for (size_t i = 0; i < out->count; i++)
		TRY(forecast(&planner, data[i], &out->at[i], err));
	out->unfit = planner.unfit;
	if (out->unfit->count > 0) {
		*err = out->unfit->at[problems_kept(out->unfit) - 1];
		return err->status;
	}

	/* in the order of the spec: the list has the last one first */
	last = out->data_count = planner.known_count;
	out->data = ARENA_ARRAY(arena, struct planned_data, last);
	for (const struct known_data *known = planner.known; known; known = known->next)
		out->data[--last] = known->about;
	return STATUS_OK;
}
