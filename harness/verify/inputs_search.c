/* Where a file may lie now: where it was; in a folder, by ever shorter ends of its path; anywhere
 * below that folder, by its name. */
#include "harness/verify/inputs_search.h"

#include "harness/data/data.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MOST_DEPTH = 8,       /* of the search by name */
	MOST_ENTRIES = 100000 /* it looks at */
};

struct hunt {
	const char *name, *sha256;
	struct arena *arena;
	const char *found;
	const char *other; /* the first file of this name whose checksum is another one */
	char other_sha256[65];
	size_t entries;
};

/* Is the file there, with the right checksum? */
static bool suits(struct hunt *hunt, const char *path)
{
	struct err unreadable = {0};
	struct stat info;
	char sha256[65];
	double bytes;

	if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
		return false;
	if (!hunt->sha256)
		return true;
	if (data_file_checksum(path, sha256, &bytes, &unreadable) != STATUS_OK)
		return false;
	if (strcmp(sha256, hunt->sha256) == 0)
		return true;
	if (!hunt->other) {
		hunt->other = arena_text(hunt->arena, path);
		memcpy(hunt->other_sha256, sha256, sizeof sha256);
	}
	return false;
}

static void try_below(struct hunt *hunt, const char *folder, size_t depth)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && !hunt->found && hunt->entries < MOST_ENTRIES && (entry = readdir(dir))) {
		const char *path;
		struct stat info;

		if (entry->d_name[0] == '.')
			continue;
		hunt->entries++;
		path = arena_format(hunt->arena, "%s/%s", folder, entry->d_name);
		if (lstat(path, &info) != 0)
			continue;
		if (S_ISDIR(info.st_mode) && depth < MOST_DEPTH)
			try_below(hunt, path, depth + 1);
		else if (strcmp(entry->d_name, hunt->name) == 0 && suits(hunt, path))
			hunt->found = path;
	}
	if (dir)
		closedir(dir);
}

static enum status not_found(const struct hunt *hunt, const char *path, const char *folder,
			     struct err *err)
{
	struct err_place at = {path, 0, 0};

	if (hunt->other)
		return err_at(err, STATUS_ENV, at,
			      "expected the SHA-256 %s, found %s in %s; --data DIR searches "
			      "elsewhere",
			      hunt->sha256, hunt->other_sha256, hunt->other);
	if (!hunt->sha256)
		return err_at(err, STATUS_ENV, at, "no file %s in %s", hunt->name, folder);
	return err_at(err, STATUS_ENV, at,
		      "no file %s here%s%s, of SHA-256 %s; --data DIR searches elsewhere",
		      hunt->name, folder ? " nor in " : "", folder ? folder : "", hunt->sha256);
}

enum status inputs_search_file(const struct inputs_search *search, const char *path,
			       const char *sha256, struct arena *arena, const char **found,
			       struct err *err)
{
	const char *folder = search->data ? search->data : getenv("RELUBENCH_DATA");
	const char *slash = strrchr(path, '/'), *here = path;
	char *absolute;
	struct hunt hunt = {.name = slash ? slash + 1 : path, .sha256 = sha256, .arena = arena};

	if (path[0] != '/' && search->start)
		here = arena_format(arena, "%s/%s", search->start, path);
	if (sha256 && suits(&hunt, here)) {
		*found = path;
		return STATUS_OK;
	}
	if (folder && *folder) {
		/* <folder>/<end of path>, from the longest end to the name alone */
		for (const char *end = path; end && !hunt.found; end = strchr(end, '/')) {
			const char *there;

			end += strspn(end, "/");
			there = arena_format(arena, "%s/%s", folder, end);
			if (suits(&hunt, there))
				hunt.found = there;
		}
		if (!hunt.found)
			try_below(&hunt, folder, 0);
	}
	if (!hunt.found)
		return not_found(&hunt, path, folder, err);
	absolute = realpath(hunt.found, NULL);
	*found = absolute ? arena_text(arena, absolute) : hunt.found;
	free(absolute);
	return STATUS_OK;
}
