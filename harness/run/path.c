/* Points of a path. See path.h. */
#include "harness/run/path.h"

#include "harness/file/io.h"

#include <math.h>

void path_add(struct path_file *path, struct evaluator *evaluator, const struct penalty_done *done,
	      double seconds)
{
	struct point at;

	if (path->count == path->room)
		return;
	if (!path->row) {
		path->row = ARENA_ARRAY(path->arena, struct path_row, path->room);
		path->model = ARENA_ARRAY(path->arena, const struct model *, path->room);
	}
	evaluate_point(evaluator, done->beta, &at);
	path->row[path->count] =
		(struct path_row){.point = (double)path->count,
				  .beta = done->beta,
				  .objective = done->objective,
				  .lower_bound = done->lower_bound,
				  .gap = evaluate_gaps(done->objective, done->lower_bound, NAN).gap,
				  .objective_network = at.objective_network,
				  .neurons = (double)model_width(at.model),
				  .screened = done->screened,
				  .steps = done->steps,
				  .seconds = seconds,
				  .train_accuracy = at.train.accuracy,
				  .validation_accuracy = at.validation.accuracy,
				  .test_accuracy = at.test.accuracy,
				  .train_loss = at.train.loss,
				  .validation_loss = at.validation.loss,
				  .test_loss = at.test.loss};
	path->model[path->count++] = model_copy(at.model, path->arena);
}

void path_bound(struct path_file *path, size_t point, double lower_bound)
{
	struct path_row *row = &path->row[point];

	row->lower_bound = lower_bound;
	row->gap = evaluate_gaps(row->objective, lower_bound, NAN).gap;
	path->kept = 0;
}

bool path_is_whole(const struct path_file *path, double beta)
{
	return path->count > 0 && !(path->row[path->count - 1].beta > beta);
}

enum status path_keep(struct path_file *path, const struct modelfile *file, struct err *err)
{
	struct arena scratch = {0};
	const char *rows = arena_format(&scratch, "%s/path.csv", path->folder);
	const char *models = arena_format(&scratch, "%s/models.npz", path->folder);
	const char *tmp = arena_format(&scratch, "%s.tmp", models);
	enum status status = STATUS_OK;

	if (path->kept < path->count) {
		status = modelfile_save_path(tmp, file, path->model, path->count, err);
		if (status == STATUS_OK && !io_rename(tmp, models))
			status = io_error(err, models, "write");
		if (status == STATUS_OK)
			status = field_write(rows, &rows_path, path->row, path->count, err);
		path->kept = path->count;
	}
	arena_release(&scratch);
	return status;
}
