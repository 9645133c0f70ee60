/* Which cells an experiment has, which are done, and what the others will need.
 *
 * The id of a cell is the first half of a SHA-256 over its canonical text and the checksum of its
 * data: changing an option or a byte of the data makes another cell. */
#include "harness/sched/forecast.h"
#include "harness/sched/sched.h"
#include "harness/store/result.h"
#include "solvers/core/pattern.h"
#include "solvers/core/trainer.h"

#include <errno.h>
#include <math.h>
#include <sha256.h>
#include <string.h>
#include <unistd.h>

/* What is looked up once per distinct data set: an entry of `data` and the values swept in it. */
struct known_data {
	const char *key;
	char checksum[65];
	bool has_shape;
	struct forecast_shape shape;
	struct known_data *next;
};

struct planner {
	struct arena *arena;
	struct known_data *known;
	double memory_limit; /* bytes per cell */
	const char *limit_from;
	bool limit_is_share; /* of the machine, by the number of jobs */
	double memory_available;
};

const char *sched_swept(const struct cell *cell, const char *separator, struct arena *arena)
{
	const char *text = "";

	for (size_t i = 0; i < cell->swept_count; i++)
		text = arena_format(arena, "%s%s%s=%s", text, i ? separator : "",
				    cell->swept[i].path, cell->swept[i].value);
	return text;
}

static const char *data_key(const struct cell *cell, struct arena *arena)
{
	const char *key = arena_text(arena, cell->data.name);

	for (size_t i = 0; i < cell->swept_count; i++)
		if (strncmp(cell->swept[i].path, "data.", strlen("data.")) == 0)
			key = arena_format(arena, "%s\n%s=%s", key, cell->swept[i].path,
					   cell->swept[i].value);
	return key;
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
		TRY(data_checksum(&cell->data, data->checksum, err));
		data->next = planner->known;
		planner->known = data;
	}
	*out = data;
	return STATUS_OK;
}

/* A pattern file is input like the data, so its bytes count as well. */
static enum status hash_patterns(const struct cell *cell, SHA2_CTX *hash, struct err *err)
{
	const struct trainer *trainer = (const struct trainer *)cell->train.solver.item;
	const struct pattern_options *patterns =
		trainer->patterns ? trainer->patterns(cell->train.solver.options) : NULL;
	char hex[SHA256_DIGEST_STRING_LENGTH];

	if (!patterns || !patterns->file)
		return STATUS_OK;
	if (!SHA256File(patterns->file, hex))
		return err_at(err, STATUS_ENV, (struct err_place){patterns->file, 0, 0},
			      "cannot read: %s", strerror(errno));
	SHA256Update(hash, (const uint8_t *)hex, strlen(hex));
	return STATUS_OK;
}

static enum status set_id(struct cell *cell, const char *checksum, struct err *err)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_LENGTH];
	SHA2_CTX hash;

	SHA256Init(&hash);
	SHA256Update(&hash, (const uint8_t *)cell->text, strlen(cell->text));
	SHA256Update(&hash, (const uint8_t *)"\n", 1);
	SHA256Update(&hash, (const uint8_t *)checksum, strlen(checksum));
	TRY(hash_patterns(cell, &hash, err));
	SHA256Final(digest, &hash);
	for (size_t i = 0; i < sizeof cell->id - 1; i++)
		cell->id[i] = digits[i % 2 ? digest[i / 2] & 15 : digest[i / 2] >> 4];
	cell->id[sizeof cell->id - 1] = '\0';
	return STATUS_OK;
}

/* Done: the folder is there with a readable result. A skipped cell may fit by now. */
static void look_up(const char *folder, struct planned *at, struct arena *arena)
{
	const char *path =
		arena_format(arena, "%s/cells/%s/result.json", folder, at->cell->id);
	struct err unreadable = {0};
	struct result result;

	if (access(path, R_OK) != 0 || result_read(path, arena, &result, &unreadable) != STATUS_OK)
		return;
	at->status = result.status;
	at->done = result.status &&
		   strcmp(result.status, cell_status_names[CELL_SKIPPED]) != 0;
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
	if (!data->has_shape)
		TRY(forecast_shape_of(at->cell, &data->shape, err));
	data->has_shape = true;
	forecast_cell(at->cell, &data->shape, &at->bytes, &at->flops);
	refuse_if_too_large(planner, at);
	return STATUS_OK;
}

static void set_memory_limit(struct planner *planner, const struct resource_options *resources)
{
	long jobs = resources->jobs, threads = resources->threads;

	forecast_share(&jobs, &threads);
	planner->memory_available = forecast_memory_available();
	planner->limit_is_share = isnan(resources->memory_limit) && jobs > 1;
	planner->memory_limit = isnan(resources->memory_limit)
					? planner->memory_available / (double)jobs
					: resources->memory_limit;
	planner->limit_from =
		isnan(resources->memory_limit) ? "this machine" : "resources.memory_limit";
}

enum status sched_plan(struct experiment *experiment, const char *folder, struct arena *arena,
		       struct plan *out, struct err *err)
{
	struct planner planner = {.arena = arena};

	set_memory_limit(&planner, &experiment->resources);
	out->folder = arena_text(arena, folder);
	out->count = experiment->cell_count;
	out->at = ARENA_ARRAY(arena, struct planned, out->count);
	for (size_t i = 0; i < out->count; i++) {
		struct cell *cell = &experiment->cells[i];
		struct planned *at = &out->at[i];
		struct known_data *data;

		*at = (struct planned){.cell = cell, .bytes = NAN, .flops = NAN};
		TRY(find_data(&planner, cell, &data, err));
		TRY(set_id(cell, data->checksum, err));
		look_up(folder, at, arena);
		if (!at->done)
			TRY(forecast(&planner, data, at, err));
	}
	return STATUS_OK;
}
