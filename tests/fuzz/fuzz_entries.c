/* Any bytes as the entries.json of a record, and as the request of a plan. */
#include "tests/stored.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	stored_entries(data, size);
	return 0;
}
