/* Any bytes as the record.json of a record. */
#include "tests/stored.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	stored_manifest(data, size);
	return 0;
}
