/* Stored models as .npz files: the network and, stage by stage, the preparation of its features. */
#include "harness/store/modelfile.h"
#include "harness/file/npz.h"
#include "solvers/core/desc.h"

#include <math.h>
#include <string.h>

enum {
	FIXED_ARRAYS = 3,  /* features, stages, target */
	MOST_STAGES = 1000 /* more in a file are damage */
};

static struct npz_entry entry(const char *name, struct npy_array shape, const void *at)
{
	struct npz_entry e = {.name = name, .at = at, .runs = 1};

	e.run = shape.size * (shape.dimensions > 0 ? shape.shape[0] : 1) *
		(shape.dimensions > 1 ? shape.shape[1] : 1);
	npy_write_header(e.header, &shape);
	return e;
}

static const char *array_name(size_t index, int kind, struct arena *arena)
{
	return arena_format(arena, "stage_%zu_%s.npy", index, stage_names[kind]);
}

static struct npz_entry stage_entry(const struct stage *stage, const char *name,
				    struct arena *arena)
{
	size_t count = stage_size(stage);
	struct npy_array shape = {.kind = 'f', .size = sizeof(double), .dimensions = 1};
	int64_t *index;

	shape.shape[0] = count;
	if (stage->kind == STAGE_NORM || stage->kind == STAGE_BIAS)
		shape.dimensions = 0;
	if (stage->kind == STAGE_MAP) {
		shape.dimensions = 2;
		shape.shape[0] = stage->d_in;
		shape.shape[1] = stage->d_out;
	}
	if (stage->kind != STAGE_SELECT)
		return entry(name, shape, stage->at);
	index = ARENA_ARRAY(arena, int64_t, count);
	for (size_t j = 0; j < count; j++)
		index[j] = (int64_t)stage->at[j];
	shape.kind = 'i';
	return entry(name, shape, index);
}

/* ending: "", or "_12" of a point of a path. */
static const char *file_name(const struct model_array *array, const char *ending,
			     struct arena *arena)
{
	return arena_format(arena, "%s%s.npy", array->name, ending);
}

/* The arrays of a model; returns how many. */
static size_t model_entries(const struct model *model, const char *ending, struct arena *arena,
			    struct npz_entry *entries)
{
	size_t count = 0;

	for (const struct model_array *a = model->kind->arrays; a->name; a++) {
		const struct model_part part = model_part(model, a);
		const struct npy_array shape = {.kind = 'f',
						.size = sizeof(real),
						.fortran = !part.vector,
						.dimensions = part.vector ? 1 : 2,
						.shape = {(size_t)part.rows, (size_t)part.cols}};
		struct npz_entry *e = &entries[count++];

		*e = entry(file_name(a, ending, arena), shape,
			   part.vector ? part.vector : part.mat->at);
		if (part.vector)
			continue;
		e->run = sizeof(real) * (size_t)part.rows; /* columns may be apart */
		e->runs = (size_t)part.cols;
		e->step = sizeof(real) * (size_t)part.mat->stride;
	}
	return count;
}

/* Models whose arrays end with the endings, then the preparation. */
static enum status save(const char *path, const struct modelfile *file,
			const struct model *const *models, const char *const *endings, size_t n,
			struct err *err)
{
	const struct stages *stages = &file->stages;
	const int64_t features = (int64_t)stages->raw_d, stage_count = (int64_t)stages->count;
	const struct npy_array whole = {.kind = 'i', .size = sizeof features};
	const size_t k = file->targets > 0 ? file->targets : 1;
	const struct npy_array scaled = {.kind = 'f',
					 .size = sizeof(double),
					 .dimensions = k > 1 ? 2 : 1,
					 .shape = {2, k > 1 ? k : 0}};
	struct arena arena = {0};
	size_t count = 0, room = FIXED_ARRAYS + stages->count;
	double *target = ARENA_ARRAY(&arena, double, 2 * k);
	struct npz_entry *entries;
	enum status status;

	for (size_t j = 0; j < k; j++) {
		target[j] = file->targets > 0 ? file->target_shift[j] : 0;
		target[k + j] = file->targets > 0 ? file->target_scale[j] : 1;
	}
	for (size_t i = 0; i < n; i++)
		room += model_arrays(models[i]->kind);
	entries = ARENA_ARRAY(&arena, struct npz_entry, room);
	for (size_t i = 0; i < n; i++)
		count += model_entries(models[i], endings[i], &arena, entries + count);
	entries[count++] = entry("features.npy", whole, &features);
	entries[count++] = entry("stages.npy", whole, &stage_count);
	entries[count++] = entry("target.npy", scaled, target);
	for (size_t i = 0; i < stages->count; i++)
		entries[count++] = stage_entry(
			&stages->at[i], array_name(i, (int)stages->at[i].kind, &arena), &arena);
	status = npz_write(path, entries, count, err);
	arena_release(&arena);
	return status;
}

enum status modelfile_save(const char *path, const struct modelfile *file, struct err *err)
{
	const struct model *model = file->model;
	const char *ending = "";

	return save(path, file, &model, &ending, model != NULL, err);
}

static const char *point_ending(size_t point, struct arena *arena)
{
	return arena_format(arena, "_%zu", point);
}

enum status modelfile_save_path(const char *path, const struct modelfile *file,
				const struct model *const *models, size_t count, struct err *err)
{
	struct arena arena = {0};
	const char **endings = ARENA_ARRAY(&arena, const char *, count);
	enum status status;

	for (size_t i = 0; i < count; i++)
		endings[i] = point_ending(i, &arena);
	status = save(path, file, models, endings, count, err);
	arena_release(&arena);
	return status;
}

/* What is read at the moment. */
struct reader {
	struct npz_file file;
	const char *ending; /* of the names of its arrays */
	struct arena *arena, *scratch;
	struct err *err;
};

static enum status mismatch(const struct reader *r, const char *what)
{
	struct err_place at = {.source = r->file.path};

	return err_at(r->err, STATUS_ENV, at, "damaged .npz file: %s", what);
}

/* A whole number from 0 to `most`. */
static enum status read_count(struct reader *r, const char *name, double most, size_t *out)
{
	struct npy_array shape;
	double *value;

	TRY(npz_array(&r->file, name, r->scratch, &shape, &value, r->err));
	if (shape.dimensions != 0 || *value < 0 || *value > most || *value != floor(*value))
		return mismatch(r, "a count that is no whole number in range");
	*out = (size_t)*value;
	return STATUS_OK;
}

/* Features behind a stage, from the shape of its array; false if they do not fit together. */
static bool stage_fits(enum stage_kind kind, size_t d, const struct npy_array *shape,
		       const double *at, size_t *d_out)
{
	bool list = kind < STAGE_NORM || kind == STAGE_PATCHES;
	int dimensions = kind == STAGE_MAP ? 2 : list ? 1 : 0;
	struct patches p;

	*d_out = d;
	if (shape->dimensions != dimensions)
		return false;
	if (kind == STAGE_PATCHES) {
		bool read = patches_read(at, shape->shape[0], &p);

		*d_out = read ? 2 * p.pool * p.pool * p.filters : d;
		return read && p.side * p.side * p.channels == d;
	}
	if (kind == STAGE_SELECT)
		*d_out = shape->shape[0];
	for (size_t j = 0; kind == STAGE_SELECT && j < *d_out; j++)
		if (at[j] < 0 || at[j] >= (double)d || at[j] != floor(at[j]))
			return false;
	if (kind == STAGE_MAP)
		*d_out = shape->shape[1];
	if (kind == STAGE_BIAS)
		*d_out = d + 1;
	return kind == STAGE_SELECT || dimensions == 0 || shape->shape[0] == d;
}

static enum status read_stage(struct reader *r, size_t index, struct stages *stages)
{
	const char *name = NULL;
	struct npy_array shape;
	size_t d_out = 0;
	double *at;
	int kind = 0;

	for (; kind < STAGE_KINDS; kind++) {
		name = array_name(index, kind, r->scratch);
		if (npz_has(&r->file, name))
			break;
	}
	if (kind == STAGE_KINDS)
		return mismatch(r, arena_format(r->scratch, "no array of stage %zu", index));
	TRY(npz_array(&r->file, name, r->arena, &shape, &at, r->err));
	if (stages_bias(stages) ||
	    !stage_fits((enum stage_kind)kind, stages->d, &shape, at, &d_out))
		return mismatch(r, arena_format(r->scratch, "%s does not fit behind %zu features",
						name, stages->d));
	stages_add(stages, (enum stage_kind)kind, d_out, at, r->arena);
	return STATUS_OK;
}

/* The kind whose arrays the file holds, of several that with the most; NULL: it is none. */
static const struct model_kind *kind_of(const struct reader *r)
{
	const struct model_kind *most = NULL;

	for (size_t i = 0; i < registry_count(KIND_MODEL); i++) {
		const struct model_kind *kind =
			(const struct model_kind *)(const void *)registry_at(KIND_MODEL, i);
		const struct model_array *a = kind->arrays;

		while (a->name && npz_has(&r->file, file_name(a, r->ending, r->scratch)))
			a++;
		if (!a->name && (!most || model_arrays(kind) > model_arrays(most)))
			most = kind;
	}
	return most;
}

static enum status read_preparation(struct reader *r, struct modelfile *out)
{
	const double most = 2147483647; /* what BLAS can index */
	size_t features = 0, count = 0;
	struct npy_array shape;
	double *target, *kept;

	TRY(read_count(r, "features.npy", most, &features));
	TRY(read_count(r, "stages.npy", MOST_STAGES, &count));
	out->stages = stages_none(features);
	for (size_t i = 0; i < count; i++)
		TRY(read_stage(r, i, &out->stages));
	TRY(npz_array(&r->file, "target.npy", r->scratch, &shape, &target, r->err));
	if (shape.dimensions < 1 || shape.dimensions > 2 || shape.shape[0] != 2)
		return mismatch(r,
				"target is not two numbers, shift and scale > 0, for each output");
	out->targets = shape.dimensions == 2 ? shape.shape[1] : 1;
	for (size_t j = 0; j < out->targets; j++)
		if (!(target[out->targets + j] > 0))
			return mismatch(r, "target has a scale that is not above 0");
	kept = ARENA_ARRAY(r->arena, double, 2 * out->targets);
	out->target_shift = memcpy(kept, target, 2 * out->targets * sizeof *kept);
	out->target_scale = kept + out->targets;
	return STATUS_OK;
}

/* One array as it was read. */
struct given {
	struct npy_array shape;
	double *at;
};

/* False if the array does not have the shape of the part. */
static bool fill(const struct model_part *part, const struct given *given)
{
	const struct npy_array *shape = &given->shape;

	if (shape->dimensions != (part->vector ? 1 : 2) || shape->shape[0] != (size_t)part->rows ||
	    (!part->vector && shape->shape[1] != (size_t)part->cols))
		return false;
	for (ptrdiff_t i = 0; i < part->rows; i++)
		for (ptrdiff_t j = 0; j < part->cols; j++) {
			real value = (real)given->at[i * part->cols + j];

			if (part->vector)
				part->vector[i] = value;
			else
				mat_set(*part->mat, i, j, value);
		}
	return true;
}

static enum status read_model(struct reader *r, struct modelfile *out)
{
	const struct model_kind *kind = kind_of(r);
	const char *names;
	struct given *given;
	size_t outputs = 1;
	bool fit;

	/* a file that lacks an array says which */
	if (!kind)
		kind = (const struct model_kind *)(const void *)registry_at(KIND_MODEL, 0);
	given = ARENA_ARRAY(r->scratch, struct given, model_arrays(kind));
	for (size_t i = 0; kind->arrays[i].name; i++)
		TRY(npz_array(&r->file, file_name(&kind->arrays[i], r->ending, r->scratch),
			      r->scratch, &given[i].shape, &given[i].at, r->err));
	TRY(read_preparation(r, out));
	for (size_t i = 0; kind->arrays[i].name; i++)
		if (kind->arrays[i].cols == MODEL_OUTPUTS)
			outputs = given[i].shape.shape[1];
	fit = given->shape.dimensions == 2 && given->shape.shape[0] == out->stages.d && outputs > 0;
	if (fit)
		out->model = model_new(kind, r->arena,
				       (struct model_size){(ptrdiff_t)given->shape.shape[0],
							   (ptrdiff_t)given->shape.shape[1],
							   (ptrdiff_t)outputs});
	for (size_t i = 0; fit && kind->arrays[i].name; i++) {
		struct model_part part = model_part(out->model, &kind->arrays[i]);

		fit = fill(&part, &given[i]);
	}
	if (fit)
		return STATUS_OK;
	names = kind->arrays->name; /* "U, alpha" */
	for (const struct model_array *a = kind->arrays + 1; a->name; a++)
		names = arena_format(r->scratch, "%s, %s", names, a->name);
	return mismatch(
		r, arena_format(r->scratch, "the shapes of %s and the stages do not agree", names));
}

static enum status load(const char *path, const char *ending, struct arena *arena,
			struct modelfile *out, struct err *err)
{
	struct arena scratch = {0};
	struct reader r = {.ending = ending, .arena = arena, .scratch = &scratch, .err = err};
	enum status status = npz_open(&r.file, path, &scratch, err);

	*out = (struct modelfile){.model = NULL};
	if (status == STATUS_OK)
		status = read_model(&r, out);
	arena_release(&scratch);
	return status;
}

enum status modelfile_load(const char *path, struct arena *arena, struct modelfile *out,
			   struct err *err)
{
	return load(path, "", arena, out, err);
}

enum status modelfile_load_point(const char *path, size_t point, struct arena *arena,
				 struct modelfile *out, struct err *err)
{
	return load(path, point_ending(point, arena), arena, out, err);
}

enum status modelfile_of(const char *record, ptrdiff_t d, struct arena *arena,
			 struct modelfile *out, struct err *err)
{
	TRY(modelfile_load(arena_format(arena, "%s/model.npz", record), arena, out, err));
	if (model_features(out->model) == d)
		return STATUS_OK;
	return err_at(err, STATUS_ENV, (struct err_place){record, 0, 0},
		      "model.npz has %td features, the data have %td", model_features(out->model),
		      d);
}

static const char *const outputs_names[OUTPUTS_PARTS] = {"train.npy", "validation.npy", "test.npy"};

enum status modelfile_save_outputs(const char *path, const struct outputs *outputs, struct err *err)
{
	struct npz_entry entries[OUTPUTS_PARTS];

	for (int p = 0; p < OUTPUTS_PARTS; p++)
		entries[p] = entry(outputs_names[p],
				   (struct npy_array){.kind = 'f',
						      .size = sizeof(real),
						      .dimensions = 1,
						      .shape = {(size_t)outputs->count[p]}},
				   outputs->at[p]);
	return npz_write(path, entries, OUTPUTS_PARTS, err);
}

enum status modelfile_outputs_of(const char *record, struct arena *arena, struct outputs *out,
				 struct err *err)
{
	struct npz_file file;

	TRY(npz_open(&file, arena_format(arena, "%s/outputs.npz", record), arena, err));
	for (int p = 0; p < OUTPUTS_PARTS; p++) {
		struct npy_array shape;
		double *f;

		TRY(npz_array(&file, outputs_names[p], arena, &shape, &f, err));
		if (shape.rows * shape.cols != (size_t)out->count[p])
			return err_at(err, STATUS_ENV, (struct err_place){record, 0, 0},
				      "outputs.npz: %s has %zu outputs, the data have %td rows",
				      outputs_names[p], shape.rows * shape.cols, out->count[p]);
		out->at[p] = ARENA_ARRAY(arena, real, out->count[p]);
		for (ptrdiff_t k = 0; k < out->count[p]; k++)
			out->at[p][k] = (real)f[k];
	}
	return STATUS_OK;
}
