/* Models: functions f(x) of d features, with k outputs, and a decay, made by trainers, of several
 * kinds.
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
#include "solvers/core/targets.h"

#include <stdbool.h>
#include <stddef.h>

struct model {
	const struct model_kind *kind;
};

/* A' relu(U'x): U d x m, A m x k. */
struct model_layers {
	struct mat U, A;
};

/* Features, units and outputs. */
struct model_size {
	ptrdiff_t d, m, k;
};

enum model_extent {
	MODEL_ONE,
	MODEL_FEATURES,
	MODEL_UNITS,
	MODEL_OUTPUTS,
	MODEL_FEATURES_OF_UNITS /* of rows: those of each unit, one below the other */
};

/* An array of the struct of a kind: a `struct mat`, or with one column a `real *`. */
struct model_array {
	const char *name; /* in model.npz */
	size_t offset;
	enum model_extent rows, cols;
};

struct model_kind {
	struct desc base;
	/* What loss + beta (decay) of its models is called, where that is not the weight decay
	 * program of a network, so that it is compared with its own kind; NULL: "network". */
	const char *(*objective)(const struct model *model);
	size_t size; /* of its struct */
	/* Ends with name NULL. The first one is features x units; its number of columns, which may
	 * be set below what there is room for, is the width of the model. */
	const struct model_array *arrays;
	int hidden; /* numbers that a pass keeps for each row of a block and unit */
	/* F = outputs (rows of X x k); H is scratch, rows x (hidden units). */
	void (*forward)(const struct model *model, struct mat X, struct mat F, struct mat H);
	/* Of one output: f, and G_k = df(x_k)/dx; G may not overlap X. NULL: by `pullback`. */
	void (*gradient)(const struct model *model, struct mat X, real *f, struct mat G,
			 struct mat H);
	/* G_k = sum_c C(k, c) df_c(x_k)/dx for given C (rows x k), after `forward` on the same X
	 * and with H as that has left it. NULL: models of this kind have one output. */
	void (*pullback)(const struct model *model, struct mat X, struct mat C, struct mat G,
			 struct mat H);
	/* The k outputs f at row `row` from the definition, in double and by plain loops; *size is
	 * the sum of the absolute values of all products in one of them, the largest, which bounds
	 * its rounding. */
	void (*sample)(const struct model *model, struct mat X, ptrdiff_t row, double *f,
		       double *size);
	/* What beta is multiplied by in the network objective. */
	double (*decay)(const struct model *model);
	/* The same function as a ReLU network, a view; NULL: there is none. */
	struct model_layers (*relu)(const struct model *model);
};

/* An array of a model: rows x cols, a vector or a matrix. */
struct model_part {
	ptrdiff_t rows, cols;
	real *vector;    /* NULL: it is the matrix */
	struct mat *mat; /* NULL: it is the vector */
};

size_t model_arrays(const struct model_kind *kind);
/* Whether model_map is for it. */
bool model_maps(const struct model_kind *kind);
struct model_part model_part(const struct model *model, const struct model_array *array);

extern const struct model_kind model_relu;         /* net.h */
extern const struct model_kind model_relu_outputs; /* multinet.h */

/* Room for a model of this size, all zero; k is 1 for a kind with one output. */
struct model *model_new(const struct model_kind *kind, struct arena *arena, struct model_size size);

/* A model of the same arrays, with room for no more than these. */
struct model *model_copy(const struct model *model, struct arena *arena);

ptrdiff_t model_features(const struct model *model);
ptrdiff_t model_width(const struct model *model);
ptrdiff_t model_outputs(const struct model *model);
struct model_size model_size(const struct model *model);

/* to = from, its features mapped: arrays with a row per feature become B times them, or its
 * transpose. `to` has the kind of `from` and room for its units. Not of kinds with one number per
 * feature, which are no linear functions of the features. */
void model_map(struct mat B, bool transposed, const struct model *from, struct model *to);

/* to = from as a function of x / scale: rows of features, and numbers of features, times scale (d).
 */
void model_rescale(const real *scale, const struct model *from, struct model *to);

struct model_work {
	int parts;    /* threads that share the work, each on rows or units of its own */
	struct mat H; /* block x (columns parts) */
};

enum {
	MODEL_BLOCK = 256
}; /* rows: 256 x 144 doubles are 288 KiB: in L2; 128 to 1024 measure the
			       same */

/* Scratch for any number of rows and up to size.m units, for as many threads as OpenMP may use. The
 * result of a pass depends on that number only through the shape of the blocks. */
struct model_work model_work_new(struct arena *arena, const struct model_kind *kind,
				 struct model_size size);
/* The same for a caller that is itself one of several threads: passes stay in its thread. */
struct model_work model_work_serial(struct arena *arena, const struct model_kind *kind,
				    struct model_size size);
/* Scratch of a thread: rows x cols. */
struct mat model_hidden(const struct model_work *work, int part, ptrdiff_t rows, ptrdiff_t cols);

/* f = outputs, n x k, an output behind the other. */
void model_forward(const struct model *model, struct mat X, real *f, struct model_work *work);
/* Of one output: f (n), and G_k = df(x_k)/dx, n x d. */
void model_gradient(const struct model *model, struct mat X, real *f, struct mat G,
		    struct model_work *work);

/* How far samples are on the right side: y f of one output; of several f_y - max_{c != y} f_c, of
 * equal ones the rival is the lowest class number. */
struct model_margin {
	struct targets y; /* of k > 1 outputs only `label` is read */
	/* What the gradient is of, if that is not the margin: */
	const int *rival; /* n: f_y - f_rival; NULL: the rival with the largest output */
	/* The difference is divided by that of the largest and the third largest output, or where
	 * rivals are given, of the largest and the mean of the third and fourth one (Croce & Hein
	 * 2020: difference of logits ratio, targeted or not). Of fewer outputs it is not: of three
	 * the ratio to the least one would be constant. */
	bool ratio;
	/* log softmax_y, minus the cross entropy, in the place of the difference. */
	bool entropy;
	/* Results. */
	real *margin; /* n */
	/* n: the same, or with `rival`, `ratio` or `entropy` what these say; NULL: not wanted */
	real *loss;
};

void model_margin(const struct model *model, struct mat X, const struct model_margin *m,
		  struct model_work *work);
/* The same, and G_k = dloss_k/dx, n x d: through A(:, y) - A(:, rival). */
void model_margin_gradient(const struct model *model, struct mat X, const struct model_margin *m,
			   struct mat G, struct model_work *work);

#endif
