/* Cells of a results folder, as the verbs that look at one name them. */
#include "harness/cli.h"

#include <dirent.h>
#include <string.h>

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
	fprintf(stderr, "%s: %s cell starts with \"%s\"\n", cells, count ? "more than one" : "no",
		prefix);
	return NULL;
}
