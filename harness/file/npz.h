/* Zip files of .npy entries: writing (stored uncompressed) a list of arrays, finding one of them.
 */
#ifndef FILE_NPZ_H
#define FILE_NPZ_H

#include "harness/file/npy.h"
#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An array to write: its header, then `runs` runs of `run` bytes, `step` bytes apart. */
struct npz_entry {
	const char *name; /* ends with .npy */
	const char *at;
	size_t run, runs, step;
	char header[NPY_HEADER_ROOM];
	uint32_t bytes, crc, offset; /* set when written */
};

/* Write a file of these arrays; equal arrays give equal files. */
enum status npz_write(const char *path, struct npz_entry *entries, size_t count, struct err *err);

/* A zip file in memory, and where its directory is. */
struct npz_file {
	const char *path;
	const unsigned char *at;
	size_t count;
	size_t directory, entries;
};
enum status npz_open(struct npz_file *file, const char *path, struct arena *arena, struct err *err);

/* The same of a file that stays where it is and is read in parts; to be unmapped, also after an
 * error. */
enum status npz_map(struct npz_file *file, const char *path, struct err *err);
void npz_unmap(struct npz_file *file);

/* Whether there is an array of this name. */
bool npz_has(const struct npz_file *file, const char *name);

/* An array by its name (with .npy) as it is stored, or if `data` is NULL its header alone, without
 * a look at the data. *data is in the file or in the arena. An error for a name that the file lacks
 * says which it has. */
enum status npz_raw(const struct npz_file *file, const char *name, struct arena *arena,
		    struct npy_array *array, const char **data, struct err *err);

/* An array of at most 2 dimensions by its name, as finite doubles, row-major. */
enum status npz_array(const struct npz_file *file, const char *name, struct arena *arena,
		      struct npy_array *shape, double **out, struct err *err);

#endif
