/* Files of a user in a folder that is made anew. */
#include "harness/report/custom.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "solvers/core/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status copy(const char *from, const char *to, struct err *err)
{
	int fd = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat file;
	enum status status = STATUS_OK;

	if (fd < 0)
		return io_error(err, from, "read");
	if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode))
		status = io_copy(fd, to, err);
	close(fd);
	return status;
}

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
		const char *name = names[i]->d_name;
		size_t length = strlen(name);

		if (status == STATUS_OK && name[0] != '.' && names[i]->d_type == DT_REG)
			status = copy(arena_format(arena, "%s/%s", from, name),
				      arena_format(arena, "%s/%s", to, name), err);
		if (names[i]->d_type == DT_REG && length > 3 &&
		    strcmp(name + length - 3, ".gp") == 0)
			at[stems->count++] =
				arena_format(arena, "custom/%.*s", (int)length - 3, name);
		free(names[i]);
	}
	free(names);
	return status;
}
