/* Commands for a shell. */
#include "harness/store/command.h"
#include "harness/file/folder.h"
#include "solvers/core/text.h"

#include <string.h>

const char *command_run(const char *folder, struct arena *arena)
{
	const char *path = arena_format(arena, "%s/" COMMAND_ORIGIN_FILE, folder);
	struct text out = text_new(arena);
	size_t length;
	struct err none = {0};
	const char *text;

	if (store_read_text(path, arena, &text, &none) != STATUS_OK || !*text)
		return NULL;
	for (size_t line; *text; text += line + (text[line] == '\n')) {
		line = strcspn(text, "\n");
		text_add(&out, out.length ? " --set " : "relubench run ");
		text_quote(&out, text, line);
	}
	length = strlen(folder); /* the folder that holds this one */
	while (length > 1 && folder[length - 1] == '/')
		length--;
	while (length > 0 && folder[length - 1] != '/')
		length--;
	while (length > 1 && folder[length - 1] == '/')
		length--;
	text_add(&out, " --out ");
	text_quote(&out, length ? folder : ".", length ? length : 1);
	return out.at;
}

const char *command_cell(const char *run, const char *id, struct arena *arena)
{
	return arena_format(arena, "%s --filter cell=%s --force", run, id);
}
