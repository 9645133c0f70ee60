/* Options of the source `npz`. */
#ifndef SOURCE_SOURCE_NPZ_H
#define SOURCE_SOURCE_NPZ_H

struct npz_options {
	const char *file;
	const char *x, *y;           /* names of arrays */
	const char *test_x, *test_y; /* both NULL: no test part */
};

#endif
