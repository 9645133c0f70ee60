/* Locks on ranges of one file. They belong to the open file (not to the process), so that closing
 * another descriptor of the same file loses nothing, and they can be looked at without taking them.
 */
#include "harness/sched/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FILE_MODE = 0666, /* the user's umask decides */
	BYTE_RUN = 0,     /* shared by shards, exclusive otherwise */
	BYTE_FILES = 1,   /* spec.yaml, plan.csv and the like are being written */
	BYTE_SHARDS = 16, /* from here one per shard of each number of shards */
};

static int lock_byte(int fd, int command, short type, off_t byte)
{
	struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	return fcntl(fd, command, &range);
}

/* EINVAL: a kernel without locks of open files. */
bool lock_has_none(int code)
{
	return code == ENOLCK || code == ENOSYS || code == EOPNOTSUPP || code == ENOTSUP ||
	       code == EINVAL;
}

enum status lock_take(const char *path, struct sched_shard shard, int *fd, const char **none,
		      struct err *err)
{
	struct err_place at = {path, 0, 0};
	/* among all pairs (index, count), index < count, each has a byte of its own */
	off_t count = (off_t)shard.count;
	off_t byte = BYTE_SHARDS + count * (count - 1) / 2 + (off_t)shard.index;
	bool part = shard.count > 1, shared = part || shard.claims;
	char holder[32] = "", process[48] = "";
	long number;

	*none = NULL;
	*fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (*fd < 0)
		return err_at(err, STATUS_ENV, at, "cannot write: %s",
			      errno == ELOOP ? "it is a link, which is not followed"
					     : strerror(errno));
	if (lock_byte(*fd, F_OFD_SETLK, shared ? F_RDLCK : F_WRLCK, BYTE_RUN) == 0 &&
	    (!part || lock_byte(*fd, F_OFD_SETLK, F_WRLCK, byte) == 0)) {
		/* the number only helps the message below: a lock without it is as good */
		if (ftruncate(*fd, 0) == 0)
			dprintf(*fd, "%ld\n", (long)getpid());
		return STATUS_OK;
	}
	if (lock_has_none(errno)) {
		*none = strerror(errno);
		return STATUS_OK;
	}
	if (errno == EAGAIN || errno == EACCES) {
		number = read(*fd, holder, sizeof holder - 1) > 0 ? strtol(holder, NULL, 10) : 0;
		if (number > 0)
			snprintf(process, sizeof process, " (process %ld)", number);
		err_at(err, STATUS_ENV, at,
		       "another run is writing to this folder%s; wait for it or stop it", process);
	} else {
		err_at(err, STATUS_ENV, at, "cannot lock: %s", strerror(errno));
	}
	close(*fd);
	return STATUS_ENV;
}

void lock_files(int fd)
{
	while (lock_byte(fd, F_OFD_SETLKW, F_WRLCK, BYTE_FILES) != 0 && errno == EINTR)
		continue;
}

void lock_free_files(int fd)
{
	lock_byte(fd, F_OFD_SETLK, F_UNLCK, BYTE_FILES);
}

bool lock_is_held(const char *path)
{
	struct flock range = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = BYTE_RUN, .l_len = 1};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool held;

	if (fd < 0)
		return false;
	held = fcntl(fd, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
	close(fd);
	return held;
}
