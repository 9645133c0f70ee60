/* Single arrays on disk: .npy and .npy.gz as numpy writes them. */
#ifndef FILE_NPY_FILE_H
#define FILE_NPY_FILE_H

#include "harness/file/filemap.h"
#include "harness/file/npy.h"
#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stddef.h>

/* A .npy or .npy.gz file as it is stored; if `data` is NULL its header alone, after a look whether
 * the data are there (gzfile_skip). Errors name the byte offset. */
enum status npy_read_raw(const char *path, struct arena *arena, struct npy_array *array,
			 const char **data, struct err *err);

/* The header of a plain one. */
enum status npy_read_head(const char *path, struct npy_array *array, struct err *err);

/* A plain one that lies in memory (filemap.h): the array and where its data begin. */
enum status npy_view(const char *path, const struct filemap *map, struct npy_array *array,
		     const char **data, struct err *err);

/* A numeric one (float16 to float64, int8 to int64, uint8 to uint64, bool; C or Fortran order; 1-D
 * or 2-D) as an n x d matrix of doubles, row-major. */
struct npy {
	size_t rows, cols;
	double *at;
};
enum status npy_read(const char *path, struct arena *arena, struct npy *out, struct err *err);

/* Write an array to a new file: it lies at `at` in its order, or the columns of one in Fortran
 * order `step` bytes apart. STATUS_ENV if that fails. */
enum status npy_write(const char *path, const struct npy_array *array, const void *at, size_t step,
		      struct err *err);

#endif
