/* record.json: what a record is of and what its files are, so that damage does not go unseen.
 *
 * {"format": 1, "cell": id, "key": ..., "data": ..., "files": [{"name", "bytes", "sha256"}],
 * "sha256": of the rest}. It is written last, before folder_commit. A record
 * whose result.json says "format" has one; those of earlier versions have none and are read
 * unchecked. */
#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H

#include "harness/store/field.h"

#define MANIFEST_FILE "record.json"

enum {
	MANIFEST_FORMAT = 1 /* of the records that are written; newer ones are refused */
};

struct manifest {
	const char *cell; /* id: the name of the folder */
	const char *key;  /* SHA-256 of what makes the cell, in hexadecimal; or NULL */
	const char *data; /* checksum of the files of its data; or NULL */
};

/* A file that a record may have. */
struct manifest_file {
	const char *name;
	const struct field_table *table; /* of its rows, or NULL */
	bool renewed; /* when the record is completed; others stay as training left them */
};

extern const struct manifest_file manifest_files[]; /* ends with name NULL; without MANIFEST_FILE */

enum manifest_state {
	MANIFEST_WHOLE,     /* every file is what it was when it was written */
	MANIFEST_UNCHECKED, /* of an earlier version: there is nothing to check it by */
	MANIFEST_DAMAGED,
	MANIFEST_NEWER /* written by a later version of this program */
};

/* Write record.json for the files that `folder` holds now. */
enum status manifest_write(const char *folder, const struct manifest *about, struct err *err);

/* Compare a record with its record.json: the id with the name of the folder, and length and
 * SHA-256 of every file. `out` may be NULL; it is empty for an unchecked record. STATUS_FAILED for
 * damage ("damaged record: ...", the file as source), STATUS_ENV for a newer format; *state (may be
 * NULL) says the same. A record that is replaced meanwhile is looked at again.
 * The files of one that this process has found whole are read again only if their inodes say that
 * they were touched. */
enum status manifest_check(const char *folder, struct arena *arena, struct manifest *out,
			   enum manifest_state *state, struct err *err);

#endif
