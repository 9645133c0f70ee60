/* Options of the source `idx`. */
#ifndef SOURCE_SOURCE_IDX_H
#define SOURCE_SOURCE_IDX_H

struct idx_options {
	const char *images, *labels;
	const char *test_images, *test_labels; /* both NULL: no test part */
};

#endif
