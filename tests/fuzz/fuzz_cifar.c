/* Any bytes as a file of CIFAR-10 records. */
#include "tests/readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	readers_cifar(data, size);
	return 0;
}
