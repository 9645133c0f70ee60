/* Coordinates of full rank; see coordinates.h. */
#include "harness/run/coordinates.h"

#include "solvers/core/blas.h"

/* Networks read from files, in the coordinates. */
static const struct problem_file *lower_files(const struct problem *problem,
					      const struct rowspace *r, struct arena *arena)
{
	struct problem_file *files = ARENA_ARRAY(arena, struct problem_file, problem->file_count);

	for (size_t i = 0; i < problem->file_count; i++) {
		const struct model *from = problem->files[i].model;
		struct model *model;

		files[i] = problem->files[i];
		if (!from)
			continue;
		model = model_new(
			from->kind, arena,
			(struct model_size){r->B.cols, model_width(from), model_outputs(from)});
		if (!arena_counts(arena))
			rowspace_lower(r, from, model);
		files[i].model = model;
	}
	return files;
}

struct coordinates coordinates_choose(const struct problem *problem, const struct trainer *trainer,
				      const void *options, struct arena *arena)
{
	struct coordinates out = {.problem = *problem};
	const bool *kept = trainer_robust(trainer, options) ? problem->frozen : NULL;
	enum freedom freedom = trainer->freedom ? trainer->freedom(options) : FREEDOM_NONE;
	const struct model_kind *kind = trainer_makes(trainer, options, problem->y.k);
	struct mat validation = problem->X_validation;
	struct rowspace *r = ARENA_NEW(arena, struct rowspace);
	bool *frozen;

	if (problem->ranks || problem->mapped || freedom == FREEDOM_NONE ||
	    (kind && !model_maps(kind)) ||
	    !(freedom == FREEDOM_ZEROS ? rowspace_nonzero(problem->X, kept, arena, r)
				       : rowspace_find(problem->X, kept, arena, r)))
		return out;
	out.rowspace = r;
	out.problem.X = r->Z;
	out.problem.X_validation = mat_new(arena, validation.rows, r->B.cols);
	if (validation.rows > 0 && !arena_counts(arena))
		blas_gemm(1, validation, PLAIN, r->B, PLAIN, 0, out.problem.X_validation);
	out.problem.columns = NULL;
	out.problem.raw = (struct raw_columns){0};
	out.problem.frozen = frozen = ARENA_ARRAY(arena, bool, r->B.cols);
	/* columns that attacks leave alone are the last coordinates */
	for (ptrdiff_t i = r->B.cols - r->kept; !arena_counts(arena) && i < r->B.cols; i++)
		frozen[i] = true;
	out.problem.files = lower_files(problem, r, arena);
	return out;
}

const char *coordinates_note(const struct coordinates *coordinates, const struct problem *problem,
			     struct arena *arena)
{
	if (!coordinates->rowspace)
		return NULL;
	return arena_format(arena,
			    "%td coordinates for %td features: the others are zero or collinear",
			    coordinates->problem.X.cols, problem->X.cols);
}
