/* Any bytes as an .npz file of features and labels. */
#include "tests/archives.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	archives_npz(data, size);
	return 0;
}
