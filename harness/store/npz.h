/* Arrays on disk: .npy and .npz as numpy reads and writes them. */
#ifndef STORE_NPZ_H
#define STORE_NPZ_H

#include "harness/store/npy.h"
#include "harness/store/stages.h"
#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/core/net.h"
#include "solvers/core/status.h"

#include <stddef.h>

/* A stored model: the network and the preparation it was trained behind. */
struct model {
	struct net net;                    /* on stages.d features */
	struct stages stages;              /* from raw features to those */
	double target_shift, target_scale; /* a regression's target is f / scale + shift */
};

/* Arrays U (d x m), alpha (m) in the precision of `real`; features (scalar, the number of raw
 * ones), stages (scalar, their number), target (2: shift, scale), and for each stage k, from 0 on,
 * one array stage_<k>_<name> (harness/store/stages.h) in double or, for indices, int64. */
enum status npz_save_model(const char *path, const struct model *model, struct err *err);
enum status npz_load_model(const char *path, struct arena *arena, struct model *out,
			   struct err *err);

/* A .npy or .npy.gz file as it is stored; if `data` is NULL its header alone, after a look whether
 * the data are there (gzfile_skip). Errors name the byte offset. */
enum status npz_read_raw(const char *path, struct arena *arena, struct npy_array *array,
			 const char **data, struct err *err);

/* A numeric one (float16 to float64, int8 to int64, uint8 to uint64, bool; C or Fortran order; 1-D
 * or 2-D) as an n x d matrix of doubles, row-major. */
struct npy {
	size_t rows, cols;
	double *at;
};
enum status npz_read_npy(const char *path, struct arena *arena, struct npy *out, struct err *err);

#endif
