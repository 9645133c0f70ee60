/* relubench show DIR CELL */
#include "harness/cli.h"
#include "harness/store/folder.h"

#include <dirent.h>
#include <string.h>

/* The cell whose id starts with `prefix`: its id, or NULL with a message. */
static const char *find_cell(const char *cells, const char *prefix, struct arena *arena)
{
	DIR *dir = opendir(cells);
	const char *found = NULL;
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strchr(entry->d_name, '.') ||
		    strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		found = arena_text(arena, entry->d_name);
		count++;
	}
	if (dir)
		closedir(dir);
	if (count == 1)
		return found;
	fprintf(stderr, "%s: %s cell starts with \"%s\"\n", cells,
		count ? "more than one" : "no", prefix);
	return NULL;
}

static enum status print_file(const char *folder, const char *name, struct arena *arena,
			      struct err *err)
{
	const char *text;

	TRY(store_read_text(arena_format(arena, "%s/%s", folder, name), arena, &text, err));
	printf("%s\n%s\n", name, text);
	return STATUS_OK;
}

/* Quoted for the shell. */
static void print_quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++)
		if (*text == '\'')
			printf("'\\''");
		else
			putchar(*text);
	putchar('\'');
}

static void print_command(const char *folder, const char *id, struct arena *arena)
{
	const char *slash, *origin;
	struct experiment experiment;
	struct texts sets;

	if (cli_load_results(folder, arena, &experiment, &origin, &sets) != STATUS_OK)
		return;
	slash = strrchr(folder, '/');
	printf("command\nrelubench run ");
	print_quoted(origin);
	for (size_t i = 0; i < sets.count; i++) {
		printf(" --set ");
		print_quoted(sets.at[i]);
	}
	printf(" --out ");
	print_quoted(slash ? arena_text_n(arena, folder, (size_t)(slash - folder)) : ".");
	printf(" --filter cell=%s --force\n", id);
}

int cmd_show(struct cli_args *args)
{
	struct arena *arena = &args->arena;
	char *folder = args->operand[0];
	const char *cells, *id, *cell;
	struct err err = {0};

	for (size_t end = strlen(folder); end > 1 && folder[end - 1] == '/'; end--)
		folder[end - 1] = '\0';
	cells = arena_format(arena, "%s/cells", folder);
	id = find_cell(cells, args->operand[1], arena);
	if (!id)
		return STATUS_ENV;
	cell = arena_format(arena, "%s/%s", cells, id);
	if (print_file(cell, "cell.json", arena, &err) != STATUS_OK ||
	    print_file(cell, "result.json", arena, &err) != STATUS_OK)
		return cli_fail(&err);
	print_command(folder, id, arena);
	return STATUS_OK;
}
