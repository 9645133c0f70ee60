/* Any bytes as an attack of the command line. */
#include "tests/fuzz/words_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	words_attack(data, size);
	return 0;
}
