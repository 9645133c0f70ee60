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
#include "solvers/core/text.h"

#include <errno.h>
#include <math.h>
#include <omp.h>
#include <sha256.h>
#include <string.h>

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
	struct arena *arena;
	struct known_data *known;
	size_t known_count;
	int threads;         /* of a worker */
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

void sched_keep_shard(struct plan *plan, struct sched_shard shard)
{
	for (size_t i = 0; i < plan->count && shard.count > 1; i++)
		plan->at[i].left_out |= plan->at[i].first % shard.count != shard.index;
}

/* "name;path=value;path=value" of what is swept in the data. */
static const char *data_key(const struct cell *cell, struct arena *arena)
{
	struct text key = text_new(arena);

	text_add(&key, cell->data.name);
	for (size_t i = 0; i < cell->swept_count; i++)
		if (strncmp(cell->swept[i].path, "data.", strlen("data.")) == 0)
			text_format(&key, ";%s=%s", cell->swept[i].path, cell->swept[i].value);
	return key.at;
}

static void find_files(struct planner *planner, const struct cell *cell, struct known_data *data)
{
	struct text list = text_new(planner->arena);

	data->files = option_paths(&cell->data.source, planner->arena);
	for (size_t i = 0; i < data->files.count; i++)
		text_item(&list, ";", "%s", data->files.at[i]);
	data->about.files = list.at;
}

/* Large files are read once, however often they are named. */
static enum status find_checksum(const struct planner *planner, const struct cell *cell,
				 struct known_data *data, struct err *err)
{
	const struct known_data *same = planner->known;

	while (same && strcmp(same->about.files, data->about.files) != 0)
		same = same->next;
	if (!same)
		return data_checksum(&cell->data, data->about.checksum, err);
	memcpy(data->about.checksum, same->about.checksum, sizeof data->about.checksum);
	return STATUS_OK;
}

static enum status find_data(struct planner *planner, const struct cell *cell,
			     struct known_data **out, struct err *err)
{
	const char *key = data_key(cell, planner->arena);
	struct known_data *data = planner->known;

	while (data && strcmp(data->key, key) != 0)
		data = data->next;
	if (!data) {
		data = ARENA_NEW(planner->arena, struct known_data);
		data->key = key;
		data->about.name = cell->data.name;
		data->about.swept = key + strlen(cell->data.name);
		data->about.swept += *data->about.swept == ';';
		find_files(planner, cell, data);
		TRY(find_checksum(planner, cell, data, err));
		planner->known_count++;
		data->next = planner->known;
		planner->known = data;
	}
	*out = data;
	return STATUS_OK;
}

/* They are input like the data, so their bytes count as well. */
static enum status hash_file(const char *file, SHA2_CTX *hash, struct err *err)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];

	TRY(filekind_check(file, FILEKIND_ANY, err));
	if (!SHA256File(file, hex))
		return err_at(err, STATUS_ENV, (struct err_place){file, 0, 0}, "cannot read: %s",
			      strerror(errno));
	SHA256Update(hash, (const uint8_t *)hex, strlen(hex));
	return STATUS_OK;
}

/* Does the text go on with "path", quotes included? */
static bool starts_with_path(const char *at, const char *path)
{
	size_t length = strlen(path);

	return length > 0 && *at == '"' && strncmp(at + 1, path, length) == 0 &&
	       at[1 + length] == '"';
}

/* Length of one of these paths, if the text goes on with it, else 0. */
static size_t path_at(const char *at, struct texts paths)
{
	for (size_t i = 0; *at == '"' && i < paths.count; i++)
		if (starts_with_path(at, paths.at[i]))
			return strlen(paths.at[i]);
	return 0;
}

/* The text without the paths of the data and of the trainer. */
static void hash_text(const char *text, struct texts data, struct texts inputs, SHA2_CTX *hash)
{
	const char *from = text, *at = text;

	while (*at) {
		size_t length = path_at(at, inputs);

		if (length == 0)
			length = path_at(at, data);
		at++;
		if (length == 0)
			continue;
		SHA256Update(hash, (const uint8_t *)from, (size_t)(at - from));
		from = at += length;
	}
	SHA256Update(hash, (const uint8_t *)from, (size_t)(at - from));
}

static enum status set_id(struct planner *planner, struct cell *cell, const struct known_data *data,
			  struct planned *at, struct err *err)
{
	struct texts inputs = option_paths(&cell->train.solver, planner->arena);
	SHA2_CTX hash;

	SHA256Init(&hash);
	hash_text(cell->training, data->files, inputs, &hash);
	SHA256Update(&hash, (const uint8_t *)"\n", 1);
	SHA256Update(&hash, (const uint8_t *)data->about.checksum, strlen(data->about.checksum));
	for (size_t i = 0; i < inputs.count; i++)
		TRY(hash_file(inputs.at[i], &hash, err));
	SHA256End(&hash, at->key);
	memcpy(cell->id, at->key, sizeof cell->id - 1);
	cell->id[sizeof cell->id - 1] = '\0';
	at->data_checksum = data->about.checksum;
	return STATUS_OK;
}

void sched_tell_damage(const struct plan *plan, FILE *to)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->at[i].record.damage && !plan->at[i].left_out)
			fprintf(to, "%s\n", plan->at[i].record.damage);
}

static void refuse_if_too_large(const struct planner *planner, struct planned *at)
{
	char needed[32], limit[32];
	const char *hint = "";

	if (!(at->bytes > planner->memory_limit))
		return;
	forecast_bytes_text(at->bytes, needed, sizeof needed);
	forecast_bytes_text(planner->memory_limit, limit, sizeof limit);
	if (planner->limit_is_share && at->bytes <= planner->memory_available)
		hint = "; it would fit with --jobs 1";
	at->refusal = arena_format(planner->arena, "needs %s of memory, %s allows %s per cell%s",
				   needed, planner->limit_from, limit, hint);
}

static enum status forecast(struct planner *planner, struct known_data *data, struct planned *at,
			    struct err *err)
{
	int before = omp_get_max_threads();
	enum status status = STATUS_OK;

	if (!data->has_shape) {
		gzfile_limit(fmin(planner->memory_limit, planner->memory_available / COUNT_SHARE));
		status = forecast_shape_of(at->cell, &data->shape, err);
		gzfile_limit(0);
	}
	TRY(status);
	data->has_shape = true;
	omp_set_num_threads(planner->threads); /* lanes have room of their own */
	forecast_cell(at->cell, &data->shape, &at->bytes, &at->flops);
	omp_set_num_threads(before);
	if (at->record.trained)
		at->flops = NAN;
	refuse_if_too_large(planner, at);
	return STATUS_OK;
}

static void set_memory_limit(struct planner *planner, const struct resource_options *resources)
{
	long jobs = resources->jobs, threads = resources->threads;

	forecast_share(resources->timing == TIMING_EXCLUSIVE, &jobs, &threads);
	planner->threads = (int)threads;
	planner->memory_available = forecast_memory_available();
	planner->limit_is_share = isnan(resources->memory_limit) && jobs > 1;
	planner->memory_limit = isnan(resources->memory_limit)
					? planner->memory_available / (double)jobs
					: resources->memory_limit;
	planner->limit_from =
		isnan(resources->memory_limit) ? "this machine" : "resources.memory_limit";
}

/* In the order of the spec: the list has the last one first. */
static void list_data(const struct planner *planner, struct plan *out)
{
	size_t i = out->data_count = planner->known_count;

	out->data = ARENA_ARRAY(planner->arena, struct planned_data, i);
	for (const struct known_data *data = planner->known; data; data = data->next)
		out->data[--i] = data->about;
}

enum status sched_plan(struct experiment *experiment, const char *folder, struct arena *arena,
		       struct plan *out, struct err *err)
{
	struct planner planner = {.arena = arena};
	struct known_data **data = ARENA_ARRAY(arena, struct known_data *, experiment->cell_count);

	set_memory_limit(&planner, &experiment->resources);
	out->folder = arena_text(arena, folder);
	out->count = experiment->cell_count;
	out->at = ARENA_ARRAY(arena, struct planned, out->count);
	for (size_t i = 0; i < out->count; i++) {
		struct cell *cell = &experiment->cells[i];

		out->at[i] = (struct planned){.cell = cell, .bytes = NAN, .flops = NAN};
		TRY(find_data(&planner, cell, &data[i], err));
		TRY(set_id(&planner, cell, data[i], &out->at[i], err));
	}
	TRY(asked_look_up(out, experiment->cells, arena, err));
	for (size_t i = 0; i < out->count; i++)
		if (!out->at[i].record.done)
			TRY(forecast(&planner, data[i], &out->at[i], err));
	list_data(&planner, out);
	return STATUS_OK;
}
