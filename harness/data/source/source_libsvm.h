/* Options of the source `libsvm`. */
#ifndef SOURCE_SOURCE_LIBSVM_H
#define SOURCE_SOURCE_LIBSVM_H

struct libsvm_options {
	const char *path, *test; /* test: NULL = no test part */
	long features;           /* 0 = the largest index that occurs */
};

#endif
