/* Cells of a results folder, as the verbs that look at one name them. */
#include "harness/cli/cli_cell.h"

#include "harness/cli/cli_print.h"
#include "harness/machine/env.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *cli_find_cell(char *folder, const char *prefix, struct arena *arena)
{
	const char *cells, *found = NULL;
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	for (size_t end = strlen(folder); end > 1 && folder[end - 1] == '/'; end--)
		folder[end - 1] = '\0';
	cells = arena_format(arena, "%s/cells", folder);
	dir = opendir(cells);
	while (dir && (entry = readdir(dir))) {
		if (strchr(entry->d_name, '.') ||
		    strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		found = arena_text(arena, entry->d_name);
		count++;
	}
	if (dir)
		closedir(dir);
	if (count == 1)
		return found;
	cli_say(stderr, "%s: %s cell starts with \"%s\"\n", cells, count ? "more than one" : "no",
		prefix);
	return NULL;
}

/* The record's absolute path, from the folder that the run was started in: paths of data may be
 * relative. */
static const char *enter(const char *folder, const char *id, struct arena *arena)
{
	const char *start = env_read_folder(arena_format(arena, "%s/env.json", folder), arena);
	const char *record = arena_format(arena, "%s/cells/%s", folder, id);
	char *path = realpath(record, NULL);

	if (path)
		record = arena_text(arena, path);
	free(path);
	if (start && chdir(start) != 0)
		return record; /* that folder is gone: absolute paths still work */
	return record;
}

bool cli_find_data(struct cli_args *args)
{
	char *path = args->data ? realpath(args->data, NULL) : NULL;
	struct stat info;
	bool good = !args->data || (path && stat(path, &info) == 0 && S_ISDIR(info.st_mode));

	if (!good)
		cli_say(stderr, "--data: %s: %s\n", args->data,
			path ? "is not a folder" : strerror(errno));
	else if (path)
		args->data = arena_text(&args->arena, path);
	free(path);
	return good;
}

const char *cli_enter_cell(struct cli_args *args, const char **id)
{
	char *folder = args->operand[0];

	if (!cli_find_data(args))
		return NULL;
	*id = cli_find_cell(folder, args->operand[1], &args->arena);
	return *id ? enter(folder, *id, &args->arena) : NULL;
}
