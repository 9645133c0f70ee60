/* Data sets: read or generate, choose classes, split, prepare.
 *
 * Order: source -> classes -> split -> limit -> prepare (fitted on the training part only). The
 * preparation is a list of stages (harness/store/stages.h), so a model with its stages is complete.
 */
#ifndef DATA_DATA_H
#define DATA_DATA_H

#include "harness/data/data_options.h"
#include "harness/data/table.h"
#include "harness/data/transform.h"
#include "harness/store/stages.h"
#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Load one data set into `arena`. The split and the generator depend on (seed, repetition). */
enum status data_load(const struct data_options *options, uint64_t seed, long repetition,
		      struct arena *arena, struct dataset *out, struct err *err);

/* The same, where every rank reads its own rows of the training part (out->slice), of equal bits as
 * data_load has them, the validation part, and the first one the test part; all ranks call it, and
 * an error of one is that of all. Only if data_whole has nothing against it. Without ranks it is
 * data_load. */
struct data_draw {
	uint64_t seed;
	long repetition;
	struct ranks *ranks; /* or NULL */
};
enum status data_load_slice(const struct data_options *options, const struct data_draw *draw,
			    struct arena *arena, struct dataset *out, struct err *err);

/* Why no rank can read rows without the others; NULL: it can. */
const char *data_whole(const struct data_options *options);

/* Whether its columns are features that a map made of inputs, by a step of `prepare` or before the
 * source, as `space` says: a radius is then a distance between features. */
bool data_in_feature_space(const struct data_options *options);

/* What can be said of a data set by the first lines of its files, where its source knows how: an
 * error, or *note, NULL if there is nothing to say. */
enum status data_glance(const struct data_options *options, struct arena *arena, const char **note,
			struct err *err);

/* The sizes that data_load will give, from headers, labels and counts of rows: features are neither
 * kept nor prepared. What is damaged in them may go unnoticed. */
struct data_shape {
	size_t train, validation, test; /* rows */
	size_t raw_d, d;                /* columns of the source, and prepared */
	size_t k, classes;              /* of struct dataset */
	size_t raw_bytes;               /* of all rows as read, before limits */
	size_t read_bytes;              /* most that is held while they are read */
	size_t element; /* bytes of a number in the file, if a program of that precision maps the
			   training part as it is; else 0 */
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
