/* Any bytes as --filter. */
#include "tests/fuzz/words_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	words_filter(data, size);
	return 0;
}
