/* Findings to arrays and back. */
#include "harness/assess/findings.h"

#include "harness/file/io.h"
#include "harness/file/npz.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct list {
	struct arena *arena;
	size_t count;
	struct npz_entry *at;
};

static const char *name_of(const struct finding_of *of, size_t radius, const char *side,
			   struct arena *arena)
{
	return arena_format(arena, "%s_%zu_%s.npy", of->key, radius, side);
}

/* Entries of the same content are written once. */
static void add(struct list *list, const char *name, const double *at, ptrdiff_t n)
{
	struct npy_array shape = {.kind = 'f', .size = sizeof(double), .dimensions = 1};
	double *finite = ARENA_ARRAY(list->arena, double, n);
	struct npz_entry *e = &list->at[list->count];

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->at[i].name, name) == 0)
			return;
	for (ptrdiff_t k = 0; k < n; k++)
		finite[k] = fmax(-DBL_MAX, fmin(DBL_MAX, at[k]));
	shape.shape[0] = (size_t)n;
	shape.shape[1] = 1;
	*e = (struct npz_entry){.name = name,
				.at = (const char *)finite,
				.run = (size_t)n * sizeof *finite,
				.step = 0,
				.runs = 1};
	npy_write_header(e->header, &shape);
	list->count++;
}

static void collect(const struct evidence *evidence, const struct finding_of *of, struct list *list)
{
	ptrdiff_t n = of->aim.part->X.rows;

	for (size_t i = 0; i < of->eps->count; i++) {
		const struct finding *at = evidence->at, *end = at + evidence->count;

		while (at < end &&
		       (at->aim->entry != of->aim.entry || fabs(at->eps - of->eps->at[i]) > 0))
			at++;
		if (at < end && of->bounds)
			add(list, name_of(of, i, "lower", list->arena), at->lower, n);
		if (at < end)
			add(list, name_of(of, i, "upper", list->arena), at->upper, n);
		if (at < end && of->distances)
			add(list, name_of(of, i, "distance", list->arena), at->distance, n);
	}
}

enum status findings_write(const struct evidence *evidence, const struct finding_of *of,
			   size_t count, const char *path, struct err *err)
{
	struct arena arena = {0};
	struct list list = {.arena = &arena,
			    .at = ARENA_ARRAY(&arena, struct npz_entry, 2 * evidence->count)};
	const char *tmp = arena_format(&arena, "%s.tmp", path);
	enum status status = STATUS_OK;

	for (size_t i = 0; i < count; i++)
		collect(evidence, &of[i], &list);
	if (list.count > 0) {
		status = npz_write(tmp, list.at, list.count, err);
		if (status == STATUS_OK && !io_rename(tmp, path))
			status = io_error(err, path, "write");
	}
	arena_release(&arena);
	return status;
}

struct reader {
	struct npz_file file;
	struct arena arena;
	struct evidence *evidence;
};

static enum status read_side(struct reader *r, const struct finding_of *of, size_t radius,
			     const char *side, double **out, struct err *err)
{
	const char *name = name_of(of, radius, side, &r->arena);
	struct npy_array shape;

	TRY(npz_array(&r->file, name, &r->arena, &shape, out, err));
	if (shape.shape[0] * shape.shape[1] == (size_t)of->aim.part->X.rows)
		return STATUS_OK;
	return err_at(err, STATUS_ENV, (struct err_place){r->file.path, 0, 0},
		      "%s: expected %td points, got %zu", name, of->aim.part->X.rows,
		      shape.shape[0] * shape.shape[1]);
}

/* Distances as they were found. */
static const double *recalled(struct arena *arena, const double *at, ptrdiff_t n)
{
	double *out = ARENA_ARRAY(arena, double, n);

	for (ptrdiff_t k = 0; k < n; k++)
		out[k] = at[k] < DBL_MAX ? at[k] : HUGE_VAL;
	return out;
}

static enum status read_entry(struct reader *r, const struct finding_of *of, struct err *err)
{
	for (size_t i = 0; i < of->eps->count; i++) {
		double *lower = NULL, *distance = NULL, *upper;
		struct finding *finding;
		ptrdiff_t n = of->aim.part->X.rows;

		if (of->bounds)
			TRY(read_side(r, of, i, "lower", &lower, err));
		TRY(read_side(r, of, i, "upper", &upper, err));
		if (of->distances)
			TRY(read_side(r, of, i, "distance", &distance, err));
		finding = evidence_bounds(r->evidence, &of->aim, of->eps->at[i], lower, upper, n);
		if (distance)
			finding->distance = recalled(r->evidence->arena, distance, n);
	}
	return STATUS_OK;
}

enum status findings_read(const char *path, const struct finding_of *of, size_t count,
			  struct evidence *evidence, struct err *err)
{
	struct reader r = {.evidence = evidence};
	enum status status = npz_open(&r.file, path, &r.arena, err);

	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		if (of[i].aim.part->X.rows > 0)
			status = read_entry(&r, &of[i], err);
	arena_release(&r.arena);
	return status;
}
