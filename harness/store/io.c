/* Writing files: the operations that a full disk can fail. */
#include "harness/store/io.h"

#include <errno.h>
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
	return is_full() ? NULL : fopen(path, "we");
}

bool io_close(FILE *file)
{
	bool good = !is_full();
	int cause = errno;

	if (!good)
		__fpurge(file); /* what had not reached the file never will */
	if (good && (ferror(file) || fflush(file) != 0)) {
		cause = errno;
		good = false;
	}
	if (fclose(file) != 0 && good)
		return false;
	errno = cause;
	return good;
}

bool io_sync(int fd)
{
	return !is_full() && (fsync(fd) == 0 || errno == EINVAL);
}

bool io_rename(const char *from, const char *to)
{
	return !is_full() && rename(from, to) == 0;
}

bool io_make_folder(const char *path)
{
	return !is_full() && mkdir(path, 0777) == 0;
}

enum status io_error(struct err *err, const char *path, const char *doing)
{
	return err_at(err, STATUS_ENV, (struct err_place){path, 0, 0}, "cannot %s: %s", doing,
		      strerror(errno));
}
