/* Any bytes as the files of a data source: what the fuzzers run, and the replay of their findings.
 *
 * The first byte chooses options; readers of two files take a length (two bytes, little-endian) of
 * the first one next. Reading ends with a table that keeps the promises of harness/data/data.h or
 * with an error that says something; anything else aborts. */
#ifndef TESTS_READERS_H
#define TESTS_READERS_H

#include <stddef.h>
#include <stdint.h>

typedef void readers_function(const uint8_t *data, size_t size);

readers_function readers_csv, readers_arff, readers_libsvm, readers_idx, readers_npy, readers_cifar;

#endif
