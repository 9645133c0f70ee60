/* A results folder in one file, to be kept or sent. */
#ifndef MERGE_ARCHIVE_H
#define MERGE_ARCHIVE_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stddef.h>

/* Inside the archive, of all its other files and of the data that its cells read: `sha256sum -c`.
 */
#define ARCHIVE_SUMS "SHA256SUMS"
#define ARCHIVE_DATA_SUMS "DATA-SHA256SUMS"

struct archive_summary {
	size_t files, data_files, damaged; /* damaged: records, packed as they are */
	double bytes;
};

/* Pack `folder` into a new file `path` (tar, gzip), under the folder's own name: the same records
 * give the same bytes. The lock, temporary and hidden files are left out. STATUS_ENV, and no file,
 * if a run is writing to the folder, or for a link or anything else that is no file or folder. */
enum status archive_write(const char *folder, const char *path, struct arena *arena,
			  struct archive_summary *out, struct err *err);

#endif
