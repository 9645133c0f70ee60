/* Any bytes as --set. */
#include "tests/fuzz/words_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	words_set(data, size);
	return 0;
}
