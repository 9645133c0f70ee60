/* Rows of transfer.csv that still hold. */
#include "harness/store/transfers.h"

#include "solvers/core/index.h"

#include <sha256.h>
#include <string.h>

enum { MARK = 16 };

const char *transfers_mark(const char *path, struct arena *arena)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];

	return SHA256File(path, hex) ? arena_format(arena, "%.*s", MARK, hex) : "";
}

/* Marks of files, each taken once. */
struct marks {
	const char *folder;
	struct arena *arena;
	struct index index;
	size_t count;
	const char **at;
};

static bool holds(struct marks *marks, const char *cell, const char *file, const char *mark)
{
	const char *path = arena_format(marks->arena, "%s/cells/%s/%s", marks->folder, cell, file);
	size_t place = index_place(&marks->index, path, marks->count);

	if (place == marks->count)
		marks->at[marks->count++] = transfers_mark(path, marks->arena);
	return strcmp(marks->at[place], mark) == 0;
}

enum status transfers_read(const char *folder, struct arena *arena, struct field_rows *out,
			   size_t *outdated, struct err *err)
{
	struct marks marks = {.folder = folder, .arena = arena};
	struct transfer_row *row;
	size_t kept = 0;

	*outdated = 0;
	TRY(field_read_any(arena_format(arena, "%s/" TRANSFER_FILE, folder), &rows_transfer, arena,
			   out, err));
	row = out->at;
	marks.index = index_new(2 * out->count, arena);
	marks.at = ARENA_ARRAY(arena, const char *, 2 * out->count);
	for (size_t i = 0; i < out->count; i++)
		if (holds(&marks, row[i].source_cell, "adversarial.npz", row[i].points) &&
		    holds(&marks, row[i].target_cell, "model.npz", row[i].network))
			row[kept++] = row[i];
	*outdated = out->count - kept;
	out->count = kept;
	return STATUS_OK;
}
