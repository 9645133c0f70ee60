/* checksums.txt: the SHA-256 of the files of a results folder that readers go by (spec.yaml,
 * origin.txt, env.json, plan.csv, data.csv), in the form of sha256sum. Records have their own
 * (manifest.h); what is derived from records needs none. */
#ifndef STORE_CHECKSUMS_H
#define STORE_CHECKSUMS_H

#include "solvers/core/status.h"

#include <stdbool.h>
#include <stdio.h>

#define CHECKSUMS_FILE "checksums.txt"

/* Put the file `tmp`, of the same file system, in the place of folder/name and note its checksum. A
 * reader, also after a crash in between, finds the former file or this one listed. One process at a
 * time. */
enum status checksums_put(const char *folder, const char *name, const char *tmp, struct err *err);

/* The same with a file that holds this text. */
enum status checksums_put_text(const char *folder, const char *name, const char *text,
			       struct err *err);

/* A line for each of the files that is missing or not as it was written. STATUS_FAILED if there is
 * one. A folder without checksums.txt is of an earlier version and fine, unless it is `expected`.
 */
enum status checksums_tell(const char *folder, bool expected, FILE *to);

#endif
