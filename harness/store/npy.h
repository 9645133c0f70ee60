/* The .npy header, shared by single arrays and the entries of an .npz file. */
#ifndef STORE_NPY_H
#define STORE_NPY_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	NPY_MAGIC_BYTES =
		10, /* magic, version, and the two bytes of the length of a version 1 header */
	NPY_HEADER_ROOM =
		128, /* of the headers written here: one unit of numpy's alignment of 64, twice */
	NPY_MOST_DIMENSIONS = 2
};

/* What a header says. */
struct npy_array {
	char kind;    /* f, i, u or b */
	size_t size;  /* bytes per element */
	bool swapped; /* big-endian */
	bool fortran;
	int dimensions;                    /* 0, 1 or 2 */
	size_t shape[NPY_MOST_DIMENSIONS]; /* 1 where there is no such dimension */
	size_t start;                      /* offset of the data from the start of the array */
	size_t bytes;                      /* of the data */
};

/* Length of the header, magic included, from its first 12 bytes; 0 if the magic is wrong. */
size_t npy_header_length(const unsigned char head[12]);

/* Parse a complete header. Errors go to `source` with the byte offset `base` + where. */
enum status npy_parse(const char *header, size_t length, const char *source, size_t base,
		      struct npy_array *out, struct err *err);

/* Elements (out->bytes bytes at `data`) as doubles, row-major. */
void npy_convert(const struct npy_array *array, const char *data, double *to);

/* Header of an array of this kind, size, order, dimensions and shape. Writes NPY_HEADER_ROOM bytes.
 */
void npy_write_header(char to[NPY_HEADER_ROOM], const struct npy_array *array);

#endif
