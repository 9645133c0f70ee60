/* The .npy header, shared by single arrays and the entries of an .npz file. */
#ifndef FILE_NPY_H
#define FILE_NPY_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	NPY_MAGIC_BYTES =
		10, /* magic, version, and the two bytes of the length of a version 1 header */
	NPY_HEADER_ROOM =
		128, /* of the headers written here: one unit of numpy's alignment of 64, twice */
	NPY_MOST_DIMENSIONS = 8,
	NPY_TEXT_ROOM = 160
};

/* What a header says. */
struct npy_array {
	char kind;    /* f, i, u or b: a number; U or S: a text */
	size_t size;  /* bytes per element */
	bool swapped; /* big-endian */
	bool fortran;
	int dimensions;
	size_t shape[NPY_MOST_DIMENSIONS]; /* 1 where there is no such dimension */
	size_t rows, cols; /* the first dimension, and the product of the others: a row of an image
			      is all of its pixels */
	size_t start;      /* offset of the data from the start of the array */
	size_t bytes;      /* of the data */
};

/* Length of the header, magic included, from its first 12 bytes; 0 if the magic is wrong. */
size_t npy_header_length(const unsigned char head[12]);

/* Parse a complete header, of version 1 to 3. Errors go to `source` with the byte offset `base` +
 * where, and name what was found. */
enum status npy_parse(const char *header, size_t length, const char *source, size_t base,
		      struct npy_array *out, struct err *err);

/* `<f8 of shape (18, 1, 3)`. Returns `text`. */
const char *npy_text(const struct npy_array *array, char text[NPY_TEXT_ROOM]);

bool npy_is_number(const struct npy_array *array);

/* An array of numbers: elements (out->bytes bytes at `data`) as doubles, row-major, rows x cols. */
void npy_convert(const struct npy_array *array, const char *data, double *to);

/* The same of `count` rows, in the order of `row`. */
void npy_convert_rows(const struct npy_array *array, const char *data, const size_t *row,
		      size_t count, double *to);

/* Element i of an array of one column, as a text in the arena: whole numbers with all digits, texts
 * in UTF-8. NULL: a text that holds a NUL or what is not Unicode. */
const char *npy_element(const struct npy_array *array, const char *data, size_t i,
			struct arena *arena);

/* Header of an array of this kind, size, order, dimensions (2 at most) and shape. Writes
 * NPY_HEADER_ROOM bytes. */
void npy_write_header(char to[NPY_HEADER_ROOM], const struct npy_array *array);

#endif
