/* Any bytes as a file of patterns. */
#include "tests/archives.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	archives_patterns(data, size);
	return 0;
}
