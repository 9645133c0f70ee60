/* Commands for a shell. */
#include "harness/store/command.h"
#include "harness/file/folder.h"

#include <string.h>

/* Quoted for the shell. */
static const char *quoted(const char *text, struct arena *arena)
{
	const char *out = "'";

	for (size_t length; *text; text += length) {
		length = strcspn(text, "'");
		out = arena_format(arena, "%s%.*s", out, (int)length, text);
		if (text[length] == '\'') {
			out = arena_format(arena, "%s'\\''", out);
			length++;
		}
	}
	return arena_format(arena, "%s'", out);
}

/* The folder that holds this one. */
static const char *parent(const char *folder, struct arena *arena)
{
	size_t length = strlen(folder);

	while (length > 1 && folder[length - 1] == '/')
		length--;
	while (length > 0 && folder[length - 1] != '/')
		length--;
	while (length > 1 && folder[length - 1] == '/')
		length--;
	return length ? arena_text_n(arena, folder, length) : ".";
}

const char *command_run(const char *folder, struct arena *arena)
{
	const char *path = arena_format(arena, "%s/" COMMAND_ORIGIN_FILE, folder);
	const char *text, *out = NULL;
	struct err none = {0};

	if (store_read_text(path, arena, &text, &none) != STATUS_OK || !*text)
		return NULL;
	for (size_t length; *text; text += length + (text[length] == '\n')) {
		const char *line;

		length = strcspn(text, "\n");
		line = quoted(arena_text_n(arena, text, length), arena);
		out = out ? arena_format(arena, "%s --set %s", out, line)
			  : arena_format(arena, "relubench run %s", line);
	}
	return arena_format(arena, "%s --out %s", out, quoted(parent(folder, arena), arena));
}

const char *command_cell(const char *run, const char *id, struct arena *arena)
{
	return arena_format(arena, "%s --filter cell=%s --force", run, id);
}
