/* Folders and files that survive a crash. */
#include "harness/store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	OPEN_FOLDERS = 16 /* nftw may hold this many open; records are two levels deep */
};

static enum status failed(struct err *err, const char *path, const char *doing)
{
	return err_at(err, STATUS_ENV, (struct err_place){path, 0, 0}, "cannot %s: %s", doing,
		      strerror(errno));
}

static enum status join(char out[PATH_MAX], const char *format, const char *a, const char *b,
			struct err *err)
{
	int length = snprintf(out, PATH_MAX, format, a, b);

	if (length >= 0 && length < PATH_MAX)
		return STATUS_OK;
	errno = ENAMETOOLONG;
	return failed(err, a, "use");
}

enum status folder_make(const char *path, struct err *err)
{
	char part[PATH_MAX];
	struct stat info;

	TRY(join(part, "%s%s", path, "", err));
	for (char *slash = strchr(part + (part[0] == '/'), '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(part, 0777) != 0 && errno != EEXIST)
			return failed(err, part, "make this folder");
		if (!slash)
			break;
		*slash = '/';
		if (slash[1] == '\0')
			break;
	}
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		return STATUS_OK;
	errno = ENOTDIR;
	return failed(err, path, "make this folder");
}

static enum status sync_path(const char *path, int flags, struct err *err)
{
	int fd = open(path, flags | O_CLOEXEC);
	int synced;

	if (fd < 0)
		return failed(err, path, "open");
	synced = fsync(fd);
	close(fd);
	/* EINVAL: a file system that has nothing to sync */
	return synced == 0 || errno == EINVAL ? STATUS_OK : failed(err, path, "sync");
}

/* Sync the folder that holds `path`, so that a rename in it is durable. */
static enum status sync_parent(const char *path, struct err *err)
{
	char parent[PATH_MAX];
	char *slash;
	size_t length;

	TRY(join(parent, "%s%s", path, "", err));
	for (length = strlen(parent); length > 1 && parent[length - 1] == '/'; length--)
		parent[length - 1] = '\0';
	slash = strrchr(parent, '/');
	if (!slash)
		return sync_path(".", O_RDONLY | O_DIRECTORY, err);
	slash[slash == parent] = '\0';
	return sync_path(parent, O_RDONLY | O_DIRECTORY, err);
}

static enum status sync_files(const char *folder, struct err *err)
{
	DIR *dir = opendir(folder);
	enum status status = STATUS_OK;
	struct dirent *entry;
	char path[PATH_MAX];
	struct stat info;

	if (!dir)
		return failed(err, folder, "open");
	while (status == STATUS_OK && (entry = readdir(dir))) {
		status = join(path, "%s/%s", folder, entry->d_name, err);
		if (status == STATUS_OK && lstat(path, &info) == 0 && S_ISREG(info.st_mode))
			status = sync_path(path, O_RDONLY, err);
	}
	closedir(dir);
	return status == STATUS_OK ? sync_path(folder, O_RDONLY | O_DIRECTORY, err) : status;
}

enum status folder_commit(const char *tmp, const char *final, struct err *err)
{
	char aside[PATH_MAX];
	struct stat info;
	int replaces = lstat(final, &info) == 0;

	TRY(join(aside, "%s.%s", final, "old", err));
	TRY(sync_files(tmp, err));
	if (replaces) {
		TRY(folder_remove(aside, err)); /* left by a crash between the two renames */
		if (rename(final, aside) != 0)
			return failed(err, final, "move this folder aside");
	}
	if (rename(tmp, final) != 0)
		return failed(err, final, "rename a folder to this");
	TRY(sync_parent(final, err));
	return replaces ? folder_remove(aside, err) : STATUS_OK;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
	(void)info;
	(void)type;
	(void)place;
	return remove(path);
}

enum status folder_remove(const char *path, struct err *err)
{
	if (nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
		return STATUS_OK;
	return failed(err, path, "remove");
}

enum status store_write_text(const char *path, const char *text, struct err *err)
{
	char tmp[PATH_MAX];
	FILE *file;
	int bad;

	TRY(join(tmp, "%s.%s", path, "tmp", err));
	file = fopen(tmp, "we");
	if (!file)
		return failed(err, path, "write");
	fputs(text, file);
	bad = ferror(file) || fflush(file) != 0 || (fsync(fileno(file)) != 0 && errno != EINVAL);
	bad |= fclose(file) != 0;
	if (!bad && rename(tmp, path) == 0)
		return STATUS_OK;
	failed(err, path, "write");
	unlink(tmp);
	return STATUS_ENV;
}

enum status store_read_text(const char *path, struct arena *arena, const char **text,
			    struct err *err)
{
	FILE *file = fopen(path, "re");
	struct stat info;
	size_t got;
	char *room;

	if (!file)
		return failed(err, path, "read");
	if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
		fclose(file);
		return err_at(err, STATUS_ENV, (struct err_place){path, 0, 0}, "is not a file");
	}
	room = arena_alloc(arena, (size_t)info.st_size + 1, 1);
	got = fread(room, 1, (size_t)info.st_size, file);
	if (ferror(file)) {
		failed(err, path, "read");
		fclose(file);
		return STATUS_ENV;
	}
	fclose(file);
	room[got] = '\0';
	*text = room;
	return STATUS_OK;
}
