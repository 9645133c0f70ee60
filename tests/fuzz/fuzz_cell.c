/* Any bytes as the cell.json of a record, as tables and plots read it. */
#include "tests/stored.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	stored_cell(data, size);
	return 0;
}
