/* Any bytes as delimited text. */
#include "tests/readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	readers_csv(data, size);
	return 0;
}
