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

bool io_make_folder(const char *path)
{
	return access(path, F_OK) == 0 ||
	       (!is_full() && (mkdir(path, 0777) == 0 || errno == EEXIST));
}

enum status io_error(struct err *err, const char *path, const char *doing)
{
	return err_at(err, STATUS_ENV, (struct err_place){path, 0, 0}, "cannot %s: %s", doing,
		      strerror(errno));
}
