/* Any bytes as an .npz file or an array: what the fuzzers run, and the replay of their findings.
 *
 * The first byte chooses options. With BIT_MEND in it the checksums of a zip file are made right
 * first, so that what lies behind them is reached. Reading ends with what the headers promise or
 * with an error that says something; anything else aborts. */
#ifndef TESTS_ARCHIVES_H
#define TESTS_ARCHIVES_H

#include <stddef.h>
#include <stdint.h>

typedef void archives_function(const uint8_t *data, size_t size);

/* The source npz, a stored model, a file of patterns. */
archives_function archives_npz, archives_model, archives_patterns;

#endif
