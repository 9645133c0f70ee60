/* What tables and plots need of a cell.json, without binding the options: names and swept values.
 */
#ifndef STORE_CELLFILE_H
#define STORE_CELLFILE_H

#include "solvers/core/arena.h"
#include "solvers/core/option.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

struct cellfile_swept {
	const char *path; /* "rho", "u_update.pcg.rank" */
	const char *
		value; /* its text: a number as written, a name without quotes, else compact JSON */
};

/* What a method minimises: objectives, gaps and costs of two cells can be compared only where these
 * agree. Texts; "" where a part does not apply. */
struct cellfile_objective {
	const char *loss;    /* as a spec has it, without options at their defaults: "logistic",
			     "{logistic: {loss_scale: 2}}"; before it weights of classes */
	const char *beta;    /* number as written */
	const char *average; /* "sum" or "mean" over samples */
	const char
		*threat; /* of robust training, "linf 0.1": norm and radius in prepared features */
	const char *program; /* of sampled programs: "100 patterns", "500 neurons" */
};

/* What the source of the data says of its rows as pictures: channel by channel, each row by row. */
struct cellfile_image {
	size_t channels, rows, cols; /* 0: nothing */
};

struct cellfile {
	const char *data, *method, *solver;  /* NULL if absent */
	double repetition, fold, inner_fold; /* NaN if absent */
	const char *select_by;  /* column of the result by which a setting is chosen, or NULL */
	const char *select_per; /* "auto", "repetition", "experiment"; or NULL */
	struct cellfile_objective objective;
	/* Numbers of the draws of its data (0 where nothing is drawn) and of its method: equal ones
	 * of one data set and method are the same draw. */
	double data_draw, method_draw;
	bool resampled;     /* repetitions draw the test part anew from the same data */
	const char *sample; /* what makes its data, files apart: JSON of their options without the
			       name, and with the seed where something is drawn */
	/* What shapes the balls of the entries of `attack` and `certify` beside norm, radius and
	 * units, as texts: "", "clip [0,1]". */
	struct texts attack_shapes, certify_shapes;
	struct cellfile_image image;
	struct texts classes; /* as the spec names them, -1 first; none: the labels that occur */
	size_t swept_count;
	struct cellfile_swept *swept;
};

enum status cellfile_read(const char *path, struct arena *arena, struct cellfile *out,
			  struct err *err);

/* Do two of these make the same data of the same files and repetition? Options that only one of
 * them has are of a version that knew more, and of paths the names of the files count. */
bool cellfile_same_sample(const char *a, const char *b);

/* A method in the place of a cell's own, on the same data, loss and beta. */
struct cellfile_method {
	const char *name, *solver;
	const char *start_file; /* its option of that name: a path; or NULL */
	double seconds;         /* `stop.seconds` */
};

/* The canonical text of a cell with another method, without attacks, certificates and selections;
 * NULL if the text is none of a cell. Whatever it does not say is at its default. */
const char *cellfile_with_method(const char *text, const struct cellfile_method *method,
				 struct arena *arena);

#endif
