/* relubench show DIR CELL */
#include "harness/cli/cli.h"
#include "harness/file/folder.h"
#include "harness/store/checksums.h"
#include "harness/store/command.h"
#include "harness/store/entries.h"
#include "harness/store/manifest.h"

#include <jansson.h>
#include <string.h>

/* Under the names of the first row of the plan that shows this record; an entry that it does not
 * ask for has that of its own time. False for a record of an earlier version, which has none. */
static bool read_entries(const char *folder, const char *id, struct arena *arena,
			 struct entries *out)
{
	const char *path = arena_format(arena, "%s/cells/%s/entries.json", folder, id);
	const struct plan_row *row;
	struct request request = {0};
	struct err unreadable = {0};
	struct field_rows plan;
	size_t shown = 0;

	if (entries_read(path, arena, out, &unreadable) != STATUS_OK)
		return false;
	path = arena_format(arena, "%s/plan.csv", folder);
	if (field_read(path, &rows_plan, arena, &plan, &unreadable) != STATUS_OK)
		return true;
	row = plan.at;
	while (shown < plan.count && strcmp(row[shown].cell, id) != 0)
		shown++;
	if (shown == plan.count || !request_read(row[shown].request, arena, &request))
		return true;
	for (size_t kind = 0; kind < ENTRY_KINDS; kind++) {
		const struct entry_list *asked = &request.entries.of[kind];
		struct entry_list *list = &out->of[kind];

		for (size_t i = 0; i < list->count; i++) {
			size_t at = entries_find(asked, list->at[i].key);

			if (at < asked->count)
				list->at[i].name = asked->at[at].name;
		}
	}
	return true;
}

static void print_json(const char *cell, const char *result, const struct entries *entries,
		       const char *how)
{
	json_t *root = json_object(), *held = entries ? json_object() : json_null();

	for (size_t kind = 0; entries && kind < ENTRY_KINDS; kind++) {
		json_t *list;

		if (kind == ENTRY_SAMPLES && entries->of[kind].count == 0)
			continue; /* it came later */
		list = json_array();
		for (size_t i = 0; i < entries->of[kind].count; i++) {
			const struct entry_note *note = &entries->of[kind].at[i];

			json_array_append_new(list,
					      json_pack("{s:s, s:s, s:f}", "key", note->key, "name",
							note->name, "rows", note->rows));
		}
		json_object_set_new(held, entry_kind_names[kind], list);
	}
	/* null where a file is not JSON */
	json_object_set_new(root, "cell", json_loads(cell, 0, NULL));
	json_object_set_new(root, "result", json_loads(result, 0, NULL));
	json_object_set_new(root, "entries", held);
	json_object_set_new(root, "command", how ? json_string(how) : json_null());
	cli_print_json(root);
}

static int run(struct cli_args *args)
{
	struct arena *arena = &args->arena;
	char *folder = args->operand[0];
	const char *id = cli_find_cell(folder, args->operand[1], arena);
	const char *path, *cell, *result, *how;
	struct err err = {0}, damage = {0};
	struct entries entries;
	int status = STATUS_OK;
	bool has_entries;

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
	how = command_run(folder, arena);
	how = how ? command_cell(how, id, arena) : NULL;
	has_entries = read_entries(folder, id, arena, &entries);
	if (args->json) {
		print_json(cell, result, has_entries ? &entries : NULL, how);
		return status;
	}
	cli_say(stdout, "cell.json\n%s\nresult.json\n%s\n", cell, result);
	if (has_entries)
		printf("entries\n");
	/* of each attack, certificate and selection: key, name, rows, seconds, date */
	for (size_t kind = 0; has_entries && kind < ENTRY_KINDS; kind++)
		for (size_t i = 0; i < entries.of[kind].count; i++) {
			const struct entry_note *note = &entries.of[kind].at[i];

			cli_say(stdout, "%-7s  %s  %s, %.0f rows, %.3g s, %s\n",
				entry_kind_names[kind], note->key, note->name, note->rows,
				note->wall_s, note->date ? note->date : "");
		}
	if (has_entries)
		printf("\n");
	if (how)
		cli_say(stdout, "command\n%s\n", how);
	return status;
}

static const struct cli_option options[] = {CLI_OPTION_JSON, CLI_OPTIONS_END};

const struct cli_verb cmd_show = {
	.name = "show",
	.operands = "DIR CELL",
	.doc = "One cell: its options, its result, the command that repeats it.",
	.least = 2,
	.most = 2,
	.options = options,
	.run = run,
};
