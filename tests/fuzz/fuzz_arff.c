/* Any bytes as an ARFF file. */
#include "tests/readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	readers_arff(data, size);
	return 0;
}
