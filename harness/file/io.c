/* Writing files: the operations that a full disk can fail. */
#include "harness/file/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t fail_after;

void io_fail_after(size_t operations)
{
	fail_after = operations;
}

/* Whether this operation is the one that has to fail. */
static bool is_full(void)
{
	if (!fail_after || --fail_after > 0)
		return false;
	errno = ENOSPC;
	return true;
}

FILE *io_create(const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
	int fd = is_full() ? -1 : open(path, flags, 0666); /* the user's umask decides */
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

bool io_close(FILE *file)
{
	int earlier = errno ? errno : EIO, cause = 0;

	if (is_full()) {
		cause = ENOSPC;
		__fpurge(file); /* what has not reached the file yet never will */
	} else if (fflush(file) != 0) {
		cause = errno;
	} else if (ferror(file)) {
		cause = earlier;
	}
	if (fclose(file) != 0 && !cause)
		cause = errno;
	errno = cause;
	return cause == 0;
}

bool io_sync(int fd)
{
	return !is_full() && (fsync(fd) == 0 || errno == EINVAL);
}

bool io_rename(const char *from, const char *to)
{
	return !is_full() && rename(from, to) == 0;
}

bool io_exchange(const char *one, const char *other)
{
	return !is_full() && renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) == 0;
}

bool io_make_folder(const char *path)
{
	return access(path, F_OK) == 0 ||
	       (!is_full() && (mkdir(path, 0777) == 0 || errno == EEXIST));
}

enum status io_error(struct err *err, const char *path, const char *doing)
{
	int code = errno;

	err_at(err, STATUS_ENV, (struct err_place){path, 0, 0}, "cannot %s: %s", doing,
	       strerror(code));
	errno = code;
	return STATUS_ENV;
}

enum status io_copy(int from, const char *to, struct err *err)
{
	char piece[1 << 14];
	FILE *file = io_create(to);
	ssize_t n = 0;

	while (file && (n = read(from, piece, sizeof piece)) > 0)
		fwrite(piece, 1, (size_t)n, file);
	return file && io_close(file) && n == 0 ? STATUS_OK : io_error(err, to, "copy to");
}
