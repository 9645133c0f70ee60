/* The loader of specs under libFuzzer. */
#include "tests/fuzz/spec_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	spec_target(data, size);
	return 0;
}
