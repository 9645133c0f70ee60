/* Files of a user in a folder that is made anew. */
#include "harness/report/custom.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "solvers/core/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum status custom_copy(const struct records *records, struct texts *stems, struct err *err)
{
	struct arena *arena = records->arena;
	const char *from = arena_format(arena, "%s/plots/custom", records->folder);
	const char *to = arena_format(arena, "%s/plots/custom", records->out), **at;
	enum status status;
	struct dirent **names;
	int count = scandir(from, &names, NULL, alphasort);

	*stems = (struct texts){0};
	if (count < 0) /* there is no such folder */
		return STATUS_OK;
	at = ARENA_ARRAY(arena, const char *, (size_t)count + 1);
	*stems = (struct texts){0, at};
	status = folder_make(to, err);
	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name,
			   *path = arena_format(arena, "%s/%s", from, name);
		size_t length = strlen(name);
		bool wanted = status == STATUS_OK && names[i]->d_type == DT_REG;
		int fd = wanted ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;

		if (fd >= 0)
			status = io_copy(fd, arena_format(arena, "%s/%s", to, name), err);
		else if (wanted)
			status = io_error(err, path, "read");
		if (fd >= 0)
			close(fd);
		if (names[i]->d_type == DT_REG && length > 3 &&
		    strcmp(name + length - 3, ".gp") == 0)
			at[stems->count++] =
				arena_format(arena, "custom/%.*s", (int)length - 3, name);
		free(names[i]);
	}
	free(names);
	return status;
}
