/* Samples before and after attacks. */
#include "harness/assess/examples.h"

#include "harness/file/io.h"
#include "harness/file/npz.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static const char *const sides[] = {"clean", "attacked", "outputs"};
enum { SIDES = sizeof sides / sizeof *sides, OUTPUTS = 3 };

struct examples examples_new(const struct cell *cell, const struct dataset *data,
			     const struct entry_list *wanted, struct arena *arena)
{
	return (struct examples){
		.cell = cell,
		.data = data,
		.wanted = wanted,
		.arena = arena,
		.at = ARENA_ARRAY(arena, struct npz_entry, SIDES * cell->attack.count)};
}

static const char *name_of(const struct examples *e, size_t entry, size_t side)
{
	return arena_format(e->arena, "%s_%s.npy", e->wanted->at[entry].key, sides[side]);
}

/* Entries of the same content are written once. */
static void add(struct examples *e, const char *name, const double *at, size_t rows, size_t cols)
{
	struct npy_array shape = {
		.kind = 'f', .size = sizeof(double), .dimensions = 2, .shape = {rows, cols}};
	struct npz_entry *to = &e->at[e->count];

	for (size_t i = 0; i < e->count; i++)
		if (strcmp(e->at[i].name, name) == 0)
			return;
	*to = (struct npz_entry){
		.name = name, .at = (const char *)at, .run = rows * cols * sizeof *at, .runs = 1};
	npy_write_header(to->header, &shape);
	e->count++;
}

/* Column j of a point of the job in raw coordinates: its units are prepared ones over `scale`. */
static double raw_of(const struct stage_columns *columns, const real *scale, struct mat X,
		     ptrdiff_t k, ptrdiff_t j)
{
	double prepared = (double)mat_get(X, k, j) * (scale ? (double)scale[j] : 1);

	return prepared / columns->scale[j] + columns->shift[j];
}

/* The class with the largest of k outputs. */
static double class_of(const double *f, ptrdiff_t k)
{
	ptrdiff_t largest = 0;

	for (ptrdiff_t c = 1; c < k; c++)
		largest = f[c] > f[largest] ? c : largest;
	return (double)largest;
}

/* The first rows that are classified correctly, up to `room` of them. */
static size_t choose(const struct attack_job *job, size_t room, ptrdiff_t *rows, double *outputs)
{
	ptrdiff_t classes = model_outputs(job->model);
	struct arena scratch = {0};
	double *f = ARENA_ARRAY(&scratch, double, classes), size;
	size_t count = 0;

	for (ptrdiff_t k = 0; k < job->X.rows && count < room; k++) {
		double *out = outputs + OUTPUTS * count;

		job->model->kind->sample(job->model, job->X, k, f, &size);
		out[0] = job->label ? (double)job->label[k] : (double)job->y[k];
		out[1] = job->label ? class_of(f, classes) : f[0];
		if (job->label ? fabs(out[1] - out[0]) > 0 : !(out[0] * out[1] > 0))
			continue;
		out[2] = out[0] * (double)job->margin[k];
		if (job->label) {
			job->model->kind->sample(job->model, job->worst, k, f, &size);
			out[2] = class_of(f, classes);
		}
		rows[count++] = k;
	}
	arena_release(&scratch);
	return count;
}

void examples_look(void *context, const struct aim *aim, const struct attack_job *job)
{
	struct examples *e = context;
	const struct attack_options *attack = e->cell->attack.at, *o = aim->entry;
	size_t room = 0, entry = 0, count, p;
	struct stage_columns columns;
	struct err ignored = {0}; /* the aim has passed target_check */
	ptrdiff_t *rows;
	double *pixels[2], *outputs;
	const real *scale;

	while (entry < e->cell->attack.count && &attack[entry] != o)
		entry++;
	if (entry < e->cell->attack.count &&
	    job->threat.eps >= o->eps.at[o->eps.count - 1]) /* the largest radius */
		room = (size_t)o->keep;
	if (!room || stages_columns(&e->data->stages, e->arena, &columns) ||
	    target_scale(aim, e->data, e->arena, &scale, &ignored) != STATUS_OK)
		return;
	rows = ARENA_ARRAY(e->arena, ptrdiff_t, room);
	outputs = ARENA_ARRAY(e->arena, double, OUTPUTS *room);
	count = choose(job, room, rows, outputs);
	p = columns.count;
	for (size_t side = 0; side < 2; side++)
		pixels[side] = ARENA_ARRAY(e->arena, double, count *p);
	for (size_t i = 0; i < count * p; i++) {
		ptrdiff_t k = rows[i / p], j = (ptrdiff_t)(i % p);

		pixels[0][i] = raw_of(&columns, scale, job->X, k, j);
		pixels[1][i] = raw_of(&columns, scale, job->worst, k, j);
	}
	if (!count)
		return;
	add(e, name_of(e, entry, 0), pixels[0], count, p);
	add(e, name_of(e, entry, 1), pixels[1], count, p);
	add(e, name_of(e, entry, 2), outputs, count, OUTPUTS);
}

enum status examples_keep(struct examples *e, size_t entry, const char *path, struct err *err)
{
	const struct attack_options *attack = e->cell->attack.at;
	struct npz_file file;

	/* none where nothing was classified correctly, or columns are mixed */
	if (attack[entry].keep == 0 || access(path, F_OK) != 0)
		return STATUS_OK;
	TRY(npz_open(&file, path, e->arena, err));
	for (size_t side = 0; side < SIDES; side++) {
		const char *name = name_of(e, entry, side);
		struct npy_array shape;
		double *values;

		if (!npz_has(&file, name))
			continue;
		TRY(npz_array(&file, name, e->arena, &shape, &values, err));
		add(e, name, values, shape.shape[0], shape.shape[1]);
	}
	return STATUS_OK;
}

enum status examples_write(struct examples *e, const char *path, struct err *err)
{
	const char *tmp = arena_format(e->arena, "%s.tmp", path);

	if (e->count == 0)
		return STATUS_OK;
	TRY(npz_write(tmp, e->at, e->count, err));
	return io_rename(tmp, path) ? STATUS_OK : io_error(err, path, "write");
}
