/* Folders and files that survive a crash. */
#include "harness/file/folder.h"
#include "harness/file/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	OPEN_FOLDERS = 16 /* nftw may hold this many open; records are two levels deep */
};

static enum status join(char out[PATH_MAX], const char *format, const char *a, const char *b,
			struct err *err)
{
	int length = snprintf(out, PATH_MAX, format, a, b);

	if (length >= 0 && length < PATH_MAX)
		return STATUS_OK;
	errno = ENAMETOOLONG;
	return io_error(err, a, "use");
}

enum status folder_make(const char *path, struct err *err)
{
	char part[PATH_MAX];
	struct stat info;

	TRY(join(part, "%s%s", path, "", err));
	for (char *slash = strchr(part + (part[0] == '/'), '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (!io_make_folder(part))
			return io_error(err, part, "make this folder");
		if (!slash)
			break;
		*slash = '/';
		if (slash[1] == '\0')
			break;
	}
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		return STATUS_OK;
	errno = ENOTDIR;
	return io_error(err, path, "make this folder");
}

enum status folder_make_own(const char *path, struct err *err)
{
	struct stat info;

	if (lstat(path, &info) == 0 && S_ISLNK(info.st_mode))
		return err_at(err, STATUS_ENV, (struct err_place){path, 0, 0},
			      "is a link, which is not followed for writing: remove it");
	return folder_make(path, err);
}

static enum status sync_path(const char *path, int flags, struct err *err)
{
	int fd = open(path, flags | O_CLOEXEC);
	enum status status;

	if (fd < 0)
		return io_error(err, path, "open");
	status = io_sync(fd) ? STATUS_OK : io_error(err, path, "sync");
	close(fd);
	return status;
}

enum status folder_replace(const char *tmp, const char *final, struct err *err)
{
	struct stat info;

	if (lstat(final, &info) != 0 && errno == ENOENT) {
		if (io_rename(tmp, final))
			return STATUS_OK;
		if (errno != ENOTEMPTY && errno != EEXIST) /* another process was faster */
			return io_error(err, final, "rename a folder to this");
	}
	if (io_exchange(tmp, final))
		return folder_remove(tmp, err);
	if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EXDEV ||
	    errno == ENOENT) {
		char aside[PATH_MAX];

		/* In two steps, where folders cannot be exchanged in one. */
		TRY(join(aside, "%s.%s", tmp, "old", err));
		TRY(folder_remove(aside, err));
		if (!io_rename(final, aside) && errno != ENOENT)
			return io_error(err, final, "move this folder aside");
		if (!io_rename(tmp, final)) {
			io_error(err, final, "rename a folder to this");
			rename(aside, final); /* or the next run finds none */
			return STATUS_ENV;
		}
		return folder_remove(aside, err);
	}
	return io_error(err, final, "rename a folder to this");
}

static bool is_folder(const char *path)
{
	struct stat info;

	return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

enum status folder_commit(const char *tmp, const char *final, bool keep, struct err *err)
{
	char parent[PATH_MAX], *slash;
	DIR *dir = opendir(tmp);
	enum status status = STATUS_OK;
	struct dirent *entry;
	char path[PATH_MAX];
	struct stat info;

	if (!dir)
		return io_error(err, tmp, "open");
	while (status == STATUS_OK && (entry = readdir(dir))) {
		status = join(path, "%s/%s", tmp, entry->d_name, err);
		if (status == STATUS_OK && lstat(path, &info) == 0 && S_ISREG(info.st_mode))
			status = sync_path(path, O_RDONLY, err);
	}
	closedir(dir);
	TRY(status == STATUS_OK ? sync_path(tmp, O_RDONLY | O_DIRECTORY, err) : status);
	if (!keep)
		TRY(folder_replace(tmp, final, err));
	else if (is_folder(final))
		return folder_remove(tmp, err);
	else if (!io_rename(tmp, final)) {
		if ((errno == ENOTEMPTY || errno == EEXIST) && is_folder(final))
			return folder_remove(tmp, err);
		if (errno != ENOTDIR)
			return io_error(err, final, "rename a folder to this");
		TRY(folder_replace(tmp, final, err)); /* a file or a link is in the way */
	}

	/* the folder that holds it, so that the rename is durable */
	TRY(join(parent, "%s%s", final, "", err));
	for (size_t length = strlen(parent); length > 1 && parent[length - 1] == '/'; length--)
		parent[length - 1] = '\0';
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = '\0';
	return sync_path(slash ? parent : ".", O_RDONLY | O_DIRECTORY, err);
}

static const char scratch_prefix[] = ".build-";

/* Folders whose maker, a process of our space, is no more. Where that cannot be known, age tells:
 * those of living processes are younger. */
static void remove_old_scratch(const char *folder, const char *space, struct arena *arena)
{
	const time_t old = time(NULL) - 60 * 60;
	const size_t prefix = strlen(scratch_prefix);
	struct err ignored = {0}; /* they only take room */
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct stat info;
	char *end;

	while (dir && (entry = readdir(dir))) {
		long maker;

		if (strncmp(entry->d_name, scratch_prefix, prefix) != 0 ||
		    fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		maker = strtol(entry->d_name + prefix, &end, 10);
		if (info.st_mtime < old ||
		    (space && maker > 0 && strncmp(end, space, strlen(space)) == 0 &&
		     kill((pid_t)maker, 0) != 0 && errno == ESRCH))
			folder_remove(arena_format(arena, "%s/%s", folder, entry->d_name),
				      &ignored);
	}
	if (dir)
		closedir(dir);
}

enum status folder_scratch(const char *folder, struct arena *arena, const char **out,
			   struct err *err)
{
	char host[HOST_NAME_MAX + 1] = "";
	struct stat numbers = {0};
	const char *space = NULL; /* where a process number means the same process */
	char *path;

	if (gethostname(host, sizeof host - 1) == 0 && stat("/proc/self/ns/pid", &numbers) == 0)
		space = arena_format(arena, "@%s.%jx-", host, (uintmax_t)numbers.st_ino);
	path = arena_format(arena, "%s/%s%ld%sXXXXXX", folder, scratch_prefix, (long)getpid(),
			    space ? space : "-");
	remove_old_scratch(folder, space, arena);
	if (!mkdtemp(path))
		return io_error(err, path, "make this folder");
	*out = path;
	return STATUS_OK;
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
	return io_error(err, path, "remove");
}

const char *folder_absolute(const char *path, struct arena *arena)
{
	char *resolved = realpath(path, NULL);
	const char *text = arena_text(arena, resolved ? resolved : path);

	free(resolved);
	return text;
}

const char *store_beside(const char *path, struct arena *arena)
{
	return arena_format(arena, "%s.%ld.tmp", path, (long)getpid());
}

enum status store_write_text(const char *path, const char *text, struct err *err)
{
	struct arena arena = {0};
	const char *tmp = store_beside(path, &arena);
	enum status status = STATUS_OK;
	FILE *file;

	unlink(tmp); /* of a process that had this number before */
	file = io_create(tmp);
	if (file)
		fputs(text, file);
	if (!file || !io_close(file) || !io_rename(tmp, path)) {
		status = io_error(err, path, "write");
		if (file)
			unlink(tmp);
	}
	arena_release(&arena);
	return status;
}

enum status store_read_text(const char *path, struct arena *arena, const char **text,
			    struct err *err)
{
	FILE *file = fopen(path, "re");
	struct stat info;
	size_t got;
	char *room;

	if (!file)
		return io_error(err, path, "read");
	if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
		fclose(file);
		return err_at(err, STATUS_ENV, (struct err_place){path, 0, 0}, "is not a file");
	}
	room = arena_alloc(arena, (size_t)info.st_size + 1, 1);
	got = fread(room, 1, (size_t)info.st_size, file);
	if (ferror(file)) {
		io_error(err, path, "read");
		fclose(file);
		return STATUS_ENV;
	}
	fclose(file);
	room[got] = '\0';
	*text = room;
	return STATUS_OK;
}
