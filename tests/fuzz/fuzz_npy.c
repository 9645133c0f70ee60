/* Any bytes as two .npy files. */
#include "tests/readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	readers_npy(data, size);
	return 0;
}
