/* Any bytes as two IDX files. */
#include "tests/readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	readers_idx(data, size);
	return 0;
}
