/* Any bytes as a stored model. */
#include "tests/archives.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	archives_model(data, size);
	return 0;
}
