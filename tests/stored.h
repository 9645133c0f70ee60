/* Any bytes as a file of a record: what the fuzzers run, and the replay of their findings. Reading
 * ends with what the headers of harness/store promise or with an error that says something;
 * anything else aborts. */
#ifndef TESTS_STORED_H
#define TESTS_STORED_H

#include <stddef.h>
#include <stdint.h>

typedef void stored_function(const uint8_t *data, size_t size);

/* result.json, cell.json, entries.json (also as the request of a plan), and a table such as
 * trace.csv. */
stored_function stored_result, stored_cell, stored_entries, stored_table;

/* record.json, of a record that holds a trace.csv. */
stored_function stored_manifest;

#endif
