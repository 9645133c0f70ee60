/* Options of the source `npy`. */
#ifndef SOURCE_SOURCE_NPY_H
#define SOURCE_SOURCE_NPY_H

struct npy_options {
	const char *x, *y;
	const char *test_x, *test_y; /* both NULL: no test part */
};

#endif
