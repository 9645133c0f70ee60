/* Data sets: read or generate, choose two classes, split, prepare.
 *
 * Order: source -> classes -> split -> limit -> prepare (fitted on the training part only). The
 * preparation is a list of stages (harness/store/stages.h), so a model with its stages is complete.
 */
#ifndef DATA_DATA_H
#define DATA_DATA_H

#include "harness/store/stages.h"
#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/mat.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stdint.h>

struct split_options { /* a share of the rows if < 1, a count if >= 1 */
	double test;   /* NaN: the source's own test part, or 0 if it has none */
	double validation;
	bool stratified;
};

/* Rows kept of each part after the split, 0 = all: so many in all, or so many of each class. */
struct limit_options {
	long train, test;
	long train_per_class, test_per_class;
	bool random; /* false: the first ones; true: drawn, in the proportions of the classes */
};

/* One entry of `data` in a spec. */
struct data_options {
	const char *name;
	struct choice source; /* keyed: struct source */
	struct texts classes; /* two labels, or groups of labels joined by "|", mapped to -1 and +1;
				 empty: the two that occur, in sorted order */
	long task;            /* data_tasks: classification, regression */
	long target;          /* data_targets: raw, standardize */
	struct split_options split;
	struct limit_options limit;
	struct choices prepare; /* struct prepare */
};

enum { DATA_CLASSIFICATION, DATA_REGRESSION };     /* data_options.task */
enum { DATA_TARGET_RAW, DATA_TARGET_STANDARDIZE }; /* data_options.target */

extern const struct option data_rows[];
extern const char *const data_tasks[], *const data_targets[];

/* What a source delivers: raw rows, before classes are chosen. Row-major, so that readers can
 * append. */
struct table {
	size_t n, d;
	double *x;          /* n x d row-major; NaN: missing, to be filled with the training mean */
	const char **label; /* n label texts (classification), or NULL when `target` is set */
	double *target;     /* n numeric targets; NaN where the text is no number */
	const char **names; /* d: of the columns; NULL: they have none */
	const bool *one_hot; /* d: columns of zeros and ones made of categories; NULL: none */
	size_t dropped;      /* rows left out because a value is missing */
	size_t content;      /* bytes of files that are held, or would be, while it is read */
	size_t spare;        /* bytes that stay behind beside x: of features before one_hot */
	const char *note;    /* what the reader took for granted; NULL: nothing */
};

/* What a reader may use to read less: labels to keep, as in data_options (empty = all). */
struct read_request {
	struct texts classes;
	bool regression;
	uint64_t seed; /* generators only */
	bool count;    /* only n, d and the labels or targets are wanted: a source may leave x
			  unread (it is NULL then) where the others say what they are */
};

struct source {
	struct desc base;
	/* Fill `train`, and `test` if the source has a test part of its own (else test->n = 0). */
	enum status (*read)(const void *options, const struct read_request *request,
			    struct arena *arena, struct table *train, struct table *test,
			    struct err *err);
	/* The first lines alone: errors of the layout, and what the reader takes for granted in
	 * *note (NULL: nothing). NULL: there is nothing to look at. */
	enum status (*glance)(const void *options, const struct read_request *request,
			      struct arena *arena, const char **note, struct err *err);
	/* Paths of the files it reads (for checksums); at most `room` are written. NULL: no files.
	 */
	size_t (*files)(const void *options, const char **paths, size_t room);
};

/* Rows between source and preparation, with targets or classes -1 and +1. */
struct rows {
	size_t n, d;
	double *x; /* n x d row-major */
	double *y; /* n */
};

/* For `files`: write those of `count` paths that are given (not NULL), at most `room`; their
 * number. */
size_t data_list_paths(const char *const *given, size_t count, const char **paths, size_t room);

/* A step of `prepare`. */
struct prepare {
	struct desc base;
	bool counts; /* `fit` only allocates on a counting arena; others take next to nothing */
	/* Add the stages of this step, fitted to the training rows as the earlier steps left them.
	 * The stages' arrays live in `arena`. */
	enum status (*fit)(const void *options, const struct rows *train, struct arena *arena,
			   struct stages *stages, struct err *err);
	bool mixes; /* a prepared column depends on several raw ones */
	/* The columns behind it of n training rows of *d columns before it, or its error for such
	 * sizes. NULL: as many. */
	enum status (*width)(const void *options, size_t n, size_t *d, struct err *err);
};

struct part {
	struct mat X;      /* n x d, prepared */
	real *y;           /* -1 or +1, or targets */
	const double *raw; /* n x 2 raw features, row-major, if there are two (plots); else NULL */
};

struct dataset {
	struct part train, validation, test;
	ptrdiff_t bias;       /* index of the bias column, or -1 */
	const char **columns; /* names of the columns of X, NULL where there is none */
	size_t raw_d;
	struct stages stages; /* from raw_d raw features to the columns of X */
	double target_shift,
		target_scale; /* y = (target - shift) * scale; 0 and 1 unless asked for */
	size_t dropped;       /* rows the source left out because a value is missing */
	size_t filled;        /* missing values that got the training mean */
	const char *note;     /* what a user should know of how it was read; NULL: nothing */
	bool regression;
	const char *classes[2]; /* labels or groups behind -1 and +1, NULL for regression */
};

/* Load one data set into `arena`. The split and the generator depend on (seed, repetition). */
enum status data_load(const struct data_options *options, uint64_t seed, long repetition,
		      struct arena *arena, struct dataset *out, struct err *err);

/* What can be said of a data set by the first lines of its files, where its source knows how: an
 * error, or *note, NULL if there is nothing to say. */
enum status data_glance(const struct data_options *options, struct arena *arena, const char **note,
			struct err *err);

/* The sizes that data_load will give, from headers, labels and counts of rows: features are neither
 * kept nor prepared. What is damaged in them may go unnoticed. */
struct data_shape {
	size_t train, validation, test; /* rows */
	size_t raw_d, d;                /* columns of the source, and prepared */
	size_t raw_bytes;               /* of all rows as read, before limits */
	size_t read_bytes;              /* most that is held while they are read */
};

enum status data_count(const struct data_options *options, uint64_t seed, long repetition,
		       struct data_shape *out, struct err *err);

/* SHA-256 (hex, 64 digits and a NUL) over the bytes of the source's files; of nothing for a
 * generator. */
enum status data_checksum(const struct data_options *options, char hex[65], struct err *err);

/* Whether a file can be read; the error says why not. */
enum status data_file_there(const char *path, struct err *err);

/* The same as data_checksum of one file, and its length. */
enum status data_file_checksum(const char *path, char hex[65], double *bytes, struct err *err);

#endif
