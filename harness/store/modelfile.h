/* Stored models: .npz files that numpy reads. */
#ifndef STORE_MODELFILE_H
#define STORE_MODELFILE_H

#include "harness/store/stages.h"
#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/core/status.h"
#include "solvers/model/model.h"
#include "solvers/model/trainer.h"

#include <stddef.h>

/* A stored model and the preparation it was trained behind. */
struct modelfile {
	struct model *model;  /* on stages.d features */
	struct stages stages; /* from raw features to those */
	size_t targets;       /* outputs that are scaled; 0 stands for one by 0 and 1 */
	const double *target_shift, *target_scale; /* `targets`: a regression's target is
						      f / scale + shift */
};

/* The arrays of the kind, which tell what kind it is, in the precision of `real`: U (d x m) and
 * alpha (m) of a ReLU network, U and A (m x k) of one with k outputs; features (scalar, the number
 * of raw ones), stages (scalar, their number), target (2: shift, scale; 2 x k of k outputs), and
 * for each stage i, from 0 on, one array stage_<i>_<name> (harness/store/stages.h) in double or,
 * for indices, int64. */
enum status modelfile_save(const char *path, const struct modelfile *file, struct err *err);
/* That of the record in a folder, on d features or STATUS_ENV. */
enum status modelfile_of(const char *record, ptrdiff_t d, struct arena *arena,
			 struct modelfile *out, struct err *err);
enum status modelfile_load(const char *path, struct arena *arena, struct modelfile *out,
			   struct err *err);

/* The models of a path, one behind the other in one file: U_0, alpha_0, U_1, ..., and once what
 * else a model file has. `file->model` plays no part. */
enum status modelfile_save_path(const char *path, const struct modelfile *file,
				const struct model *const *models, size_t count, struct err *err);
/* The model of a point. STATUS_ENV: there is none. */
enum status modelfile_load_point(const char *path, size_t point, struct arena *arena,
				 struct modelfile *out, struct err *err);

/* Outputs in the place of a model: arrays train, validation, test, a number for each row of these
 * parts. */
enum status modelfile_save_outputs(const char *path, const struct outputs *outputs,
				   struct err *err);
/* Those of the record in a folder, whose parts have out->count rows, or STATUS_ENV. */
enum status modelfile_outputs_of(const char *record, struct arena *arena, struct outputs *out,
				 struct err *err);

#endif
