/* Ten classes of MNIST. See digits.h. */
#include "tests/digits.h"

#include <stdlib.h>
#include <zlib.h>

enum { PIXELS = DIGITS_D - 1 };

/* count bytes behind the first `skip` of a file of MNIST; NULL if it is not there. */
static unsigned char *bytes(const char *name, int skip, size_t count, struct arena *arena)
{
	const char *folder = getenv("RELUBENCH_DATA");
	char *path = arena_format(arena, "%s/mnist/%s.gz", folder ? folder : "", name);
	unsigned char *all = ARENA_ARRAY(arena, unsigned char, count);
	gzFile file = gzopen(path, "rb");
	bool whole = file && gzread(file, all, (unsigned)skip) == skip &&
		     gzread(file, all, (unsigned)count) == (int)count;

	if (file)
		gzclose(file);
	return whole ? all : NULL;
}

bool digits_load(struct problem *problem, ptrdiff_t n, struct arena *arena)
{
	struct arena files = {0};
	unsigned char *pixels = bytes("train-images-idx3-ubyte", 16, (size_t)n * PIXELS, &files);
	unsigned char *digits = bytes("train-labels-idx1-ubyte", 8, (size_t)n, &files);
	real *at;
	int *label;

	if (!pixels || !digits) {
		arena_release(&files);
		return false;
	}
	at = ARENA_ARRAY(arena, real, n * DIGITS_K);
	label = ARENA_ARRAY(arena, int, n);
	problem->X = mat_new(arena, n, DIGITS_D);
	for (ptrdiff_t j = 0; j < DIGITS_D; j++) {
		double mean = 0;

		for (ptrdiff_t r = 0; r < n && j < PIXELS; r++)
			mean += pixels[r * PIXELS + j] / 255.0 / (double)n;
		for (ptrdiff_t r = 0; r < n; r++)
			mat_set(problem->X, r, j,
				j < PIXELS ? (real)(pixels[r * PIXELS + j] / 255.0 - mean) : 1);
	}
	for (ptrdiff_t r = 0; r < n; r++) {
		label[r] = digits[r];
		at[r + label[r] * n] = 1;
	}
	problem->y = (struct targets){.n = n, .k = DIGITS_K, .at = at, .label = label};
	arena_release(&files);
	return true;
}
