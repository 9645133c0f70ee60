/* relubench show DIR CELL */
#include "harness/cli.h"
#include "harness/store/checksums.h"
#include "harness/store/folder.h"
#include "harness/store/manifest.h"

#include <jansson.h>
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

/* The command that computes this cell alone, or NULL with a message. */
static const char *command(const char *folder, const char *id, struct arena *arena)
{
	const char *slash = strrchr(folder, '/'), *origin, *text;
	struct texts sets;

	if (cli_read_origin(folder, arena, &origin, &sets) != STATUS_OK)
		return NULL;
	text = arena_format(arena, "relubench run %s", quoted(origin, arena));
	for (size_t i = 0; i < sets.count; i++)
		text = arena_format(arena, "%s --set %s", text, quoted(sets.at[i], arena));
	text = arena_format(
		arena, "%s --out %s", text,
		quoted(slash ? arena_text_n(arena, folder, (size_t)(slash - folder)) : ".", arena));
	return arena_format(arena, "%s --filter cell=%s --force", text, id);
}

static void print_json(const char *cell, const char *result, const char *how)
{
	json_t *root = json_object();

	/* null where a file is not JSON */
	json_object_set_new(root, "cell", json_loads(cell, 0, NULL));
	json_object_set_new(root, "result", json_loads(result, 0, NULL));
	json_object_set_new(root, "command", how ? json_string(how) : json_null());
	cli_print_json(root);
}

int cmd_show(struct cli_args *args)
{
	struct arena *arena = &args->arena;
	char *folder = args->operand[0];
	const char *id = cli_find_cell(folder, args->operand[1], arena);
	const char *path, *cell, *result, *how;
	struct err err = {0}, damage = {0};
	int status = STATUS_OK;

	if (!id)
		return STATUS_ENV;
	path = arena_format(arena, "%s/cells/%s", folder, id);
	if (manifest_check(path, arena, NULL, NULL, &damage) != STATUS_OK)
		status = cli_fail(&damage); /* what there is is shown all the same */
	if (checksums_tell(folder, false, stderr) != STATUS_OK)
		status = STATUS_FAILED;
	if (store_read_text(arena_format(arena, "%s/cell.json", path), arena, &cell, &err) !=
		    STATUS_OK ||
	    store_read_text(arena_format(arena, "%s/result.json", path), arena, &result, &err) !=
		    STATUS_OK)
		return status == STATUS_OK ? cli_fail(&err) : status;
	how = command(folder, id, arena);
	if (args->json)
		print_json(cell, result, how);
	else
		printf("cell.json\n%s\nresult.json\n%s\n%s%s%s", cell, result,
		       how ? "command\n" : "", how ? how : "", how ? "\n" : "");
	return status;
}
