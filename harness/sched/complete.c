/* Links and copies. */
#include "harness/sched/complete.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/store/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Those that are written anew, or removed with the entries that they are of. */
static bool is_renewed(const char *name)
{
	const struct manifest_file *file = manifest_files;

	while (file->name && strcmp(file->name, name) != 0)
		file++;
	return file->renewed || strcmp(name, MANIFEST_FILE) == 0;
}

static bool copy_bytes(FILE *from, FILE *to)
{
	char bytes[1 << 14];
	size_t got;

	while ((got = fread(bytes, 1, sizeof bytes, from)) > 0)
		if (fwrite(bytes, 1, got, to) != got)
			return false;
	return !ferror(from);
}

static enum status copy(const char *from, const char *to, struct err *err)
{
	FILE *source = fopen(from, "re"), *target = source ? io_create(to) : NULL;
	bool good = target && copy_bytes(source, target);

	if (source)
		fclose(source);
	if (target)
		good = io_close(target) && good;
	return good ? STATUS_OK : io_error(err, source ? to : from, "copy");
}

/* The worker appends to the log, and must not do so to that of the record. */
static enum status take(const char *name, const char *from, const char *to, struct err *err)
{
	if (strcmp(name, "log.txt") != 0 && link(from, to) == 0)
		return STATUS_OK;
	return copy(from, to, err);
}

enum status complete_take_over(const char *record, const char *tmp, struct err *err)
{
	DIR *dir = opendir(record);
	enum status status = STATUS_OK;
	struct arena arena = {0};
	struct dirent *entry;

	if (!dir)
		return io_error(err, record, "read");
	while (status == STATUS_OK && (entry = readdir(dir))) {
		const char *from = arena_format(&arena, "%s/%s", record, entry->d_name);
		struct stat info;

		if (is_renewed(entry->d_name) || lstat(from, &info) != 0 || !S_ISREG(info.st_mode))
			continue;
		status = take(entry->d_name, from,
			      arena_format(&arena, "%s/%s", tmp, entry->d_name), err);
	}
	closedir(dir);
	arena_release(&arena);
	return status;
}
