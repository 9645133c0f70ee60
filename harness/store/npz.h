/* Arrays on disk: .npy and .npz (uncompressed zip) as numpy reads and writes them. */
#ifndef STORE_NPZ_H
#define STORE_NPZ_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/core/net.h"
#include "solvers/core/status.h"

#include <stddef.h>

/* A stored model: the network and the preparation it was trained behind. */
struct model {
	struct net net;
	ptrdiff_t bias; /* index of the bias column of the prepared features, or -1 */
	size_t raw_d;
	const double *shift, *scale; /* raw_d */
};

/* Arrays U (d x m), alpha (m), shift, scale (raw_d), bias (scalar 0 or 1), in the precision of
 * `real` for the weights and in double for the rest. */
enum status npz_save_model(const char *path, const struct model *model, struct err *err);
enum status npz_load_model(const char *path, struct arena *arena, struct model *out,
			   struct err *err);

/* A numeric .npy or .npy.gz file (float32/64, int8..64, uint8..64, bool; C or Fortran order; 1-D or
 * 2-D) as an n x d matrix of doubles, row-major. Errors name the byte offset. */
struct npy {
	size_t rows, cols;
	double *at;
};
enum status npz_read_npy(const char *path, struct arena *arena, struct npy *out, struct err *err);

#endif
