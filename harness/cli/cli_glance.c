/* What the first lines of the data files say before anything is computed. */
#include "harness/cli/cli.h"

#include "harness/spec/spec.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The part of a cell's text that tells its data. */
static const char *data_text(const struct cell *cell, size_t *length)
{
	const char *from = strstr(cell->text, "\"data\":"), *to;

	from = from ? from : cell->text;
	to = strstr(from, "\"train\":");
	*length = to ? (size_t)(to - from) : strlen(from);
	return from;
}

/* Whether an earlier cell has the same data. */
static bool is_known(const struct experiment *experiment, size_t index)
{
	size_t length, other;
	const char *text = data_text(&experiment->cells[index], &length);

	for (size_t i = index; i-- > 0;) {
		const char *earlier = data_text(&experiment->cells[i], &other);

		if (length == other && memcmp(text, earlier, length) == 0)
			return true;
	}
	return false;
}

/* A file that is not there is another's business (work_check). */
static bool has_files(const struct data_options *data, struct arena *arena)
{
	struct texts paths = option_paths(&data->source, arena);

	for (size_t i = 0; i < paths.count; i++)
		if (access(paths.at[i], R_OK) != 0)
			return false;
	return true;
}

enum status cli_glance(const struct experiment *experiment, bool quiet, struct err *err)
{
	for (size_t i = 0; i < experiment->cell_count; i++) {
		const struct data_options *data = &experiment->cells[i].data;
		struct arena arena = {0};
		const char *note = NULL;
		enum status status = STATUS_OK;

		if (((const struct source *)data->source.item)->glance && has_files(data, &arena) &&
		    !is_known(experiment, i))
			status = data_glance(data, &arena, &note, err);
		if (status != STATUS_OK)
			work_locate(experiment, data, err);
		if (note && !quiet)
			cli_say(stderr, "note: data \"%s\": %s\n", data->name, note);
		arena_release(&arena);
		TRY(status);
	}
	return STATUS_OK;
}
