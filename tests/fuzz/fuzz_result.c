/* Any bytes as the result.json of a record. */
#include "tests/stored.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	stored_result(data, size);
	return 0;
}
