/* Models: functions f(x) of d features with a decay, made by trainers, of several kinds.
 *
 * A kind is a descriptor in a file of its own and a line in kinds.def; its struct begins with a
 * `struct model`. Everything that looks at a trained model goes through the kind: evaluation,
 * attacks, files, verification. A bias is a constant column of X.
 *
 * Passes over many rows work in row blocks, so that what a block needs stays in cache; their
 * scratch comes from a `struct model_work` made once. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/mat.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

struct net;

struct model {
	const struct model_kind *kind;
};

enum model_extent { MODEL_ONE, MODEL_FEATURES, MODEL_UNITS };

/* An array of the struct of a kind: a `struct mat`, or with one column a `real *`. */
struct model_array {
	const char *name; /* in model.npz */
	size_t offset;
	enum model_extent rows, cols;
};

struct model_kind {
	struct desc base;
	size_t size; /* of its struct */
	/* Ends with name NULL. The first one is features x units; its number of columns, which may
	 * be set below what there is room for, is the width of the model. */
	const struct model_array *arrays;
	int hidden; /* numbers that a pass keeps for each row of a block and unit */
	/* f = outputs (rows of X); H is scratch, rows x (hidden units). */
	void (*forward)(const struct model *model, struct mat X, real *f, struct mat H);
	/* The same, and G_k = df(x_k)/dx; G may not overlap X. */
	void (*gradient)(const struct model *model, struct mat X, real *f, struct mat G,
			 struct mat H);
	/* f(x) of row k from the definition, in double and by plain loops; *size is the sum of the
	 * absolute values of all products in it, which bounds its rounding. */
	double (*sample)(const struct model *model, struct mat X, ptrdiff_t k, double *size);
	/* What beta is multiplied by in the network objective. */
	double (*decay)(const struct model *model);
	/* The same function as a ReLU network, for certificates; NULL: there is none. */
	const struct net *(*relu)(const struct model *model);
};

/* An array of a model: rows x cols, a vector or a matrix. */
struct model_part {
	ptrdiff_t rows, cols;
	real *vector;    /* NULL: it is the matrix */
	struct mat *mat; /* NULL: it is the vector */
};

size_t model_arrays(const struct model_kind *kind);
struct model_part model_part(const struct model *model, const struct model_array *array);

extern const struct model_kind model_relu; /* solvers/model/net.h */

/* Room for d features and m units, all zero. */
struct model *model_new(const struct model_kind *kind, struct arena *arena, ptrdiff_t d,
			ptrdiff_t m);

ptrdiff_t model_features(const struct model *model);
ptrdiff_t model_width(const struct model *model);

/* to = from, its features mapped: arrays with a row per feature become B times them, or its
 * transpose. `to` has the kind of `from` and room for its units. */
void model_map(struct mat B, bool transposed, const struct model *from, struct model *to);

/* to = from as a function of x / scale: rows of features times scale (d). */
void model_rescale(const real *scale, const struct model *from, struct model *to);

struct model_work {
	int parts;    /* threads that share the work, each on rows or units of its own */
	struct mat H; /* block x (columns parts) */
};

enum {
	MODEL_BLOCK = 256
}; /* rows: 256 x 144 doubles are 288 KiB: in L2; 128 to 1024 measure the
			       same */

/* Scratch for any number of rows and up to m units, for as many threads as OpenMP may use. The
 * result of a pass depends on that number only through the shape of the blocks. */
struct model_work model_work_new(struct arena *arena, const struct model_kind *kind, ptrdiff_t m);
/* The same for a caller that is itself one of several threads: passes stay in its thread. */
struct model_work model_work_serial(struct arena *arena, const struct model_kind *kind,
				    ptrdiff_t m);
/* Scratch of a thread: rows x cols. */
struct mat model_hidden(const struct model_work *work, int part, ptrdiff_t rows, ptrdiff_t cols);

/* f = outputs (n), and G_k = df(x_k)/dx, n x d. */
void model_forward(const struct model *model, struct mat X, real *f, struct model_work *work);
void model_gradient(const struct model *model, struct mat X, real *f, struct mat G,
		    struct model_work *work);

#endif
