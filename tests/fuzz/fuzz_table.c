/* Any bytes as a CSV file of a record. */
#include "tests/stored.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	stored_table(data, size);
	return 0;
}
